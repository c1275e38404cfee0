"""Levels from single orders: what a book of levels is told has the sums of the orders."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pinnacle.core._native import ffi, lib
from pinnacle.core.book import Book
from pinnacle.core.errors import NativeError
from pinnacle.core.l3book import L3Book
from pinnacle.core.l3levels import L3Levels
from pinnacle.core.schema import EVENT, EventBuffer, Flag, Kind, Reason, Side, events_pointer

ADD, REMOVE, REPLACE = Kind.ORDER_ADD, Kind.ORDER_REMOVE, Kind.ORDER_REPLACE
REDUCE, EXECUTE = Kind.ORDER_REDUCE, Kind.ORDER_EXECUTE
BEGIN, END = Kind.BOOK_BEGIN, Kind.BOOK_END


def record(kind, number=0, side=Side.NONE, price=0, quantity=0, at=5, last=True, aux=None):
    row = np.zeros(1, EVENT)
    row["kind"], row["order_id"], row["side"], row["price"] = kind, number, side, price
    row["quantity"], row["recv_ns"], row["flags"] = quantity, at, Flag.LAST if last else 0
    row["aux"] = (number if kind == REPLACE else 77) if aux is None else aux
    return row


class Venue:
    def __init__(self, again=False, room=4096):
        self.levels = L3Levels(L3Book(0, 64, 4096, 64), again)
        self.book = Book(0, 4096, 1024)
        self.out = EventBuffer(room)
        self.told = []

    def take(self, *rows):
        events = np.concatenate(rows)
        count = self.levels.take(events_pointer(events), len(events), self.out)
        self.told.append(self.out.array[:count].copy())
        self.book.apply(self.out.cdata, count)
        return self.told[-1]

    def begun(self, *orders):
        inside = [record(ADD, *order, last=False) for order in orders]
        self.take(record(BEGIN, last=False), *inside, record(END))
        return self

    def sums(self):
        rows = self.book.snapshot(0)
        rows = rows[rows["kind"] == Kind.DEPTH]
        return {(int(r["side"]), int(r["price"])): int(r["quantity"]) for r in rows}


BID, ASK = Side.BID, Side.ASK


@settings(deadline=None)
@given(st.data())
def test_the_levels_are_the_sums_of_the_orders_and_never_cross(data):
    venue, orders = Venue(), {}
    venue.begun()
    for number in range(data.draw(st.integers(1, 60))):
        kind = data.draw(st.sampled_from([ADD, ADD, ADD, REMOVE, REPLACE, EXECUTE]))
        price, quantity = data.draw(st.integers(90, 110)), data.draw(st.integers(0, 9))
        if kind == ADD:
            side = data.draw(st.sampled_from([BID, ASK]))
            venue.take(record(kind, number, side, price, quantity))
            if quantity:
                orders[number] = [side, price, quantity]
        else:
            name = data.draw(st.sampled_from([*orders, 999]))
            order = orders.get(name)
            if kind == EXECUTE and order is None:
                continue
            quantity = min(quantity, order[2]) if kind == EXECUTE else quantity
            venue.take(record(kind, name, Side.NONE, price, quantity))
            if order is not None:
                left = {REMOVE: 0, REPLACE: quantity, EXECUTE: order[2] - quantity}[kind]
                orders[name] = [order[0], price if kind == REPLACE else order[1], left]
                if not left:
                    del orders[name]
        sums = {}
        for side, at, size in orders.values():
            sums[side, at] = sums.get((side, at), 0) + size
        bids, asks = ([at for s, at in sums if s == side] for side in (BID, ASK))
        assert venue.levels.follows
        if not (bids and asks and max(bids) >= min(asks)):
            assert venue.sums() == sums
        assert venue.book.top().valid
    venue.levels.book.check()


class Model:
    """What is told of each message, in plain Python: orders by id, each level's in their turn."""

    def __init__(self, again):
        self.orders, self.again = {}, again
        self.touched, self.passed_over = [], 0

    def sums(self):
        sums = {}
        for side, price, quantity in self.orders.values():
            sums[side, price] = sums.get((side, price), 0) + quantity
        return sums

    def queue(self, side, price):
        return [name for name, order in self.orders.items() if order[:2] == (side, price)]

    def touch(self, *places):
        self.touched = list(dict.fromkeys([*self.touched, *places]))

    def changes(self, name, price, quantity):
        side, before, size = self.orders[name]
        if price != before or quantity > size:
            del self.orders[name]
        self.orders[name] = (side, price, quantity)
        if not quantity:
            del self.orders[name]
        self.touch((side, before), (side, price))

    def take(self, kind, name, side, price, quantity, new):
        order = self.orders.get(name)
        if kind == ADD and order and self.again and order[:2] == (side, price):
            self.changes(name, price, quantity)
        elif kind == ADD and quantity:
            self.orders[name] = (side, price, quantity)
            self.touch((side, price))
        elif kind in (REMOVE, REPLACE) and not order:
            self.passed_over += 1
        elif kind == REMOVE:
            self.touch(self.orders.pop(name)[:2])
        elif kind == REPLACE and new == name:
            self.changes(name, price, quantity)
        elif kind == REPLACE:
            del self.orders[name]
            self.orders[new] = (order[0], price, quantity)
            self.touch(order[:2], (order[0], price))
        elif kind in (REDUCE, EXECUTE) and quantity:
            self.orders[name] = (*order[:2], order[2] - quantity)
            if order[2] == quantity:
                del self.orders[name]
            self.touch(order[:2])

    def ends(self):
        """What is told: nothing while the book is crossed."""
        bids, asks = ([at for s, at in self.sums() if s == side] for side in (BID, ASK))
        if bids and asks and max(bids) >= min(asks):
            return []
        told = [(*place, self.sums().get(place, 0)) for place in self.touched]
        self.touched = []
        return told


