"""Whether a journal's batches are as a turn makes them (csrc/turn/stage.h, csrc/turn/turn_risk.c).

A process's own records stand first, then what each of its rings held, ring by ring. Risk looks once
at the book of each instrument that it has to judge, in their order, and at no other. A feed has no
batches: it journals what it publishes, and nothing else.
"""

from collections.abc import Iterator, Sequence

import numpy as np

from pinnacle.core.schema import EVENT, Flag, Kind, Source, number_of, source_of
from pinnacle.replay.evidence import Evidence, is_decision
from pinnacle.replay.runs import Finding, finding
from pinnacle.runtime.run_marks import MARKS
from pinnacle.runtime.stage import REPORT_KINDS

_JUDGED = (Kind.NEW, Kind.REPLACE, Kind.FILL)
#: What a process tells itself; besides, risk looks and a gateway refuses what it withheld.
_TOLD = (Kind.TIMER, Kind.PEER_LOST, Kind.PEER_BACK, Kind.HALT, Kind.RESUME, Kind.STOP)
#: And what an operator tells it (runtime/commands.py).
_ALSO = {
    "risk": (Kind.TOP,),
    "gateway": (Kind.REJECTED, Kind.REPLACE_REJECTED, Kind.TEXT, Kind.CANCEL_ALL),
    "strategy": (Kind.FLATTEN, Kind.PARAMETER),
}
_MARKET = (Kind.DEPTH, Kind.TRADE, Kind.TOP, Kind.BOOK_BEGIN, Kind.BOOK_END, Kind.BOOK_INVALID)
_JOURNAL_FLAGS = np.uint8(Flag.DECISION | Flag.BATCH_END)
_END, _STALE = np.uint8(Flag.BATCH_END), np.uint8(Flag.STALE)
_UNTOLD = ("price", "quantity", "venue_ns", "side", "venue_id")


def check_published(feed: Evidence, instruments: Sequence[int]) -> list[Finding]:
    """The first record of a feed's journal that no feed of these instruments publishes."""
    for index, rows in feed.chunks(feed.given_stop):
        mark = np.isin(rows["kind"], MARKS)
        market = np.isin(rows["kind"], _MARKET) & (rows["source"] == feed.source)
        market &= np.isin(rows["instrument_id"], instruments) & (
            (rows["flags"] & _JOURNAL_FLAGS) == 0
        )
        if not (mark | market).all():
            at = index + int(np.argmin(mark | market))
            return [finding(feed.name, at, "order", "no feed publishes such a record")]
    return []


def check_batches(journal: Evidence, instruments: int) -> list[Finding]:
    """The first batch that no turn makes; `instruments`: how many there are."""
    if not journal.runs:
        return []
    ranks = _ranks(journal)
    # A batch that was cut short is closed by the next run, with a TIMER behind what it holds.
    closed = np.array([run.told for run in journal.runs[1:]], np.int64)
    for indexes, rows in _whole_batches(journal):
        ends = (rows["flags"] & Flag.BATCH_END) != 0
        rank = ranks[rows["source"]]
        rank[np.isin(rows["kind"], MARKS)] = 0
        back = (rank[1:] < rank[:-1]) & ~ends[:-1] & ~np.isin(indexes[1:], closed)
        strange = (rank < 0) | _strange(journal.role, rows, rank == 0)
        strange[1:] |= back
        if strange.any():
            at = int(indexes[np.argmax(strange)])
            detail = "no turn takes such a record, or not here in a batch"
            return [finding(journal.name, at, "order", detail)]
        # A batch that was cut short may have the tops of what it lost.
        whole = ~np.isin(indexes[ends], closed)
        risk = journal.role == "risk"
        bad = _tops_missing(rows, ends, whole, instruments) if risk else None
        if bad is not None:
            detail = "its batch has not one top of the book of each instrument that is judged"
            return [finding(journal.name, int(indexes[bad]), "order", detail)]
    return []


def _strange(role: str, rows: np.ndarray, own: np.ndarray) -> np.ndarray:
    """Where a record of the process's own is none that it makes."""
    told = np.isin(rows["kind"], _TOLD)
    also = (*_ALSO.get(role, ()), *(REPORT_KINDS if role == "gateway" else ()))
    strange = own & ~told & ~np.isin(rows["kind"], (*MARKS, *also))
    top = own & (rows["kind"] == Kind.TOP)
    strange |= own & told & ((rows["flags"] & ~_END) != 0)
    strange |= top & ((rows["flags"] & ~(_END | _STALE)) != 0)
    for field in _UNTOLD:
        strange |= own & told & (rows[field] != 0)
    return strange


def _ranks(journal: Evidence) -> np.ndarray:
    """By source: 0 for the process itself, then its rings in their order, -1 for strangers."""
    ranks = np.full(1 << 16, -1, np.int64)
    ranks[journal.source] = 0
    if journal.role == "gateway":
        # A venue outside has no ring: what it says the gateway itself has heard.
        ranks[source_of(Source.EXCHANGE, number_of(journal.source))] = 0
    attached = max((run.attached for run in journal.runs), key=len)
    rings = [key for key in attached if not key[0]]
    for i, (_, source) in enumerate(rings):
        ranks[source] = i + 1
    return ranks


def _whole_batches(journal: Evidence) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """(indexes, records) of the inputs, cut where a batch ends."""
    rest_at, rest = np.empty(0, np.int64), np.empty(0, EVENT)
    for index, rows in journal.chunks(journal.given_stop):
        at = np.flatnonzero(~is_decision(rows))
        indexes = np.concatenate([rest_at, at + index])
        inputs = np.concatenate([rest, rows[at]])
        ends = np.flatnonzero(inputs["flags"] & Flag.BATCH_END)
        whole = int(ends[-1]) + 1 if len(ends) else 0
        if whole:
            yield indexes[:whole], inputs[:whole]
        rest_at, rest = indexes[whole:], inputs[whole:]


def _tops_missing(
    rows: np.ndarray, ends: np.ndarray, whole: np.ndarray, instruments: int
) -> int | None:
    """The first record of a whole batch whose tops are not those of what is judged in it."""
    batch = np.cumsum(ends) - ends
    key = batch * (1 << 32) + rows["instrument_id"]
    own = rows["source"] == Source.RISK
    looked = own & (rows["kind"] == Kind.TOP) & whole[batch]
    judged = np.isin(rows["kind"], _JUDGED) & ~own & whole[batch]
    judged &= rows["instrument_id"] < instruments
    wanted, tops = np.unique(key[judged]), key[looked]
    if len(wanted) == len(tops) and (wanted == tops).all():
        return None
    n = min(len(wanted), len(tops))
    other = np.flatnonzero(wanted[:n] != tops[:n])
    first = int(other[0]) if len(other) else n
    found = min(int(keys[first]) for keys in (wanted, tops) if first < len(keys))
    return int(np.argmax(key == found))
