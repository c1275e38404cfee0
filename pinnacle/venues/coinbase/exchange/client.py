"""One WebSocket of Coinbase's: the market for anybody, states of orders for whoever has a key."""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec

from pinnacle.venues.coinbase.exchange.gate import Gate
from pinnacle.venues.coinbase.exchange.shown import now, user_row, user_rows
from pinnacle.venues.coinbase.exchange.words import message
from pinnacle.venues.coinbase.serving import CHANNELS
from pinnacle.venues.served.dialect import Entry
from pinnacle.venues.served.exchange_side import ExchangeClient
from pinnacle.venues.served.house import Account, Event, House
from pinnacle.venues.served.serving import encode

#: Open orders of one frame of a snapshot; one with fewer is its last.
BATCH = 50
_NUMBER = re.compile(rb'"sequence_num":0')
#: What a channel begins with for a row, as an event; None: nothing.
Snapshot = Callable[[str, int], dict[str, Any] | None]


class _Request(msgspec.Struct):
    type: str
    channel: str
    product_ids: list[str] = []
    jwt: str = ""


class CoinbaseClient(ExchangeClient):
    """`rows` by product. Every frame that it is sent has the next number."""

    def __init__(self, house: House, gate: Gate, rows: Mapping[str, int], snapshot: Snapshot):
        self._house, self._gate, self._rows, self._snapshot = house, gate, rows, snapshot
        self._channels: set[str] = set()
        self._confirmed: dict[str, list[str]] = {}
        self._account: Account | None = None
        self._wanted: frozenset[str] = frozenset()
        self._sent = 0

    @property
    def subscribed(self) -> bool:
        return bool(self._channels - {"heartbeats"})

    def skip(self) -> None:
        if self._account is not None:
            self._sent += 1

    def hello(self) -> Sequence[bytes]:
        return ()

    def frame_of(self, entry: Entry) -> bytes | None:
        return self._numbered(entry.frame) if entry.parts.channel in self._channels else None

    def event(self, event: Event) -> Sequence[bytes]:
        product = self._house.terms[event.order.row].name
        if event.order.account is not self._account or not self._wants(product):
            return ()
        rows = user_rows(self._house, event)
        return [self._user("update", [row]) for row in rows]

    def answer(self, text: bytes) -> Sequence[bytes]:
        try:
            request = msgspec.json.decode(text, type=_Request)
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            return [_error(f"failure to parse: {error}")]
        if request.type not in ("subscribe", "unsubscribe"):
            return [_error(f"unknown type {request.type}")]
        unknown = [name for name in request.product_ids if name not in self._rows]
        if unknown:
            return [_error(f"{unknown[0]} is not a valid product")]
        if request.channel == "user":
            return self._follow(request)
        data = CHANNELS.get(request.channel)
        if data is None:
            return [_error(f"unknown channel {request.channel}")]
        return self._public(request, data)

    def _public(self, request: _Request, data: str) -> list[bytes]:
        products = request.product_ids
        names = [data] if data == "heartbeats" else [f"{data}:{name}" for name in products]
        if request.type == "unsubscribe":
            self._channels.difference_update(names)
            self._confirmed.pop(request.channel, None)
            return [self._acknowledged()]
        self._channels.update(names)
        self._confirmed[request.channel] = products or [data]
        replies = [self._acknowledged()]
        for name in products:
            event = self._snapshot(data, self._rows[name])
            if event is not None:
                replies.append(self._said(data, event))
        return replies

    def _follow(self, request: _Request) -> list[bytes]:
        """The user channel; without products it is of all of them."""
        if request.type == "unsubscribe":
            self._account = None
            self._confirmed.pop("user", None)
            return [self._acknowledged()]
        key = self._gate.of_token(request.jwt)
        if key is None:
            return [_error("authentication failure")]
        self._account, self._wanted = key.account, frozenset(request.product_ids)
        self._confirmed["user"] = request.product_ids or [key.account.name]
        rows = [
            user_row(self._house, now(order), "OPEN")
            for order in self._house.live(key.account)
            if self._wants(self._house.terms[order.row].name)
        ]
        batches = [rows[at : at + BATCH] for at in range(0, len(rows) + 1, BATCH)]
        return [self._acknowledged(), *(self._user("snapshot", batch) for batch in batches)]

    def _wants(self, product: str) -> bool:
        return not self._wanted or product in self._wanted

    def _user(self, kind: str, rows: list[dict[str, Any]]) -> bytes:
        positions: dict[str, list[Any]] = {
            "perpetual_futures_positions": [],
            "expiring_futures_positions": [],
        }
        return self._said("user", {"type": kind, "orders": rows, "positions": positions})

    def _acknowledged(self) -> bytes:
        return self._said("subscriptions", {"subscriptions": dict(self._confirmed)})

    def _said(self, channel: str, event: dict[str, Any]) -> bytes:
        return self._numbered(encode(message(channel, self._house.now_ns(), event)))

    def _numbered(self, frame: bytes) -> bytes:
        number = self._sent
        self._sent += 1
        return _NUMBER.sub(b'"sequence_num":%d' % number, frame, count=1)


def _error(words: str) -> bytes:
    return encode({"type": "error", "message": words})
