"""The L2 book: a level's cost, in C and from Python, on made streams and on a venue's own."""

from pathlib import Path
from typing import Any

import numpy as np

from bench.harness.bench import Bench
from bench.harness.row import YARDSTICK, Row, Target, row
from bench.harness.workload import captures, stream
from pinnacle.capture.tape import Tape
from pinnacle.core._native import ffi
from pinnacle.core.book import WINDOW
from pinnacle.core.schema import EVENT
from pinnacle.venues.binance.dialect import BinanceDialect
from pinnacle.venues.binance.stream import BinanceStream

NAME = "L2 book"
NARROW = WINDOW // 4
#: Of the yardstick, and how many times std::map. On a real market a level is where the last one was
#: not: a third of them costs a wrong guess, half a line from the second cache. Both books wait.
MADE, RECORDED = (0.08, 6), (0.16, 5)


def capture_events(bench: Bench) -> Path:
    """The BTC capture's records as a feed publishes them, in a file of EVENT rows."""
    place = bench.cache / "binance.events"
    if not place.exists():
        path = captures()[0]
        found: list[np.ndarray] = []

        def keep(events: Any, n: int) -> None:
            found.append(np.frombuffer(ffi.buffer(events, n * EVENT.itemsize), EVENT).copy())

        tape = Tape((path,), BinanceDialect())
        (instrument,) = tape.instruments.values()
        stream_ = BinanceStream(instrument, keep)
        for entry in tape.play():
            if entry.parts.channel is None:
                stream_.snapshot(0, entry.frame, entry.recv_ns)
            else:
                stream_.take((entry.frame,), entry.recv_ns)
        np.concatenate(found).tofile(place)
    return place


def measure(bench: Bench) -> list[Row]:
    bench.need("g++")
    rows = []
    for name, words in (("large", "50,000 orders' levels"), ("small", "2,000 orders' levels")):
        l2 = stream(bench.cache, name)[1]
        rows += _rows(bench, words, "l2", l2, MADE)
    events = capture_events(bench)
    rows += _rows(bench, "Binance capture", "events", events, RECORDED)
    narrow = bench.run("book_l2", "events", events, NARROW)
    rows.append(
        row(
            f"{NAME}, Binance capture, more far levels",
            "ns/level",
            narrow["ours16"],
            peer="std::map book",
            peer_runs=narrow["map16"],
            note=f"a window of {NARROW} ticks instead of {WINDOW}",
        )
    )
    inside = bench.run_inside("book_l2", stream(bench.cache, "large")[1])
    rows.append(
        row(
            f"{NAME}, from Python, batches of 256",
            "ns/level",
            inside["apply"],
            target=Target("value", 15),
        )
    )
    return rows


def _rows(
    bench: Bench, words: str, kind: str, path: Path, bounds: tuple[float, float]
) -> list[Row]:
    runs = bench.run("book_l2", kind, path, WINDOW)
    counted = bench.instructions("book_l2", "pmm_book_apply", kind, path, WINDOW)
    of_pace, times = bounds
    null = sorted(runs["null16"])[len(runs["null16"]) // 2]
    batched = f"{NAME}, {words}"
    return [
        row(
            batched,
            "ns/level",
            runs["ours16"],
            peer=YARDSTICK,
            peer_runs=runs["yardstick"],
            target=Target("ratio", of_pace),
            instructions=counted,
            note=f"messages of 16 levels, a window of {WINDOW} ticks; "
            f"reading the records alone takes {null:.1f} ns",
        ),
        row(
            f"{batched}, std::map",
            "ns/level",
            runs["ours16"],
            peer="std::map book",
            peer_runs=runs["map16"],
            target=Target("times", times),
        ),
        row(
            f"{batched}, one by one",
            "ns/level",
            runs["ours1"],
            peer="std::map book",
            peer_runs=runs["map1"],
        ),
    ]
