"""Orders beside the quotes: what is taken, what the venue is told of it, and how each one ends."""

import pytest

from pinnacle.core._native import ffi, lib
from pinnacle.core.book import Book
from pinnacle.core.schema import (
    Flag,
    Kind,
    OrderType,
    Reason,
    SelfTrade,
    Side,
    Source,
    TimeInForce,
    events_pointer,
    source_of,
)
from pinnacle.execution.desk import DECISIONS_MAX, Desk
from tests.desk_table import MS, Table, kinds, live, pass_time
from tests.records import batch, book_of, event, instruments_at

EVERYWHERE = 0xFFFFFFFF
START = event(Kind.START, source=Source.STRATEGY, instrument_id=EVERYWHERE)
GTC, IOC = TimeInForce.GTC, TimeInForce.IOC


def sent(table, side=Side.BID, quantity=5, price=102, time_in_force=IOC, **more):
    """The decision that an order becomes."""
    order_id = table.market.send(side, quantity, price, time_in_force, **more)
    (made,) = table.decide()
    assert made["order_id"] == order_id > 0
    return made


def resting(table, **about):
    made = sent(table, price=99, time_in_force=GTC, **about)
    table.report(Kind.ACK, made)
    return made


@pytest.mark.parametrize("side", [Side.BID, Side.ASK])
@pytest.mark.parametrize(
    ("about", "kind", "price", "flags"),
    [
        ({"price": None}, OrderType.MARKET, 0, 0),
        ({"price": 102}, OrderType.LIMIT, 102, 0),
        ({"time_in_force": TimeInForce.FOK}, OrderType.LIMIT, 102, 0),
        ({"time_in_force": GTC}, OrderType.LIMIT, 102, 0),
        ({"time_in_force": GTC, "post_only": True}, OrderType.LIMIT, 102, Flag.POST_ONLY),
        ({"time_in_force": TimeInForce.DAY, "post_only": True}, 0, 102, Flag.POST_ONLY),
    ],
)
def test_the_venue_is_told_all_of_an_order(side, about, kind, price, flags):
    table = Table()
    table.take(event(Kind.TRADE, price=101, quantity=1, recv_ns=50))
    made = sent(table, side, **about)
    terms = about.get("time_in_force", IOC) | kind << 8 | SelfTrade.CANCEL_NEWEST << 16
    names = ["kind", "side", "price", "quantity", "aux", "flags", "recv_ns", "venue_ns"]
    assert made[names].tolist() == (Kind.NEW, side, price, 5, terms, flags, 50, 50)
    if about.get("time_in_force") == GTC:
        table.report(Kind.ACK, made)
        table.take(event(Kind.TIMER, recv_ns=60, instrument_id=EVERYWHERE))
        assert table.market.cancel(int(made["order_id"]))
        (gone,) = table.decide()
        assert gone[names].tolist() == (Kind.CANCEL, side, price, 5, 0, 0, 60, 0)


@pytest.mark.parametrize(
    "order",
    [
        {"quantity": 1},
        {"quantity": 0},
        {"quantity": -2},
        {"price": 0},
        {"price": -1},
        {"side": 0},
        {"side": 3},
        {"time_in_force": 4},
        {"post_only": True},
        {"post_only": True, "time_in_force": TimeInForce.FOK},
        {"post_only": True, "price": None, "time_in_force": GTC},
    ],
)
def test_what_no_order_can_be_is_the_authors_mistake(order):
    table = Table(quantity_min=2)
    with pytest.raises(ValueError, match="no order that can be sent: side"):
        table.market.send(**{"side": Side.BID, "quantity": 2, "price": 102} | order)
    for name in ("quantity", "price"):
        with pytest.raises(TypeError):
            table.market.send(**{"side": Side.BID, "quantity": 2, "price": 102} | {name: 2.5})
    assert len(table.decide()) == 0 and table.desk.working() == 0
    assert table.market.send(Side.BID, 2, 1) == 1, "no id was spent"


def test_a_desk_takes_no_order_of_an_instrument_that_it_has_not():
    table = Table()
    for instrument in (1, 255, 256, EVERYWHERE):
        code = lib.pmm_desk_send(table.desk.cdata, instrument, Side.BID, 1, 1, 0, 0, 0)
        assert code == lib.PMM_ERR_ARGUMENT


