"""What a venue tells of fees, of fills that are none, and of orders that nobody here knows."""

import pytest

from pinnacle.core.schema import FeeOf, Flag, Kind, Reason, Side
from tests.records import event, run
from tests.risk_book import Book
from tests.risk_desk import BID, PASSED, gate, new, only, refused, report

LAST = 2**63 - 1
TOLD = Flag.FEE_TOLD


def fee(of, amount, decimals):
    return event(Kind.FEE, side=of, quantity=amount, price=decimals)


def fill(quantity=1000, price=BID, side=Side.BID, **fields):
    return report(Kind.FILL, 1, side, price, quantity, **fields)


def shown(made, *names):
    position = made.book.position(0)
    return tuple(position[name] for name in names)


# Fees: a tick of 0.01 and a lot of 0.001, so that a tick x lot is 0.00001 of the quote currency


def test_a_fill_whose_fee_is_told_costs_what_is_told_and_not_what_the_instrument_says():
    made = gate()
    run(made.decided, fill(flags=TOLD))
    assert shown(made, "fees") == (0,)
    run(made.decided, fee(FeeOf.QUOTE, 25, 4))  # 0.0025
    assert shown(made, "fees", "quote_dust_e18") == (250, 0)
    run(made.decided, fill())
    assert shown(made, "fees") == (250 + BID * 1000 * 5 // 10_000,)


def test_a_fee_in_the_quote_currency_is_paid_in_whole_units_and_the_rest_is_known():
    made = gate()
    run(made.decided, fee(FeeOf.QUOTE, 1, 18))
    assert shown(made, "fees", "quote_dust_e18") == (1, 10**13 - 1), "the venue is not owed"
    for _ in range(10):
        run(made.decided, fee(FeeOf.QUOTE, 333, 8))
    paid = 1 + 3330 * 10**10  # of 1e-18
    units = -(-paid // 10**13)
    assert shown(made, "fees", "quote_dust_e18") == (units, units * 10**13 - paid)


def test_a_rebate_is_earned_in_whole_units_and_the_rest_is_known():
    made = gate()
    run(made.decided, fee(FeeOf.QUOTE, -15, 6))  # 1.5 units
    assert shown(made, "fees", "quote_dust_e18") == (-1, 5 * 10**12)
    run(made.decided, fee(FeeOf.QUOTE, -15, 6))
    assert shown(made, "fees", "quote_dust_e18") == (-3, 0)


def test_a_fee_in_the_base_currency_is_lots_that_went_for_nothing():
    made = gate()
    run(made.decided, fill(1000, flags=TOLD), fee(FeeOf.BASE, 15, 4))  # 1.5 lots
    assert shown(made, "position", "base_dust_e18") == (998, 5 * 10**14)
    cost = BID * 1000
    assert shown(made, "cash", "realised", "cost") == (-cost, -2 * BID, cost - 2 * BID)
    run(made.decided, fee(FeeOf.BASE, 5, 4))
    assert shown(made, "position", "base_dust_e18") == (998, 0)
    assert shown(made, "bought", "sold", "turnover") == (1000, 0, cost), "it is no trade"


def test_what_is_sold_after_a_fee_in_the_base_currency_is_what_is_owned():
    made = gate()
    run(made.decided, fill(1000, flags=TOLD), fee(FeeOf.BASE, 1, 3))
    run(made.decided, fill(999, side=Side.ASK, flags=TOLD))
    assert shown(made, "position", "cost") == (0, 0)
    assert shown(made, "cash", "realised") == (-BID, -BID)


def test_a_rebate_in_the_base_currency_is_lots_that_came_for_nothing():
    made = gate()
    run(made.decided, fee(FeeOf.BASE, -25, 4))
    assert shown(made, "position", "base_dust_e18", "cost") == (2, 5 * 10**14, 0)


def test_a_fee_in_a_third_currency_moves_nothing_and_is_passed_on():
    made = gate()
    before = made.book.position(0)
    assert only(run(made.decided, fee(FeeOf.OTHER, 10**9, 0))) == (Kind.FEE, Reason.NONE)
    assert made.book.position(0) == before


@pytest.mark.parametrize(
    ("of", "decimals"), [(0, 0), (4, 0), (FeeOf.BASE, -1), (FeeOf.QUOTE, 19), (FeeOf.OTHER, 19)]
)
def test_a_fee_that_no_venue_could_mean_is_refused(of, decimals):
    made = gate()
    assert len(run(made.decided, fee(of, 1, decimals))) == 0
    assert made.book.refused(0) == {"BAD_ORDER": 1}
    assert shown(made, "refused_reports", "fees", "position") == (1, 0, 0)


@pytest.mark.parametrize("amount", [LAST, -LAST - 1])
@pytest.mark.parametrize("of", [FeeOf.BASE, FeeOf.QUOTE])
def test_a_fee_that_cannot_be_counted_is_refused_and_nothing_of_it_is_paid(of, amount):
    made = Book(tick=(1, 18), lot=(1, 18))
    part = fee(of, 1, 18)
    made.run(part)
    before = made.position().fees, made.position().position, made.position().quote_dust_e18
    assert len(made.run(fee(of, amount, 0))) == 0
    position = made.position()
    assert (position.fees, position.position, position.quote_dust_e18) == before
    assert position.refused_reports == 1


def test_steps_that_no_128_bits_hold_take_no_fee():
    made = Book(tick=(2**62, 0), lot=(2**62, 0))
    assert len(made.run(fee(FeeOf.QUOTE, 1, 0))) == 0
    assert len(made.run(fee(FeeOf.BASE, 2**62, 0))) == 1
    assert (made.position().position, made.position().refused_reports) == (-1, 1)


def test_dust_of_a_large_lot_is_shown_as_the_largest_number():
    made = Book(tick=(1, 0), lot=(10**6, 0))
    made.run(fee(FeeOf.BASE, 1, 0))
    assert (made.position().position, made.position().base_dust_e18) == (-1, LAST)


# Fills that are none


def test_a_fill_that_is_taken_back_gives_back_its_place_in_the_limits():
    made = gate()
    run(made.decided, new(1), new(2), fill(400, flags=TOLD))
    assert shown(made, "position", "open_bid") == (400, 1600)
    back = report(Kind.FILL_BUSTED, 1, quantity=400, flags=TOLD)
    assert only(run(made.decided, back)) == (Kind.FILL_BUSTED, Reason.NONE)
    assert shown(made, "position", "open_bid", "cash", "bid_fills") == (0, 2000, 0, 0)
    assert only(run(made.decided, new(3, quantity=1000))) == PASSED
    assert only(run(made.decided, new(4, quantity=1))) == refused(Reason.POSITION_LIMIT)


def test_a_fill_that_is_taken_back_takes_back_its_fee():
    made = gate()
    for flags in (0, Flag.MAKER):
        run(made.decided, fill(777, flags=flags))
        run(made.decided, report(Kind.FILL_BUSTED, 1, quantity=777, flags=flags))
        assert shown(made, "fees", "turnover", "bought") == (0, 0, 0)


def test_a_fill_may_be_taken_back_before_it_is_told():
    made = gate()
    run(made.decided, report(Kind.FILL_BUSTED, 1, quantity=11))
    assert shown(made, "position", "turnover", "refused_reports") == (-11, -11 * BID, 0)
    run(made.decided, fill(11))
    assert shown(made, "position", "cash", "fees", "turnover", "bid_fills") == (0, 0, 0, 0, 0)


@pytest.mark.parametrize("fields", [{"price": 0}, {"quantity": 0}, {"side": Side.NONE}], ids=str)
def test_an_end_of_a_fill_that_no_venue_could_mean_is_refused(fields):
    made = gate()
    run(made.decided, fill(10))
    assert len(run(made.decided, report(Kind.FILL_BUSTED, 1, **{"quantity": 1} | fields))) == 0
    assert shown(made, "position", "refused_reports") == (10, 1)


def test_a_correction_is_no_fill_of_an_unknown_order_and_an_inferred_one_is():
    made = gate()
    run(made.decided, fill(10, reason=Reason.CORRECTED, flags=TOLD))
    assert shown(made, "position", "unknown_fills") == (10, 0)
    run(made.decided, fill(10, reason=Reason.INFERRED, flags=TOLD))
    assert shown(made, "position", "unknown_fills") == (20, 1)


# Orders that nobody here knows


def status(order_id=77, side=Side.BID, quantity=2500):
    return report(Kind.ORDER_STATUS, order_id, side, quantity=quantity)


def test_an_order_that_only_the_venue_knows_counts_against_the_limits_until_it_is_gone():
    made = gate()
    assert only(run(made.decided, status())) == (Kind.ORDER_STATUS, Reason.NONE)
    assert shown(made, "open_bid", "open_orders") == (2500, 1)
    assert only(run(made.decided, new(1))) == refused(Reason.POSITION_LIMIT)
    run(made.decided, report(Kind.FILL, 77, quantity=500))
    assert shown(made, "position", "open_bid", "unknown_fills") == (500, 2000, 0)
    run(made.decided, report(Kind.CANCELLED, 77, quantity=2000))
    assert shown(made, "open_bid", "open_orders") == (0, 0)
    assert only(run(made.decided, new(2))) == PASSED


def test_an_order_that_is_known_is_not_adopted_a_second_time():
    made = gate()
    run(made.decided, new(1), report(Kind.ORDER_STATUS, 1, quantity=300))
    assert shown(made, "open_bid", "open_orders") == (1000, 1)


def test_an_adopted_order_is_being_cancelled_and_is_cancelled_again_by_a_start():
    made = gate()
    run(made.decided, status())
    halt = event(Kind.HALT, reason=Reason.OPERATOR)
    assert len(run(made.decided, halt)) == 0, "the gateway has asked for it"
    assert only(run(made.decided, event(Kind.START))) == (Kind.CANCEL, Reason.PEER_LOST)


@pytest.mark.parametrize("row", [status(0), status(side=Side.NONE), status(quantity=0)], ids=str)
def test_what_can_be_no_order_is_not_adopted(row):
    made = gate()
    run(made.decided, row)
    assert shown(made, "open_orders", "open_bid") == (0, 0)
