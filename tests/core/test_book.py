"""The book's states, what it refuses, and its forms in Python."""

import numpy as np
import pytest

from pinnacle.core._native import ffi, lib
from pinnacle.core.book import (
    LEVEL,
    Book,
    BookStats,
    SharedBookReader,
    SharedBookWriter,
    Top,
    create_shared_book,
)
from pinnacle.core.errors import LayoutError, NativeError, NotReadyError, OwnedError
from pinnacle.core.schema import EVENT, EventBuffer, Flag, Kind, Reason, Side
from pinnacle.core.segment import SegmentKind, create_segment
from tests.records import event

INSTRUMENT = 4
BEGIN = (Kind.BOOK_BEGIN, 0, 0, 0)
END = (Kind.BOOK_END, 0, 0, 0)


def bid(price, quantity, flags=0):
    return (Kind.DEPTH, Side.BID, price, quantity, flags)


def ask(price, quantity, flags=0):
    return (Kind.DEPTH, Side.ASK, price, quantity, flags)


def records(*rows, recv_ns=1000, instrument_id=INSTRUMENT):
    """Rows of (kind, side, price, quantity[, flags[, reason]]); recv_ns rises by one each."""
    out = np.zeros(len(rows), dtype=EVENT)
    for i, row in enumerate(rows):
        kind, side, price, quantity, flags, reason = (*row, 0, 0)[:6]
        out[i]["kind"], out[i]["side"], out[i]["flags"] = kind, side, flags
        out[i]["price"], out[i]["quantity"], out[i]["reason"] = price, quantity, reason
        out[i]["recv_ns"], out[i]["instrument_id"] = recv_ns + i, instrument_id
    return out


@pytest.fixture
def book():
    made = Book(INSTRUMENT)
    made.apply_array(records(BEGIN, bid(99, 5), bid(97, 6), ask(101, 7), ask(104, 8), END))
    return made


def state(book):
    top = book.top()
    return top.valid, Reason(top.reason)


def test_the_python_rows_are_the_c_structs():
    assert list(Top._fields) == [name for name, _ in ffi.typeof("struct pmm_top").fields]
    fields = ffi.typeof("struct pmm_book_stats").fields
    assert list(BookStats._fields) == [name for name, _ in fields]
    assert LEVEL.names == ("price", "quantity")


def test_a_book_gives_its_top_depth_and_quantities(book):
    top = book.top()
    assert top[:4] == (99, 5, 101, 7)
    assert (top.recv_ns, top.valid, top.reason) == (1005, 1, Reason.NONE)
    assert book.depth(Side.BID, 10).tolist() == [(99, 5), (97, 6)]
    assert book.depth(Side.ASK, 1).tolist() == [(101, 7)]
    assert book.quantity(Side.ASK, 104) == 8
    assert book.quantity(Side.ASK, 103) == book.quantity(Side.BID, 104) == 0


def test_depth_grows_its_buffer_to_what_is_asked():
    book = Book(INSTRUMENT)
    book.apply_array(records(*(bid(price, price) for price in range(1, 500))))
    assert book.depth(Side.BID, 1000)["price"].tolist() == list(range(499, 0, -1))


def test_an_earlier_depth_is_not_changed_by_a_later_one(book):
    before = book.depth(Side.BID, 5)
    book.apply_array(records(bid(99, 50)))
    book.depth(Side.BID, 5)
    assert before.tolist() == [(99, 5), (97, 6)]


def test_levels_change_and_vanish(book):
    assert book.apply_array(records(bid(99, 1), bid(97, 0), ask(101, 0), ask(101, 0))) == 4
    assert book.depth(Side.BID, 10).tolist() == [(99, 1)]
    assert book.top()[:4] == (99, 1, 104, 8)


def test_other_instruments_and_kinds_leave_the_book_and_its_version_alone(book):
    before = book.top()
    other = records(bid(100, 9), BEGIN, instrument_id=INSTRUMENT + 1)
    passing = records((Kind.TRADE, Side.BID, 100, 1), (Kind.ACK, Side.BID, 100, 1, Flag.LAST))
    assert book.apply_array(other) == book.apply_array(passing) == 0
    assert book.apply_array(other[:0]) == 0
    assert book.top() == before


def test_a_batch_is_one_even_step_of_the_version(book):
    version = book.top().version
    book.apply_array(records(bid(99, 1), bid(98, 2), ask(101, 3)))
    assert book.top().version == version + 2


def test_a_buffer_is_applied_up_to_n():
    book, buffer = Book(INSTRUMENT), EventBuffer(8)
    buffer.array[:3] = records(bid(1, 1), bid(2, 2), bid(3, 3))
    assert book.apply(buffer.cdata, 2) == 2
    assert book.top()[:2] == (2, 2)


