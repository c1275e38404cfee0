"""Fills that nobody told of: waited for, inferred, replaced and never added."""

import random

import pytest

from pinnacle.core._native import lib
from pinnacle.core.schema import Flag, Kind, Reason, Side
from pinnacle.execution.orders import OrderState
from tests.gateway_orders import (
    SECOND,
    from_risk,
    from_venue,
    live,
    new_table,
    said,
    told_fills,
)
from tests.records import event, run

LAST = 2**63 - 1


@pytest.fixture
def table():
    made = new_table(misses=3, miss_spread_ns=10 * SECOND, seen=True)
    live(made)
    return made


def fill(quantity, number, price=100, order_id=1, flags=Flag.FEE_TOLD, **fields):
    fields |= {"quantity": quantity, "aux": number, "price": price, "flags": flags}
    return from_venue(Kind.FILL, order_id, **fields)


def busted(quantity, number, price=100):
    return from_venue(Kind.FILL_BUSTED, quantity=quantity, aux=number, price=price)


def total(quantity, notional=0, reason=Reason.NONE):
    return from_venue(Kind.FILLED_TOTAL, quantity=quantity, aux=notional, reason=reason)


def at_once(quantity, notional=0):
    return total(quantity, notional, Reason.INFERRED)


def cancelled(quantity=0):
    return from_venue(Kind.CANCELLED, quantity=quantity)


def wait(table, seconds, step=0.5):
    """All that the table decides while nothing but time comes."""
    decided, end = [], table.clock_ns + seconds * SECOND
    while table.clock_ns < end:
        timer = event(Kind.TIMER, recv_ns=table.clock_ns + int(step * SECOND))
        decided += list(run(table.decided, timer))
    return decided


def parts(decisions):
    """(kind, reason, lots, price) of the fills among decisions."""
    kinds = {Kind.FILL: "+", Kind.FILL_BUSTED: "-"}
    return [
        (kinds[Kind(d["kind"])], Reason(d["reason"]).name, int(d["quantity"]), int(d["price"]))
        for d in decisions
        if d["kind"] in kinds
    ]


# Waiting


def test_a_total_ahead_of_the_fills_is_asked_about_and_adds_nothing(table):
    assert said(run(table.decided, total(4, 400))) == []
    assert (table.orders[1].state, table.orders[1].total) == (OrderState.LIVE, 4)
    assert said(wait(table, 2)) == [("QUERY", "NONE")]
    assert said(run(table.decided, fill(4, 1))) == [("FILL", "NONE")]
    assert said(wait(table, 60)) == [], "nothing lacks"
    assert table.orders[1].filled == 4


def test_an_order_that_lacks_fills_can_be_replaced_and_cancelled_meanwhile(table):
    run(table.decided, total(4, 400))
    assert said(run(table.decided, from_risk(Kind.REPLACE, price=99))) == [("REPLACE", "NONE")]
    assert said(run(table.decided, from_risk(Kind.CANCEL))) == [("CANCEL", "NONE")]


def test_a_smaller_total_is_older_and_says_nothing(table):
    run(table.decided, fill(4, 1), total(4, 400))
    assert said(run(table.decided, total(3, 300), total(0), total(-5))) == []
    assert (table.orders[1].total, table.orders[1].filled) == (4, 4)


def test_a_cancel_waits_for_the_fills_that_came_before_it(table):
    assert said(run(table.decided, total(4, 400), cancelled(6))) == []
    assert table.orders[1].state is OrderState.CLOSING
    told = run(table.decided, fill(1, 1), fill(3, 2))
    assert said(told) == [("FILL", "NONE"), ("FILL", "NONE"), ("CANCELLED", "NONE")]
    assert (int(told[2]["quantity"]), dict(table.orders)) == (6, {})


