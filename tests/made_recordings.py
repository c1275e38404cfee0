"""Recordings of all venues that tests make for themselves: two books that wander, trades between.

The form is that of `pinnacle capture record`. Each venue writes the same market in its own words.
"""

import datetime
import json
import random
import zlib
from abc import ABC, abstractmethod
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from tests.venues.samples import text

START_NS, STEP_NS = 1_786_313_194_672_000_000, 10_000_000
LEVELS, MIDDLE = 30, 1_000_000


class Change(NamedTuple):
    """A level: `side` is "bids" or "asks"; the new quantity, 0 removes."""

    side: str
    price: int
    quantity: int


def price_text(ticks: int) -> str:
    return f"{ticks // 100}.{ticks % 100:02d}"


def quantity_text(lots: int) -> str:
    return f"{lots // 10**8}.{lots % 10**8:08d}"


class Walk:
    """One instrument's book, about so many levels a side, never crossed."""

    def __init__(self, seed: int):
        self._random = random.Random(seed)
        self.sides: dict[str, dict[int, int]] = {"bids": {}, "asks": {}}
        for away in range(1, LEVELS + 1):
            self.sides["bids"][MIDDLE - away] = self._size()
            self.sides["asks"][MIDDLE + away] = self._size()

    def step(self) -> list[Change]:
        """A few levels change; the best may go, or a better one come."""
        changes: dict[tuple[str, int], int] = {}
        for _ in range(self._random.randint(1, 5)):
            side, sign = self._random.choice([("bids", -1), ("asks", 1)])
            own, other = self.sides[side], self.sides["asks" if side == "bids" else "bids"]
            best, limit = (max, min) if side == "bids" else (min, max)
            price = best(own) + sign * self._random.randint(-2, 12)
            if sign * price <= sign * limit(other):
                continue
            gone = price in own and len(own) > LEVELS // 2 and self._random.random() < 0.4
            quantity = 0 if gone else self._size()
            if quantity:
                own[price] = quantity
            else:
                del own[price]
            changes[side, price] = quantity
        return [Change(side, price, quantity) for (side, price), quantity in changes.items()]

    def best(self, side: str, count: int = 10**6) -> list[tuple[int, int]]:
        """(price, quantity), best first."""
        return sorted(self.sides[side].items(), reverse=side == "bids")[:count]

    def _size(self) -> int:
        return self._random.randint(1, 5 * 10**8)


class Writer(ABC):
    """One venue's words. A line is (kind, more members): recv, or http with its url."""

    URL: str
    #: How its symbols are written.
    SYMBOLS: tuple[str, str]

    def lines(self, steps: int) -> Iterator[dict[str, Any]]:
        walks = [Walk(seed) for seed in (1, 2)]
        at_ns, chance, sold = START_NS, random.Random(3), [0, 0]
        yield {"t": "connect", "ns": at_ns, "addr": self.URL}
        for symbol, walk in zip(self.SYMBOLS, walks, strict=True):
            yield {"ns": at_ns} | self.begin(symbol, walk, at_ns)
        for step in range(steps):
            at_ns += STEP_NS
            row = step % 2
            symbol, walk = self.SYMBOLS[row], walks[row]
            if changes := walk.step():
                yield from self._recv(at_ns, self.update(symbol, walk, changes, at_ns))
            if chance.random() < 0.2:
                price, _ = walk.best("bids", 1)[0]
                sold[row] += 1
                yield from self._recv(at_ns, self.trade(symbol, sold[row], price, at_ns))

    def _recv(self, at_ns: int, frame: bytes) -> Iterator[dict[str, Any]]:
        yield {"t": "recv", "ns": at_ns, "data": frame.decode()}

    @abstractmethod
    def begin(self, symbol: str, walk: Walk, at_ns: int) -> dict[str, Any]:
        """The line with the whole book."""

    @abstractmethod
    def update(self, symbol: str, walk: Walk, changes: list[Change], at_ns: int) -> bytes: ...

    @abstractmethod
    def trade(self, symbol: str, number: int, price: int, at_ns: int) -> bytes:
        """A sale of 0.01 at this price."""


def pairs(levels: list[tuple[int, int]]) -> list[list[str]]:
    return [[price_text(price), quantity_text(quantity)] for price, quantity in levels]


def changed(changes: list[Change], side: str) -> list[list[str]]:
    return pairs([(c.price, c.quantity) for c in changes if c.side == side])


