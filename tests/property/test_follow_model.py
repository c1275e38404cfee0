"""Parts that simply follow are those that a plain model lets pass, and leave the same behind."""

from dataclasses import dataclass, field

from hypothesis import given, settings
from hypothesis import strategies as st

from pinnacle.core._native import ffi, lib
from pinnacle.venues.market.codec import NO_SEQUENCE, MessageKind
from pinnacle.venues.market.following import Rule

NO_ROW = lib.PMM_WIRE_NO_ROW
FOLLOWS, LOOK = True, False
IDS = st.integers(0, 12)
PRICES = st.integers(98, 103)
SHOWN = st.tuples(PRICES, st.integers(1, 3), PRICES, st.integers(1, 3))


@dataclass
class Row:
    """What is known of a book; `tops` None: nobody compares them."""

    rule: Rule
    last_id: int
    low: int
    high: int
    tops: dict | None
    tops_last: int
    kinds: set
    whole: bool
    fresh: bool
    renewing: bool

    def update(self, part):
        later, joins = part.final_id > self.last_id, part.first_id <= self.last_id + 1
        fits = {Rule.ANY: True, Rule.LATER: later, Rule.NUMBERED: later and joins}[self.rule]
        if self.renewing or not fits or (self.tops is not None and part.final_id in self.tops):
            return LOOK
        if self.tops is not None:
            self.tops_last = part.final_id
            self.tops = {at: top for at, top in self.tops.items() if at > part.final_id}
        if self.rule != Rule.ANY:
            self.last_id = part.final_id
        self.fresh = False
        return FOLLOWS

    def top(self, part):
        bid, _, ask, _ = part.shown
        if bid < self.low or ask > self.high:
            return LOOK
        if self.tops is not None and part.final_id == self.tops_last:
            return LOOK
        if self.tops is not None and part.final_id > self.tops_last:
            self.tops[part.final_id] = part.shown
        return FOLLOWS


@dataclass
class Part:
    kind: MessageKind
    row: int
    frame: int
    sequence: int
    first_id: int
    final_id: int
    code: int
    rounded: int
    gap: int
    """Records between the last part's and its own."""
    shown: tuple


@dataclass
class Model:
    rows: list
    sequenced: bool
    sequence: int
    touched: list = field(default_factory=list)

    def follows(self, part, judged):
        if part.code or part.row == NO_ROW or part.rounded:
            return LOOK
        row = self.rows[part.row]
        counts = self.sequenced and not judged and part.sequence != NO_SEQUENCE
        if not row.whole or part.kind not in row.kinds:
            return LOOK
        if counts and (self.sequence == NO_SEQUENCE or part.sequence != self.sequence + 1):
            return LOOK
        if part.kind == MessageKind.DEPTH and not row.update(part):
            return LOOK
        if part.kind == MessageKind.TOP and not row.top(part):
            return LOOK
        if counts:
            self.sequence = part.sequence
        if part.kind == MessageKind.DEPTH and part.row not in self.touched:
            self.touched.append(part.row)
        return FOLLOWS

    def run(self, parts, begin, frame):
        self.touched = []
        for number, part in enumerate(parts[begin:]):
            if (number and part.gap) or not self.follows(part, part.frame == frame):
                return number
            frame = part.frame
        return len(parts) - begin


def mostly(value, strategy):
    """Few of the draws: a run that ends at the first part shows little."""
    return st.integers(0, 9).flatmap(lambda n: strategy if n == 0 else st.just(value))


@st.composite
def rows(draw):
    has_tops = draw(st.booleans())
    last = draw(st.integers(0, 3))
    waiting = draw(st.dictionaries(st.integers(4, 12), SHOWN, max_size=3)) if has_tops else None
    every = set(MessageKind) - {MessageKind.OTHER}
    return Row(
        rule=draw(st.sampled_from(Rule)),
        last_id=last,
        low=draw(mostly(-(2**63), PRICES)),
        high=draw(mostly(2**63 - 1, PRICES)),
        tops=waiting,
        tops_last=last,
        kinds=draw(mostly(every, st.sets(st.sampled_from(sorted(every))))),
        whole=draw(mostly(True, st.just(False))),
        fresh=draw(st.booleans()),
        renewing=draw(mostly(False, st.just(True))),
    )


