"""The state of every order at the venue, as pure logic: records in, sends and reports out.

    NEW ──▶ pending new ──ACK──▶ live ──REPLACE──▶ pending replace ──REPLACED/…REJECTED──▶ live
                 │                │
                 │                └──CANCEL──▶ pending cancel ──CANCELLED──▶ done
                 └──REJECTED──▶ done          (a FILL that completes it: done, from any state)
    any ──no answer in time, restart of this process or of the venue──▶ unknown ──QUERY──▶
        ORDER_STATUS: cancelled (nobody watched it) · REJECTED: it is not there, done

Nothing is ever sent twice without an answer to a QUERY in between.
"""

import enum
from dataclasses import dataclass
from typing import Any

import msgspec
import numpy as np

from pinnacle.core._native import ffi, lib
from pinnacle.core.schema import EventBuffer, Flag, Kind, Reason, Source

_INPUT_FLAGS = Flag.BATCH_END | Flag.DECISION
_EVENT_BYTES = 64


class State(enum.Enum):
    """Where an order is; an order that is done is not in the table any more."""

    PENDING_NEW = "pending new"
    LIVE = "live"
    PENDING_REPLACE = "pending replace"
    PENDING_CANCEL = "pending cancel"
    UNKNOWN = "unknown"


@dataclass
class Order:
    """One order that the venue may know."""

    order_id: int
    instrument_id: int
    side: int
    price: int
    quantity: int
    filled: int = 0
    acknowledged: bool = False
    state: State = State.PENDING_NEW
    asked_ns: int = 0


class _Frozen(msgspec.Struct, frozen=True):
    """An order table at rest."""

    orders: list[Order]
    halted: bool
    stopping: bool
    clock_ns: int
    lost: list[int]
    last_execution: dict[int, int]
    duplicates: int
    unknown_fills: int


