"""What csrc/trade/orders.h promises, said once more in plain Python: the order table's oracle."""

from dataclasses import dataclass, field, replace

import numpy as np

from pinnacle.core._native import lib
from pinnacle.core.schema import Flag, Kind, Reason, Side, Source

FREE, PENDING_NEW, LIVE, PENDING_REPLACE, PENDING_CANCEL, UNKNOWN, CLOSING = range(7)
LAST = 2**63 - 1
SIDES = (Side.BID, Side.ASK)
NAMES = ("order_id", "instrument_id", "side", "price", "quantity")


def within(amount):
    return max(-LAST, min(LAST, amount))


@dataclass
class Order:
    order_id: int
    instrument_id: int
    side: int
    price: int
    quantity: int
    flags: int
    asked_ns: int = 0
    filled: int = 0  # by FILLs and by what is inferred
    notional: int = 0  # by FILLs
    total: int = 0
    total_notional: int = 0
    inferred: list = field(default_factory=list)  # [price, lots], the one or two prices
    acknowledged: bool = False
    replacing: bool = False
    leaving: bool = False
    state: int = PENDING_NEW
    end: str = ""  # "waits" or "told"
    end_reason: int = 0
    queries: int = 0
    misses: int = 0
    miss_ns: int = 0
    missed: bool = False
    stranger: bool = False
    own_cancel: bool = False
    venue_id: bytes = b""

    @property
    def inferred_lots(self):
        return sum(lots for _, lots in self.inferred)

    @property
    def told(self):
        return self.filled - self.inferred_lots

    @property
    def left(self):
        return max(self.quantity - self.filled, 0)

    @property
    def full(self):
        return max(self.filled, self.total) >= self.quantity and not self.replacing

    def lack(self):
        """What is to be inferred: pairs of price and lots."""
        lots, notional = self.total - self.told, self.total_notional - self.notional
        if lots <= 0:
            return []
        if self.total_notional <= 0 or notional < lots:
            return [[self.price if self.price > 0 else 1, lots]]
        price, over = divmod(notional, lots)
        return [[price, lots - over]] + ([[price + 1, over]] if over else [])

    def infer(self, parts):
        told = self.told
        self.inferred = parts
        self.filled = told + self.inferred_lots


def grown(was, now):
    """What came to the inferred part, or None if it is another one."""
    if not was:
        return now
    before, after = dict(map(tuple, was)), dict(map(tuple, now))
    if not now or was[0][0] != now[0][0] or any(after.get(p, 0) < before[p] for p in before):
        return None
    return [[price, lots - before.get(price, 0)] for price, lots in now]


