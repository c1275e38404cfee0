"""The desk sends the least set of orders that brings the market to what is wanted."""

import numpy as np
import pytest

from pinnacle.core.book import Book
from pinnacle.core.desk import Desk
from pinnacle.core.instruments import Instrument
from pinnacle.core.schema import Flag, Kind, Reason, Side, Source, events_pointer
from pinnacle.strategy.base import Market
from tests.records import batch, book_of, event, instruments

MS = 1_000_000
BIDS, ASKS = [(100, 5), (99, 5)], [(102, 5), (103, 5)]


class Table:
    """A desk of one instrument with a valid book, driven record by record."""

    def __init__(self, requote_ticks=0, replace=True, stale_ms=1000):
        instrument: Instrument = instruments("X")[0]
        self.desk = Desk(
            [Book(0, 4096, 64)],
            stale_ns=stale_ms * MS,
            reject_rest_ns=250 * MS,
            requote_ticks=requote_ticks,
            replace=replace,
        )
        self.market = Market(instrument, self.desk, self.desk.instruments[0])
        self.take(book_of(BIDS, ASKS, recv_ns=1))

    def take(self, *rows):
        events = batch(*rows)
        self.desk.apply(events_pointer(events), len(events))

    def decide(self) -> np.ndarray:
        return self.desk.decisions.array[: self.desk.decide()].copy()

    def want(self, bids, asks=()):
        self.market.quote(list(bids), list(asks))
        return self.decide()

    def report(self, kind, sent, **fields):
        fields.setdefault("price", sent["price"])
        fields.setdefault("quantity", sent["quantity"])
        self.take(event(kind, order_id=sent["order_id"], side=sent["side"], **fields))


def kinds(decisions):
    return [Kind(k).name for k in decisions["kind"]]


def live(table, bids, asks=()):
    """Quotes that are acknowledged; the sent orders."""
    sent = table.want(bids, asks)
    for row in sent:
        table.report(Kind.ACK, row)
    return sent


def test_nothing_out_and_a_quote_wanted_sends_post_only_orders():
    sent = Table().want([(100, 7)], [(102, 8)])
    assert kinds(sent) == ["NEW", "NEW"]
    assert [(Side(r["side"]).name, r["price"], r["quantity"]) for r in sent] == [
        ("BID", 100, 7),
        ("ASK", 102, 8),
    ]
    assert all(row["flags"] & Flag.POST_ONLY for row in sent)
    assert len(set(sent["order_id"])) == 2


def test_what_is_out_already_is_not_sent_again():
    table = Table()
    assert len(table.want([(100, 7)])) == 1
    assert len(table.want([(100, 7)])) == 0, "in flight"
    table = Table()
    live(table, [(100, 7)])
    assert len(table.decide()) == 0, "working"


def test_a_moved_quote_is_replaced_not_cancelled():
    table = Table()
    sent = live(table, [(100, 7)])
    moved = table.want([(99, 7)])
    assert kinds(moved) == ["REPLACE"]
    assert (moved[0]["order_id"], moved[0]["price"]) == (sent[0]["order_id"], 99)
    assert len(table.want([(99, 7)])) == 0
    table.report(Kind.REPLACED, moved[0])
    assert len(table.want([(99, 7)])) == 0


def test_a_ladder_that_shifts_by_one_level_moves_one_order():
    table = Table()
    live(table, [(100, 7), (99, 7), (98, 7)])
    moved = table.want([(101, 7), (100, 7), (99, 7)])
    assert kinds(moved) == ["REPLACE"]
    assert moved[0]["price"] == 101


def test_a_venue_without_replace_gets_a_cancel_and_then_a_new_order():
    table = Table(replace=False)
    sent = live(table, [(100, 7)])
    assert kinds(table.want([(99, 7)])) == ["CANCEL"]
    assert len(table.want([(99, 7)])) == 0, "not doubled while the cancel is on its way"
    table.report(Kind.CANCELLED, sent[0])
    assert kinds(table.want([(99, 7)])) == ["NEW"]


def test_a_quote_within_the_requote_distance_stays():
    table = Table(requote_ticks=2)
    live(table, [(100, 7)])
    assert len(table.want([(98, 7)])) == 0
    assert kinds(table.want([(97, 7)])) == ["REPLACE"]


def test_an_order_is_topped_up_once_less_than_half_is_left():
    table = Table()
    sent = live(table, [(100, 10)])
    table.report(Kind.FILL, sent[0], quantity=5, flags=Flag.MAKER)
    assert len(table.want([(100, 10)])) == 0
    table.report(Kind.FILL, sent[0], quantity=1, flags=Flag.MAKER)
    topped = table.want([(100, 10)])
    assert kinds(topped) == ["REPLACE"]
    assert topped[0]["quantity"] == 16, "the order's total: six filled and ten to fill"


def test_fills_move_the_position_and_end_orders():
    table = Table()
    sent = live(table, [(100, 10)], [(102, 4)])
    table.report(Kind.FILL, sent[0], quantity=10)
    table.report(Kind.FILL, sent[1], quantity=4)
    assert table.market.position == 6
    assert table.desk.working() == 0


@pytest.mark.parametrize(
    "why",
    [
        event(Kind.BOOK_INVALID, reason=Reason.SEQUENCE_GAP),
        event(Kind.PEER_LOST, aux=Source.FEED),
        event(Kind.PEER_LOST, aux=Source.RISK),
        event(Kind.STOP),
        event(Kind.TIMER, recv_ns=1001 * MS + 2, instrument_id=0xFFFFFFFF),
    ],
    ids=["book invalid", "feed lost", "risk lost", "stop", "market silent"],
)
def test_quotes_are_pulled_when_nobody_can_vouch_for_them(why):
    table = Table()
    live(table, [(100, 7)], [(102, 7)])
    table.take(why)
    assert kinds(table.decide()) == ["CANCEL", "CANCEL"]
    assert len(table.want([(100, 7)], [(102, 7)])) == 0


def test_quoting_goes_on_when_the_peer_is_back():
    table = Table()
    table.take(event(Kind.PEER_LOST, aux=Source.FEED))
    assert len(table.want([(100, 7)])) == 0
    table.take(event(Kind.PEER_BACK, aux=Source.FEED))
    assert kinds(table.want([(100, 7)])) == ["NEW"]


def test_a_refused_order_is_not_sent_again_at_once():
    table = Table()
    sent = table.want([(100, 7)])
    table.report(Kind.REJECTED, sent[0], reason=Reason.WOULD_TAKE)
    assert len(table.want([(100, 7)])) == 0
    assert kinds(table.want([(100, 7)], [(102, 7)])) == ["NEW"], "the other side goes on"
    table.take(event(Kind.TIMER, recv_ns=300 * MS, instrument_id=0xFFFFFFFF))
    assert kinds(table.want([(100, 7)], [(102, 7)])) == ["NEW"]


def test_a_decision_names_the_market_record_that_caused_it():
    table = Table()
    table.take(event(Kind.DEPTH, side=Side.BID, price=98, quantity=1, recv_ns=777, flags=Flag.LAST))
    assert table.want([(100, 7)])[0]["venue_ns"] == 777
    table.take(event(Kind.TIMER, recv_ns=888, instrument_id=0xFFFFFFFF))
    assert table.want([(90, 7), (89, 7)])[-1]["venue_ns"] == 0
