"""Venues' messages decoded once more, in plain Python: json, Decimal, and no code of the product's.

A message is a list of parts, or None where it is none of the market. A part is (symbol, kind, first
id, final id, checksum or None, records), a record (kind, side, price, quantity, order id, aux,
venue_ns); of a TOP the ask stands in order id and aux, as a Decimal each.
"""

import json
from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from pinnacle.core.schema import Kind, Side
from pinnacle.venues.market.codec import MessageKind

BID, ASK = int(Side.BID), int(Side.ASK)
Part = tuple[str, int, int, int, int | None, list[tuple]]


def loads(frame: bytes) -> Any:
    return json.loads(frame, parse_float=Decimal)


def instant(text: str) -> int:
    """UTC ns of `2026-08-09T21:05:48.505350477Z`."""
    whole, _, fraction = text.removesuffix("Z").partition(".")
    seconds = int(datetime.fromisoformat(whole + "+00:00").timestamp())
    return seconds * 10**9 + int(fraction.ljust(9, "0") or 0)


def levels(rows: list, side: int, aux: int, ns: int) -> list[tuple]:
    return [(Kind.DEPTH, side, Decimal(p), Decimal(q), 0, aux, ns) for p, q, *_ in rows]


def order(kind: int, side: int, price: Any, quantity: Any, number: int, aux: int, ns: int) -> tuple:
    return kind, side, Decimal(price), Decimal(quantity), number, aux, ns


def orders(symbol: str, records: list[tuple], number: int) -> Part:
    return symbol, MessageKind.ORDER, number, number, None, records


def folded(text: str) -> int:
    """A UUID's halves, one on the other."""
    return UUID(text).int >> 64 ^ UUID(text).int & (1 << 64) - 1


def framed(inside: list[tuple], aux: int, ns: int) -> list[tuple]:
    ends = [(kind, 0, Decimal(0), Decimal(0), 0, aux, ns) for kind in _ENDS]
    return [ends[0], *inside, ends[1]]


_ENDS = (Kind.BOOK_BEGIN, Kind.BOOK_END)


def trade(symbol: str, side: int, price: Any, quantity: Any, number: int, ns: int, first=0) -> Part:
    record = (Kind.TRADE, side, Decimal(price), Decimal(quantity), number, number, ns)
    return symbol, MessageKind.TRADE, first, number, None, [record]


def top(symbol: str, bid: list, ask: list, ns: int, first=0, final=0) -> Part:
    prices = [Decimal(value) for value in (*bid, *ask)]
    return symbol, MessageKind.TOP, first, final, None, [(Kind.TOP, 0, *prices, ns)]


def book(symbol: str, snapshot: bool, inside: list[tuple], aux=0, ns=0, ids=(0, 0), sums=None):
    kind = MessageKind.SNAPSHOT if snapshot else MessageKind.DEPTH
    return symbol, kind, *ids, sums, framed(inside, aux, ns) if snapshot else inside


def kraken(frame: bytes) -> list[Part] | None:
    message = loads(frame)
    if not isinstance(message, dict) or "data" not in message:
        return None
    channel, kind = message.get("channel"), message.get("type")
    parts: list[Part] = []
    for row in message["data"]:
        ns = instant(row["timestamp"]) if "timestamp" in row else 0
        if channel == "book":
            inside = [
                (Kind.DEPTH, side, Decimal(level["price"]), Decimal(level["qty"]), 0, 0, ns)
                for side, name in ((BID, "bids"), (ASK, "asks"))
                for level in row[name]
            ]
            snapshot = kind == "snapshot"
            sums = row.get("checksum")
            parts.append(book(row["symbol"], snapshot, inside, 0, ns, sums=sums))
        elif channel == "trade" and kind == "update":
            side = ASK if row["side"] == "sell" else BID
            parts.append(trade(row["symbol"], side, row["price"], row["qty"], row["trade_id"], ns))
        elif channel == "ticker":
            bid, ask = [row["bid"], row["bid_qty"]], [row["ask"], row["ask_qty"]]
            parts.append(top(row["symbol"], bid, ask, ns))
    return parts or None