def test_orders_beside_the_quotes_are_neither_moved_nor_counted_as_quotes():
    table = Table()
    made = sent(table, price=100, quantity=7, time_in_force=GTC)
    table.report(Kind.ACK, made)
    quote = live(table, [(100, 7)])
    assert kinds(quote) == ["NEW"] and table.desk.working() == 2
    moved = table.want([(99, 7)])
    assert kinds(moved) == ["REPLACE"] and moved["order_id"] == quote["order_id"]
    table.report(Kind.REPLACED, moved[0])
    assert kinds(table.want([])) == ["CANCEL"]


def test_quotes_go_first_then_cancels_then_new_orders_each_as_they_were_asked_for():
    table = Table()
    old = [resting(table) for _ in range(4)]
    ids = [int(made["order_id"]) for made in old]
    table.report(Kind.CANCELLED, old[0])
    table.report(Kind.CANCELLED, old[2])
    later = [table.market.send(Side.BID, 5, 98, GTC) for _ in range(3)]
    for order_id in (ids[3], ids[1]):
        assert table.market.cancel(order_id)
    table.market.quote([(97, 5)], [])
    decided = table.decide()
    assert kinds(decided) == ["NEW", "CANCEL", "CANCEL", "NEW", "NEW", "NEW"]
    assert decided["order_id"].tolist() == [max(later) + 1, ids[1], ids[3], *later]
    for row in decided[3:]:
        table.report(Kind.ACK, row)
    table.report(Kind.CANCELLED, decided[1])
    newest = table.market.send(Side.BID, 5, 98, GTC), table.market.send(Side.BID, 5, 98, GTC)
    assert table.decide()["order_id"].tolist() == list(newest)


def test_sixty_four_are_out_at_once_and_the_place_of_one_that_ends_is_free():
    table = Table()
    ids = [table.market.send(Side.BID, 5, 99, GTC) for _ in range(64)]
    assert table.market.send(Side.BID, 5, 99, GTC) == 0
    decided = table.decide()
    assert decided["order_id"].tolist() == ids and table.desk.working() == 64
    for made in decided[[63, 0, 31]]:
        assert table.market.send(Side.BID, 5, 99, GTC) == 0
        table.report(Kind.REJECTED, made)
        assert sent(table)["quantity"] == 5
    assert table.desk.cdata.instruments[0].unknown_reports == 0


def test_a_desk_has_room_for_the_decisions_of_every_slot():
    table = instruments_at(dict.fromkeys(range(64), 0))
    desk = Desk(
        table,
        [Book(i.instrument_id, 4096, 64) for i in table],
        stale_ns=0,
        reject_rest_ns=0,
        requote_ticks=0,
    )
    books = batch(*(book_of([(100, 5)], [(200, 5)], i, 1) for i in range(64)))
    desk.apply(events_pointer(books), len(books))
    for i in range(64):
        wanted = desk.rows[i].wanted
        for at in range(8):
            wanted.bids[at].price, wanted.bids[at].quantity = 99 - at, 5
            wanted.asks[at].price, wanted.asks[at].quantity = 201 + at, 5
        wanted.bid_count = wanted.ask_count = 8
        desk.look(i)
        assert desk.send(i, Side.BID, 5, None, IOC, post_only=False)
    assert desk.decide() == DECISIONS_MAX == desk.working()
    assert desk.decide() == 0


LOST = [
    event(Kind.HALT),
    event(Kind.STOP),
    event(Kind.PEER_LOST, aux=Source.RISK),
    event(Kind.PEER_LOST, aux=Source.GATEWAY),
    event(Kind.PEER_LOST, aux=Source.FEED),
]
BACK = [
    event(Kind.RESUME),
    START,
    *(event(Kind.PEER_BACK, aux=aux) for aux in (Source.RISK, Source.GATEWAY, Source.FEED)),
]


