"""Paper trading's venue: our orders in the imaginary queue of a real market, with latency."""

import struct
from collections import deque
from collections.abc import Sequence
from typing import Any

import numpy as np

from pinnacle.core._native import ffi
from pinnacle.core.book import FAR_CAPACITY, WINDOW
from pinnacle.core.instruments import Instrument
from pinnacle.core.schema import EVENT, INSTRUMENT_ALL, Class, Kind, Reason, Source, is_of
from pinnacle.exchange.config import ExchangeConfig
from pinnacle.sim.paper import Paper

#: The log's clock and the number of orders under way, in a frozen state.
SHAPE = "<qq"


class PaperVenue:
    """Pure logic over the exchange's input log: the market and the orders in, reports out.

    An order acts latency_in after its recv_ns, a report is given latency_out after its cause, both
    by the clock of the log.
    """

    #: Own market data: none, the real market is the market.
    market = np.empty(0, EVENT)

    def __init__(self, instruments: Sequence[Instrument], config: ExchangeConfig):
        self._paper = Paper(
            [i.instrument_id for i in instruments], window=WINDOW, far_capacity=FAR_CAPACITY
        )
        self._in_ns = config.latency_in_ns
        self._out_ns = config.latency_out_ns
        self._orders: deque[np.ndarray] = deque()
        self._reports: deque[np.ndarray] = deque()
        self._clock_ns = 0

    @property
    def waiting(self) -> bool:
        """Whether something happens when only the clock moves."""
        return bool(self._orders or self._reports)

    def decided(self, events: Any, n: int) -> np.ndarray:
        """The reports that n records of the log cause, an EVENT array."""
        rows = np.frombuffer(ffi.buffer(events, n * EVENT.itemsize), dtype=EVENT)
        is_order = (rows["source"] == Source.GATEWAY) & is_of(rows, Class.ORDER)
        is_order |= rows["kind"] == Kind.PEER_LOST
        begin = 0
        for i in np.flatnonzero(is_order).tolist():
            self._market(rows[begin:i])
            self._order(rows[i])
            begin = i + 1
        self._market(rows[begin:])
        self._clock_ns = max(self._clock_ns, int(rows["recv_ns"].max()))
        self._act(self._clock_ns)
        return self._due()

    def usable(self, instrument_id: int) -> bool:
        """Whether the venue's book of it is valid."""
        return self._paper.valid(instrument_id)

    def freeze(self) -> list[Any] | None:
        """The queues and books, and what is under way: orders to the venue, reports from it."""
        waiting = [*self._orders, *self._reports]
        under_way = np.concatenate(waiting) if waiting else np.empty(0, EVENT)
        shape = struct.pack(SHAPE, self._clock_ns, len(self._orders))
        # A run's reports are due together or in turn: where one ends is part of the state.
        ends = np.array([len(reports) for reports in self._reports], np.int64)
        return [shape, self._paper.memory, ends.tobytes(), under_way.tobytes()]

    def thaw(self, state: list[bytes]) -> bool:
        """Take what `freeze` gave; False, and unchanged, if it is of another venue."""
        if [len(piece) for piece in state[:2]] != [struct.calcsize(SHAPE), len(self._paper.memory)]:
            return False
        if len(state) != 4 or len(state[2]) % 8 or len(state[3]) % EVENT.itemsize:
            return False
        clock_ns, orders = struct.unpack(SHAPE, state[0])
        ends = np.cumsum(np.frombuffer(state[2], np.int64))
        under_way = np.frombuffer(state[3], EVENT).copy()
        if orders + (int(ends[-1]) if len(ends) else 0) != len(under_way):
            return False
        self._paper.memory[:] = state[1]
        self._clock_ns = clock_ns
        self._orders = deque(under_way[i : i + 1] for i in range(orders))
        self._reports = deque(np.split(under_way[orders:], ends[:-1]) if len(ends) else ())
        return True

    def _market(self, rows: np.ndarray) -> None:
        """Market records, cut where a waiting order acts."""
        rows = rows[is_of(rows, Class.MARKET)]
        while len(rows) and self._orders:
            acts_ns = self._acts_ns(self._orders[0])
            before = int(np.searchsorted(rows["recv_ns"], acts_ns, side="right"))
            if before == len(rows):
                break
            self._run(rows[:before])
            self._act(acts_ns)
            rows = rows[before:]
        self._run(rows)

    def _order(self, row: np.void) -> None:
        order = np.array([row], dtype=EVENT)
        if row["kind"] == Kind.PEER_LOST:
            if row["aux"] != Source.GATEWAY:
                return
            order["kind"] = Kind.CANCEL_ALL
            order["reason"] = Reason.CANCEL_ON_DISCONNECT
            order["source"] = Source.GATEWAY
            order["instrument_id"] = INSTRUMENT_ALL
        self._orders.append(order)

    def _acts_ns(self, order: np.ndarray) -> int:
        return int(order[0]["recv_ns"]) + self._in_ns

    def _act(self, now_ns: int) -> None:
        while self._orders and self._acts_ns(self._orders[0]) <= now_ns:
            order = self._orders.popleft()
            order["recv_ns"] = self._acts_ns(order)
            self._run(order)

    def _run(self, rows: np.ndarray) -> None:
        if len(rows):
            reports = self._paper.run(np.ascontiguousarray(rows))
            if len(reports):
                self._reports.append(reports.copy())

    def _due(self) -> np.ndarray:
        """Reports whose way back is over."""
        due = []
        while self._reports:
            first = self._reports[0]
            ready = int(np.count_nonzero(first["venue_ns"] + self._out_ns <= self._clock_ns))
            due.append(first[:ready])
            if ready < len(first):
                self._reports[0] = first[ready:]
                break
            self._reports.popleft()
        return np.concatenate(due) if due else np.empty(0, EVENT)
