"""Kraken's order entry as a gateway has it: on a real table, with a key that opens nothing."""

import json
from pathlib import Path
from typing import Any

import numpy as np

from pinnacle.core.config import InstrumentConfig
from pinnacle.core.credentials import Credentials
from pinnacle.core.instruments import from_config, table
from pinnacle.core.schema import EVENT, Kind, OrderType, Side, TimeInForce, Venue, events_pointer
from pinnacle.gateway.config import GatewayConfig
from pinnacle.gateway.known import KnownOrders
from pinnacle.gateway.table import make_table
from pinnacle.venues.kraken.orders.entry import KrakenOrders
from pinnacle.venues.orders.ids import ClientIds
from pinnacle.venues.orders.port import Answer, Answered, Call, Desk, Heard, Order

NOW_NS = 1_790_000_000_000_000_000
NOW_S = NOW_NS // 1_000_000_000
CONFIGS = [
    InstrumentConfig(symbol="BTC-USD", tick_size="0.1", lot_size="0.0001"),
    InstrumentConfig(symbol="ETH-USD", tick_size="0.01", lot_size="0.001"),
]


class Gateway:
    """An entry, and the orders that it knows of."""

    def __init__(self, folder: Path, tier: str = "starter"):
        made = make_table(GatewayConfig(), live=True)
        self.table, self.now_ns = made, NOW_NS
        self.known = KnownOrders(made, ClientIds(0x123456789AB), {0: 0, 1: 1}, "report")
        rows = table(from_config(CONFIGS, {"kraken": Venue.KRAKEN}))
        desk = Desk(rows, ("BTC/USD", "ETH/USD"), self.known, lambda: self.now_ns, folder)
        self.entry = KrakenOrders(Credentials(key="k" * 56, secret="c2VjcmV0" * 8), desk, tier)
        self._numbers = 0

    def new(self, order_id: int = 1, row: int = 0) -> Order:
        """One that goes out; it is in the table from here on."""
        rows = np.zeros(1, EVENT)
        rows["kind"], rows["order_id"], rows["instrument_id"] = Kind.NEW, order_id, row
        rows["side"], rows["price"], rows["quantity"] = Side.BID, 600_000, 100
        rows["aux"], rows["recv_ns"] = TimeInForce.GTC | OrderType.LIMIT << 8, self.now_ns
        self.table.decide(events_pointer(rows), 1)
        return self.known.of_record(events_pointer(rows)[0])

    def ask(self, call: Call, body: Any, status: int = 200) -> Answered:
        """What it makes of an answer by REST."""
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        return self.entry.answered(call, Answer(status, {}, data))

    def refuse(self, call: Call, words: str) -> Answered:
        """The same of an error."""
        return self.ask(call, {"error": [words]})

    def refuse_on_socket(self, call: Call, words: str) -> Heard:
        """The same on the socket."""
        self._numbers += 1
        said = json.loads(self.entry.frame(call, self._numbers))
        answer = {"method": said["method"], "req_id": self._numbers}
        return self.entry.heard(json.dumps(answer | {"success": False, "error": words}).encode())
