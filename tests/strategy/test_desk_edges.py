"""Where the desk's rules begin and end: the last instrument, the last slot, the last nanosecond."""

from dataclasses import replace

import pytest

from pinnacle.core._native import ffi, lib
from pinnacle.core.book import Book
from pinnacle.core.schema import (
    Flag,
    Kind,
    Reason,
    Side,
    Source,
    events_pointer,
    owner_of,
    source_of,
)
from pinnacle.execution.desk import Desk
from pinnacle.strategy.base import Market
from pinnacle.strategy.config import MarketMakerConfig, StrategyConfig
from pinnacle.strategy.host import StrategyHost
from tests.desk_table import MS, Table, kinds, live, pass_time
from tests.records import batch, book_of, event, instruments, instruments_at

BOTH = ["bid", "ask"]
EVERYWHERE = 0xFFFFFFFF
START = event(Kind.START, source=Source.STRATEGY, instrument_id=EVERYWHERE)


def on(side, *levels):
    """What is wanted on this side alone."""
    return (levels, ()) if side == "bid" else ((), levels)


class Bare:
    """A struct pmm_desk as C made it, in memory that was used before and goes on behind it."""

    def __init__(self, count, owner=0, **terms):
        self.size, self.behind = ffi.sizeof("struct pmm_desk"), b"\3" * 4096
        self.memory = ffi.new("uint8_t[]", self.size + len(self.behind))
        ffi.buffer(self.memory)[:] = b"\3" * self.size + self.behind
        self.desk = ffi.cast("struct pmm_desk *", self.memory)
        self.books = [Book(min(i, 63), 4096, 64) for i in range(count)]
        pointers = ffi.new("struct pmm_book *[]", [book.cdata for book in self.books])
        rows = ffi.new("struct pmm_instrument[]", max(count, 1))
        for i in range(count):
            rows[i].instrument_id = i
        for name, value in terms.items():
            setattr(rows[count - 1], name, value)
        self.code = lib.pmm_desk_init(self.desk, pointers, rows, count, owner)

    def apply(self, *rows):
        events = batch(*rows)
        assert lib.pmm_desk_apply(self.desk, events_pointer(events), len(events)) == len(events)

    def is_whole(self):
        return bytes(ffi.buffer(self.memory)[self.size :]) == self.behind


LAST = lib.PMM_INSTRUMENTS_MAX - 1


@pytest.mark.parametrize(
    "terms",
    [
        {},
        {"instrument_id": LAST},
        {"venue_number": 31},
        {"venue_number": 1, "feed_offset": 30},
        {"owner": 31},
    ],
)
def test_a_desk_has_one_instrument_to_sixty_four_of_any_id_and_venue(terms):
    assert [Bare(count, **terms).code for count in (1, 64)] == [0, 0]


def test_a_desk_of_no_instruments_of_too_many_or_of_what_there_is_not_is_refused():
    for refused in (
        Bare(0),
        Bare(65),
        Bare(1, owner=32),
        Bare(1, venue_number=32),
        Bare(1, venue_number=1, feed_offset=31),
        Bare(1, feed_offset=255),
        Bare(1, instrument_id=LAST + 1),
        Bare(3, instrument_id=0),
    ):
        assert refused.code == lib.PMM_ERR_ARGUMENT


def test_a_new_desk_has_nothing_out_and_may_replace():
    made = Bare(2, owner=9, quantity_min=7)
    desk = made.desk
    assert (desk.replace, desk.next_order_id, desk.instrument_count) == (1, 9 << 48 | 1, 2)
    assert [desk.instruments[row].quantity_min for row in range(2)] == [1, 7]
    assert lib.pmm_desk_working(desk) == 0


def test_a_desk_of_all_instruments_stays_inside_itself():
    made = Bare(64)
    made.apply(START, event(Kind.HALT), event(Kind.DEPTH, instrument_id=64))
    assert made.desk.changed == 2**64 - 1, "a halt is a change of every one"
    assert lib.pmm_desk_working(made.desk) == 0
    assert lib.pmm_desk_decide(made.desk, ffi.NULL, 0) == 0
    assert made.is_whole()


