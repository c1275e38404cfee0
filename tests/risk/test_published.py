"""What risk shows of each instrument has its place, whatever is refused; and what is alarming of it
is told."""

import pytest

from pinnacle.core.instruments import read_list
from pinnacle.core.rows import PositionsReader, PositionsWriter, create_positions
from pinnacle.core.schema import Flag, Kind, Reason, Side, Source, events_pointer
from pinnacle.plan.checks import load_session
from pinnacle.risk.config import LimitsConfig, RiskConfig
from pinnacle.risk.gate import RiskGate
from pinnacle.risk.process import Risk
from pinnacle.runtime.frame import wired
from pinnacle.runtime.runtime import Runtime
from pinnacle.session.create import create_session
from tests.records import batch, event, instruments
from tests.seats import seat_of, unwatched
from tests.sessions import demo_config

COUNT = 256
LONGEST = [f"{i:03}" + "x" * 28 for i in range(COUNT)]


def run(gate, *records):
    gate.decided(events_pointer(batch(*records)), len(records))


def fill(i, **fields):
    return event(
        Kind.FILL, instrument_id=i, order_id=7, quantity=2, side=Side.BID,
        source=Source.GATEWAY, flags=Flag.MAKER, **fields,
    )  # fmt: skip


def test_every_instrument_of_the_largest_session_has_its_position_and_all_reasons(tmp_path):
    limits = LimitsConfig(order_quantity_max="1", position_max="1")
    config = RiskConfig(limits=dict.fromkeys(LONGEST, limits))
    gate = RiskGate(instruments(*LONGEST), config)
    path = tmp_path / "risk.positions"
    create_positions(path, COUNT, "risk")
    with PositionsWriter(path) as writer, PositionsReader(path) as reader:
        assert reader.read(0) is None
        for i in range(COUNT):
            run(gate, event(Kind.NEW, instrument_id=i, order_id=1, source=Source.STRATEGY))
            run(gate, fill(i, price=100 + i))
        assert writer.publish(gate.book) == 0
        for i in range(COUNT):
            shown = reader.read(i)
            amounts = shown._asdict() | {"refused": None}
            assert amounts == gate.book.position(i) | {"refused": None}
            counts = {name.upper(): count for name, count in shown.refused.items()}
            assert counts == gate.book.refused(i) and sum(counts.values()) == 1
            assert (shown.position, shown.cash) == (2, -2 * (100 + i))


@pytest.fixture
def runtime(tmp_path):
    config, paths = demo_config(tmp_path, "shown")
    create_session(load_session(config), paths)
    with Runtime(seat_of("risk", paths, unwatched())) as made:
        yield made


def test_a_report_that_was_refused_is_told_and_halts(runtime):
    config = load_session(runtime.paths.config)
    gate = RiskGate(read_list(runtime.paths.instrument_list), config.risk)
    process = Risk(runtime, wired(runtime), gate)
    process.publish(0)
    assert runtime.control.killed() == Reason.NONE
    run(gate, fill(1, price=0))
    process.publish(0)
    assert runtime.control.killed() == Reason.BAD_ORDER
    with PositionsReader(runtime.paths.positions) as reader:
        assert reader.read(1).refused_reports == 1
