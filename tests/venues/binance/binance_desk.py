"""Binance's order entry as a gateway has it: on a real table, with keys that open nothing."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import numpy as np

from pinnacle.core.config import InstrumentConfig
from pinnacle.core.credentials import Credentials
from pinnacle.core.instruments import from_config, table
from pinnacle.core.schema import (
    EVENT,
    Flag,
    Kind,
    OrderType,
    Side,
    TimeInForce,
    Venue,
    events_pointer,
)
from pinnacle.execution.orders import OrderState
from pinnacle.gateway.config import GatewayConfig
from pinnacle.gateway.known import KnownOrders
from pinnacle.gateway.table import make_table
from pinnacle.venues.binance.orders.entry import BinanceOrders
from pinnacle.venues.orders.ids import ClientIds
from pinnacle.venues.orders.port import Answer, Answered, Call, Desk, Heard, Order, Report, What
from pinnacle.venues.orders.records import records

HMAC = Credentials(key="k" * 64, secret="s" * 64)
#: That of fix-api.md, "Signature computation".
ED25519 = Credentials(
    key="e" * 64,
    private_key="-----BEGIN PRIVATE KEY-----\n"
    "MC4CAQAwBQYDK2VwBCIEIIJEYWtGBrhACmb9Dvy+qa8WEf0lQOl1s4CLIAB9m89u\n"
    "-----END PRIVATE KEY-----\n",
)
IDS = ClientIds(0x123456789AB)
#: 2026-09-21T14:13:20Z, and the same in ms.
NOW_NS, NOW_MS = 1_790_000_000_000_000_000, 1_790_000_000_000
CONFIGS = [
    InstrumentConfig(symbol="BTCUSDT", tick_size="0.01", lot_size="0.00001"),
    InstrumentConfig(symbol="ETHUSDT", tick_size="0.01", lot_size="0.0001"),
]


class Gateway:
    """An entry, and the orders that it knows of. `said`: all that it has reported."""

    def __init__(
        self,
        credentials: Credentials = HMAC,
        foreign: str = "report",
        configs: Sequence[InstrumentConfig] = CONFIGS,
    ):
        self.table = make_table(GatewayConfig(), live=True)
        self.known = KnownOrders(self.table, IDS, {0: 0, 1: 1}, foreign)
        self.now_ns = NOW_NS
        rows = table(from_config(configs, {"binance": Venue.BINANCE}))
        names = [config.symbol for config in configs]
        self.entry = BinanceOrders(
            credentials, Desk(rows, names, self.known, lambda: self.now_ns, Path())
        )

    def new(
        self,
        order_id: int = 1,
        row: int = 0,
        side: int = Side.BID,
        price: int = 6_000_000,
        quantity: int = 100,
        tif: int = TimeInForce.GTC,
        kind: int = OrderType.LIMIT,
        post_only: bool = False,
    ) -> Order:
        """One that goes out; it is in the table from here on."""
        rows = np.zeros(1, EVENT)
        rows["kind"], rows["order_id"], rows["instrument_id"] = Kind.NEW, order_id, row
        rows["side"], rows["price"], rows["quantity"] = side, price, quantity
        rows["aux"], rows["flags"] = tif | kind << 8, Flag.POST_ONLY if post_only else 0
        rows["recv_ns"] = self.now_ns
        self._decide(rows)
        return self.known.of_record(events_pointer(rows)[0])

    def deliver(self, reports: Sequence[Report]) -> list[Kind]:
        """As the gateway does; what went on to risk."""
        for report in reports:
            self.known.called(report.order_id, report.venue_id)
        return self._decide(records(reports, [0, 1], self.now_ns, 1, Venue.BINANCE))

    def live(self, order_id: int = 1, venue_id: str = "28", **fields: Any) -> Order:
        """One that the venue has."""
        order = self.new(order_id, **fields)
        ack = Report(Kind.ACK, order_id, order.row, order.side, order.price, order.quantity)
        self.deliver([ack._replace(venue_id=venue_id)])
        return self.order(order_id)

    def order(self, order_id: int = 1) -> Order:
        found = self.known.order(order_id)
        assert found is not None
        return found

    def state(self, order_id: int = 1) -> OrderState | None:
        """None: it has gone."""
        found = self.table.orders.get(order_id)
        return None if found is None else found.state

    def ask(self, call: Call, body: Any, status: int = 200, **headers: str) -> Answered:
        """What it makes of an answer by REST; `headers` with _ for -."""
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.entry.answered(call, Answer(status, named, data))

    def hear(self, said: Any) -> Heard:
        """What it makes of a frame."""
        return self.entry.heard(json.dumps(said).encode())

    def listed(self, *limits: dict[str, Any]) -> None:
        """The venue has named its instruments and limits."""
        rows = [
            {"symbol": name, "baseAsset": name[:3], "quoteAsset": "USDT"}
            for name in ("BTCUSDT", "ETHUSDT")
        ]
        info = {"symbols": rows, "rateLimits": list(limits)}
        assert self.ask(Call(What.NAMES), info) == Answered()

    def _decide(self, rows: np.ndarray) -> list[Kind]:
        count = self.table.decide(events_pointer(rows), len(rows))
        return [Kind(int(kind)) for kind in self.table.decisions.array[:count]["kind"]]


def params_of(target: str, body: bytes = b"") -> tuple[str, dict[str, str]]:
    """A request's path, and its parameters without the signature, which must be the last."""
    url = urlsplit(target)
    pairs = parse_qsl(url.query) + parse_qsl(body.decode())
    assert pairs[-1][0] == "signature"
    return url.path, dict(pairs[:-1])


