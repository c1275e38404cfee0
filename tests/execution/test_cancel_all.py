"""An operator's CANCEL_ALL in a gateway's log: what is open is cancelled, what comes later not."""

from pinnacle.core.schema import Kind, Reason, Source
from tests.gateway_orders import SECOND, from_risk, from_venue, live, new_table, said
from tests.records import event, run

CANCEL_ALL = event(
    Kind.CANCEL_ALL,
    source=Source.GATEWAY,
    reason=Reason.OPERATOR,
    instrument_id=0xFFFFFFFF,
    recv_ns=SECOND,
)


def test_every_open_order_is_cancelled_once_and_the_reason_is_the_operator():
    table = new_table()
    for order_id in (1, 2, 3):
        live(table, order_id)
    decided = run(table.decided, CANCEL_ALL)
    assert said(decided) == [("CANCEL", "OPERATOR")] * 3
    assert list(decided["order_id"]) == [1, 2, 3]
    assert said(run(table.decided, CANCEL_ALL)) == []


def test_orders_that_come_later_go_out():
    table = new_table()
    live(table)
    run(table.decided, CANCEL_ALL)
    assert said(run(table.decided, from_risk(Kind.NEW, 2))) == [("NEW", "NONE")]
    assert table.halted is False


def test_one_that_is_not_answered_yet_is_cancelled_too():
    table = new_table()
    run(table.decided, from_risk(Kind.NEW))
    assert said(run(table.decided, CANCEL_ALL)) == [("CANCEL", "OPERATOR")]


def test_one_that_is_unknown_is_cancelled_when_it_turns_out_to_be_there():
    table = new_table()
    run(table.decided, from_risk(Kind.NEW), from_venue(Kind.UNSURE))
    assert said(run(table.decided, CANCEL_ALL)) == []
    found = run(table.decided, from_venue(Kind.ORDER_STATUS))
    assert "CANCEL" in [kind for kind, _ in said(found)]
