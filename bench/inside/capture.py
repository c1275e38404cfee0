"""Recordings through the check, and through a JSON decoder into books of Python's dicts."""

import importlib
import importlib.util
import math
from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path
from time import perf_counter
from typing import Any

import msgspec

from bench.inside.measure import begin, emit
from pinnacle.capture.check import check_capture
from pinnacle.capture.instruments import guess_dialect
from pinnacle.capture.reading import read_capture
from pinnacle.venues.served.dialect import LineKind

#: (symbol, whether it is a whole book, bids, asks), levels as the venue writes them.
Change = tuple[str, bool, list[Any], list[Any]]
#: A short recording is checked so often that a round is worth timing.
LEVELS = 200_000


class DictBook:
    """As one writes it in Python; a best price is looked for when it is gone."""

    def __init__(self) -> None:
        self.bids: dict[float, float] = {}
        self.asks: dict[float, float] = {}
        self.bid, self.ask = -math.inf, math.inf

    def change(self, whole: bool, bids: list[Any], asks: list[Any]) -> bool:
        """Whether it is crossed now."""
        if whole:
            self.bids.clear()
            self.asks.clear()
            self.bid, self.ask = -math.inf, math.inf
        for price, quantity in bids:
            price = float(price)
            if float(quantity):
                self.bids[price] = float(quantity)
                if price > self.bid:
                    self.bid = price
            elif self.bids.pop(price, None) is not None and price == self.bid:
                self.bid = max(self.bids, default=-math.inf)
        for price, quantity in asks:
            price = float(price)
            if float(quantity):
                self.asks[price] = float(quantity)
                if price < self.ask:
                    self.ask = price
            elif self.asks.pop(price, None) is not None and price == self.ask:
                self.ask = min(self.asks, default=math.inf)
        return self.bid >= self.ask


def binance(message: Any) -> Iterator[Change]:
    """Of a recording of one symbol: a book that was fetched does not say of which it is."""
    data = message.get("data", message)
    if "lastUpdateId" in data:
        yield "", True, data["bids"], data["asks"]
    elif data.get("e") == "depthUpdate":
        yield "", False, data["b"], data["a"]


def bitstamp(message: Any) -> Iterator[Change]:
    data, channel = message.get("data"), message.get("channel", "")
    if channel.startswith("diff_order_book_") and "bids" in data:
        yield channel[16:], False, data["bids"], data["asks"]
    elif "bids" in message:
        yield "", True, message["bids"], message["asks"]


def coinbase(message: Any) -> Iterator[Change]:
    if message.get("channel") == "l2_data":
        for event in message["events"]:
            sides: dict[str, list[Any]] = {"bid": [], "offer": []}
            for row in event["updates"]:
                sides[row["side"]].append((row["price_level"], row["new_quantity"]))
            whole = event["type"] == "snapshot"
            yield event["product_id"], whole, sides["bid"], sides["offer"]


def _changes(message: Any, symbol: str, whole: bool) -> Change:
    sides: dict[str, list[Any]] = {"buy": [], "sell": []}
    for side, price, quantity in message["changes"]:
        sides[side].append((price, quantity))
    return symbol, whole, sides["buy"], sides["sell"]


def coinbase_exchange(message: Any) -> Iterator[Change]:
    kind = message.get("type")
    if kind == "l2update":
        yield _changes(message, message["product_id"], False)
    elif kind == "snapshot":
        yield message["product_id"], True, message["bids"], message["asks"]


def gemini(message: Any) -> Iterator[Change]:
    if message.get("type") == "l2_updates":
        yield _changes(message, message["symbol"], "trades" in message)


def kraken(message: Any) -> Iterator[Change]:
    if message.get("channel") == "book":
        for row in message["data"]:
            sides = [[(level["price"], level["qty"]) for level in row[s]] for s in ("bids", "asks")]
            yield row["symbol"], message["type"] == "snapshot", *sides


PEERS: dict[str, Callable[[Any], Iterator[Change]]] = {
    reader.__name__: reader
    for reader in (binance, bitstamp, coinbase, coinbase_exchange, gemini, kraken)
}


def main() -> None:
    arguments = begin()
    for path in map(Path, arguments.more):
        _measure(path, arguments.rounds)


def _measure(path: Path, rounds: int) -> None:
    venue = guess_dialect(path).venue
    levels = sum(report.levels for report in check_capture(path).reports)
    times = -(-LEVELS // levels)
    emit(f"{venue}.levels", levels)
    peer = "orjson" if importlib.util.find_spec("orjson") else "msgspec"
    loads = importlib.import_module(peer).loads if peer == "orjson" else msgspec.json.decode
    for _ in range(rounds):
        emit(f"{venue}.ours", _seconds(lambda: check_capture(path), times))
        emit(f"{venue}.{peer}", _seconds(lambda: _in_dicts(path, loads, PEERS[venue]), times))


def _in_dicts(
    path: Path, loads: Callable[[bytes], Any], reader: Callable[[Any], Iterator[Change]]
) -> None:
    books: dict[str, DictBook] = defaultdict(DictBook)
    crossed = 0
    for line in read_capture(path):
        if line.kind in (LineKind.FRAME, LineKind.REPLY):
            message = loads(line.frame)
            if isinstance(message, dict):
                for symbol, *change in reader(message):
                    crossed += books[symbol].change(*change)


def _seconds(work: Callable[[], object], times: int) -> float:
    """That it takes once."""
    begun = perf_counter()
    for _ in range(times):
        work()
    return (perf_counter() - begun) / times


main()
