"""Coinbase Exchange from its own side: what is in recordings of its feed and its fetched books."""

import re
from collections.abc import Mapping
from urllib.parse import parse_qs, urlsplit

import numpy as np

from pinnacle.core._native import lib
from pinnacle.core.schema import Venue
from pinnacle.venues.coinbase_exchange.serving import BOOK, CoinbaseExchangeServed
from pinnacle.venues.coinbase_exchange.stream import RECORDS_MAX, CoinbaseExchangeStream
from pinnacle.venues.market.stream import MarketStream, Tell
from pinnacle.venues.port import Sink
from pinnacle.venues.served.dialect import Dialect, Line, LineKind, Parts, Served, Shown

_PRODUCT = re.compile(rb'"product_id":\s*"([^"]*)"')
_TYPE = re.compile(
    rb'"type":\s*"(?:snapshot|l2update|ticker|match|last_match|received|open|change|done)"'
)
_ANY = re.compile(rb'"type":\s*"(\w+)"')
_CHANNELS = {
    "snapshot": "level2",
    "l2update": "level2",
    "match": "matches",
    "last_match": "matches",
    "ticker": "ticker",
    "heartbeat": "heartbeat",
    "received": "full",
    "open": "full",
    "change": "full",
    "done": "full",
}
_HOSTS = ("ws-feed", "ws-direct", "api.exchange.coinbase", "pro.coinbase")


class CoinbaseExchangeDialect(Dialect):
    venue = "coinbase_exchange"
    venue_id = Venue.COINBASE_EXCHANGE
    messages = lib.PMM_WIRE_COINBASE_EXCHANGE
    exact_lots = True
    records_max = RECORDS_MAX
    trades_numbered = True

    def claims(self, line: Line) -> bool:
        if line.where:
            return any(host in line.where for host in _HOSTS)
        head = line.frame[:400]
        return bool(_TYPE.search(head) and _PRODUCT.search(head))

    def symbols(self, frame: bytes) -> list[str]:
        found = _PRODUCT.search(frame)
        return [found[1].decode(errors="replace")] if found else []

    def book_of(self, line: Line) -> str | None:
        if line.kind is not LineKind.REPLY:
            return None
        where = urlsplit(line.where)
        found = BOOK.fullmatch(where.path)
        return found[1] if found and parse_qs(where.query).get("level") == ["3"] else None

    def begins_book(self, frame: bytes) -> bool:
        return b'"snapshot"' in frame[:200]

    def parts(self, frame: bytes) -> Parts:
        kind, product = _ANY.search(frame), _PRODUCT.search(frame)
        name = None if kind is None else _CHANNELS.get(kind[1].decode())
        if name is None or product is None:
            return Parts("", "control", frame)
        symbol = product[1].decode(errors="replace")
        return Parts(f"{name}:{symbol}", name, frame, symbol)

    def served(self, instruments: Mapping[str, np.ndarray], firsts: Mapping[str, bytes]) -> Served:
        return CoinbaseExchangeServed(self, instruments, firsts)

    def addresses(self, host: str) -> dict[str, str]:
        return {"ws_url": f"wss://{host}", "rest_url": f"https://{host}"}

    def stream(self, instruments: np.ndarray, sink: Sink, tell: Tell, shown: Shown) -> MarketStream:
        return CoinbaseExchangeStream(instruments, None, sink, tell)