def test_a_new_book_is_invalid_until_its_first_begin_and_end():
    book = Book(INSTRUMENT)
    assert state(book) == (0, Reason.STARTING)
    book.apply_array(records(BEGIN, bid(1, 1)))
    assert state(book) == (0, Reason.RESYNC)
    book.apply_array(records(END))
    assert state(book) == (1, Reason.NONE)


def test_the_second_half_of_a_snapshot_makes_no_new_book_valid():
    book = Book(INSTRUMENT)
    book.apply_array(records(bid(1, 1), END))
    assert state(book) == (0, Reason.STARTING)


def test_begin_clears_the_book_and_makes_it_invalid(book):
    book.apply_array(records(BEGIN))
    assert state(book) == (0, Reason.RESYNC)
    assert book.top().bid_quantity == book.top().ask_quantity == 0
    assert len(book.depth(Side.BID, 5)) == 0
    book.apply_array(records((*BEGIN, 0, Reason.SEQUENCE_GAP)))
    assert state(book) == (0, Reason.SEQUENCE_GAP)


def test_invalid_keeps_its_first_reason_and_needs_begin_and_end(book):
    book.apply_array(records((Kind.BOOK_INVALID, 0, 0, 0, 0, Reason.DISCONNECTED)))
    book.apply_array(records((Kind.BOOK_INVALID, 0, 0, 0, 0, Reason.SEQUENCE_GAP), END))
    assert state(book) == (0, Reason.DISCONNECTED)
    book.apply_array(records(BEGIN, bid(1, 1), END))
    assert state(book) == (1, Reason.NONE)
    assert book.stats().invalidated == 1


@pytest.mark.parametrize("price", [101, 102])
def test_a_book_that_crosses_or_locks_is_invalid_at_the_last_record_of_a_message(book, price):
    book.apply_array(records(bid(price, 1)))
    assert state(book) == (1, Reason.NONE)
    book.apply_array(records(ask(104, 1, Flag.LAST)))
    assert state(book) == (0, Reason.CROSSED)
    book.apply_array(records(bid(price, 0, Flag.LAST), END))
    assert state(book) == (0, Reason.CROSSED)


def test_a_message_that_crosses_only_within_itself_is_fine(book):
    book.apply_array(records(bid(101, 1), ask(101, 0, Flag.LAST)))
    assert book.top()[:4] == (101, 1, 104, 8)
    assert state(book) == (1, Reason.NONE)


def test_a_trade_can_be_the_last_record_of_a_message(book):
    book.apply_array(records(bid(101, 1)))
    book.apply_array(records((Kind.TRADE, Side.BID, 101, 1, Flag.LAST)))
    assert state(book) == (0, Reason.CROSSED)


def test_a_crossed_snapshot_never_becomes_valid():
    book = Book(INSTRUMENT)
    book.apply_array(records(BEGIN, bid(10, 1, Flag.LAST), ask(9, 1, Flag.LAST), END))
    assert state(book) == (0, Reason.CROSSED)


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (bid(98, -1), Reason.BAD_QUANTITY),
        (ask(2**62 + 1, 1), Reason.BAD_PRICE),
        (ask(-(2**63), 1), Reason.BAD_PRICE),
        ((Kind.DEPTH, Side.NONE, 98, 1), Reason.BAD_ORDER),
        ((Kind.DEPTH, 3, 98, 1), Reason.BAD_ORDER),
    ],
)
def test_a_record_that_cannot_be_right_is_counted_and_ends_the_trust_in_the_book(book, row, reason):
    levels = [book.depth(side, 9).tolist() for side in (Side.BID, Side.ASK)]
    assert book.apply_array(records(row)) == 0
    assert state(book) == (0, reason)
    assert book.stats().rejected == 1
    assert [book.depth(side, 9).tolist() for side in (Side.BID, Side.ASK)] == levels
    book.apply_array(records(BEGIN, row, END))
    assert state(book) == (0, reason)


def test_prices_of_zero_and_below_are_prices(book):
    far = 2**62
    rows = [bid(0, 1), bid(-5, 2), bid(-far, 3), ask(1, 4), ask(far, 5)]
    book.apply_array(records(BEGIN, *rows, END))
    assert book.depth(Side.BID, 9).tolist() == [(0, 1), (-5, 2), (-far, 3)]
    assert book.depth(Side.ASK, 9).tolist() == [(1, 4), (far, 5)]
    assert state(book) == (1, Reason.NONE)


