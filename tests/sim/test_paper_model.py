"""The paper venue against a plain one: report for report, order for order, account for account."""

from dataclasses import astuple, fields

import numpy as np
import pytest

from pinnacle.core.schema import EVENT, Flag, Kind
from pinnacle.sim.paper import Cancel, Paper
from tests.paper_desk import BID, PaperDesk
from tests.paper_flow import INSTRUMENTS, SOURCES, DeepFlow, Flow
from tests.paper_oracle import Oracle
from tests.paper_side import LEVELS, Account, Order, share
from tests.sim.paper_inside import Inside

ORDERS = 6
ORDER = [field.name for field in fields(Order)]
ACCOUNT = [field.name for field in fields(Account)]
SEEN = ["instrument_id", "side", "order_id", "price", "quantity", "aux"]


def compare(oracle, paper, inside):
    for i, market in enumerate(oracle.markets.values()):
        assert paper.valid(market.instrument_id) == market.valid
        assert inside.markets[i].depth_ns == market.depth_ns
        for half in market.halves:
            levels = [tuple(level) for level in half.displayed()]
            assert inside.levels(i, half.side, LEVELS) == levels
            orders = inside.seen_orders(i, half.side, ORDER)
            assert orders == [astuple(order) for order in half.orders]
            accounts = inside.seen_accounts(i, half.side, ACCOUNT)
            assert accounts == [astuple(account) for account in half.accounts]


def seen(oracle, source):
    return [
        (market.instrument_id, half.side, order.order_id, order.price, order.leaves,
         -1 if order.unseen else order.ahead)
        for market in oracle.markets.values()
        for half in market.halves
        for order in half.orders
        if source in (0, order.source)
    ]  # fmt: skip


def ghosts(inside, oracle, event, unseen):
    """Behind the last order of each side, an order that is none and that all could be meant for."""
    places = []
    for i, market in enumerate(oracle.markets.values()):
        for half in market.halves:
            if market.instrument_id == event["instrument_id"] and len(half.orders) < ORDERS:
                ghost = inside.orders(i, half.side) + len(half.orders)
                ghost.order_id, ghost.source = event["order_id"], event["source"]
                ghost.price, ghost.total, ghost.leaves = event["price"], 9, 9
                ghost.ahead, ghost.credit, ghost.since_ns, ghost.unseen = 7, 3, 0, unseen
                places.append((half, len(half.orders), ghost, inside.bytes(ghost)))
    return places


def follow(flow, paper, n):
    oracle, inside, rows = flow.oracle, Inside(paper), np.zeros(2, dtype=EVENT)
    for i, event in enumerate(flow.records(n)):
        places = ghosts(inside, oracle, event, i % 2)
        rows[0] = tuple(int(event[name]) for name in EVENT.names)
        rows[1] = rows[0]  # behind the end of what is run
        rows[1]["kind"], rows[1]["side"], rows[1]["quantity"] = Kind.DEPTH, 1 + i % 2, 77
        reports = paper.run(rows[:1])
        assert reports.tolist() == oracle.run(event), event
        for half, count, ghost, before in places:
            assert len(half.orders) != count or inside.bytes(ghost) == before
        if event["kind"] == Kind.DEPTH and not event["flags"] & Flag.LAST and i % 16:
            continue  # of a whole message nothing may be missed: the next look tells
        compare(oracle, paper, inside)
        paper.check()
        for source in (0, *SOURCES):
            assert paper.orders(source)[SEEN].tolist() == seen(oracle, source)


@pytest.mark.parametrize(
    ("flow", "cancel", "settle_ns", "n"),
    [(Flow, cancel, 10, 600) for cancel in Cancel]
    + [(DeepFlow, cancel, 100, 150) for cancel in (Cancel.AHEAD, Cancel.SQUARE)],
)
def test_the_venue_does_what_the_plain_one_does(flow, cancel, settle_ns, n):
    oracle = Oracle(INSTRUMENTS, ORDERS, cancel, settle_ns)
    paper = Paper(INSTRUMENTS, orders=ORDERS, cancel=cancel, settle_ns=settle_ns)
    follow(flow(cancel, oracle), paper, n)


LARGE = 2**31


@pytest.mark.parametrize("cancel", list(Cancel))
@pytest.mark.parametrize(
    ("ahead", "behind"),
    [
        (1, 1),
        (7, 0),
        (5, 9),
        (9, 5),
        (LARGE - 1, 3),
        (3, LARGE - 1),
        (LARGE - 1, LARGE - 1),
        (LARGE, LARGE - 1),
        (LARGE - 1, LARGE),
        (LARGE + 1, LARGE + 1),
        (5, LARGE),
        (3 * LARGE + 1, LARGE + 5),
        (LARGE + 5, 3 * LARGE + 1),
        (2**61 + 5, 2**61 + 11),
        (2**62 - 1, 2**60 + 3),
        (3, 2**62),
    ],
)
def test_cancellations_are_shared_whatever_their_size(cancel, ahead, behind):
    level = ahead + behind
    for cancelled in {1, 2, level // 3, level // 2, level - 1, level}:
        desk = PaperDesk(cancel=cancel)
        desk.snapshot([(100, ahead)], [(101, 10)])
        desk.new(1, BID, 100, 5)
        desk.depth(BID, 100, level)
        if cancelled <= level:
            desk.depth(BID, 100, level - cancelled)
            left = ahead - share(cancel, cancelled, ahead, level)
            assert desk.ahead(1) == min(left, level - cancelled)
