"""Bitstamp's private channels: what events and trades mean in any order, and what they hide."""

import json
from itertools import permutations

import pytest

from pinnacle.core.errors import DataError
from pinnacle.core.schema import Flag, Kind, Reason
from pinnacle.venues.bitstamp.orders.entry import MISSED_NS
from pinnacle.venues.bitstamp.orders.stream import HELD_MAX
from pinnacle.venues.orders.port import Answered, Call, Heard, What
from tests.venues.bitstamp.bitstamp_gateway import (
    TRADED,
    USER,
    V1,
    Gateway,
    order_frame,
    placed,
    status,
    trade_frame,
    transaction,
)
from tests.venues.orders.traded import COIN, DOLLAR, T0, answer


@pytest.fixture
def gateway():
    made = Gateway()
    made.begin()
    return made


def said(event, channel="", data=None):
    return json.dumps({"event": event, "channel": channel, "data": data or {}}).encode()


def confirmed(kind, name):
    return said("bts:subscription_succeeded", f"private-my_{kind}_{name}-{USER}")


def kinds(found):
    return [report.kind.name for report in found.reports]


# The connection


def test_it_is_ready_when_both_channels_of_every_pair_are_confirmed(gateway):
    frames = [confirmed(kind, name) for kind in ("orders", "trades") for name in TRADED.names]
    assert [gateway.entry.heard(frame).ready for frame in frames] == [False, False, False, True]
    gateway.begin()
    assert not gateway.entry.heard(frames[0]).ready


def test_a_token_that_is_too_old_or_a_channel_that_is_refused_ends_the_connection(gateway):
    data = {"code": 4009, "message": "Connection is unauthorized."}
    heard = gateway.entry.heard(said("bts:error", "private-my_orders_btcusd-1", data))
    assert heard.lost == "private-my_orders_btcusd-1: Connection is unauthorized. 4009"
    assert gateway.entry.heard(said("bts:error", "", {"code": None, "message": None})).lost


def test_a_venue_that_asks_for_another_connection_gets_one(gateway):
    frame = b'{"event":"bts:request_reconnect","channel":"","data":""}'
    assert "another connection" in gateway.entry.heard(frame).lost


def test_what_answers_a_heartbeat_and_what_is_of_other_channels_says_nothing(gateway):
    order = gateway.live()
    for frame in (
        said("bts:heartbeat", "", {"status": "success"}),
        order_frame(order, "order_deleted").replace(b"btcusd", b"ltcusd"),
        order_frame(order, "trade"),
        trade_frame(order).replace(b'"event": "trade"', b'"event": "self_trade"'),
    ):
        assert gateway.entry.heard(frame) == Heard()


def test_the_channels_of_another_user_are_none_of_ours(gateway):
    order = gateway.live()
    frame = order_frame(order, "order_deleted").replace(str(USER).encode(), b"5")
    assert gateway.entry.heard(frame) == Heard()


# Events of orders


def test_an_order_that_is_created_gets_its_name_before_its_answer_comes(gateway):
    order = gateway.new().order
    heard = gateway.entry.heard(order_frame(order, "order_created"))
    assert [(r.kind, r.venue_id) for r in heard.reports] == [(Kind.ACK, V1)]


def test_an_order_that_is_created_is_filled_by_nothing_though_a_market_order_has_nothing_left(
    gateway,
):
    order = gateway.live(is_market=True)
    frame = order_frame(order, "order_created", "0", "0", price=999999999, price_str="999999999")
    assert kinds(gateway.entry.heard(frame)) == []