@st.composite
def changes(draw, orders, again, new):
    """What may be told of orders that rest: kind, id, side, price, quantity, id from then on."""
    kind = draw(st.sampled_from([ADD, ADD, ADD, REMOVE, REDUCE, EXECUTE, REPLACE, REPLACE]))
    price, quantity = draw(st.integers(95, 104)), draw(st.integers(0, 9))
    if kind == ADD and not (again and orders and draw(st.booleans())):
        return ADD, new, draw(st.sampled_from([BID, ASK])), price, quantity, new
    unknown = [999] if kind in (REMOVE, REPLACE) else []
    if not (orders or unknown):
        return REMOVE, 999, Side.NONE, price, quantity, 999
    name = draw(st.sampled_from([*orders, *unknown]))
    side, at, size = orders.get(name, (BID, price, 1))
    if kind == ADD:
        return ADD, name, side, at, quantity, name
    said = draw(st.sampled_from([side, Side.NONE]))
    if kind == REPLACE and quantity and draw(st.booleans()):
        return kind, name, said, price, quantity, new
    return kind, name, said, price, quantity if kind == REPLACE else min(quantity, size), name


@settings(deadline=None, max_examples=80)
@given(st.data(), st.booleans())
def test_what_is_told_of_each_message_is_what_a_plain_model_tells(data, again):
    venue, model = Venue(again), Model(again)
    venue.begun()
    new = 0
    for at in range(10, 10 + data.draw(st.integers(1, 25))):
        rows, left = [], data.draw(st.integers(1, 3))
        for number in range(left):
            kind, name, side, price, quantity, then = data.draw(
                changes(model.orders, again, new := new + 1)
            )
            model.take(kind, name, side, price, quantity, then)
            last = number + 1 == left
            row = record(kind, then, side, price, quantity, at=at, last=last, aux=name)
            row["venue_ns"] = at - 5
            rows.append(row)
        told, expected = venue.take(*rows), model.ends()
        assert told[["side", "price", "quantity"]].tolist() == expected
        flags = [0] * (len(told) - 1) + [Flag.LAST] * bool(len(told))
        assert told["flags"].tolist() == flags
        fixed = told[["kind", "recv_ns", "venue_ns", "order_id", "aux"]].tolist()
        assert fixed == [(Kind.DEPTH, at, at - 5, 0, 0)] * len(told)
        assert venue.levels.follows and venue.levels.passed_over == model.passed_over
        for side, price in model.sums():
            queue = venue.levels.book.queue(side, price)["order_id"].tolist()
            assert queue == model.queue(side, price)
    venue.levels.book.check()


