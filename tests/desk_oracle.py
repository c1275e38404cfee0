"""What csrc/trade/desk.h promises, said again in lists and without haste."""

from dataclasses import dataclass, field, replace

from pinnacle.core.schema import (
    FeeOf,
    Flag,
    Kind,
    OrderType,
    Reason,
    SelfTrade,
    Side,
    Source,
    TimeInForce,
)
from tests.ledger_oracle import Dust

SIDES = (Side.BID, Side.ASK)
#: aux and flags of a quote's decisions.
TERMS = {
    Kind.NEW: (SelfTrade.CANCEL_NEWEST << 16, Flag.POST_ONLY),
    Kind.REPLACE: (0, Flag.POST_ONLY),
    Kind.CANCEL: (0, 0),
}


@dataclass
class Order:
    order_id: int
    price: int
    quantity: int
    wanted: tuple[int, int]
    state: str = "NEW"
    filled: int = 0
    rest_until_ns: int = 0

    def serves(self, level, near):
        price, quantity = level
        missing = quantity - (self.wanted[1] - self.filled)
        return abs(self.wanted[0] - price) <= near and 0 <= missing <= quantity // 2


@dataclass
class Sent:
    """An order beside the quotes."""

    number: int
    side: int
    price: int
    quantity: int
    kind: OrderType
    time_in_force: TimeInForce
    flags: int
    state: str = "QUEUED"
    leaving: bool = False
    filled: int = 0
    rest_until_ns: int = 0


@dataclass
class Row:
    """One instrument: None where a slot is free."""

    instrument: int
    venue: int
    quantity_min: int
    slots: dict = field(default_factory=lambda: {side: [None] * 8 for side in SIDES})
    wanted: dict = field(default_factory=lambda: {side: [] for side in SIDES})
    rest_until_ns: dict = field(default_factory=lambda: dict.fromkeys(SIDES, 0))
    position: int = 0
    market_ns: int = 0
    cause_ns: int = 0
    fills: int = 0
    unknown_reports: int = 0
    valid: bool = False
    dust: Dust = field(default_factory=lambda: Dust(1, 3))  # a lot of 0.001