def test_what_remains_after_a_change_says_what_is_filled_in_all(gateway):
    order = gateway.live()
    frame = order_frame(order, "order_changed", "0.60", amount_traded="0.1")
    heard = gateway.entry.heard(frame)
    assert [(r.kind, r.quantity, r.reason) for r in heard.reports] == [
        (Kind.FILLED_TOTAL, COIN * 4 // 10, Reason.NONE)
    ]
    assert not heard.ask


def test_what_was_traded_is_not_read_for_it_is_of_one_event_or_of_all(gateway):
    order = gateway.live()
    frames = [
        order_frame(order, "order_changed", "0.60", amount_traded=told)
        for told in ("0.4", "0.1", "0", "1")
    ]
    found = {tuple(gateway.entry.heard(frame).reports) for frame in frames}
    assert len(found) == 1


def test_an_order_that_is_deleted_with_nothing_left_is_filled_and_nobody_is_asked(gateway):
    order = gateway.live()
    heard = gateway.entry.heard(order_frame(order, "order_deleted", "0", amount_traded="1"))
    assert [(r.kind, r.quantity) for r in heard.reports] == [(Kind.FILLED_TOTAL, COIN)]
    assert not heard.ask


def test_one_that_is_deleted_with_something_left_is_asked_for_and_not_yet_cancelled(gateway):
    order = gateway.live()
    heard = gateway.entry.heard(order_frame(order, "order_deleted", "0.60"))
    assert kinds(heard) == ["FILLED_TOTAL", "UNSURE"]
    assert heard.ask == [Call(What.QUERY, order)]
    gateway.deliver(heard.reports)
    # If the question is lost the table asks it again.
    assert gateway.table.orders[1].state.name == "UNKNOWN"


def test_dust_that_a_market_order_leaves_is_no_fill_and_no_order(gateway):
    """The frames are those that were seen, but for our numbers."""
    order = gateway.live(is_market=True, quantity=38_667)
    created = order_frame(order, "order_created", "0", "0", price=999999999)
    changed = order_frame(
        order, "order_changed", "0.00000001", "0.00038667", amount_traded="0.00038666"
    )
    deleted = order_frame(order, "order_deleted", "0.00000001", "0.00038667", amount_traded="0")
    heard = gateway.heard(created, changed, deleted)
    assert heard.ask
    fill = transaction(amount="0.00038666")
    body = status(order, "Finished", "0.00000001", [fill])
    found = gateway.entry.answered(heard.ask[0], answer(body))
    gateway.deliver(found.reports)
    assert found.reports[-1].quantity == 1
    assert not gateway.table.orders


def test_a_size_that_is_not_our_orders_tells_no_total(gateway):
    order = gateway.live()
    heard = gateway.entry.heard(order_frame(order, "order_deleted", "0", "0.5"))
    assert kinds(heard) == ["UNSURE"]
    assert heard.ask


def test_an_order_that_somebody_replaces_by_hand_is_asked_for_aloud(gateway):
    order = gateway.live()
    heard = gateway.entry.heard(order_frame(order, "order_replaced"))
    assert "order_replaced" in heard.odd
    assert heard.ask == [Call(What.QUERY, order)]


def test_an_event_of_an_order_that_is_gone_says_nothing(gateway):
    order = gateway.live()
    body = status(order, "Canceled")
    gateway.deliver(gateway.entry.answered(Call(What.QUERY, order), answer(body)).reports)
    for what in ("order_created", "order_changed", "order_deleted"):
        heard = gateway.entry.heard(order_frame(order, what, "0.5"))
        assert (kinds(heard), heard.ask) == ([], [])


def test_orders_of_others_are_passed_over(gateway):
    order = gateway.live()._replace(venue_id="5", client_id="by hand")
    heard = gateway.entry.heard(order_frame(order, "order_created"))
    assert (kinds(heard), heard.ask) == ([], [])


def test_a_second_order_under_a_client_id_of_ours_is_taken_back(gateway):
    order = gateway.live()
    second = order._replace(venue_id="5")
    heard = gateway.entry.heard(order_frame(second, "order_created"))
    assert "order 5 has the client id of another one" in heard.odd
    told = [kind for kind, _, _ in gateway.deliver(heard.reports)]
    assert told == ["ORDER_STATUS", "CANCEL"]
    assert gateway.known.order(1).venue_id == V1
    assert kinds(gateway.entry.heard(order_frame(second, "order_changed", "0.5"))) == [
        "FILLED_TOTAL"
    ]


# Trades


def test_a_trade_is_a_fill_with_its_fee_though_it_does_not_say_our_name(gateway):
    order = gateway.live(post_only=True)
    fill, fee = gateway.entry.heard(trade_frame(order, fee="0.0000012")).reports
    assert (fill.kind, fill.order_id, fill.price, fill.quantity, fill.aux, fill.flags) == (
        Kind.FILL,
        1,
        60_000 * DOLLAR,
        COIN * 4 // 10,
        7,
        Flag.FEE_TOLD | Flag.MAKER,
    )
    assert fill.venue_ns == T0
    assert (fee.kind, fee.quantity, fee.price, fee.aux) == (Kind.FEE, 12, 7, 7)


def test_numbers_may_be_numbers_with_exponents(gateway):
    order = gateway.live()
    fill, fee = gateway.entry.heard(
        trade_frame(order, amount=1e-8, price=60000.5, fee=1e-7)
    ).reports
    assert (fill.price, fill.quantity) == (60_000_50, 1)
    assert (fee.quantity, fee.price) == (1, 7)


def test_a_trade_that_comes_before_the_answer_waits_for_it(gateway):
    call = gateway.new()
    order = call.order._replace(venue_id=V1)
    assert kinds(gateway.entry.heard(trade_frame(order))) == []
    found = gateway.entry.answered(call, answer(placed(order)))
    assert kinds(found) == ["ACK", "FILL", "FEE"]
    gateway.deliver(found.reports)
    assert gateway.table.orders[1].filled == COIN * 4 // 10


def test_or_for_the_event_that_says_whose_it_is(gateway):
    order = gateway.new().order._replace(venue_id=V1)
    gateway.heard(trade_frame(order))
    heard = gateway.entry.heard(order_frame(order, "order_changed", "0.60"))
    assert kinds(heard) == ["ACK", "FILL", "FEE", "FILLED_TOTAL"]


def test_or_for_the_answer_to_a_question(gateway):
    order = gateway.new().order
    gateway.heard(trade_frame(order._replace(venue_id=V1)))
    body = status(order, "Open", "0.6", [transaction()])
    found = gateway.entry.answered(Call(What.QUERY, order), answer(body))
    gateway.deliver(found.reports)
    assert gateway.table.orders[1].filled == COIN * 4 // 10


def test_an_end_that_comes_before_the_answer_and_says_no_name_waits_too(gateway):
    call = gateway.new()
    order = call.order._replace(venue_id=V1)
    frame = order_frame(order, "order_deleted", "0.60", client_order_id=None)
    assert kinds(gateway.entry.heard(frame)) == []
    found = gateway.entry.answered(call, answer(placed(order)))
    assert kinds(found) == ["ACK", "FILLED_TOTAL", "UNSURE"]
    assert found.more.what is What.QUERY


def test_trades_of_others_are_not_held_for_ever(gateway):
    order = gateway.live()
    for number in range(HELD_MAX + 10):
        gateway.entry.heard(trade_frame(order, order_id=10**15 + number, tid=number))
    assert len(gateway.entry._stream._held) == HELD_MAX


def test_a_trade_that_comes_again_counts_once(gateway):
    order = gateway.live()
    gateway.heard(trade_frame(order), trade_frame(order))
    assert gateway.table.orders[1].filled == COIN * 4 // 10


def test_a_trade_after_the_end_of_its_order_is_still_its(gateway):
    order = gateway.live()
    body = status(order, "Canceled")
    gateway.deliver(gateway.entry.answered(Call(What.QUERY, order), answer(body)).reports)
    heard = gateway.entry.heard(trade_frame(order))
    assert [(r.kind, r.order_id) for r in heard.reports] == [(Kind.FILL, 1), (Kind.FEE, 1)]
    gateway.deliver(heard.reports)
    assert gateway.table.unknown_fills == 1


@pytest.mark.parametrize("order_of", list(permutations(range(4))))
def test_an_order_is_filled_once_in_whatever_order_its_frames_come(gateway, order_of):
    call = gateway.new()
    order = call.order._replace(venue_id=V1)
    frames = [
        order_frame(order, "order_created"),
        order_frame(order, "order_deleted", "0"),
        trade_frame(order, 7),
        trade_frame(order, 8, "0.60000000", fee="108"),
    ]
    gateway.heard(*[frames[number] for number in order_of])
    gateway.deliver(gateway.entry.answered(call, answer(placed(order))).reports)
    assert not gateway.table.orders
    assert not gateway.table.behind
    assert (gateway.table.unknown_fills, gateway.table.cdata.inferred) == (0, 0)


def test_a_dropped_trade_shows_in_what_remains_and_is_fetched(gateway):
    order = gateway.live()
    gateway.heard(order_frame(order, "order_changed", "0.60"))
    assert gateway.table.behind
    row = {"id": 7, "type": "2", "fee": "72", "order_id": int(V1), "btc": "0.4"}
    row |= {"usd": "-24000", "btc_usd": "60000.00", "datetime": "2026-09-21 14:13:21"}
    gateway.deliver(gateway.entry.answered(Call(What.FILLS), answer([row])).reports)
    assert not gateway.table.behind
    assert gateway.table.orders[1].filled == COIN * 4 // 10


# The chain of events


def chained(order, what, number, before, **more):
    names = [f"019f4ac8-{n:04d}" for n in (number, before)]
    return order_frame(order, what, ids=names, **more)


def test_events_that_follow_each_other_are_whole(gateway):
    order = gateway.live()
    first = gateway.heard(chained(order, "order_created", 1, 0))
    second = gateway.heard(chained(order, "order_changed", 2, 1, left="0.6"))
    assert not first.ask
    assert not second.ask


def test_each_market_has_a_chain_of_its_own_and_each_connection_begins_one(gateway):
    one, other = gateway.live(1, V1), gateway.live(2, "1900000000000002", row=1)
    assert not gateway.heard(chained(one, "order_created", 1, 0)).ask
    assert not gateway.heard(chained(other, "order_created", 9, 8)).ask
    gateway.begin()
    assert not gateway.heard(chained(one, "order_changed", 5, 4, left="0.6")).ask


def test_an_event_that_is_missing_is_asked_for_by_the_one_before_it(gateway):
    order = gateway.live()
    gateway.heard(chained(order, "order_created", 1, 0))
    heard = gateway.heard(chained(order, "order_changed", 3, 2, left="0.4"))
    assert heard.ask == [Call(What.EVENTS, page="0 019f4ac8-0001")]
    assert not heard.lost
    assert kinds(heard) == ["FILLED_TOTAL"]


def listed(*frames):
    """As `account_order_data` has events."""
    rows = [json.loads(frame) for frame in frames]
    for row in rows:
        row.pop("channel")
        row.pop("pre_event_id")
    return rows


def test_what_was_missed_is_heard_once_and_of_what_ended_the_table_asks(gateway):
    order, other = gateway.live(1, V1), gateway.live(2, "1900000000000002")
    first = chained(order, "order_created", 1, 0)
    missed = chained(other, "order_deleted", 2, 1, left="0.5")
    third = chained(order, "order_changed", 3, 2, left="0.4")
    gateway.heard(first)
    call = gateway.heard(third).ask[0]
    found = gateway.entry.answered(call, answer(listed(first, missed, third)))
    assert [(r.kind.name, r.order_id) for r in found.reports] == [
        ("FILLED_TOTAL", 2),
        ("UNSURE", 2),
    ]
    again = gateway.entry.answered(call, answer(listed(first, missed, third)))
    assert again == Answered([])
    gateway.deliver(found.reports)
    assert gateway.table.orders[2].state.name == "UNKNOWN"


def test_events_that_cannot_be_had_for_a_while_end_the_connection(gateway):
    order = gateway.live()
    gateway.heard(chained(order, "order_created", 1, 0))
    call = gateway.heard(chained(order, "order_changed", 3, 2, left="0.4")).ask[0]
    assert gateway.entry.answered(call, answer(b"", 502)).fault
    beat = said("bts:heartbeat")
    assert not gateway.entry.heard(beat).lost
    gateway.clock.now += MISSED_NS + 1
    assert "missed" in gateway.entry.heard(beat).lost
    gateway.begin()
    assert not gateway.entry.heard(beat).lost


def test_an_event_that_comes_again_is_passed_over(gateway):
    order = gateway.live()
    frame = chained(order, "order_deleted", 1, 0, left="0.6")
    assert gateway.heard(frame).ask
    assert gateway.heard(frame) == Heard()


def test_events_without_numbers_are_as_good(gateway):
    order = gateway.live()
    gateway.heard(chained(order, "order_created", 1, 0))
    assert not gateway.heard(order_frame(order, "order_changed", "0.6")).ask


# What cannot be read


@pytest.mark.parametrize(
    "change",
    [
        {"amount": "a"},
        {"amount": None, "amount_str": None},
        {"amount": "0.000000001"},
        {"id": "x"},
        {"id": "9" * 50},
        {"amount_at_create": "1e-20"},
    ],
)
def test_an_event_that_cannot_be_read_is_told(gateway, change):
    order = gateway.live()
    frame = order_frame(order, "order_changed", **change)
    with pytest.raises(DataError):
        gateway.entry.heard(frame)


@pytest.mark.parametrize(
    "change",
    [
        {"price": "60000.001"},
        {"amount": "0.000000001"},
        {"amount": "1e40"},
        {"fee": "1e-30"},
        {"price": None},
        {"order_id": None},
        {"price": "NaN"},
        {"price": "1_0"},
    ],
)
def test_a_trade_that_cannot_be_read_is_told(gateway, change):
    order = gateway.live()
    with pytest.raises(DataError):
        gateway.entry.heard(trade_frame(order, **change))


@pytest.mark.parametrize(
    "frame", [b"", b"{", b"[]", b"5", b'{"channel":"x"}', b"\xff", b"[" * 9999]
)
def test_what_is_no_frame_is_told(gateway, frame):
    with pytest.raises(DataError, match="not Bitstamp's frame"):
        gateway.entry.heard(frame)