@pytest.mark.parametrize(("lost", "back"), list(zip(LOST, BACK, strict=True)))
def test_where_quotes_are_pulled_orders_are_cancelled_and_none_is_taken(lost, back):
    table = Table()
    there, flying = resting(table), sent(table)
    table.market.send(Side.ASK, 5, 98)
    table.take(lost)
    assert table.desk.working() == 2, "what was not sent yet is gone"
    assert table.market.send(Side.BID, 5, 102) == table.market.send(Side.BID, 5) == 0
    decided = table.decide()
    assert kinds(decided) == ["CANCEL"] and decided["order_id"] == there["order_id"]
    assert len(table.decide()) == 0
    table.report(Kind.ACK, flying)
    assert table.decide()["order_id"].tolist() == [flying["order_id"]]
    table.report(Kind.CANCELLED, there)
    table.report(Kind.CANCELLED, flying)
    table.take(back)
    assert table.desk.working() == 0 and sent(table)["kind"] == Kind.NEW


def test_what_is_to_go_when_it_is_pulled_goes_though_it_is_back_by_then():
    table = Table()
    flying = sent(table, time_in_force=GTC)
    table.take(event(Kind.HALT), event(Kind.RESUME))
    table.report(Kind.ACK, flying)
    assert kinds(table.decide()) == ["CANCEL"]


def test_the_loss_of_another_venue_is_nothing_to_an_order():
    table = Table()
    resting(table)
    table.take(event(Kind.PEER_LOST, aux=source_of(Source.GATEWAY, 1)))
    assert len(table.decide()) == 0 and sent(table)["kind"] == Kind.NEW


def test_only_what_has_no_price_needs_a_book():
    table = Table(stale_ms=100)
    there = resting(table)
    pass_time(table, 100)
    assert table.market.send(Side.BID, 5) > 0
    assert len(table.decide()) == 1
    pass_time(table, 1)
    assert table.market.send(Side.BID, 5) == 0, "stale"
    assert sent(table)["price"] == 102
    table.take(book_of([(100, 5)], [(102, 5)], recv_ns=102 * MS), event(Kind.BOOK_INVALID))
    assert table.market.send(Side.BID, 5) == 0, "invalid"
    assert sent(table)["price"] == 102
    assert table.market.cancel(int(there["order_id"]))
    assert kinds(table.decide()) == ["CANCEL"]


def test_an_order_that_was_not_sent_yet_is_taken_back_without_a_word():
    table = Table()
    first, second = table.market.send(Side.BID, 5, 102), table.market.send(Side.BID, 5, 102)
    assert table.market.cancel(first) and not table.market.cancel(first)
    assert table.decide()["order_id"].tolist() == [second]


def test_a_cancel_waits_for_the_answer_to_its_order_and_is_asked_for_once():
    table = Table()
    made = sent(table, time_in_force=GTC)
    order_id = int(made["order_id"])
    assert table.market.cancel(order_id) and table.market.cancel(order_id)
    assert len(table.decide()) == 0
    table.report(Kind.FILL, made, quantity=1)
    assert len(table.decide()) == 0
    table.report(Kind.ACK, made)
    assert kinds(table.decide()) == ["CANCEL"]
    assert table.market.cancel(order_id) and len(table.decide()) == 0
    table.report(Kind.CANCELLED, made)
    assert not table.market.cancel(order_id) and table.desk.working() == 0


def test_a_quotes_order_is_no_order_to_cancel():
    table = Table()
    quote = live(table, [(100, 7)])
    assert not table.market.cancel(int(quote[0]["order_id"]))
    assert len(table.decide()) == 0


def test_a_refused_cancel_is_repeated_after_its_rest_and_not_before():
    table = Table()
    made, other = resting(table), resting(table)
    for row in (made, other):
        assert table.market.cancel(int(row["order_id"]))
    assert len(table.decide()) == 2
    table.report(Kind.CANCEL_REJECTED, made, reason=Reason.MESSAGE_RATE)
    pass_time(table, 1)
    table.report(Kind.CANCEL_REJECTED, other, reason=Reason.MESSAGE_RATE)
    asked = []
    for ms in (0, 248, 1, 1, 1):
        pass_time(table, ms)
        asked.append(table.decide()["order_id"].tolist())
    assert asked == [[], [], [made["order_id"]], [other["order_id"]], []]
    table.report(Kind.CANCEL_REJECTED, made, reason=Reason.UNKNOWN_ORDER)
    assert table.desk.working() == 1


