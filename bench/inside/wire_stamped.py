"""Binance as wire.py's sessions trade there: what the venue's own code is given and gives, stamped.

A venue of one's own (`module:ATTRIBUTE`), so a session is told nothing but its name. Stamps are
monotonic ns, and are written where FOLDER says when the process ends.
"""

import atexit
import os
from collections.abc import Callable
from pathlib import Path
from time import monotonic_ns
from typing import Any

import msgspec
import numpy as np

from pinnacle.core.credentials import Credentials
from pinnacle.venues.binance import Binance
from pinnacle.venues.binance.config import BinanceConfig
from pinnacle.venues.binance.orders.entry import BinanceOrders
from pinnacle.venues.orders.config import OrdersConfig
from pinnacle.venues.orders.port import Call, Desk, OrderEntry, What
from pinnacle.venues.port import MarketData, Sink, Top

FOLDER = "PINNACLE_WIRE_STAMPS"
#: By the feed's stamp on a frame: when its records were given to the feed. When that is done says
#: nothing: where they share a core the strategy is at work before.
FEED = "feed.json"
#: By order: when it was given to be encoded, and when it was.
ORDERS = "orders.json"

_Stamps = dict[int, list[int]]


def read_stamps(folder: Path, name: str) -> _Stamps:
    """FEED or ORDERS of a session that has ended."""
    return msgspec.json.decode((folder / name).read_bytes(), type=_Stamps)


def _kept(name: str) -> _Stamps:
    """Written when the process ends."""
    stamps: _Stamps = {}
    path = Path(os.environ[FOLDER]) / name
    atexit.register(lambda: path.write_bytes(msgspec.json.encode(stamps)))
    return stamps


class _StampedOrders(BinanceOrders):
    def __init__(self, credentials: Credentials, desk: Desk):
        super().__init__(credentials, desk)
        self._encoded = _kept(ORDERS)

    def frame(self, call: Call, number: int) -> str:
        begun_ns = monotonic_ns()
        text = super().frame(call, number)
        if call.what is What.NEW and call.order is not None:
            self._encoded[call.order.order_id] = [begun_ns, monotonic_ns()]
        return text


class _Stamped(Binance):
    def market_data(
        self,
        config: BinanceConfig,
        instruments: np.ndarray,
        sink: Sink,
        clock: Callable[[], int],
        top_of: Callable[[int], Top | None],
        credentials: Credentials | None = None,
    ) -> MarketData:
        stamps = _kept(FEED)

        def stamped(events: Any, n: int) -> None:
            if n:
                stamps[events[0].recv_ns] = [monotonic_ns()]
            sink(events, n)

        return super().market_data(config, instruments, stamped, clock, top_of, credentials)

    def order_entry(self, config: OrdersConfig, credentials: Credentials, desk: Desk) -> OrderEntry:
        return _StampedOrders(credentials, desk)


VENUE = _Stamped()
