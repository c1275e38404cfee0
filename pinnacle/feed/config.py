"""[feed]: where the market comes from."""

from typing import Any

from pinnacle.core.config import Section, Tables
from pinnacle.core.errors import ConfigError
from pinnacle.venues import registry
from pinnacle.venues.port import VenueKind


class FeedConfig(Tables):
    """A table a venue, by its name in the registry; the simulated venue needs none."""

    @classmethod
    def section(cls, name: str) -> type[Section]:
        return registry.find(name).section

    def only(self, kind: str) -> "FeedConfig":
        """What of it the feed of a venue of this kind is made from: its table, if it has one."""
        return FeedConfig({name: table for name, table in self.items() if name == kind})

    def venue(self) -> tuple[VenueKind[Any], Section]:
        """The venue of what is one venue's only table, and how it is reached."""
        for name, table in self.items():
            return registry.find(name), table
        raise ConfigError("feed: missing: the table of the venue")