class OrderTable:
    """Decides on batches of the gateway's input log.

    An order decided longer ago than `order_age_max_ns` is not sent; one unanswered for
    `answer_timeout_ns` is queried.
    """

    def __init__(self, order_age_max_ns: int, answer_timeout_ns: int, decisions_max: int = 8192):
        self.orders: dict[int, Order] = {}
        self.halted = False
        self.stopping = False
        self.decisions = EventBuffer(decisions_max)
        self.duplicates = 0
        self.unknown_fills = 0
        self._out = self.decisions.cdata
        self._n = 0
        self._clock_ns = 0
        self._lost: set[int] = set()
        self._last_execution: dict[int, int] = {}
        self._order_age_max_ns = order_age_max_ns
        self._answer_timeout_ns = answer_timeout_ns
        self._handlers = {
            Kind.NEW: self._new,
            Kind.REPLACE: self._replace,
            Kind.CANCEL: self._cancel,
            Kind.ACK: self._acknowledged,
            Kind.FILL: self._fill,
            Kind.CANCELLED: self._done,
            Kind.REJECTED: self._rejected,
            Kind.REPLACED: self._replaced,
            Kind.REPLACE_REJECTED: self._refused,
            Kind.CANCEL_REJECTED: self._refused,
            Kind.ORDER_STATUS: self._status,
            Kind.START: self._start,
            Kind.HALT: self._halt,
            Kind.RESUME: self._resume,
            Kind.STOP: self._stop,
            Kind.PEER_LOST: self._peer_lost,
            Kind.PEER_BACK: self._peer_back,
            Kind.TIMER: self._timer,
        }

    @property
    def clock_ns(self) -> int:
        """The log's clock, as far as it has been decided on."""
        return self._clock_ns

    def decided(self, events: Any, n: int) -> np.ndarray:
        """Run n records; the decisions as an array that the next call overwrites."""
        count = self.decide(events, n)
        return self.decisions.array[:count]

    def decide(self, events: Any, n: int) -> int:
        """Run n records (struct pmm_event *); the decisions are in `decisions`, their count."""
        self._n = 0
        handlers = self._handlers
        for i in range(n):
            event = events[i]
            if event.recv_ns > self._clock_ns:
                self._clock_ns = event.recv_ns
            handler = handlers.get(event.kind)
            if handler is not None:
                handler(event)
        return self._n

    def freeze(self) -> list[Any]:
        """Every order and what else a decision depends on."""
        frozen = _Frozen(
            list(self.orders.values()),
            self.halted,
            self.stopping,
            self._clock_ns,
            sorted(self._lost),
            self._last_execution,
            self.duplicates,
            self.unknown_fills,
        )
        return [msgspec.msgpack.encode(frozen)]

    def thaw(self, state: list[bytes]) -> bool:
        """Take what `freeze` gave."""
        try:
            frozen = msgspec.msgpack.decode(b"".join(state), type=_Frozen)
        except msgspec.MsgspecError:
            return False
        self.orders = {order.order_id: order for order in frozen.orders}
        self.halted, self.stopping = frozen.halted, frozen.stopping
        self._clock_ns = frozen.clock_ns
        self._lost = set(frozen.lost)
        self._last_execution = frozen.last_execution
        self.duplicates, self.unknown_fills = frozen.duplicates, frozen.unknown_fills
        return True

    # Towards the venue

    def _new(self, event: Any) -> None:
        reason = self._why_not(event)
        if reason is None and event.order_id in self.orders:
            reason = Reason.DUPLICATE_ORDER
        if reason is not None:
            self._emit(event, kind=Kind.REJECTED, reason=reason)
            return
        self.orders[event.order_id] = Order(
            event.order_id,
            event.instrument_id,
            event.side,
            event.price,
            event.quantity,
            asked_ns=self._clock_ns,
        )
        self._emit(event)

    def _replace(self, event: Any) -> None:
        order = self.orders.get(event.order_id)
        reason = self._why_not(event)
        if order is None:
            reason = Reason.UNKNOWN_ORDER
        elif reason is None and order.state is not State.LIVE:
            reason = Reason.TOO_LATE
        if reason is not None or order is None:
            self._emit(event, kind=Kind.REPLACE_REJECTED, reason=reason)
            return
        order.state, order.asked_ns = State.PENDING_REPLACE, self._clock_ns
        self._emit(event)

    def _cancel(self, event: Any) -> None:
        order = self.orders.get(event.order_id)
        if order is None:
            self._emit(event, kind=Kind.CANCEL_REJECTED, reason=Reason.UNKNOWN_ORDER)
        elif order.state is not State.UNKNOWN:
            # An unknown order is cancelled once its QUERY is answered.
            order.state, order.asked_ns = State.PENDING_CANCEL, self._clock_ns
            self._emit(event)

    def _why_not(self, event: Any) -> Reason | None:
        if self.halted or self.stopping:
            return Reason.KILL_SWITCH
        if self._lost:
            return Reason.PEER_LOST
        if self._clock_ns - event.recv_ns > self._order_age_max_ns:
            return Reason.TOO_OLD
        return None

    # From the venue

    def _acknowledged(self, event: Any) -> None:
        order = self.orders.get(event.order_id)
        if order is not None:
            order.acknowledged = True
            if order.state is State.PENDING_NEW:
                order.state = State.LIVE
        self._emit(event)

    def _fill(self, event: Any) -> None:
        if lib.pmm_report_fault(ffi.addressof(event)):
            # Nobody's trade, and its number no execution's: risk refuses it, aloud.
            self._emit(event)
            return
        last = self._last_execution.get(event.instrument_id, 0)
        if event.aux <= last:
            self.duplicates += 1
            return
        self._last_execution[event.instrument_id] = event.aux
        order = self.orders.get(event.order_id)
        if order is None:
            self.unknown_fills += 1
        else:
            order.filled += event.quantity
            if order.filled >= order.quantity and order.state is not State.PENDING_REPLACE:
                del self.orders[event.order_id]
        self._emit(event)

    def _done(self, event: Any) -> None:
        self.orders.pop(event.order_id, None)
        self._emit(event)

    def _rejected(self, event: Any) -> None:
        order = self.orders.pop(event.order_id, None)
        if order is not None and order.state is State.UNKNOWN:
            # The answer to a QUERY: the venue does not have it.
            kind = Kind.CANCELLED if order.acknowledged else Kind.REJECTED
            self._emit(event, kind=kind, reason=Reason.NOT_SENT)
        elif order is not None:
            self._emit(event)

    def _replaced(self, event: Any) -> None:
        order = self.orders.get(event.order_id)
        if order is not None and not lib.pmm_report_fault(ffi.addressof(event)):
            order.price, order.quantity = event.price, event.quantity
            if order.state is State.PENDING_REPLACE:
                order.state = State.LIVE
        self._emit(event)

    def _refused(self, event: Any) -> None:
        order = self.orders.get(event.order_id)
        if order is not None and order.state in (State.PENDING_REPLACE, State.PENDING_CANCEL):
            if order.filled >= order.quantity:
                del self.orders[event.order_id]
            elif event.reason == Reason.UNKNOWN_ORDER:
                # What is unknown here risk forgets: the venue is asked first.
                self._query(event, order)
                return
            else:
                order.state = State.LIVE
        self._emit(event)

    def _status(self, event: Any) -> None:
        order = self.orders.get(event.order_id)
        if order is None:
            return
        if order.state is State.UNKNOWN:
            if not order.acknowledged:
                order.acknowledged = True
                self._emit(event, kind=Kind.ACK)
            order.state, order.asked_ns = State.PENDING_CANCEL, self._clock_ns
            self._emit(event, kind=Kind.CANCEL, reason=Reason.PEER_LOST)

    # The session

    def _start(self, event: Any) -> None:
        self.stopping = False
        self._query_all(event)

    def _halt(self, event: Any) -> None:
        self.halted = True
        self._cancel_all(event, event.reason)

    def _resume(self, event: Any) -> None:
        self.halted = False

    def _stop(self, event: Any) -> None:
        self.stopping = True
        self._cancel_all(event, Reason.SHUTDOWN)

    def _peer_lost(self, event: Any) -> None:
        self._lost.add(event.aux)
        self._cancel_all(event, Reason.PEER_LOST)

    def _peer_back(self, event: Any) -> None:
        was_lost = event.aux in self._lost
        self._lost.discard(event.aux)
        if was_lost and event.aux == Source.EXCHANGE:
            self._query_all(event)

    def _timer(self, event: Any) -> None:
        overdue = self._clock_ns - self._answer_timeout_ns
        for order in self.orders.values():
            if order.state is not State.LIVE and order.asked_ns < overdue:
                self._query(event, order)

    def _cancel_all(self, event: Any, reason: int) -> None:
        for order in self.orders.values():
            if order.state not in (State.PENDING_CANCEL, State.UNKNOWN):
                order.state, order.asked_ns = State.PENDING_CANCEL, self._clock_ns
                self._emit_for(event, order, Kind.CANCEL, reason)

    def _query_all(self, event: Any) -> None:
        for order in self.orders.values():
            self._query(event, order)

    def _query(self, event: Any, order: Order) -> None:
        order.state, order.asked_ns = State.UNKNOWN, self._clock_ns
        self._emit_for(event, order, Kind.QUERY, Reason.NONE)

    # Output

    def _emit(self, event: Any, kind: Kind | None = None, reason: int | None = None) -> Any:
        if self._n == self.decisions.capacity:
            self._grow()
        row = self._out[self._n]
        self._n += 1
        ffi.memmove(ffi.addressof(row), ffi.addressof(event), _EVENT_BYTES)
        row.flags &= ~_INPUT_FLAGS & 0xFF
        if kind is not None:
            row.kind = kind
        if reason is not None:
            row.reason = reason
        return row

    def _grow(self) -> None:
        # A HALT cancels every open order, and nothing here says how many those may be.
        grown = EventBuffer(2 * self._n)
        ffi.memmove(grown.cdata, self._out, self._n * _EVENT_BYTES)
        self.decisions, self._out = grown, grown.cdata

    def _emit_for(self, event: Any, order: Order, kind: Kind, reason: int) -> None:
        row = self._emit(event, kind, reason)
        row.order_id = order.order_id
        row.instrument_id = order.instrument_id
        row.side = order.side
        row.price = order.price
        row.quantity = order.quantity
        row.venue_ns = row.aux = 0
