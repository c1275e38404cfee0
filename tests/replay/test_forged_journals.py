"""Whatever is done to a journal, CRCs and all, its session is not identical any more.

Unless nobody can tell, and that is little: docs/decisions/0016 has the list, `essence` holds it.
"""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pinnacle.core.schema import Flag, Kind, Reason, Source, Venue
from pinnacle.runtime.run_marks import MARKS
from tests.replay.forging import JOURNALLED, Forged

TOLD = (Kind.TIMER, Kind.PEER_LOST, Kind.PEER_BACK, Kind.HALT, Kind.RESUME, Kind.STOP)
FIELDS = ("recv_ns", "venue_ns", "price", "quantity", "order_id", "aux", "instrument_id")
FIELDS += ("reason", "kind", "side", "flags", "venue_id", "source")


@st.composite
def forgeries(draw):
    """(journal, how, seed numbers): applied to whatever the journal holds."""
    how = draw(
        st.sampled_from(["alter", "drop", "repeat", "truncate", "swap", "reverse", "replace"])
    )
    at = draw(st.floats(0, 1, exclude_max=True))
    other = draw(st.floats(0, 1, exclude_max=True))
    length = draw(st.sampled_from([1, 1, 1, 2, 3, 10, 100]))
    field = draw(st.sampled_from(FIELDS))
    bits = draw(st.integers(0, 62))
    return draw(st.sampled_from(JOURNALLED)), how, at, other, length, field, bits


def forge(rows, how, at, other, length, field, bits):
    """The records after it; a copy."""
    n = len(rows)
    i, j = int(at * n), int(other * n)
    part = slice(i, min(i + length, n))
    if how == "drop":
        return np.delete(rows, np.arange(part.start, part.stop))
    if how == "repeat":
        return np.concatenate([rows[: part.stop], rows[part], rows[part.stop :]])
    if how == "truncate":
        return rows[:i].copy()
    out = rows.copy()
    if how == "alter":
        width = out.dtype[field].itemsize * 8
        out[field][i] ^= np.array(1 << (bits % width), np.uint64).astype(out.dtype[field])
    elif how == "swap":
        out[[i, j]] = rows[[j, i]]
    elif how == "reverse":
        out[part] = rows[part][::-1]
    else:
        out[i] = rows[j]
    return out


def told_alone(rows, source):
    """Where a record is what only its process was told."""
    own = (rows["source"] == source) & ((rows["flags"] & Flag.DECISION) == 0)
    torn = (rows["kind"] == Kind.TOP) & (rows["reason"] == Reason.STALE)
    return own & (np.isin(rows["kind"], TOLD) | torn)


def in_vain(rows, unseen):
    """Where a record that nobody took tells of a book that was then begun anew, or no more told."""
    vain = np.zeros(len(rows), bool)
    marks = np.isin(rows["kind"], MARKS)
    anew = np.isin(rows["kind"], (Kind.BOOK_BEGIN, Kind.BOOK_INVALID))
    for number in np.unique(rows["instrument_id"][~marks]):
        last: list[int] = []
        for at in np.flatnonzero(marks | (rows["instrument_id"] == number)).tolist():
            if marks[at] or anew[at]:
                vain[last] = True
                last = []
            if not unseen[at]:
                last = []
            elif not marks[at]:
                last.append(at)
        vain[last] = True
    return vain


def essence(journal, rows, taken):
    """What others hold of a journal, or what follows from it."""
    source = Source[journal.upper()]
    rows = rows.copy()
    rows["commit"] = 0
    rows["flags"] &= np.uint8(0xFF & ~int(Flag.BATCH_END))
    if journal == "feed":
        unseen = np.array([row.tobytes() not in taken for row in rows], bool)
        unneeded = in_vain(rows, unseen) | (rows["kind"] == Kind.BOOK_INVALID)
        rows["recv_ns"][unseen & ~np.isin(rows["kind"], MARKS)] = 0
        snapshot = (rows["flags"] & Flag.SNAPSHOT) != 0
        # A snapshot is stamped where it is asked for, and the exchange journals only that it was.
        rows["venue_ns"][unseen & snapshot] = 0
        ring = np.isin(rows["kind"], (Kind.ATTACH, Kind.DETACH))
        for field in ("order_id", "aux"):
            rows[field][ring] = 0
        return [rows[~unneeded].tobytes()]
    rows = rows[~told_alone(rows, source)]
    top = (rows["kind"] == Kind.TOP) & (rows["source"] == source)
    rows["recv_ns"][top] = 0
    # What the feed sends one reader alone, because that fell behind, only that reader journals.
    sent = (rows["source"] == Source.FEED) & ~np.isin(rows["kind"], MARKS)
    notice = (rows["kind"] == Kind.BOOK_INVALID) & (rows["reason"] == Reason.RESYNC)
    rows["recv_ns"][sent & (notice | (rows["venue_id"] == Venue.NONE))] = 0
    decided = (rows["flags"] & Flag.DECISION) != 0
    found = [rows[decided].tobytes()]
    return found + [rows[~decided & (rows["source"] == s)].tobytes() for s in range(16)]


@pytest.fixture(scope="session")
def records(original):
    """Each journal's records, and the bytes of the market that the strategy took."""
    from pinnacle.core.journal_reader import JournalReader

    rows = {name: JournalReader(original / name).array().copy() for name in JOURNALLED}
    market = rows["strategy"][rows["strategy"]["source"] == Source.FEED].copy()
    market["commit"] = 0
    market["flags"] &= np.uint8(0xFF & ~int(Flag.BATCH_END))
    return rows, {row.tobytes() for row in market}


def is_cut(before, after, source):
    """Whether it is without its end, and perhaps with a time of its process's own in its place."""
    if len(after) and told_alone(after[-1:], source)[0] and len(after) <= len(before):
        same = after[-1:].tobytes() == before[len(after) - 1 :][:1].tobytes()
        after = after if same else after[:-1]
    return len(after) < len(before) and after.tobytes() == before[: len(after)].tobytes()


def check(original, folder, records, forgery):
    journal, *how = forgery
    rows, taken = records
    before, after = rows[journal], forge(rows[journal], *how)
    session = Forged(original, folder)
    session.write(journal, after)
    found = session.verify()
    if not found.identical:
        return
    if found.ends[journal] == "early" and is_cut(before, after, Source[journal.upper()]):
        return
    assert essence(journal, before, taken) == essence(journal, after, taken), forgery


QUICK = 12


@pytest.mark.timeout(1200)
@pytest.mark.parametrize("examples", [QUICK, pytest.param(80, marks=pytest.mark.long)])
def test_no_forgery_that_others_can_tell_is_identical(original, records, tmp_path, examples):
    count = iter(range(1 << 30))

    @settings(
        max_examples=examples, deadline=None, suppress_health_check=list(HealthCheck), database=None
    )
    @given(forgeries())
    def run(forgery):
        folder: Path = tmp_path / str(next(count))
        check(original, folder, records, forgery)

    run()