def test_what_is_in_flight_at_a_start_is_cancelled_and_what_rests_is_not():
    table = Table()
    there, flying, going = resting(table), sent(table), resting(table)
    assert table.market.cancel(int(going["order_id"])) and len(table.decide()) == 1
    table.take(START)
    decided = table.decide()
    assert kinds(decided) == ["CANCEL", "CANCEL"]
    assert decided["order_id"].tolist() == [flying["order_id"], going["order_id"]]
    table.report(Kind.CANCEL_REJECTED, flying, reason=Reason.UNKNOWN_ORDER)
    table.report(Kind.CANCELLED, going)
    table.report(Kind.FILL, there, quantity=5)
    assert table.desk.working() == 0


def test_fills_move_the_position_and_the_report_that_ends_an_order_is_its_last():
    table = Table()
    made = sent(table, Side.ASK, quantity=5)
    row = table.desk.cdata.instruments[0]
    table.report(Kind.ACK, made)
    table.report(Kind.FILL, made, quantity=2)
    table.report(Kind.FILL, made, quantity=0)
    assert (row.position, row.fills, table.desk.working()) == (-2, 1, 1)
    table.report(Kind.CANCELLED, made, quantity=3)
    assert (table.desk.working(), row.unknown_reports) == (0, 0)
    table.report(Kind.FILL, made, quantity=3)
    assert (row.position, row.unknown_reports) == (-5, 1)
    whole = sent(table, quantity=5)
    table.report(Kind.FILL, whole, quantity=5)
    assert (row.position, table.desk.working(), row.unknown_reports) == (0, 0, 1)


def test_a_refused_order_rests_no_quotes():
    table = Table()
    table.report(Kind.REJECTED, sent(table), reason=Reason.PRICE_COLLAR)
    assert kinds(table.want([(100, 7)])) == ["NEW"]


def test_a_report_of_another_instrument_is_of_no_order():
    table = instruments_at({0: 0, 1: 0})
    books = [Book(i.instrument_id, 4096, 64) for i in table]
    desk = Desk(table, books, stale_ns=0, reject_rest_ns=0, requote_ticks=0)
    order_id = desk.send(1, Side.BID, 5, 100, IOC, post_only=False)
    assert desk.decide() == 1 and desk.decisions.array[0]["instrument_id"] == 1
    for instrument, working, unknown in ((0, 1, 1), (1, 0, 0)):
        gone = event(Kind.CANCELLED, order_id=order_id, instrument_id=instrument)
        desk.apply(events_pointer(gone), 1)
        assert (desk.working(), desk.rows[instrument].unknown_reports) == (working, unknown)


@pytest.mark.parametrize("room", range(6))
def test_what_there_is_no_room_for_is_decided_the_next_time(room):
    def decided(room):
        n = lib.pmm_desk_decide(table.desk.cdata, table.desk.decisions.cdata, room)
        return table.desk.decisions.array[:n]["order_id"].tolist()

    table = Table()
    old = [int(resting(table)["order_id"]) for _ in range(2)]
    for order_id in old:
        table.market.cancel(order_id)
    new = [table.market.send(Side.BID, 5, 102) for _ in range(2)]
    whole = old + new
    assert decided(room) == whole[:room]
    assert decided(DECISIONS_MAX) == whole[room:]
    assert decided(DECISIONS_MAX) == []


def test_a_desk_that_was_frozen_goes_on_with_its_orders():
    table, again = Table(), Table()
    there = resting(table)
    asked = table.market.send(Side.BID, 5, 102)
    again.desk.thaw([bytes(part) for part in table.desk.freeze()])
    for made in (table, again):
        made.market.cancel(int(there["order_id"]))
        decided = made.decide()
        assert kinds(decided) == ["CANCEL", "NEW"] and decided[1]["order_id"] == asked
        made.report(Kind.CANCELLED, there)
        assert made.desk.working() == 1
    assert bytes(ffi.buffer(table.desk.cdata.sent)) == bytes(ffi.buffer(again.desk.cdata.sent))