class DeskOracle:
    """`instruments` as the desk has them; `stale_ns` and so on as well."""

    def __init__(self, instruments, *, stale_ns, reject_rest_ns, requote_ticks):
        self.rows = [Row(i.instrument_id, i.venue_number, i.quantity_min) for i in instruments]
        self.row_of = {row.instrument: number for number, row in enumerate(self.rows)}
        self.stale_ns, self.rest_ns, self.near = stale_ns, reject_rest_ns, requote_ticks
        self.clock_ns, self.next_order_id = 0, 1
        self.replace = True
        self.halted = self.stopping = False
        self.lost = set()
        self.changed, self.traded, self.filled = set(), set(), set()
        self.sent = {}

    def send(self, instrument, side, price, quantity, kind, time_in_force, flags):
        """An order id, or why there is none."""
        number = self.row_of.get(instrument)
        if kind not in list(OrderType) or time_in_force not in list(TimeInForce):
            return "ARGUMENT"
        if number is None or side not in SIDES or quantity < max(1, self.rows[number].quantity_min):
            return "ARGUMENT"
        if (price != 0) if kind == OrderType.MARKET else (price <= 0):
            return "ARGUMENT"
        takes = kind == OrderType.MARKET or time_in_force in (TimeInForce.IOC, TimeInForce.FOK)
        if flags not in (0, Flag.POST_ONLY) or (flags and takes):
            return "ARGUMENT"
        if number in self.pulled():
            return "NOT_READY"
        if kind == OrderType.MARKET and not self.quotable(self.rows[number]):
            return "INVALID"
        if len(self.sent) == 64:
            return "FULL"
        about = number, side, price, quantity, kind, time_in_force, flags
        self.sent[self.next_order_id] = Sent(*about)
        self.next_order_id += 1
        return self.next_order_id - 1

    def cancel(self, order_id):
        if order_id not in self.sent:
            return "NOT_FOUND"
        if self.sent[order_id].state == "QUEUED":
            del self.sent[order_id]
        else:
            self.sent[order_id].leaving = True
        return 0

    def apply(self, records):
        self.changed, self.traded, self.filled = set(), set(), set()
        for row in self.rows:
            row.cause_ns = 0
        for record in records:
            self.clock_ns = max(self.clock_ns, int(record["recv_ns"]))
            kind, number = Kind(record["kind"]), self.row_of.get(int(record["instrument_id"]))
            if kind >= Kind.START:
                self._process(kind, int(record["aux"]))
            elif number is None:
                continue
            elif kind >= Kind.ACK:
                self.changed.add(number)
                self._report(kind, record, number)
            elif Kind.DEPTH <= kind <= Kind.BOOK_INVALID:
                row = self.rows[number]
                row.market_ns = row.cause_ns = int(record["recv_ns"])
                (self.traded if kind == Kind.TRADE else self.changed).add(number)
                row.valid = kind not in (Kind.BOOK_BEGIN, Kind.BOOK_INVALID) and (
                    row.valid or kind == Kind.BOOK_END
                )

    def _process(self, kind, aux):
        before = self.pulled()
        if kind == Kind.PEER_LOST:
            self.lost |= {aux}
        elif kind == Kind.PEER_BACK:
            self.lost -= {aux}
        elif kind in (Kind.HALT, Kind.RESUME):
            self.halted = kind == Kind.HALT
        elif kind in (Kind.STOP, Kind.START):
            self.stopping = kind == Kind.STOP
        if kind == Kind.START:
            for order in self._orders():
                if order.state != "LIVE":
                    order.quantity = max(order.quantity, order.wanted[1])
                    order.state = "LEAVING"
            for order in self.sent.values():
                if order.state in ("NEW", "CANCELLING"):
                    order.state, order.leaving = "LIVE", True
        for order_id, order in list(self.sent.items()):
            if order.number in self.pulled():
                self.cancel(order_id)
        self.changed |= before ^ self.pulled()

    def pulled(self):
        """The rows that are not quoted, whatever their books are."""
        if self.halted or self.stopping:
            return set(range(len(self.rows)))
        return {
            number
            for number, row in enumerate(self.rows)
            if self.lost
            & {Source.RISK, Source.FEED | row.venue << 8, Source.GATEWAY | row.venue << 8}
        }

    def _orders(self):
        return [o for row in self.rows for side in SIDES for o in row.slots[side] if o]

    def _report(self, kind, record, number):
        row = self.rows[number]
        price, quantity = int(record["price"]), int(record["quantity"])
        found = [
            (side, at)
            for side in SIDES
            for at, order in enumerate(row.slots[side])
            if order and order.order_id == record["order_id"]
        ]
        sent = self.sent.get(int(record["order_id"]))
        if sent and sent.number != number:
            sent = None
        late = kind in (Kind.CANCEL_REJECTED, Kind.REPLACE_REJECTED, Kind.FEE, Kind.FILL_BUSTED)
        late = late or record["reason"] == Reason.CORRECTED
        if not found and not sent and not late:
            row.unknown_reports += 1
        moves = kind in (Kind.FILL, Kind.FILL_BUSTED)
        if (moves or kind == Kind.REPLACED) and (quantity <= 0 or price <= 0):
            return
        if moves:
            if record["side"] not in SIDES:
                return
            bought = (record["side"] == Side.BID) == (kind == Kind.FILL)
            row.position += quantity if bought else -quantity
            row.fills = max(row.fills + (1 if kind == Kind.FILL else -1), 0)
            self.filled.add(number)
        if kind == Kind.FEE:
            if record["side"] == FeeOf.BASE and 0 <= price <= 18:
                self.filled.add(number)
                lots, row.dust.left = row.dust.after(quantity, price)
                row.position -= lots
            return
        if sent and self._ends_sent(kind, record, sent):
            del self.sent[int(record["order_id"])]
        for side, at in found:
            order = row.slots[side][at]
            if self._ends(kind, record, row, side, order):
                row.slots[side][at] = None

    def _ends_sent(self, kind, record, order):
        if kind == Kind.FILL:
            order.filled += int(record["quantity"])
        if kind == Kind.FILL_BUSTED:
            order.filled = max(order.filled - int(record["quantity"]), 0)
        if kind == Kind.REPLACED:
            order.quantity = int(record["quantity"])
        if kind == Kind.ACK and order.state == "NEW":
            order.state = "LIVE"
        refused = kind in (Kind.REPLACE_REJECTED, Kind.CANCEL_REJECTED)
        if refused and record["reason"] == Reason.UNKNOWN_ORDER:
            return True
        counts = kind in (Kind.FILL, Kind.FILL_BUSTED, Kind.REPLACED) or refused
        if counts and order.filled >= order.quantity:
            return True
        if kind == Kind.CANCEL_REJECTED:
            if order.state == "CANCELLING":
                order.state = "LIVE"
            order.rest_until_ns = self.clock_ns + self.rest_ns
        return kind in (Kind.REJECTED, Kind.CANCELLED)

    def _ends(self, kind, record, row, side, order):
        """Whether the order is gone after this report of it."""
        resting_ns = self.clock_ns + self.rest_ns
        if kind in (Kind.FILL, Kind.FILL_BUSTED):
            lots = int(record["quantity"])
            order.filled = max(order.filled + (lots if kind == Kind.FILL else -lots), 0)
            return order.filled >= order.quantity and order.state != "REPLACING"
        if kind == Kind.ACK and order.state == "NEW":
            order.state = "LIVE"
        if kind == Kind.REPLACED:
            order.price, order.quantity = int(record["price"]), int(record["quantity"])
            order.wanted = order.price, order.quantity
            if order.state == "REPLACING":
                order.state = "LIVE"
            return order.filled >= order.quantity
        if kind == Kind.REPLACE_REJECTED:
            if record["reason"] == Reason.UNKNOWN_ORDER or order.filled >= order.quantity:
                return True
            away = order.wanted[0] - order.price
            less = (away < 0) if side == Side.BID else (away > 0)
            less = less or order.wanted[1] < order.quantity
            order.wanted = order.price, order.quantity
            if order.state == "REPLACING" and less:
                order.state = "LEAVING"
                return False
            if order.state == "REPLACING":
                order.state = "LIVE"
            order.rest_until_ns = resting_ns
        if kind == Kind.CANCEL_REJECTED:
            if record["reason"] == Reason.UNKNOWN_ORDER:
                return True
            if order.state == "CANCELLING":
                order.state = "LIVE"
            order.rest_until_ns = resting_ns
        if kind == Kind.REJECTED:
            row.rest_until_ns[record["side"]] = resting_ns
        return kind in (Kind.REJECTED, Kind.CANCELLED)

    def quotable(self, row):
        fresh = self.stale_ns == 0 or self.clock_ns - row.market_ns <= self.stale_ns
        return self.row_of[row.instrument] not in self.pulled() and row.valid and fresh

    def decide(self, room):
        """(kind, instrument, side, id, price, quantity, cause, aux, flags), at most `room`."""
        decided = []
        for row in self.rows:
            if not self.quotable(row):
                row.wanted = {side: [] for side in SIDES}
            for side in SIDES:
                for kind, order in self._side(row, side, room - len(decided)):
                    about = kind, row.instrument, side, order.order_id, order.price, order.quantity
                    decided.append((*about, row.cause_ns, *TERMS[kind]))
        return decided + self._sent(room - len(decided))

    def _sent(self, room):
        cancels = [
            (Kind.CANCEL, order_id)
            for order_id, order in self.sent.items()
            if order.leaving and order.state == "LIVE" and order.rest_until_ns <= self.clock_ns
        ]
        queued = [(Kind.NEW, i) for i, order in self.sent.items() if order.state == "QUEUED"]
        decided = []
        for kind, order_id in (cancels + queued)[:room]:
            order = self.sent[order_id]
            row = self.rows[order.number]
            order.state = "NEW" if kind == Kind.NEW else "CANCELLING"
            terms = order.time_in_force | order.kind << 8 | SelfTrade.CANCEL_NEWEST << 16
            about = kind, row.instrument, order.side, order_id, order.price, order.quantity
            said = (terms, order.flags) if kind == Kind.NEW else (0, 0)
            decided.append((*about, row.cause_ns, *said))
        return decided

    def _side(self, row, side, room):
        slots, done = row.slots[side], []
        idle = [o for o in slots if o and o.state in ("NEW", "LIVE", "REPLACING")]
        missing = []
        for level in row.wanted[side]:
            if level[0] <= 0 or level[1] < max(row.quantity_min, 1):
                continue
            server = next((o for o in idle if o.serves(level, self.near)), None)
            if server:
                idle = [o for o in idle if o is not server]
            else:
                missing.append(level)
        rested = [o for o in slots if o and o.rest_until_ns <= self.clock_ns]
        movable = [o for o in rested if o.state == "LIVE" and any(o is i for i in idle)]
        going = [o for o in slots if o and o.state in ("CANCELLING", "LEAVING")]
        waiting = len(going) + len(idle) - len(movable)
        cancelled = [o for o in rested if o.state == "LEAVING"]
        for level in missing:
            if len(done) == room:
                break
            if movable and self.replace:
                order = movable.pop(0)
                order.wanted, order.state = (level[0], order.filled + level[1]), "REPLACING"
                price, quantity = order.wanted
                done.append((Kind.REPLACE, replace(order, price=price, quantity=quantity)))
            elif movable:
                done.append((Kind.CANCEL, movable.pop(0)))
                done[-1][1].state = "CANCELLING"
            elif waiting > 0:
                waiting -= 1
            elif row.rest_until_ns[side] <= self.clock_ns and None in slots:
                order = Order(self.next_order_id, *level, wanted=level)
                self.next_order_id += 1
                slots[slots.index(None)] = order
                done.append((Kind.NEW, order))
        for order in slots:
            if len(done) == room:
                break
            if order and any(order is o for o in movable + cancelled):
                order.state = "CANCELLING"
                done.append((Kind.CANCEL, order))
        return done