def coinbase(frame: bytes) -> list[Part] | None:
    message = loads(frame)
    if not isinstance(message, dict):
        return None
    channel, parts = message.get("channel"), []
    for event in message.get("events", []):
        if channel == "l2_data":
            ns, number = instant(message["timestamp"]), message["sequence_num"]
            sides = {"bid": BID, "offer": ASK}
            inside = [
                (
                    Kind.DEPTH,
                    sides[row["side"]],
                    Decimal(row["price_level"]),
                    Decimal(row["new_quantity"]),
                    0,
                    number,
                    ns,
                )
                for row in event["updates"]
            ]
            snapshot = event["type"] == "snapshot"
            parts.append(book(event["product_id"], snapshot, inside, number, ns))
        elif channel == "market_trades" and event["type"] == "update":
            for row in reversed(event["trades"]):
                side = BID if row["side"] == "SELL" else ASK
                ns, number = instant(row["time"]), int(row["trade_id"])
                parts.append(trade(row["product_id"], side, row["price"], row["size"], number, ns))
        elif channel == "ticker":
            for row in event["tickers"]:
                bid = [row["best_bid"], row["best_bid_quantity"]]
                ask = [row["best_ask"], row["best_ask_quantity"]]
                parts.append(top(row["product_id"], bid, ask, instant(message["timestamp"])))
    return parts or None


def coinbase_exchange(frame: bytes) -> list[Part] | None:
    message = loads(frame)
    if not isinstance(message, dict) or "product_id" not in message:
        return _coinbase_exchange_book(message) if "bids" in message else None
    kind, symbol = message["type"], message["product_id"]
    ns = instant(message["time"]) if "time" in message else 0
    if kind == "snapshot":
        return [book(symbol, True, list(_in_order(message, 0, ns)), 0, ns)]
    if kind == "l2update":
        inside = [
            (Kind.DEPTH, BID if side == "buy" else ASK, Decimal(p), Decimal(q), 0, 0, ns)
            for side, p, q in message["changes"]
        ]
        return [book(symbol, False, inside, 0, ns)]
    number = message.get("sequence", 0)
    if kind == "match":
        side = BID if message["side"] == "sell" else ASK
        price, size = message["price"], message["size"]
        sold = [trade(symbol, side, price, size, message["trade_id"], ns, number)]
        told = "maker_order_id" in message and "sequence" in message
        return sold + _single(message, symbol, number, ns) if told else sold
    if kind in ("received", "open", "change", "done"):
        return _single(message, symbol, number, ns)
    if kind == "ticker" and "best_bid_size" in message:
        bid = [message["best_bid"], message["best_bid_size"]]
        ask = [message["best_ask"], message["best_ask_size"]]
        return [top(symbol, bid, ask, ns, number)]
    return None


def _single(message: dict, symbol: str, number: int, ns: int) -> list[Part]:
    """What becomes of one order."""
    kind, side = message["type"], BID if message["side"] == "buy" else ASK
    text = message["maker_order_id" if kind == "match" else "order_id"]
    name, price, inside = folded(text), message.get("price"), []
    if kind == "match":
        inside = [order(Kind.ORDER_EXECUTE, side, price, message["size"], name, number, ns)]
    elif kind == "open":
        inside = [order(Kind.ORDER_ADD, side, price, message["remaining_size"], name, number, ns)]
    elif kind == "done":
        inside = [order(Kind.ORDER_REMOVE, side, 0, 0, name, number, ns)]
    elif kind == "change" and message.get("new_size") and (message.get("new_price") or price):
        to, aux = message.get("new_price") or price, name - (name >> 63 << 64)
        inside = [order(Kind.ORDER_REPLACE, side, to, message["new_size"], name, aux, ns)]
    return [orders(symbol, inside, number)]


def _coinbase_exchange_book(message: dict) -> list[Part]:
    """Fetched: of levels, or where their ids stand third of orders."""
    number, ns = message["sequence"], instant(message["time"]) if "time" in message else 0
    inside = []
    for name in message:
        for price, size, *more in message[name] if name in ("bids", "asks") else []:
            side, is_order = BID if name == "bids" else ASK, more and isinstance(more[0], str)
            kind, ours = (Kind.ORDER_ADD, folded(more[0])) if is_order else (Kind.DEPTH, 0)
            inside.append(order(kind, side, price, size, ours, number, ns))
    return [book("", True, inside, number, ns, (number, number))]


