"""Labelled counters and latency histograms that anyone may read (counters.h)."""

from collections.abc import Callable
from os import fsencode
from typing import Any

import msgspec
import numpy as np

from pinnacle.core._native import ffi, lib
from pinnacle.core.errors import check
from pinnacle.core.segment import Closing, Mode, Path, SegmentView

#: Lowest value of each histogram bucket, ns, shape (1152,).
BUCKET_FLOORS = np.array(
    [lib.pmm_histogram_bucket_floor(b) for b in range(lib.PMM_HISTOGRAM_BUCKETS)], dtype=np.int64
)

#: The table is full, or the label does not fit.
_NO_ROOM = (lib.PMM_ERR_FULL, lib.PMM_ERR_RANGE)


class HistogramSummary(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One histogram at one moment; quantiles are upper bounds, at most 1/32 too high. ns."""

    count: int
    mean: float
    p50: int
    p99: int
    p999: int
    max: int


class Histogram:
    """A histogram in a counters segment; `cdata` is its struct pmm_histogram *, for C.

    Valid as long as the Counters or CountersReader that gave it is open.
    """

    def __init__(self, cdata: Any, keep: object):
        self.cdata = cdata
        self._keep = keep
        self._record = lib.pmm_histogram_record

    @property
    def label(self) -> str:
        return ffi.string(self.cdata.label, lib.PMM_LABEL_BYTES).decode(errors="replace")

    def record(self, value_ns: int) -> None:
        """Owner: count one value, ns; a negative one counts as 0."""
        self._record(self.cdata, value_ns)

    def quantile(self, q: float) -> int:
        """Upper bound of the bucket that holds the fraction `q` of the values, ns; 0 if empty."""
        return lib.pmm_histogram_quantile(self.cdata, q)

    def summary(self) -> HistogramSummary:
        """Count, mean, quantiles and maximum, ns."""
        raw = self.cdata
        count = raw.count
        return HistogramSummary(
            count=count,
            mean=raw.sum / count if count else 0.0,
            p50=self.quantile(0.5),
            p99=self.quantile(0.99),
            p999=self.quantile(0.999),
            max=raw.max,
        )

    def buckets(self) -> np.ndarray:
        """A copy of the counts per bucket, shape (1152,), uint64; floors are in BUCKET_FLOORS."""
        return np.frombuffer(ffi.buffer(self.cdata.buckets), dtype="<u8").copy()


def create_counters(path: Path, counters: int, histograms: int, name: str) -> None:
    """Make a segment with room for so many counters and histograms."""
    check(lib.pmm_counters_create(fsencode(path), counters, histograms, name.encode()), path)


class _Open(Closing):
    def __init__(self, path: Path, mode: int):
        handle = ffi.gc(ffi.new("struct pmm_counters *"), lib.pmm_counters_close)
        check(lib.pmm_counters_open(handle, fsencode(path), mode), path)
        self.path = path
        self.handle: Any = handle
        self.segment = SegmentView(ffi.addressof(handle, "segment"), handle)

    def close(self) -> None:
        """Unmap; every other method raises afterwards. Safe to call twice."""
        if self.handle is not None:
            lib.pmm_counters_close(self.handle)
            self.handle = None

    @property
    def _open(self) -> Any:
        if self.handle is None:
            raise ValueError("the counters are closed")
        return self.handle


class Counters(_Open):
    """The owning process's counters and histograms, by their labels.

    They are for people to look at: one for which there is no room is reported to `missing`, once,
    and what it counts nobody sees. No process ends for want of one.
    """

    def __init__(self, path: Path, missing: Callable[[str], None] = lambda label: None):
        super().__init__(path, Mode.OWN)
        self._missing = missing
        self._missed: set[tuple[str, str]] = set()
        self._handles: dict[str, int] = {}
        self._set = lib.pmm_counter_set

    def show(self, /, **values: int) -> None:
        """Set the counters of these labels (1 to 55 bytes of UTF-8), each made if it is new."""
        for label, value in values.items():
            handle = self._handles.get(label)
            if handle is None:
                found = lib.pmm_counter_find(self.handle, label.encode())
                handle = self._handles[label] = self._found(found, "counter", label)
            self._set(self.handle, handle, value)

    def histogram(self, label: str) -> Histogram:
        """The histogram of `label`, made if it is new; without room, one that nobody else sees."""
        index = self._found(lib.pmm_histogram_find(self.handle, label.encode()), "histogram", label)
        if index in _NO_ROOM:
            return Histogram(ffi.new("struct pmm_histogram *"), self)
        return Histogram(self.handle.histograms + index, self)

    def _found(self, handle: int, what: str, label: str) -> int:
        if handle not in _NO_ROOM:
            return check(handle, f"{self.path}: {what} {label!r}")
        if (what, label) not in self._missed:
            self._missed.add((what, label))
            self._missing(label)
        return handle


class CountersReader(_Open):
    """Anybody's read-only view of all labels and values."""

    def __init__(self, path: Path):
        super().__init__(path, Mode.READ)

    def values(self) -> dict[str, int]:
        """Every counter's value by label, in the order in which they were made."""
        handle = self._open
        get = lib.pmm_counter_get
        return {
            ffi.string(handle.counters[i].label, lib.PMM_LABEL_BYTES).decode(): get(handle, i)
            for i in range(handle.shared.counter_count)
        }

    def histograms(self) -> dict[str, Histogram]:
        """Every histogram by label, in the order in which they were made."""
        handle = self._open
        found = (
            Histogram(handle.histograms + i, self) for i in range(handle.shared.histogram_count)
        )
        return {histogram.label: histogram for histogram in found}

    def summaries(self) -> dict[str, HistogramSummary]:
        """Every histogram's summary by label."""
        return {label: histogram.summary() for label, histogram in self.histograms().items()}
