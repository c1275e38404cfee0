"""Gemini's order events: every state, whichever comes first, and the traps that they hold."""

import pytest

from pinnacle.core.enums import FeeOf
from pinnacle.core.errors import DataError
from pinnacle.core.schema import Flag, Kind, Reason
from pinnacle.venues.orders.port import What
from tests.venues.gemini.gemini_gateway import Gateway, order_event, status_row, trade_row
from tests.venues.orders.traded import COIN, DOLLAR, IDS, T0


@pytest.fixture
def gateway(tmp_path):
    return Gateway(tmp_path)


def part(order, lots="0.2500000000", left="0.7500000000", **more):
    """A partial fill of so many, after which so many are left."""
    fill = {"z": left, "Z": lots, "L": "60000.00000", "t": 555, "m": True, "n": "30"}
    return order_event(order, "PARTIALLY_FILLED", **(fill | more))


def last(order, lots="0.7500000000", **more):
    """The fill that is its last one."""
    fill = {"z": None, "Z": lots, "L": "60000.00000", "t": 556, "m": True, "n": "90"}
    return order_event(order, "FILLED", **(fill | more))


def meant(gateway, frame):
    return [(r.kind, r.reason) for r in gateway.entry.heard(frame).reports]


# Every state


@pytest.mark.parametrize("state", ["NEW", "OPEN"])
def test_an_order_that_is_there_is_acknowledged_with_its_name(gateway, state):
    order = gateway.new().order
    (report,) = gateway.entry.heard(order_event(order, state, i=73797746498585286)).reports
    assert (report.kind, report.order_id, report.venue_id) == (Kind.ACK, 1, "73797746498585286")
    assert (report.price, report.quantity, report.venue_ns) == (60_000 * DOLLAR, COIN, T0)
    assert gateway.deliver([report]) == ["ACK"]
    assert gateway.deliver([report]) == []


