"""The exchange behind the wire: money, fees, refusals, ends; what requests see of it."""

from decimal import Decimal

import pytest

from pinnacle.core.schema import Reason, Side, TimeInForce
from pinnacle.exchange.network.config import HouseConfig
from pinnacle.venues.served.house import Happening, NewOrder, Refusal, Status
from tests.exchange.network.exchanges import made

BTC, LOT = 0, 10_000  # lots of a whole coin


@pytest.fixture
def exchange(tmp_path):
    found = made(tmp_path)
    found.heard = []
    found.told_to(found.heard.append)
    return found


def best(exchange, side):
    return exchange.house.depth(BTC, side, 1)[0][0]


def place(exchange, side=Side.BID, price=None, quantity=100, **terms):
    (key,) = exchange.open_keys
    price = best(exchange, side) - 50 if price is None and side == Side.BID else price
    price = best(exchange, side) + 50 if price is None else price
    return exchange.house.place(key, NewOrder(BTC, side, price, quantity, "mine", **terms))


def what(exchange):
    return [event.what for event in exchange.heard]


def test_an_order_rests_and_holds_the_money_that_it_may_cost(exchange):
    order = place(exchange, price=590_000, quantity=LOT)
    assert order.status is Status.OPEN and what(exchange) == [Happening.ACCEPTED]
    account = exchange.account
    assert account.held["USD"] == 59_000 and account.available("USD") == 1_000_000 - 59_000
    assert exchange.house.cancel(order) is None
    assert account.held["USD"] == 0 and order.status is Status.CANCELLED
    assert what(exchange) == [Happening.ACCEPTED, Happening.CANCELLED]
    assert exchange.house.cancel(order) is Refusal.UNKNOWN_ORDER


def test_a_taking_order_pays_with_its_fee_to_the_last_digit(exchange):
    price = best(exchange, Side.ASK)
    order = place(exchange, price=price, quantity=1)
    (fill,) = order.fills
    value = Decimal(price) / 10 * Decimal("0.0001")
    assert (fill.is_maker, fill.fee, fill.currency) == (False, value * Decimal("0.002"), "USD")
    assert exchange.account.total["BTC"] == Decimal("10.0001")
    assert exchange.account.total["USD"] == 1_000_000 - value - fill.fee
    assert order.status is Status.FILLED and not exchange.account.held["USD"]


@pytest.mark.parametrize(
    ("fee_in", "currency", "fee"),
    [("base", "BTC", "0.0000002"), ("BNB", "BNB", "0.00004")],
    ids=["in what is bought", "in a third currency"],
)
def test_a_fee_may_be_taken_in_another_currency(tmp_path, fee_in, currency, fee):
    exchange = made(tmp_path, house=HouseConfig(fee_in=fee_in))
    price = best(exchange, Side.ASK)
    before = dict(exchange.account.total)
    (fill,) = place(exchange, price=price, quantity=1).fills
    assert fill.currency == currency
    assert abs(fill.fee - Decimal(fee)) < Decimal(fee) / 10
    paid = fill.fee if currency == "BTC" else 0
    assert exchange.account.total["BTC"] - before["BTC"] == Decimal("0.0001") - paid
    assert exchange.account.total["USD"] - before["USD"] == -Decimal(price) / 10 / 10_000


@pytest.mark.parametrize(
    ("terms", "refusal"),
    [
        ({"quantity": 10**9}, Refusal.FUNDS),
        ({"side": Side.ASK, "quantity": 11 * LOT}, Refusal.FUNDS),
        ({"quantity": 0}, Refusal.QUANTITY_MIN),
        ({"price": 0}, Refusal.PRICE_STEP),
    ],
)
def test_what_cannot_be_paid_or_is_no_order_is_refused_and_nothing_is_held(
    exchange, terms, refusal
):
    assert place(exchange, **terms) is refusal
    assert not any(exchange.account.held.values()) and what(exchange) == []


def test_a_post_only_order_that_would_take_is_refused(exchange):
    assert place(exchange, price=best(exchange, Side.ASK), post_only=True) is Refusal.WOULD_TAKE
    assert not exchange.account.held.get("USD")


def test_an_order_below_the_least_value_is_refused(tmp_path):
    exchange = made(tmp_path, house=HouseConfig(value_min="10"))
    assert place(exchange, price=500_000, quantity=1) is Refusal.VALUE_MIN
    assert place(exchange, price=500_000, quantity=2).status is Status.OPEN


def test_what_is_left_of_an_immediate_order_is_cancelled(exchange):
    price, lots = exchange.house.depth(BTC, Side.ASK, 1)[0]
    order = place(exchange, price=price, quantity=lots + 5, time_in_force=TimeInForce.IOC)
    assert order.status is Status.CANCELLED and order.filled == lots
    assert what(exchange)[-1] is Happening.CANCELLED and not exchange.account.held["USD"]
    assert order.reason is Reason.NO_LIQUIDITY


