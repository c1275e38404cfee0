"""The desk sends the least set of orders that brings the market to what is wanted."""

import pytest

from pinnacle.core.schema import Flag, Kind, Reason, Side, Source
from tests.desk_table import MS, Table, kinds, live, pass_time
from tests.records import event


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
        event(Kind.PEER_LOST, aux=Source.GATEWAY),
        event(Kind.HALT, reason=Reason.OPERATOR),
        event(Kind.STOP),
        event(Kind.TIMER, recv_ns=1001 * MS + 2, instrument_id=0xFFFFFFFF),
    ],
    ids=["book invalid", "feed lost", "risk lost", "gateway lost", "halt", "stop", "market silent"],
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


def test_under_the_kill_switch_nothing_is_asked_for_until_it_is_cleared():
    table = Table(stale_ms=0)
    sent = live(table, [(100, 7)], [(102, 7)])
    table.take(event(Kind.HALT, reason=Reason.OPERATOR))
    assert kinds(table.decide()) == ["CANCEL", "CANCEL"]
    for row in sent:
        table.report(Kind.CANCELLED, row)
    for _ in range(50):
        pass_time(table, 1000)
        table.take(event(Kind.DEPTH, side=Side.BID, price=98, quantity=1, flags=Flag.LAST))
        assert len(table.want([(100, 7)], [(102, 7)])) == 0
    table.take(event(Kind.RESUME))
    assert kinds(table.want([(100, 7)], [(102, 7)])) == ["NEW", "NEW"]


@pytest.mark.parametrize("source", [-1, 0, 9, 31, 34, -30, 2**32 + 2, -(2**63)])
def test_a_peer_that_nobody_knows_is_nobodys_loss(source):
    table = Table()
    table.take(event(Kind.PEER_LOST, aux=source))
    assert kinds(table.want([(100, 7)])) == ["NEW"]
    table.take(event(Kind.PEER_LOST, aux=Source.FEED), event(Kind.PEER_BACK, aux=source))
    assert kinds(table.decide()) == []
    assert not table.desk.quotable(0)


def test_an_order_that_is_larger_than_what_is_wanted_is_reduced():
    table = Table()
    sent = live(table, [(100, 10)])
    reduced = table.want([(100, 9)])
    assert kinds(reduced) == ["REPLACE"]
    assert (reduced[0]["price"], reduced[0]["quantity"]) == (100, 9)
    table.report(Kind.REPLACED, reduced[0])
    table.report(Kind.FILL, sent[0], quantity=2)
    assert len(table.want([(100, 9)])) == 0, "7 of 9: near enough"
    assert table.want([(100, 6)])[0]["quantity"] == 8, (
        "the order's total: two filled and six to fill"
    )


@pytest.mark.parametrize(
    ("side", "wanted"),
    [
        (Side.BID, (100, 6)),
        (Side.BID, (99, 7)),
        (Side.BID, (101, 6)),
        (Side.ASK, (100, 6)),
        (Side.ASK, (101, 7)),
    ],
    ids=["smaller", "bid retreats", "smaller and nearer", "smaller ask", "ask retreats"],
)
def test_a_refused_replace_that_asked_for_less_becomes_a_cancel(side, wanted):
    def both(level):
        return ([level], []) if side == Side.BID else ([], [level])

    table = Table()
    sent = live(table, *both((100, 7)))
    moved = table.want(*both(wanted))
    assert kinds(moved) == ["REPLACE"]
    table.report(Kind.REPLACE_REJECTED, moved[0], reason=Reason.BAD_QUANTITY)
    cancels = table.want(*both(wanted))
    assert kinds(cancels) == ["CANCEL"], "at once, and nothing new before it is gone"
    assert len(table.want(*both((100, 7)))) == 0, "not even if the order would serve again"
    table.report(Kind.CANCELLED, sent[0])
    assert kinds(table.want(*both(wanted))) == ["NEW"]


def test_a_refused_replace_towards_the_market_rests_the_order_where_it_is():
    table = Table()
    live(table, [(100, 7)], [(103, 7)])
    moved = table.want([(101, 7)], [(102, 7)])
    assert kinds(moved) == ["REPLACE", "REPLACE"]
    for row in moved:
        table.report(Kind.REPLACE_REJECTED, row, reason=Reason.WOULD_TAKE)
    assert len(table.want([(101, 7)], [(102, 7)])) == 0
    pass_time(table, 249)
    assert len(table.want([(101, 7)], [(102, 7)])) == 0
    pass_time(table, 1)
    assert kinds(table.want([(101, 7)], [(102, 7)])) == ["REPLACE", "REPLACE"]


@pytest.mark.parametrize("answer", [Kind.REPLACED, Kind.REPLACE_REJECTED])
def test_an_order_that_fills_while_its_replace_is_in_flight_is_known_until_the_answer(answer):
    table = Table()
    sent = live(table, [(100, 7)])
    moved = table.want([(101, 7)])[0]
    table.report(Kind.FILL, sent[0], quantity=3)
    table.report(Kind.FILL, sent[0], quantity=4)
    assert (table.desk.working(), len(table.want([(101, 7)]))) == (1, 0)
    table.report(answer, moved, quantity=10)
    if answer == Kind.REPLACED:
        assert kinds(table.want([])) == ["CANCEL"], "three more are in the market"
    else:
        assert table.desk.working() == 0
        assert kinds(table.want([(101, 7)])) == ["NEW"]


def test_a_replaced_order_that_was_filled_already_is_done():
    table = Table()
    sent = live(table, [(100, 7)])
    moved = table.want([(101, 5)])[0]
    table.report(Kind.FILL, sent[0], quantity=6)
    table.report(Kind.REPLACED, moved)
    assert table.desk.working() == 0