def instant(at_ns: int) -> str:
    whole = datetime.datetime.fromtimestamp(at_ns // 10**9, datetime.UTC)
    return f"{whole:%Y-%m-%dT%H:%M:%S}.{at_ns % 10**9 // 1000:06d}Z"


class Binance(Writer):
    URL = "wss://stream.binance.com:9443/stream"
    SYMBOLS = ("BTCUSDT", "ETHUSDT")

    def __init__(self) -> None:
        self._ids: dict[str, int] = {}

    def begin(self, symbol: str, walk: Walk, at_ns: int) -> dict[str, Any]:
        body = {"lastUpdateId": 0} | {side: pairs(walk.best(side)) for side in walk.sides}
        url = f"https://api.binance.com/api/v3/depth?symbol={symbol}&limit=1000"
        return {"t": "http", "url": url, "data": text(body).decode()}

    def update(self, symbol: str, walk: Walk, changes: list[Change], at_ns: int) -> bytes:
        first = self._ids.setdefault(symbol, 0) + 1
        self._ids[symbol] = first + len(changes) - 1
        data = {"e": "depthUpdate", "E": at_ns // 10**6, "s": symbol, "U": first}
        data |= {
            "u": self._ids[symbol],
            "b": changed(changes, "bids"),
            "a": changed(changes, "asks"),
        }
        return text({"stream": f"{symbol.lower()}@depth@100ms", "data": data})

    def trade(self, symbol: str, number: int, price: int, at_ns: int) -> bytes:
        data = {"e": "trade", "E": at_ns // 10**6, "s": symbol, "t": number, "p": price_text(price)}
        data |= {"q": "0.01000000", "T": at_ns // 10**6, "m": True}
        return text({"stream": f"{symbol.lower()}@trade", "data": data})


class Bitstamp(Writer):
    URL = "wss://ws.bitstamp.net"
    SYMBOLS = ("btcusd", "ethusd")

    def begin(self, symbol: str, walk: Walk, at_ns: int) -> dict[str, Any]:
        body = self._stamp(at_ns) | {side: pairs(walk.best(side)) for side in walk.sides}
        url = f"https://www.bitstamp.net/api/v2/order_book/{symbol}/"
        return {"t": "http", "url": url, "data": text(body).decode()}

    def update(self, symbol: str, walk: Walk, changes: list[Change], at_ns: int) -> bytes:
        data = self._stamp(at_ns) | {side: changed(changes, side) for side in walk.sides}
        return text({"data": data, "channel": f"diff_order_book_{symbol}", "event": "data"})

    def trade(self, symbol: str, number: int, price: int, at_ns: int) -> bytes:
        row = {"id": number, "amount": 0.01, "amount_str": "0.01000000", "type": 1}
        row |= {"price_str": price_text(price), "microtimestamp": str(at_ns // 1000)}
        return text({"data": row, "channel": f"live_trades_{symbol}", "event": "trade"})

    def _stamp(self, at_ns: int) -> dict[str, Any]:
        return {"timestamp": str(at_ns // 10**9), "microtimestamp": str(at_ns // 1000)}


class Coinbase(Writer):
    URL = "wss://advanced-trade-ws.coinbase.com"
    SYMBOLS = ("BTC-USD", "ETH-USD")

    def __init__(self) -> None:
        self._number = 0

    def begin(self, symbol: str, walk: Walk, at_ns: int) -> dict[str, Any]:
        every = [Change(side, *level) for side in walk.sides for level in walk.best(side)]
        return {"t": "recv", "data": self._levels("snapshot", symbol, every, at_ns).decode()}

    def update(self, symbol: str, walk: Walk, changes: list[Change], at_ns: int) -> bytes:
        return self._levels("update", symbol, changes, at_ns)

    def trade(self, symbol: str, number: int, price: int, at_ns: int) -> bytes:
        row = {"product_id": symbol, "trade_id": str(number), "price": price_text(price)}
        row |= {"size": "0.01", "side": "BUY", "time": instant(at_ns)}
        return self._frame("market_trades", at_ns, type="update", trades=[row])

    def _levels(self, kind: str, symbol: str, changes: list[Change], at_ns: int) -> bytes:
        rows = [
            {
                "side": "bid" if change.side == "bids" else "offer",
                "event_time": instant(at_ns),
                "price_level": price_text(change.price),
                "new_quantity": quantity_text(change.quantity),
            }
            for change in changes
        ]
        return self._frame("l2_data", at_ns, type=kind, product_id=symbol, updates=rows)

    def _frame(self, channel: str, at_ns: int, **event: Any) -> bytes:
        head = {"channel": channel, "timestamp": instant(at_ns), "sequence_num": self._number}
        self._number += 1
        return text(head | {"events": [event]})


class CoinbaseExchange(Writer):
    URL = "wss://ws-feed.exchange.coinbase.com"
    SYMBOLS = ("BTC-USD", "ETH-USD")

    def begin(self, symbol: str, walk: Walk, at_ns: int) -> dict[str, Any]:
        sides = {side: pairs(walk.best(side)) for side in walk.sides}
        return {
            "t": "recv",
            "data": text({"type": "snapshot", "product_id": symbol} | sides).decode(),
        }

    def update(self, symbol: str, walk: Walk, changes: list[Change], at_ns: int) -> bytes:
        rows = [
            ["buy" if c.side == "bids" else "sell", price_text(c.price), quantity_text(c.quantity)]
            for c in changes
        ]
        head = {"type": "l2update", "product_id": symbol, "changes": rows}
        return text(head | {"time": instant(at_ns)})

    def trade(self, symbol: str, number: int, price: int, at_ns: int) -> bytes:
        row = {"type": "match", "trade_id": number, "side": "buy", "size": "0.01000000"}
        row |= {"price": price_text(price), "product_id": symbol, "sequence": number}
        return text(row | {"time": instant(at_ns)})


class Gemini(CoinbaseExchange):
    URL = "wss://api.gemini.com/v2/marketdata"
    SYMBOLS = ("BTCUSD", "ETHUSD")

    def begin(self, symbol: str, walk: Walk, at_ns: int) -> dict[str, Any]:
        every = [Change(side, *level) for side in walk.sides for level in walk.best(side)]
        frame = self._levels(symbol, every) | {"trades": []}
        return {"t": "recv", "data": text(frame).decode()}

    def update(self, symbol: str, walk: Walk, changes: list[Change], at_ns: int) -> bytes:
        return text(self._levels(symbol, changes))

    def trade(self, symbol: str, number: int, price: int, at_ns: int) -> bytes:
        row = {"type": "trade", "symbol": symbol, "tid": number, "event_id": number}
        row |= {"price": price_text(price), "quantity": "0.01", "side": "sell"}
        return text(row | {"timestamp": at_ns // 10**6})

    def _levels(self, symbol: str, changes: list[Change]) -> dict[str, Any]:
        rows = [
            ["buy" if c.side == "bids" else "sell", price_text(c.price), quantity_text(c.quantity)]
            for c in changes
        ]
        return {"type": "l2_updates", "symbol": symbol, "changes": rows}


class Kraken(Writer):
    URL = "wss://ws.kraken.com/v2"
    SYMBOLS = ("BTC/USD", "ETH/USD")

    def begin(self, symbol: str, walk: Walk, at_ns: int) -> dict[str, Any]:
        every = [Change(side, *level) for side in walk.sides for level in walk.best(side)]
        return {"t": "recv", "data": self._book("snapshot", symbol, walk, every, at_ns).decode()}

    def update(self, symbol: str, walk: Walk, changes: list[Change], at_ns: int) -> bytes:
        return self._book("update", symbol, walk, changes, at_ns)

    def trade(self, symbol: str, number: int, price: int, at_ns: int) -> bytes:
        row = f'{{"symbol":"{symbol}","side":"sell","price":{price_text(price)},"qty":0.01000000'
        row += f',"ord_type":"limit","trade_id":{number},"timestamp":"{instant(at_ns)}"}}'
        return f'{{"channel":"trade","type":"update","data":[{row}]}}'.encode()

    def _book(self, kind: str, symbol: str, walk: Walk, changes: list[Change], at_ns: int) -> bytes:
        sides = {
            side: ",".join(
                f'{{"price":{price_text(c.price)},"qty":{quantity_text(c.quantity)}}}'
                for c in changes
                if c.side == side
            )
            for side in walk.sides
        }
        row = f'{{"symbol":"{symbol}","bids":[{sides["bids"]}],"asks":[{sides["asks"]}]'
        row += f',"checksum":{checksum(walk)},"timestamp":"{instant(at_ns)}"}}'
        return f'{{"channel":"book","type":"{kind}","data":[{row}]}}'.encode()


def checksum(walk: Walk) -> int:
    """Kraken's: the ten best asks, then bids, each number without its point and leading zeros."""
    levels = walk.best("asks", 10) + walk.best("bids", 10)
    texts = (t for price, lots in levels for t in (price_text(price), quantity_text(lots)))
    return zlib.crc32("".join(t.replace(".", "").lstrip("0") for t in texts).encode())


WRITERS = {
    "binance": Binance,
    "bitstamp": Bitstamp,
    "coinbase": Coinbase,
    "coinbase_exchange": CoinbaseExchange,
    "gemini": Gemini,
    "kraken": Kraken,
}


def make_recording(folder: Path, venue: str, steps: int = 1500) -> Path:
    """Write a recording of this venue: half a minute at 10 ms a step."""
    path = folder / f"{venue}.jsonl"
    writer = WRITERS[venue]()
    symbols = list(writer.SYMBOLS)
    head = {"t": "header", "venue": venue, "symbols": symbols, "format": 1}
    with path.open("w", encoding="utf-8") as file:
        for line in (head, *writer.lines(steps)):
            file.write(json.dumps(line, separators=(",", ":")) + "\n")
    return path
