"""Kraken from its own side: what is in recordings of its WebSocket, v2 or v1, served as v2."""

import re
from collections.abc import Mapping

import numpy as np

from pinnacle.core._native import lib
from pinnacle.core.schema import Venue
from pinnacle.venues.kraken.serving import KrakenServed
from pinnacle.venues.kraken.stream import RECORDS_MAX, KrakenStream, least_depth
from pinnacle.venues.kraken.v1 import is_v1, to_v2
from pinnacle.venues.market.stream import MarketStream, Tell
from pinnacle.venues.port import Sink
from pinnacle.venues.served.dialect import Dialect, Line, Parts, Served, Shown

_SYMBOL = re.compile(rb'"symbol":\s*"([^"]*)"')
_PART = re.compile(rb'\{"channel":\s*"(\w+)",\s*"type":\s*"(\w+)"')
_CHANNEL = re.compile(rb'"channel":\s*"(?:book|trade|ticker|status|heartbeat|instrument)"')


class KrakenDialect(Dialect):
    venue = "kraken"
    venue_id = Venue.KRAKEN
    messages = lib.PMM_WIRE_KRAKEN
    exact_lots = True
    records_max = RECORDS_MAX

    def claims(self, line: Line) -> bool:
        if line.where:
            return ".kraken.com" in line.where
        return is_v1(line.frame) or bool(_CHANNEL.search(line.frame[:200]))

    def symbols(self, frame: bytes) -> list[str]:
        found = _SYMBOL.findall(frame)
        return list(dict.fromkeys(name.decode(errors="replace") for name in found))

    def reads(self, frame: bytes) -> bytes:
        return to_v2(frame) if frame[:1] == b"[" else frame

    def begins_book(self, frame: bytes) -> bool:
        head = _PART.match(frame)
        return head is not None and head[1] == b"book" and head[2] == b"snapshot"

    def parts(self, frame: bytes) -> Parts:
        head, symbols = _PART.match(frame), self.symbols(frame)
        if head is None or not symbols:
            return Parts("", "control", frame)
        channel = head[1].decode()
        return Parts(f"{channel}:{symbols[0]}", channel, frame, symbols[0])

    def served(self, instruments: Mapping[str, np.ndarray], firsts: Mapping[str, bytes]) -> Served:
        sides = [side for frame in firsts.values() for side in frame.partition(b'"asks"')[::2]]
        most = max((side.count(b'"price"') for side in sides), default=0)
        return KrakenServed(self, instruments, least_depth(most))

    def addresses(self, host: str) -> dict[str, str]:
        return {"ws_url": f"wss://{host}/v2", "rest_url": f"https://{host}"}

    def stream(self, instruments: np.ndarray, sink: Sink, tell: Tell, shown: Shown) -> MarketStream:
        return KrakenStream(instruments, None, sink, tell)
