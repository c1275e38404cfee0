"""The memory and the room of a paper venue: what it asks for is what it uses, and no more."""

import numpy as np
import pytest

from pinnacle.core._native import ffi, lib
from pinnacle.core.schema import (
    EVENT,
    EventBuffer,
    Flag,
    Kind,
    Reason,
    SelfTrade,
    Source,
    TimeInForce,
    events_pointer,
)
from tests.paper_desk import ASK, BID, PaperDesk, reasons
from tests.paper_side import LEVELS
from tests.sim.paper_inside import PRIVATE, Inside

WINDOW, FAR, GUARD = 4096, 2, 256
MOST = lib.PMM_INSTRUMENTS_MAX


def config_of(**changes):
    config = ffi.new("struct pmm_paper_config *")
    fields = {"settle_ns": 5, "cancel": 0, "orders": 3, "window": WINDOW, "far_capacity": FAR}
    for name, value in (fields | changes).items():
        setattr(config, name, value)
    return config


class Fenced:
    """A venue in just the memory that it asks for, full of something else, between fences."""

    def __init__(self, instruments=(7,), **changes):
        self.config, self.count = config_of(**changes), len(instruments)
        self.ids = ffi.new("uint32_t[]", list(instruments))
        self.size = lib.pmm_paper_memsize(self.count, self.config)
        block = np.full(self.size + 2 * GUARD + 63, 0xA5, dtype=np.uint8)
        begin = GUARD + -block.ctypes.data % 64
        self.fences = block[:begin], block[begin + self.size :]
        self.memory = ffi.from_buffer("char[]", block[begin : begin + self.size])
        assert self.init() == 0
        self.venue = ffi.cast("struct pmm_paper *", self.memory)

    def init(self, **changes):
        wanted = {"memory": self.memory, "bytes": self.size, "ids": self.ids, "count": self.count}
        return lib.pmm_paper_init(*(wanted | {"config": self.config} | changes).values())

    def whole(self):
        return all((fence == 0xA5).all() for fence in self.fences)

    def run(self, records, room):
        """The reports, and how many records were consumed."""
        events = np.zeros(len(records), dtype=EVENT)
        for event, fields in zip(events, records, strict=True):
            event["instrument_id"] = self.ids[0]
            for name, value in fields.items():
                event[name] = value
        out, taken = np.full(room + 1, 0, dtype=EVENT), ffi.new("size_t *", 99)
        pointer = ffi.from_buffer("struct pmm_event[]", out)
        written = lib.pmm_paper_run(
            self.venue, events_pointer(events), len(events), pointer, room, taken
        )
        assert lib.pmm_paper_check(self.venue) == 0
        assert out[room] == np.zeros(1, dtype=EVENT)[0], "nothing is written beyond the room"
        return out[: max(written, 0)], taken[0]


# ---- memory ----


@pytest.mark.parametrize(
    ("instruments", "changes", "right"),
    [
        (1, {}, True),
        (0, {}, False),
        (MOST, {}, True),
        (MOST + 1, {}, False),
        (1, {"orders": 0}, False),
        (1, {"orders": 1}, True),
        (1, {"orders": 65536}, True),
        (1, {"orders": 65537}, False),
        (1, {"settle_ns": 0}, True),
        (1, {"settle_ns": -1}, False),
        (1, {"cancel": 3}, True),
        (1, {"cancel": 4}, False),
        (1, {"window": 4095}, False),
        (1, {"far_capacity": 0}, False),
    ],
)
def test_the_size_is_of_what_can_be_and_nothing_of_what_cannot(instruments, changes, right):
    assert (lib.pmm_paper_memsize(instruments, config_of(**changes)) > 0) == right
    assert lib.pmm_paper_memsize(instruments, ffi.NULL) == 0