def test_the_window_follows_a_price_that_jumps_and_comes_back():
    book = Book(INSTRUMENT, window=4096, far_capacity=64)
    book.apply_array(records(BEGIN, bid(1000, 1), bid(999, 2), END))
    book.apply_array(records(bid(6_000_000, 3)))
    assert book.depth(Side.BID, 9).tolist() == [(6_000_000, 3), (1000, 1), (999, 2)]
    book.apply_array(records(bid(999, 4), bid(6_000_000, 0)))
    assert book.depth(Side.BID, 9).tolist() == [(1000, 1), (999, 4)]
    assert book.stats().recentred == 2


def test_a_full_far_table_shortens_the_depth_and_never_leaves_a_hole():
    book = Book(INSTRUMENT, window=4096, far_capacity=2)
    far = [ask(1_000_000 * i, i) for i in (1, 2, 3, 4)]
    book.apply_array(records(BEGIN, ask(5, 9), *far, END))
    assert book.depth(Side.ASK, 9).tolist() == [(5, 9), (1_000_000, 1), (2_000_000, 2)]
    assert book.stats().dropped == 2
    book.apply_array(records(ask(1_000_000, 0), ask(4_000_000, 4, Flag.LAST)))
    assert book.depth(Side.ASK, 9).tolist() == [(5, 9), (2_000_000, 2)]
    assert state(book) == (1, Reason.NONE)
    book.apply_array(records(ask(5, 0), ask(2_000_000, 0, Flag.LAST)))
    assert state(book) == (0, Reason.OVERFLOW)


def test_a_better_far_level_takes_the_place_of_the_worst():
    book = Book(INSTRUMENT, window=4096, far_capacity=2)
    book.apply_array(records(bid(0, 9), bid(-90_000, 1), bid(-80_000, 2), bid(-70_000, 3)))
    assert book.depth(Side.BID, 9).tolist() == [(0, 9), (-70_000, 3), (-80_000, 2)]


def same(one, other):
    return all(
        one.depth(side, 99).tolist() == other.depth(side, 99).tolist()
        for side in (Side.BID, Side.ASK)
    ) and state(one) == state(other)


def test_a_snapshot_makes_the_same_book_elsewhere(book):
    snapshot = book.snapshot(77)
    assert snapshot["kind"].tolist() == [Kind.BOOK_BEGIN, *[Kind.DEPTH] * 4, Kind.BOOK_END]
    assert set(snapshot["recv_ns"]) == {77}
    assert set(snapshot["instrument_id"]) == {INSTRUMENT}
    assert snapshot["flags"].tolist() == [Flag.SNAPSHOT] * 5 + [Flag.SNAPSHOT | Flag.LAST]
    other = Book(INSTRUMENT)
    other.apply_array(records(bid(55, 5)))
    other.apply_array(snapshot)
    assert same(book, other)


def test_a_snapshot_of_an_invalid_or_a_loading_book_carries_that_too(book):
    other = Book(INSTRUMENT)
    book.apply_array(records(bid(200, 1, Flag.LAST)))
    other.apply_array(book.snapshot(1))
    assert same(book, other)
    assert state(other) == (0, Reason.CROSSED)
    book.apply_array(records((*BEGIN, 0, Reason.OVERFLOW), bid(3, 3)))
    other.apply_array(book.snapshot(1))
    for each in (book, other):
        each.apply_array(records(ask(4, 4), END))
    assert same(book, other)
    assert state(other) == (1, Reason.NONE)


def test_a_snapshot_that_does_not_fit_writes_nothing(book):
    out = EventBuffer(5)
    assert lib.pmm_book_snapshot(book.cdata, 1, out.cdata, 5) == lib.PMM_ERR_FULL
    assert not out.array["kind"].any()


@pytest.mark.parametrize(("window", "far"), [(4095, 9), (2048, 9), (2**19, 9), (4096, 0), (0, 9)])
def test_bad_sizes_are_refused(tmp_path, window, far):
    with pytest.raises(NativeError, match=f"window {window}"):
        Book(INSTRUMENT, window, far)
    with pytest.raises(NativeError, match="bad argument"):
        create_shared_book(tmp_path / "book", INSTRUMENT, window, far)
    assert not (tmp_path / "book").exists()


def test_a_side_that_is_none_is_refused(book):
    with pytest.raises(NativeError, match="side 0"):
        book.depth(Side.NONE, 3)