DEPTH = event(Kind.DEPTH, side=Side.BID, price=98, quantity=1, flags=Flag.LAST)


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        ([DEPTH], (1, 0, 0)),
        ([event(Kind.BOOK_INVALID)], (1, 0, 0)),
        ([event(Kind.TRADE, price=1, quantity=1)], (0, 1, 0)),
        ([event(Kind.ACK, order_id=99)], (1, 0, 0)),
        ([event(Kind.FILL, side=Side.BID, price=1, quantity=1)], (1, 0, 1)),
        ([event(Kind.TIMER, instrument_id=EVERYWHERE)], (0, 0, 0)),
        ([event(Kind.NEW)], (0, 0, 0)),
        ([event(Kind.DEPTH, instrument_id=1)], (0, 0, 0)),
        ([event(Kind.PEER_LOST, aux=Source.MONITOR)], (0, 0, 0)),
        ([event(Kind.PEER_LOST, aux=Source.EXCHANGE)], (0, 0, 0)),
        ([event(Kind.PEER_LOST, aux=Source.FEED | 1 << 8)], (0, 0, 0)),
        ([event(Kind.PEER_LOST, aux=Source.RISK)], (1, 0, 0)),
        ([event(Kind.PEER_LOST, aux=Source.GATEWAY)], (1, 0, 0)),
        ([event(Kind.PEER_LOST, aux=Source.FEED), DEPTH], (1, 0, 0)),
        ([event(Kind.PEER_BACK, aux=Source.MONITOR)], (0, 0, 0)),
        ([event(Kind.RESUME)], (0, 0, 0)),
        ([event(Kind.STOP)], (1, 0, 0)),
        ([START], (0, 0, 0)),
        ([DEPTH, event(Kind.TRADE, price=1, quantity=1)], (1, 1, 0)),
    ],
)
def test_a_batch_tells_what_has_changed_in_it(rows, told):
    table = Table()
    table.take(*rows)
    desk = table.desk.cdata
    assert (desk.changed, desk.traded, desk.filled) == told
    table.take(event(Kind.TIMER, instrument_id=EVERYWHERE))
    assert (desk.changed, desk.traded, desk.filled) == (0, 0, 0)


@pytest.mark.parametrize("kind", [Kind.NONE, Kind.ORDER_ADD, Kind.NEW, Kind.QUERY])
def test_what_is_no_news_of_the_market_keeps_no_market_fresh(kind):
    table = Table(stale_ms=100)
    table.take(event(kind, side=Side.BID, price=98, quantity=1, recv_ns=101 * MS))
    assert not table.desk.quotable(0)


def test_a_market_is_stale_after_its_limit_and_not_before():
    table = Table(stale_ms=100)
    pass_time(table, 100)
    assert table.desk.quotable(0)
    table.take(event(Kind.TIMER, recv_ns=100 * MS + 2, instrument_id=EVERYWHERE))
    assert not table.desk.quotable(0)


def test_a_decision_says_all_that_the_venue_must_know():
    table = Table()
    table.take(event(Kind.TIMER, recv_ns=50, instrument_id=EVERYWHERE))
    good_till_cancelled = lib.PMM_TIF_GTC | lib.PMM_TYPE_LIMIT << 8
    names = ["kind", "side", "order_id", "price", "quantity", "aux", "flags", "recv_ns"]

    def said(decided):
        return [tuple(row) for row in decided[names].tolist()]

    new = table.want([(100, 7)], [(102, 8)])
    aux = good_till_cancelled | lib.PMM_STP_CANCEL_NEWEST << 16
    assert said(new) == [
        (Kind.NEW, Side.BID, 1, 100, 7, aux, Flag.POST_ONLY, 50),
        (Kind.NEW, Side.ASK, 2, 102, 8, aux, Flag.POST_ONLY, 50),
    ]
    for row in new:
        table.report(Kind.ACK, row)
    assert said(table.want([(99, 6)], [])) == [
        (Kind.REPLACE, Side.BID, 1, 99, 6, 0, Flag.POST_ONLY, 50),
        (Kind.CANCEL, Side.ASK, 2, 102, 8, 0, 0, 50),
    ]


@pytest.mark.parametrize(("least", "level"), [(2, (100, 1)), (0, (100, 0)), (0, (0, 1))])
def test_less_than_the_least_is_none_and_the_least_is_a_level(least, level):
    assert len(Table(quantity_min=least).want([level], [level])) == 0
    price, quantity = max(level[0], 1), max(level[1], least, 1)
    assert kinds(Table(quantity_min=least).want([(price, quantity)])) == ["NEW"]


@pytest.mark.parametrize("side", BOTH)
def test_a_side_that_was_refused_rests_for_its_time_and_no_longer(side):
    table = Table()
    sent = table.want(*on(side, (101, 7)))
    table.report(Kind.REJECTED, sent[0], reason=Reason.WOULD_TAKE)
    pass_time(table, 249)
    assert len(table.want(*on(side, (101, 7)))) == 0
    pass_time(table, 1)
    assert kinds(table.want(*on(side, (101, 7)))) == ["NEW"]


