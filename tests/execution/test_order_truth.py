"""What becomes of orders at venues that lose, delay, repeat and forget: one rule a test."""

from itertools import pairwise

import pytest

from pinnacle.core._native import lib
from pinnacle.core.schema import Kind, Reason, Side, Source
from pinnacle.execution.orders import OrderState
from tests.gateway_orders import SECOND, from_risk, from_venue, live, new_table, said, text
from tests.records import event, run

MISSING = {"reason": Reason.UNKNOWN_ORDER}


@pytest.fixture
def table():
    """One of a real venue: executions have names, and three answers make an order missed."""
    return new_table(misses=3, miss_spread_ns=10 * SECOND, seen=True)


def timer(seconds):
    return event(Kind.TIMER, recv_ns=int(seconds * SECOND))


def not_found(seconds, order_id=1):
    return from_venue(Kind.REJECTED, order_id, recv_ns=int(seconds * SECOND), **MISSING)


def fill(quantity, number, price=100, order_id=1, **fields):
    return from_venue(Kind.FILL, order_id, quantity=quantity, aux=number, price=price, **fields)


def missed(table, order_id=1):
    """Sent, never answered, and not found for long enough."""
    run(table.decided, from_risk(Kind.NEW, order_id), timer(3))
    run(table.decided, not_found(4, order_id), not_found(8, order_id))
    return said(run(table.decided, not_found(14, order_id)))


# What is unknown


def test_an_answer_that_says_nothing_makes_an_order_unknown_and_refuses_nothing(table):
    run(table.decided, from_risk(Kind.NEW))
    unsure = from_venue(Kind.UNSURE)
    assert said(run(table.decided, unsure, *text(b"502 Bad Gateway", lib.PMM_TEXT_WORDS))) == []
    assert (table.orders[1].state, table.unsure) == (OrderState.UNKNOWN, 1)
    assert said(run(table.decided, timer(3))) == [("QUERY", "NONE")], "and it is asked about"


def test_an_order_that_the_stream_tells_of_after_a_timeout_is_one_order_and_sent_once(table):
    run(table.decided, from_risk(Kind.NEW), from_venue(Kind.UNSURE))
    assert said(run(table.decided, from_venue(Kind.ACK))) == [("ACK", "NONE")]
    assert said(run(table.decided, timer(60))) == []
    assert (table.orders[1].state, len(table.orders)) == (OrderState.LIVE, 1)


def test_a_live_order_stays_live_when_an_older_request_ends_in_doubt(table):
    live(table)
    assert said(run(table.decided, from_venue(Kind.UNSURE))) == []
    assert table.orders[1].state is OrderState.LIVE


def test_a_live_order_that_the_venue_does_not_list_is_asked_about_and_lives_on(table):
    live(table)
    unlisted = from_venue(Kind.UNSURE, reason=Reason.UNLISTED)
    assert said(run(table.decided, unlisted)) == []
    assert said(run(table.decided, timer(3))) == [("QUERY", "NONE")]
    there = run(table.decided, from_venue(Kind.ORDER_STATUS))
    assert said(there) == []
    assert table.orders[1].state is OrderState.LIVE


@pytest.mark.parametrize("asked", [None, Kind.CANCEL, Kind.REPLACE])
def test_an_order_that_is_on_its_way_may_be_missing_in_a_list(table, asked):
    run(table.decided, from_risk(Kind.NEW))
    if asked is not None:
        run(table.decided, from_venue(Kind.ACK), from_risk(asked))
    before = table.orders[1].state
    run(table.decided, from_venue(Kind.UNSURE, reason=Reason.UNLISTED))
    assert table.orders[1].state is before


@pytest.mark.parametrize("asked", [Kind.CANCEL, Kind.REPLACE])
def test_an_order_whose_change_is_in_doubt_is_cancelled_when_it_is_there(table, asked):
    live(table)
    run(table.decided, from_risk(asked), from_venue(Kind.UNSURE))
    assert said(run(table.decided, timer(3))) == [("QUERY", "NONE")]
    there = run(table.decided, from_venue(Kind.ORDER_STATUS))
    assert said(there) == [("CANCEL", "PEER_LOST")]


