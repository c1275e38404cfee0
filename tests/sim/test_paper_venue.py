"""Paper trading's venue: what time both ways take, and what it does when too much is under way."""

import numpy as np
import pytest

from pinnacle.core._native import ffi, lib
from pinnacle.core.book import FAR_CAPACITY, WINDOW
from pinnacle.core.errors import NativeError
from pinnacle.core.schema import EventBuffer, Flag, Kind, Reason, Source, events_pointer
from pinnacle.sim.paper import SETTLE_NS
from pinnacle.sim.paper_venue import ORDERS, PaperVenue
from tests.paper_side import LEVELS
from tests.records import book_of, event, run

MS, START = 10**6, 10**9
#: As many reports as one record can cause.
MOST = LEVELS + 2 + ORDERS


def venue_of(way_in=2 * MS, way_out=5 * MS, **room):
    venue = PaperVenue([7], way_in, way_out, **room)
    run(venue.decided, book_of([(100, 5)], [(110, 5)], 7, START))
    return venue


def new(order_id, at, **fields):
    wanted = {"side": 1, "price": 100, "quantity": 1, "source": Source.GATEWAY}
    wanted |= {"instrument_id": 7, "recv_ns": at, "order_id": order_id}
    return event(Kind.NEW, **wanted | fields)


def clock(at):
    return event(Kind.TIMER, recv_ns=at, flags=Flag.BATCH_END)


def seen(rows):
    return [(Kind(row["kind"]), int(row["order_id"]), int(row["recv_ns"])) for row in rows]


def open_orders(venue):
    return lib.pmm_paper_order_count(venue._paper)


def test_an_order_acts_after_the_way_in_and_its_report_comes_after_the_way_out():
    venue = venue_of()
    assert not venue.waiting
    assert len(run(venue.decided, new(1, START + MS))) == 0
    for at, orders, due in ((3 * MS - 1, 0, 0), (3 * MS, 1, 0), (8 * MS - 1, 1, 0), (8 * MS, 1, 1)):
        assert venue.waiting
        reports = run(venue.decided, clock(START + at))
        assert (open_orders(venue), len(reports)) == (orders, due)
    assert seen(reports) == [(Kind.ACK, 1, START + 3 * MS)]
    assert not venue.waiting


def test_the_market_of_the_very_moment_is_before_the_order():
    venue = venue_of(way_out=0)
    trade = event(Kind.TRADE, side=2, price=99, quantity=9, instrument_id=7, source=Source.FEED)
    first, second = trade.copy(), trade.copy()
    first["recv_ns"], second["recv_ns"] = START + 2 * MS, START + 2 * MS + 1
    assert seen(run(venue.decided, new(1, START), first)) == [(Kind.ACK, 1, START + 2 * MS)]
    assert seen(run(venue.decided, second)) == [(Kind.FILL, 1, START + 2 * MS + 1)]


def test_an_order_acts_when_its_turn_ends_whatever_stands_behind_in_the_same_call():
    market = {"instrument_id": 7, "source": Source.FEED, "recv_ns": START + 2 * MS}
    depth = event(Kind.DEPTH, side=2, price=120, quantity=1, flags=Flag.LAST, **market)
    trade = event(Kind.TRADE, side=2, price=99, quantity=9, flags=Flag.LAST, **market)
    first, second = (venue_of(way_out=0) for _ in range(2))
    assert seen(run(first.decided, new(1, START), depth, trade)) == [(Kind.ACK, 1, START + 2 * MS)]
    depth["flags"] = Flag.LAST | Flag.BATCH_END
    reports = run(second.decided, new(1, START), depth, trade)
    assert [kind for kind, _, _ in seen(reports)] == [Kind.ACK, Kind.FILL]


def test_a_gateway_that_is_lost_has_its_own_orders_cancelled_as_late_as_it_would_itself():
    venue, lost = venue_of(way_out=0), Source.GATEWAY | 1 << 8
    run(venue.decided, new(1, START), new(2, START, source=lost), clock(START + 2 * MS))
    assert open_orders(venue) == 2
    gone = event(Kind.PEER_LOST, aux=int(lost), recv_ns=START + 3 * MS)
    other = event(Kind.PEER_LOST, aux=int(Source.FEED), recv_ns=START + 3 * MS)
    assert len(run(venue.decided, gone, other)) == 0
    assert len(run(venue.decided, clock(START + 5 * MS - 1))) == 0
    (report,) = run(venue.decided, clock(START + 5 * MS))
    assert (report["kind"], report["order_id"]) == (Kind.CANCELLED, 2)
    assert report["reason"] == Reason.CANCEL_ON_DISCONNECT


