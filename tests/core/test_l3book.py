"""The book of single orders: its rules one by one, its states, and its form in Python."""

import numpy as np
import pytest

from pinnacle.core._native import ffi, lib
from pinnacle.core.errors import NativeError
from pinnacle.core.l3book import ORDER, PRICE_MAX, QUANTITY_MAX, TOP, L3Book, L3BookStats, Order
from pinnacle.core.schema import Flag, Kind, Reason, Side
from tests.core.l3_records import (
    BEGIN,
    END,
    INSTRUMENT,
    add,
    ask,
    best,
    bid,
    execute,
    ids,
    record,
    reduce,
    remove,
    replace,
    state,
)
from tests.records import batch


@pytest.fixture(params=[False, True], ids=["hashed", "dense"])
def book(request):
    """Bids 1 to 3 at 99 and 4 at 97, asks 5 and 6 at 101."""
    made = L3Book(INSTRUMENT, dense=request.param)
    rows = [
        bid(1, 99, 5),
        bid(2, 99, 7),
        bid(3, 99, 2),
        bid(4, 97, 9),
        ask(5, 101, 4),
        ask(6, 101, 1),
    ]
    assert made.apply_array(batch(BEGIN, *rows, END)) == 8
    yield made
    made.check()


def test_the_python_rows_are_the_c_structs():
    fields = ffi.typeof("struct pmm_l3book_stats").fields
    assert list(L3BookStats._fields) == [name for name, _ in fields]
    assert ORDER.names == ("order_id", "price", "quantity", "side")


def test_a_level_is_the_sum_of_its_orders(book):
    assert best(book) == (99, 14, 101, 5)
    assert book.depth(Side.BID, 5).tolist() == [(99, 14), (97, 9)]
    assert book.depth(Side.ASK, 5).tolist() == [(101, 5)]
    assert book.depth(Side.BID, 1).tolist() == [(99, 14)]
    assert (book.quantity(Side.BID, 97), book.quantity(Side.BID, 98)) == (9, 0)


def test_orders_stand_in_the_order_of_their_arrival(book):
    assert book.queue(Side.BID, 99).tolist() == [(1, 99, 5, 1), (2, 99, 7, 1), (3, 99, 2, 1)]
    assert ids(book, Side.ASK, 101) == [5, 6]
    assert len(book.queue(Side.BID, 99, orders=2)) == 2
    assert len(book.queue(Side.BID, 98)) == 0


def test_what_stands_before_an_order_is_counted_without_itself(book):
    assert [book.queue_ahead(i) for i in (1, 2, 3, 4, 5, 6)] == [0, 5, 12, 0, 0, 4]
    assert book.queue_ahead(7) is None


def test_an_order_is_found_by_its_id(book):
    assert book.order(2) == Order(2, Side.BID, 99, 7)
    assert book.order(6) == Order(6, Side.ASK, 101, 1)
    assert book.order(0) is None and book.order(2**64 - 1) is None


def test_reduce_leaves_the_order_in_its_place(book):
    assert book.apply_array(reduce(1, 3)) == 1
    assert ids(book, Side.BID, 99) == [1, 2, 3]
    assert (book.order(1).quantity, book.queue_ahead(3), best(book)[1]) == (2, 9, 11)


def test_reduce_to_nothing_removes_the_order(book):
    book.apply_array(reduce(2, 7))
    assert book.order(2) is None and ids(book, Side.BID, 99) == [1, 3]


def test_remove_takes_an_order_out_of_its_queue_wherever_it_stands(book):
    for gone, left in ((2, [1, 3]), (3, [1]), (1, [])):
        book.apply_array(remove(gone))
        assert ids(book, Side.BID, 99) == left
    assert best(book) == (97, 9, 101, 5)


def test_a_removed_id_may_come_again(book):
    book.apply_array(batch(remove(1), bid(1, 98, 6)))
    assert book.order(1) == Order(1, Side.BID, 98, 6) and state(book) == (1, Reason.NONE)


def test_execute_takes_from_the_order_that_the_venue_names(book):
    book.apply_array(batch(execute(5, 1), execute(6, 1)))
    assert ids(book, Side.ASK, 101) == [5] and best(book)[2:] == (101, 3)
    book.apply_array(execute(5, 3))
    assert best(book)[3] == 0 and state(book) == (1, Reason.NONE)


