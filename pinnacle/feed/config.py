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
        """The table of a venue of this kind, if it has one."""
        return FeedConfig({name: table for name, table in self.items() if name == kind})

    def of_process(self, kind: str, vault: str) -> "FeedConfig | SignedFeedConfig":
        """What the feed of a venue of this kind is made from: its table, if it has one; and the
        vault, where the venue asks for a key."""
        mine = self.only(kind)
        for name, table in mine.items():
            if key := registry.find(name).market_key(table):
                return SignedFeedConfig(table=mine, venue=kind, key=key, vault=vault)
        return mine

    def venue(self) -> tuple[VenueKind[Any], Section]:
        """The venue of what is one venue's only table, and how it is reached."""
        for name, table in self.items():
            return registry.find(name), table
        raise ConfigError("feed: missing: the table of the venue")


class SignedFeedConfig(Section, frozen=True):
    """What a feed is made from whose venue asks for a key: its table, and where the key is."""

    table: FeedConfig
    venue: str
    #: What the vault calls it.
    key: str
    #: The file; "": the user's own.
    vault: str