@pytest.mark.parametrize("side", BOTH)
def test_the_last_slot_that_is_free_is_used_and_none_that_is_not(side):
    ladder = [(100 + i, 7) for i in range(8)]
    for gone in range(8):
        table = Table()
        sent = live(table, *on(side, *ladder))
        assert table.desk.working() == len(sent) == 8
        table.report(Kind.CANCELLED, sent[gone])
        again = table.want(*on(side, *ladder))
        assert (kinds(again), again["price"].tolist()) == (["NEW"], [100 + gone])
        assert table.desk.working() == 8


@pytest.mark.parametrize("room", range(8))
def test_what_there_is_no_room_for_is_decided_the_next_time(room):
    def decided(table, room):
        n = lib.pmm_desk_decide(table.desk.cdata, table.desk.decisions.cdata, room)
        return table.desk.decisions.array[:n]["price"].tolist()

    table = Table()
    wanted = table.market.row.wanted
    for side, prices in ((wanted.bids, (100, 99, 98)), (wanted.asks, (102, 103, 104))):
        for i, price in enumerate(prices):
            side[i].price, side[i].quantity = price, 7
    wanted.bid_count = wanted.ask_count = 3
    whole = [100, 99, 98, 102, 103, 104]
    assert decided(table, room) == whole[:room]
    assert decided(table, 8) == whole[room:]


def test_fills_and_reports_of_no_order_are_counted():
    table = Table()
    sent = live(table, [(100, 10)])[0]
    table.report(Kind.FILL, sent, quantity=1)
    table.report(Kind.FILL, sent, quantity=1)
    row = table.market.row
    assert (row.fills, row.unknown_reports) == (2, 0)
    known = [Kind.ACK, Kind.REPLACED, Kind.CANCELLED, Kind.FILL, Kind.REJECTED, Kind.ORDER_STATUS]
    for count, kind in enumerate(known, start=1):
        table.take(event(kind, order_id=999, side=Side.BID, price=1, quantity=1))
        assert row.unknown_reports == count
    for kind in (Kind.CANCEL_REJECTED, Kind.REPLACE_REJECTED):
        table.take(event(kind, order_id=999))
    assert row.unknown_reports == len(known), "an order that is gone may be refused"


@pytest.mark.parametrize("side", BOTH)
def test_a_refused_replace_to_more_at_the_same_price_leaves_the_order(side):
    table = Table()
    live(table, *on(side, (101, 7)))
    moved = table.want(*on(side, (101, 20)))
    assert kinds(moved) == ["REPLACE"]
    table.report(Kind.REPLACE_REJECTED, moved[0], reason=Reason.BAD_QUANTITY)
    pass_time(table, 250)
    assert kinds(table.want(*on(side, (101, 20)))) == ["REPLACE"]


def test_a_replaced_order_is_what_the_venue_says():
    table = Table()
    live(table, [(100, 7)])
    moved = table.want([(98, 7)])[0]
    table.report(Kind.REPLACED, moved, price=99)
    assert table.market.row.slots[0][0].price == 99
    assert len(table.want([(99, 7)])) == 0
    assert kinds(table.want([(98, 7)])) == ["REPLACE"]


def test_an_order_that_the_venue_has_made_smaller_than_asked_is_asked_for_again():
    table = Table()
    live(table, [(100, 7)])
    moved = table.want([(98, 7)])[0]
    table.report(Kind.REPLACED, moved, quantity=3)
    (again,) = table.want([(98, 7)])
    assert (Kind(again["kind"]), again["quantity"]) == (Kind.REPLACE, 7)


@pytest.mark.parametrize(("filled", "working"), [(4, 1), (5, 0)])
def test_an_order_that_was_replaced_to_what_is_filled_of_it_is_done(filled, working):
    table = Table()
    sent = live(table, [(100, 7)])
    moved = table.want([(101, 5)])[0]
    table.report(Kind.FILL, sent[0], quantity=filled)
    table.report(Kind.REPLACED, moved)
    assert table.desk.working() == working


def test_an_order_in_the_place_of_one_that_was_unknown_does_not_rest():
    table = Table()
    sent = live(table, [(100, 7)])[0]
    table.want([])
    table.report(Kind.CANCEL_REJECTED, sent, reason=Reason.UNKNOWN_ORDER)
    live(table, [(99, 7)])
    assert kinds(table.want([(98, 7)])) == ["REPLACE"]


