"""The gateway's order states: nothing is sent twice, nothing that is unknown stays so."""

import pytest

from pinnacle.core.schema import Flag, Kind, Reason, Side, Source
from pinnacle.execution.orders import OrderState
from tests.gateway_orders import SECOND, from_risk, from_venue, live, new_table, said
from tests.records import event, run


@pytest.fixture
def table():
    return new_table()


def thawed(table):
    """Another table that takes up where this one stands."""
    made = new_table()
    assert made.thaw([bytes(part) for part in table.freeze()])
    return made


def unknown(table, order_id=1):
    """An order that was asked for and not answered in time."""
    run(table.decided, from_risk(Kind.NEW, order_id))
    run(table.decided, event(Kind.TIMER, recv_ns=int(2.1 * SECOND)))
    assert table.orders[order_id].state is OrderState.UNKNOWN


def test_a_table_that_has_seen_nothing_knows_nothing(table):
    assert (table.orders, table.clock_ns, table.duplicates, table.unknown_fills) == ({}, 0, 0, 0)
    assert not table.halted and not table.stopping


def test_an_order_is_sent_acknowledged_filled_and_done(table):
    assert said(run(table.decided, from_risk(Kind.NEW))) == [("NEW", "NONE")]
    assert table.orders[1].state is OrderState.PENDING_NEW
    assert said(run(table.decided, from_venue(Kind.ACK))) == [("ACK", "NONE")]
    assert table.orders[1].state is OrderState.LIVE
    run(table.decided, from_venue(Kind.FILL, quantity=4, aux=1))
    assert table.orders[1].filled == 4
    assert said(run(table.decided, from_venue(Kind.FILL, quantity=6, aux=2))) == [("FILL", "NONE")]
    assert not table.orders


def test_a_fill_that_comes_twice_counts_once(table):
    live(table)
    run(table.decided, from_venue(Kind.FILL, quantity=4, aux=7))
    assert len(run(table.decided, from_venue(Kind.FILL, quantity=4, aux=7))) == 0
    assert (table.orders[1].filled, table.duplicates) == (4, 1)


def test_a_fill_before_its_acknowledgement_and_after_its_cancel_counts(table):
    run(table.decided, from_risk(Kind.NEW))
    early = run(table.decided, from_venue(Kind.FILL, quantity=4, aux=1))
    assert said(early) == [("ACK", "NONE"), ("FILL", "NONE")], "what fills is there"
    assert said(run(table.decided, from_venue(Kind.ACK))) == []
    run(table.decided, from_risk(Kind.CANCEL), from_venue(Kind.CANCELLED))
    assert said(run(table.decided, from_venue(Kind.FILL, quantity=1, aux=2))) == [("FILL", "NONE")]
    assert table.unknown_fills == 1


@pytest.mark.parametrize("fields", [{"price": 0}, {"quantity": 0}, {"quantity": -3}], ids=str)
def test_a_fill_that_no_venue_could_mean_passes_on_and_counts_for_nothing(table, fields):
    live(table)
    nonsense = from_venue(Kind.FILL, aux=2**62, **fields)
    assert said(run(table.decided, nonsense)) == [("FILL", "NONE")], "risk is to see it"
    assert (table.orders[1].filled, table.unknown_fills) == (0, 0)
    assert said(run(table.decided, from_venue(Kind.FILL, quantity=10, aux=1))) == [("FILL", "NONE")]
    assert not table.orders, "its number was no execution's"


def test_a_replacement_that_no_venue_could_mean_changes_no_order(table):
    live(table)
    run(table.decided, from_risk(Kind.REPLACE, quantity=20))
    run(table.decided, from_venue(Kind.REPLACED, quantity=-1))
    assert (table.orders[1].quantity, table.orders[1].state) == (10, OrderState.PENDING_REPLACE)


def test_replace_and_cancel_are_refused_for_an_order_that_is_not_there(table):
    assert said(run(table.decided, from_risk(Kind.REPLACE))) == [
        ("REPLACE_REJECTED", "UNKNOWN_ORDER")
    ]
    assert said(run(table.decided, from_risk(Kind.CANCEL))) == [
        ("CANCEL_REJECTED", "UNKNOWN_ORDER")
    ]


