"""Binance's market data over an exchange of our own: its streams, and its answers without a key.

Every change of a level has a number. Trades and best prices are told at once, changes of the book
every 100 ms, as many as have come together; a snapshot knows all up to its number.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
import numpy as np

from pinnacle.core.schema import Kind, Side
from pinnacle.venues.binance.exchange.counts import Counts, listed
from pinnacle.venues.binance.exchange.words import milliseconds, text
from pinnacle.venues.binance.serving import DECIMALS, DEPTH_LIMIT_DEFAULT, RequestRefused
from pinnacle.venues.binance.stream import DEPTH_LIMITS
from pinnacle.venues.served.dialect import Entry
from pinnacle.venues.served.exchange_side import entry
from pinnacle.venues.served.house import House
from pinnacle.venues.served.serving import encode
from pinnacle.venues.served.shown_book import Level, ShownBook

EVERY_NS = 100_000_000
#: All that there is of a side.
WHOLE = 1 << 15
_WEIGHTS = ((100, 5), (500, 25), (1000, 50), (5000, 250))


class _Row:
    """One instrument as it was shown last."""

    def __init__(self, book: ShownBook):
        self.book = book
        self.last_id = 0
        #: Of the changes that were not told yet: the first one's number, levels by (side, price).
        self.first_id = 1
        self.untold: dict[tuple[int, int], int] = {}
        self.told_ns = 0
        self.top: tuple[Level, Level] | None = None
        self.trades = 0


class Market:
    """`records` of the house become Entries; `rest` answers what needs no key."""

    def __init__(self, house: House, counts: Counts):
        self._house, self._counts = house, counts
        self._rows = [_Row(ShownBook(terms)) for terms in house.terms]
        self._numbers = {terms.name: row for row, terms in enumerate(house.terms)}
        for number, row in enumerate(self._rows):
            for side in (Side.BID, Side.ASK):
                row.book.become(side, house.depth(number, side, WHOLE))

    def take(self, number: int, records: np.ndarray) -> list[Entry]:
        """What is told at once of these."""
        row, trades = self._rows[number], records[records["kind"] == Kind.TRADE]
        entries = [
            self._entry(number, "trade", "trade", self._trade(row, trade)) for trade in trades
        ]
        for side, price, lots in row.book.follow(records):
            row.last_id += 1
            row.untold[side, price] = lots
        top = self._top(row)
        if top is not None and top != row.top:
            row.top = top
            told = self._best(row, top)
            entries.append(self._entry(number, "bookTicker", "bookTicker", told))
        return entries

    def due(self) -> Sequence[Entry]:
        """Changes of books that have waited long enough."""
        now_ns = self._house.now_ns()
        return [
            self._changes(number, row, now_ns)
            for number, row in enumerate(self._rows)
            if row.untold and abs(now_ns - row.told_ns) >= EVERY_NS
        ]

    def _changes(self, number: int, row: _Row, now_ns: int) -> Entry:
        terms, sides = row.book.terms, dict[int, list[list[str]]]({Side.BID: [], Side.ASK: []})
        for (side, price), lots in row.untold.items():
            level = text(terms.tick.size * price), text(terms.lot.size * lots)
            sides[side].append(list(level))
        data = {
            "e": "depthUpdate",
            "E": milliseconds(now_ns),
            "s": terms.name,
            "U": row.first_id,
            "u": row.last_id,
            "b": sides[Side.BID],
            "a": sides[Side.ASK],
        }
        row.untold, row.first_id, row.told_ns = {}, row.last_id + 1, now_ns
        return self._entry(number, "depth", "depth@100ms", data)

    def _trade(self, row: _Row, trade: np.void) -> dict[str, Any]:
        terms, at_ms = row.book.terms, milliseconds(self._house.now_ns())
        row.trades += 1
        return {
            "e": "trade",
            "E": at_ms,
            "s": terms.name,
            "t": row.trades,
            "p": text(terms.tick.size * int(trade["price"])),
            "q": text(terms.lot.size * int(trade["quantity"])),
            "T": at_ms,
            "m": int(trade["side"]) == Side.ASK,
            "M": True,
        }

    def _top(self, row: _Row) -> tuple[Level, Level] | None:
        bids, asks = row.book.best(Side.BID, 1), row.book.best(Side.ASK, 1)
        return (bids[0], asks[0]) if bids and asks else None

    def _best(self, row: _Row, top: tuple[Level, Level]) -> dict[str, Any]:
        terms = row.book.terms
        (bid, bid_lots), (ask, ask_lots) = top
        return {
            "u": row.last_id,
            "s": terms.name,
            "b": text(terms.tick.size * bid),
            "B": text(terms.lot.size * bid_lots),
            "a": text(terms.tick.size * ask),
            "A": text(terms.lot.size * ask_lots),
        }

    def _entry(self, number: int, kind: str, channel: str, data: dict[str, Any]) -> Entry:
        """Under the stream's name, as the combined stream wraps it; bare as `parts.data`."""
        name = self._house.terms[number].name
        stream, now_ns, said = f"{name.lower()}@{channel}", self._house.now_ns(), encode(data)
        wrapped = b'{"stream":"%b","data":%b}' % (stream.encode(), said)
        made = entry(name, stream, kind, wrapped, now_ns)
        return made._replace(parts=made.parts._replace(data=said))

    # Without a key

    def rest(self, path: str, query: Mapping[str, str]) -> bytes:
        """The body of an answer; RequestRefused."""
        self._counts.weigh(self._weight(path, query))
        if path == "/api/v3/depth":
            return self._depth(self._row(query), query)
        if path == "/api/v3/exchangeInfo":
            return encode(self._info(query))
        if path == "/api/v3/ticker/price":
            row = self._rows[self._row(query)]
            top = self._top(row)
            price = text(row.book.terms.tick.size * (top[0][0] if top else 0))
            return encode({"symbol": row.book.terms.name, "price": price})
        if path == "/api/v3/time":
            return encode({"serverTime": milliseconds(self._house.now_ns())})
        if path == "/api/v3/ping":
            return b"{}"
        raise RequestRefused(-1000, f"no such endpoint: {path}", 404)

    def _weight(self, path: str, query: Mapping[str, str]) -> int:
        if path == "/api/v3/depth":
            limit = query.get("limit", "")
            asked = int(limit) if limit.isdecimal() else DEPTH_LIMIT_DEFAULT
            return next((weight for most, weight in _WEIGHTS if asked <= most), 250)
        return 20 if path == "/api/v3/exchangeInfo" else 1

    def _depth(self, number: int, query: Mapping[str, str]) -> bytes:
        limit = query.get("limit", str(DEPTH_LIMIT_DEFAULT))
        if not limit.isascii() or not limit.isdigit() or int(limit) == 0:
            raise RequestRefused(-1100, "Illegal characters found in parameter 'limit'.")
        row, most = self._rows[number], min(int(limit), max(DEPTH_LIMITS))
        levels = {
            name: row.book.levels(side, most, (DECIMALS, DECIMALS))
            for name, side in (("bids", Side.BID), ("asks", Side.ASK))
        }
        return encode({"lastUpdateId": row.last_id} | levels)

    def _info(self, query: Mapping[str, str]) -> dict[str, Any]:
        rows = range(len(self._rows))
        if "symbols" in query:
            try:
                names = msgspec.json.decode(query["symbols"], type=list[str])
            except msgspec.MsgspecError as error:
                words = f"Illegal parameter 'symbols': {error}"
                raise RequestRefused(-1100, words) from None
            found = [self._row({"symbol": name}) for name in names]
        else:
            found = [self._row(query)] if "symbol" in query else list(rows)
        return {
            "timezone": "UTC",
            "serverTime": milliseconds(self._house.now_ns()),
            "rateLimits": [listed(rule) for rule in self._counts.rules],
            "exchangeFilters": [],
            "symbols": [self._symbol(number) for number in found],
        }

    def _symbol(self, number: int) -> dict[str, Any]:
        terms, (lots, worth) = self._house.terms[number], self._house.least(number)
        tick, lot = text(terms.tick.size), text(terms.lot.size)
        price = {"filterType": "PRICE_FILTER", "minPrice": tick, "maxPrice": "1000000.00000000"}
        size = {"filterType": "LOT_SIZE", "minQty": text(terms.lot.size * lots)}
        return {
            "symbol": terms.name,
            "status": "TRADING",
            "baseAsset": terms.base,
            "baseAssetPrecision": DECIMALS,
            "quoteAsset": terms.quote,
            "quoteAssetPrecision": DECIMALS,
            "orderTypes": ["LIMIT", "LIMIT_MAKER", "MARKET"],
            "icebergAllowed": False,
            "quoteOrderQtyMarketAllowed": False,
            "cancelReplaceAllowed": False,
            "amendAllowed": False,
            "isSpotTradingAllowed": True,
            "filters": [
                price | {"tickSize": tick},
                size | {"maxQty": "9000000.00000000", "stepSize": lot},
                {"filterType": "NOTIONAL", "minNotional": text(worth), "applyMinToMarket": True},
                {"filterType": "MAX_NUM_ORDERS", "maxNumOrders": 200},
            ],
            "defaultSelfTradePreventionMode": "EXPIRE_MAKER",
            "allowedSelfTradePreventionModes": [
                *("NONE", "EXPIRE_TAKER", "EXPIRE_MAKER", "EXPIRE_BOTH"),
            ],
        }

    def _row(self, query: Mapping[str, str]) -> int:
        if not query.get("symbol"):
            raise RequestRefused(-1102, "Mandatory parameter 'symbol' was not sent.")
        if query["symbol"] not in self._numbers:
            raise RequestRefused(-1121, "Invalid symbol.")
        return self._numbers[query["symbol"]]
