"""Whether an instrument is what its venue says it is."""

import pytest

from pinnacle.core.config import InstrumentConfig
from pinnacle.core.enums import Listed
from pinnacle.core.instruments import from_config
from pinnacle.core.schema import Reason, Venue
from pinnacle.venues.reference.definition import judged
from pinnacle.venues.reference.listing import Listing, Status


def instrument(tick="0.01", lot="0.001", least=None):
    config = InstrumentConfig(symbol="BTC-USD", tick_size=tick, lot_size=lot, quantity_min=least)
    return from_config([config], {"kraken": Venue.KRAKEN})[0]


def listing(tick="0.01", lot="0.001", least="", status=Status.TRADING, words="online"):
    return Listing("BTC/USD", "BTC", "USD", tick, lot, least, "", status, words)


def test_one_that_is_as_it_is_said_to_be_is_passed_without_a_word():
    assert judged(instrument(), listing()) == (Listed.TRADING, Reason.NONE, "")
    assert judged(instrument(least="0.01"), listing(least="0.01")).words == ""
    assert judged(instrument("0.010"), listing("0.01")).reason == Reason.NONE


def test_one_that_is_not_listed_is_delisted():
    assert judged(instrument(), None) == (
        Listed.DELISTED, Reason.DELISTED, "the venue does not list it",
    )  # fmt: skip


def test_a_halt_is_told_in_the_venues_words_and_comes_before_its_steps():
    verdict = judged(instrument(), listing("0.5", status=Status.HALTED, words="BREAK"))
    assert verdict == (Listed.HALTED, Reason.HALTED, "the venue takes no orders: BREAK")


@pytest.mark.parametrize("tick", ["0.1", "0.001", "0.02", "0.05"])
def test_another_tick_is_another_instrument(tick):
    verdict = judged(instrument(), listing(tick))
    assert verdict.reason == Reason.DEFINITION and verdict.listed == Listed.TRADING
    assert verdict.words == f"tick_size is 0.01, the venue's is {tick}"


@pytest.mark.parametrize(
    ("lot", "reason"), [("0.001", 0), ("0.0001", 0), ("0.0005", 0), ("0.0003", 1)]
)
def test_a_lot_may_be_several_of_the_venues_and_nothing_between(lot, reason):
    verdict = judged(instrument(), listing(lot=lot))
    assert verdict.reason == (Reason.DEFINITION if reason else Reason.NONE)
    assert bool(verdict.words) == bool(reason)


def test_what_the_venue_may_refuse_is_told_and_holds_nothing():
    verdict = judged(
        instrument(least="0.002"),
        listing(lot="0.01", least="0.05", status=Status.LIMITED, words="post_only"),
    )
    assert (verdict.listed, verdict.reason) == (Listed.LIMITED, Reason.NONE)
    assert verdict.words == (
        "quantity_min is 0.002, the venue's is 0.05; the venue does not take every order: post_only"
    )


def test_a_venue_that_says_no_steps_is_believed_of_the_rest():
    assert judged(instrument(), listing("0", "0")) == (Listed.TRADING, Reason.NONE, "")


def test_a_lot_finer_than_the_venues_is_for_books_of_old_orders_and_nothing_odd():
    assert judged(instrument(lot="0.00000001"), listing(lot="0.01")).words == ""


def test_steps_that_no_market_has_are_told_and_end_nothing():
    tiny = "0." + "0" * 39 + "1"
    assert judged(instrument(), listing(lot=tiny)).reason == Reason.NONE
    assert judged(instrument(), listing(lot=f"0.{'0' * 30}7")).reason == Reason.DEFINITION
    assert judged(instrument(), listing(tick=tiny)).reason == Reason.DEFINITION