def test_replace_goes_to_the_back_of_the_new_level_with_a_new_id(book):
    book.apply_array(replace(1, 11, 97, 20))
    assert book.order(1) is None and book.order(11) == Order(11, Side.BID, 97, 20)
    assert ids(book, Side.BID, 97) == [4, 11] and ids(book, Side.BID, 99) == [2, 3]


def test_replace_at_the_same_price_loses_the_place_and_may_keep_the_id(book):
    book.apply_array(replace(1, 1, 99, 4))
    assert ids(book, Side.BID, 99) == [2, 3, 1] and book.queue_ahead(1) == 9


def test_replace_takes_the_side_of_the_order_that_it_replaces(book):
    changed = replace(5, 15, 102, 3)
    changed["side"] = Side.BID
    book.apply_array(changed)
    assert book.order(15) == Order(15, Side.ASK, 102, 3)


def test_begin_clears_and_end_makes_it_valid(book):
    begin = record(Kind.BOOK_BEGIN, reason=Reason.SEQUENCE_GAP)
    book.apply_array(begin)
    assert best(book) == (0, 0, 0, 0) and state(book) == (0, Reason.SEQUENCE_GAP)
    assert book.order(1) is None and book.stats().orders == 0
    book.apply_array(batch(bid(1, 5, 5), END))
    assert best(book) == (5, 5, 0, 0) and state(book) == (1, Reason.NONE)


def test_a_new_book_is_starting():
    assert state(L3Book(INSTRUMENT)) == (0, Reason.STARTING)


def test_invalid_stays_until_the_next_begin_and_end(book):
    book.apply_array(record(Kind.BOOK_INVALID, reason=Reason.DISCONNECTED))
    book.apply_array(batch(record(Kind.BOOK_INVALID, reason=Reason.STALE), END, bid(20, 98, 1)))
    assert state(book) == (0, Reason.DISCONNECTED)
    assert book.quantity(Side.BID, 98) == 1 and book.stats().invalidated == 1
    book.apply_array(batch(BEGIN, END))
    assert state(book) == (1, Reason.NONE)


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        (reduce(99, 1), Reason.UNKNOWN_ORDER),
        (execute(99, 1), Reason.UNKNOWN_ORDER),
        (remove(99), Reason.UNKNOWN_ORDER),
        (replace(99, 100, 98, 1), Reason.UNKNOWN_ORDER),
        (bid(5, 98, 1), Reason.DUPLICATE_ORDER),
        (replace(1, 4, 98, 1), Reason.DUPLICATE_ORDER),
        (bid(20, 98, 0), Reason.BAD_QUANTITY),
        (bid(20, 98, -1), Reason.BAD_QUANTITY),
        (bid(20, 98, QUANTITY_MAX + 1), Reason.BAD_QUANTITY),
        (replace(1, 20, 98, 0), Reason.BAD_QUANTITY),
        (reduce(1, 6), Reason.BAD_QUANTITY),
        (reduce(1, 0), Reason.BAD_QUANTITY),
        (reduce(1, -1), Reason.BAD_QUANTITY),
        (execute(1, 6), Reason.BAD_QUANTITY),
        (bid(20, PRICE_MAX + 1, 1), Reason.BAD_PRICE),
        (ask(20, -PRICE_MAX - 1, 1), Reason.BAD_PRICE),
        (replace(1, 20, -(2**63), 1), Reason.BAD_PRICE),
        (add(20, Side.NONE, 98, 1), Reason.BAD_ORDER),
        (add(20, 3, 98, 1), Reason.BAD_ORDER),
    ],
)
def test_a_record_that_cannot_be_right_changes_nothing_but_the_state(book, wrong, reason):
    before, depth = book.stats(), book.depth(Side.BID, 9).tolist()
    assert book.apply_array(wrong) == 0
    assert state(book) == (0, reason)
    assert book.depth(Side.BID, 9).tolist() == depth and ids(book, Side.BID, 99) == [1, 2, 3]
    assert book.stats() == before._replace(rejected=1, invalidated=1)


