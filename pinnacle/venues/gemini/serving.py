"""Gemini's server: v2 market data."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import msgspec

from pinnacle.venues.gemini.catalogue import GeminiCatalogue
from pinnacle.venues.served.dialect import Client
from pinnacle.venues.served.serving import StreamClient, StreamServed, encode

#: The channel of a tape's frames that are of no symbol.
HEARTBEAT = "heartbeat"


class _Wanted(msgspec.Struct):
    name: str
    symbols: list[str] = []


class _Request(msgspec.Struct):
    type: str
    subscriptions: list[_Wanted] = []


class GeminiServed(StreamServed):
    CATALOGUE = GeminiCatalogue

    def connected(self) -> Client:
        return V2Client(self.books)


class WholeBook(Protocol):
    """A book to begin with; `known`: there is one by now."""

    @property
    def known(self) -> bool: ...

    def sides(self) -> tuple[list[tuple[str, str]], list[tuple[str, str]]]: ...


class V2Client(StreamClient):
    """One WebSocket of market data. `books` by symbol."""

    def __init__(self, books: Mapping[str, WholeBook]):
        super().__init__({})
        self._whole = books

    def answer(self, text: bytes) -> Sequence[bytes]:
        try:
            request = msgspec.json.decode(text, type=_Request)
        except msgspec.DecodeError as error:
            return [_error("MalformedJson", str(error))]
        if request.type not in ("subscribe", "unsubscribe"):
            return [_error("InvalidJson", f"unknown type {request.type}")]
        symbols = [
            s for wanted in request.subscriptions if wanted.name == "l2" for s in wanted.symbols
        ]
        unknown = [symbol for symbol in symbols if symbol not in self._whole]
        if unknown:
            return [_error("InvalidSymbol", f"Invalid symbol {unknown[0]}")]
        names = {f"l2:{symbol}" for symbol in symbols}
        if request.type == "unsubscribe":
            self.channels -= names
            return []
        self.channels |= names | {HEARTBEAT}
        return [self.snapshot(symbol) for symbol in symbols if self._whole[symbol].known]

    def snapshot(self, symbol: str) -> bytes:
        """The first update of a symbol, which is all of its book."""
        bids, asks = self._whole[symbol].sides()
        changes = [("buy", *level) for level in bids] + [("sell", *level) for level in asks]
        body: dict[str, Any] = {"auction_events": [], "changes": changes, "symbol": symbol}
        return encode(body | {"trades": [], "type": "l2_updates"})


def _error(reason: str, message: str) -> bytes:
    return encode({"result": "error", "reason": reason, "message": message})