def aligned(size):
    return -(-size // 64) * 64


@pytest.mark.parametrize("instruments", [(7,), (0, MOST - 1, 5)])
@pytest.mark.parametrize("orders", [1, 3, 4])
def test_the_parts_of_a_venue_fill_its_memory_one_after_the_other(instruments, orders):
    fenced = Fenced(instruments, orders=orders)
    paper = type("Paper", (), {"memory": ffi.buffer(fenced.memory)})
    within = Inside(paper)
    side = aligned(orders * PRIVATE.sizeof("struct paper_order"))
    book = aligned(lib.pmm_book_memsize(WINDOW, FAR))
    at = aligned(PRIVATE.sizeof("struct pmm_paper"))
    at += aligned(len(instruments) * PRIVATE.sizeof("struct paper_market"))
    for i, market in enumerate(within.markets):
        assert market.instrument_id == instruments[i]
        for which in (BID, ASK):
            place = int(PRIVATE.cast("uintptr_t", within.orders(i, which))) - within.start
            assert place == at
            at += side
        assert int(PRIVATE.cast("uintptr_t", market)) + market.book_at - within.start == at
        at += book
    assert at == fenced.size


def test_what_a_venue_cannot_be_made_of_is_refused():
    fenced = Fenced((7, 9))
    cases = [
        {"memory": ffi.NULL},
        {"memory": fenced.memory + 8},
        {"bytes": fenced.size - 1},
        {"ids": ffi.NULL},
        {"ids": ffi.new("uint32_t[]", [MOST, 1])},
        {"ids": ffi.new("uint32_t[]", [1, MOST])},
        {"ids": ffi.new("uint32_t[]", [5, 5])},
        {"ids": ffi.new("uint32_t[]", [0, 0])},
        {"count": 0},
        {"config": config_of(cancel=4)},
        {"config": config_of(settle_ns=-1)},
    ]
    for case in cases:
        assert fenced.init(**case) == lib.PMM_ERR_ARGUMENT, case
    for case in ({}, {"bytes": fenced.size + 1}, {"ids": ffi.new("uint32_t[]", [MOST - 1, 0])}):
        assert fenced.init(**case) == 0


def new(order_id, side, price, quantity, **fields):
    wanted = {"kind": Kind.NEW, "order_id": order_id, "side": side, "price": price}
    return wanted | {"quantity": quantity, "source": Source.GATEWAY} | fields


def book(bids, asks):
    yield {"kind": Kind.BOOK_BEGIN}
    for side, levels in ((BID, bids), (ASK, asks)):
        for price, quantity in levels:
            yield {"kind": Kind.DEPTH, "side": side, "price": price, "quantity": quantity}
    yield {"kind": Kind.BOOK_END}


@pytest.mark.parametrize("side", [BID, ASK])
@pytest.mark.parametrize("orders", [1, 3, 4])
def test_a_full_venue_stays_within_its_memory(side, orders):
    fenced = Fenced(orders=orders)
    room = lib.pmm_paper_out_min(fenced.venue)
    assert room == LEVELS + 2 + orders
    records = [*book([(100, 10)], [(101, 10)])]
    price = 99 if side == BID else 102
    records += [new(i, side, price, 5) for i in range(1, orders + 2)]
    out, _ = fenced.run(records, 2 * room)
    assert out["kind"].tolist() == [Kind.ACK] * orders + [Kind.REJECTED]
    assert lib.pmm_paper_order_count(fenced.venue) == orders
    out, _ = fenced.run([{"kind": Kind.CANCEL, "order_id": 1, "source": Source.GATEWAY}], room)
    assert lib.pmm_paper_order_count(fenced.venue) == orders - 1
    assert fenced.whole()


def test_an_instrument_that_can_be_none_is_none_whatever_lies_behind_the_table():
    desk = PaperDesk()
    desk.snapshot([(512, 10)], [(600, 10)])
    desk.new(1, ASK, 512, 1, tif=TimeInForce.IOC)  # its best level's price ends with a zero byte
    assert reasons(desk.new(2, BID, 500, 1, instrument_id=MOST))[0][1] == Reason.BAD_INSTRUMENT
    assert not desk.paper.valid(MOST) and not desk.paper.valid(MOST - 1) and desk.paper.valid(0)


def test_a_venue_of_every_instrument_knows_each_and_one_of_some_no_other():
    half = range(MOST // 2, MOST)
    for ids in (range(MOST), half):
        desk = PaperDesk(instruments=tuple(ids))
        for instrument in (ids[0], ids[-1]):
            desk.instrument = instrument
            desk.snapshot([(100, 10)], [(102, 10)])
            assert [kind for kind, _ in reasons(desk.new(1, BID, 100, 1))] == [Kind.ACK]
            assert desk.paper.queue_ahead(instrument, 1) == 10
        assert [i for i in range(MOST + 1) if desk.paper.valid(i)] == [ids[0], ids[-1]]
    assert reasons(desk.new(2, BID, 100, 1, instrument_id=0))[0][1] == Reason.BAD_INSTRUMENT


# ---- the room for reports ----

ORDERS = 4
ROOM = LEVELS + 2 + ORDERS
STRANGER = {"kind": Kind.QUERY, "instrument_id": 9}  # a report of its own, whatever else there is


def full_venue(bids, asks):
    """So many orders of ours at either touch, and so many levels that one order can take them."""
    fenced = Fenced(orders=ORDERS)
    levels = range(LEVELS)
    records = [*book([(1000 - i, 1) for i in levels], [(1002 + i, 1) for i in levels])]
    records += [new(i, BID, 1000, 1) for i in range(1, bids + 1)]
    records += [new(9 + i, ASK, 1002, 1) for i in range(1, asks + 1)]
    out, taken = fenced.run(records, 2 * ROOM)
    assert (len(out), taken) == (bids + asks, len(records))
    return fenced


@pytest.mark.parametrize(("bids", "asks"), [(0, 0), (4, 0), (0, 4), (1, 2), (3, 1)])
@pytest.mark.parametrize(
    ("record", "levels"),
    [
        ({"kind": Kind.TRADE, "side": ASK, "price": 999, "quantity": 99}, 0),
        ({"kind": Kind.DEPTH, "side": BID, "price": 1000, "quantity": 2}, 0),
        ({"kind": Kind.CANCEL, "order_id": 1}, 0),
        ({"kind": Kind.QUERY, "order_id": 1}, 0),
        ({"kind": Kind.NEW}, LEVELS),
        ({"kind": Kind.REPLACE, "order_id": 77}, LEVELS),
    ],
)
def test_a_record_waits_for_room_for_all_that_it_could_cause(bids, asks, record, levels):
    most = bids + asks + 2 + levels
    for before in (ROOM - most, ROOM - most + 1):
        if before >= 0:
            _, taken = full_venue(bids, asks).run([*[STRANGER] * before, record], ROOM)
            assert taken == before + (before + most <= ROOM)


def test_the_most_that_one_order_can_cause_has_just_room():
    take = new(50, BID, 2000, LEVELS + 1, aux=TimeInForce.IOC | SelfTrade.CANCEL_OLDEST << 16)
    out, taken = full_venue(0, ORDERS).run([take], ROOM)
    assert (len(out), taken) == (ROOM, 1)
    counts = {kind: int((out["kind"] == kind).sum()) for kind in (Kind.FILL, Kind.CANCELLED)}
    assert counts == {Kind.FILL: LEVELS, Kind.CANCELLED: ORDERS + 1}


def test_only_a_cancel_of_all_stops_in_its_middle_and_goes_on():
    gone = {"kind": Kind.CANCEL_ALL, "source": Source.GATEWAY}
    fenced = full_venue(3, 1)
    out, taken = fenced.run([*[STRANGER] * (ROOM - 2), gone, STRANGER], ROOM)
    assert (len(out), taken) == (ROOM, ROOM - 2)
    assert out["order_id"][-2:].tolist() == [1, 2]
    out, taken = fenced.run([gone, STRANGER], ROOM)
    assert (out["order_id"].tolist(), taken) == ([3, 10, 0], 2)
    assert lib.pmm_paper_order_count(fenced.venue) == 0
    out, taken = full_venue(3, 1).run([*[STRANGER] * (ROOM - 4), gone, STRANGER], ROOM)
    assert (len(out), taken) == (ROOM, ROOM - 3), "there is room for it and no more"


def test_a_call_without_what_it_needs_is_refused_and_consumes_nothing():
    fenced, taken = full_venue(1, 0), ffi.new("size_t *", 99)
    records, out = EventBuffer(1), EventBuffer(ROOM)
    records.array["kind"], records.array["instrument_id"] = Kind.QUERY, 7
    call = {"venue": fenced.venue, "in": records.cdata, "n": 1}
    call |= {"out": out.cdata, "max": ROOM, "taken": taken}
    for name in ("venue", "in", "out", "taken"):
        wrong = (call | {name: ffi.NULL}).values()
        assert lib.pmm_paper_run(*wrong) == lib.PMM_ERR_ARGUMENT, name
    assert lib.pmm_paper_run(*(call | {"max": ROOM - 1}).values()) == lib.PMM_ERR_ARGUMENT
    assert taken[0] == 0
    assert lib.pmm_paper_run(*(call | {"n": 0, "in": ffi.NULL}).values()) == 0
    assert lib.pmm_paper_run(*call.values()) == 1
    assert taken[0] == 1


# ---- reading ----


def test_orders_are_read_by_instrument_side_and_place_and_only_if_all_of_them_fit():
    desk = PaperDesk(instruments=(3, 5, 8))
    for instrument in (3, 5, 8):
        desk.instrument = instrument
        desk.snapshot([(100, 10), (99, 20)], [(101, 10)])
        desk.new(1, BID, 99, 5, venue_id=2)
        desk.new(2, BID, 100, 6, source=Source.TRADERS)
        desk.new(3, ASK, 101, 7, source=Source.TRADERS)
        desk.trade(ASK, 100, 4)
    names = ["instrument_id", "side", "order_id", "price", "quantity", "aux", "source", "venue_id"]
    ours = [
        row
        for i in (3, 5, 8)
        for row in (
            (i, BID, 2, 100, 6, 6, Source.TRADERS, 0),
            (i, BID, 1, 99, 5, 20, Source.GATEWAY, 2),
            (i, ASK, 3, 101, 7, 10, Source.TRADERS, 0),
        )
    ]
    for source in (0, Source.GATEWAY, Source.TRADERS, Source.RISK):
        wanted = [row for row in ours if source in (0, row[6])]
        out = np.zeros(10, dtype=EVENT)
        pointer, venue = ffi.from_buffer("struct pmm_event[]", out), desk.paper._paper
        assert lib.pmm_paper_orders(venue, source, pointer, len(wanted)) == len(wanted)
        assert out[: len(wanted)][names].tolist() == wanted
        assert (out[: len(wanted)]["kind"] == Kind.ORDER_STATUS).all()
        if wanted:
            full = lib.pmm_paper_orders(venue, source, pointer, len(wanted) - 1)
            assert full == lib.PMM_ERR_FULL
    assert desk.paper.order_count == 9
    ahead = lib.pmm_paper_queue_ahead
    assert [ahead(venue, 8, i) for i in (1, 2, 3, 4)] == [20, 6, 10, lib.PMM_ERR_NOT_FOUND]
    assert [ahead(venue, i, 1) for i in (4, MOST)] == [lib.PMM_ERR_NOT_FOUND] * 2


def test_who_is_first_has_nothing_ahead_and_who_waits_for_a_level_has_no_number():
    desk = PaperDesk()
    desk.snapshot([(100, 10)], [(105, 10)])
    desk.new(1, BID, 101, 5, flags=Flag.POST_ONLY)
    desk.new(2, BID, 98, 5)
    ahead = lib.pmm_paper_queue_ahead
    assert [ahead(desk.paper._paper, 0, i) for i in (1, 2)] == [0, lib.PMM_ERR_NOT_READY]
    assert desk.paper.orders()["aux"].tolist() == [0, -1]
