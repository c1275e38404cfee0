"""What a venue says of the account that nobody here has made so: told once, and trading halts."""

from decimal import Decimal

import pytest

from pinnacle.core.instruments import table
from pinnacle.core.schema import Kind, Reason
from pinnacle.gateway.accounts import LAG_NS, Accounts
from pinnacle.gateway.against_venue import AgainstVenue
from pinnacle.venues.orders.config import OrdersConfig
from pinnacle.venues.orders.port import Balance, Fees, Report
from pinnacle.venues.orders.terms import Terms
from tests.records import event, instruments

S = 1_000_000_000
BTC = instruments("BTC-USD", maker_bps=1.0, taker_bps=2.0)


class Told:
    """An AgainstVenue, what it has logged and why it has halted."""

    def __init__(self, **policy):
        where = {"ws_url": "wss://127.0.0.1:1", "rest_url": "https://127.0.0.1:1"}
        config = OrdersConfig(**where, **policy)
        self.lines, self.halts, self.now_ns = [], [], 100 * S
        terms = {0: Terms(table(BTC)[0], "BTC-USD", "BTC", "USD")}
        self.accounts = Accounts(terms, {0: (0, 0)}, S)
        self.against = AgainstVenue(self.accounts, BTC, config, self, self.halts.append)

    def warning(self, words, **fields):
        self.lines.append((words, fields))

    error = warning

    def looked(self, **held):
        self.now_ns += 60 * S
        balances = [Balance(name, Decimal(a), Decimal(a)) for name, a in held.items()]
        news = self.against.balances(balances, self.now_ns)
        self.against.look(self.now_ns + LAG_NS, lambda: True)
        return {balance.currency: str(balance.total) for balance in news}


def test_a_difference_is_told_with_its_amounts_and_what_to_do_about_it():
    told = Told()
    for usd in ("1000", "900", "900", "900"):
        told.looked(BTC="1", USD=usd)
    ((words, fields),) = told.lines
    assert "balance" in words and "deposited" in fields.pop("what_to_do")
    assert fields == {
        "currency": "USD", "difference": "-100", "expected": "1000", "found": "900",
    }  # fmt: skip
    assert told.halts == [] and told.against.counts()["balance_differences"] == 1


def test_a_difference_halts_where_it_is_to_and_once():
    told = Told(balances="halt")
    for usd in ("1000", "900", "900", "900", "900"):
        told.looked(BTC="1", USD=usd)
    assert told.halts == [Reason.BALANCES]


@pytest.mark.parametrize(
    ("policy", "halts"), [("report", []), ("halt", [Reason.FOREIGN_ORDER] * 2)]
)
def test_an_order_of_others_is_told_and_halts_where_it_is_to(policy, halts):
    told = Told(foreign=policy)
    for name in ("A", "B"):
        told.against.met(name, "by hand")
    assert [fields["venue_order"] for _, fields in told.lines] == ["A", "B"]
    assert told.halts == halts


def test_the_log_has_the_instruments_currencies_at_each_look_and_others_when_they_change():
    told = Told()
    assert told.looked(BTC="1", USD="10", DOGE="5") == {"BTC": "1", "USD": "10", "DOGE": "5"}
    assert told.looked(BTC="1", USD="10", DOGE="5") == {"BTC": "1", "USD": "10"}
    assert told.looked(BTC="1", DOGE="6") == {"BTC": "1", "USD": "0", "DOGE": "6"}
    assert told.looked(BTC="1") == {"BTC": "1", "USD": "0", "DOGE": "0"}
    assert told.looked(BTC="1") == {"BTC": "1", "USD": "0"}


def test_a_balance_that_cannot_be_counted_is_named_and_no_reason_to_halt():
    told = Told(balances="halt")
    told.looked(BTC="1", USD="10")
    for _ in range(3):
        assert "USD" not in told.looked(BTC="1", USD="1e-30")
    assert [fields["currency"] for _, fields in told.lines] == ["USD"] * 3
    assert told.halts == [] and told.accounts.looks == 1


@pytest.mark.parametrize("nothing", ["0E-999", "-0E-999", "0." + "0" * 45, "0E+999"])
def test_a_balance_of_nothing_is_nothing_however_it_is_written(nothing):
    told = Told(balances="halt")
    for usd in ("0", nothing, nothing, "0.00"):
        assert Decimal(told.looked(BTC="1", USD=usd)["USD"]) == 0
    assert told.lines == told.halts == [] and told.accounts.looks == 4


def test_a_balance_with_more_digits_than_any_amount_has_is_named_and_left_out():
    told = Told(balances="halt")
    told.looked(BTC="1", USD="10")
    assert "USD" not in told.looked(BTC="1", USD="10." + "0" * 45)
    assert [fields["currency"] for _, fields in told.lines] == ["USD"]
    assert told.halts == [] and told.accounts.looks == 1


def test_a_third_currencys_name_goes_with_its_fee():
    told = Told()
    told.looked(BTC="1", USD="10", BNB="1")
    told.against.heard([Report(Kind.FEE, 7, 0, side=3, quantity=2, aux=9, currency="BNB")])
    fee = event(Kind.FEE, instrument_id=0, side=3, quantity=2, price=1, aux=9)
    told.against.moved(fee, told.now_ns)
    told.looked(BTC="1", USD="10", BNB="0.8")
    told.looked(BTC="1", USD="10", BNB="0.8")
    assert told.lines == [] and "BNB" in told.accounts.currencies


def test_fees_that_are_others_than_those_in_use_are_told_with_both_and_once():
    told = Told()
    told.against.fees([Fees(0, 10_000, 20_000)])
    assert told.lines == [] and told.against.counts()["fee_differences"] == 0
    for _ in range(2):
        told.against.fees([Fees(0, -5_000, 26_000)])
    ((words, fields),) = told.lines
    assert "fees" in words and fields == {
        "instrument": "BTC-USD",
        "venue_maker_bps": -0.5,
        "venue_taker_bps": 2.6,
        "maker_fee_bps": 1.0,
        "taker_fee_bps": 2.0,
    }
    assert told.against.counts()["fee_differences"] == 1