def test_an_order_that_loses_quantity_keeps_its_place_and_one_that_gains_goes_back():
    venue = Venue().begun((1, BID, 10, 5), (2, BID, 10, 6))
    venue.take(record(REPLACE, 1, Side.NONE, 10, 3))
    assert venue.levels.book.queue(BID, 10)["order_id"].tolist() == [1, 2]
    venue.take(record(REPLACE, 1, Side.NONE, 10, 4))
    assert venue.levels.book.queue(BID, 10)["order_id"].tolist() == [2, 1]


def test_a_level_is_told_once_a_message_and_the_last_one_is_marked():
    venue = Venue().begun((1, BID, 10, 5))
    told = venue.take(
        record(ADD, 2, BID, 10, 1, last=False),
        record(ADD, 3, ASK, 12, 2, last=False),
        record(ADD, 4, BID, 10, 3),
    )
    assert told[["side", "price", "quantity", "flags", "aux"]].tolist() == [
        (BID, 10, 9, 0, 0),
        (ASK, 12, 2, Flag.LAST, 0),
    ]


def test_a_crossed_book_is_told_when_it_is_not_any_more():
    venue = Venue().begun((1, BID, 10, 5), (2, ASK, 12, 6))
    assert len(venue.take(record(ADD, 3, BID, 12, 4))) == 0
    assert len(venue.take(record(EXECUTE, 2, ASK, 12, 4))) == 0
    told = venue.take(record(REMOVE, 3, BID))
    assert told[["side", "price", "quantity"]].tolist() == [(BID, 12, 0), (ASK, 12, 2)]


@pytest.mark.parametrize(
    ("rows", "reason"),
    [
        ([record(EXECUTE, 9, BID, 10, 1)], Reason.UNKNOWN_ORDER),
        ([record(REDUCE, 9, BID, 10, 1)], Reason.UNKNOWN_ORDER),
        ([record(EXECUTE, 1, BID, 10, 6)], Reason.BAD_QUANTITY),
        ([record(EXECUTE, 1, ASK, 10, 1)], Reason.UNKNOWN_ORDER),
        ([record(REMOVE, 1, ASK)], Reason.UNKNOWN_ORDER),
        ([record(REPLACE, 1, ASK, 10, 5)], Reason.BAD_ORDER),
        ([record(REPLACE, 3, ASK, 10, 5, aux=1)], Reason.BAD_ORDER),
        ([record(ADD, 1, BID, 10, 5)], Reason.DUPLICATE_ORDER),
        ([record(ADD, 3, Side.NONE, 10, 5)], Reason.BAD_ORDER),
        ([record(ADD, 3, BID, 1 << 61, 5)], Reason.BAD_PRICE),
        ([record(ADD, n, BID, 10, 5) for n in range(3, 80)], Reason.OVERFLOW),
        ([record(ADD, 3, BID, 13, 1), record(REMOVE, 9, at=5 + 10**9 + 1)], Reason.CROSSED),
    ],
)
def test_what_cannot_be_ends_the_following_until_the_next_snapshot(rows, reason):
    venue = Venue().begun((1, BID, 10, 5), (2, ASK, 12, 6))
    venue.take(*rows)
    assert venue.levels.reason == reason
    assert len(venue.take(record(ADD, 90, BID, 9, 5))) == 0
    assert venue.begun((1, BID, 7, 5)).levels.follows
    assert venue.sums() == {(BID, 7): 5}


def test_a_book_that_stays_crossed_is_not_followed_though_no_order_comes():
    for late, follows in ((10**9, True), (10**9 + 1, False)):
        venue = Venue().begun((1, BID, 10, 5), (2, ASK, 12, 6))
        venue.take(record(ADD, 3, BID, 12, 4))
        venue.levels.look(5 + late)
        assert venue.levels.follows == follows
        venue = Venue().begun((1, BID, 10, 5), (2, ASK, 12, 6))
        venue.take(record(ADD, 3, BID, 12, 4))
        assert len(venue.take(record(Kind.TRADE, at=5 + late))) == 1
        assert venue.levels.follows == follows
    venue.begun()
    venue.levels.look(10**18)
    assert venue.levels.follows


