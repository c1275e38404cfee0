"""A message of every hot kind of every venue, as the venue would send it."""

import json
from typing import Any


def text(message: Any) -> bytes:
    """As venues write: without white space."""
    return json.dumps(message, separators=(",", ":")).encode()


_BIDS, _ASKS = [["10.50", "1.25"], ["10.25", "0"]], [["10.75", "3.00000000"]]
_CHANGES = [["buy", "10.5", "1.25"], ["sell", "10.75", "0"]]
_AT = "2026-08-09T21:05:48.505350477Z"
_PAST = {"type": "trade", "symbol": "BTCUSD", "price": "10.5", "quantity": "1", "tid": 1}


def _binance(symbol: str, unit: int) -> list[bytes]:
    depth = {"e": "depthUpdate", "E": 1723161255208 * unit, "s": symbol, "U": 5, "u": 9}
    depth |= {"b": _BIDS, "a": _ASKS}
    trade = {"e": "trade", "E": 1723161255343 * unit, "s": symbol, "t": 373, "p": "10.5"}
    top = {"u": 9, "s": symbol, "b": "10.5", "B": "1.25", "a": "10.75", "A": "3"}
    return [
        text(depth),
        text({"stream": f"{symbol.lower()}@depth@100ms", "data": depth}),
        text(trade | {"q": "2.5", "T": 5, "m": True}),
        text(top),
        text({"lastUpdateId": 77, "bids": _BIDS, "asks": _ASKS}),
    ]


def _kraken(channel: str, kind: str, **row: Any) -> bytes:
    data = [{"symbol": "BTC/USD"} | row, {"symbol": "ETH/USD"} | row]
    return text({"channel": channel, "type": kind, "data": data})


def _coinbase(channel: str, **event: Any) -> bytes:
    head = {"channel": channel, "timestamp": _AT, "sequence_num": 14}
    return text(head | {"events": [event]})


_LEVELS = [{"price": 10.5, "qty": 1.25}, {"price": 10.25, "qty": 0.0}]
_BOOK = {"bids": _LEVELS, "asks": _LEVELS, "checksum": 1848203113, "timestamp": _AT}
_UPDATES = [
    {"side": side, "event_time": _AT, "price_level": "10.5", "new_quantity": "1.25"}
    for side in ("bid", "offer")
]
_COINBASE_TRADE = {"product_id": "BTC-USD", "trade_id": "373", "price": "10.5", "size": "2"}
_TICKER = {"product_id": "BTC-USD", "best_bid": "10.5", "best_ask": "10.75"}
_MATCH = {"type": "match", "trade_id": 373, "side": "sell", "size": "2", "price": "10.5"}
_DIFF = {"timestamp": "1641343691", "microtimestamp": "1641343691244908"}
_DIFF |= {"bids": _BIDS, "asks": _ASKS}
_SOLD = {"id": 373, "amount": 2.5, "amount_str": "2.50", "price": 10.5, "price_str": "10.5"}

_MAKER, _TAKER = "ac928c66-ca53-498f-9c13-a110027a60e8", "132fb6ae-456b-4654-b4e0-d681ac05cea1"
_ORDER = {"order_id": _MAKER, "product_id": "BTC-USD", "side": "sell", "sequence": 51, "time": _AT}
_SINGLE = {"id": 4372374837, "order_type": 1, "amount_str": "0.80", "price_str": "10.50"}
_SINGLE |= {"microtimestamp": "1641343691244908"}

SAMPLES: dict[str, list[bytes]] = {
    "BINANCE": _binance("BTCUSDT", 1),
    "GEMINI": _binance("BTCUSD", 10**6),
    "BITSTAMP": [
        text({"data": _DIFF, "channel": "diff_order_book_btcusd", "event": "data"}),
        text({"data": _DIFF, "channel": "order_book_ethusd", "event": "data"}),
        text(_DIFF),
        text(
            {
                "data": _SOLD | {"type": 1, "microtimestamp": "1641343691244908"},
                "channel": "live_trades_btcusd",
                "event": "trade",
            }
        ),
        *(
            text({"data": _SINGLE, "channel": "live_orders_btcusd", "event": f"order_{event}"})
            for event in ("created", "changed", "deleted")
        ),
        text(_DIFF | {"bids": [["10.50", "1.25", "437"]], "asks": [["10.75", "3.00", 438]]}),
    ],
    "COINBASE": [
        _coinbase("l2_data", type="snapshot", product_id="BTC-USD", updates=_UPDATES),
        _coinbase("l2_data", type="update", product_id="ETH-USD", updates=_UPDATES),
        _coinbase(
            "market_trades",
            type="update",
            trades=[_COINBASE_TRADE | {"time": _AT, "side": side} for side in ("BUY", "SELL")],
        ),
        _coinbase(
            "ticker",
            type="update",
            tickers=[_TICKER | {"best_bid_quantity": "1", "best_ask_quantity": "2"}],
        ),
    ],
    "COINBASE_EXCHANGE": [
        text({"type": "snapshot", "product_id": "BTC-USD", "bids": _BIDS, "asks": _ASKS}),
        text({"type": "l2update", "product_id": "BTC-USD", "changes": _CHANGES, "time": _AT}),
        text(_MATCH | {"product_id": "ETH-USD", "sequence": 50, "time": _AT}),
        text(_MATCH | _ORDER | {"maker_order_id": _MAKER, "taker_order_id": _TAKER}),
        text(_ORDER | {"type": "received", "size": "2", "price": "10.5", "order_type": "limit"}),
        text(_ORDER | {"type": "open", "price": "10.50", "remaining_size": "1.25"}),
        text(_ORDER | {"type": "done", "reason": "filled", "remaining_size": "0", "price": "10.5"}),
        text(_ORDER | {"type": "change", "old_size": "2", "new_size": "1.5", "price": "10.5"}),
        text({"bids": [["10.50", "1.25", _MAKER]], "asks": [["11", "2", _TAKER]], "sequence": 50}),
        text(
            {"type": "ticker", "product_id": "BTC-USD", "sequence": 5, "time": _AT}
            | {"best_bid": "10.5", "best_bid_size": "1", "best_ask": "11", "best_ask_size": "2"}
        ),
    ],
    "GEMINI_V2": [
        text({"changes": _CHANGES, "symbol": "BTCUSD", "trades": [_PAST], "type": "l2_updates"}),
        text({"changes": _CHANGES, "symbol": "BTCUSD", "type": "l2_updates"}),
        text(_PAST | {"event_id": 5, "side": "buy", "timestamp": 1786313194672}),
    ],
    "KRAKEN": [
        _kraken("book", "snapshot", **_BOOK),
        _kraken("book", "update", **_BOOK),
        _kraken("trade", "update", side="buy", price=10.5, qty=2.5, trade_id=373, timestamp=_AT),
        _kraken("ticker", "update", bid=10.5, bid_qty=1.25, ask=10.75, ask_qty=3.0),
    ],
}
