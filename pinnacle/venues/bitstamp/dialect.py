"""Bitstamp from its own side: what is in recordings of its WebSocket and its REST books."""

import re
from collections.abc import Mapping
from urllib.parse import urlsplit

import numpy as np

from pinnacle.core._native import lib
from pinnacle.core.schema import Venue
from pinnacle.venues.bitstamp.serving import BitstampServed
from pinnacle.venues.bitstamp.stream import RECORDS_MAX, BitstampStream
from pinnacle.venues.market.stream import MarketStream, Tell
from pinnacle.venues.port import Sink
from pinnacle.venues.served.dialect import Dialect, Line, LineKind, Parts, Served, Shown

_CHANNEL = re.compile(
    rb'"channel":\s*"(?:diff_order_book|order_book|live_trades|live_orders)_([^"]*)"'
)
_BOOK = re.compile(rb'\{"(?:micro)?timestamp":\s*"\d+",\s*"(?:micro)?timestamp":\s*"\d+",\s*"bids"')
_BOOKS_AT = "/order_book/"


class BitstampDialect(Dialect):
    venue = "bitstamp"
    venue_id = Venue.BITSTAMP
    messages = lib.PMM_WIRE_BITSTAMP
    exact_lots = True
    records_max = RECORDS_MAX

    def claims(self, line: Line) -> bool:
        if line.where:
            return ".bitstamp.net" in line.where
        return b'"bts:' in line.frame or bool(_CHANNEL.search(line.frame))

    def symbols(self, frame: bytes) -> list[str]:
        found = _CHANNEL.search(frame)
        return [found[1].decode(errors="replace")] if found else []

    def book_of(self, line: Line) -> str | None:
        if line.kind is LineKind.REPLY:
            path = urlsplit(line.where).path
            return path.rstrip("/").rpartition("/")[2] if _BOOKS_AT in path else None
        return "" if _BOOK.match(line.frame) else None

    def parts(self, frame: bytes) -> Parts:
        channel = _CHANNEL.search(frame)
        if channel is None or b'"bts:' in frame:
            return Parts("", "control", frame)
        name, symbol = channel[0].rpartition(b'"')[0].rpartition(b'"')[2], channel[1]
        return Parts(name.decode(), "channel", frame, symbol.decode(errors="replace"))

    def served(self, instruments: Mapping[str, np.ndarray], firsts: Mapping[str, bytes]) -> Served:
        return BitstampServed(self, instruments, firsts)

    def addresses(self, host: str) -> dict[str, str]:
        return {"ws_url": f"wss://{host}", "rest_url": f"https://{host}"}

    def stream(self, instruments: np.ndarray, sink: Sink, tell: Tell, shown: Shown) -> MarketStream:
        return BitstampStream(instruments, None, sink, tell)
