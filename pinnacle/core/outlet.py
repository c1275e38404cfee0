"""One reader of market data and what it is still owed: see csrc/turn/outlet.h."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from pinnacle.core._native import ffi, lib
from pinnacle.core.bell import Bell
from pinnacle.core.ring import RingWriter
from pinnacle.core.schema import EventBuffer, Venue, instrument_set


class Outlet:
    """Wraps struct pmm_outlet over the ring at `path`; who owns the books resyncs it.

    `instruments` are the ids of those that the reader has: it is sent no others, and until the
    first resync it is owed every one.
    """

    def __init__(
        self,
        path: Path,
        bell: Bell | None,
        instruments: Iterable[int],
        source: int,
        venue: Venue,
    ):
        self.ring = RingWriter(path)
        self._bell = bell
        self._scratch = EventBuffer(lib.PMM_OUTLET_SCRATCH)
        self.cdata: Any = ffi.new("struct pmm_outlet *")
        lib.pmm_outlet_init(
            self.cdata,
            self.ring.handle,
            bell.handle if bell else ffi.NULL,
            self._scratch.cdata,
            instrument_set(instruments),
            source,
            venue,
        )

    def push(self, events: Any, n: int) -> None:
        """n records, whole messages; instruments whose changes do not fit are owed a snapshot."""
        if n:
            lib.pmm_outlet_push(self.cdata, events, n)

    @property
    def settled(self) -> bool:
        """Whether the reader is owed nothing that was known of at the last look."""
        return bool(lib.pmm_outlet_settled(self.cdata))

    @property
    def overflows(self) -> int:
        """Pushes that found no room."""
        return self.cdata.overflows

    @property
    def resyncs(self) -> int:
        """Snapshots that were sent to their end."""
        return self.cdata.resyncs

    @property
    def resent(self) -> int:
        """Records of snapshots."""
        return self.cdata.resent