def test_an_order_whose_number_is_taken_is_refused_and_the_other_stays(table):
    live(table)
    again = run(table.decided, from_risk(Kind.NEW, price=50, quantity=1))
    assert said(again) == [("REJECTED", "DUPLICATE_ORDER")]
    assert (table.orders[1].price, table.orders[1].state) == (100, OrderState.LIVE)


def test_one_replace_is_in_flight_at_a_time(table):
    live(table)
    assert said(run(table.decided, from_risk(Kind.REPLACE, price=99))) == [("REPLACE", "NONE")]
    assert said(run(table.decided, from_risk(Kind.REPLACE, price=98))) == [
        ("REPLACE_REJECTED", "TOO_LATE")
    ]
    run(table.decided, from_venue(Kind.REPLACED, price=99, quantity=12))
    order = table.orders[1]
    assert (order.state, order.price, order.quantity) == (OrderState.LIVE, 99, 12)


def test_the_kill_switch_cancels_everything_and_stops_sending(table):
    live(table, 1)
    live(table, 2)
    halt = event(Kind.HALT, reason=Reason.OPERATOR, recv_ns=SECOND)
    assert said(run(table.decided, halt)) == [("CANCEL", "OPERATOR")] * 2
    assert said(run(table.decided, from_risk(Kind.NEW, 3))) == [("REJECTED", "KILL_SWITCH")]
    assert said(run(table.decided, from_risk(Kind.CANCEL, 1))) == [("CANCEL", "NONE")]
    run(table.decided, event(Kind.RESUME))
    assert said(run(table.decided, from_risk(Kind.NEW, 3))) == [("NEW", "NONE")]


def test_a_halt_cancels_more_orders_than_decisions_had_room_for():
    table = new_table(decisions_max=4)
    ids = range(1, 11)
    for order_id in ids:
        run(table.decided, from_risk(Kind.NEW, order_id))
    cancels = run(table.decided, event(Kind.HALT, reason=Reason.OPERATOR, recv_ns=SECOND))
    assert said(cancels) == [("CANCEL", "OPERATOR")] * 10
    assert list(cancels["order_id"]) == list(ids)


def test_a_stop_cancels_everything_and_sends_no_more_until_the_next_start(table):
    live(table)
    stop = event(Kind.STOP, recv_ns=2 * SECOND)
    assert said(run(table.decided, stop)) == [("CANCEL", "SHUTDOWN")]
    assert (table.orders[1].state, table.orders[1].asked_ns) == (
        OrderState.PENDING_CANCEL,
        2 * SECOND,
    )
    assert said(run(table.decided, stop)) == [], "its cancel is on the way"
    new = from_risk(Kind.NEW, 2, recv_ns=2 * SECOND)
    assert said(run(table.decided, new)) == [("REJECTED", "KILL_SWITCH")]
    run(table.decided, event(Kind.START))
    assert said(run(table.decided, new)) == [("NEW", "NONE")]


def test_a_decision_carries_what_its_input_was_marked_with_but_not_the_logs_marks(table):
    marks = Flag.MAKER | Flag.BATCH_END | Flag.DECISION
    live(table)
    (fill,) = run(table.decided, from_venue(Kind.FILL, quantity=4, aux=1, flags=marks))
    assert fill["flags"] == Flag.MAKER


def test_an_order_decided_too_long_ago_is_not_sent(table):
    later = event(Kind.TIMER, recv_ns=2 * SECOND)
    assert said(run(table.decided, later, from_risk(Kind.NEW))) == [("REJECTED", "TOO_OLD")]
    just_in_time = from_risk(Kind.NEW, recv_ns=2 * SECOND - 250_000_000)
    assert said(run(table.decided, just_in_time)) == [("NEW", "NONE")]


def test_what_risk_left_behind_is_cancelled_when_risk_dies(table):
    live(table)
    lost = event(Kind.PEER_LOST, aux=Source.RISK, recv_ns=SECOND)
    assert said(run(table.decided, lost)) == [("CANCEL", "PEER_LOST")]
    assert said(run(table.decided, from_risk(Kind.NEW, 2))) == [("REJECTED", "PEER_LOST")]


