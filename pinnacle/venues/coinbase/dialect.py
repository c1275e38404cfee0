"""Coinbase Advanced Trade from its own side: what is in recordings of its WebSocket."""

import re
from collections.abc import Mapping

import numpy as np

from pinnacle.core._native import lib
from pinnacle.core.schema import Venue
from pinnacle.venues.coinbase.serving import CoinbaseServed
from pinnacle.venues.coinbase.stream import RECORDS_MAX, CoinbaseStream
from pinnacle.venues.market.codec import Codec
from pinnacle.venues.market.inline import InlineStream
from pinnacle.venues.market.stream import MarketStream, Tell
from pinnacle.venues.port import Sink
from pinnacle.venues.served.dialect import Dialect, Line, Parts, Served, Shown

_CHANNEL = re.compile(rb'"channel":\s*"(\w+)"')
_PRODUCT = re.compile(rb'"product_id":\s*"([^"]*)"')


class CoinbaseDialect(Dialect):
    venue = "coinbase"
    venue_id = Venue.COINBASE
    messages = lib.PMM_WIRE_COINBASE
    records_max = RECORDS_MAX
    trades_numbered = True

    def claims(self, line: Line) -> bool:
        if line.where:
            return "advanced-trade-ws" in line.where or "/brokerage/" in line.where
        return b'"sequence_num"' in line.frame[:400] and b'"channel"' in line.frame[:400]

    def symbols(self, frame: bytes) -> list[str]:
        found = _PRODUCT.findall(frame)
        return list(dict.fromkeys(name.decode(errors="replace") for name in found))

    def begins_book(self, frame: bytes) -> bool:
        head = frame[:400]
        return b'"l2_data"' in head and b'"snapshot"' in head

    def parts(self, frame: bytes) -> Parts:
        channel = _CHANNEL.search(frame)
        if channel is None:
            return Parts("", "control", frame)
        name, product = channel[1].decode(), _PRODUCT.search(frame)
        if name == "heartbeats":
            return Parts(name, name, frame)
        if product is None:
            return Parts("", "control", frame)
        symbol = product[1].decode(errors="replace")
        return Parts(f"{name}:{symbol}", name, frame, symbol)

    def followed(self, instruments: np.ndarray, sink: Sink) -> MarketStream:
        """Numbers are of a connection: an instrument has some of them."""
        return InlineStream(Codec(self.messages, instruments, None, RECORDS_MAX), sink)

    def served(self, instruments: Mapping[str, np.ndarray], firsts: Mapping[str, bytes]) -> Served:
        return CoinbaseServed(self, instruments)

    def addresses(self, host: str) -> dict[str, str]:
        return {"ws_url": f"wss://{host}", "rest_url": f"https://{host}"}

    def stream(self, instruments: np.ndarray, sink: Sink, tell: Tell, shown: Shown) -> MarketStream:
        return CoinbaseStream(instruments, None, sink, tell)
