"""The top of a Kraken book in C does what dicts do, and its text is that of the checksum."""

from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pinnacle.core._native import ffi, lib
from pinnacle.core.book import Book
from pinnacle.core.schema import EVENT, Flag, Kind, Side, events_pointer
from tests.venues.kept import levels_of
from tests.venues.kraken.kraken_oracle import Shown
from tests.venues.wire import table

SIDES = st.sampled_from([Side.BID, Side.ASK])
LEVEL = st.tuples(SIDES, st.integers(1, 40), st.sampled_from([0, 0, 1, 25, 10**9]))
MESSAGES = st.lists(
    st.tuples(st.integers(0, 9).map(lambda n: n == 0), st.lists(LEVEL, max_size=40)),
    min_size=1,
    max_size=12,
)


class Taken:
    """A book in C, of one instrument."""

    def __init__(self, depth, mantissas=(1, 1), decimals=(2, 8)):
        size = lib.pmm_kraken_book_memsize(depth)
        self.memory = ffi.new("int64_t[]", size // 8 + 1)
        assert lib.pmm_kraken_book_init(self.memory, size, depth) == 0
        self.book = ffi.cast("struct pmm_kraken_book *", self.memory)
        self.row = table(["BTC/USD"])
        self.row["tick_mantissa"], self.row["lot_mantissa"] = mantissas
        self.row["tick_decimals"], self.row["lot_decimals"] = decimals

    def take(self, events, room=4096):
        out = np.zeros(4096, EVENT)
        count = lib.pmm_kraken_book_take(
            self.book, events_pointer(events), len(events), events_pointer(out), room
        )
        return out[:count] if count >= 0 else count

    def text(self, *decimals):
        out = ffi.new("char[]", lib.PMM_KRAKEN_TEXT_BYTES)
        row = ffi.from_buffer("struct pmm_instrument[]", self.row)
        length = lib.pmm_kraken_book_text(self.book, row, *decimals, out)
        return bytes(ffi.buffer(out, length)) if length >= 0 else length


def message(snapshot, levels):
    """The records of a part."""
    rows = np.zeros(len(levels) + 2 * snapshot, EVENT)
    rows["instrument_id"], rows["recv_ns"], rows["venue_ns"] = 7, 5, 4
    inside = rows[1:-1] if snapshot else rows
    inside["kind"] = Kind.DEPTH
    for row, (side, price, quantity) in zip(inside, levels, strict=True):
        row["side"], row["price"], row["quantity"] = side, price, quantity
    if snapshot:
        rows["kind"][[0, -1]] = Kind.BOOK_BEGIN, Kind.BOOK_END
        rows["flags"] = Flag.SNAPSHOT
    if len(rows):
        rows["flags"][-1] |= Flag.LAST
    return rows


@st.composite
def units(draw):
    """Mantissas, decimals, and with how many digits a venue sends such numbers."""
    mantissas = draw(st.tuples(st.sampled_from([1, 5, 25]), st.sampled_from([1, 2, 125])))
    decimals = draw(st.tuples(st.integers(0, 5), st.integers(0, 5)))
    more = draw(st.tuples(st.integers(0, 3), st.integers(0, 3)))
    return mantissas, decimals, (decimals[0] + more[0], decimals[1] + more[1])


@given(st.integers(1, 25), units(), MESSAGES)
def test_after_each_message_it_holds_and_says_what_dicts_hold_and_say(depth, unit, messages):
    mantissas, decimals, places = unit
    tick, lot = (Decimal(m).scaleb(-d) for m, d in zip(mantissas, decimals, strict=True))
    taken, shown, lost = Taken(depth, mantissas, decimals), Shown(depth), True
    book = Book(7, 4096, 64)
    for snapshot, levels in messages:
        snapshot = snapshot or lost
        records = message(snapshot, levels)
        out = taken.take(records)
        shown.take(snapshot, levels)
        lost = shown.most > 3 * depth
        if lost:
            assert out == lib.PMM_ERR_FULL
            shown.clear()
        else:
            book.apply_array(np.ascontiguousarray(out))
            assert levels_of(book) == (shown.sides[Side.BID], shown.sides[Side.ASK])
            plain = np.uint8(~Flag.LAST & 0xFF)
            again = out[: len(records)].copy()
            again["flags"] &= plain
            records["flags"] &= plain
            assert (again == records).all()
            assert [bool(flag & Flag.LAST) for flag in out["flags"]] == [False] * (len(out) - 1) + [
                True
            ] * bool(len(out))
        assert taken.text(*places) == shown.text(tick, lot, places)


def test_a_level_pushed_out_is_removed_and_comes_back_only_when_it_is_sent_again():
    taken = Taken(2)
    bid, gone = (lambda p: (Side.BID, p, 5)), (lambda p: (Side.BID, p, 0))
    taken.take(message(True, [bid(10), bid(9)]))
    out = taken.take(message(False, [bid(11)]))
    assert [(r["price"], r["quantity"]) for r in out] == [(11, 5), (9, 0)]
    assert taken.take(message(False, [gone(11)]))["price"].tolist() == [11]
    assert taken.text(2, 8) == b"105"
    taken.take(message(False, [bid(9)]))
    assert taken.text(2, 8) == b"10595"


def test_what_falls_out_is_said_behind_the_part_and_like_it():
    taken = Taken(1)
    out = taken.take(message(True, [(Side.ASK, 12, 1), (Side.BID, 9, 1), (Side.ASK, 11, 1)]))
    assert out["kind"].tolist()[-2:] == [Kind.BOOK_END, Kind.DEPTH]
    last = out[-1]
    assert (last["side"], last["price"], last["quantity"]) == (Side.ASK, 12, 0)
    assert (last["instrument_id"], last["recv_ns"], last["venue_ns"]) == (7, 5, 4)
    assert last["flags"] == Flag.LAST


@pytest.mark.parametrize("side", [Side.BID, Side.ASK])
@pytest.mark.parametrize("room", [3, 4, 5])
def test_without_room_for_all_records_the_book_is_empty(room, side):
    """Four of the part, and one that falls out."""
    taken = Taken(1)
    whole = message(True, [(side, 10, 1), (side, 10, 1), (side, 9 if side == Side.BID else 11, 1)])
    whole = np.delete(whole, 2)
    out = taken.take(whole, room)
    assert (len(out) == 5) if room == 5 else (out == lib.PMM_ERR_FULL)
    assert taken.text(2, 8) == (b"101" if room == 5 else b"")


@pytest.mark.parametrize("side", [Side.BID, Side.ASK])
def test_three_times_the_depth_is_kept_within_a_message_and_no_level_more(side):
    levels = [(side, price, 1) for price in range(1, 8)]
    taken = Taken(2)
    assert len(taken.take(message(True, levels[:6]))) == 8 + 4
    assert taken.take(message(True, levels)) == lib.PMM_ERR_FULL
    assert taken.text(2, 8) == b""


def test_a_part_without_records_changes_nothing():
    taken = Taken(1)
    taken.take(message(True, [(Side.BID, 9, 1)]))
    assert len(taken.take(message(False, []))) == 0
    assert taken.text(2, 8) == b"91"


@pytest.mark.parametrize(
    ("price", "quantity", "places"),
    [
        (15, 10, (1, 8)),  # 0.15 with one place
        (10, 15, (2, 7)),
        (2**62, 1, (3, 8)),  # does not fit
        (1, 1, (2, 8 + 19)),
    ],
)
def test_a_number_that_cannot_have_been_sent_so_is_no_text(price, quantity, places):
    taken = Taken(1)
    taken.take(message(True, [(Side.BID, price, quantity)]))
    assert taken.text(*places) == lib.PMM_ERR_RANGE


def test_fewer_places_than_the_unit_has_do_where_the_number_needs_no_more():
    taken = Taken(1)
    taken.take(message(True, [(Side.BID, 150, 3 * 10**8)]))
    assert taken.text(1, 0) == b"153"


@pytest.mark.parametrize(("price", "text"), [(5, b"5000000000000000000"), (10, None)])
def test_as_many_places_more_as_fit_are_written(price, text):
    taken = Taken(1, decimals=(0, 0))
    taken.take(message(True, [(Side.BID, price, 1)]))
    assert taken.text(18, 0) == (text + b"1" if text else lib.PMM_ERR_RANGE)


def test_a_fine_unit_may_be_written_finer():
    taken = Taken(1, decimals=(10, 8))
    taken.take(message(True, [(Side.BID, 123, 1)]))
    assert taken.text(12, 8) == b"123001"


def test_a_step_that_does_not_fit_is_no_text():
    taken = Taken(1, mantissas=(25, 1))
    taken.take(message(True, [(Side.BID, 2**60, 1)]))
    assert taken.text(2, 8) == lib.PMM_ERR_RANGE


def test_only_depths_from_one_to_the_largest_have_a_size():
    most = lib.PMM_KRAKEN_DEPTH_MAX
    assert [lib.pmm_kraken_book_memsize(depth) for depth in (0, most + 1)] == [0, 0]
    assert 0 < lib.pmm_kraken_book_memsize(1) < lib.pmm_kraken_book_memsize(most)


def test_memory_is_for_three_times_the_depth_on_both_sides():
    more = lib.pmm_kraken_book_memsize(11) - lib.pmm_kraken_book_memsize(10)
    assert more == 3 * 2 * 2 * ffi.sizeof("int64_t")


def test_a_book_begins_empty_whatever_stood_there():
    taken = Taken(3)
    taken.take(message(True, [(Side.BID, 9, 1), (Side.ASK, 11, 1)]))
    size = lib.pmm_kraken_book_memsize(3)
    assert lib.pmm_kraken_book_init(taken.memory, size, 3) == 0
    assert taken.text(2, 8) == b""
    assert len(taken.take(message(False, []))) == 0
    assert taken.text(2, 8) == b""


def test_memory_must_be_large_enough_aligned_and_of_a_depth():
    size = lib.pmm_kraken_book_memsize(10)
    memory = ffi.new("int64_t[]", size // 8 + 2)
    init = lib.pmm_kraken_book_init
    assert init(memory, size, 10) == 0
    assert init(memory, size - 1, 10) == lib.PMM_ERR_ARGUMENT
    assert init(ffi.cast("char *", memory) + 1, size, 10) == lib.PMM_ERR_ARGUMENT
    assert init(memory, size, 0) == lib.PMM_ERR_ARGUMENT


def test_the_text_of_the_largest_numbers_fits():
    taken = Taken(10, decimals=(0, 0))
    most = 2**63 - 1
    levels = [(side, most - n, most - n) for n in range(10) for side in (Side.BID, Side.ASK)]
    taken.take(message(True, levels))
    assert len(taken.text(0, 0)) == 40 * 19 < lib.PMM_KRAKEN_TEXT_BYTES
