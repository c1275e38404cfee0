"""A ledger of the exchange's, read: what became of orders, money and faults; what is none."""

import json
from decimal import Decimal

import pytest

from pinnacle.core.errors import DataError
from pinnacle.rehearsal.ledger import read_ledger
from tests.rehearsal.written import LedgerFile


@pytest.fixture
def ledger(tmp_path):
    return LedgerFile(tmp_path / "ledger.jsonl")


def test_an_order_is_followed_to_its_end_with_its_fills_and_fees(ledger):
    ledger.order("V1", "C1", at_s=1, quantity="0.5")
    ledger.fill("V1", at_s=2, price="60000", quantity="0.2", fee="1.2")
    ledger.fill("V1", at_s=3, price="60001", quantity="0.3", fee="0.00001", currency="BTC")
    ledger.order("V2", "C2", at_s=4, side="sell", quantity="0.1")
    ledger.cancel("V2", at_s=5)
    found = read_ledger(ledger.path)
    first, second = found.orders.values()
    assert (first.filled, first.fills) == (Decimal("0.5"), 2)
    assert first.value == Decimal("30000.3")
    assert first.ended_ns == 3_000_000_000 and second.ended_ns == 5_000_000_000
    assert found.fees == {
        ("BTC/USD", "USD"): Decimal("1.2"),
        ("BTC/USD", "BTC"): Decimal("0.00001"),
    }
    assert found.fills == 2 and found.position("BTC/USD") == Decimal("0.5")


def test_a_changed_order_ends_when_its_new_quantity_is_filled(ledger):
    ledger.order("V1", "C1", at_s=1, quantity="0.5")
    ledger.write("replace", order="V1", at_ns=1, price="60000", quantity="0.2")
    ledger.fill("V1", at_s=2, quantity="0.2")
    (order,) = read_ledger(ledger.path).orders.values()
    assert order.ended_ns == 2_000_000_000


def test_a_fault_ends_the_one_that_began_last_and_one_may_have_no_end(ledger):
    ledger.fault("ban", 1, 2)
    ledger.fault("ban", 3, None)
    assert [(f.begin_ns, f.end_ns) for f in read_ledger(ledger.path).faults] == [
        (1_000_000_000, 2_000_000_000),
        (3_000_000_000, 0),
    ]


def test_what_rests_at_the_end_is_listed(ledger):
    ledger.order("V1", "C1", at_s=1)
    ledger.write("open", order="V1")
    assert read_ledger(ledger.path).open_at_end == ["V1"]


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("{", "line 2: not JSON"),
        ("[]", "line 2: not a ledger's"),
        ('{"at_ns": 1}', "line 2: not a ledger's"),
        (json.dumps({"what": "fill", "order": "nobody's"}), "line 2: not a ledger's"),
        (json.dumps({"what": "cancel", "order": "V1", "at_ns": "x"}), "line 2: not a ledger's"),
    ],
)
def test_a_line_that_is_none_of_a_ledgers_is_named(ledger, line, told):
    ledger.order("V1", "C1", at_s=1)
    with ledger.path.open("a", encoding="utf-8") as file:
        file.write(line + "\n")
    with pytest.raises(DataError, match=told) as raised:
        read_ledger(ledger.path)
    assert str(ledger.path) in str(raised.value)
