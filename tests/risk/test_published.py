"""What risk shows of each instrument has its place, whatever is refused."""

from types import SimpleNamespace

import pytest
import structlog

from pinnacle.core.counters import Counters, CountersReader
from pinnacle.core.schema import Reason
from pinnacle.risk.config import LimitsConfig, RiskConfig
from pinnacle.risk.gate import RiskGate
from pinnacle.risk.process import REASONS, _Published
from pinnacle.session.create import counters_for, create_counters
from tests.records import instruments

LONGEST = [f"{i:02}" + "x" * 29 for i in range(64)]


@pytest.fixture
def published(tmp_path):
    listed = instruments(*LONGEST)
    limits = LimitsConfig(order_quantity_max="1", position_max="1")
    gate = RiskGate(listed, RiskConfig(limits=dict.fromkeys(LONGEST, limits)))
    create_counters(tmp_path / "counters", counters_for(len(listed)), 8, "risk")
    missing = []
    with Counters(tmp_path / "counters", missing.append) as counters:
        yield (
            _Published(
                SimpleNamespace(counters=counters, log=structlog.get_logger(), control=None),
                gate,
                listed,
            ),
            missing,
        )
    assert not missing


def test_every_refusal_of_sixty_four_instruments_has_its_counter(published, tmp_path):
    made, missing = published
    assert {Reason.ORDER_SIZE, Reason.TOO_LATE} <= set(REASONS)
    for i in range(64):
        for reason in REASONS:
            assert made._refusals(i, reason) >= 0
    made.now()
    assert not missing
    with CountersReader(tmp_path / "counters") as reader:
        values = reader.values()
    assert {f"{symbol}.{name}" for symbol in LONGEST for name in made.FIELDS} <= set(values)
    assert f"{LONGEST[63]}.refused.duplicate_order" in values