@pytest.mark.parametrize("side", BOTH)
def test_a_start_after_a_stop_quotes_again_once_what_was_in_flight_is_gone(side):
    table = Table()
    sent = table.want(*on(side, (101, 7)))
    table.take(event(Kind.STOP))
    assert len(table.want(*on(side, (101, 7)))) == 0
    table.take(START)
    assert kinds(table.want(*on(side, (101, 7)))) == ["CANCEL"]
    table.report(Kind.CANCELLED, sent[0])
    assert kinds(table.want(*on(side, (101, 7)))) == ["NEW"]


def test_every_instrument_that_changed_is_quoted_by_its_maker():
    maker = MarketMakerConfig(quote_quantity="1", inventory_max="10")
    config = StrategyConfig(market_maker={"X": maker, "Y": maker})
    host = StrategyHost(instruments("X", "Y", "Z"), config)
    rows = batch(*(book_of([(10_000, 5)], [(10_200, 5)], i, 1) for i in range(3)))
    host.desk.apply(events_pointer(rows), len(rows))
    lib.pmm_desk_quote(host.desk.cdata, host.makers)
    assert [market.row.wanted.bid_count for market in host.markets] == [1, 1, 0]


def test_a_lost_feed_or_gateway_pulls_the_quotes_of_its_venue_and_lost_risk_all():
    table = instruments_at({5: 0, LAST: 1, 9: 31})
    books = [Book(i.instrument_id, 4096, 64) for i in table]
    desk = Desk(table, books, stale_ns=0, reject_rest_ns=0, requote_ticks=0)
    for row in table:
        take(desk, book_of([(100, 5)], [(102, 5)], row.instrument_id, 1))

    def quotable():
        return [row.instrument_id for row in table if desk.quotable(row.instrument_id)]

    changed = {Source.RISK: 0b111, **dict.fromkeys((Source.FEED, Source.GATEWAY), 0b010)}
    for role in (Source.FEED, Source.RISK, Source.GATEWAY):
        source = role if role == Source.RISK else source_of(role, 1)
        for kind, those in (
            (Kind.PEER_LOST, [] if role == Source.RISK else [5, 9]),
            (Kind.PEER_BACK, [5, LAST, 9]),
        ):
            take(desk, event(kind, aux=source, instrument_id=EVERYWHERE))
            assert quotable() == those and desk.cdata.changed == changed[role]
    for source in (source_of(Source.FEED, 2), source_of(Source.RISK, 1), Source.EXCHANGE, -1):
        take(desk, event(Kind.PEER_LOST, aux=source, instrument_id=EVERYWHERE))
        assert quotable() == [5, LAST, 9] and desk.cdata.changed == 0
    assert [desk.quotable(i) for i in (0, 6, LAST + 1, EVERYWHERE)] == [False] * 4


def test_an_instrument_has_its_row_whatever_its_id_and_its_orders_tell_whose_they_are():
    table = instruments_at({LAST: 0, 3: 0})
    books = [Book(i.instrument_id, 4096, 64) for i in table]
    desk = Desk(table, books, stale_ns=0, reject_rest_ns=0, requote_ticks=0, owner=7)
    take(desk, *(book_of([(100, 5)], [(102, 5)], i, 1) for i in (3, LAST)))
    for row, instrument in enumerate(table):
        Market(instrument, desk, desk.rows[row]).quote([(100 - row, 5)], [])
    assert desk.decide() == 2
    sent = desk.decisions.array[:2]
    assert sent["instrument_id"].tolist() == [LAST, 3] and sent["price"].tolist() == [100, 99]
    assert [owner_of(int(i)) for i in sent["order_id"]] == [7, 7]
    about = {"order_id": sent["order_id"][1], "side": Side.BID, "price": 99, "quantity": 5}
    take(desk, event(Kind.FILL, instrument_id=3, **about))
    assert [desk.rows[row].position for row in range(2)] == [0, 5]
    assert desk.cdata.filled == 0b10 and desk.working() == 1


def take(desk, *rows):
    events = batch(*rows)
    desk.apply(events_pointer(events), len(events))


