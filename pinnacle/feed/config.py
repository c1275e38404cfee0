"""[feed]: where the market comes from."""

from typing import Any

from pinnacle.core.config import Section, Tables, joined
from pinnacle.core.errors import ConfigError
from pinnacle.core.schema import Venue
from pinnacle.venues import registry
from pinnacle.venues.port import VenueKind


class FeedConfig(Tables):
    """A table a venue, by its name in the registry; the simulated venue needs none."""

    @classmethod
    def section(cls, name: str) -> type[Section]:
        return registry.find(name).section

    def of(self, venue: Venue) -> tuple[VenueKind[Any], Section]:
        """The venue of that number and how it is reached; ConfigError if no table says, or two."""
        named = {name: kind for name in self if (kind := registry.find(name)).venue_id is venue}
        if len(named) > 1:
            first, second = (joined("feed", name) for name in list(named)[:2])
            raise ConfigError(f"{second}: and {first} is there: one venue a session")
        for name, kind in named.items():
            return kind, self[name]
        raise ConfigError(f"feed: missing: the table of the venue ({venue.name.lower()})")