def test_a_late_acknowledgement_makes_an_unknown_order_live_again(table):
    run(table.decided, from_risk(Kind.NEW), timer(3))
    assert said(run(table.decided, from_venue(Kind.ACK))) == [("ACK", "NONE")]
    assert table.orders[1].state is OrderState.LIVE


def test_an_acknowledgement_that_answers_a_query_is_told_once(table):
    live(table)
    run(table.decided, from_risk(Kind.CANCEL), timer(3))
    assert said(run(table.decided, from_venue(Kind.ACK))) == [("CANCEL", "PEER_LOST")]
    assert said(run(table.decided, from_venue(Kind.ACK))) == []


def test_a_fill_of_an_unknown_order_says_that_it_was_there_and_not_that_it_is(table):
    run(table.decided, from_risk(Kind.NEW), timer(3))
    assert said(run(table.decided, fill(4, 1))) == [("ACK", "NONE"), ("FILL", "NONE")]
    assert table.orders[1].state is OrderState.UNKNOWN
    assert said(run(table.decided, timer(9))) == [("QUERY", "NONE")]


def test_a_question_is_asked_at_growing_intervals(table):
    run(table.decided, from_risk(Kind.NEW))
    asked = [half / 2 for half in range(2, 120) if len(run(table.decided, timer(half / 2))) == 1]
    assert [b - a for a, b in pairwise(asked)] == [2.5, 4.5, *[8.5] * 5]


def test_a_restart_leaves_no_order_to_itself_whatever_is_refused_late(table):
    live(table)
    run(table.decided, from_risk(Kind.CANCEL), event(Kind.START, recv_ns=2 * SECOND))
    late = from_venue(Kind.CANCEL_REJECTED, reason=Reason.TOO_LATE)
    assert said(run(table.decided, late)) == [("CANCEL_REJECTED", "TOO_LATE")]
    there = run(table.decided, from_venue(Kind.ORDER_STATUS))
    assert said(there) == [("CANCEL", "PEER_LOST")]


# What is not found


def test_an_order_is_not_gone_before_the_venue_has_missed_it_often_and_for_long(table):
    run(table.decided, from_risk(Kind.NEW), timer(3))
    for seconds in (4, 5, 6, 13.9):
        assert said(run(table.decided, not_found(seconds))) == []
    assert said(run(table.decided, not_found(14))) == [("REJECTED", "NOT_SENT")]
    assert (not table.orders, table.misses) == (True, 1)


def test_answers_long_apart_count_only_where_there_are_enough(table):
    run(table.decided, from_risk(Kind.NEW), timer(3), not_found(4), not_found(60))
    assert 1 in table.orders
    assert said(run(table.decided, not_found(61))) == [("REJECTED", "NOT_SENT")]


def test_an_order_that_is_found_at_last_begins_anew(table):
    run(table.decided, from_risk(Kind.NEW), timer(3), not_found(4), not_found(15))
    found = from_venue(Kind.ORDER_STATUS, recv_ns=16 * SECOND)
    assert said(run(table.decided, found)) == [("ACK", "NONE")]
    run(table.decided, from_risk(Kind.CANCEL, recv_ns=16 * SECOND), timer(20))
    assert said(run(table.decided, not_found(20), not_found(21))) == []


def test_an_order_that_is_filled_while_it_is_not_found_was_there(table):
    run(table.decided, from_risk(Kind.NEW), timer(3), not_found(4), not_found(15))
    told = run(table.decided, fill(10, 1))
    assert said(told) == [("ACK", "NONE"), ("FILL", "NONE")]
    assert (table.orders, table.misses) == ({}, 0)


def test_a_live_order_that_is_not_found_is_asked_about_before_that_is_believed(table):
    live(table)
    assert said(run(table.decided, not_found(2))) == [("QUERY", "NONE")]
    assert table.orders[1].state is OrderState.UNKNOWN
    there = from_venue(Kind.ORDER_STATUS, recv_ns=3 * SECOND)
    assert said(run(table.decided, there)) == []
    assert table.orders[1].state is OrderState.LIVE