def test_orders_before_the_first_snapshot_are_passed_over_in_silence():
    venue = Venue()
    assert venue.levels.reason == Reason.STARTING
    assert len(venue.take(record(ADD, 1, BID, 10, 5), record(REMOVE, 2))) == 0
    assert (venue.levels.passed_over, venue.levels.reason) == (0, Reason.STARTING)
    assert len(venue.take(record(END))) == 0 and not venue.levels.follows


def test_a_struct_begins_anew_whatever_stood_there():
    levels = ffi.new("struct pmm_l3levels *")
    ffi.memmove(levels, b"\xa5" * ffi.sizeof(levels[0]), ffi.sizeof(levels[0]))
    lib.pmm_l3levels_init(levels, lib.PMM_L3LEVELS_AGAIN)
    expected = ffi.new("struct pmm_l3levels *")
    expected.rules, expected.reason = lib.PMM_L3LEVELS_AGAIN, Reason.STARTING
    assert bytes(ffi.buffer(levels)) == bytes(ffi.buffer(expected))


def test_what_frames_a_snapshot_says_nothing_of_a_level():
    venue = Venue()
    venue.take(record(BEGIN, last=False), record(ADD, 1, BID, 10, 5, last=False))
    told = venue.take(record(END, 9, ASK, 11, 3, at=8))
    fields = ["kind", "side", "price", "quantity", "order_id", "aux", "recv_ns", "flags"]
    assert told[fields].tolist() == [
        (BEGIN, Side.NONE, 0, 0, 0, 0, 8, 0),
        (Kind.DEPTH, BID, 10, 5, 0, 0, 8, 0),
        (END, Side.NONE, 0, 0, 0, 0, 8, Flag.LAST),
    ]


def test_a_book_that_was_crossed_is_so_anew_the_next_time():
    venue = Venue().begun((1, BID, 10, 5), (2, ASK, 12, 6))
    for at in (5, 10**9):
        venue.take(record(ADD, at, BID, 12, 4, at=at))
        venue.levels.look(at + 10**9)
        venue.take(record(REMOVE, at, at=at + 1))
        venue.levels.look(at + 10**9 + 2)
        assert venue.levels.follows


@pytest.mark.parametrize("end", [record(Kind.BOOK_INVALID), record(EXECUTE, 77, BID, 10, 1)])
def test_what_waited_is_forgotten_with_the_book(end):
    venue = Venue().begun((1, BID, 10, 5), (2, ASK, 12, 6))
    venue.take(record(ADD, 3, BID, 12, 4), record(ADD, 4, ASK, 15, 4))
    venue.take(end)
    assert not len(venue.take(record(END)))
    venue.begun((1, BID, 10, 5))
    told = venue.take(record(ADD, 2, BID, 9, 1))
    assert told[["side", "price", "quantity"]].tolist() == [(BID, 9, 1)]


def test_the_end_of_a_snapshot_that_has_not_begun_says_nothing():
    venue = Venue().begun((1, BID, 10, 5))
    assert len(venue.take(record(END))) == 0 and venue.levels.follows


@pytest.mark.parametrize("reason", [Reason.NONE, Reason.DISCONNECTED])
def test_a_snapshot_that_breaks_off_is_no_book(reason):
    venue, lost = Venue(), record(Kind.BOOK_INVALID)
    lost["reason"] = reason
    venue.take(record(BEGIN, last=False), record(ADD, 1, BID, 10, 5, last=False))
    venue.take(lost)
    assert len(venue.take(record(END))) == 0
    assert venue.levels.reason == (reason or Reason.RESYNC)


def test_a_snapshot_that_cannot_be_is_not_told():
    venue = Venue().begun((1, BID, 10, 5), (2, ASK, 10, 6))
    assert venue.levels.reason == Reason.CROSSED and len(venue.told[-1]) == 0
    venue.begun((1, BID, 10, 5), (1, BID, 9, 6))
    assert venue.levels.reason == Reason.DUPLICATE_ORDER and len(venue.told[-1]) == 0


