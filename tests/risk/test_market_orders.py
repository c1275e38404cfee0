"""An order without a price needs a market that is seen, and is judged by its lots as any other."""

import pytest

from pinnacle.core.schema import Flag, Kind, OrderType, Reason, SelfTrade, Side, Source, TimeInForce
from tests.records import event, run
from tests.risk_desk import ASK, BID, PASSED, gate, new, only, refused, replace, report, top


def terms(time_in_force=TimeInForce.IOC, kind=OrderType.MARKET):
    return time_in_force | kind << 8 | SelfTrade.CANCEL_NEWEST << 16


def market(order_id, side=Side.BID, quantity=1000, price=0, **fields):
    return new(order_id, side, price, quantity, aux=terms(), **fields)


@pytest.mark.parametrize("side", [Side.BID, Side.ASK])
def test_a_market_order_passes_as_it_came(side):
    decisions = run(gate().decided, market(1, side))
    assert only(decisions) == PASSED
    assert (decisions[0]["price"], decisions[0]["aux"]) == (0, terms())


def test_a_market_order_that_has_a_price_and_a_limit_order_that_has_none_are_refused():
    for price in (-1, 1, BID):
        assert only(run(gate().decided, market(1, price=price))) == refused(Reason.BAD_ORDER)
    assert only(run(gate().decided, new(1, price=0))) == refused(Reason.BAD_PRICE)


def test_a_type_that_there_is_not_is_refused():
    order = new(1, price=0, aux=terms(kind=2))
    assert only(run(gate().decided, order)) == refused(Reason.BAD_ORDER)


def test_a_market_order_needs_a_market_that_is_seen():
    made = gate()
    run(made.decided, top(flags=Flag.STALE))
    assert only(run(made.decided, market(1))) == refused(Reason.NO_REFERENCE)
    run(made.decided, top())
    assert only(run(made.decided, market(1))) == PASSED
    run(made.decided, event(Kind.PEER_LOST, aux=Source.FEED))
    assert only(run(made.decided, market(2))) == refused(Reason.NO_REFERENCE)


def test_a_market_order_is_limited_in_size():
    assert only(run(gate().decided, market(1, quantity=1001))) == refused(Reason.ORDER_SIZE)


@pytest.mark.parametrize("side", [Side.BID, Side.ASK])
def test_a_market_order_counts_as_open_until_it_is_answered(side):
    made = gate()
    for order_id in (1, 2, 3):
        assert only(run(made.decided, market(order_id, side))) == PASSED
    more = market(4, side, quantity=1)
    assert only(run(made.decided, more)) == refused(Reason.POSITION_LIMIT)
    run(made.decided, report(Kind.ACK, 3, side, price=0))
    assert only(run(made.decided, more)) == refused(Reason.POSITION_LIMIT)
    run(made.decided, report(Kind.FILL, 3, side, quantity=400))
    run(made.decided, report(Kind.CANCELLED, 3, side, quantity=600))
    assert only(run(made.decided, market(5, side, quantity=601))) == refused(Reason.POSITION_LIMIT)
    assert only(run(made.decided, market(6, side, quantity=600))) == PASSED


def test_a_replace_has_a_price_whatever_its_order_was():
    made = gate()
    run(made.decided, market(1, quantity=500))
    unpriced = run(made.decided, replace(1, 400, price=0))
    assert only(unpriced) == (Kind.REPLACE_REJECTED, Reason.BAD_PRICE)


def test_a_halt_cancels_a_market_order_that_is_open():
    made = gate()
    run(made.decided, market(1))
    decisions = run(made.decided, event(Kind.HALT, reason=Reason.OPERATOR))
    assert only(decisions) == (Kind.CANCEL, Reason.OPERATOR)
    assert only(run(made.decided, market(2))) == refused(Reason.KILL_SWITCH)


@pytest.mark.parametrize("time_in_force", [TimeInForce.IOC, TimeInForce.FOK])
def test_a_limit_order_that_takes_is_held_to_the_collar(time_in_force):
    aux = terms(time_in_force, OrderType.LIMIT)
    assert only(run(gate().decided, new(1, price=10_105, aux=aux))) == PASSED
    beyond = run(gate().decided, new(1, price=10_106, aux=aux))
    assert only(beyond) == refused(Reason.PRICE_COLLAR)
    assert only(run(gate().decided, new(1, Side.ASK, ASK, aux=aux))) == PASSED
