"""What `pinnacle orders`, `fills` and `positions` tell, from journals that were written here."""

import json
from decimal import Decimal

import numpy as np
import pytest
from click.testing import CliRunner

from pinnacle.cli.main import pinnacle
from pinnacle.core.errors import PeerLostError
from pinnacle.core.instruments import write_list
from pinnacle.core.names import stamped
from pinnacle.core.schema import FeeOf, Flag, Kind, Reason, Side, Source, TextOf
from pinnacle.plan.checks import load_session
from pinnacle.plan.config import to_toml
from tests.replay.recorded import event, write_journal
from tests.sessions import demo_config

TWO = 1 << 48
BUY = {"side": Side.BID, "price": 600_000, "quantity": 2_000}


def two_strategies(text):
    head, tail = text.split("[strategy]\n")
    body, rest = tail.split("[risk.limits", 1)
    made = "".join(
        f"[strategies.{name}]\n" + body.replace("[strategy.", f"[strategies.{name}.")
        for name in ("one", "two")
    )
    return head + made + "[risk.limits" + rest


def gateway_records():
    """Two orders are sent, the second is filled in part, the first is gone again."""
    new = {"source": Source.RISK, **BUY}
    report = {"source": Source.EXCHANGE, **BUY}
    return np.concatenate(
        [
            event(Kind.START, 0, source=Source.GATEWAY, order_id=1),
            event(Kind.NEW, 1, order_id=1, **new),
            event(Kind.NEW, 1, order_id=TWO | 7, **new, flags=Flag.BATCH_END),
            event(Kind.NEW, 1, order_id=1, flags=Flag.DECISION, **BUY),
            event(Kind.NEW, 1, order_id=TWO | 7, flags=Flag.DECISION, **BUY),
            event(Kind.ACK, 2, order_id=1, aux=1, **report),
            event(Kind.ACK, 2, order_id=TWO | 7, aux=2, **report),
            event(Kind.FILL, 3, order_id=TWO | 7, aux=3, **report | {"quantity": 500}),
            event(Kind.CANCELLED, 4, order_id=1, aux=4, **report),
            event(Kind.TIMER, 2002, source=Source.GATEWAY, flags=Flag.BATCH_END),
        ]
    )


def text(kind, words):
    row = event(Kind.TEXT, 5, reason=kind, flags=Flag.LAST, source=Source.GATEWAY)
    row.view(np.uint8)[16:48] = np.frombuffer(words.ljust(32, b"\0"), np.uint8)
    return row


def risk_records():
    told = {"source": Source.GATEWAY, "order_id": TWO | 7, **BUY}
    fee = {"source": Source.GATEWAY, "order_id": TWO | 7, "aux": 4}
    paid = told | {"flags": Flag.FEE_TOLD}
    sold = {"source": Source.GATEWAY, "order_id": 1, "side": Side.ASK, "price": 600_100}
    top = {"order_id": 600_100, "aux": 1, "price": 599_900, "quantity": 1}
    return np.concatenate(
        [
            event(Kind.TOP, 1, source=Source.RISK, **top),
            event(Kind.FILL, 3, aux=3, **told),
            event(Kind.FILL, 5, aux=4, **paid),
            event(Kind.FEE, 5, **fee, side=FeeOf.BASE, quantity=123, price=7),
            event(Kind.FEE, 5, **fee, side=FeeOf.OTHER, quantity=5, price=1),
            text(TextOf.CURRENCY, b"BNB"),
            event(Kind.FILL, 6, aux=5, quantity=1000, flags=Flag.MAKER, **sold),
            event(Kind.FILL, 7, aux=6, quantity=300, reason=Reason.INFERRED, **sold),
            event(Kind.FILL_BUSTED, 8, aux=6, quantity=300, **sold, flags=Flag.BATCH_END),
        ]
    )