def test_an_order_that_the_venue_says_is_filled_is_closing_until_its_fills_come(table):
    assert said(run(table.decided, total(10, 1000))) == []
    assert table.orders[1].state is OrderState.CLOSING
    assert said(run(table.decided, from_risk(Kind.CANCEL))) == [], "there is nothing to cancel"
    assert said(run(table.decided, from_risk(Kind.REPLACE))) == [("REPLACE_REJECTED", "TOO_LATE")]
    assert said(run(table.decided, fill(10, 1))) == [("FILL", "NONE")]
    assert not table.orders


def test_a_total_of_an_order_without_an_acknowledgement_is_one():
    table = new_table(seen=True)
    run(table.decided, from_risk(Kind.NEW))
    assert said(run(table.decided, total(4, 400))) == [("ACK", "NONE")]
    assert table.orders[1].state is OrderState.LIVE


# Inferring


def test_fills_that_do_not_come_are_inferred_at_the_prices_that_make_the_venues_sum(table):
    run(table.decided, fill(2, 1, price=98), total(9, 2 * 98 + 5 * 99 + 2 * 100))
    decided = wait(table, 40)
    assert parts(decided) == [("+", "INFERRED", 5, 99), ("+", "INFERRED", 2, 100)]
    asked_before = [name for name, _ in said(decided)].index("FILL")
    assert (asked_before, table.inferred) == (lib.PMM_ORDERS_INFER_AFTER, 1)
    assert all(d["flags"] == Flag.FEE_TOLD for d in decided if d["kind"] == Kind.FILL)
    assert (table.orders[1].filled, table.orders[1].inferred) == (9, 7)


def test_where_the_venue_tells_of_totals_first_what_lacks_is_inferred_at_once(table):
    assert parts(run(table.decided, at_once(4, 400))) == [("+", "INFERRED", 4, 100)]
    assert parts(run(table.decided, at_once(4, 400))) == []
    assert parts(run(table.decided, at_once(6, 600))) == [("+", "INFERRED", 2, 100)]


def test_a_total_that_was_waited_for_may_be_inferred_at_once_after_all(table):
    run(table.decided, total(4, 400))
    assert parts(run(table.decided, at_once(4, 400))) == [("+", "INFERRED", 4, 100)]


def test_fills_of_a_resting_order_are_inferred_as_its_makers():
    table = new_table(seen=True)
    new = from_risk(Kind.NEW, flags=Flag.POST_ONLY)
    run(table.decided, new, from_venue(Kind.ACK))
    (told,) = run(table.decided, at_once(4, 400))
    assert told["flags"] == Flag.FEE_TOLD | Flag.MAKER
    assert (told["side"], told["aux"], told["venue_ns"]) == (Side.BID, 0, 0)


@pytest.mark.parametrize("notional", [0, -5, 3, -(2**63)])
def test_where_no_notional_can_be_it_is_the_orders_price(table, notional):
    assert parts(run(table.decided, at_once(4, notional))) == [("+", "INFERRED", 4, 100)]


def test_a_notional_that_the_fills_have_passed_makes_no_price(table):
    run(table.decided, fill(2, 1, price=300))
    assert parts(run(table.decided, at_once(4, 500))) == [("+", "INFERRED", 2, 100)]


def test_a_market_order_without_a_notional_is_inferred_at_one_tick():
    table = new_table(seen=True)
    run(table.decided, from_risk(Kind.NEW, price=0), from_venue(Kind.ACK))
    assert parts(run(table.decided, at_once(4))) == [("+", "INFERRED", 4, 1)]


def test_a_cancel_goes_out_with_what_was_inferred_and_the_order_waits_on(table):
    run(table.decided, total(4, 400), cancelled(6))
    decided = wait(table, 40)
    names = [name for name, _ in said(decided)]
    assert names[5:8] == ["FILL", "CANCELLED", "QUERY"]
    assert decided[6]["quantity"] == 6
    assert table.orders[1].state is OrderState.CLOSING
    assert said(run(table.decided, cancelled(6))) == [], "it has been told"
    assert said(run(table.decided, fill(4, 1))) == [] and not table.orders


