"""Whether an instrument is what its venue says it is: what is traded, and in which steps."""

from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple

from pinnacle.core.enums import Listed
from pinnacle.core.instruments import Instrument
from pinnacle.core.schema import Reason
from pinnacle.venues.reference.listing import Listing, Status

_LISTED = {
    Status.TRADING: Listed.TRADING,
    Status.LIMITED: Listed.LIMITED,
    Status.HALTED: Listed.HALTED,
}


class Verdict(NamedTuple):
    """listed: what the venue says; reason: why its book must not be used, NONE if it may; words:
    what somebody should know, empty if nothing."""

    listed: Listed
    reason: Reason
    words: str


def judged(instrument: Instrument, listing: Listing | None) -> Verdict:
    """Of what the venue lists under the instrument's symbol; None: nothing."""
    if listing is None:
        return Verdict(Listed.DELISTED, Reason.DELISTED, "the venue does not list it")
    listed = _LISTED[listing.status]
    if listing.status is Status.HALTED:
        return Verdict(listed, Reason.HALTED, f"the venue takes no orders: {listing.words}")
    wrong = _wrong_steps(instrument, listing)
    if wrong:
        return Verdict(listed, Reason.DEFINITION, wrong)
    return Verdict(listed, Reason.NONE, "; ".join(_oddities(instrument, listing)))


def _wrong_steps(instrument: Instrument, listing: Listing) -> str:
    """Steps on which this venue's prices and quantities cannot be told."""
    tick, lot = Fraction(listing.tick), Fraction(listing.lot)
    if tick and Fraction(instrument.tick.size) != tick:
        return f"tick_size is {instrument.tick.size:f}, the venue's is {listing.tick}"
    size = Fraction(instrument.lot.size)
    if lot and size > lot and size % lot:
        text = f"{instrument.lot.size:f}"
        return f"lot_size is {text}, which is no whole number of the venue's, {listing.lot}"
    return ""


def _oddities(instrument: Instrument, listing: Listing) -> list[str]:
    """What the venue may refuse, or takes only in part."""
    found = []
    least = instrument.quantity_min * instrument.lot.size
    if listing.quantity_min and least < Decimal(listing.quantity_min):
        found.append(f"quantity_min is {least:f}, the venue's is {listing.quantity_min}")
    if listing.status is Status.LIMITED:
        found.append(f"the venue does not take every order: {listing.words}")
    return found