def test_what_a_snapshot_has_may_be_told_again_where_a_venue_does_so():
    venue = Venue(again=True).begun((1, BID, 10, 5))
    venue.take(record(ADD, 1, BID, 10, 8))
    assert venue.sums() == {(BID, 10): 8}
    venue.take(record(ADD, 1, BID, 11, 8))
    assert venue.levels.reason == Reason.DUPLICATE_ORDER


def test_records_of_others_go_through_and_end_the_call_at_another_instrument():
    venue = Venue().begun((1, BID, 10, 5))
    other = record(Kind.TRADE, 5, BID, 10, 1)
    other["instrument_id"] = 3
    told = venue.take(record(Kind.TRADE, 4, BID, 10, 1), record(EXECUTE, 1, BID, 10, 2), other)
    assert told["kind"].tolist() == [Kind.TRADE, Kind.DEPTH] and venue.levels.consumed == 2
    lost = record(Kind.BOOK_INVALID)
    lost["reason"] = Reason.DISCONNECTED
    assert venue.take(lost)["kind"].tolist() == [Kind.BOOK_INVALID]
    assert venue.levels.reason == Reason.DISCONNECTED


@pytest.mark.parametrize("room", [2, 3])
def test_a_message_needs_room_for_what_waits_and_two_levels_more(room):
    venue = Venue().begun((1, BID, 10, 5), (2, ASK, 12, 6))
    assert len(venue.take(record(ADD, 3, BID, 12, 4))) == 0
    venue.out = EventBuffer(room)
    uncrossing = record(REPLACE, 2, Side.NONE, 13, 6)
    if room < 3:
        with pytest.raises(NativeError):
            venue.take(uncrossing)
        venue.out = EventBuffer(3)
    told = venue.take(uncrossing)["price"].tolist()
    assert told == [12, 12, 13] and venue.levels.follows


@pytest.mark.parametrize("room", [4, 5])
def test_a_snapshot_needs_room_for_its_levels_and_two(room):
    venue = Venue(room=room)
    orders = [(1, BID, 9, 1), (2, BID, 10, 1), (3, ASK, 12, 1), (4, ASK, 12, 1)]
    venue.take(record(BEGIN, last=False), *(record(ADD, *order, last=False) for order in orders))
    if room == 5:
        assert len(venue.take(record(END))) == 5
    else:
        with pytest.raises(NativeError):
            venue.take(record(END))


@pytest.mark.parametrize("more", [0, 1])
def test_so_many_levels_may_wait_and_no_more(more):
    venue = Venue()
    venue.levels = L3Levels(L3Book(0, 1024, 4096, 1024))
    venue.begun()
    count = lib.PMM_L3LEVELS_TOUCHED + more
    rows = [record(ADD, n, BID, n, 1, last=n == count) for n in range(1, count + 1)]
    told = venue.take(*rows)
    assert len(told) == (0 if more else count)
    assert venue.levels.reason == (Reason.OVERFLOW if more else Reason.NONE)


def test_a_level_on_both_sides_waits_as_two():
    venue = Venue().begun((1, BID, 10, 5), (2, ASK, 12, 6))
    venue.take(record(ADD, 3, BID, 12, 4))
    told = venue.take(record(REDUCE, 2, ASK, 12, 1, last=False), record(REMOVE, 3, BID))
    assert told[["side", "price", "quantity"]].tolist() == [(BID, 12, 0), (ASK, 12, 5)]


def test_a_call_ends_before_what_has_no_room_and_one_without_any_says_so():
    venue = Venue(room=6).begun((1, BID, 10, 5), (2, ASK, 12, 6))
    rows = [record(REPLACE, 1, Side.NONE, price, 5) for price in (9, 8, 7, 6)]
    venue.take(*rows)
    assert 0 < venue.levels.consumed < 4 and venue.levels.follows
    venue.take(*rows[venue.levels.consumed :])
    full = [record(ADD, n, BID, n, 1, last=False) for n in range(1, 6)]
    with pytest.raises(NativeError):
        for row in (record(BEGIN, last=False), *full, record(END)):
            venue.take(row)
