"""A small exchange of single orders, in plain Python, told as Coinbase Exchange or Bitstamp would.

Each frame has its number and the sums by price behind it; `book` is what a request is answered.
"""

import json
from collections import Counter
from random import Random
from typing import Any
from uuid import UUID

from tests.venues.samples import text

SYMBOLS = {"coinbase_exchange": "BTC-USD", "bitstamp": "btcusd"}
URLS = {
    "coinbase_exchange": "https://api.exchange.coinbase.com/products/BTC-USD/book?level=3",
    "bitstamp": "https://www.bitstamp.net/api/v2/order_book/btcusd/?group=2",
}
#: Number or moment of the first message.
FIRST = {"coinbase_exchange": 5000, "bitstamp": 1_641_343_691_244_908}


class OrderMarket:
    """Prices in cents around 100.00, quantities in hundredths. `frames`: (number, text)."""

    def __init__(self, venue: str, seed: int, steps: int = 60):
        self.venue, self.frames = venue, []
        self.number = FIRST[venue] - 1
        self._random = Random(seed)
        self.orders: dict[Any, list[int]] = {}
        #: What the messages so far have told of them.
        self.told: dict[Any, list[int]] = {}
        self.trades = 0
        self.states = [self.sums()]
        self.numbers = [self.number]
        self._books = [self._body()]
        for _ in range(steps):
            self._step()

    def sums(self) -> tuple[dict[int, int], dict[int, int]]:
        sides: tuple[Counter[int], Counter[int]] = (Counter(), Counter())
        for side, price, size in self.told.values():
            sides[side][price] += size
        return dict(sides[0]), dict(sides[1])

    def book(self, frames: int) -> bytes:
        """The fetched book behind so many frames."""
        return self._books[frames]

    def lines(self, frames: int, taken: int) -> list[bytes]:
        """A recording: the book behind `frames` of them came behind `taken`."""
        rows = [{"t": "recv", "data": frame.decode()} for _, frame in self.frames]
        body = {"t": "http", "url": URLS[self.venue], "data": self.book(frames).decode()}
        rows.insert(taken, body)
        return [
            json.dumps(row | {"ts": 1_700_000_000 + n / 100}).encode() + b"\n"
            for n, row in enumerate(rows)
        ]

    def _step(self) -> None:
        draw = self._random
        choice = draw.random() if self.orders else 0.0
        if choice < 0.5:
            self._rest(draw.randrange(2))
        elif choice < 0.75:
            self._goes(draw.choice(list(self.orders)), "canceled")
        elif choice < 0.85:
            self._changes(draw.choice(list(self.orders)))
        else:
            self._takes(draw.randrange(2))

    def _id(self) -> Any:
        if self.venue == "bitstamp":
            return 1 << 52 | self.number * 8 + self._random.randrange(8)
        return str(UUID(int=self._random.getrandbits(128)))

    def _price(self, side: int) -> int:
        others = [p for s, p, _ in self.orders.values() if s != side]
        edge = (min(others, default=10_001) - 1) if side == 0 else max(others, default=9_999) + 1
        return edge - self._random.randrange(8) if side == 0 else edge + self._random.randrange(8)

    def _rest(self, side: int) -> None:
        name, price, size = self._id(), self._price(side), self._random.randrange(1, 500)
        self._tell("received", name, [side, price, size])
        self.orders[name] = [side, price, size]
        self._tell("open", name, self.orders[name])

    def _goes(self, name: Any, reason: str) -> None:
        order = self.orders.pop(name)
        self._tell("done", name, order, reason=reason)

    def _changes(self, name: Any) -> None:
        order = self.orders[name]
        if self.venue == "bitstamp":
            order[2] = self._random.randrange(1, order[2] + 1)
            self._tell("change", name, order)
            return
        old = list(order)
        if self._random.random() < 0.5:
            order[1] = self._price(order[0])
        order[2] = self._random.randrange(1, 500)
        self._tell("change", name, order, old=old)

    def _takes(self, side: int) -> None:
        """An order takes from the other side; what is left of it rests, or goes."""
        name, size = self._id(), self._random.randrange(1, 800)
        price = 10_040 if side == 0 else 9_960
        others = [p for s, p, _ in self.orders.values() if s != side]
        if not others or (max(others) > price if side == 0 else min(others) < price):
            return
        taker = [side, price, size]
        self._tell("received", name, taker)
        if self.venue == "bitstamp":
            self.orders[name] = taker
            self._tell("open", name, taker)
        while taker[2]:
            makers = [(p, key) for key, (s, p, _) in self.orders.items() if s != side]
            if not makers:
                break
            _, maker = min(makers, key=lambda row: row[0] * (1 if side == 0 else -1))
            order = self.orders[maker]
            traded = min(order[2], taker[2])
            order[2] -= traded
            taker[2] -= traded
            self.trades += 1
            self._tell("match", maker, order, traded=traded, taker=name)
            if self.venue == "bitstamp" and order[2]:
                self._tell("change", maker, order)
            elif not order[2]:
                self._goes(maker, "filled")
        if self.venue == "bitstamp":
            if taker[2]:
                self._tell("change", name, taker)
            else:
                self._goes(name, "filled")
        elif taker[2]:
            self.orders[name] = taker
            self._tell("open", name, taker)
        else:
            self._tell("done", name, taker, reason="filled")

    def _tell(self, kind: str, name: Any, order: list[int], **more: Any) -> None:
        frame = _TELLERS[self.venue](self, kind, name, order, **more)
        if frame is None:
            return
        if kind == "done":
            self.told.pop(name, None)
        elif kind in ("open", "change") or (kind == "match" and self.venue != "bitstamp"):
            self.told[name] = list(order)
        self.frames.append((self.number, frame))
        self.states.append(self.sums())
        self.numbers.append(self.number)
        self._books.append(self._body())

    def _body(self) -> bytes:
        sides = [
            [
                [cents(price), cents(size), name if self.venue != "bitstamp" else str(name)]
                for name, (at, price, size) in sorted(
                    self.told.items(), key=lambda row: row[1][1], reverse=side == 0
                )
                if at == side and size
            ]
            for side in (0, 1)
        ]
        body: dict[str, Any] = {"bids": sides[0], "asks": sides[1]}
        if self.venue == "coinbase_exchange":
            return text(body | {"sequence": self.number, "auction_mode": False})
        stamps = {"timestamp": str(self.number // 10**6), "microtimestamp": str(self.number)}
        return text(stamps | body)


def cents(value: int) -> str:
    return f"{value // 100}.{value % 100:02d}"


def _coinbase(market: OrderMarket, kind: str, name: str, order: list[int], **more: Any) -> bytes:
    side, price, size = order
    market.number += 1
    row = {"type": kind, "product_id": "BTC-USD", "sequence": market.number}
    row |= {"side": ("buy", "sell")[side], "time": "2026-08-09T21:05:48.505350Z"}
    priced = {"price": cents(price)}
    if kind == "received":
        row |= priced | {"order_id": name, "size": cents(size), "order_type": "limit"}
    elif kind == "open":
        row |= priced | {"order_id": name, "remaining_size": cents(size)}
    elif kind == "done":
        row |= priced | {"order_id": name, "remaining_size": cents(size), "reason": more["reason"]}
    elif kind == "change":
        old = more["old"]
        row |= {"order_id": name, "old_size": cents(old[2]), "new_size": cents(size)}
        row |= {"old_price": cents(old[1]), "new_price": cents(price), "reason": "modify_order"}
    else:
        row |= priced | {"size": cents(more["traded"]), "trade_id": market.trades}
        row |= {"maker_order_id": name, "taker_order_id": more["taker"]}
    return text(row)


def _bitstamp(market: OrderMarket, kind: str, name: int, order: list[int], **more: Any) -> Any:
    side, price, size = order
    if kind == "received":
        return None
    if kind == "match":
        # Its changes are told of each order, in the same moment.
        market.number += market._random.randrange(2)
        sold = {"id": market.trades, "amount_str": cents(more["traded"]), "type": 1 - side}
        sold |= {"price_str": cents(price), "microtimestamp": str(market.number)}
        return text({"data": sold, "channel": "live_trades_btcusd", "event": "trade"})
    market.number += kind == "open" or market._random.randrange(2)
    event = {"open": "created", "change": "changed", "done": "deleted"}[kind]
    row = {"id": name, "id_str": str(name), "order_type": side, "price_str": cents(price)}
    row |= {"amount_str": cents(size), "microtimestamp": str(market.number)}
    return text({"data": row, "channel": "live_orders_btcusd", "event": f"order_{event}"})


_TELLERS = {"coinbase_exchange": _coinbase, "bitstamp": _bitstamp}
