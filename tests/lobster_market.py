"""A seeded exchange of single orders in plain Python, written down as LOBSTER writes NASDAQ's.

An archive holds two tables: the messages that change the best `levels` of each side, and those
levels after each. As in the recorded ones, orders from before the first row have ids that no
message tells, and what happens out of view is not told at all.
"""

import random
import zipfile
from collections.abc import Iterator
from pathlib import Path

NEW, SHRINK, DELETE, EXECUTE, HIDDEN = 1, 2, 3, 4, 5
BUY, SELL = 1, -1
TICK = 100
NO_PRICE = 9_999_999_999
START_NS = 34_200 * 10**9
WARM_UP = 3_000
LIVE_MAX = 1_500


class Exchange:
    """Price-time priority: a level is a queue of [order id, size], oldest first."""

    def __init__(self, seed: int):
        self._random = random.Random(seed)
        self._queues: dict[int, dict[int, list[list[int]]]] = {BUY: {}, SELL: {}}
        self._where: dict[int, tuple[int, int]] = {}
        self._live: list[int] = []
        self._next_id = 16_113_575
        self._fair = 22_000.0
        self.now = START_NS

    def row(self, levels: int) -> list[int]:
        """Ask price, size, bid price, size of each level, best first."""
        sides = []
        for side in (SELL, BUY):
            queues = self._queues[side]
            best = sorted(queues, reverse=side == BUY)[:levels]
            shown = [(p * TICK, sum(size for _, size in queues[p])) for p in best]
            sides.append(shown + [(side * -NO_PRICE, 0)] * (levels - len(shown)))
        return [n for ask, bid in zip(*sides, strict=True) for n in (*ask, *bid)]

    def step(self) -> Iterator[tuple[int, int, int, int, int]]:
        """One event: its messages (kind, order id, size, price, direction), each once it stands."""
        draw = self._random
        self.now += int(draw.expovariate(1.0) * 30_000_000) + 1
        if draw.random() < 0.02:
            self._fair += draw.gauss(0, 3)
        roll = draw.random()
        if len(self._live) < 300 or (roll < 0.44 and len(self._live) < LIVE_MAX):
            yield self._add()
        elif roll < 0.50:
            yield from self._shrink()
        elif roll < 0.89:
            yield self._delete()
        elif roll < 0.99:
            yield from self._take()
        else:
            yield (
                HIDDEN,
                0,
                draw.randint(1, 100),
                round(self._fair) * TICK,
                draw.choice([BUY, SELL]),
            )

    def _best(self, side: int) -> int:
        return (max if side == BUY else min)(self._queues[side])

    def _add(self) -> tuple[int, int, int, int, int]:
        draw, side = self._random, self._random.choice([BUY, SELL])
        distance = int(draw.expovariate(1 / 6)) if draw.random() < 0.9 else draw.randint(1, 300)
        price = round(self._fair) - side * (distance + 1)
        if self._queues[-side]:
            touch = self._best(-side)
            price = min(price, touch - 1) if side == BUY else max(price, touch + 1)
        self._next_id += draw.randint(1, 40)
        size = draw.choice([100, 100, 100, 200, 300, draw.randint(1, 99)])
        self._queues[side].setdefault(price, []).append([self._next_id, size])
        self._where[self._next_id] = side, price
        self._live.append(self._next_id)
        return NEW, self._next_id, size, price * TICK, side

    def _chosen(self) -> tuple[list[int], int, int]:
        """Some live order, young ones more often: [id, size], side, price."""
        while True:
            young = self._live[-200:] if self._random.random() < 0.7 else self._live
            order_id = self._random.choice(young)
            if order_id in self._where:
                side, price = self._where[order_id]
                queue = self._queues[side][price]
                return next(order for order in queue if order[0] == order_id), side, price
            self._live.remove(order_id)

    def _shrink(self) -> Iterator[tuple[int, int, int, int, int]]:
        order, side, price = self._chosen()
        if order[1] > 1:
            by = self._random.randint(1, order[1] - 1)
            order[1] -= by
            yield SHRINK, order[0], by, price * TICK, side

    def _delete(self) -> tuple[int, int, int, int, int]:
        order, side, price = self._chosen()
        self._remove(order, side, price)
        return DELETE, order[0], order[1], price * TICK, side

    def _take(self) -> Iterator[tuple[int, int, int, int, int]]:
        """A market order: a message for each order that it meets."""
        middle = (self._best(BUY) + self._best(SELL)) / 2
        side = SELL if self._fair > middle else BUY
        side = -side if self._random.random() < 0.25 else side
        wanted = self._random.choice([50, 100, 100, 200, 500])
        while wanted and len(self._queues[side]) > 10:
            price = self._best(side)
            order = self._queues[side][price][0]
            size = min(wanted, order[1])
            wanted -= size
            order[1] -= size
            if order[1] == 0:
                self._remove(order, side, price)
            yield EXECUTE, order[0], size, price * TICK, side

    def _remove(self, order: list[int], side: int, price: int) -> None:
        self._queues[side][price].remove(order)
        del self._where[order[0]]
        if not self._queues[side][price]:
            del self._queues[side][price]


def make_archive(path: Path, rows: int, levels: int = 5, seed: int = 11) -> Path:
    """Write an archive of so many messages."""
    exchange, messages, books = Exchange(seed), [], []
    for _ in range(WARM_UP):
        for _ in exchange.step():
            pass
    before = exchange.row(levels)
    while len(messages) < rows:
        for kind, order_id, size, price, side in exchange.step():
            row = exchange.row(levels)
            if row != before or kind == HIDDEN:
                seconds, fraction = divmod(exchange.now, 10**9)
                messages.append(
                    f"{seconds}.{fraction:09},{kind},{order_id},{size},{price},{side}\n"
                )
                books.append(",".join(map(str, row)) + "\n")
            before = row
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        archive.writestr(f"MADE_message_{levels}.csv", "".join(messages))
        archive.writestr(f"MADE_orderbook_{levels}.csv", "".join(books))
    return path