def _in_order(message: dict, aux: int, ns: int) -> Iterator[tuple]:
    """Both sides in the order in which the message has them."""
    for name in message:
        if name in ("bids", "asks"):
            yield from levels(message[name], BID if name == "bids" else ASK, aux, ns)


def gemini_v2(frame: bytes) -> list[Part] | None:
    message = loads(frame)
    if not isinstance(message, dict):
        return None
    if message.get("type") == "l2_updates":
        inside = [
            (Kind.DEPTH, BID if side == "buy" else ASK, Decimal(p), Decimal(q), 0, 0, 0)
            for side, p, q in message["changes"]
        ]
        return [book(message["symbol"], "trades" in message, inside)]
    if message.get("type") == "trade":
        side = ASK if message["side"] == "sell" else BID
        ns, price = message["timestamp"] * 10**6, message["price"]
        return [trade(message["symbol"], side, price, message["quantity"], message["tid"], ns)]
    return None


def bitstamp(frame: bytes) -> list[Part] | None:
    message = loads(frame)
    if not isinstance(message, dict):
        return None
    data, channel = message.get("data", message), message.get("channel", "")
    if message.get("event") == "trade" and channel.startswith("live_trades_"):
        side = ASK if data["type"] else BID
        ns, pair = int(data["microtimestamp"]) * 1000, channel.removeprefix("live_trades_")
        return [trade(pair, side, data["price_str"], data["amount_str"], data["id"], ns)]
    if channel.startswith("live_orders_") and message.get("event", "").startswith("order_"):
        return _bitstamp_order(message["event"], data, channel.removeprefix("live_orders_"))
    if "bids" not in data:
        return None
    number = int(data["microtimestamp"])
    pair = channel.removeprefix("diff_").removeprefix("order_book_")
    inside = [
        order(Kind.ORDER_ADD if more else Kind.DEPTH, side, p, q, int(*more), number, number * 1000)
        for side, rows in ((BID, data["bids"]), (ASK, data["asks"]))
        for p, q, *more in rows
    ]
    snapshot = not channel.startswith("diff_")
    return [book(pair, snapshot, inside, number, number * 1000, (number, number))]


def _bitstamp_order(event: str, data: dict, pair: str) -> list[Part]:
    kinds = {"order_created": Kind.ORDER_ADD, "order_changed": Kind.ORDER_REPLACE}
    kind, micros = kinds.get(event, Kind.ORDER_REMOVE), int(data["microtimestamp"])
    side, price, number = ASK if data["order_type"] else BID, Decimal(data["price_str"]), data["id"]
    aux = number if kind == Kind.ORDER_REPLACE else micros
    row = order(kind, side, price, data["amount_str"], number, aux, micros * 1000)
    is_priced = price or kind == Kind.ORDER_REMOVE
    return [orders(pair, [row] if is_priced else [], micros)]


def binance(frame: bytes, unit_ns: int = 10**6) -> list[Part] | None:
    message = loads(frame)
    if not isinstance(message, dict):
        return None
    message = message.get("data", message)
    ns = message.get("E", 0) * unit_ns
    kind, symbol = message.get("e"), message.get("s", "").upper()
    if "lastUpdateId" in message:
        number = message["lastUpdateId"]
        inside = levels(message["bids"], BID, number, 0) + levels(message["asks"], ASK, number, 0)
        return [book("", True, inside, number, 0, (0, number))]
    if kind == "depthUpdate":
        ids = message["U"], message["u"]
        inside = levels(message["b"], BID, ids[1], ns) + levels(message["a"], ASK, ids[1], ns)
        return [book(symbol, False, inside, ids[1], ns, ids)]
    if kind == "trade":
        side = ASK if message["m"] else BID
        return [trade(symbol, side, message["p"], message["q"], message["t"], ns)]
    if kind in (None, "bookTicker") and "B" in message:
        bid, ask = [message["b"], message["B"]], [message["a"], message["A"]]
        return [top(symbol, bid, ask, ns, 0, message["u"])]
    return None


def gemini(frame: bytes) -> list[Part] | None:
    return binance(frame, 1)


DECODERS = {
    "BINANCE": binance,
    "BITSTAMP": bitstamp,
    "COINBASE": coinbase,
    "COINBASE_EXCHANGE": coinbase_exchange,
    "GEMINI": gemini,
    "GEMINI_V2": gemini_v2,
    "KRAKEN": kraken,
}
