"""What is judged of a recording's parts is what a plain model of the rules judges."""

from dataclasses import dataclass, fields

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from pinnacle.core._native import ffi, lib
from pinnacle.core.book import Book
from pinnacle.core.schema import EVENT, Flag, Kind, Side, events_pointer
from pinnacle.venues.market.codec import NO_SEQUENCE, MessageKind

LINES = 4
NO_ROW = lib.PMM_WIRE_NO_ROW
KINDS = {
    MessageKind.DEPTH: Kind.DEPTH,
    MessageKind.SNAPSHOT: Kind.DEPTH,
    MessageKind.TRADE: Kind.TRADE,
    MessageKind.TOP: Kind.TOP,
}
LEVEL = st.tuples(st.sampled_from([Side.BID, Side.ASK]), st.integers(98, 102), st.integers(0, 2))


@dataclass
class Line:
    number: int
    recv_ns: int
    text: int


@dataclass
class Part:
    kind: MessageKind
    row: int
    frame: int
    final_id: int
    event_ns: int
    checked: bool
    sequence: int
    levels: list

    def records(self, marked=True):
        rows = np.zeros(len(self.levels) + 2 * (self.kind == MessageKind.SNAPSHOT), EVENT)
        rows["instrument_id"] = self.row
        inside = rows[1:-1] if self.kind == MessageKind.SNAPSHOT else rows
        inside["kind"] = KINDS[self.kind]
        for row, (side, price, quantity) in zip(inside, self.levels, strict=True):
            row["side"], row["price"], row["quantity"] = side, price, quantity
        if self.kind == MessageKind.SNAPSHOT:
            rows["kind"][[0, -1]], rows["flags"] = [Kind.BOOK_BEGIN, Kind.BOOK_END], Flag.SNAPSHOT
        if len(rows) and marked:
            rows["flags"][-1] |= Flag.LAST
        return rows


@dataclass
class Row:
    """Of one instrument, by the rules in words of csrc/capture/judge.h; `last`: its last update."""

    frames: int = 0
    events: int = 0
    levels: int = 0
    trades: int = 0
    trades_missing: int = 0
    twice: int = 0
    unordered: int = 0
    crossed: int = 0
    trade_id: int = 0
    last: tuple | None = None

    def trade(self, trade_id, numbered):
        self.trades += 1
        before, self.trade_id = self.trade_id, max(self.trade_id, trade_id)
        if not before:
            return 0
        missing = max(trade_id - before - 1, 0) if numbered else 0
        twice = trade_id == before or (numbered and trade_id < before)
        self.trades_missing += missing
        self.twice += twice
        return missing + twice

    def change(self, part, line):
        before, self.last = self.last, (part, line)
        if before is None or before[1].number == line.number:
            return 0
        last, last_line = before
        same_text = line.text == last_line.text
        if part.final_id:
            twice = part.final_id == last.final_id and same_text
            self.twice += twice
            return twice
        times = (part.event_ns, last.event_ns)
        if not all(times) or times[0] == times[1]:
            times = (line.recv_ns, last_line.recv_ns)
        now, then = times
        known = now or part.event_ns
        if known and now == then and same_text:
            self.twice += 1
            return 1
        held = part.checked or part.sequence != NO_SEQUENCE
        unordered = now and now < then and (part.kind == MessageKind.SNAPSHOT or not held)
        self.unordered += bool(unordered)
        return bool(unordered)


class Model:
    def __init__(self, numbered):
        self.rows, self.books = [Row(), Row()], [Book(0, 4096, 64), Book(1, 4096, 64)]
        self._numbered = numbered

    def take(self, part, lines, events):
        """How many faults there are more."""
        row, book = self.rows[part.row], self.books[part.row]
        row.events += len(part.records())
        if part.kind == MessageKind.TRADE:
            return row.trade(part.final_id, self._numbered)
        if part.kind == MessageKind.TOP:
            return 0
        row.levels += len(part.levels)
        book.apply_array(np.ascontiguousarray(events))
        faults = row.change(part, lines[part.frame])
        top = book.top()
        both = top.bid_quantity and top.ask_quantity
        crossed = bool(both and top.bid_price >= top.ask_price)
        row.crossed += crossed
        return faults + crossed


def values(row):
    return {field.name: getattr(row, field.name) for field in fields(Row) if field.name != "last"}