def test_a_cancel_of_the_gateways_own_is_of_the_order_and_of_nothing_else(table):
    asked = from_risk(Kind.NEW, 5, side=Side.ASK, price=101, quantity=7, instrument_id=3)
    run(table.decided, asked, from_venue(Kind.ACK, 5))
    lost = event(Kind.PEER_LOST, aux=Source.RISK, venue_ns=7, recv_ns=SECOND)
    (cancel,) = run(table.decided, lost)
    names = ("order_id", "instrument_id", "side", "price", "quantity", "aux", "venue_ns")
    assert [int(cancel[name]) for name in names] == [5, 3, Side.ASK, 101, 7, 0, 0]


def test_an_unanswered_order_is_queried_and_never_sent_again(table):
    run(table.decided, from_risk(Kind.NEW))
    assert said(run(table.decided, event(Kind.TIMER, recv_ns=2 * SECOND))) == [], "not late yet"
    late = event(Kind.TIMER, recv_ns=2 * SECOND + 1)
    assert said(run(table.decided, late)) == [("QUERY", "NONE")]
    assert table.orders[1].state is OrderState.UNKNOWN
    assert len(run(table.decided, late)) == 0, "one query until it is overdue again"
    status = from_venue(Kind.ORDER_STATUS, recv_ns=3 * SECOND)
    assert said(run(table.decided, status)) == [("ACK", "NONE")]
    assert said(run(table.decided, status)) == []
    assert (table.orders[1].state, table.orders[1].acknowledged) == (OrderState.LIVE, True)


@pytest.mark.parametrize("asked", [Kind.CANCEL, Kind.REPLACE])
def test_an_order_whose_change_was_not_answered_is_cancelled_when_it_is_there(table, asked):
    live(table)
    run(table.decided, from_risk(asked))
    late = event(Kind.TIMER, recv_ns=2 * SECOND + 1)
    assert said(run(table.decided, late)) == [("QUERY", "NONE")]
    status = from_venue(Kind.ORDER_STATUS, recv_ns=3 * SECOND)
    assert said(run(table.decided, status)) == [("CANCEL", "PEER_LOST")]
    assert said(run(table.decided, status)) == [], "its cancel is on the way"
    assert table.orders[1].state is OrderState.PENDING_CANCEL
    assert table.orders[1].asked_ns == table.clock_ns, "when its cancel was asked for"


def test_an_order_that_the_venue_does_not_have_is_asked_for_when_that_is_long_enough():
    table = new_table(misses=2, miss_spread_ns=10 * SECOND)
    run(table.decided, from_risk(Kind.NEW))
    asked, at = [], SECOND
    while table.orders:
        at += SECOND // 10
        told = said(run(table.decided, event(Kind.TIMER, recv_ns=at)))
        if ("QUERY", "NONE") in told:
            asked.append(round(at / SECOND, 1))
            gone = from_venue(Kind.REJECTED, reason=Reason.UNKNOWN_ORDER, recv_ns=at)
            run(table.decided, gone)
    # Ten seconds behind the first of them, and not eight behind the last.
    assert asked == [2.1, 4.2, 8.3, 12.2]


def test_an_order_that_the_venue_does_not_know_was_not_sent(table):
    run(table.decided, from_risk(Kind.NEW))
    run(table.decided, event(Kind.TIMER, recv_ns=3 * SECOND))
    gone = from_venue(Kind.REJECTED, reason=Reason.UNKNOWN_ORDER)
    assert said(run(table.decided, gone)) == [("REJECTED", "NOT_SENT")]
    assert not table.orders


def test_after_a_restart_every_open_order_is_asked_for(table):
    live(table, 1)
    run(table.decided, from_risk(Kind.NEW, 2))
    queries = run(table.decided, event(Kind.START, recv_ns=2 * SECOND))
    assert said(queries) == [("QUERY", "NONE")] * 2
    gone = from_venue(Kind.REJECTED, 1, reason=Reason.UNKNOWN_ORDER)
    assert said(run(table.decided, gone)) == [("CANCELLED", "NOT_SENT")]


def test_the_venues_own_words_pass_on(table):
    run(table.decided, from_risk(Kind.NEW))
    no = from_venue(Kind.REJECTED, reason=Reason.WOULD_TAKE)
    assert said(run(table.decided, no)) == [("REJECTED", "WOULD_TAKE")]
    assert not table.orders


