"""Binance from its own side: what is in a capture of its combined stream.

A capture is one symbol's frames of `/stream`, and among them one REST depth snapshot, inline, where
the recorder received it.
"""

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs, urlsplit

import numpy as np

from pinnacle.core._native import lib
from pinnacle.core.schema import Venue
from pinnacle.venues.binance.serving import BinanceServed
from pinnacle.venues.binance.stream import DEPTH_LIMITS, RECORDS_MAX, BinanceStream, bound
from pinnacle.venues.market.codec import FrameError, MessageKind
from pinnacle.venues.market.stream import MarketStream, Tell
from pinnacle.venues.port import Sink, Top
from pinnacle.venues.served.dialect import (
    Dialect,
    Line,
    Parts,
    Served,
    Shown,
)

SYMBOL = re.compile(rb'"s":"([^"]*)"')
BOOK = b'{"lastUpdateId"'
STREAM = re.compile(rb'\{"stream":"([^"@]+@([^"@]+)[^"]*)","data":')


class BinanceDialect(Dialect):
    venue = "binance"
    venue_id = Venue.BINANCE
    messages = lib.PMM_WIRE_BINANCE
    decimals = (8, 8)
    records_max = RECORDS_MAX
    trades_numbered = True

    def claims(self, line: Line) -> bool:
        if line.where:
            return ".binance." in line.where
        return bool(STREAM.match(line.frame)) or line.frame.startswith(BOOK)

    def symbols(self, frame: bytes) -> list[str]:
        found = SYMBOL.search(frame)
        return [found[1].decode(errors="replace")] if found else []

    def book_of(self, line: Line) -> str | None:
        if not line.frame.startswith(BOOK):
            return None
        return parse_qs(urlsplit(line.where).query).get("symbol", [""])[0]

    def parts(self, frame: bytes) -> Parts:
        head = STREAM.match(frame)
        if head is None:
            raise FrameError("not a frame of a combined stream")
        symbol = "".join(self.symbols(frame))
        return Parts(head[1].decode(), head[2].decode(), frame[head.end() : -1], symbol)

    def stream(self, instruments: np.ndarray, sink: Sink, tell: Tell, shown: Shown) -> MarketStream:
        return _Judged(instruments, sink, tell, shown)

    def served(self, instruments: Mapping[str, np.ndarray], firsts: Mapping[str, bytes]) -> Served:
        return BinanceServed(self, instruments)

    def addresses(self, host: str) -> dict[str, str]:
        return {"ws_url": f"wss://{host}/stream", "rest_url": f"https://{host}"}


class _Judged(BinanceStream):
    """The stream of a session, without its depth_limit: no snapshot but the one can be had. So the
    venue's best prices do not make a book begin anew: they are shown."""

    def __init__(self, instruments: np.ndarray, sink: Sink, tell: Tell, shown: Shown):
        super().__init__(instruments, sink, tell)
        self._shown = shown
        self.watches()
        self._known = [(-(2**63), 2**63)] * len(self.rows)

    def taken(self, part: Any, recv_ns: int) -> None:
        MarketStream.taken(self, part, recv_ns)
        watch = self._watches[part.row]
        if part.kind == MessageKind.TOP:
            event = self.codec.events.cdata[part.first]
            top = (event.price, event.quantity, event.order_id, event.aux)
            self._show(part.row, watch.show(part.final_id, top))
        elif part.kind == MessageKind.DEPTH:
            self._show(part.row, watch.advance(part.final_id))

    def begins(self, row: int, records: np.ndarray) -> None:
        """How far the snapshot shows each side."""
        copy = records.copy()
        bound(copy, DEPTH_LIMITS)
        bounded = int(copy[0]["quantity"])
        low = int(copy[0]["price"]) if bounded & lib.PMM_BOUND_BIDS else -(2**63)
        high = int(copy[0]["order_id"]) if bounded & lib.PMM_BOUND_ASKS else 2**63
        self._known[row] = low, high

    def begun(self, row: int, recv_ns: int) -> None:
        self._watches[row].forget()
        self._show(row, self._watches[row].advance(self.syncs[row].last_id))

    def _show(self, row: int, shown: Top | None) -> None:
        if shown is not None:
            self.flush()
            bid, _, ask, _ = shown
            low, high = self._known[row]
            self._shown(row, shown, bid < low or ask > high)
