"""Updates of Kraken's books are followed as far as each checksum is that of the book behind it."""

import zlib
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pinnacle.core._native import ffi, lib
from pinnacle.core.schema import EVENT, Flag, Kind, Side, events_pointer
from pinnacle.venues.market.codec import MessageKind
from tests.venues.kraken.kraken_oracle import Shown
from tests.venues.kraken.test_kraken_book import Taken, message
from tests.venues.wire import table

TICK, LOT = Decimal("0.01"), Decimal("0.001")
PLACES = st.sampled_from([(2, 3), (3, 3), (2, 5)])
SIDES = st.sampled_from([Side.BID, Side.ASK])
LEVEL = st.tuples(SIDES, st.integers(1, 30), st.sampled_from([0, 1, 1, 25]))
LEVELS = st.lists(LEVEL, max_size=5)


class Follower:
    """Two instruments' books in C and in dicts; parts are added one by one."""

    def __init__(self, depth, begun):
        self.taken = [Taken(depth), Taken(depth)]
        self.shown = [Shown(depth), Shown(depth)]
        self.places = [(2, 3), (2, 3)]
        self.rows = ffi.new("struct pmm_kraken_row[2]")
        for row, taken, shown, levels in zip(self.rows, self.taken, self.shown, begun, strict=True):
            row.book, row.price_decimals, row.quantity_decimals = taken.book, 2, 3
            taken.take(message(True, levels))
            shown.take(True, levels)
        self.table = table(["BTC/USD", "ETH/USD"], 2, 3)
        self.crc32 = ffi.new("struct pmm_crc32 *")
        lib.pmm_crc32_init(self.crc32)
        self.parts, self.records = [], []

    def add(self, kind, row, levels, places=(2, 3), checked=True, wrong=False):
        """One part more; what is delivered of it, or None if it is not."""
        records = message(False, levels)
        if kind != MessageKind.DEPTH:
            records["kind"] = Kind.TRADE
        self.records.append(records)
        part = {"kind": kind, "row": row, "count": len(records), "checked": checked}
        part |= {"price_decimals": places[0], "quantity_decimals": places[1]}
        self.parts.append(part)
        if kind != MessageKind.DEPTH:
            return records
        shown = self.shown[row]
        held = max(len(side) for side in shown.sides.values())
        if held + len(levels) > 3 * shown.depth:
            return None
        self.places[row] = places if levels else self.places[row]
        fell = shown.take(False, levels)
        part["checksum"] = zlib.crc32(shown.text(TICK, LOT, self.places[row])) ^ wrong
        out = np.concatenate([records, message(False, [(*level, 0) for level in fell])])
        out["flags"] = 0
        out["flags"][-1:] = Flag.LAST
        return None if checked and wrong else out

    def follow(self, begin=0, room=4096):
        """How many parts were taken, and the records."""
        wire = ffi.new("struct pmm_wire *")
        parts = ffi.new("struct pmm_wire_part[]", max(len(self.parts), 1))
        first = 0
        for place, part in zip(parts, self.parts, strict=False):
            place.first, first = first, first + part["count"]
            for name, value in part.items():
                setattr(place, name, value)
        events = np.concatenate([*self.records, np.zeros(1, EVENT)])
        rows = ffi.from_buffer("struct pmm_instrument[]", self.table)
        wire.instruments, wire.parts, wire.part_count = rows, parts, len(self.parts)
        wire.out = events_pointer(events)
        out, count = np.zeros(4096, EVENT), ffi.new("uint64_t *", 999)
        taken = lib.pmm_kraken_follow(
            self.rows,
            wire,
            begin,
            len(self.parts) - begin,
            self.crc32,
            events_pointer(out),
            room,
            count,
        )
        return taken, out[: count[0]]


@settings(deadline=None, max_examples=120)
@given(st.data())
def test_what_is_delivered_is_what_dicts_deliver_up_to_a_wrong_checksum(data):
    depth = data.draw(st.integers(2, 12))
    begun = data.draw(st.tuples(LEVELS, LEVELS))
    if any(len(levels) > depth for levels in begun):
        begun = ([], [])
    follower, expected, good = Follower(depth, begun), [], [0, 0]
    whole = 0
    for number in range(data.draw(st.integers(1, 12))):
        kind = data.draw(st.sampled_from([MessageKind.DEPTH] * 4 + [MessageKind.TRADE]))
        row, checked = data.draw(st.integers(0, 1)), data.draw(st.booleans())
        wrong = data.draw(st.integers(0, 15)) == 0
        levels = data.draw(LEVELS)
        out = follower.add(kind, row, levels, data.draw(PLACES), checked, wrong)
        if out is None:
            break
        whole = number + 1
        expected.append(out)
        good[row] += checked and kind == MessageKind.DEPTH
    taken, out = follower.follow()
    assert taken == whole
    assert out.tolist() == (np.concatenate(expected).tolist() if expected else [])
    assert [row.good for row in follower.rows] == good
    if whole == len(follower.parts):
        for mine, shown, places in zip(
            follower.taken, follower.shown, follower.places, strict=True
        ):
            mine.row["tick_decimals"], mine.row["lot_decimals"] = 2, 3
            assert mine.text(*places) == shown.text(TICK, LOT, places)


@pytest.mark.parametrize("room", range(7, 12))
def test_a_part_with_less_room_than_twice_its_records_waits(room):
    """Two records, and one of them pushes one out; behind them a part of two more."""
    follower = Follower(2, ([(Side.BID, 9, 1), (Side.BID, 8, 1)], []))
    first = follower.add(MessageKind.DEPTH, 0, [(Side.BID, 10, 1), (Side.ASK, 20, 1)])
    second = follower.add(MessageKind.DEPTH, 0, [(Side.BID, 11, 1), (Side.ASK, 21, 1)])
    third = follower.add(MessageKind.TRADE, 1, [(Side.BID, 11, 1), (Side.ASK, 21, 1)])
    assert [len(out) for out in (first, second, third)] == [3, 3, 2]
    taken, out = follower.follow(room=room)
    assert taken == (3 if room >= 10 else 2)
    assert len(out) == (8 if room >= 10 else 6)
    assert follower.follow(begin=2)[0] == 1


@pytest.mark.parametrize("side", [Side.BID, Side.ASK])
@pytest.mark.parametrize("more", [0, 1])
def test_a_part_that_may_be_too_much_for_either_side_is_looked_at(side, more):
    begun = [(side, price, 1) for price in (11, 12)]
    follower = Follower(2, (begun, []))
    before = follower.taken[0].text(2, 8)
    better = 13 if side == Side.BID else 1
    levels = [(side, better + n, 1) for n in range(4 + more)]
    follower.add(MessageKind.DEPTH, 0, levels, checked=False)
    assert follower.follow()[0] == (0 if more else 1)
    assert (follower.taken[0].text(2, 8) == before) == bool(more)


def test_a_checksum_of_numbers_that_cannot_have_been_sent_so_is_looked_at():
    follower = Follower(2, ([], []))
    follower.add(MessageKind.DEPTH, 0, [(Side.BID, 15, 1)])
    follower.parts[0]["price_decimals"] = 1
    assert follower.follow()[0] == 0
    assert follower.rows[0].good == 0


def test_a_part_without_levels_says_nothing_of_how_numbers_are_written():
    follower = Follower(2, ([(Side.BID, 15, 1)], []))
    follower.add(MessageKind.DEPTH, 0, [], places=(9, 9))
    assert follower.follow()[0] == 1
