"""A configuration for venues and symbols that were named, with what the venues say of them."""

from collections.abc import Mapping, Sequence
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from typing import Any, NamedTuple

from pinnacle.core.instruments import INSTANCE_BYTES_MAX
from pinnacle.core.toml import toml_text
from pinnacle.venues.reference.listing import Listing, plain

#: Of the quotes' size: what one order, a position and the maker's inventory may be at most.
ORDER_SIZES, POSITION_SIZES, INVENTORY_SIZES = 5, 20, 10
#: A maker's widest spread, of the price; in ticks never fewer than that.
SPREAD_MAX, SPREAD_MAX_TICKS = Decimal("0.01"), 10
#: An order of a venue's least value must still be of it when the price has fallen.
VALUE_ROOM = Decimal("1.1")

_HEAD = """\
# Paper trading: the real markets of {venues}, our orders in imaginary queues.
# `pinnacle config show FILE` prints every key that there is, with its default."""
_INSTRUMENTS = """\
# Steps and least sizes are the venues' own. Fees are 0 until you write those of your tier."""
_MAKERS = """\
# Quotes are worth about {value} of the quote currency, or the least that the venue takes."""
_LIMITS = f"""\
# {ORDER_SIZES} times a quote in one order, {POSITION_SIZES} times in position; prices no further
# than 1 % from the market."""


class DraftVenue(NamedTuple):
    """kind as a configuration has it; feed: what is said of how it is reached."""

    kind: str
    feed: Mapping[str, Any]


class DraftInstrument(NamedTuple):
    """venue by its name in the session; symbol as the session calls it; price: the last one."""

    venue: str
    symbol: str
    listing: Listing
    price: Decimal

    @property
    def label(self) -> str:
        return f"{self.venue}:{self.symbol}"


def session_name(venue: str) -> str:
    """What a session may call a venue: its name as far as there is room for it."""
    return venue[:INSTANCE_BYTES_MAX].rstrip("_-")


def draft(
    venues: Mapping[str, DraftVenue], instruments: Sequence[DraftInstrument], value: Decimal
) -> str:
    """The file's text. `value`: of a quote, in each quote currency."""
    sizes = {each.label: _size(each, value) for each in instruments}
    parts = [
        _HEAD.format(venues=", ".join(venue.kind for venue in venues.values())) + _cut(venues),
        toml_text({"session": {"name": "paper"}}),
        toml_text({"venues": {name: _venue(each) for name, each in venues.items()}}),
        f"{_INSTRUMENTS}\n{toml_text({'instruments': [_instrument(i) for i in instruments]})}",
        f"{_MAKERS.format(value=plain(value))}\n"
        + toml_text(
            {
                "strategy": {
                    "name": "market_maker",
                    "market_maker": {i.label: _maker(i, sizes[i.label]) for i in instruments},
                }
            }
        ),
        f"{_LIMITS}\n"
        + toml_text({"risk": {"limits": {label: _limits(size) for label, size in sizes.items()}}}),
    ]
    return "\n".join(part.rstrip("\n") + "\n" for part in parts)


def _cut(venues: Mapping[str, DraftVenue]) -> str:
    """Which names had no room, for who looks for them."""
    cut = [f"{v.kind} is {name}" for name, v in venues.items() if session_name(v.kind) != v.kind]
    most = f"a venue's name has {INSTANCE_BYTES_MAX} letters at most"
    return f"\n# Here {', '.join(cut)}: {most}." if cut else ""


def _venue(venue: DraftVenue) -> dict[str, Any]:
    feed = {venue.kind: dict(venue.feed)}
    return {"kind": venue.kind, "exchange": {"kind": "paper"}, "feed": feed}


def _instrument(instrument: DraftInstrument) -> dict[str, Any]:
    listing, least = instrument.listing, instrument.listing.quantity_min
    return {
        "venue": instrument.venue,
        "symbol": instrument.symbol,
        "tick_size": listing.tick,
        "lot_size": listing.lot,
        "quantity_min": plain(_whole_lots(Decimal(least), listing)) if least else None,
        "maker_fee_bps": 0.0,
        "taker_fee_bps": 0.0,
    }


def _size(instrument: DraftInstrument, value: Decimal) -> Decimal:
    """Of a quote: whole lots of about the value, and no less than the venue takes."""
    listing, price = instrument.listing, instrument.price
    lot = Decimal(listing.lot)
    of_value = Decimal(listing.value_min or 0) * VALUE_ROOM / price
    least = max(Decimal(listing.quantity_min or 0), of_value, lot)
    lots = (value / price / lot).to_integral_value(ROUND_FLOOR)
    return max(lot * lots, _whole_lots(least, listing))


def _whole_lots(least: Decimal, listing: Listing) -> Decimal:
    """No less than that: a venue's least size need be none that it takes."""
    lot = Decimal(listing.lot)
    return lot * (least / lot).to_integral_value(ROUND_CEILING)


def _maker(instrument: DraftInstrument, size: Decimal) -> dict[str, Any]:
    widest = int(instrument.price * SPREAD_MAX / Decimal(instrument.listing.tick))
    return {
        "quote_quantity": plain(size),
        "inventory_max": plain(size * INVENTORY_SIZES),
        "edge_min_bps": 1.0,
        "spread_min_ticks": 2,
        "spread_max_ticks": max(widest, SPREAD_MAX_TICKS),
    }


def _limits(size: Decimal) -> dict[str, Any]:
    return {
        "order_quantity_max": plain(size * ORDER_SIZES),
        "position_max": plain(size * POSITION_SIZES),
        "collar_percent": 1.0,
    }