def test_a_desk_looks_at_what_is_new_and_at_nothing_else():
    table = instruments_at(dict.fromkeys(range(64), 0))
    books = [Book(i.instrument_id, 4096, 64) for i in table]
    desk = Desk(table, books, stale_ns=100, reject_rest_ns=10, requote_ticks=0)
    state = desk.cdata
    assert desk.decide() == 0 and state.looks == 0 and state.due_ns == 2**63 - 1
    take(desk, *(book_of([(100, 5)], [(102, 5)], i, 1 + i) for i in range(64)))
    assert desk.decide() == 0 and state.looks == 0
    take(desk, event(Kind.DEPTH, instrument_id=5, side=Side.BID, price=99, quantity=1, recv_ns=50))
    take(desk, event(Kind.TRADE, instrument_id=63, price=101, quantity=1, recv_ns=51))
    take(desk, event(Kind.ACK, instrument_id=0, order_id=9, recv_ns=52))
    take(desk, event(Kind.TIMER, instrument_id=EVERYWHERE, recv_ns=53))
    assert state.looks == 1 << 5 | 1 << 63 | 1, "until it has looked"
    desk.look(7)
    desk.look(64)
    desk.look(EVERYWHERE)
    assert state.looks == 1 << 5 | 1 << 63 | 1 | 1 << 7
    assert desk.decide() == 0 and state.looks == 0
    take(desk, event(Kind.HALT, instrument_id=EVERYWHERE))
    assert state.looks == 2**64 - 1


def test_a_row_is_due_when_its_book_becomes_stale_and_the_desk_no_later_than_its_first_row():
    table = instruments_at({0: 0, 1: 0})
    books = [Book(i.instrument_id, 4096, 64) for i in table]
    desk = Desk(table, books, stale_ns=100, reject_rest_ns=10, requote_ticks=0)
    take(desk, *(book_of([(100, 5)], [(102, 5)], i, 1 + 20 * i) for i in (0, 1)))
    for instrument, row in zip(table, desk.rows, strict=False):
        Market(instrument, desk, row).quote([(100, 5)], [])
    assert desk.decide() == 2 and [desk.rows[i].due_ns for i in (0, 1)] == [102, 122]
    wanted = []
    for now in (101, 102, 121, 122):
        take(desk, event(Kind.TIMER, instrument_id=EVERYWHERE, recv_ns=now))
        desk.decide()
        wanted.append([desk.rows[i].wanted.bid_count for i in (0, 1)])
    assert wanted == [[1, 1], [0, 1], [0, 1], [0, 0]]
    assert desk.cdata.due_ns == 2**63 - 1


@pytest.mark.parametrize(("stale_ns", "due_ns"), [(0, 2**63 - 1), (1, 9), (5, 13)])
def test_a_row_is_due_by_staleness_only_where_that_has_a_bound(stale_ns, due_ns):
    table = instruments_at({0: 0})
    desk = Desk(table, [Book(0, 4096, 64)], stale_ns=stale_ns, reject_rest_ns=10, requote_ticks=0)
    take(desk, book_of([(100, 5)], [(102, 5)], 0, 7))
    assert desk.decide() == 0 and desk.rows[0].due_ns == due_ns


def test_a_new_desk_looks_at_all_that_it_has():
    table = instruments_at({0: 0, 1: 0})
    books = [Book(i.instrument_id, 4096, 64) for i in table]
    desk = Desk(table, books, stale_ns=0, reject_rest_ns=0, requote_ticks=0)
    for row in range(2):
        desk.rows[row].wanted.bid_count = 1
    assert desk.decide() == 0, "of no book nothing is wanted"
    assert [desk.rows[row].wanted.bid_count for row in range(2)] == [0, 0]


def test_a_lost_feed_of_several_of_a_venue_pulls_the_quotes_of_its_own_instruments():
    table = [replace(i, feed_offset=i.instrument_id) for i in instruments_at({0: 0, 1: 0, 2: 1})]
    books = [Book(i.instrument_id, 4096, 64) for i in table]
    desk = Desk(table, books, stale_ns=0, reject_rest_ns=0, requote_ticks=0)
    for row in table:
        take(desk, book_of([(100, 5)], [(102, 5)], row.instrument_id, 1))
    for feed, gone in ((0, 0), (1, 1), (2, None), (3, 2)):
        aux = source_of(Source.FEED, feed)
        take(desk, event(Kind.PEER_LOST, aux=aux, instrument_id=EVERYWHERE))
        assert [i for i in range(3) if not desk.quotable(i)] == [gone][: gone is not None]
        take(desk, event(Kind.PEER_BACK, aux=aux, instrument_id=EVERYWHERE))
    take(desk, event(Kind.PEER_LOST, aux=source_of(Source.GATEWAY, 0), instrument_id=EVERYWHERE))
    assert [desk.quotable(i) for i in range(3)] == [False, False, True]