def test_after_a_refused_replace_an_order_serves_as_what_it_still_is():
    table = Table()
    live(table, [(100, 7)])
    moved = table.want([(101, 9)])[0]
    table.report(Kind.REPLACE_REJECTED, moved, reason=Reason.WOULD_TAKE)
    pass_time(table, 250)
    assert len(table.want([(100, 14)])) == 0, "seven of fourteen"
    assert kinds(table.want([(100, 15)])) == ["REPLACE"]


def test_a_cancel_that_is_refused_is_asked_for_again_after_a_rest():
    table = Table()
    sent = live(table, [(100, 7)])
    table.report(Kind.REPLACE_REJECTED, table.want([(99, 7)])[0], reason=Reason.PRICE_COLLAR)
    assert kinds(table.want([])) == ["CANCEL"]
    table.report(Kind.CANCEL_REJECTED, sent[0])
    assert len(table.want([])) == 0
    pass_time(table, 250)
    assert kinds(table.want([])) == ["CANCEL"]


def test_a_level_of_less_than_the_venue_takes_is_none():
    table = Table(quantity_min=5)
    assert kinds(table.want([(100, 5), (99, 4)], [(102, 4)])) == ["NEW"]
    table = Table(quantity_min=5)
    live(table, [(100, 7)])
    assert kinds(table.want([(100, 4)])) == ["CANCEL"], "no place is kept by an order too large"


@pytest.mark.parametrize("level", [(0, 7), (-3, 7), (100, 0), (100, -7), (-(2**63), -(2**63))])
def test_a_level_that_no_venue_could_take_is_none(level):
    table = Table(requote_ticks=200, quantity_min=0)
    assert len(table.want([level], [level])) == 0
    sent = live(table, [(100, 7)])
    assert len(sent) == 1
    assert kinds(table.want([level])) == ["CANCEL"]


@pytest.mark.parametrize(
    "fields",
    [{"quantity": 0}, {"quantity": -4}, {"price": 0}, {"price": -100}, {"side": Side.NONE}],
    ids=str,
)
def test_a_fill_that_no_venue_could_mean_moves_nothing(fields):
    table = Table()
    sent = live(table, [(100, 7)])
    table.report(Kind.FILL, sent[0], **fields)
    row = table.market.row
    assert (table.market.position, row.fills, row.slots[0][0].filled) == (0, 0, 0)
    assert table.desk.working() == 1


def test_a_replaced_that_no_venue_could_mean_changes_no_order():
    table = Table()
    live(table, [(100, 7)])
    moved = table.want([(99, 7)])[0]
    for wrong in ({"quantity": 0}, {"quantity": -1}, {"price": 0}):
        table.report(Kind.REPLACED, moved, **wrong)
        slot = table.market.row.slots[0][0]
        assert (slot.price, slot.quantity) == (100, 7)


def test_fills_at_the_end_of_the_numbers_keep_their_sign():
    table = Table()
    sent = live(table, [(100, 7)], [(102, 7)])
    most = 2**63 - 1
    table.report(Kind.FILL, sent[0], quantity=most)
    table.report(Kind.FILL, sent[0], quantity=most)
    assert table.market.position == most
    table.report(Kind.FILL, sent[1], quantity=most)
    table.report(Kind.FILL, sent[1], quantity=most)
    assert table.market.position == -most


def test_without_a_limit_a_silent_market_stays_quoted():
    table = Table(stale_ms=0)
    live(table, [(100, 7)], [(102, 7)])
    pass_time(table, 86_400_000)
    assert len(table.decide()) == 0
    assert kinds(table.want([(99, 7)], [(102, 7)])) == ["REPLACE"]


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


START = event(Kind.START, source=Source.STRATEGY, instrument_id=0xFFFFFFFF)


def test_an_order_that_is_refused_as_unknown_is_gone():
    for kind in (Kind.CANCEL_REJECTED, Kind.REPLACE_REJECTED):
        table = Table()
        sent = live(table, [(100, 7)])[0]
        asked = table.want([] if kind == Kind.CANCEL_REJECTED else [(98, 7)])
        assert len(asked) == 1
        table.report(kind, sent, reason=Reason.UNKNOWN_ORDER)
        again = table.want([(99, 7)])
        assert kinds(again) == ["NEW"], "whoever knows nothing of it will never answer otherwise"


@pytest.mark.parametrize("flight", ["NEW", "REPLACE", "CANCEL"])
def test_what_was_in_flight_when_the_process_ended_is_cancelled_at_its_next_start(flight):
    # The rings may be new ones: then what was asked is never answered.
    table = Table()
    sent = table.want([(100, 7)])[0] if flight == "NEW" else live(table, [(100, 7)])[0]
    if flight != "NEW":
        assert kinds(table.want([] if flight == "CANCEL" else [(98, 7)])) == [flight]
    table.take(START)
    assert kinds(table.want([(100, 7)])) == ["CANCEL"]
    table.report(Kind.CANCEL_REJECTED, sent, reason=Reason.UNKNOWN_ORDER)
    assert kinds(table.want([(100, 7)])) == ["NEW"]


def test_an_order_that_a_replace_has_made_larger_is_not_forgotten_by_a_start():
    table = Table()
    sent = live(table, [(100, 7)])[0]
    assert kinds(table.want([(100, 20)])) == ["REPLACE"]
    table.take(START)
    table.report(Kind.FILL, sent, quantity=7)
    table.report(Kind.REPLACED, sent, quantity=20)
    assert kinds(table.want([])) == ["CANCEL"]
    assert table.desk.working() == 1
