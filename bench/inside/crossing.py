"""A trivial C function called from Python, a Python function, and a C function given a batch."""

from collections.abc import Callable
from time import perf_counter_ns

from bench.inside.measure import begin, emit
from pinnacle.core._native import lib
from pinnacle.core.book import Book
from pinnacle.core.schema import EventBuffer, Kind

CALLS = 500_000
BATCH = 1000


def python_function(value: int) -> int:
    """What a bare call costs."""
    return value


def _ns_a_call(function: Callable[[int], int], calls: int) -> float:
    begun = perf_counter_ns()
    for _ in range(calls // 10):
        # Ten a turn: the loop itself is a tenth of what it would be.
        function(5), function(5), function(5), function(5), function(5)
        function(5), function(5), function(5), function(5), function(5)
    return (perf_counter_ns() - begun) / calls


def main() -> None:
    arguments = begin()
    calls = CALLS // arguments.scale
    book, batch = Book(0, 4096, 64), EventBuffer(BATCH)
    batch.array["instrument_id"] = 1
    batch.array["kind"] = Kind.DEPTH
    apply, events = lib.pmm_book_apply, batch.cdata
    for _ in range(arguments.rounds):
        emit("python", _ns_a_call(python_function, calls))
        emit("call", _ns_a_call(lib.pmm_histogram_bucket_floor, calls))
        begun = perf_counter_ns()
        for _ in range(calls // 100):
            apply(book.cdata, events, BATCH)
        emit("batch", (perf_counter_ns() - begun) / (calls // 100) / BATCH)


main()