def test_a_live_order_that_the_venue_has_purged_is_cancelled_and_no_error(table):
    live(table)
    run(table.decided, not_found(2), not_found(3), not_found(8))
    gone = run(table.decided, not_found(13))
    assert said(gone) == [("CANCELLED", "NOT_SENT")]
    assert gone[0]["quantity"] == 10


def test_a_cancel_of_what_the_venue_does_not_know_is_a_question_and_no_new_order(table):
    live(table)
    run(table.decided, from_risk(Kind.CANCEL))
    refused = from_venue(Kind.CANCEL_REJECTED, **MISSING)
    assert said(run(table.decided, refused)) == [("QUERY", "NONE")]
    filled = from_venue(Kind.FILLED_TOTAL, quantity=10, aux=1000)
    assert said(run(table.decided, filled, fill(10, 1))) == [("FILL", "NONE")]
    assert not table.orders


# What was given up


def test_a_late_fill_of_an_order_that_was_given_up_counts_and_what_is_left_is_cancelled(table):
    assert missed(table) == [("REJECTED", "NOT_SENT")]
    told = run(table.decided, fill(4, 1))
    assert said(told) == [
        ("ORDER_STATUS", "NONE"),
        ("CANCEL", "UNKNOWN_ORDER"),
        ("FILL", "NONE"),
    ]
    assert [int(d["quantity"]) for d in told] == [10, 10, 4]
    assert (table.adopted, table.unknown_fills, table.orders[1].filled) == (1, 0, 4)
    assert said(run(table.decided, from_venue(Kind.CANCELLED, quantity=6))) == [
        ("CANCELLED", "NONE")
    ]


@pytest.mark.parametrize("kind", [Kind.ACK, Kind.ORDER_STATUS])
def test_an_order_that_was_given_up_and_is_there_is_cancelled(table, kind):
    missed(table)
    late = run(table.decided, from_venue(kind))
    assert said(late) == [("ORDER_STATUS", "NONE"), ("CANCEL", "UNKNOWN_ORDER")]
    assert table.orders[1].state is OrderState.PENDING_CANCEL


def test_a_total_of_an_order_that_was_given_up_brings_it_back_with_what_it_has_told(table):
    run(table.decided, from_risk(Kind.NEW), fill(3, 1), not_found(2))
    run(table.decided, not_found(3), not_found(8))
    assert said(run(table.decided, not_found(13))) == [("CANCELLED", "NOT_SENT")]
    total = from_venue(Kind.FILLED_TOTAL, quantity=5, aux=500, reason=Reason.INFERRED)
    back = run(table.decided, total)
    assert said(back)[2:] == [("FILL", "INFERRED")] and back[2]["quantity"] == 2


def test_an_order_that_was_refused_and_is_listed_is_cancelled(table):
    # A second transmission may be refused as a duplicate of the first.
    run(table.decided, from_risk(Kind.NEW), from_venue(Kind.REJECTED, reason=Reason.FUNDS))
    assert not table.orders
    listed = run(table.decided, from_venue(Kind.ORDER_STATUS))
    assert said(listed) == [("ORDER_STATUS", "NONE"), ("CANCEL", "UNKNOWN_ORDER")]


def test_an_order_that_was_given_up_and_is_cancelled_was_there_and_is_done(table):
    missed(table)
    assert said(run(table.decided, from_venue(Kind.CANCELLED))) == [("CANCELLED", "NONE")]
    assert said(run(table.decided, from_venue(Kind.ORDER_STATUS))) == []


def test_an_order_that_is_refused_after_it_was_acknowledged_is_cancelled_to_risk(table):
    live(table)
    refused = from_venue(Kind.REJECTED, reason=Reason.DUPLICATE_ORDER)
    assert said(run(table.decided, refused)) == [("CANCELLED", "NOT_SENT")]


# Strangers and ghosts