def test_an_order_that_fills_while_its_replace_is_in_flight_is_not_forgotten(table):
    live(table)
    run(table.decided, from_risk(Kind.REPLACE, quantity=25))
    run(table.decided, from_venue(Kind.FILL, quantity=10, aux=1))
    assert table.orders[1].state is OrderState.PENDING_REPLACE
    run(table.decided, from_venue(Kind.REPLACED, quantity=25))
    assert (table.orders[1].quantity, table.orders[1].state) == (25, OrderState.LIVE)
    run(table.decided, from_venue(Kind.FILL, quantity=15, aux=2))
    assert not table.orders and table.unknown_fills == 0


def test_a_replacement_that_leaves_nothing_of_an_order_is_its_end(table):
    live(table)
    run(table.decided, from_risk(Kind.REPLACE, quantity=12))
    run(table.decided, from_venue(Kind.FILL, quantity=10, aux=1))
    run(table.decided, from_venue(Kind.REPLACED, quantity=10))
    assert not table.orders


def test_a_filled_order_is_done_when_its_replace_is_refused(table):
    live(table)
    run(table.decided, from_risk(Kind.REPLACE, quantity=25))
    run(table.decided, from_venue(Kind.FILL, quantity=10, aux=1))
    refused = from_venue(Kind.REPLACE_REJECTED, reason=Reason.UNKNOWN_ORDER)
    assert said(run(table.decided, refused)) == [("REPLACE_REJECTED", "UNKNOWN_ORDER")]
    assert not table.orders


def test_an_unknown_order_is_cancelled_once_it_is_known_and_not_before(table):
    unknown(table)
    assert said(run(table.decided, from_risk(Kind.CANCEL))) == []
    assert table.orders[1].state is OrderState.UNKNOWN
    status = from_venue(Kind.ORDER_STATUS)
    assert said(run(table.decided, status)) == [("ACK", "NONE"), ("CANCEL", "PEER_LOST")]


@pytest.mark.parametrize(
    "everything",
    [
        event(Kind.HALT, reason=Reason.OPERATOR),
        event(Kind.STOP),
        event(Kind.PEER_LOST, aux=Source.RISK),
    ],
    ids=["halt", "stop", "risk lost"],
)
def test_what_cancels_everything_leaves_unknown_orders_to_their_query(table, everything):
    unknown(table, 1)
    run(table.decided, from_risk(Kind.NEW, 2, recv_ns=int(2.1 * SECOND)))
    cancels = run(table.decided, everything)
    assert [(Kind(d["kind"]).name, int(d["order_id"])) for d in cancels] == [("CANCEL", 2)]
    assert table.orders[1].state is OrderState.UNKNOWN


def test_an_order_that_rests_is_not_asked_about_however_old_it_is(table):
    live(table)
    assert said(run(table.decided, event(Kind.TIMER, recv_ns=3600 * SECOND))) == []
    assert table.orders[1].state is OrderState.LIVE


def test_a_venue_that_was_never_lost_is_not_asked_when_it_is_there(table):
    live(table)
    back = event(Kind.PEER_BACK, aux=Source.EXCHANGE)
    assert said(run(table.decided, back)) == []
    run(table.decided, event(Kind.PEER_LOST, aux=Source.EXCHANGE))
    assert said(run(table.decided, back)) == [("QUERY", "NONE")]


def test_risk_that_is_back_is_no_reason_to_ask_the_venue(table):
    live(table)
    run(table.decided, event(Kind.PEER_LOST, aux=Source.RISK))
    assert said(run(table.decided, event(Kind.PEER_BACK, aux=Source.RISK))) == []


def test_a_thawed_table_knows_who_is_lost(table):
    run(table.decided, event(Kind.PEER_LOST, aux=Source.EXCHANGE))
    made = thawed(table)
    assert said(run(made.decided, from_risk(Kind.NEW))) == [("REJECTED", "PEER_LOST")]
    run(made.decided, event(Kind.PEER_BACK, aux=Source.EXCHANGE))
    assert said(run(made.decided, from_risk(Kind.NEW))) == [("NEW", "NONE")]


