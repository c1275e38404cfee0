"""The strategy of docs/development.md works as it is printed there."""

import re
from pathlib import Path

import numpy as np
import pytest

from pinnacle.core.schema import Kind, Side, Source
from pinnacle.strategy.base import Strategy
from pinnacle.strategy.chosen import STRATEGIES
from pinnacle.strategy.config import StrategyConfig
from pinnacle.strategy.host import StrategyHost
from tests.records import batch, book_of, event, instruments, run

PAGE = Path(__file__).resolve().parents[2] / "docs/development.md"


@pytest.fixture
def host() -> StrategyHost:
    (code,) = re.findall(r"```python\n(.+?)```", PAGE.read_text(encoding="utf-8"), flags=re.DOTALL)
    names: dict = {"__name__": "documented"}
    exec(compile(code, str(PAGE), "exec"), names)
    kind = names["JoinTheTouch"]
    assert issubclass(kind, Strategy)
    return StrategyHost(instruments("X"), StrategyConfig(), kind)


def wanted(decisions: np.ndarray) -> set[tuple]:
    return {(Kind(r["kind"]), Side(r["side"]), int(r["price"])) for r in decisions}


def test_it_quotes_beside_the_touch_and_follows_it(host):
    decisions = run(host.decided, book_of([(100, 5)], [(104, 5)], recv_ns=1))
    assert wanted(decisions) == {(Kind.NEW, Side.BID, 99), (Kind.NEW, Side.ASK, 105)}
    acks = [
        event(Kind.ACK, order_id=row["order_id"], side=row["side"], price=row["price"], quantity=1)
        for row in decisions
    ]
    run(host.decided, batch(*acks))
    moved = run(host.decided, book_of([(102, 5)], [(104, 5)], recv_ns=2))
    assert wanted(moved) == {(Kind.REPLACE, Side.BID, 101)}


def test_it_does_not_buy_beyond_its_position(host):
    fill = event(Kind.FILL, order_id=7, side=Side.BID, price=99, quantity=5, source=Source.RISK)
    decisions = run(host.decided, fill, book_of([(100, 5)], [(104, 5)], recv_ns=1))
    assert wanted(decisions) == {(Kind.NEW, Side.ASK, 105)}


def test_it_gives_its_state_to_checkpoints(host):
    assert host.strategy.thaw(host.strategy.freeze())


def test_the_shipped_example_goes_on_from_its_own_state_and_no_other():
    config = StrategyConfig(
        kind="my_mm:MyMaker",
        folder=str(PAGE.parents[1] / "config"),
        params={"edge_bps": 3.0, "quantity": "1", "inventory_max": "5"},
    )
    first, again = (StrategyHost(instruments("X", "Y"), config) for _ in range(2))
    run(first.decided, book_of([(100, 5)], [(104, 5)], recv_ns=1))
    state = first.strategy.freeze()
    assert state != again.strategy.freeze()
    assert again.strategy.thaw(state) and again.strategy.freeze() == state
    assert not again.strategy.thaw(state[:-1])


def test_every_strategy_that_a_configuration_may_name_is_there():
    for name, kind in STRATEGIES.items():
        assert issubclass(kind, Strategy)
        assert StrategyConfig(name=name).name in StrategyConfig.__struct_fields__
