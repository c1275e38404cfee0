"""Gemini from its own side: what is in recordings of its v2 market data."""

import re
from collections.abc import Mapping

import numpy as np

from pinnacle.core._native import lib
from pinnacle.core.schema import Venue
from pinnacle.venues.gemini.serving import HEARTBEAT, GeminiServed
from pinnacle.venues.gemini.stream import RECORDS_MAX, GeminiV2Stream
from pinnacle.venues.market.stream import MarketStream, Tell
from pinnacle.venues.port import Sink
from pinnacle.venues.served.dialect import Dialect, Line, Parts, Served, Shown

_SYMBOL = re.compile(rb'"symbol":\s*"([^"]*)"')


class GeminiDialect(Dialect):
    venue = "gemini"
    venue_id = Venue.GEMINI
    messages = lib.PMM_WIRE_GEMINI_V2
    records_max = RECORDS_MAX

    def claims(self, line: Line) -> bool:
        if line.where:
            return ".gemini.com" in line.where
        return b'"l2_updates"' in line.frame

    def symbols(self, frame: bytes) -> list[str]:
        found = _SYMBOL.findall(frame)
        return list(dict.fromkeys(name.decode(errors="replace") for name in found))

    def begins_book(self, frame: bytes) -> bool:
        return b'"l2_updates"' in frame and b'"trades"' in frame

    def parts(self, frame: bytes) -> Parts:
        symbols = self.symbols(frame)
        if symbols:
            return Parts(f"l2:{symbols[0]}", "l2", frame, symbols[0])
        return Parts(HEARTBEAT if b'"heartbeat"' in frame else "", "control", frame)

    def served(self, instruments: Mapping[str, np.ndarray], firsts: Mapping[str, bytes]) -> Served:
        return GeminiServed(self, instruments)

    def addresses(self, host: str) -> dict[str, str]:
        return {"ws_url": f"wss://{host}/v2/marketdata", "rest_url": f"https://{host}"}

    def stream(self, instruments: np.ndarray, sink: Sink, tell: Tell, shown: Shown) -> MarketStream:
        return GeminiV2Stream(instruments, None, sink, tell)
