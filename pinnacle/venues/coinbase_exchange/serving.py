"""Coinbase Exchange's server: the WebSocket feed."""

from collections.abc import Sequence
from typing import Any

import msgspec

from pinnacle.venues.coinbase_exchange.catalogue import CoinbaseExchangeCatalogue
from pinnacle.venues.dialect import Client
from pinnacle.venues.serving import StreamClient, StreamServed, encode

#: What a subscription to a channel brings, by the names of the parts of a tape.
CHANNELS = {"level2": "level2", "level2_batch": "level2", "matches": "matches", "ticker": "ticker"}
CHANNELS["heartbeat"] = "heartbeat"


class _Request(msgspec.Struct):
    type: str
    product_ids: list[str] = []
    channels: list[str] = []


class CoinbaseExchangeServed(StreamServed):
    CATALOGUE = CoinbaseExchangeCatalogue

    def connected(self) -> Client:
        return _Client(self.books)


class _Client(StreamClient):
    def answer(self, text: bytes) -> Sequence[bytes]:
        try:
            request = msgspec.json.decode(text, type=_Request)
        except msgspec.DecodeError as error:
            return [_error("Malformed JSON", str(error))]
        unknown = [name for name in request.product_ids if name not in self.books]
        if unknown:
            return [_error("Failed to subscribe", f"{unknown[0]} is not a valid product")]
        strange = [name for name in request.channels if name not in CHANNELS]
        if strange or request.type not in ("subscribe", "unsubscribe"):
            return [_error("Failed to subscribe", f"{strange or request.type} is not valid")]
        names = {
            f"{CHANNELS[channel]}:{product}"
            for channel in request.channels
            for product in request.product_ids
        }
        if request.type == "unsubscribe":
            self.channels -= names
            return [self._subscriptions(request)]
        self.channels |= names
        books = {name for name in names if name.startswith("level2:")}
        known = [name for name in request.product_ids if self.books[name].known and books]
        return [self._subscriptions(request), *(self._snapshot(name) for name in known)]

    def _subscriptions(self, request: _Request) -> bytes:
        told = [{"name": name, "product_ids": request.product_ids} for name in request.channels]
        return encode({"type": "subscriptions", "channels": told})

    def _snapshot(self, product: str) -> bytes:
        bids, asks = self.books[product].sides()
        head: dict[str, Any] = {"type": "snapshot", "product_id": product}
        return encode(head | {"bids": bids, "asks": asks})


def _error(message: str, reason: str) -> bytes:
    return encode({"type": "error", "message": message, "reason": reason})
