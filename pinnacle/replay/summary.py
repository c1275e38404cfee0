"""What is in a session's journals: how many records of what, when, with which gaps, how healthy."""

from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from pinnacle.core.errors import LayoutError, NativeError, is_shortage
from pinnacle.core.journal_reader import JournalReader, is_written
from pinnacle.core.schema import Flag, Kind, Reason, Venue
from pinnacle.replay.health import check_journal
from pinnacle.replay.readable import name_of, source_name
from pinnacle.replay.times import format_time

Progress = Callable[[int], None]


def summarise(name: str, directory: Path, gap_ns: int, progress: Progress) -> dict[str, Any]:
    """One journal as a dict that JSON can hold; `progress` is called with records read.

    A time gap is more than `gap_ns` between two neighbours. Never raises for damage: it is told
    under health, and the counts are of the records before it.
    """
    findings = check_journal(name, directory)
    try:
        reader = JournalReader(directory, damaged_ok=True)
    except (LayoutError, NativeError) as error:
        if is_shortage(error):
            raise
        return {"journal": name, "records": 0, "health": "unreadable", "findings": findings} | {
            "error": str(error)
        }
    counts = _Counts(gap_ns)
    for chunk in reader.chunks():
        counts.take(chunk)
        progress(len(chunk))
    report = reader.report
    found = {
        "journal": name,
        "health": findings[0]["problem"] if findings else "good",
        "records": len(reader),
        "files": report.files,
        "bytes": report.bytes,
        "torn_bytes": report.torn_bytes,
        "findings": findings,
        "identity": f"{report.identity:016x}",
    }
    found["end"] = "not yet" if is_written(directory) else "early"
    if len(reader):
        if reader[-1]["kind"] == Kind.END:
            found["end"] = "in order"
        found |= _span(report.first_ns, report.last_ns)
    return found | counts.as_dict()


def _span(first_ns: int, last_ns: int) -> dict[str, Any]:
    return {
        "first": format_time(first_ns),
        "last": format_time(last_ns),
        "first_ns": first_ns,
        "last_ns": last_ns,
        "seconds": (last_ns - first_ns) / 1e9,
    }


class _Counts:
    """Running counts over a journal's chunks."""

    def __init__(self, gap_ns: int):
        self._gap_ns = gap_ns
        self._kinds = np.zeros(256, dtype=np.int64)
        self._sources: Counter[int] = Counter()
        self._last_ns: int | None = None
        self._sequences: dict[int, int] = {}
        self.index = 0
        self.decisions = 0
        self.resyncs = 0
        self.sequence_gaps = 0
        self.time_gaps = 0
        self.longest_gap = (0, 0)
        self.steps_back = 0

    def take(self, chunk: np.ndarray) -> None:
        self._kinds += np.bincount(chunk["kind"], minlength=256)
        sources, counts = np.unique(chunk["source"], return_counts=True)
        self._sources.update(dict(zip(sources.tolist(), counts.tolist(), strict=True)))
        self.decisions += int(np.count_nonzero(chunk["flags"] & Flag.DECISION))
        gaps = (chunk["kind"] == Kind.BOOK_INVALID) & (chunk["reason"] == Reason.SEQUENCE_GAP)
        self.resyncs += int(np.count_nonzero(gaps))
        self._take_times(chunk)
        self._take_sequences(chunk)
        self.index += len(chunk)

    def _take_times(self, chunk: np.ndarray) -> None:
        times = chunk["recv_ns"]
        before = times[0] if self._last_ns is None else self._last_ns
        steps = np.diff(times, prepend=before)
        self._last_ns = int(times[-1])
        self.time_gaps += int(np.count_nonzero(steps > self._gap_ns))
        self.steps_back += int(np.count_nonzero(steps < 0))
        at = int(np.argmax(steps))
        if steps[at] > self.longest_gap[0]:
            self.longest_gap = (int(steps[at]), self.index + at)

    def _take_sequences(self, chunk: np.ndarray) -> None:
        """The simulated venue numbers every change of a book: the next is the last + 1."""
        numbered = (Kind.DEPTH, Kind.TRADE, Kind.BOOK_BEGIN, Kind.BOOK_END)
        market = np.isin(chunk["kind"], numbered)
        market &= chunk["venue_id"] == Venue.SIMULATED
        for instrument_id in np.unique(chunk["instrument_id"][market]).tolist():
            mine = chunk[market & (chunk["instrument_id"] == instrument_id)]
            sequences = mine["aux"]
            before = self._sequences.get(instrument_id, int(sequences[0]) - 1)
            follows = (mine["kind"] == Kind.DEPTH) | (mine["kind"] == Kind.TRADE)
            follows &= (mine["flags"] & Flag.SNAPSHOT) == 0
            steps = np.diff(sequences, prepend=before)
            self.sequence_gaps += int(np.count_nonzero(follows & (steps != 1)))
            self._sequences[instrument_id] = int(sequences[-1])

    def as_dict(self) -> dict[str, Any]:
        """The counts under the names that `inspect --json` prints."""
        return {
            "runs": int(self._kinds[Kind.START]),
            "decisions": self.decisions,
            "kinds": {
                name_of(Kind, int(k)): int(self._kinds[k]) for k in np.flatnonzero(self._kinds)
            },
            "sources": {source_name(key): n for key, n in sorted(self._sources.items())},
            "sequence_gaps": self.sequence_gaps,
            "gap_invalidations": self.resyncs,
            "time_gaps": self.time_gaps,
            "longest_gap_ns": self.longest_gap[0],
            "longest_gap_index": self.longest_gap[1],
            "steps_back_in_time": self.steps_back,
        }