def test_an_order_of_the_end_of_time_is_of_half_of_it():
    end = 2**63 - 1
    for at in (end, end - 1, end // 2):
        reports = run(venue_of().decided, new(1, at), clock(end))
        assert seen(reports) == [(Kind.ACK, 1, end // 2 + 2 * MS)]
    venue, almost = venue_of(), end // 2 - 1
    assert seen(run(venue.decided, new(1, almost), clock(end))) == [(Kind.ACK, 1, almost + 2 * MS)]


def test_of_orders_without_room_the_oldest_acts_at_once_and_is_answered_when_it_would_have_been():
    venue = venue_of(orders_under_way=2)
    run(venue.decided, *[new(i, START) for i in (1, 2)])
    assert open_orders(venue) == 0
    run(venue.decided, new(3, START), new(4, START))
    assert open_orders(venue) == 2
    assert len(run(venue.decided, clock(START + 7 * MS - 1))) == 0
    reports = run(venue.decided, clock(START + 7 * MS))
    assert seen(reports) == [(Kind.ACK, i, START + 2 * MS) for i in (1, 2, 3, 4)]


def test_an_order_that_has_to_act_early_waits_for_room_in_the_output_and_is_not_lost():
    venue = venue_of(0, 5 * MS, orders_under_way=1, reports_under_way=MOST)
    rows = np.concatenate([new(i, START + MS) for i in range(1, 5)])
    out, taken, got, done = EventBuffer(1), ffi.new("size_t *"), [], 0
    while done < len(rows):
        arguments = len(rows) - done, out.cdata, 1, taken
        written = lib.pmm_paper_venue_run(venue._venue, events_pointer(rows) + done, *arguments)
        got += out.array["order_id"][:written].tolist()
        done += taken[0]
    got += run(venue.decided, clock(START + 6 * MS))["order_id"].tolist()
    assert got == [1, 2, 3, 4]


def test_of_reports_without_room_the_oldest_is_given_before_its_time():
    venue = venue_of(way_in=0, reports_under_way=MOST + 1)
    assert len(run(venue.decided, new(1, START))) == 0
    assert len(run(venue.decided, new(2, START))) == 0
    assert seen(run(venue.decided, new(3, START))) == [(Kind.ACK, 1, START)]
    reports = run(venue.decided, clock(START + 5 * MS))
    assert seen(reports) == [(Kind.ACK, i, START) for i in (2, 3)]


def test_a_market_that_fills_more_than_one_call_may_report_is_taken_in_pieces():
    trades = 3 * LEVELS
    both = whole, single = [venue_of(way_in=0, way_out=0) for _ in range(2)]
    for venue in both:
        resting = [new(i, START, quantity=5 * trades) for i in range(1, ORDERS + 1)]
        assert len(run(venue.decided, *resting, clock(START))) == ORDERS
    sold = {"side": 2, "price": 99, "quantity": 1, "instrument_id": 7, "source": Source.FEED}
    rows = [event(Kind.TRADE, recv_ns=START + MS + i, aux=i, **sold) for i in range(trades)]
    fills = run(whole.decided, *rows)
    assert (fills["kind"] == Kind.FILL).all() and len(fills) >= trades
    assert fills.tobytes() == np.concatenate([run(single.decided, row) for row in rows]).tobytes()


@pytest.mark.parametrize(
    "arguments",
    [
        {"latency_in_ns": -1},
        {"latency_out_ns": -1},
        {"latency_in_ns": 2**61},
        {"latency_out_ns": 2**61},
        {"orders_under_way": 0},
        {"orders_under_way": 2**20 + 1},
        {"reports_under_way": MOST - 1},
        {"reports_under_way": 2**20 + 1},
        {"instruments": []},
        {"instruments": [3, 3]},
        {"instruments": [lib.PMM_INSTRUMENTS_MAX]},
    ],
)
def test_what_no_venue_can_be_made_of_is_refused(arguments):
    with pytest.raises(NativeError):
        PaperVenue(**{"instruments": [7], "latency_in_ns": 0, "latency_out_ns": 0} | arguments)
    PaperVenue([7], 2**61 - 1, 0, orders_under_way=1, reports_under_way=MOST)


def test_what_stood_in_its_memory_before_is_nothing_to_a_venue():
    venue, again = venue_of(), PaperVenue([7], 2 * MS, 5 * MS)
    config = ffi.new("struct pmm_paper_venue_config *")
    config.paper.settle_ns, config.paper.orders = SETTLE_NS, ORDERS
    config.paper.window, config.paper.far_capacity = WINDOW, FAR_CAPACITY
    config.latency_in_ns, config.latency_out_ns = 2 * MS, 5 * MS
    config.orders, config.reports = 4096, 16_384
    size, ids = len(again.memory), ffi.new("uint32_t[]", [7])
    again.memory[:] = b"\xa5" * size
    assert lib.pmm_paper_venue_init(again._memory, size - 1, ids, 1, config) < 0
    assert lib.pmm_paper_venue_init(again._memory, size, ids, 1, config) == 0
    run(again.decided, book_of([(100, 5)], [(110, 5)], 7, START))
    assert bytes(again.memory) == bytes(venue.memory)


def test_a_call_without_what_it_needs_is_refused():
    venue, records = venue_of(), EventBuffer(1)
    taken = ffi.new("size_t *")
    call = {"venue": venue._venue, "in": records.cdata, "n": 1, "out": records.cdata, "max": 1}
    call["taken"] = taken
    for name in ("venue", "in", "out", "taken"):
        wrong = (call | {name: ffi.NULL}).values()
        assert lib.pmm_paper_venue_run(*wrong) == lib.PMM_ERR_ARGUMENT, name
    assert lib.pmm_paper_venue_memsize(1, ffi.NULL) == 0
