"""A short whole recording of each venue: one symbol, a snapshot, updates, trades where it numbers
them; a line a second."""

import json
import zlib
from decimal import Decimal

from tests.venues.samples import text

UPDATES = 8
SYMBOLS = {
    "binance": "BTCUSDT",
    "bitstamp": "btcusd",
    "coinbase": "BTC-USD",
    "coinbase_exchange": "BTC-USD",
    "gemini": "BTCUSD",
    "kraken": "BTC/USD",
}
_BIDS, _ASKS = [["10.50", "1.25"], ["10.25", "3.00"]], [["10.75", "2.00"]]


def recording(venue: str) -> list[bytes]:
    """Its lines; the first is the snapshot, then come an update and what else there is by turns."""
    frames = _FRAMES[venue](SYMBOLS[venue])
    return [_line(venue, second, frame) for second, frame in enumerate(frames, 1_700_000_000)]


def _line(venue: str, second: int, frame: bytes) -> bytes:
    if venue == "bitstamp":
        kind = {"t": "recv"} if b'"channel"' in frame else {"t": "http", "url": _BOOK_URL}
        return json.dumps(kind | {"ts": second + 0.5, "data": frame.decode()}).encode() + b"\n"
    if venue == "coinbase_exchange":
        return b"%d.5: %s\n" % (second, frame)
    return b"%d %s\n" % (second * 10**9, frame)


_BOOK_URL = "https://www.bitstamp.net/api/v2/order_book/btcusd/"


def _at(n: int) -> str:
    return f"2026-08-09T21:05:{n:02d}.505350Z"


def _bid(n: int) -> list[str]:
    return [f"10.{n:02d}", f"{n}.25"]


def _binance(symbol: str) -> list[bytes]:
    frames = [text({"lastUpdateId": 77, "bids": _BIDS, "asks": _ASKS})]
    for n in range(1, UPDATES + 1):
        update = {"e": "depthUpdate", "E": n, "s": symbol, "U": 77 + n, "u": 77 + n}
        trade = {"e": "trade", "E": n, "s": symbol, "t": n, "p": "10.5", "q": "2", "T": n}
        said = (update | {"b": [_bid(n)], "a": []}, trade | {"m": True})
        frames += [text({"stream": f"{symbol.lower()}@{d['e']}", "data": d}) for d in said]
    return frames


def _bitstamp(symbol: str) -> list[bytes]:
    def body(n: int, bids: list[list[str]], asks: list[list[str]]) -> dict[str, object]:
        stamps = {"timestamp": "1641343691", "microtimestamp": f"16413436912449{n:02d}"}
        return stamps | {"bids": bids, "asks": asks}

    def update(n: int) -> bytes:
        channel = f"diff_order_book_{symbol}"
        return text({"data": body(n, [_bid(n)], []), "channel": channel, "event": "data"})

    return [text(body(0, _BIDS, _ASKS)), *map(update, range(1, UPDATES + 1))]


def _coinbase(symbol: str) -> list[bytes]:
    def frame(n: int, channel: str, **event: object) -> bytes:
        head = {"channel": channel, "timestamp": _at(n), "sequence_num": n}
        return text(head | {"events": [event]})

    def level(side: str, price: str, quantity: str) -> dict[str, str]:
        row = {"side": side, "event_time": _at(0), "price_level": price}
        return row | {"new_quantity": quantity}

    levels = [level("bid", *row) for row in _BIDS] + [level("offer", *row) for row in _ASKS]
    frames = [frame(0, "l2_data", type="snapshot", product_id=symbol, updates=levels)]
    for n in range(1, UPDATES + 1):
        changed = [level("bid", *_bid(n))]
        trade = {"product_id": symbol, "trade_id": str(n), "price": "10.5", "size": "2"}
        trade |= {"time": _at(n), "side": "BUY"}
        frames.append(
            frame(2 * n - 1, "l2_data", type="update", product_id=symbol, updates=changed)
        )
        frames.append(frame(2 * n, "market_trades", type="update", trades=[trade]))
    return frames


def _coinbase_exchange(symbol: str) -> list[bytes]:
    frames = [text({"type": "snapshot", "product_id": symbol, "bids": _BIDS, "asks": _ASKS})]
    for n in range(1, UPDATES + 1):
        update = {"type": "l2update", "product_id": symbol, "changes": [["buy", *_bid(n)]]}
        trade = {"type": "match", "trade_id": n, "side": "sell", "size": "2", "price": "10.5"}
        frames.append(text(update | {"time": _at(n)}))
        frames.append(text(trade | {"product_id": symbol, "sequence": n, "time": _at(n)}))
    return frames


def _gemini(symbol: str) -> list[bytes]:
    levels = [["buy", *row] for row in _BIDS] + [["sell", *row] for row in _ASKS]
    update = {"type": "l2_updates", "symbol": symbol}
    frames = [text(update | {"changes": levels, "trades": []})]
    for n in range(1, UPDATES + 1):
        trade = {"type": "trade", "symbol": symbol, "price": "10.5", "quantity": "1", "tid": n}
        stamps = {"event_id": n, "side": "buy", "timestamp": 1_700_000_000_000 + n}
        frames += [text(update | {"changes": [["buy", *_bid(n)]]}), text(trade | stamps)]
    return frames


def _kraken(symbol: str) -> list[bytes]:
    sides = {"bids": dict(_BIDS), "asks": dict(_ASKS)}

    def digits(side: str) -> str:
        rows = sorted(sides[side].items(), key=lambda row: Decimal(row[0]), reverse=side == "bids")
        return "".join(text.replace(".", "").lstrip("0") for row in rows for text in row)

    def frame(kind: str, n: int, bids: list[list[str]], asks: list[list[str]]) -> bytes:
        sides["bids"] |= dict(bids)
        total = zlib.crc32((digits("asks") + digits("bids")).encode())

        def levels(rows: list[list[str]]) -> str:
            return ",".join(f'{{"price":{price},"qty":{quantity}}}' for price, quantity in rows)

        book = f'"bids":[{levels(bids)}],"asks":[{levels(asks)}],"checksum":{total}'
        data = f'[{{"symbol":"{symbol}",{book},"timestamp":"{_at(n)}"}}]'
        return f'{{"channel":"book","type":"{kind}","data":{data}}}'.encode()

    updates = [frame("update", n, [_bid(n)], []) for n in range(1, UPDATES + 1)]
    sides["bids"] = dict(_BIDS)
    return [frame("snapshot", 0, _BIDS, _ASKS), *updates]


_FRAMES = {
    "binance": _binance,
    "bitstamp": _bitstamp,
    "coinbase": _coinbase,
    "coinbase_exchange": _coinbase_exchange,
    "gemini": _gemini,
    "kraken": _kraken,
}