class Native:
    def __init__(self, numbered):
        self.books = [Book(0, 4096, 64), Book(1, 4096, 64)]
        self.rows = ffi.new("struct pmm_judge_row[]", 2)
        self._pointers = ffi.new("struct pmm_book *[]", [book.cdata for book in self.books])
        self._lines = [ffi.new("int64_t[]", LINES) for _ in range(3)]
        self.judge = ffi.new("struct pmm_judge *")
        self.judge.rows, self.judge.books = self.rows, self._pointers
        self.judge.numbers, self.judge.recv_ns, self.judge.texts = self._lines
        self.judge.trades_numbered = numbered

    def say(self, lines):
        for place, name in zip(self._lines, ("number", "recv_ns", "text"), strict=True):
            place[0:LINES] = [getattr(line, name) for line in lines]

    def values(self):
        names = [field.name for field in fields(Row) if field.name != "last"]
        return [{name: getattr(row, name) for name in names} for row in self.rows]


def native_parts(parts):
    rows, first = ffi.new("struct pmm_wire_part[]", len(parts)), 0
    for place, part in zip(rows, parts, strict=True):
        place.kind, place.row, place.frame = part.kind, part.row, part.frame
        place.final_id, place.event_ns = part.final_id, part.event_ns
        place.checked, place.sequence = part.checked, part.sequence
        place.first, place.count = first, len(part.records())
        first += place.count
    return rows


@st.composite
def parts(draw, frame):
    kinds = [MessageKind.DEPTH, MessageKind.DEPTH, *KINDS]
    kind = draw(st.sampled_from(kinds))
    single = kind in (MessageKind.TRADE, MessageKind.TOP)
    return Part(
        kind=kind,
        row=draw(st.integers(0, 1)),
        frame=frame,
        final_id=draw(st.integers(0, 4)) if kind != MessageKind.DEPTH else draw(st.integers(0, 2)),
        event_ns=draw(st.integers(0, 3)),
        checked=draw(st.booleans()),
        sequence=draw(st.sampled_from([NO_SEQUENCE, 5])),
        levels=draw(st.lists(LEVEL, min_size=1, max_size=1 if single else 3)),
    )


@st.composite
def batches(draw):
    """Lines that are taken together, and the parts of their messages."""
    begin = draw(st.integers(1, 3))
    lines = [
        Line(begin + n, draw(st.integers(0, 3)), draw(st.integers(0, 1))) for n in range(LINES)
    ]
    frames = sorted(draw(st.lists(st.integers(0, LINES - 1), min_size=1, max_size=6)))
    return lines, [draw(parts(frame)) for frame in frames]


@settings(deadline=None, max_examples=150)
@given(st.booleans(), st.lists(batches(), min_size=1, max_size=4), st.booleans(), st.booleans())
def test_the_faults_of_each_part_are_those_of_the_rules(numbered, taken, marked, more):
    model, native = Model(numbered), Native(numbered)
    for lines, drawn in taken:
        native.say(lines)
        given_parts = native_parts(drawn)
        # The last of all that are given has what is left, wherever in it a record is marked.
        *before, last = drawn
        left = [last.records(marked), drawn[0].records()] if more else [last.records(marked)]
        rows = [*(part.records() for part in before), np.concatenate(left)]
        events = np.concatenate(rows)
        at, records = 0, ffi.new("uint64_t *")
        begin = 0
        while at < len(drawn):
            count = lib.pmm_judge_take(
                native.judge,
                given_parts + at,
                len(drawn) - at,
                events_pointer(events) + begin,
                len(events) - begin,
                records,
            )
            ends = 0
            for number in range(count):
                faults = model.take(drawn[at + number], lines, rows[at + number])
                assert not (faults and number + 1 < count)
                ends = faults
            assert ends or at + count == len(drawn)
            assert records[0] == sum(len(row) for row in rows[at : at + count])
            at, begin = at + count, begin + records[0]
            assert native.values() == [values(row) for row in model.rows]
    for mine, plain in zip(native.books, model.books, strict=True):
        assert mine.top() == plain.top()


@given(
    st.lists(st.tuples(st.integers(0, 3), st.sampled_from([0, 1, 1, NO_ROW])), min_size=1),
    st.integers(0, 2),
)
def test_a_message_counts_once_for_each_instrument_that_it_is_of(drawn, more):
    drawn.sort()
    native = Native(False)
    rows = ffi.new("struct pmm_wire_part[]", len(drawn) + more)
    for place, (frame, row) in zip(rows, drawn + [(9, 0)] * more, strict=True):
        place.frame, place.row = frame, row
    lib.pmm_judge_frames(native.judge, rows, len(drawn))
    expected = [len({frame for frame, row in drawn if row == own}) for own in (0, 1)]
    assert [row.frames for row in native.rows] == expected
