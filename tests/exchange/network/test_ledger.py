"""The ledger is the truth: every line that there must be, exact, whatever requests are shown."""

import json
from decimal import Decimal

import pytest

from pinnacle.core.schema import Reason, Side, TimeInForce
from pinnacle.exchange.network.config import HouseConfig
from pinnacle.venues.served.house import NewOrder
from tests.exchange.network.exchanges import made


@pytest.fixture
def ledger(tmp_path):
    return tmp_path / "ledger.jsonl"


@pytest.fixture
def exchange_of(tmp_path, ledger):
    """Exchanges with a ledger, which is closed behind them."""
    found = []

    def begun(**terms):
        found.append(made(tmp_path, ledger=ledger, **terms))
        return found[-1]

    yield begun
    for exchange in found:
        exchange.ledger._file.close()


def rows_of(ledger):
    return [json.loads(line) for line in ledger.read_text(encoding="utf-8").splitlines()]


def place(exchange, row=0, side=Side.BID, before=1, quantity=100, client_id="mine", **terms):
    """So many ticks before the best one of its side; it may take."""
    best = exchange.house.depth(row, side, 1)[0][0]
    price = best + before if side == Side.BID else best - before
    new = NewOrder(row, side, price, quantity, client_id, **terms)
    return exchange.house.place(exchange.open_keys[0], new)


def test_each_thing_that_happens_is_a_line_with_all_that_is_known_of_it(exchange_of, ledger):
    exchange = exchange_of()
    order = place(exchange)
    exchange.house.replace(order, order.price - 1, 120)
    exchange.house.hit(order, leave=20)
    exchange.house.cancel(order)
    rows = rows_of(ledger)
    assert [row.pop("what") for row in rows] == ["order", "replace", "fill", "cancel"]
    at = [row.pop("at_ns") for row in rows]
    assert at == sorted(at) and at[0] >= order.created_ns
    assert {row.pop("order") for row in rows} == {order.venue_id}
    first, price = exchange.terms[0].price(order.price + 1), exchange.terms[0].price(order.price)
    fee = Decimal(price) * Decimal("0.01") / 1000
    assert rows == [
        {
            "client_id": "mine",
            "account": "trader",
            "symbol": "BTC/USD",
            "side": "buy",
            "price": first,
            "quantity": "0.0100",
        },
        {"price": price, "quantity": "0.0120"},
        {
            "number": 1,
            "client_id": "mine",
            "symbol": "BTC/USD",
            "side": "buy",
            "price": price,
            "quantity": "0.0100",
            "fee": f"{fee.normalize():f}",
            "currency": "USD",
            "maker": True,
        },
        {"filled": "0.0100", "reason": "requested"},
    ]


def test_a_line_is_there_before_anything_else_happens(exchange_of, ledger):
    exchange = exchange_of()
    for count in range(1, 4):
        place(exchange, client_id=f"number {count}")
        text = ledger.read_text(encoding="utf-8")
        assert text.endswith("\n") and len(text.splitlines()) == count


def test_a_sale_an_end_by_the_venue_and_a_taker_are_told_as_such(exchange_of, ledger):
    exchange = exchange_of()
    place(exchange, side=Side.ASK)
    exchange.house.cancel_all(exchange.account, Reason.VENUE)
    place(exchange, before=1000, quantity=1, time_in_force=TimeInForce.IOC)
    rows = rows_of(ledger)
    assert rows[0]["side"] == "sell" and rows[1]["reason"] == "venue"
    assert [row["maker"] for row in rows if row["what"] == "fill"] == [False]


@pytest.mark.parametrize("fee_in", ["quote", "base", "BNB"])
def test_its_fills_and_fees_sum_up_to_its_balances_and_its_orders_to_those_that_rest(
    exchange_of, ledger, fee_in
):
    balances = {"BTC": "10", "USD": "1000000", "ETH": "100", "BNB": "5"}
    house = HouseConfig(balances=balances, fee_in=fee_in)
    exchange = exchange_of(house=house)
    for i in range(60):
        side = Side.BID if i % 2 else Side.ASK
        order = place(exchange, i // 2 % 2, side, quantity=10 + i, client_id=str(i))
        if i % 3:
            exchange.house.hit(order, leave=i % 4)
        if i % 5 == 0:
            exchange.house.cancel(order)
    exchange.close()
    rows = rows_of(ledger)
    money = {name: Decimal(amount) for name, amount in balances.items()}
    left = {row["order"]: Decimal(row["quantity"]) for row in rows if row["what"] == "order"}
    for row in rows:
        if row["what"] == "cancel":
            del left[row["order"]]
        if row["what"] != "fill":
            continue
        base, quote = row["symbol"].split("/")
        sign = 1 if row["side"] == "buy" else -1
        money[base] += sign * Decimal(row["quantity"])
        money[quote] -= sign * Decimal(row["quantity"]) * Decimal(row["price"])
        money[row["currency"]] -= Decimal(row["fee"])
        left[row["order"]] -= Decimal(row["quantity"])
    numbers = [row["number"] for row in rows if row["what"] == "fill"]
    assert numbers == list(range(1, len(numbers) + 1)) and len(numbers) > 20
    told = {row["currency"]: Decimal(row["total"]) for row in rows if row["what"] == "balance"}
    assert told == money
    rest = {row["order"] for row in rows if row["what"] == "open"}
    assert rest == {order for order, quantity in left.items() if quantity} and rest


@pytest.mark.parametrize("fault", ["rest_lag", "open_orders_cached", "not_found_at_first"])
def test_what_rests_at_the_end_is_what_does_though_requests_see_something_else(
    exchange_of, ledger, fault
):
    exchange = exchange_of()
    gone = place(exchange)
    exchange.house.views.begin(fault)
    exchange.house.cancel(gone)
    order = place(exchange)
    exchange.close()
    assert [row["order"] for row in rows_of(ledger) if row["what"] == "open"] == [order.venue_id]


def test_what_is_done_on_purpose_stands_between_what_happens(exchange_of, ledger):
    exchange = exchange_of()
    exchange.ledger.fault(17, "ban", phase="begin")
    assert rows_of(ledger) == [{"what": "fault", "at_ns": 17, "name": "ban", "phase": "begin"}]


def test_numbers_have_no_exponent_and_no_zeros_at_their_end(exchange_of, ledger):
    house = HouseConfig(balances={"BTC": "0.00000001", "USD": "1000.0", "ETH": "100.50"})
    exchange = exchange_of(house=house)
    exchange.close()
    told = {row["currency"]: row["total"] for row in rows_of(ledger)}
    assert told == {"BTC": "0.00000001", "USD": "1000", "ETH": "100.5"}