@pytest.fixture
def ended(tmp_path):
    """The configuration of a session of two strategies, and its folder."""
    file, paths = demo_config(tmp_path, "held", change=two_strategies)
    config = load_session(file)
    paths.data.mkdir(parents=True)
    paths.config.write_text(to_toml(config), encoding="utf-8")
    write_list(paths.instrument_list, config.instrument_list())
    write_journal(paths.journal("gateway"), Source.GATEWAY, gateway_records())
    write_journal(paths.journal("risk"), Source.RISK, risk_records())
    return file, paths


def asked(*words):
    done = CliRunner().invoke(pinnacle, [str(word) for word in words], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.output


def told(*words):
    return json.loads(asked(*words, "--json"))


def test_an_open_order_is_told_with_what_is_filled_and_since_when_nothing_was_asked(ended):
    _, paths = ended
    (order,) = told("orders", "--session", paths.data)
    assert order == {
        "order_id": TWO | 7,
        "client_id": "",
        "venue_id": "",
        "strategy": "strategy.two",
        "venue": "simulated",
        "instrument": "BTC-USD",
        "side": "buy",
        "price": "60000.0",
        "quantity": "0.02000",
        "filled": "0.00500",
        "state": "live",
        "asked_s": 2.0,
    }


def test_fills_are_told_with_what_each_cost_in_its_currency(ended):
    _, paths = ended
    found = told("fills", "--session", paths.data)
    assert [(f["execution"], f["state"]) for f in found] == [
        (3, ""),
        (4, ""),
        (5, ""),
        (6, "busted"),
    ]
    assert (found[1]["fee"], found[1]["fee_currency"]) == ("0.0000123 + 0.5", "BTC + BNB")
    assert [Decimal(found[at]["fee"]) for at in (0, 2)] == [Decimal("0.24"), Decimal("-0.012002")]
    assert {found[at]["fee_currency"] for at in (0, 2)} == {"USD"}
    assert [f["liquidity"] for f in found] == ["taker", "taker", "maker", "taker"]


def test_the_last_fills_are_as_many_as_are_asked_for_and_the_latest(ended):
    _, paths = ended
    found = told("fills", "--session", paths.data, "--last", 2)
    assert [f["execution"] for f in found] == [5, 6]


def test_positions_of_the_strategies_sum_up_to_that_of_the_session(ended):
    _, paths = ended
    whole, one, two, other = told("positions", "--session", paths.data)
    assert (whole["strategy"], one["strategy"], two["strategy"]) == (
        "*",
        "strategy.one",
        "strategy.two",
    )
    assert (other["instrument"], other["strategy"], other["fills"]) == ("ETH-USD", "*", 0)
    for amount in ("position", "total", "fees", "fills"):
        parts = Decimal(one[amount]) + Decimal(two[amount])
        assert Decimal(whole[amount]) == parts
    # A fee of less than two lots takes both, and leaves the rest of the second.
    assert (two["position"], two["average"], two["dust"]) == ("0.03998", "60000", "0.0000077")
    assert (one["position"], one["average"]) == ("-0.01000", "60010")


def test_a_session_that_has_ended_is_found_by_its_name_and_the_latest_of_several(ended, tmp_path):
    config, paths = ended
    paths.data.rename(paths.data.parent / stamped("demo", 1_000_000_000))
    (paths.data.parent / stamped("demo", 1_100_000_000)).mkdir()
    assert len(told("orders", "--config", config)) == 1
    assert len(told("orders", "--config", config, "--session", "demo")) == 1


def test_a_session_that_was_never_there_is_told_with_where_it_was_looked_for(ended):
    config, _ = ended
    with pytest.raises(PeerLostError, match=r"no session other in .*folder of its journals"):
        asked("orders", "--config", config, "--session", "other")


def test_tables_show_the_same_and_an_empty_one_says_what_there_is_none_of(ended):
    _, paths = ended
    assert "0.00500" in asked("orders", "--session", paths.data)
    assert "0.0000123 + 0.5" in asked("fills", "--session", paths.data)
    assert "strategy.two" in asked("positions", "--session", paths.data)
    for file in paths.journal("gateway").iterdir():
        file.unlink()
    write_journal(paths.journal("gateway"), Source.GATEWAY, gateway_records()[:1])
    assert asked("orders", "--session", paths.data) == f"{paths.data.name}: no open order\n"
