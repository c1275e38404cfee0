"""The tally against a model in plain Python, over random journals of a risk process."""

import random
from collections import Counter

import numpy as np
import pytest

from pinnacle.core._native import lib
from pinnacle.core.schema import EVENT, Flag, Kind, Reason, Side, events_pointer
from pinnacle.core.tally import Tally

WARM_UP_NS = 100
PAUSE_NS = lib.PMM_TALLY_PAUSE_NS
ORDERS = 3  # few, so that ids meet again and the table fills
COUNTED = ("sent", "acknowledged", "filled", "cancelled", "bid_fills", "ask_fills")


class Model:
    """What tally.h promises, said once more."""

    def __init__(self, instruments):
        self.counts = [Counter() for _ in range(instruments)]
        self.rejected = [Counter() for _ in range(instruments)]
        self.spread_twice = [0] * instruments
        self.twice_mid = [0] * instruments
        self.both_ns = [0] * instruments
        self.orders = {}
        self.untracked = self.running_ns = self.asked_ns = self.runs = 0
        self.stopping = False
        self.clock = None

    def run(self, rows):
        for row in rows:
            self._time(int(row["recv_ns"]))
            self.runs += row["kind"] == Kind.START
            if row["kind"] in (Kind.START, Kind.STOP):
                self.stopping = row["kind"] == Kind.STOP
            if row["instrument_id"] < len(self.counts):
                self._count(row, int(row["instrument_id"]), int(row["order_id"]))

    def _time(self, now):
        step = 0 if self.clock is None else max(now - self.clock, 0)
        self.clock = now if self.clock is None else max(now, self.clock)
        if step > PAUSE_NS:
            return
        asked = max(self.running_ns + step - WARM_UP_NS, 0) - max(self.running_ns - WARM_UP_NS, 0)
        self.running_ns += step
        if self.stopping:
            return
        self.asked_ns += asked
        for i in range(len(self.both_ns)):
            sides = {o["side"] for o in self.orders.values() if o["rests"] and o["at"] == i}
            if len(sides) == 2:
                self.both_ns[i] += asked

    def _count(self, row, i, order_id):
        counts, kind = self.counts[i], row["kind"]
        if row["flags"] & Flag.DECISION:
            if kind == Kind.NEW:
                counts["sent"] += 1
                self.orders.pop(order_id, None)
                if len(self.orders) == ORDERS:
                    self.untracked += 1
                else:
                    self.orders[order_id] = {
                        "at": i,
                        "side": Side.BID if row["side"] == Side.BID else Side.ASK,
                        "quantity": int(row["quantity"]),
                        "filled": 0,
                        "rests": False,
                        "replacing": False,
                    }
            elif kind == Kind.REPLACE and order_id in self.orders:
                self.orders[order_id]["replacing"] = True
            elif kind == Kind.REJECTED:
                self.rejected[i][Reason(int(row["reason"])).name] += 1
                self.orders.pop(order_id, None)
            return
        order = self.orders.get(order_id)
        if kind == Kind.TOP and not row["flags"] & Flag.STALE:
            self.twice_mid[i] = int(row["price"]) + order_id
        elif kind == Kind.ACK:
            counts["acknowledged"] += 1
            if order:
                order["rests"] = True
        elif kind == Kind.CANCELLED:
            counts["cancelled"] += 1
        elif kind in (Kind.FILL, Kind.FILL_BUSTED):
            self._fill(row, i, order, 1 if kind == Kind.FILL else -1)
        if order and self._is_gone(row, kind, order):
            del self.orders[order_id]

    def _is_gone(self, row, kind, order):
        unknown = row["reason"] == Reason.UNKNOWN_ORDER
        if kind == Kind.REPLACED:
            order["quantity"] = int(row["quantity"])
        if kind in (Kind.REPLACED, Kind.REPLACE_REJECTED):
            order["replacing"] = False
        if kind in (Kind.CANCELLED, Kind.REJECTED):
            return True
        if kind in (Kind.REPLACE_REJECTED, Kind.CANCEL_REJECTED) and unknown:
            return True
        changes = (Kind.FILL, Kind.FILL_BUSTED)
        changes += (Kind.REPLACED, Kind.REPLACE_REJECTED, Kind.CANCEL_REJECTED)
        done = order["filled"] >= order["quantity"] and not order["replacing"]
        return kind in changes and done

    def _fill(self, row, i, order, way):
        bid, quantity = row["side"] == Side.BID, way * int(row["quantity"])
        self.counts[i]["bid_fills" if bid else "ask_fills"] += way
        if self.twice_mid[i]:
            edge = self.twice_mid[i] - 2 * int(row["price"])
            self.spread_twice[i] += (edge if bid else -edge) * quantity
        if order:
            was = order["filled"] > 0
            order["filled"] = max(order["filled"] + quantity, 0)
            self.counts[i]["filled"] += (order["filled"] > 0) - was