@st.composite
def flows(draw):
    """Parts of messages whose ids and numbers mostly go on."""
    parts, final, frame, sequence = [], draw(st.integers(0, 3)), 0, draw(st.integers(0, 2))
    for _ in range(draw(st.integers(2, 9))):
        if draw(st.booleans()):
            frame += 1
            sequence += draw(mostly(1, st.integers(0, 2)))
        kinds = [MessageKind.DEPTH, MessageKind.DEPTH, MessageKind.TOP, MessageKind.TRADE]
        kind = draw(mostly(draw(st.sampled_from(kinds)), st.sampled_from(MessageKind)))
        first = final + draw(mostly(1, st.integers(0, 3)))
        # What a venue shows is often of the update that its book stands at.
        goes_on = kind != MessageKind.TOP or draw(st.booleans())
        final = first + draw(st.integers(0, 2)) if goes_on else final
        parts.append(
            Part(
                kind,
                draw(mostly(draw(st.integers(0, 1)), st.sampled_from([0, 1, NO_ROW]))),
                frame,
                draw(mostly(sequence, st.just(NO_SEQUENCE))),
                draw(mostly(first, IDS)),
                final,
                draw(mostly(0, st.just(lib.PMM_ERR_RANGE))),
                draw(mostly(0, st.just(1))),
                draw(mostly(0, st.just(1))),
                draw(SHOWN),
            )
        )
    return parts


class Native:
    """The same in C, told of `count` of the parts."""

    def __init__(self, model, parts, count):
        self.events = ffi.new("struct pmm_event[]", 64)
        self.parts = ffi.new("struct pmm_wire_part[]", len(parts))
        self.rows = ffi.new("struct pmm_follow_row[]", len(model.rows))
        self.touched = ffi.new("uint32_t[]", len(model.rows))
        self.memory = [ffi.new("struct pmm_tops *") for _ in model.rows]
        self.follow = ffi.new("struct pmm_follow *")
        self.follow.rows, self.follow.touched = self.rows, self.touched
        self.follow.sequenced, self.follow.sequence = model.sequenced, model.sequence
        self.wire = ffi.new("struct pmm_wire *")
        self.wire.out, self.wire.parts, self.wire.part_count = self.events, self.parts, count
        for place, row, tops in zip(self.rows, model.rows, self.memory, strict=True):
            place.rule, place.last_id = row.rule, row.last_id
            place.low, place.high = row.low, row.high
            place.kinds = sum(1 << kind for kind in row.kinds)
            place.whole, place.fresh, place.renewing = row.whole, row.fresh, row.renewing
            if row.tops is not None:
                tops.last_id, place.tops = row.tops_last, tops
                for update_id, shown in row.tops.items():
                    lib.pmm_tops_wait(tops, ffi.new("struct pmm_shown *", (update_id, *shown)))
        self.fill(parts)

    def fill(self, parts):
        first = 0
        for place, part in zip(self.parts, parts, strict=True):
            first += part.gap
            place.kind, place.row, place.frame = part.kind, part.row, part.frame
            place.first_id, place.final_id = part.first_id, part.final_id
            place.sequence, place.code, place.rounded = part.sequence, part.code, part.rounded
            place.first, place.count = first, 1
            event = self.events[first]
            event.price, event.quantity, event.order_id, event.aux = part.shown
            first += 1

    def state(self):
        found = []
        for row, tops in zip(self.rows, self.memory, strict=True):
            waiting = None
            if row.tops:
                rows = tops.waiting[tops.first : tops.first + tops.count]
                waiting = {
                    at.id: (at.bid_price, at.bid_quantity, at.ask_price, at.ask_quantity)
                    for at in rows
                }
                assert list(waiting) == sorted(waiting)
            last = tops.last_id if row.tops else None
            found.append((row.last_id, bool(row.fresh), last, waiting))
        return found


def state(model):
    return [
        (row.last_id, row.fresh, None if row.tops is None else row.tops_last, row.tops)
        for row in model.rows
    ]


@settings(deadline=None, max_examples=150)
@given(st.data())
def test_a_run_ends_where_a_plain_model_ends_and_leaves_what_that_leaves(data):
    *parts, _ = every = data.draw(flows())
    number = st.one_of(st.just(every[0].sequence - 1), st.integers(0, 3), st.just(NO_SEQUENCE))
    sequence = data.draw(number) % 2**64
    model = Model([data.draw(rows()), data.draw(rows())], data.draw(st.booleans()), sequence)
    native = Native(model, every, len(parts))
    begin, frame = 0, NO_ROW
    while begin < len(parts):
        expected = model.run(parts, begin, frame)
        assert lib.pmm_follow_run(native.follow, native.wire, begin, frame) == expected
        assert native.state() == state(model)
        assert native.follow.sequence == model.sequence
        touched = list(native.touched[0 : native.follow.touched_count])
        assert touched == model.touched
        assert [row.touched for row in native.rows] == [row in touched for row in (0, 1)]
        # The one that does not follow was judged; what is told of its number goes on from there.
        begin += expected + 1
        frame = every[begin - 1].frame
        if every[begin - 1].sequence != NO_SEQUENCE:
            model.sequence = native.follow.sequence = every[begin - 1].sequence
