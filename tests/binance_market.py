"""The simulated market as Binance would send it: captures that tests make for themselves.

The wire form is that of `pinnacle capture`: a line is `<recv_ns> <json>`, the frames are those of
the combined stream, and one REST snapshot stands inline. Update ids count the changes of levels, so
a book ticker, sent at once, and the depth update that contains it name one state, as on the venue.
"""

import gzip
from collections.abc import Iterator
from pathlib import Path

from pinnacle.core.config import InstrumentConfig
from pinnacle.core.instruments import Instrument, from_config
from pinnacle.core.schema import Flag, Kind, Side, Venue
from pinnacle.exchange.config import TradersConfig, params_of
from pinnacle.sim.market import Market

MS = 10**6
START_NS = 1_723_161_254_000 * MS
DEPTH_EVERY_NS = 100 * MS
#: When the venue takes the snapshot, inside of an interval of depth, and when it has arrived.
SNAPSHOT_NS, SNAPSHOT_AFTER_NS = START_NS + 352 * MS, START_NS + 467 * MS
LATENCY_NS = 1_204_321
FIRST_ID = 50_093_239_000
SYMBOLS = {
    "BTCUSDT": InstrumentConfig("BTCUSDT", "0.01", "0.00001"),
    "ETHUSDT": InstrumentConfig("ETHUSDT", "0.01", "0.0001"),
}
TRADERS = {
    "BTCUSDT": TradersConfig("61837", 0.5, limit_orders_per_s=160, market_orders_per_s=8),
    "ETHUSDT": TradersConfig("2683", 0.6, limit_orders_per_s=160, market_orders_per_s=8),
}


def make_capture(path: Path, symbol: str, seconds: int, seed: int = 5) -> Path:
    """Write `seconds` of the market of `symbol`; gzip if the name ends so."""
    lines = (
        b"%d %s\n" % (recv_ns, frame.encode()) for recv_ns, frame in frames(symbol, seconds, seed)
    )
    with gzip.open(path, "wb", 1) if path.suffix == ".gz" else path.open("wb") as file:
        file.writelines(lines)
    return path


def frames(symbol: str, seconds: int, seed: int) -> Iterator[tuple[int, str]]:
    """(receive time, frame) in the order of arrival."""
    instrument = from_config([SYMBOLS[symbol]], {"binance": Venue.BINANCE})[0]
    params = params_of(TRADERS[symbol], instrument, symbol)
    market = Market([params], seed=seed, start_ns=START_NS)
    market.run_to(START_NS)
    wire = _Wire(instrument)
    for price, quantity, side in market.snapshot(0, START_NS)[["price", "quantity", "side"]][
        1:-1
    ].tolist():
        wire.levels[side][price] = quantity
    names = ("recv_ns", "kind", "side", "price", "quantity", "flags")
    for second in range(1, seconds + 1):
        events = market.run_to(START_NS + second * 10**9)
        for now, *record in zip(*(events[name].tolist() for name in names), strict=True):
            for at, frame in wire.until(now):
                yield at + LATENCY_NS, frame
            for frame in wire.take(now, *record):
                yield now + LATENCY_NS, frame


class _Wire:
    """The venue's own book of one symbol, in plain Python, and what it says about it."""

    def __init__(self, instrument: Instrument):
        self.levels: dict[int, dict[int, int]] = {Side.BID: {}, Side.ASK: {}}
        self._instrument = instrument
        self._stream = instrument.symbol.lower()
        self._id = self._sent_id = FIRST_ID
        self._trade_id = 3_735_683_258
        self._changed: set[tuple[int, int]] = set()
        self._top: tuple[str, str, str, str] | None = None
        self._depth_ns = START_NS + DEPTH_EVERY_NS
        self._snapshot: str | None = None
        self._snapshot_due = [SNAPSHOT_NS, SNAPSHOT_AFTER_NS]

    def until(self, now: int) -> Iterator[tuple[int, str]]:
        """What was due before `now`: depth, and the snapshot."""
        while True:
            due = min([self._depth_ns, *self._snapshot_due[:1]])
            if due >= now:
                return
            if due == self._depth_ns:
                self._depth_ns += DEPTH_EVERY_NS
                if self._changed:
                    yield due, self._depth(due)
            elif self._snapshot_due.pop(0) == SNAPSHOT_NS:
                self._snapshot = self._book()
            else:
                assert self._snapshot
                yield due, self._snapshot

    def take(
        self, now: int, kind: int, side: int, price: int, quantity: int, flags: int
    ) -> Iterator[str]:
        """One record of the market."""
        if kind == Kind.TRADE:
            yield self._trade(now, side, price, quantity)
        elif kind == Kind.DEPTH:
            self._id += 1
            self._changed.add((side, price))
            if quantity:
                self.levels[side][price] = quantity
            else:
                self.levels[side].pop(price, None)
        if flags & Flag.LAST and (frame := self._ticker()):
            yield frame

    def _level(self, price: int, quantity: int) -> tuple[str, str]:
        """As Binance writes them, with eight decimals."""
        text = self._instrument.price_text(price), self._instrument.quantity_text(quantity)
        return tuple(f"{whole}.{part:<08}" for whole, _, part in (t.partition(".") for t in text))

    def _side(self, side: int, prices: list[int]) -> str:
        pairs = (
            self._level(p, self.levels[side].get(p, 0))
            for p in sorted(prices, reverse=side == Side.BID)
        )
        return "[" + ",".join(f'["{price}","{quantity}"]' for price, quantity in pairs) + "]"

    def _wrap(self, kind: str, data: str) -> str:
        return f'{{"stream":"{self._stream}@{kind}","data":{{{data}}}}}'

    def _depth(self, now: int) -> str:
        sides = {
            name: self._side(side, [p for at, p in self._changed if at == side])
            for name, side in (("b", Side.BID), ("a", Side.ASK))
        }
        head = f'"e":"depthUpdate","E":{now // MS},"s":"{self._instrument.symbol}"'
        ids = f'"U":{self._sent_id + 1},"u":{self._id}'
        self._sent_id = self._id
        self._changed.clear()
        return self._wrap("depth@100ms", f'{head},{ids},"b":{sides["b"]},"a":{sides["a"]}')

    def _trade(self, now: int, aggressor: int, price: int, quantity: int) -> str:
        self._trade_id += 1
        text, maker = self._level(price, quantity), str(aggressor == Side.ASK).lower()
        head = f'"e":"trade","E":{now // MS},"s":"{self._instrument.symbol}","t":{self._trade_id}'
        tail = f'"p":"{text[0]}","q":"{text[1]}","T":{now // MS},"m":{maker},"M":true'
        return self._wrap("trade", f"{head},{tail}")

    def _ticker(self) -> str | None:
        bids, asks = self.levels[Side.BID], self.levels[Side.ASK]
        bid, ask = max(bids), min(asks)
        top = (*self._level(bid, bids[bid]), *self._level(ask, asks[ask]))
        if top == self._top:
            return None
        self._top = top
        data = f'"u":{self._id},"s":"{self._instrument.symbol}"'
        return self._wrap(
            "bookTicker", f'{data},"b":"{top[0]}","B":"{top[1]}","a":"{top[2]}","A":"{top[3]}"'
        )

    def _book(self) -> str:
        bids, asks = (self._side(side, list(self.levels[side])) for side in (Side.BID, Side.ASK))
        return f'{{"lastUpdateId":{self._id},"bids":{bids},"asks":{asks}}}'