def test_a_thawed_table_knows_the_last_execution(table):
    live(table)
    fill = from_venue(Kind.FILL, quantity=4, aux=7)
    run(table.decided, fill)
    made = thawed(table)
    assert said(run(made.decided, fill)) == []
    assert (made.orders[1].filled, made.duplicates) == (4, 1)
    assert said(run(made.decided, from_venue(Kind.FILL, quantity=6, aux=8))) == [("FILL", "NONE")]
    assert not made.orders


def test_a_thawed_table_is_the_table_that_was_frozen(table):
    live(table, 1)
    unknown(table, 2)
    fill = from_venue(Kind.FILL, 3, aux=1)
    run(table.decided, fill, fill)
    run(table.decided, event(Kind.STOP), event(Kind.HALT, reason=Reason.OPERATOR))
    made = thawed(table)
    assert made.orders == table.orders
    assert (made.halted, made.stopping, made.clock_ns) == (True, True, table.clock_ns)
    assert (
        (made.duplicates, made.unknown_fills) == (table.duplicates, table.unknown_fills) == (1, 1)
    )


@pytest.mark.parametrize("state", [[], [b"\x91\xc4\x00"], [b"no table"]], ids=str)
def test_a_state_that_no_table_wrote_is_refused_and_changes_nothing(table, state):
    live(table)
    assert table.thaw(state) is False
    assert list(table.orders) == [1]


def test_what_the_venue_says_of_a_replace_is_passed_on(table):
    live(table)
    run(table.decided, from_risk(Kind.REPLACE, price=99, quantity=12))
    answer = run(table.decided, from_venue(Kind.REPLACED, price=99, quantity=12))
    assert said(answer) == [("REPLACED", "NONE")]


def test_an_order_that_the_venue_has_cancelled_is_done_and_passed_on(table):
    live(table)
    gone = from_venue(Kind.CANCELLED, reason=Reason.SHUTDOWN)
    assert said(run(table.decided, gone)) == [("CANCELLED", "SHUTDOWN")]
    assert not table.orders


@pytest.mark.parametrize(
    ("asked", "refusal"),
    [(Kind.CANCEL, Kind.CANCEL_REJECTED), (Kind.REPLACE, Kind.REPLACE_REJECTED)],
)
def test_an_order_whose_change_the_venue_refused_rests_and_can_be_changed_again(
    table, asked, refusal
):
    live(table)
    run(table.decided, from_risk(asked))
    refused = from_venue(refusal, reason=Reason.TOO_LATE)
    assert said(run(table.decided, refused)) == [(refusal.name, "TOO_LATE")]
    assert table.orders[1].state is OrderState.LIVE
    assert said(run(table.decided, from_risk(Kind.REPLACE, price=99))) == [("REPLACE", "NONE")]


def test_a_refusal_that_no_order_waits_for_is_passed_on_and_changes_nothing(table):
    refused = from_venue(Kind.CANCEL_REJECTED, order_id=77, reason=Reason.UNKNOWN_ORDER)
    assert said(run(table.decided, refused)) == [("CANCEL_REJECTED", "UNKNOWN_ORDER")]
    assert not table.orders


def test_an_order_that_is_to_be_cancelled_is_known_to_be(table):
    live(table)
    run(table.decided, from_risk(Kind.CANCEL))
    assert table.orders[1].state is OrderState.PENDING_CANCEL


@pytest.mark.parametrize(
    ("asked", "refusal", "told"),
    [
        (Kind.CANCEL, Kind.CANCEL_REJECTED, []),
        (Kind.REPLACE, Kind.REPLACE_REJECTED, [("REPLACE_REJECTED", "TOO_LATE")]),
    ],
)
def test_an_order_that_only_the_venue_does_not_know_is_asked_about(table, asked, refusal, told):
    # To risk, who forgets what is unknown here, this is no answer yet; the replacement is answered.
    live(table)
    run(table.decided, from_risk(asked))
    refused = from_venue(refusal, reason=Reason.UNKNOWN_ORDER)
    assert said(run(table.decided, refused)) == [*told, ("QUERY", "NONE")]
    gone = from_venue(Kind.REJECTED, reason=Reason.UNKNOWN_ORDER)
    assert said(run(table.decided, gone)) == [("CANCELLED", "NOT_SENT")]
    assert not table.orders