def row_of(order: Order, **changes: Any) -> dict[str, Any]:
    """An order as Binance's replies have it, resting."""
    return {
        "symbol": "BTCUSDT" if order.row == 0 else "ETHUSDT",
        "orderId": 28,
        "orderListId": -1,
        "clientOrderId": order.client_id,
        "transactTime": NOW_MS,
        "price": "60000.00000000",
        "origQty": "0.00100000",
        "executedQty": "0.00000000",
        "origQuoteOrderQty": "0.00000000",
        "cummulativeQuoteQty": "0.00000000",
        "status": "NEW",
        "timeInForce": "GTC",
        "type": "LIMIT",
        "side": "BUY" if order.side == Side.BID else "SELL",
        "workingTime": NOW_MS,
        "selfTradePreventionMode": "EXPIRE_MAKER",
    } | changes


def trade_row(**changes: Any) -> dict[str, Any]:
    """An execution as lists have it."""
    return {
        "symbol": "BTCUSDT",
        "id": 28457,
        "orderId": 28,
        "orderListId": -1,
        "price": "60000.00000000",
        "qty": "0.00040000",
        "quoteQty": "24.00000000",
        "commission": "0.02400000",
        "commissionAsset": "USDT",
        "time": NOW_MS,
        "isBuyer": True,
        "isMaker": True,
        "isBestMatch": True,
    } | changes


def event_of(order: Order, **changes: Any) -> dict[str, Any]:
    """An executionReport as the stream has it: the order has been accepted."""
    event = {
        "e": "executionReport",
        "E": NOW_MS,
        "s": "BTCUSDT",
        "c": order.client_id,
        "S": "BUY" if order.side == Side.BID else "SELL",
        "o": "LIMIT",
        "f": "GTC",
        "q": "0.00100000",
        "p": "60000.00000000",
        "P": "0.00000000",
        "F": "0.00000000",
        "g": -1,
        "C": "",
        "x": "NEW",
        "X": "NEW",
        "r": "NONE",
        "i": 28,
        "l": "0.00000000",
        "z": "0.00000000",
        "L": "0.00000000",
        "n": "0",
        "N": None,
        "T": NOW_MS,
        "t": -1,
        "I": 8641984,
        "w": True,
        "m": False,
        "M": False,
        "O": NOW_MS,
        "Z": "0.00000000",
        "Y": "0.00000000",
        "Q": "0.00000000",
        "W": NOW_MS,
        "V": "NONE",
    }
    return {"subscriptionId": 0, "event": event | changes}


def trade_of(order: Order, **changes: Any) -> dict[str, Any]:
    """The same of an execution: 0.0004 of 0.001."""
    trade = {
        "x": "TRADE",
        "X": "PARTIALLY_FILLED",
        "l": "0.00040000",
        "L": "60000.00000000",
        "z": "0.00040000",
        "Z": "24.00000000",
        "n": "0.02400000",
        "N": "USDT",
        "t": 28457,
        "m": True,
    }
    return event_of(order, **trade | changes)
