"""Coinbase Advanced Trade's server: every frame of a connection has the next number."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from pinnacle.venues.coinbase.catalogue import CoinbaseCatalogue
from pinnacle.venues.served.dialect import Client, Entry
from pinnacle.venues.served.serving import FollowedBook, StreamClient, StreamServed, encode

_NUMBER = re.compile(rb'"sequence_num":\s*\d+')
_AT = "2026-01-01T00:00:00.000000000Z"
#: What data of a channel is called, by the name under which it is subscribed.
CHANNELS = {
    "level2": "l2_data",
    "market_trades": "market_trades",
    "ticker": "ticker",
    "heartbeats": "heartbeats",
}


class _Request(msgspec.Struct):
    type: str
    channel: str
    product_ids: list[str] = []


class CoinbaseServed(StreamServed):
    CATALOGUE = CoinbaseCatalogue

    def connected(self) -> Client:
        return _Client(self.books)


class _Client(StreamClient):
    def __init__(self, books: Mapping[str, FollowedBook]):
        super().__init__(books)
        self._sent = 0

    def answer(self, text: bytes) -> Sequence[bytes]:
        try:
            request = msgspec.json.decode(text, type=_Request)
        except msgspec.DecodeError as error:
            return [encode({"type": "error", "message": f"failure to parse: {error}"})]
        data = CHANNELS.get(request.channel)
        if data is None or request.type not in ("subscribe", "unsubscribe"):
            return [encode({"type": "error", "message": f"unknown channel {request.channel}"})]
        unknown = [name for name in request.product_ids if name not in self.books]
        if unknown:
            return [encode({"type": "error", "message": f"{unknown[0]} is not a valid product"})]
        names = [data] if data == "heartbeats" else [f"{data}:{p}" for p in request.product_ids]
        if request.type == "unsubscribe":
            self.channels.difference_update(names)
            return [self._acknowledged(request)]
        self.channels.update(names)
        replies = [self._acknowledged(request)]
        if data == "l2_data":
            known = [name for name in request.product_ids if self.books[name].known]
            replies += [self._snapshot(name) for name in known]
        return replies

    def frame_of(self, entry: Entry) -> bytes | None:
        frame = super().frame_of(entry)
        return None if frame is None else _NUMBER.sub(self._next(), frame, count=1)

    def _next(self) -> bytes:
        number = self._sent
        self._sent += 1
        return b'"sequence_num":%d' % number

    def _message(self, channel: str, event: dict[str, Any]) -> bytes:
        body = {"channel": channel, "timestamp": _AT, "sequence_num": 0, "events": [event]}
        return _NUMBER.sub(self._next(), encode(body), count=1)

    def _acknowledged(self, request: _Request) -> bytes:
        return self._message(
            "subscriptions", {"subscriptions": {request.channel: request.product_ids}}
        )

    def _snapshot(self, product: str) -> bytes:
        bids, asks = self.books[product].sides()
        updates = [
            {"side": side, "event_time": _AT, "price_level": price, "new_quantity": quantity}
            for side, levels in (("bid", bids), ("offer", asks))
            for price, quantity in levels
        ]
        event = {"type": "snapshot", "product_id": product, "updates": updates}
        return self._message("l2_data", event)