def test_a_market_order_takes_what_there_is(exchange):
    order = place(exchange, price=0, quantity=5, is_market=True)
    assert order.status is Status.FILLED and order.filled == 5


def test_a_replaced_order_holds_what_it_may_cost_now(exchange):
    order = place(exchange, price=590_000, quantity=LOT)
    assert exchange.house.replace(order, 580_000, 2 * LOT) is None
    assert (order.price, order.quantity) == (580_000, 2 * LOT)
    assert exchange.account.held["USD"] == 116_000
    exchange.house.cancel(order)
    assert exchange.house.replace(order, 1, 1) is Refusal.UNKNOWN_ORDER


def test_somebody_can_be_made_to_trade_with_an_order_but_for_the_last_lot(exchange):
    order = place(exchange, quantity=100)
    exchange.house.hit(order, leave=1)
    assert (order.filled, order.status) == (99, Status.OPEN)
    assert all(fill.is_maker for fill in order.fills)
    exchange.house.hit(order)
    assert order.status is Status.FILLED


def test_a_dead_mans_switch_takes_everything_back_when_it_runs_out(tmp_path):
    exchange = made(tmp_path)
    now = [10**18]
    exchange.house._clock = lambda: now[0]
    order = place(exchange)
    exchange.house.dead_man(exchange.account, 5.0)
    now[0] += 4_000_000_000
    exchange.house.dead_man(exchange.account, 5.0)
    now[0] += 4_000_000_000
    exchange.house.advance()
    assert order.status is Status.OPEN
    now[0] += 2_000_000_000
    exchange.house.advance()
    assert order.status is Status.CANCELLED
    assert order.reason is Reason.CANCEL_ON_DISCONNECT
    other = place(exchange)
    exchange.house.dead_man(exchange.account, 5.0)
    exchange.house.dead_man(exchange.account, 0)
    now[0] += 10_000_000_000
    exchange.house.advance()
    assert other.status is Status.OPEN, "it was switched off"


def test_requests_that_lag_see_what_was_and_cancels_act_on_what_is(exchange):
    first = place(exchange)
    exchange.house.views.begin("rest_lag")
    account = exchange.account
    assert [o.venue_id for o in exchange.house.orders(account)] == [first.venue_id]
    second = place(exchange)
    exchange.house.cancel(first)
    assert [o.status for o in exchange.house.orders(account)] == [Status.OPEN]
    assert list(exchange.house.live(account)) == [second]
    exchange.house.hit(second)
    assert len(exchange.house.fills(account)) == 0
    exchange.house.views.end("rest_lag")
    assert len(list(exchange.house.orders(account))) == 2
    assert len(exchange.house.fills(account)) == len(second.fills) > 0


def test_a_cached_list_of_open_orders_keeps_what_is_gone_and_misses_what_is_new(exchange):
    first = place(exchange)
    exchange.house.views.begin("open_orders_cached")
    account = exchange.account
    assert [o.venue_id for o in exchange.house.open_orders(account)] == [first.venue_id]
    exchange.house.cancel(first), place(exchange)
    assert [o.venue_id for o in exchange.house.open_orders(account)] == [first.venue_id]
    exchange.house.views.end("open_orders_cached")
    assert first.venue_id not in [o.venue_id for o in exchange.house.open_orders(account)]


def test_a_new_order_that_is_not_found_at_first_is_there_all_the_same(exchange):
    exchange.house.views.begin("not_found_at_first")
    order = place(exchange)
    account = exchange.account
    assert not list(exchange.house.orders(account))
    assert list(exchange.house.live(account)) == [order]


def test_money_is_neither_made_nor_lost_by_many_orders(exchange):
    exchange.account.total["BNB"] = Decimal(0)
    before = dict(exchange.account.total)
    for i in range(40):
        side = Side.BID if i % 2 else Side.ASK
        exchange.house.advance()
        order = place(exchange, side, price=600_000 + i % 5, quantity=10 + i)
        exchange.house.hit(order, leave=i % 3)
        exchange.house.cancel(order)
    btc = usd = Decimal(0)
    for fill in exchange.house.fills(exchange.account):
        sign = 1 if fill.order.side == Side.BID else -1
        btc += sign * Decimal(fill.quantity) / LOT
        usd -= sign * Decimal(fill.quantity) / LOT * Decimal(fill.price) / 10
        usd -= fill.fee
    assert exchange.account.total["BTC"] == before["BTC"] + btc
    assert exchange.account.total["USD"] == before["USD"] + usd
    assert not any(exchange.account.held.values())
