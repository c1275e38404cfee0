"""Feed, strategy and risk in one thread, hot and after pauses: a recorded market, as wired."""

import ctypes
import shutil
from typing import Any

import numpy as np

from bench.inside.measure import Arguments, begin, emit, emit_quantiles
from bench.inside.recorded import Recorded, Risk, Strategy
from pinnacle.core._native import ffi
from pinnacle.core.errors import check
from pinnacle.core.ring import RingReader, RingWriter
from pinnacle.core.schema import EventBuffer, Flag
from pinnacle.feed.simulated import SimulatedFeed

PAUSE_NS = 1_000_000
#: Messages of one way of pausing before the next way takes its turn.
STRETCH = 64
WARM_STRETCHES = 10
#: Of a round, by all ways together.
STRETCHES, STRETCHES_QUICK = 180, 60
#: enum pause of bench/c/chain.c.
PAUSES = {"hot": 0, "bare": 1, "paused": 2}


class Chain:
    """The three processes, the venue's end and the gateway's: struct chain of bench/c/chain.c."""

    def __init__(self, recorded: Recorded, library: str):
        paths = recorded.paths
        feed = recorded.runtime("feed")
        ring = RingReader(paths.ring("venue.market"))
        self._feed = SimulatedFeed(ring, recorded.publisher(feed))
        feed.wait_on(ring)
        self._strategy, self._risk = Strategy(recorded), Risk(recorded)
        self._ends = (
            RingWriter(paths.ring("venue.market")),
            RingReader(paths.ring("orders")),
            RingWriter(paths.ring("reports")),
        )
        self._loops = [feed.loop, self._strategy.runtime.loop, self._risk.runtime.loop]
        for runtime in (feed, self._strategy.runtime, self._risk.runtime):
            runtime.clock.recalibrate()
        self._clocks = [feed.clock, self._strategy.runtime.clock, self._risk.runtime.clock]
        pointers: list[Any] = [end.handle for end in self._ends]
        pointers += [self._feed.cdata, self._strategy.turn, self._risk.turn, *self._loops]
        self._chain = ffi.new("uintptr_t[]", [int(ffi.cast("uintptr_t", p)) for p in pointers])
        self._library = ctypes.CDLL(library)
        self._library.chain_begin.restype = ctypes.c_double
        self._library.chain_run.restype = ctypes.c_int64
        self._library.chain_run.argtypes = [
            ctypes.c_void_p,
            ctypes.c_void_p,
            ctypes.c_size_t,
            ctypes.c_int,
            ctypes.c_int64,
            ctypes.c_void_p,
        ]
        self._ns_per_tick: float = self._library.chain_begin()
        self._feed._publisher.resync_readers()

    def run(self, events: EventBuffer, first: int, n: int, pause: str) -> np.ndarray:
        """ns of each of these messages that led to an order."""
        for clock in self._clocks:
            clock.recalibrate()
        samples = np.empty(n, np.uint32)
        taken = self._library.chain_run(
            int(ffi.cast("uintptr_t", self._chain)),
            int(ffi.cast("uintptr_t", events.cdata + first)),
            n,
            PAUSES[pause],
            0 if pause == "hot" else PAUSE_NS,
            samples.ctypes.data,
        )
        return samples[: check(taken, "chain")] * self._ns_per_tick

    def refused(self, instruments: int) -> int:
        return self._risk.refused(instruments)


def stretches(rows: np.ndarray) -> list[tuple[int, int]]:
    """(first record, records) of so many messages each."""
    ends = (np.flatnonzero(rows["flags"] & Flag.LAST) + 1)[STRETCH - 1 :: STRETCH].tolist()
    return [(first, end - first) for first, end in zip([0, *ends], ends, strict=False)]


def measure(arguments: Arguments, name: str) -> None:
    recorded = Recorded(arguments, name)
    rows = recorded.records("feed")
    rows["recv_ns"] = 0
    events = EventBuffer(len(rows))
    events.array[:] = rows
    chain = Chain(recorded, arguments.more[1])
    found: dict[str, list[np.ndarray]] = {pause: [] for pause in PAUSES}
    for i, (first, n) in enumerate(
        stretches(rows)[: STRETCHES if arguments.scale == 1 else STRETCHES_QUICK]
    ):
        pause = list(PAUSES)[i % len(PAUSES)] if i >= WARM_STRETCHES else "hot"
        taken = chain.run(events, first, n, pause)
        if i >= WARM_STRETCHES:
            found[pause].append(taken)
    for pause, samples in found.items():
        emit_quantiles(pause, np.concatenate(samples) / 1e3)
    emit("orders", min(sum(map(len, samples)) for samples in found.values()))
    emit("refused", chain.refused(len(recorded.instruments)))
    recorded.remove()


def main() -> None:
    arguments = begin()
    for round_ in range(arguments.rounds):
        measure(arguments, f"{round_}-chain")
    shutil.rmtree(arguments.scratch / "again-data", ignore_errors=True)


main()