def test_a_cancel_does_not_wait_for_fills_that_are_inferred(table):
    run(table.decided, at_once(4, 400))
    assert said(run(table.decided, at_once(4, 400), cancelled(6))) == [("CANCELLED", "NONE")]
    assert table.orders[1].state is OrderState.CLOSING
    assert parts(run(table.decided, fill(4, 1, price=99))) == [
        ("-", "CORRECTED", 4, 100),
        ("+", "CORRECTED", 4, 99),
    ]
    assert not table.orders


def test_fills_that_never_come_are_taken_as_they_were_inferred_in_the_end(table):
    run(table.decided, total(4, 400), cancelled(6))
    wait(table, 900, step=5)
    assert (list(table.orders), table.unconfirmed) == ([1], 0)
    wait(table, 1800, step=5)
    assert (list(table.orders), table.unconfirmed) == ([], 1)


# Replacing


def test_a_fill_that_was_inferred_at_its_price_is_not_told_again(table):
    run(table.decided, at_once(6, 600))
    fee = from_venue(Kind.FEE, aux=1, price=2, quantity=3, side=lib.PMM_FEE_QUOTE)
    assert said(run(table.decided, fill(2, 1), fee)) == [("FEE", "NONE")]
    assert said(run(table.decided, fill(4, 2))) == []
    assert (table.orders[1].filled, table.orders[1].inferred) == (6, 0)
    assert said(run(table.decided, fill(4, 2))) == [] and table.duplicates == 1


def test_a_fill_that_was_inferred_at_another_price_takes_its_place(table):
    run(table.decided, at_once(6, 606))
    decided = run(table.decided, fill(2, 1, price=99))
    assert parts(decided) == [
        ("-", "CORRECTED", 6, 101),
        ("+", "CORRECTED", 2, 99),
        ("+", "CORRECTED", 4, 102),
    ]
    assert told_fills(decided) == (0, 0), "the sum is the venue's all the time"
    assert parts(run(table.decided, fill(4, 2, price=102))) == []
    assert table.orders[1].filled == 6


def test_of_two_inferred_prices_each_is_confirmed_by_itself(table):
    assert parts(run(table.decided, at_once(7, 703))) == [
        ("+", "INFERRED", 4, 100),
        ("+", "INFERRED", 3, 101),
    ]
    assert parts(run(table.decided, fill(3, 1, price=101), fill(3, 2), fill(1, 3))) == []
    assert table.orders[1].inferred == 0


def test_the_dearer_part_that_is_left_alone_is_still_known_by_its_price(table):
    run(table.decided, at_once(7, 703), fill(4, 1))
    assert parts(run(table.decided, fill(2, 2, price=101))) == []
    assert parts(run(table.decided, at_once(8, 804))) == [("+", "INFERRED", 1, 101)]
    assert parts(run(table.decided, fill(2, 3, price=101))) == []
    assert table.orders[1].inferred == 0


def test_a_fill_larger_than_what_was_inferred_takes_all_of_its_place(table):
    run(table.decided, at_once(4, 400))
    assert parts(run(table.decided, fill(6, 1))) == [
        ("-", "CORRECTED", 4, 100),
        ("+", "CORRECTED", 6, 100),
    ]
    assert (table.orders[1].filled, table.orders[1].inferred) == (6, 0)


@pytest.mark.parametrize(
    "fields", [{"flags": 0}, {"side": Side.ASK}, {"instrument_id": 1}], ids=str
)
def test_a_fill_that_says_anything_else_than_was_inferred_is_passed_on(table, fields):
    # Without FEE_TOLD it costs what the instrument's fees say; an inferred one has cost nothing.
    run(table.decided, at_once(4, 400))
    assert parts(run(table.decided, fill(4, 1, **fields))) == [
        ("-", "CORRECTED", 4, 100),
        ("+", "CORRECTED", 4, 100),
    ]


