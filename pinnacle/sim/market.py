"""A simulated market in virtual time: matching engines and their traders (csrc/sim/market.h)."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from pinnacle.core._native import ffi, lib
from pinnacle.core.errors import check
from pinnacle.core.memory import aligned_memory
from pinnacle.core.outlet import Outlet
from pinnacle.core.schema import EVENT, EventBuffer, events_pointer
from pinnacle.sim.matching import MatchingView

PARAMS = tuple(
    name for name, _ in ffi.typeof("struct pmm_market_params").fields if name != "reserved"
)

OUT_OF_RANGE = "a parameter of the simulated market is out of its range"


class MarketStats(NamedTuple):
    """Counts since the start, the traders' open orders, the fair value; see csrc/sim/market.h."""

    limits: int
    fillers: int
    cancels: int
    takes: int
    informed_looks: int
    informed_takes: int
    jumps: int
    skipped: int
    external: int
    live: int
    fair_ticks: float


class MarketView:
    """Reads a market that somebody else runs; its memory must outlive the view."""

    def __init__(self, cdata: Any, instruments: int):
        self.cdata = cdata
        engines = (lib.pmm_market_engine(cdata, i) for i in range(instruments))
        #: In the order of the parameters.
        self.engines = tuple(
            MatchingView(ffi.cast("struct pmm_match *", engine)) for engine in engines
        )
        self._now = lib.pmm_market_now
        self._stats = ffi.new("struct pmm_market_stats *")

    @property
    def now(self) -> int:
        """The virtual time up to which everything has happened and has been given out."""
        return self._now(self.cdata)

    @property
    def next_ns(self) -> int:
        """When something happens next if nothing is put in."""
        return lib.pmm_market_next(self.cdata)

    def stats(self, index: int) -> MarketStats:
        """Of the instrument at this position in the parameters."""
        check(lib.pmm_market_get_stats(self.cdata, index, self._stats), f"instrument {index}")
        return MarketStats(*(getattr(self._stats, name) for name in MarketStats._fields))

    def snapshot(self, index: int, recv_ns: int) -> np.ndarray:
        """The book as BOOK_BEGIN, DEPTH and BOOK_END records; NativeError between two calls of
        `advance` that belong together."""
        buffer = EventBuffer(self.engines[index].order_count + 2)
        code = lib.pmm_market_snapshot(self.cdata, index, recv_ns, buffer.cdata, len(buffer))
        return buffer.array[: check(code, f"snapshot of instrument {index}")]

    def resync(self, outlet: Outlet) -> None:
        """Send what the outlet's reader is owed of the books, once all that happened is pushed."""
        lib.pmm_market_resync(outlet.cdata, self.cdata, self.now)


def market_config(**fields: int) -> Any:
    """struct pmm_market_config; `seed` is taken modulo 2**64."""
    return ffi.new("struct pmm_market_config *", fields | {"seed": fields["seed"] % 2**64})


def market_rows(params: Sequence[Mapping[str, float]]) -> Any:
    """For each instrument a struct pmm_market_params: all its fields but `reserved`."""
    return ffi.new("struct pmm_market_params[]", [dict(row) for row in params])


class Market(MarketView):
    """One matching engine and one population of traders per instrument.

    `params`: for each instrument the fields of struct pmm_market_params (all but `reserved`).
    Inputs take effect `latency_in_ns` after their recv_ns; `pending` may be under way at once.
    `number` is the exchange's among the session's. ValueError if anything is out of its range.
    """

    def __init__(
        self,
        params: Sequence[Mapping[str, float]],
        seed: int,
        start_ns: int,
        latency_in_ns: int = 0,
        pending: int = 4096,
        number: int = 0,
    ):
        config = market_config(
            seed=seed,
            start_ns=start_ns,
            latency_in_ns=latency_in_ns,
            instruments=len(params),
            pending=pending,
            number=number,
        )
        rows = market_rows(params)
        size = lib.pmm_market_memsize(config, rows)
        if size == 0:
            raise ValueError(OUT_OF_RANGE)
        self._memory = aligned_memory(size)
        check(lib.pmm_market_init(self._memory, size, config, rows), "simulated market")
        #: The whole market as a writable buffer: there is no pointer in it, so a copy is a market.
        self.memory = ffi.buffer(self._memory, size)
        super().__init__(ffi.cast("struct pmm_market *", self._memory), len(params))
        self._advance = lib.pmm_market_advance
        self._consumed = ffi.new("size_t *")
        self._buffer = EventBuffer(8192)

    def advance(
        self, until_ns: int, events: Any, count: int, out: Any, out_max: int
    ) -> tuple[int, int]:
        """Go on to `until_ns` with `count` inputs at cdata `events`.

        Returns (written to cdata `out`, consumed). While `now` is below until_ns, or an input is
        not consumed, it stopped for want of room: call again with the rest of the input.
        """
        written = self._advance(self.cdata, until_ns, events, count, self._consumed, out, out_max)
        if written < 0:
            check(written, "simulated market")
        return written, self._consumed[0]

    def run_to(self, until_ns: int, events: np.ndarray | None = None) -> np.ndarray:
        """All that comes out until then, given an EVENT array of inputs; for tools and tests."""
        events = np.empty(0, dtype=EVENT) if events is None else events
        pointer, done, parts = events_pointer(events), 0, []
        buffer = self._buffer
        while True:
            written, consumed = self.advance(
                until_ns, pointer + done, len(events) - done, buffer.cdata, len(buffer)
            )
            done += consumed
            parts.append(buffer.array[:written].copy())
            if self.now >= until_ns and done == len(events):
                return parts[0] if len(parts) == 1 else np.concatenate(parts)