def test_an_order_that_only_the_venue_has_is_adopted_and_cancelled(table):
    stranger = from_venue(Kind.ORDER_STATUS, 9, price=101, quantity=7, side=Side.ASK, flags=255)
    told = run(table.decided, stranger)
    assert said(told) == [("ORDER_STATUS", "NONE"), ("CANCEL", "UNKNOWN_ORDER")]
    names = ("order_id", "price", "quantity", "side", "flags")
    assert [int(told[0][name]) for name in names] == [9, 101, 7, Side.ASK, 0]
    assert said(run(table.decided, stranger)) == [], "its cancel is on the way"
    run(table.decided, from_venue(Kind.CANCELLED, 9))
    assert (not table.orders, table.adopted) == (True, 1)


@pytest.mark.parametrize(
    "fields",
    [{"price": -1}, {"quantity": 0}, {"side": 0}, {"side": 3}, {"instrument_id": 256}],
    ids=str,
)
def test_a_stranger_that_cannot_be_is_not_adopted(table, fields):
    assert said(run(table.decided, from_venue(Kind.ORDER_STATUS, 9, **fields))) == []
    assert not table.orders


def test_a_stranger_that_finds_no_room_is_adopted_when_it_is_listed_again():
    table = new_table(orders_max=1, seen=True)
    live(table)
    stranger = from_venue(Kind.ORDER_STATUS, 9)
    assert said(run(table.decided, stranger)) == []
    run(table.decided, from_venue(Kind.CANCELLED))
    assert said(run(table.decided, stranger))[1] == ("CANCEL", "UNKNOWN_ORDER")


@pytest.mark.parametrize("end", [Kind.CANCELLED, Kind.FILL])
def test_a_list_that_is_older_than_an_orders_end_brings_nothing_back(table, end):
    live(table)
    run(table.decided, from_venue(end, aux=1))
    assert said(run(table.decided, from_venue(Kind.ORDER_STATUS))) == []
    assert said(run(table.decided, from_venue(Kind.ACK))) == []
    assert not table.orders


def test_what_a_stranger_had_filled_before_is_nobodys_fill(table):
    run(table.decided, from_venue(Kind.ORDER_STATUS, 9, quantity=6))
    total = from_venue(Kind.FILLED_TOTAL, 9, quantity=4, aux=400, reason=Reason.INFERRED)
    assert said(run(table.decided, total)) == []
    assert (table.orders[9].quantity, table.orders[9].filled) == (10, 4)
    more = from_venue(Kind.FILLED_TOTAL, 9, quantity=5, aux=501, reason=Reason.INFERRED)
    (told,) = run(table.decided, more)
    assert (told["quantity"], told["price"]) == (1, 101)


def test_what_a_stranger_had_filled_before_is_nobodys_fill_after_its_end_either(table):
    run(table.decided, from_venue(Kind.ORDER_STATUS, 9, quantity=6), fill(6, 1, order_id=9))
    assert not table.orders
    total = from_venue(Kind.FILLED_TOTAL, 9, quantity=10, aux=1000)
    assert said(run(table.decided, total, total)) == []


# Ends


def test_an_end_that_is_told_twice_is_passed_on_once(table):
    live(table)
    closed = [
        from_venue(Kind.FILLED_TOTAL, quantity=4, aux=400),
        from_venue(Kind.CANCELLED, quantity=6),
    ]
    first = run(table.decided, fill(4, 1), *closed)
    assert said(first) == [("FILL", "NONE"), ("CANCELLED", "NONE")]
    assert said(run(table.decided, fill(4, 1), *closed)) == [], "the second look finds nothing new"


def test_a_fill_after_the_end_counts_and_is_counted(table):
    live(table)
    run(table.decided, from_venue(Kind.CANCELLED))
    assert said(run(table.decided, fill(2, 1))) == [("FILL", "NONE")]
    assert said(run(table.decided, fill(2, 1))) == []
    assert (table.unknown_fills, table.duplicates) == (1, 1)


