"""The simulated venue: other traders and our orders in one matching engine, by the log's clock."""

import struct
from collections.abc import Sequence
from typing import Any

import numpy as np

from pinnacle.core._native import ffi
from pinnacle.core.instruments import Instrument
from pinnacle.core.outlet import Outlet
from pinnacle.core.schema import EVENT, INSTRUMENT_ALL, Class, Kind, Reason, Source, is_of
from pinnacle.exchange.config import ExchangeConfig, market_params
from pinnacle.sim.market import Market

#: The log's clock and the time skipped, in a frozen state.
CLOCKS = "<qq"
#: The longest time between two turns that the market lives through. It bounds a turn's work.
GAP_MAX_NS = 1_000_000_000

_TIMER = int(Kind.TIMER)  # most turns hold nothing else


class SimulatedVenue:
    """Pure logic over the exchange's input log: orders and the clock in, reports and market out.

    The market begins at the log's first record. Its virtual clock lags the log's by latency_out,
    so what has happened in it is exactly what has had the time to get out.

    Where the log says nothing for longer than GAP_MAX_NS (the process was stopped, or dead) the
    market stood still as well, and its virtual clock lags by that much more from there on.
    """

    #: The market moves by itself: every turn needs the clock.
    waiting = True

    def __init__(self, instruments: Sequence[Instrument], config: ExchangeConfig):
        self._params = market_params(config, instruments)
        self._config = config
        self._simulation: Market | None = None
        self._clock_ns = 0
        #: How long the market has stood still, in all.
        self.skipped_ns = 0
        #: Public market data of the last batch, in order.
        self.market = np.empty(0, EVENT)

    def decided(self, events: Any, n: int) -> np.ndarray:
        """The execution reports that n records of the log cause; `market` holds the public data."""
        rows = np.frombuffer(ffi.buffer(events, n * EVENT.itemsize), dtype=EVENT)
        before_ns, now_ns = self._clock_ns, int(rows["recv_ns"].max())
        self._clock_ns = max(before_ns, now_ns)
        simulation = self._simulation or self._begin(int(rows[0]["recv_ns"]))
        if before_ns:
            self.skipped_ns += max(now_ns - before_ns - GAP_MAX_NS, 0)
        until_ns = self._clock_ns - self.skipped_ns - self._config.latency_out_ns
        out = simulation.run_to(max(until_ns, simulation.now), self._orders(rows))
        is_report = is_of(out, Class.REPORT)
        self.market = out[~is_report]
        return out[is_report]

    def _begin(self, start_ns: int) -> Market:
        config = self._config
        start_ns -= config.latency_out_ns
        self._simulation = Market(self._params, config.seed, start_ns, config.latency_in_ns)
        return self._simulation

    def _orders(self, rows: np.ndarray) -> np.ndarray | None:
        if len(rows) == 1 and rows["kind"][0] == _TIMER:
            return None
        lost = (rows["kind"] == Kind.PEER_LOST) & (rows["aux"] == Source.GATEWAY)
        wanted = (rows["source"] == Source.GATEWAY) & is_of(rows, Class.ORDER)
        orders = rows[wanted | lost]
        if lost.any():
            lost = orders["kind"] == Kind.PEER_LOST
            orders["kind"][lost] = Kind.CANCEL_ALL
            orders["reason"][lost] = Reason.CANCEL_ON_DISCONNECT
            orders["source"][lost] = Source.GATEWAY
            orders["instrument_id"][lost] = INSTRUMENT_ALL
        orders["recv_ns"] -= self.skipped_ns
        # Own records stand before what the rings held, whatever their stamps say.
        return orders[np.argsort(orders["recv_ns"], kind="stable")]

    def freeze(self) -> list[Any] | None:
        """The whole market: engines, traders, random streams and orders under way."""
        if self._simulation is None:
            return None
        clocks = struct.pack(CLOCKS, self._clock_ns, self.skipped_ns)
        return [clocks, self._simulation.memory]

    def thaw(self, state: list[bytes]) -> bool:
        """Take what `freeze` gave; False if it is of another market."""
        simulation = Market(self._params, self._config.seed, 0, self._config.latency_in_ns)
        if [len(piece) for piece in state] != [struct.calcsize(CLOCKS), len(simulation.memory)]:
            return False
        simulation.memory[:] = state[1]
        self._simulation = simulation
        self._clock_ns, self.skipped_ns = struct.unpack(CLOCKS, state[0])
        return True

    def resync(self, outlet: Outlet) -> None:
        """Send what the outlet's reader is owed of the books, by the market's virtual clock."""
        market = self._simulation
        if market is not None:
            market.resync(outlet)
