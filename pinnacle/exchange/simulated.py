"""The simulated venue: other traders and our orders in one matching engine, by the log's clock."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from pinnacle.core._native import ffi
from pinnacle.core.instruments import Instrument
from pinnacle.core.market import Market
from pinnacle.core.schema import EVENT, INSTRUMENT_ALL, Kind, Reason, Source
from pinnacle.exchange.config import ExchangeConfig, market_params


class SimulatedVenue:
    """Pure logic over the exchange's input log: orders and the clock in, reports and market out.

    The market begins at the log's first record. Its virtual clock lags the log's by latency_out,
    so what has happened in it is exactly what has had the time to get out.
    """

    #: The market moves by itself: every turn needs the clock.
    waiting = True

    def __init__(self, instruments: Sequence[Instrument], config: ExchangeConfig):
        self._params = market_params(config, instruments)
        self._config = config
        self._simulation: Market | None = None
        self._clock_ns = 0
        #: Public market data of the last batch, in order.
        self.market = np.empty(0, EVENT)

    def decided(self, events: Any, n: int) -> np.ndarray:
        """The execution reports that n records of the log cause; `market` holds the public data."""
        rows = np.frombuffer(ffi.buffer(events, n * EVENT.itemsize), dtype=EVENT)
        self._clock_ns = max(self._clock_ns, int(rows["recv_ns"].max()))
        simulation = self._simulation or self._begin(int(rows[0]["recv_ns"]))
        until_ns = self._clock_ns - self._config.latency_out_ns
        out = simulation.run_to(max(until_ns, simulation.now), self._orders(rows))
        is_report = out["kind"] >= Kind.ACK
        self.market = out[~is_report]
        return out[is_report]

    def _begin(self, start_ns: int) -> Market:
        config = self._config
        start_ns -= config.latency_out_ns
        self._simulation = Market(self._params, config.seed, start_ns, config.latency_in_ns)
        return self._simulation

    def _orders(self, rows: np.ndarray) -> np.ndarray:
        lost = (rows["kind"] == Kind.PEER_LOST) & (rows["aux"] == Source.GATEWAY)
        wanted = (rows["source"] == Source.GATEWAY) & (rows["kind"] < Kind.START)
        orders = rows[wanted | lost]
        if lost.any():
            lost = orders["kind"] == Kind.PEER_LOST
            orders["kind"][lost] = Kind.CANCEL_ALL
            orders["reason"][lost] = Reason.CANCEL_ON_DISCONNECT
            orders["source"][lost] = Source.GATEWAY
            orders["instrument_id"][lost] = INSTRUMENT_ALL
        # Own records stand before what the rings held, whatever their stamps say.
        return orders[np.argsort(orders["recv_ns"], kind="stable")]

    def freeze(self) -> list[Any] | None:
        """The whole market: engines, traders, random streams and orders under way."""
        if self._simulation is None:
            return None
        return [self._clock_ns.to_bytes(8, "little"), self._simulation.memory]

    def thaw(self, state: list[bytes]) -> bool:
        """Take what `freeze` gave; False if it is of another market."""
        simulation = Market(self._params, self._config.seed, 0, self._config.latency_in_ns)
        if [len(piece) for piece in state] != [8, len(simulation.memory)]:
            return False
        simulation.memory[:] = state[1]
        self._simulation, self._clock_ns = simulation, int.from_bytes(state[0], "little")
        return True

    def snapshots(self, now_ns: int) -> np.ndarray:
        """Every book as BOOK_BEGIN, DEPTH..., BOOK_END."""
        if self._simulation is None:
            return np.empty(0, EVENT)
        count = len(self._params)
        return np.concatenate([self._simulation.snapshot(i, now_ns) for i in range(count)])
