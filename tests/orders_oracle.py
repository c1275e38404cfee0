"""What csrc/trade/orders.h promises, said once more in plain Python: the order table's oracle."""

from dataclasses import dataclass

import numpy as np

from pinnacle.core._native import lib
from pinnacle.core.schema import Flag, Kind, Reason, Source

FREE, PENDING_NEW, LIVE, PENDING_REPLACE, PENDING_CANCEL, UNKNOWN = range(6)
LAST = 2**63 - 1


@dataclass
class Order:
    order_id: int
    instrument_id: int
    side: int
    price: int
    quantity: int
    asked_ns: int
    filled: int = 0
    acknowledged: bool = False
    replacing: bool = False
    state: int = PENDING_NEW


class Oracle:
    """The records of a gateway's log one by one; `out` holds the decisions as arrays of one."""

    def __init__(self, order_age_max_ns, answer_timeout_ns, orders_max):
        self.age_max, self.timeout, self.orders_max = (
            order_age_max_ns,
            answer_timeout_ns,
            orders_max,
        )
        self.orders = {}
        self.halted = self.stopping = False
        self.clock_ns = self.duplicates = self.unknown_fills = 0
        self.lost = set()
        self.last_execution = {}
        self.out = []

    def run(self, rows):
        """The decisions on these records, as bytes."""
        self.out = []
        for i in range(len(rows)):
            row = rows[i : i + 1]
            self.clock_ns = max(self.clock_ns, int(row["recv_ns"][0]))
            handler = getattr(self, Kind(int(row["kind"][0])).name.lower(), None)
            if handler is not None:
                handler(row, self.orders.get(int(row["order_id"][0])))
        return b"".join(row.tobytes() for row in self.out)

    def emit(self, row, **fields):
        row = row.copy()
        row["flags"] &= np.uint8(0xFF & ~(Flag.BATCH_END | Flag.DECISION))
        for name, value in fields.items():
            row[name] = value
        self.out.append(row)

    def ask(self, row, order, kind, reason):
        order.state = UNKNOWN if kind == Kind.QUERY else PENDING_CANCEL
        order.asked_ns = self.clock_ns
        names = ("order_id", "instrument_id", "side", "price", "quantity")
        fields = {name: getattr(order, name) for name in names}
        self.emit(row, kind=kind, reason=reason, venue_ns=0, aux=0, **fields)

    def why_not(self, row):
        if self.halted or self.stopping:
            return Reason.KILL_SWITCH
        if self.lost:
            return Reason.PEER_LOST
        too_old = self.clock_ns - int(row["recv_ns"][0]) > self.age_max
        return Reason.TOO_OLD if too_old else None

    # Towards the venue

    def new(self, row, order):
        reason = self.why_not(row)
        if reason is None and order:
            reason = Reason.DUPLICATE_ORDER
        if reason is None and len(self.orders) == self.orders_max:
            reason = Reason.CAPACITY
        if reason is not None:
            self.emit(row, kind=Kind.REJECTED, reason=reason)
            return
        names = ("order_id", "instrument_id", "side", "price", "quantity")
        made = Order(*(int(row[name][0]) for name in names), asked_ns=self.clock_ns)
        self.orders[made.order_id] = made
        self.emit(row)

    def replace(self, row, order):
        reason = self.why_not(row) if order else Reason.UNKNOWN_ORDER
        if reason is None and order.state != LIVE:
            reason = Reason.TOO_LATE
        if reason is not None:
            self.emit(row, kind=Kind.REPLACE_REJECTED, reason=reason)
            return
        order.state, order.asked_ns, order.replacing = PENDING_REPLACE, self.clock_ns, True
        self.emit(row)

    def cancel(self, row, order):
        if not order:
            self.emit(row, kind=Kind.CANCEL_REJECTED, reason=Reason.UNKNOWN_ORDER)
        elif order.state != UNKNOWN:
            order.state, order.asked_ns = PENDING_CANCEL, self.clock_ns
            self.emit(row)

    # From the venue

    def ack(self, row, order):
        if order:
            order.acknowledged = True
            order.state = LIVE if order.state == PENDING_NEW else order.state
        self.emit(row)

    def fill(self, row, order):
        instrument, number = int(row["instrument_id"][0]), int(row["aux"][0])
        sane = row["side"][0] in (1, 2) and row["price"][0] > 0 and row["quantity"][0] > 0
        if sane and instrument < lib.PMM_INSTRUMENTS_MAX:
            if number <= self.last_execution.get(instrument, 0):
                self.duplicates += 1
                return
            self.last_execution[instrument] = number
            if order:
                order.filled += int(row["quantity"][0])
                if order.filled >= order.quantity and not order.replacing:
                    del self.orders[order.order_id]
            else:
                self.unknown_fills += 1
        self.emit(row)

    def cancelled(self, row, order):
        if order:
            del self.orders[order.order_id]
        self.emit(row)

    def rejected(self, row, order):
        if not order:
            return
        del self.orders[order.order_id]
        if order.state == UNKNOWN:
            kind = Kind.CANCELLED if order.acknowledged else Kind.REJECTED
            self.emit(row, kind=kind, reason=Reason.NOT_SENT)
        else:
            self.emit(row)

    def replaced(self, row, order):
        if order and row["price"][0] > 0 and row["quantity"][0] > 0:
            order.price, order.quantity = int(row["price"][0]), int(row["quantity"][0])
            order.state = LIVE if order.state == PENDING_REPLACE else order.state
            order.replacing = False
            if order.filled >= order.quantity:
                del self.orders[order.order_id]
        self.emit(row)

    def replace_rejected(self, row, order):
        if order:
            order.replacing = False
        self.refused(row, order, PENDING_REPLACE)

    def cancel_rejected(self, row, order):
        self.refused(row, order, PENDING_CANCEL)

    def refused(self, row, order, asked):
        if order and order.filled >= order.quantity and not order.replacing:
            del self.orders[order.order_id]
        elif order and row["reason"][0] == Reason.UNKNOWN_ORDER:
            self.ask(row, order, Kind.QUERY, Reason.NONE)
            return
        elif order and order.state == asked:
            order.state = PENDING_REPLACE if order.replacing else LIVE
        self.emit(row)

    def order_status(self, row, order):
        if not order or order.state != UNKNOWN:
            return
        if not order.acknowledged:
            self.emit(row, kind=Kind.ACK)
        order.acknowledged, order.state = True, PENDING_CANCEL
        order.asked_ns = self.clock_ns
        self.emit(row, kind=Kind.CANCEL, reason=Reason.PEER_LOST)

    # The session

    def cancel_every(self, row, reason):
        for order in self.orders.values():
            if order.state not in (PENDING_CANCEL, UNKNOWN):
                self.ask(row, order, Kind.CANCEL, reason)

    def query_every(self, row):
        for order in self.orders.values():
            self.ask(row, order, Kind.QUERY, Reason.NONE)

    def start(self, row, _):
        self.stopping = False
        self.query_every(row)

    def halt(self, row, _):
        self.halted = True
        self.cancel_every(row, row["reason"][0])

    def resume(self, row, _):
        self.halted = False

    def stop(self, row, _):
        self.stopping = True
        self.cancel_every(row, Reason.SHUTDOWN)

    def peer_lost(self, row, _):
        role = int(row["aux"][0]) & 0xFF
        if role in set(Source) - {Source.NONE}:
            self.lost.add(role)
        self.cancel_every(row, Reason.PEER_LOST)

    def peer_back(self, row, _):
        role = int(row["aux"][0]) & 0xFF
        was_lost = role in self.lost
        self.lost.discard(role)
        if was_lost and role == Source.EXCHANGE:
            self.query_every(row)

    def timer(self, row, _):
        for order in self.orders.values():
            if order.state != LIVE and order.asked_ns < self.clock_ns - self.timeout:
                self.ask(row, order, Kind.QUERY, Reason.NONE)
