"""An exchange's log through a venue in C, whatever room its output needs."""

from collections.abc import Callable
from typing import Any

import numpy as np

from pinnacle.core._native import ffi
from pinnacle.core.errors import check
from pinnacle.core.schema import EventBuffer


class LogRun:
    """`run`: pmm_paper_venue_run and its like, on `venue`."""

    def __init__(self, run: Callable[..., int], venue: Any, what: str, capacity: int = 8192):
        self._run = run
        self._venue = venue
        self._what = what
        self._out = EventBuffer(capacity)
        self._consumed = ffi.new("size_t *")

    def __call__(self, events: Any, n: int) -> np.ndarray:
        """What n records cause, an EVENT array that is good until the next call."""
        out, done = self._out, 0
        parts: list[np.ndarray] = []
        while True:
            written = self._run(
                self._venue, events + done, n - done, out.cdata, len(out), self._consumed
            )
            done += self._consumed[0]
            if check(written, self._what) < len(out):
                last = out.array[:written]
                return np.concatenate([*parts, last]) if parts else last
            parts.append(out.array.copy())