def test_the_first_reason_stays(book):
    book.apply_array(batch(remove(99), bid(1, 1, 1), record(Kind.BOOK_INVALID)))
    assert state(book) == (0, Reason.UNKNOWN_ORDER)
    assert (book.stats().rejected, book.stats().invalidated) == (2, 1)


def test_a_flaw_while_loading_makes_the_end_powerless():
    book = L3Book(INSTRUMENT)
    book.apply_array(batch(BEGIN, bid(1, 99, 5), bid(1, 98, 5), END))
    assert state(book) == (0, Reason.DUPLICATE_ORDER)


def test_crossed_is_looked_at_where_a_message_ends(book):
    book.apply_array(batch(ask(7, 99, 1), remove(7)))
    assert state(book) == (1, Reason.NONE)
    book.apply_array(ask(7, 99, 1, Flag.LAST))
    assert state(book) == (0, Reason.CROSSED)


@pytest.mark.parametrize("kind", [Kind.TRADE, Kind.TOP, Kind.DEPTH])
def test_any_market_data_ends_a_message(book, kind):
    book.apply_array(batch(ask(7, 99, 1), record(kind, flags=Flag.LAST)))
    assert state(book) == (0, Reason.CROSSED)


def test_a_crossed_snapshot_is_refused():
    book = L3Book(INSTRUMENT)
    book.apply_array(batch(BEGIN, bid(1, 100, 5), ask(2, 100, 5), END))
    assert state(book) == (0, Reason.CROSSED)


def test_other_instruments_and_kinds_are_passed_over(book):
    other = bid(20, 98, 1)
    other["instrument_id"] = INSTRUMENT + 1
    before = book.stats()
    assert book.apply_array(batch(other, record(Kind.NEW, 21), record(Kind.TRADE, 1))) == 0
    assert book.stats() == before and state(book) == (1, Reason.NONE)


def test_dense_ids_need_no_hash_table(book):
    stats = book.stats()
    assert stats.hashed in (0, stats.orders)


def test_tops_gives_the_top_after_each_record(book):
    events = batch(remove(1), bid(20, 100, 3), remove(99), execute(20, 1), record(Kind.TRADE))
    tops = book.tops(events)
    assert tops.dtype == TOP
    got = [tuple(row)[:4] for row in tops.tolist()]
    assert got == [(99, 9, 101, 5), (100, 3, 101, 5), (100, 3, 101, 5), *[(100, 2, 101, 5)] * 2]
    assert tops["valid"].tolist() == [1, 1, 0, 0, 0]
    assert tuple(tops[-1].tolist()) == tuple(book.top())


def test_recv_ns_is_that_of_the_last_record_taken(book):
    book.apply_array(
        batch(record(Kind.ORDER_REMOVE, 1, recv_ns=70), record(Kind.TRADE, recv_ns=80))
    )
    assert book.top().recv_ns == 70


@pytest.mark.parametrize("dense", [False, True])
def test_a_snapshot_makes_the_same_queues(book, dense):
    book.apply_array(batch(reduce(1, 3), replace(2, 8, 99, 1)))
    again = L3Book(INSTRUMENT, dense=dense)
    records = book.snapshot(123)
    again.apply_array(records)
    assert again.snapshot(123).tobytes() == records.tobytes()
    assert ids(again, Side.BID, 99) == [1, 3, 8] and state(again) == (1, Reason.NONE)
    assert again.top().recv_ns == 123


@pytest.mark.parametrize("last", [remove(99), BEGIN])
def test_a_snapshot_of_an_unusable_book_makes_an_unusable_book(book, last):
    book.apply_array(last)
    again = L3Book(INSTRUMENT)
    again.apply_array(book.snapshot(0))
    assert state(again) == state(book) and state(again)[0] == 0


def test_a_snapshot_that_does_not_fit_is_refused(book):
    out = np.zeros(7, dtype=book.snapshot(0).dtype)
    pointer = ffi.from_buffer("struct pmm_event[]", out)
    assert lib.pmm_l3book_snapshot(book.cdata, 0, pointer, 7) == lib.PMM_ERR_FULL


def test_a_side_that_is_none_is_refused(book):
    with pytest.raises(NativeError, match="side 0"):
        book.depth(Side.NONE, 5)
    with pytest.raises(NativeError, match="side 3"):
        book.queue(3, 99)