KINDS = [Kind.TOP, Kind.NEW, Kind.ACK, Kind.REPLACED, Kind.CANCELLED, Kind.REJECTED, Kind.FILL]
KINDS += [Kind.FILL_BUSTED, Kind.FEE, Kind.REPLACE, Kind.REPLACE_REJECTED, Kind.CANCEL_REJECTED]
STEPS = [0, 1, 50, 50, 50, PAUSE_NS, PAUSE_NS + 1, -20]
ENDS = [1, 2, 2**40, 2**61]
#: Mostly what the session says of it, so that orders live: a NEW is a decision, an ACK is none.
DECISIONS = (Kind.NEW, Kind.REPLACE, Kind.REJECTED)


def random_journal(draw, n):
    rows = np.zeros(n, EVENT)
    now = 10**18
    for row in rows:
        now += draw.choice(STEPS)
        kind = draw.choice([*KINDS, *KINDS, *KINDS, Kind.TIMER, Kind.STOP, Kind.START])
        row["kind"], row["recv_ns"], row["order_id"] = kind, now, draw.randint(0, 5)
        row["price"] = draw.choice(ENDS) if draw.random() < 0.1 else draw.randint(1, 9)
        row["quantity"] = draw.choice(ENDS) if draw.random() < 0.1 else draw.randint(1, 9)
        row["instrument_id"] = draw.choice((0, 0, 0, 1, 2))  # 2 is none of them
        row["side"] = draw.choice((Side.BID, Side.ASK))
        usual = Flag.DECISION if kind in DECISIONS else 0
        row["flags"] = draw.choice((usual, usual, usual, Flag.DECISION, Flag.STALE))
        row["reason"] = draw.choice((Reason.PRICE_COLLAR, Reason.UNKNOWN_ORDER))
    return rows


@pytest.mark.parametrize("n", [0, 1, 40, 400, 4000])
@pytest.mark.parametrize("seed", range(4))
def test_the_tally_counts_what_the_model_counts(seed, n):
    rows = random_journal(random.Random(seed), n)
    tally, model = Tally(2, ORDERS, WARM_UP_NS), Model(2)
    for part in np.array_split(rows, 3):
        part = np.ascontiguousarray(part)
        tally.run(events_pointer(part), len(part))
    model.run(rows)
    for i in range(2):
        counts = tally.instrument(i)
        assert {name: counts[name] for name in COUNTED} == {
            name: model.counts[i][name] for name in COUNTED
        }
        assert counts["rejected"] == dict(model.rejected[i])
        assert counts["spread"] == model.spread_twice[i] // 2
        assert counts["both_sides_ns"] == model.both_ns[i]
    times = tally.times()
    assert times["running_ns"] == model.running_ns
    assert times["asked_ns"] == model.asked_ns
    assert times["runs"] == model.runs
    assert times["untracked"] == model.untracked
    assert times["last_ns"] == (model.clock or 0)
