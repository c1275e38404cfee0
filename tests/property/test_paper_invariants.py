"""What holds for the paper venue whatever the market and the participant do."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pinnacle.core.schema import (
    EventBuffer,
    Flag,
    Kind,
    OrderType,
    Side,
)
from pinnacle.sim.paper import Cancel, Paper
from tests.property.paper_streams import FLOWS, ORDER_KINDS

pytestmark = pytest.mark.long


class Audit:
    """Follows every order by its reports alone and fails where a report cannot be true."""

    def __init__(self):
        self.open = {}  # side, price, leaves, whether it is a market order
        self.total = {}
        self.sequence = 0

    def see(self, cause, reports):
        maker = 0
        for report in reports:
            self.sequence += 1
            assert report["aux"] == self.sequence
            assert report["recv_ns"] == report["venue_ns"] == cause["recv_ns"]
            kind, order_id, quantity = report["kind"], int(report["order_id"]), report["quantity"]
            if kind == Kind.ACK:
                assert order_id not in self.open
                market = cause["aux"] >> 8 & 0xFF == OrderType.MARKET
                self.open[order_id] = [cause["side"], int(cause["price"]), int(quantity), market]
            elif kind == Kind.FILL:
                side, price, leaves, market = self.open[order_id]
                assert 0 < quantity <= leaves
                if report["flags"] & Flag.MAKER:
                    maker += int(quantity)
                    assert report["price"] == price
                elif not market:
                    assert (
                        report["price"] <= price if side == Side.BID else report["price"] >= price
                    )
                self.reduce(order_id, int(quantity))
            elif kind == Kind.CANCELLED:
                assert quantity == self.open[order_id][2]
                del self.open[order_id]
            elif kind == Kind.REPLACED:
                self.open[order_id][1] = int(report["price"])
                self.open[order_id][2] += int(quantity) - self.total[order_id]
            elif kind == Kind.ORDER_STATUS:
                assert quantity == self.open[order_id][2]
            if kind in (Kind.ACK, Kind.REPLACED):
                self.total[order_id] = int(quantity)
        return maker

    def reduce(self, order_id, quantity):
        self.open[order_id][2] -= quantity
        if self.open[order_id][2] == 0:
            del self.open[order_id]


def displayed_through(book, side, price):
    """What the opposite side of `side` displays at or past price."""
    if side == Side.BID:
        return sum(q for (s, p), q in book.items() if s == Side.ASK and p <= price)
    return sum(q for (s, p), q in book.items() if s == Side.BID and p >= price)


def aheads(paper):
    return {int(o["order_id"]): (int(o["price"]), int(o["aux"])) for o in paper.orders()}


class Places:
    """The most that can be ahead of each order, from all that was ever known of its place."""

    def __init__(self):
        self.most = {}

    def assert_no_worse(self, event, book, orders, after):
        if event["kind"] in (Kind.NEW, Kind.REPLACE):
            self.most.pop(int(event["order_id"]), None)
        for order_id, (price, ahead) in after.items():
            if order_id not in orders:
                self.most.pop(order_id, None)
            most = self.most.get(order_id)
            if ahead >= 0:
                assert most is None or ahead <= most[1]
                self.most[order_id] = price, ahead
            elif most is not None and most[0] != -1:  # it was in sight until now
                assert event["kind"] == Kind.BOOK_END and most[1] > 0
                side = orders[order_id][0]
                shown = [p for (s, p), q in book.items() if s == side and q]
                assert all(p > price if side == Side.BID else p < price for p in shown)
                self.most[order_id] = -1, most[1]
        self.most = {order_id: self.most[order_id] for order_id in after if order_id in self.most}


@pytest.mark.parametrize("cancel", list(Cancel))
@settings(max_examples=60, deadline=None)
@given(events=FLOWS)
def test_no_report_is_ever_impossible(cancel, events):
    paper, audit, book, place = Paper([0], orders=8, cancel=cancel), Audit(), {}, Places()
    for i, event in enumerate(events):
        orders = {o: tuple(v) for o, v in audit.open.items()}
        reports = paper.run(events[i : i + 1])
        paper.check()
        if event["kind"] == Kind.BOOK_BEGIN:
            book.clear()
        elif event["kind"] == Kind.DEPTH:
            book[int(event["side"]), int(event["price"])] = int(event["quantity"])
        maker = audit.see(event, reports)
        if event["kind"] == Kind.TRADE:
            assert maker <= event["quantity"]
            assert all(r["side"] != event["side"] for r in reports)
        elif maker:
            sides = {int(r["side"]) for r in reports}
            assert len(sides) == 1 and event["kind"] not in ORDER_KINDS
            side = sides.pop()
            prices = [orders[int(r["order_id"])][1] for r in reports]
            worst = max(prices) if side == Side.BID else min(prices)
            assert maker <= displayed_through(book, side, worst)
        after = aheads(paper)
        place.assert_no_worse(event, book, orders, after)
        leaves = {int(o["order_id"]): int(o["quantity"]) for o in paper.orders()}
        assert leaves == {o: v[2] for o, v in audit.open.items()}


@settings(max_examples=60, deadline=None)
@given(events=FLOWS, cuts=st.lists(st.integers(1, 40), min_size=1, max_size=6))
def test_the_reports_do_not_depend_on_how_the_stream_is_cut(events, cuts):
    whole = Paper([0], orders=8).run(events)
    paper, pieces, at, turn = Paper([0], orders=8), [], 0, 0
    buffer, out = EventBuffer(len(events)), EventBuffer(paper.out_min)
    buffer.array[:] = events
    while at < len(events):
        upto = min(at + cuts[turn % len(cuts)], len(events))
        turn += 1
        while at < upto:
            written, consumed = paper.step(buffer, upto, out, at)
            pieces.append(out.array[:written].copy())
            at += consumed
    assert np.concatenate(pieces).tobytes() == whole.tobytes()


@settings(max_examples=60, deadline=None)
@given(events=FLOWS)
def test_a_pessimist_is_never_ahead_of_an_optimist_in_a_queue(events):
    """The bound holds while both hold the same orders: the first order, until one of them fills."""
    orders = np.isin(events["kind"], ORDER_KINDS)
    keep = ~orders
    news = np.flatnonzero(orders & (events["kind"] == Kind.NEW))[:1]
    keep[news] = True
    events = np.ascontiguousarray(events[keep])
    low, high = Paper([0], cancel=Cancel.BEHIND), Paper([0], cancel=Cancel.AHEAD)
    for i in range(len(events)):
        low.run(events[i : i + 1])
        high.run(events[i : i + 1])
        for order_id in aheads(low).keys() & aheads(high).keys():
            ahead = [aheads(paper)[order_id][1] for paper in (high, low)]
            # Who is first does not lose the place by going out of sight; who is not has no number.
            assert ahead[1] == -1 or 0 <= ahead[0] <= ahead[1]
