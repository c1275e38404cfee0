"""What risk cannot believe halts trading, and what it cannot show is said, once."""

import pytest
import structlog
from structlog.testing import capture_logs

from pinnacle.core.bell import Control, create_control
from pinnacle.core.schema import Kind, Reason, Side
from pinnacle.core.segment import Mode
from pinnacle.risk.alarms import Alarms
from pinnacle.risk.config import LimitsConfig, RiskConfig
from pinnacle.risk.gate import RiskGate
from tests.records import event, instruments, run


@pytest.fixture
def control(tmp_path):
    create_control(tmp_path / "control")
    with Control(tmp_path / "control", Mode.SHARED) as made:
        yield made


@pytest.fixture
def gate():
    limits = LimitsConfig(order_quantity_max="1", position_max="1")
    return RiskGate(instruments("X", "Y"), RiskConfig(limits={"X": limits, "Y": limits}))


def alarms(control, gate):
    return Alarms(structlog.get_logger(), control, gate.book, ["X", "Y"])


def fill(price, quantity=1, **fields):
    return event(Kind.FILL, side=Side.BID, price=price, quantity=quantity, **fields)


def look(made):
    with capture_logs() as logs:
        made.look()
    return logs


def test_a_fill_at_a_price_of_nothing_halts_trading_and_is_told_once(control, gate):
    made = alarms(control, gate)
    assert look(made) == []
    assert len(run(gate.decided, fill(0, instrument_id=1))) == 0
    (told,) = look(made)
    assert (told["log_level"], told["symbol"], told["count"]) == ("error", "Y", 1)
    assert control.killed() == Reason.BAD_ORDER
    assert look(made) == []
    control.clear()
    run(gate.decided, fill(-5, instrument_id=1))
    assert look(made)[0]["count"] == 2
    assert control.killed() == Reason.BAD_ORDER


def test_a_restart_does_not_halt_for_what_was_refused_before_it(control, gate):
    run(gate.decided, fill(0))
    with capture_logs() as logs:
        made = alarms(control, gate)
    assert [(log["log_level"], log["symbol"]) for log in logs] == [("warning", "X")]
    assert look(made) == []
    assert not control.killed()


def test_an_amount_that_does_not_fit_is_named_once(control, gate):
    made = alarms(control, gate)
    run(gate.decided, fill(2**40, 2**40))
    (told,) = look(made)
    assert (told["log_level"], told["symbol"]) == ("error", "X")
    assert told["amounts"] == "cash, cost, turnover"
    assert look(made) == []
    assert not control.killed(), "the position is known"