def test_a_notional_that_comes_later_moves_what_was_inferred(table):
    run(table.decided, at_once(4))
    assert parts(run(table.decided, at_once(6, 6 * 97))) == [
        ("-", "CORRECTED", 4, 100),
        ("+", "CORRECTED", 6, 97),
    ]


def test_a_real_fill_milliseconds_behind_a_total_is_one_position_and_not_two(table):
    decided = [*run(table.decided, at_once(10, 1000)), *run(table.decided, fill(10, 1))]
    assert told_fills(decided) == (10, 1000)
    assert (dict(table.orders), table.overfilled) == ({}, 0)


# After the end


def test_a_total_that_rises_after_the_end_is_inferred_and_corrected(table):
    run(table.decided, fill(2, 1), cancelled(8))
    decided = list(run(table.decided, total(5, 500)))
    assert parts(decided) == [("+", "INFERRED", 3, 100)]
    assert parts(run(table.decided, total(5, 500), total(4, 400))) == []
    decided += list(run(table.decided, fill(3, 2, price=98)))
    assert told_fills(decided) == (3, 294)
    assert not table.orders and table.unknown_fills == 1


def test_a_fill_after_the_end_that_a_total_tells_of_again_counts_once(table):
    run(table.decided, cancelled(10), fill(4, 1))
    assert said(run(table.decided, total(4, 400), total(4, 400))) == []


def test_a_fill_after_the_end_at_the_price_that_was_inferred_is_known(table):
    run(table.decided, cancelled(10), total(4, 400))
    assert said(run(table.decided, fill(4, 1))) == []
    assert table.unknown_fills == 0


# Taking back


def test_a_fill_that_is_taken_back_is_so_once(table):
    run(table.decided, fill(4, 1))
    assert said(run(table.decided, busted(4, 1))) == [("FILL_BUSTED", "NONE")]
    assert said(run(table.decided, busted(4, 1))) == []
    assert (table.orders[1].filled, table.duplicates) == (0, 1)


def test_a_total_that_counted_a_fill_that_is_taken_back_does_not_count_it_any_more(table):
    run(table.decided, fill(4, 1), fill(2, 2), total(6, 600), busted(4, 1))
    assert (table.orders[1].total, table.orders[1].filled) == (2, 2)
    assert said(wait(table, 10)) == []
    assert parts(run(table.decided, at_once(5, 503))) == [("+", "INFERRED", 3, 101)]


def test_what_was_inferred_stays_so_when_another_fill_is_taken_back(table):
    run(table.decided, fill(4, 1), at_once(6, 600), busted(4, 1))
    assert (table.orders[1].filled, table.orders[1].inferred) == (2, 2)
    assert parts(run(table.decided, fill(2, 2))) == []


def test_a_fill_that_is_taken_back_before_it_was_told_was_the_inferred_one(table):
    decided = list(run(table.decided, fill(1, 1), at_once(7, 702)))
    decided += list(run(table.decided, busted(6, 2)))
    assert parts(decided[3:]) == [
        ("-", "CORRECTED", 4, 100),
        ("-", "CORRECTED", 2, 101),
        ("+", "CORRECTED", 6, 100),
        ("-", "NONE", 6, 100),
    ]
    assert said(run(table.decided, fill(6, 2))) == [], "late, and it is none"
    assert (table.orders[1].filled, table.orders[1].inferred) == (1, 0)


def test_a_fill_that_is_taken_back_before_it_was_told_is_told_with_it(table):
    assert parts(run(table.decided, busted(4, 1))) == [
        ("+", "NONE", 4, 100),
        ("-", "NONE", 4, 100),
    ]
    assert said(run(table.decided, fill(4, 1))) == [] and table.duplicates == 1