def test_a_shared_book_is_read_by_others_and_by_its_writer(tmp_path):
    path = tmp_path / "book"
    create_shared_book(path, INSTRUMENT, 4096, 8, "btc")
    with SharedBookWriter(path) as writer, SharedBookReader(path) as reader:
        assert state(reader) == (0, Reason.STARTING)
        assert reader.depth(Side.BID, 3) is None
        writer.apply_array(records(BEGIN, bid(9, 1), ask(11, 2), END))
        assert reader.top() == writer.top()
        assert reader.depth(Side.ASK, 3).tolist() == writer.depth(Side.ASK, 3).tolist() == [(11, 2)]
        assert reader.stats() == writer.stats()
        writer.apply_array(records((Kind.BOOK_INVALID, 0, 0, 0, 0, Reason.SEQUENCE_GAP)))
        assert state(reader) == (0, Reason.SEQUENCE_GAP)
        assert reader.top()[:4] == (9, 1, 11, 2)
        assert reader.depth(Side.BID, 3) is None
        with pytest.raises(NativeError, match="side 7"):
            reader.depth(7, 1)


def test_a_second_writer_is_refused_and_a_restarted_one_begins_empty(tmp_path):
    path = tmp_path / "book"
    create_shared_book(path, INSTRUMENT)
    with SharedBookReader(path) as reader:
        with SharedBookWriter(path) as writer:
            writer.apply_array(records(BEGIN, bid(9, 1), END))
            version = reader.top().version
            with pytest.raises(OwnedError, match="book"):
                SharedBookWriter(path)
            assert reader.segment.owner_alive()
        assert not reader.segment.owner_alive()
        assert reader.top()[:2] == (9, 1)
        with SharedBookWriter(path) as writer:
            top = reader.top()
            assert (top.valid, top.reason, top.bid_quantity) == (0, Reason.STARTING, 0)
            assert top.version > version and top.version % 2 == 0


def test_a_closed_book_raises_and_does_not_crash(tmp_path):
    path = tmp_path / "book"
    create_shared_book(path, INSTRUMENT)
    with SharedBookWriter(path) as writer, SharedBookReader(path) as reader:
        pass
    writer.close()
    for call in (writer.top, reader.top, reader.stats, lambda: writer.apply_array(records(END))):
        with pytest.raises(TypeError):
            call()


def test_a_file_whose_sizes_do_not_fit_it_is_refused(tmp_path):
    path = tmp_path / "book"
    create_shared_book(path, INSTRUMENT, 4096, 8)
    at = lib.PMM_SEGMENT_HEADER_BYTES + 76
    for window, error in ((8192, LayoutError), (5000, LayoutError)):
        with path.open("r+b") as file:
            file.seek(at)
            file.write(window.to_bytes(4, "little"))
        with pytest.raises(error, match="book"):
            SharedBookReader(path)


def test_a_file_that_its_maker_has_not_finished_is_not_ready(tmp_path):
    path = tmp_path / "book"
    bytes_ = lib.pmm_book_memsize(4096, 8)
    create_segment(path, SegmentKind.BOOK, lib.pmm_book_fingerprint(), bytes_, "half")
    with pytest.raises(NotReadyError):
        SharedBookReader(path)


@pytest.mark.parametrize("later", [4_000, 6_000], ids=["refused", "driven out"])
def test_what_was_not_kept_is_unknown_from_its_price_on(later):
    """Far levels beyond the capacity: the worse one goes, whether it was there or comes."""
    book = Book(INSTRUMENT, window=4096, far_capacity=1)
    book.apply_array(records(BEGIN, bid(10_000, 1), bid(5_000, 1), bid(later, 1)))
    kept, gone = max(5_000, later), min(5_000, later)
    assert (book.quantity(Side.BID, kept), book.quantity(Side.BID, gone)) == (1, 0)
    book.apply_array(records(bid(kept, 0), bid(gone, 7), bid(gone - 1, 7)))
    assert book.quantity(Side.BID, gone) == book.quantity(Side.BID, gone - 1) == 0
    book.apply_array(records(bid(gone + 1, 7)))
    assert book.quantity(Side.BID, gone + 1) == 7


PRICE_MAX = 1 << 62


@pytest.mark.parametrize("side", [lib.PMM_BOUND_BIDS, lib.PMM_BOUND_ASKS])
@pytest.mark.parametrize(
    ("price", "is_one"),
    [(PRICE_MAX, True), (-PRICE_MAX, True), (PRICE_MAX + 1, False), (-(1 << 63), False)],
)
def test_a_bound_beyond_every_price_is_none(side, price, is_one):
    book = Book(0)
    field = "price" if side == lib.PMM_BOUND_BIDS else "order_id"
    begin = event(Kind.BOOK_BEGIN, quantity=side, flags=Flag.SNAPSHOT)
    begin[field] = np.int64(price).astype(begin.dtype[field])
    book.apply_array(np.concatenate([begin, event(Kind.BOOK_END, flags=Flag.LAST)]))
    told = book.snapshot(0)[0]
    assert told["quantity"] == (side if is_one else 0)
    assert not is_one or np.int64(told[field]) == price