def test_a_fill_is_told_with_its_own_number_its_fee_and_who_made_it(gateway):
    order = gateway.live()
    fill, fee, total = gateway.entry.heard(part(order, n="0.0012")).reports
    assert (fill.kind, fill.quantity, fill.price) == (Kind.FILL, COIN // 4, 60_000 * DOLLAR)
    assert (fill.aux, fill.flags) == (555, Flag.FEE_TOLD | Flag.MAKER)
    assert (fee.kind, fee.aux, fee.quantity, fee.price, fee.side) == (
        *(Kind.FEE, 555, 12, 4),
        FeeOf.QUOTE,
    )
    assert (total.kind, total.quantity) == (Kind.FILLED_TOTAL, COIN // 4)
    taken = gateway.entry.heard(part(order, m=None)).reports[0]
    assert taken.flags == Flag.FEE_TOLD


def test_what_a_partial_fill_executed_is_its_own_and_not_the_orders(gateway):
    """Two fills of a quarter are a half."""
    order = gateway.live()
    gateway.heard(part(order), part(order, left="0.5000000000", t=556))
    assert gateway.table.orders[1].filled == COIN // 2
    gateway.heard(last(order, "0.5000000000", t=557))
    assert not gateway.table.orders
    assert not gateway.table.unknown_fills


def test_what_a_cancelled_order_executed_is_all_of_it(gateway):
    order = gateway.live()
    gateway.heard(part(order), part(order, left="0.5000000000", t=556))
    end = order_event(order, "CANCELED", z="0.5000000000", Z="0.5000000000", r="Requested")
    found = gateway.entry.heard(end).reports
    assert [(r.kind, r.quantity) for r in found] == [
        (Kind.FILLED_TOTAL, COIN // 2),
        (Kind.CANCELLED, COIN // 2),
    ]
    assert gateway.deliver(found) == ["CANCELLED"]


@pytest.mark.parametrize(
    ("word", "reason"),
    [
        ("SelfCrossPrevented", Reason.SELF_TRADE),
        ("FillOrKillWouldNotFill", Reason.FOK),
        ("ImmediateOrCancelWouldPost", Reason.NO_LIQUIDITY),
        ("AuctionCancelled", Reason.VENUE),
        ("ExceedsPriceLimits", Reason.BAD_PRICE),
        ("Requested", Reason.REQUESTED),
        (None, Reason.VENUE),
    ],
)
def test_an_order_is_cancelled_for_the_venues_reason(gateway, word, reason):
    order = gateway.live()
    (report,) = gateway.entry.heard(order_event(order, "CANCELED", r=word)).reports
    assert (report.kind, report.reason, report.quantity) == (Kind.CANCELLED, reason, COIN)
    assert report.words == (word or "")


@pytest.mark.parametrize(
    ("word", "reason"),
    [
        ("MarketNotOpen", Reason.MARKET_MODE),
        ("InsufficientFunds", Reason.FUNDS),
        ("InvalidPrice", Reason.BAD_PRICE),
        ("LimitPriceOffTick", Reason.BAD_PRICE),
        ("InvalidQuantity", Reason.BAD_QUANTITY),
        ("InvalidStopPrice", Reason.BAD_PRICE),
        ("InvalidTotalSpend", Reason.BAD_QUANTITY),
        ("DuplicateOrder", Reason.DUPLICATE_ORDER),
        ("InsufficientLiquidity", Reason.NO_LIQUIDITY),
        ("UnknownInstrument", Reason.BAD_INSTRUMENT),
        ("OrderNotFound", Reason.VENUE),
        ("AnotherWord", Reason.VENUE),
        (None, Reason.VENUE),
    ],
)
def test_an_order_is_refused_for_the_venues_reason(gateway, word, reason):
    order = gateway.new().order
    found = gateway.entry.heard(order_event(order, "REJECTED", r=word)).reports
    assert [(r.kind, r.reason) for r in found] == [(Kind.REJECTED, reason)]
    assert gateway.deliver(found) == ["REJECTED"]
    assert not gateway.table.orders


def test_an_order_that_was_changed_there_has_its_new_terms(gateway):
    order = gateway.live()
    found = gateway.entry.heard(order_event(order, "MODIFIED", q="0.5", p="59999.5")).reports
    assert [(r.kind, r.price, r.quantity) for r in found] == [(Kind.REPLACED, 59_999_50, COIN // 2)]


# Which comes first


def test_a_post_only_order_that_would_take_is_refused_and_was_never_there(gateway):
    order = gateway.new(post_only=True).order
    event = order_event(order, "CANCELED", r="MakerOrCancelWouldTake")
    assert meant(gateway, event) == [(Kind.REJECTED, Reason.WOULD_TAKE)]


def test_the_same_of_one_that_was_acknowledged_first_is_cancelled_for_that(gateway):
    order = gateway.live(post_only=True)
    event = order_event(order, "CANCELED", r="MakerOrCancelWouldTake")
    assert meant(gateway, event) == [(Kind.CANCELLED, Reason.WOULD_TAKE)]


def test_a_terminal_event_before_its_fills_waits_for_them(gateway):
    order = gateway.live()
    gateway.heard(order_event(order, "CANCELED", Z="0.2500000000", z="0.75", r="Requested"))
    assert 1 in gateway.table.orders and gateway.table.behind
    gateway.heard(part(order))
    assert not gateway.table.orders
    assert not gateway.table.unknown_fills


def test_the_last_fill_before_an_earlier_one_is_not_the_whole_order(gateway):
    order = gateway.live()
    gateway.heard(last(order))
    assert 1 in gateway.table.orders and gateway.table.behind
    gateway.heard(part(order))
    assert not gateway.table.orders and not gateway.table.duplicates


def test_a_fill_before_the_order_is_acknowledged_acknowledges_it(gateway):
    order = gateway.new().order
    gateway.heard(part(order))
    assert gateway.table.orders[1].acknowledged
    assert gateway.known.order(1).venue_id == "101"
    gateway.heard(order_event(order, "NEW"))
    assert gateway.table.orders[1].filled == COIN // 4


def test_a_fill_that_is_told_twice_or_by_rest_too_counts_once(gateway):
    order = gateway.live()
    gateway.heard(part(order), part(order))
    gateway.deliver(gateway.answered(What.FILLS, [trade_row(order)]).reports)
    row = status_row(order, executed_amount="0.25", trades=[trade_row(order)])
    gateway.deliver(gateway.answered(What.QUERY, row, order).reports)
    assert gateway.table.orders[1].filled == COIN // 4


def test_a_state_that_is_older_than_what_is_known_moves_nothing_back(gateway):
    order = gateway.live()
    gateway.heard(part(order, left="0.5000000000", t=556), part(order))
    assert gateway.table.orders[1].filled == COIN // 2
    older = gateway.answered(What.QUERY, status_row(order), order)
    gateway.deliver(older.reports)
    assert gateway.table.orders[1].filled == COIN // 2
    gateway.heard(last(order, "0.5000000000", t=557))
    gateway.deliver(gateway.answered(What.OPEN, [status_row(order)]).reports)
    assert not gateway.table.orders


def test_a_fill_after_the_order_is_gone_is_booked(gateway):
    order = gateway.live()
    gateway.heard(order_event(order, "CANCELED", r="Requested"))
    assert not gateway.table.orders
    fill = gateway.entry.heard(part(order)).reports
    assert "FILL" in gateway.deliver(fill)
    assert gateway.table.unknown_fills == 1


def test_an_end_that_is_told_again_ends_nothing(gateway):
    order = gateway.live()
    end = order_event(order, "CANCELED", r="Requested")
    gateway.heard(end)
    assert gateway.entry.heard(end).reports == []


# What is left out


@pytest.mark.parametrize("name", ["n", "t", "Z", "L"])
def test_a_fill_that_lacks_its_fee_or_itself_is_asked_for(gateway, name):
    """The fee is a member that no document promises."""
    order = gateway.live()
    heard = gateway.entry.heard(part(order, **{name: None}))
    assert [(r.kind, r.quantity) for r in heard.reports] == [(Kind.FILLED_TOTAL, COIN // 4)]
    (call,) = heard.ask
    assert (call.what, call.order.order_id, call.order.venue_id) == (What.FILLS, 1, "101")
    row = status_row(order, executed_amount="0.25", trades=[trade_row(order)])
    found = gateway.answered(What.FILLS, row, call.order)
    assert [r.kind for r in found.reports] == [Kind.FILL, Kind.FEE, Kind.FILLED_TOTAL]


def test_a_fee_of_nothing_is_one_if_it_is_said(gateway):
    fee = gateway.entry.heard(part(gateway.live(), n="0")).reports[1]
    assert (fee.kind, fee.quantity) == (Kind.FEE, 0)


def test_a_partial_fill_that_does_not_say_what_is_left_says_no_total(gateway):
    found = gateway.entry.heard(part(gateway.live(), left=None)).reports
    assert [r.kind for r in found] == [Kind.FILL, Kind.FEE]


def test_an_order_is_ours_by_the_venues_name_where_ours_is_not_said(gateway):
    order = gateway.live()
    (fill, *_) = gateway.entry.heard(part(order, c=None)).reports
    assert fill.order_id == 1


def test_a_market_order_has_no_price(gateway):
    order = gateway.new(price=0, is_market=True).order
    (report,) = gateway.entry.heard(order_event(order, "NEW", p=None, o="MARKET")).reports
    assert report.price == 0


def test_numbers_and_ids_may_be_either_text_or_numbers(gateway):
    order = gateway.live()
    text = part(order, t="555", i="101")
    bare = text.replace(b'"0.2500000000"', b"0.2500000000").replace(b'"555"', b"555")
    assert gateway.entry.heard(bare) == gateway.entry.heard(text)


def test_times_of_orders_are_nanoseconds(gateway):
    order = gateway.new().order
    (report,) = gateway.entry.heard(order_event(order, "NEW", T=None)).reports
    assert report.venue_ns == T0 + 1


# What is nobody's


@pytest.mark.parametrize(
    "more",
    [
        {"c": "by-hand-1", "i": "900"},
        {"c": None, "i": "900"},
        {"c": IDS.text(5).replace("9ace0", "9ace1"), "i": "900"},
        {"s": "DOGEUSD"},
    ],
)
def test_an_order_of_somebody_else_is_nobodys_business(gateway, more):
    order = gateway.live()
    for state in ("NEW", "CANCELED", "REJECTED"):
        heard = gateway.entry.heard(order_event(order, state, **more))
        assert not heard.reports and not heard.ask


@pytest.mark.parametrize(
    "frame",
    [
        b'{"e":"depthUpdate","E":1,"s":"BTCUSD","U":1,"u":1,"b":[],"a":[]}',
        b'{"e":"balanceUpdate","E":1790000000000,"B":[{"a":"USD","c":"1","f":"1"}]}',
        b'{"type":"heartbeat","timestamp":1}',
        b"{}",
        b'{"id":"ping","status":200,"result":{}}',
    ],
)
def test_what_is_of_no_order_is_passed_over(gateway, frame):
    heard = gateway.entry.heard(frame)
    assert not heard.reports and not heard.answers and not heard.lost and not heard.ready


@pytest.mark.parametrize(
    "more",
    [
        {"X": "MELTED"},
        {"S": None},
        {"S": "HOLD"},
        {"i": None},
        {"i": "x"},
        {"s": None},
        {"q": "-1"},
        {"q": "0.000000001"},
        {"p": "60000.001"},
        {"p": "NaN"},
        {"T": -1},
        {"z": "2"},
        {"Z": "-0.1"},
        {"n": "0.0000000000000000001"},
    ],
)
def test_an_event_that_cannot_be_is_refused(gateway, more):
    order = gateway.live()
    with pytest.raises(DataError):
        gateway.entry.heard(part(order, **more))


@pytest.mark.parametrize("frame", [b"", b"[]", b"[{}]", b"null", b"7", b"\xff", b"{", b'{"X":1}'])
def test_what_is_no_frame_is_refused(gateway, frame):
    with pytest.raises(DataError, match="not Gemini's"):
        gateway.entry.heard(frame)
