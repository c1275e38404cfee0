"""Writes a shared book as fast as it can, in batches that show it if two of them are mixed.

Batch x makes ten levels a side around price_of(x), each of 1000 (x + 1) + rank lots. The prices
stay, step, and leave the window, so that levels move to the far tables and back.
"""

import sys

from pinnacle.core.book import SharedBookWriter
from pinnacle.core.schema import EventBuffer, Flag, Kind, Side

LEVELS = 10
STATES = 64


def price_of(x):
    return 100_000 if x % 8 == 0 else 5000 + x // 3


def levels_of(x, quantity):
    rows = [(Kind.DEPTH, Side.BID, price_of(x) - 1 - i, quantity(i)) for i in range(LEVELS)]
    return rows + [(Kind.DEPTH, Side.ASK, price_of(x) + 1 + i, quantity(i)) for i in range(LEVELS)]


def batch(x):
    if x == 0:
        before = [(Kind.BOOK_BEGIN, 0, 0, 0)]
    elif price_of(x - 1) != price_of(x):
        before = levels_of(x - 1, lambda _: 0)
    else:
        before = []
    return [*before, *levels_of(x, lambda i: 1000 * (x + 1) + i), (Kind.BOOK_END, 0, 0, 0)]


def buffer_of(rows):
    buffer = EventBuffer(len(rows))
    for name, column in zip(
        ("kind", "side", "price", "quantity"), zip(*rows, strict=True), strict=True
    ):
        buffer.array[name] = column
    buffer.array["flags"][-1] = Flag.LAST
    return buffer


def main(path, repeats):
    """Apply batch after batch; with repeats > 1 all of them so often in one endless batch."""
    batches = [batch(x) for x in range(STATES)]
    if repeats > 1:
        batches = [[row for rows in batches for row in rows] * repeats]
    buffers = [buffer_of(rows) for rows in batches]
    with SharedBookWriter(path) as book:
        print("writing", flush=True)
        while True:
            for buffer in buffers:
                book.apply(buffer.cdata, len(buffer))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