def test_an_old_fill_that_comes_again_after_a_cancel_is_no_other(table):
    live(table)
    run(table.decided, fill(4, 7), fill(2, 3), from_venue(Kind.CANCELLED, quantity=4))
    assert said(run(table.decided, fill(4, 7), fill(2, 3))) == []


def test_the_last_orders_to_go_are_known_and_older_ones_forgotten(table):
    most = lib.PMM_ORDERS_GONE_MAX
    for order_id in range(1, 2 * most + 12):
        live(table, order_id)
        run(table.decided, from_venue(Kind.CANCELLED, order_id, reason=Reason.TOO_LATE))
        known = [gone.order_id for gone in table.gone()] if order_id % 1023 < 4 else []
        assert known == list(range(order_id, max(order_id - most, 0), -1))[: len(known)]
    gone = list(table.gone())
    assert [gone[0].order_id, gone[-1].order_id] == [2 * most + 11, most + 12]
    assert said(run(table.decided, from_venue(Kind.ORDER_STATUS, most + 12))) == []
    forgotten = run(table.decided, from_venue(Kind.ORDER_STATUS, most + 11))
    assert said(forgotten) == [("ORDER_STATUS", "NONE"), ("CANCEL", "UNKNOWN_ORDER")]


# Names


def test_what_a_venue_calls_an_order_is_kept_in_parts_and_cut_at_its_room(table):
    name = b"3fa85f64-5717-4562-b3fc-2c963f66afa6"
    run(table.decided, from_risk(Kind.NEW), from_venue(Kind.ACK), *text(name))
    assert table.orders[1].venue_id == name.decode()
    run(table.decided, from_venue(Kind.REPLACED), *text(b"other"))
    assert table.orders[1].venue_id == "other", "of an edit that gives a new one"
    run(table.decided, from_venue(Kind.REPLACED), *text(b"x" * 100))
    assert table.orders[1].venue_id == "x" * 64


def test_words_and_currencies_are_no_names(table):
    live(table)
    for what in (lib.PMM_TEXT_WORDS, lib.PMM_TEXT_CURRENCY):
        run(table.decided, from_venue(Kind.REPLACED), *text(b"BNB", what))
    assert table.orders[1].venue_id == ""


def test_a_name_is_of_the_report_before_it_and_of_nothing_else(table):
    live(table)
    run(table.decided, from_venue(Kind.ACK), timer(2), *text(b"a name"))
    run(table.decided, from_risk(Kind.REPLACE), *text(b"a name"))
    run(table.decided, from_venue(Kind.FILL, 77, aux=5), *text(b"a name"))
    assert table.orders[1].venue_id == ""


def test_an_order_that_is_gone_keeps_its_name_and_may_learn_it_late(table):
    live(table)
    run(table.decided, fill(10, 1))
    run(table.decided, from_venue(Kind.ACK), *text(b"V-1"))
    (gone,) = table.gone()
    assert (gone.order_id, gone.venue_id, gone.state) == (1, "V-1", OrderState.FREE)
    assert gone.asked_ns == table.clock_ns


# The session


def test_risk_that_is_lost_leaves_no_order_that_turns_out_to_be_there(table):
    run(table.decided, from_risk(Kind.NEW), timer(3))
    run(table.decided, event(Kind.PEER_LOST, aux=Source.RISK, recv_ns=4 * SECOND))
    there = run(table.decided, from_venue(Kind.ORDER_STATUS, recv_ns=5 * SECOND))
    assert said(there) == [("ACK", "NONE"), ("CANCEL", "PEER_LOST")]


def test_a_thawed_table_knows_who_is_gone_and_who_was_given_up(table):
    live(table, 2)
    run(table.decided, from_venue(Kind.CANCELLED, 2))
    missed(table, 1)
    made = new_table(seen=True)
    assert made.thaw([bytes(part) for part in table.freeze()])
    assert list(made.gone()) == list(table.gone())
    assert said(run(made.decided, from_venue(Kind.ORDER_STATUS, 2))) == []
    assert said(run(made.decided, from_venue(Kind.ACK, 1)))[0] == ("ORDER_STATUS", "NONE")