def test_a_fill_of_nobody_here_that_is_taken_back_is_only_that(table):
    nobodys = from_venue(Kind.FILL_BUSTED, 77, quantity=4, aux=1)
    assert said(run(table.decided, nobodys)) == [("FILL_BUSTED", "NONE")]


def test_an_order_that_was_full_and_is_so_no_more_is_asked_about():
    table = new_table(seen=True)
    live(table)
    run(table.decided, fill(4, 1), total(10, 1000))
    assert table.orders[1].state is OrderState.CLOSING
    run(table.decided, busted(4, 1))
    assert table.orders[1].state is OrderState.UNKNOWN
    assert said(wait(table, 2)) == [("QUERY", "NONE")]


def test_a_fill_that_is_taken_back_after_the_end_is_told_and_its_total_known(table):
    run(table.decided, fill(4, 1), total(4, 400), cancelled(6))
    assert said(run(table.decided, busted(4, 1))) == [("FILL_BUSTED", "NONE")]
    (gone,) = table.gone()
    assert (gone.filled, gone.total) == (0, 0)


# Executions


def test_each_currency_of_a_fee_and_each_side_of_a_trade_with_ourselves_count_once(table):
    live(table, 2)
    base, quote = (
        from_venue(Kind.FEE, aux=1, price=0, side=side)
        for side in (lib.PMM_FEE_BASE, lib.PMM_FEE_QUOTE)
    )
    both = [fill(4, 1), fill(4, 1, order_id=2, side=Side.ASK), base, quote]
    assert len(run(table.decided, *both)) == 4
    assert len(run(table.decided, *both)) == 0
    assert (table.orders[1].filled, table.orders[2].filled, table.duplicates) == (4, 4, 4)


def test_a_fee_that_no_venue_could_mean_passes_on_for_risk_to_refuse(table):
    nonsense = from_venue(Kind.FEE, aux=1, price=19, side=lib.PMM_FEE_QUOTE)
    assert said(run(table.decided, nonsense, nonsense)) == [("FEE", "NONE")] * 2


def test_where_numbers_rise_every_fee_and_every_end_of_a_fill_counts():
    table = new_table()
    live(table)
    fee = from_venue(Kind.FEE, aux=1, price=0, side=lib.PMM_FEE_QUOTE)
    run(table.decided, fill(4, 1))
    assert len(run(table.decided, fee, fee, busted(1, 1), busted(1, 1))) == 4
    assert (table.orders[1].filled, table.duplicates) == (2, 0)


def test_as_many_executions_are_known_as_is_promised_in_whatever_order_they_come(table):
    least = 16384  # PMM_SEEN_MIN of csrc/trade/executions.h
    draw = random.Random(1)
    numbers = [draw.getrandbits(63) for _ in range(3 * least)]
    rows = [fill(1, number, order_id=99)[0] for number in numbers]
    for at in range(0, len(rows), 512):
        run(table.decided, *(row.reshape(1) for row in rows[at : at + 512]))
    assert table.duplicates == 0
    known = [row.reshape(1) for row in rows[-least:]]
    assert len(run(table.decided, *known)) == 0
    forgotten = [row.reshape(1) for row in rows[:64]]
    assert len(run(table.decided, *forgotten)) == 64


# Ends of what can be counted


def test_quantities_and_prices_without_end_are_counted_as_far_as_that_goes(table):
    run(table.decided, fill(LAST, 1, price=LAST), total(LAST, LAST), fill(LAST, 2, price=LAST))
    run(table.decided, busted(LAST, 3, price=LAST), at_once(LAST, LAST))
    live(table, 2)
    one = from_venue(Kind.FILLED_TOTAL, 2, quantity=1, aux=LAST, reason=Reason.INFERRED)
    assert parts(run(table.decided, one)) == [("+", "INFERRED", 1, LAST)]
    assert parts(run(table.decided, fill(1, 9, price=LAST, order_id=2))) == []
