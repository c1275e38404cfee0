"""The L2 stream into a Book from Python, 256 records a call."""

from time import perf_counter_ns

import numpy as np

from bench.inside.measure import begin, emit
from pinnacle.core.book import Book
from pinnacle.core.schema import EventBuffer, Kind, Side

OPERATIONS = 1_000_000
BATCH = 256
CHUNK = 4096
L2 = np.dtype([("price", "<i4"), ("side", "<u4"), ("quantity", "<u8")])


def main() -> None:
    arguments = begin()
    count = OPERATIONS // arguments.scale // CHUNK * CHUNK
    rows = np.fromfile(arguments.more[0], dtype=L2, count=count)
    chunk = EventBuffer(CHUNK)
    chunk.array["kind"] = Kind.DEPTH
    batches = [chunk.cdata + begin_ for begin_ in range(0, CHUNK, BATCH)]
    for _ in range(arguments.rounds):
        book = Book(0, 16384, 8192)
        apply, taken = book.apply, 0
        for start in range(0, count, CHUNK):
            part = rows[start : start + CHUNK]
            chunk.array["price"] = part["price"]
            chunk.array["quantity"] = part["quantity"]
            chunk.array["side"] = part["side"] + Side.BID
            begun = perf_counter_ns()
            for batch in batches:
                apply(batch, BATCH)
            taken += perf_counter_ns() - begun
        emit("apply", taken / count)


main()
