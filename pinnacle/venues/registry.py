"""The venues by name, imported only when they are asked for; one's own is `module:ATTRIBUTE`."""

import importlib
from collections.abc import Iterable
from typing import Any

from pinnacle.core.schema import Venue
from pinnacle.venues.port import VenueKind

#: Whose market this program makes itself.
SIMULATED = "simulated"
VENUES = {
    name: f"pinnacle.venues.{name}:VENUE"
    for name in ("binance", "bitstamp", "coinbase", "coinbase_exchange", "gemini", "kraken")
}


#: Where orders can be sent, and whose protocol an exchange of our own speaks.
TRADED = ("binance", "bitstamp", "coinbase", "gemini", "kraken")


def find_traded(kind: str) -> VenueKind[Any]:
    """As `find`, of what has an exchange of our own."""
    if kind not in TRADED and ":" not in kind:
        raise ValueError(_none(kind, TRADED))
    return find(kind)


def find(kind: str) -> VenueKind[Any]:
    """The venue of that name; ValueError says what would be one, or why it cannot be had."""
    module, separator, attribute = VENUES.get(kind, kind).partition(":")
    if not separator:
        raise ValueError(_none(kind, VENUES))
    try:
        found = getattr(importlib.import_module(module), attribute)
    except Exception as error:  # whatever a module of somebody's own does when it is imported
        what = f"{type(error).__name__}: {error}"
        raise ValueError(f"{kind!r} cannot be imported: {what}") from None
    if not isinstance(found, VenueKind):
        raise ValueError(f"{kind!r} is no VenueKind but {type(found).__name__}")
    return found


def venue_id(kind: str) -> Venue:
    """What stands for a venue in records, the simulated one too; ValueError as above."""
    if kind == SIMULATED:
        return Venue.SIMULATED
    if kind not in VENUES and ":" not in kind:
        raise ValueError(_none(kind, [SIMULATED, *VENUES]))
    return find(kind).venue_id


def name_of(kind: str) -> str:
    """What a session calls its only venue."""
    return kind if kind == SIMULATED else find(kind).name


def _none(kind: str, names: Iterable[str]) -> str:
    return f"must be one of {', '.join(names)}, or module:ATTRIBUTE, not {kind!r}"