class Oracle:
    """The records of a gateway's log one by one; `out` holds the decisions as arrays of one."""

    def __init__(
        self,
        order_age_max_ns,
        answer_timeout_ns,
        orders_max,
        *,
        misses=1,
        miss_spread_ns=0,
        seen=False,
    ):
        self.age_max, self.timeout = order_age_max_ns, answer_timeout_ns
        self.orders_max, self.miss_count, self.spread = orders_max, misses, miss_spread_ns
        self.seen = set() if seen else None
        self.orders, self.gone = {}, []
        self.halted = self.stopping = False
        self.clock_ns = self.duplicates = self.unknown_fills = self.inferred = 0
        self.unconfirmed = self.adopted = self.overfilled = self.unsure_answers = self.misses = 0
        self.lost = set()
        self.last_execution = {}
        self.text_of = None
        self.out = []

    @property
    def unsure(self):
        return self.unsure_answers

    def run(self, rows):
        """The decisions on these records, as bytes."""
        self.out = []
        for i in range(len(rows)):
            row = rows[i : i + 1]
            self.clock_ns = max(self.clock_ns, int(row["recv_ns"][0]))
            kind, order_id = int(row["kind"][0]), int(row["order_id"][0])
            if kind != Kind.TEXT:
                self.text_of = order_id if Kind.ACK <= kind <= Kind.BALANCE else None
            handler = getattr(self, "on_" + Kind(kind).name.lower(), None)
            if handler is not None:
                handler(row, self.orders.get(order_id))
        return b"".join(row.tobytes() for row in self.out)

    def emit(self, row, **fields):
        row = row.copy()
        row["flags"] &= np.uint8(0xFF & ~(Flag.BATCH_END | Flag.DECISION))
        for name, value in fields.items():
            row[name] = value
        self.out.append(row)

    def say(self, row, order, kind, reason=Reason.NONE, **fields):
        """A record of the gateway's own about an order."""
        about = {name: getattr(order, name) for name in NAMES}
        about |= {"kind": kind, "reason": reason, "venue_ns": 0, "aux": 0, "flags": 0}
        self.emit(row, **about | fields)

    def say_parts(self, row, order, kind, reason, parts):
        maker = Flag.MAKER if order.flags & Flag.POST_ONLY else 0
        for price, lots in parts:
            if lots:
                flags = Flag.FEE_TOLD | maker
                self.say(row, order, kind, reason, price=price, quantity=lots, flags=flags)

    # States

    def settle(self, order, state):
        order.state, order.asked_ns, order.queries, order.misses = state, self.clock_ns, 0, 0

    def ask(self, row, order):
        order.asked_ns, order.queries = self.clock_ns, min(order.queries + 1, 255)
        self.say(row, order, Kind.QUERY)

    def query(self, row, order):
        if order.state != CLOSING:
            order.state = UNKNOWN
        self.ask(row, order)

    def cancel_it(self, row, order, reason):
        self.settle(order, PENDING_CANCEL)
        order.leaving = order.own_cancel = True
        self.say(row, order, Kind.CANCEL, reason)

    def found(self, row, order):
        if order.leaving:
            self.cancel_it(row, order, Reason.PEER_LOST)
        else:
            self.settle(order, LIVE)

    def take_out(self, order):
        del self.orders[order.order_id]
        order.state, order.asked_ns = FREE, self.clock_ns
        self.gone = [replace(order), *self.gone][: lib.PMM_ORDERS_GONE_MAX]

    def gone_as(self, order_id):
        return next((order for order in self.gone if order.order_id == order_id), None)

    def is_done(self, order_id):
        gone = self.gone_as(order_id)
        return gone is not None and not gone.missed

    def end_if_done(self, row, order):
        if not order.end and not order.full:
            if order.state == CLOSING:
                self.settle(order, UNKNOWN)
            return
        if order.end == "waits" and order.total <= order.filled:
            self.say(row, order, Kind.CANCELLED, order.end_reason, quantity=order.left)
            order.end = "told"
        if order.total <= order.told and not order.inferred:
            self.take_out(order)
        elif order.state != CLOSING:
            self.settle(order, CLOSING)

    def acknowledge(self, row, order):
        if not order.acknowledged:
            order.acknowledged = True
            self.say(row, order, Kind.ACK)
            if order.state == PENDING_NEW:
                self.settle(order, LIVE)

    def adopt(self, row, order):
        self.adopted += 1
        self.orders[order.order_id] = order
        order.acknowledged = True
        self.say(row, order, Kind.ORDER_STATUS, quantity=order.left)
        self.cancel_it(row, order, Reason.UNKNOWN_ORDER)

    def alive(self, row, order):
        """The order, or the one that was given up and is not gone after all."""
        gone = None if order else self.gone_as(int(row["order_id"][0]))
        if gone and gone.missed and len(self.orders) < self.orders_max:
            gone.missed = False
            order = replace(gone, end="", replacing=False, inferred=[p[:] for p in gone.inferred])
            self.adopt(row, order)
        return order

    # Towards the venue

    def why_not(self, row):
        if self.halted or self.stopping:
            return Reason.KILL_SWITCH
        if self.lost:
            return Reason.PEER_LOST
        too_old = self.clock_ns - int(row["recv_ns"][0]) > self.age_max
        return Reason.TOO_OLD if too_old else None

    def made_of(self, row):
        names = (*NAMES, "flags")
        return Order(*(int(row[name][0]) for name in names), asked_ns=self.clock_ns)

    def on_new(self, row, order):
        reason = self.why_not(row)
        if reason is None and order:
            reason = Reason.DUPLICATE_ORDER
        if reason is None and len(self.orders) == self.orders_max:
            reason = Reason.CAPACITY
        if reason is not None:
            self.emit(row, kind=Kind.REJECTED, reason=reason)
            return
        made = self.made_of(row)
        self.orders[made.order_id] = made
        self.emit(row)

    def on_replace(self, row, order):
        reason = self.why_not(row) if order else Reason.UNKNOWN_ORDER
        if reason is None and order.state != LIVE:
            reason = Reason.TOO_LATE
        if reason is not None:
            self.emit(row, kind=Kind.REPLACE_REJECTED, reason=reason)
            return
        self.settle(order, PENDING_REPLACE)
        order.replacing = True
        self.emit(row)

    def on_cancel(self, row, order):
        if not order:
            self.emit(row, kind=Kind.CANCEL_REJECTED, reason=Reason.UNKNOWN_ORDER)
            return
        order.leaving = True
        if order.state not in (UNKNOWN, CLOSING):
            self.settle(order, PENDING_CANCEL)
            order.own_cancel = False
            self.emit(row)

    # From the venue: fills

    def is_sane(self, row):
        if row["kind"][0] == Kind.FEE:
            return row["side"][0] in (1, 2, 3) and 0 <= row["price"][0] <= 18
        return row["side"][0] in SIDES and row["price"][0] > 0 and row["quantity"][0] > 0

    def key(self, row):
        return tuple(int(row[name][0]) for name in ("kind", "side", "instrument_id", "aux"))

    def is_first(self, row):
        """None: no venue could mean it."""
        kind, instrument = int(row["kind"][0]), int(row["instrument_id"][0])
        if not self.is_sane(row) or instrument >= lib.PMM_INSTRUMENTS_MAX:
            return None
        number = int(row["aux"][0])
        if self.seen is not None:
            new = self.key(row) not in self.seen
            self.seen.add(self.key(row))
        elif kind == Kind.FILL:
            new = number > self.last_execution.get(instrument, 0)
            self.last_execution[instrument] = max(number, self.last_execution.get(instrument, 0))
        else:
            new = True
        self.duplicates += not new
        return new

    def confirms(self, row, order):
        same = row["side"][0] == order.side and row["instrument_id"][0] == order.instrument_id
        if not same or not row["flags"][0] & Flag.FEE_TOLD:
            return False
        for part in order.inferred:
            if part[0] == row["price"][0] and part[1] >= row["quantity"][0]:
                part[1] -= int(row["quantity"][0])
                order.inferred = [part for part in order.inferred if part[1]]
                return True
        return False

    def fill(self, row, order):
        """True if it was passed on."""
        lots = int(row["quantity"][0])
        order.notional = within(order.notional + lots * int(row["price"][0]))
        if self.confirms(row, order):
            return False
        was = order.inferred
        self.say_parts(row, order, Kind.FILL_BUSTED, Reason.CORRECTED, was)
        order.infer([])
        order.filled = within(order.filled + lots)
        if not was:
            self.emit(row)
        else:
            self.emit(row, reason=Reason.CORRECTED)
            now = order.lack()
            self.say_parts(row, order, Kind.FILL, Reason.CORRECTED, now)
            order.infer(now)
        self.overfilled += order.filled > order.quantity and not order.replacing
        return True

    def on_fill(self, row, order):
        first = self.is_first(row)
        if first is None:
            self.emit(row)
        if first:
            self.first_fill(row, order)

    def first_fill(self, row, order):
        order = self.alive(row, order)
        if order:
            order.misses = 0
            self.acknowledge(row, order)
            self.fill(row, order)
            self.end_if_done(row, order)
        elif gone := self.gone_as(int(row["order_id"][0])):
            self.unknown_fills += self.fill(row, gone)
        else:
            self.unknown_fills += 1
            self.emit(row)

    def on_fill_busted(self, row, order):
        first, order_id = self.is_first(row), int(row["order_id"][0])
        if first is False:
            return
        if first and self.seen is not None and (order or self.gone_as(order_id)):
            of_fill = (int(Kind.FILL), *self.key(row)[1:])
            if of_fill not in self.seen:
                self.seen.add(of_fill)
                fill = row.copy()
                fill["kind"] = Kind.FILL
                self.first_fill(fill, order)
        self.emit(row)
        here = self.orders.get(order_id)
        order = here or self.gone_as(order_id)
        if not first or not order:
            return
        lots, price = int(row["quantity"][0]), int(row["price"][0])
        order.filled -= min(lots, order.told)
        order.notional = max(order.notional - lots * price, 0)
        order.total = max(order.total - lots, 0)
        order.total_notional = max(order.total_notional - lots * price, 0)
        if here:
            self.end_if_done(row, here)

    def on_fee(self, row, order):
        if self.is_first(row) is not False:
            self.emit(row)

    def infer(self, row, order):
        now = order.lack()
        more = grown(order.inferred, now)
        if more is not None:
            self.say_parts(row, order, Kind.FILL, Reason.INFERRED, more)
        else:
            self.say_parts(row, order, Kind.FILL_BUSTED, Reason.CORRECTED, order.inferred)
            self.say_parts(row, order, Kind.FILL, Reason.CORRECTED, now)
        order.infer(now)
        self.overfilled += order.filled > order.quantity and not order.replacing

    def on_filled_total(self, row, order):
        total, notional = int(row["quantity"][0]), max(int(row["aux"][0]), 0)
        if total <= 0:
            return
        here = self.alive(row, order)
        order = here or self.gone_as(int(row["order_id"][0]))
        if not order:
            return
        if order.stranger:
            order.stranger, before = False, total - order.told
            if before > 0:
                order.filled = within(order.filled + before)
                order.quantity = within(order.quantity + before)
                order.notional = notional or order.notional
        rises = total > order.total
        if rises:
            order.total, order.total_notional = total, notional
        if not here:
            if rises and total > order.told:
                self.infer(row, order)
            return
        order.misses = 0 if rises else order.misses
        if order.total > order.told:
            self.acknowledge(row, order)
            if rises if order.inferred else row["reason"][0] == Reason.INFERRED:
                self.infer(row, order)
            if rises:
                order.asked_ns, order.queries = self.clock_ns, 0
        self.end_if_done(row, order)

    # From the venue: what became of an order

    def on_ack(self, row, order):
        order = self.alive(row, order)
        if not order:
            if not self.is_done(int(row["order_id"][0])):
                self.emit(row)
            return
        if not order.acknowledged:
            self.emit(row)
        order.acknowledged = True
        if order.state == PENDING_NEW:
            self.settle(order, LIVE)
        elif order.state == UNKNOWN:
            self.found(row, order)

    def on_cancelled(self, row, order):
        if not order:
            order_id = int(row["order_id"][0])
            if not self.is_done(order_id):
                self.emit(row)
            if gone := self.gone_as(order_id):
                gone.missed = False
            return
        if order.end == "told":
            return
        order.end, order.end_reason = "waits", int(row["reason"][0])
        if order.total <= order.filled:
            self.emit(row)
            order.end = "told"
        self.end_if_done(row, order)

    def on_rejected(self, row, order):
        if not order or order.state == CLOSING:
            return
        reason = int(row["reason"][0])
        if reason == Reason.UNKNOWN_ORDER:
            if order.state == LIVE:
                self.query(row, order)
                return
            if order.state != UNKNOWN or not self.is_missed(order):
                return
            self.misses += 1
            reason = Reason.NOT_SENT
        order.missed = True
        if order.acknowledged:
            order.end, order.end_reason = "waits", int(Reason.NOT_SENT)
            self.end_if_done(row, order)
        else:
            self.emit(row, kind=Kind.REJECTED, reason=reason)
            self.take_out(order)

    def is_missed(self, order):
        if order.misses == 0:
            order.miss_ns = self.clock_ns
        order.misses = min(order.misses + 1, 255)
        return order.misses >= self.miss_count and self.clock_ns - order.miss_ns >= self.spread

    def on_replaced(self, row, order):
        order = self.alive(row, order)
        self.emit(row)
        if order and row["price"][0] > 0 and row["quantity"][0] > 0:
            order.price, order.quantity = int(row["price"][0]), int(row["quantity"][0])
            order.replacing = False
            if order.state == PENDING_REPLACE:
                self.settle(order, LIVE)
            self.end_if_done(row, order)

    def on_replace_rejected(self, row, order):
        if order:
            order.replacing = False
        self.refused(row, order, PENDING_REPLACE)

    def on_cancel_rejected(self, row, order):
        self.refused(row, order, PENDING_CANCEL)

    def refused(self, row, order, asked):
        if not order:
            self.emit(row)
            return
        filled = order.filled >= order.quantity and not order.replacing
        if row["reason"][0] == Reason.UNKNOWN_ORDER and not filled:
            if asked == PENDING_REPLACE:
                self.emit(row, reason=Reason.TOO_LATE)
            order.leaving = True
            self.query(row, order)
            return
        self.emit(row)
        if order.state == asked == PENDING_CANCEL and order.own_cancel:
            self.settle(order, UNKNOWN)
        elif order.state == asked:
            order.leaving = order.leaving and asked == PENDING_REPLACE
            order.state = PENDING_REPLACE if order.replacing else LIVE
        self.end_if_done(row, order)

    def on_order_status(self, row, order):
        known = self.alive(row, order)
        if not known:
            self.stranger(row)
        elif known.state == UNKNOWN:
            self.acknowledge(row, known)
            self.found(row, known)

    def stranger(self, row):
        sane = row["side"][0] in SIDES and row["price"][0] >= 0 and row["quantity"][0] > 0
        sane = sane and row["instrument_id"][0] < lib.PMM_INSTRUMENTS_MAX
        room = len(self.orders) < self.orders_max
        if sane and room and not self.is_done(int(row["order_id"][0])):
            made = self.made_of(row)
            made.stranger, made.flags = True, 0
            self.adopt(row, made)

    def on_unsure(self, row, order):
        self.unsure_answers += 1
        open_states = (PENDING_NEW, PENDING_REPLACE, PENDING_CANCEL)
        doubted = (LIVE,) if row["reason"][0] == Reason.UNLISTED else open_states
        if order and order.state in doubted:
            order.leaving = order.leaving or order.state in (PENDING_REPLACE, PENDING_CANCEL)
            self.settle(order, UNKNOWN)

    def on_text(self, row, _):
        if not self.text_of or row["reason"][0] != lib.PMM_TEXT_VENUE_ID:
            return
        order = self.orders.get(self.text_of) or self.gone_as(self.text_of)
        part = int(row["side"][0])
        if order and part < lib.PMM_VENUE_ID_BYTES // 32:
            kept = b"" if part == 0 else order.venue_id
            kept = kept.ljust(lib.PMM_VENUE_ID_BYTES, b"\0")
            text = row.tobytes()[16:48]
            order.venue_id = kept[: 32 * part] + text + kept[32 * part + 32 :]

    # The session

    def cancel_every(self, row, reason):
        for order in self.orders.values():
            order.leaving = True
            if order.state in (PENDING_NEW, LIVE, PENDING_REPLACE):
                self.cancel_it(row, order, reason)

    def query_every(self, row):
        for order in self.orders.values():
            order.leaving = True
            if order.state != CLOSING:
                self.settle(order, UNKNOWN)
            self.query(row, order)

    def on_start(self, row, _):
        self.stopping = False
        self.query_every(row)

    def on_cancel_all(self, row, _):
        self.cancel_every(row, row["reason"][0])

    def on_halt(self, row, _):
        self.halted = True
        self.cancel_every(row, row["reason"][0])

    def on_resume(self, row, _):
        self.halted = False

    def on_stop(self, row, _):
        self.stopping = True
        self.cancel_every(row, Reason.SHUTDOWN)

    def on_peer_lost(self, row, _):
        role = int(row["aux"][0]) & 0xFF
        if role in set(Source) - {Source.NONE}:
            self.lost.add(role)
        self.cancel_every(row, Reason.PEER_LOST)

    def on_peer_back(self, row, _):
        role = int(row["aux"][0]) & 0xFF
        was_lost = role in self.lost
        self.lost.discard(role)
        if was_lost and role == Source.EXCHANGE:
            self.query_every(row)

    def on_timer(self, row, _):
        for order in list(self.orders.values()):
            behind = order.total > order.told
            patience = self.patience(order)
            if order.state == LIVE and not behind:
                continue
            if order.asked_ns < self.clock_ns - patience:
                self.overdue(row, order)

    def patience(self, order):
        """Until the next question, or until the venue has missed it for long enough."""
        patience = self.timeout * 2 ** min(order.queries, 3)
        left = self.spread - max(order.asked_ns - order.miss_ns, 0)
        return left if order.misses and 0 < left < patience else patience

    def overdue(self, row, order):
        if order.state == CLOSING and order.queries == 255:
            self.unconfirmed += 1
            self.take_out(order)
            return
        if order.state in (PENDING_CANCEL, PENDING_REPLACE):
            order.leaving = True
        if order.total > order.filled and order.queries >= lib.PMM_ORDERS_INFER_AFTER:
            self.inferred += 1
            self.infer(row, order)
            self.end_if_done(row, order)
        if order.state == LIVE:
            self.ask(row, order)
        else:
            self.query(row, order)
