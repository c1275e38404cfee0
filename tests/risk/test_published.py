"""What risk shows of each instrument has its place, whatever is refused; and what is alarming of it
is told."""

from types import SimpleNamespace

import pytest
import structlog

from pinnacle.core.bell import Control, create_control
from pinnacle.core.paths import SessionPaths
from pinnacle.core.rows import PositionsReader, create_positions
from pinnacle.core.schema import Flag, Kind, Reason, Side, Source, events_pointer
from pinnacle.core.segment import Mode
from pinnacle.risk.config import LimitsConfig, RiskConfig
from pinnacle.risk.gate import RiskGate
from pinnacle.risk.process import _Published
from tests.records import batch, event, instruments

COUNT = 256
LONGEST = [f"{i:03}" + "x" * 28 for i in range(COUNT)]


class World:
    """A risk process's gate, and what it shows."""

    def __init__(self, folder):
        paths = SessionPaths(folder, folder)
        listed = instruments(*LONGEST)
        limits = LimitsConfig(order_quantity_max="1", position_max="1")
        self.gate = RiskGate(listed, RiskConfig(limits=dict.fromkeys(LONGEST, limits)))
        create_positions(paths.positions, COUNT, "risk")
        create_control(paths.control)
        self.control = Control(paths.control, Mode.SHARED)
        log = structlog.get_logger()
        runtime = SimpleNamespace(paths=paths, log=log, control=self.control)
        self.published = _Published(runtime, self.gate, listed)
        self.reader = PositionsReader(paths.positions)

    def run(self, *records):
        self.gate.decided(events_pointer(batch(*records)), len(records))


@pytest.fixture
def world(tmp_path):
    return World(tmp_path)


def fill(i, **fields):
    return event(
        Kind.FILL, instrument_id=i, order_id=7, quantity=2, side=Side.BID,
        source=Source.GATEWAY, flags=Flag.MAKER, **fields,
    )  # fmt: skip


def test_every_instrument_of_the_largest_session_has_its_position_and_all_reasons(world):
    assert world.reader.read(0) is None
    for i in range(COUNT):
        world.run(event(Kind.NEW, instrument_id=i, order_id=1, source=Source.STRATEGY))
        world.run(fill(i, price=100 + i))
    world.published.now()
    for i in range(COUNT):
        shown = world.reader.read(i)
        amounts = shown._asdict() | {"refused": None}
        assert amounts == world.gate.book.position(i) | {"refused": None}
        counts = {name.upper(): count for name, count in shown.refused.items()}
        assert counts == world.gate.book.refused(i) and sum(counts.values()) == 1
        assert (shown.position, shown.cash) == (2, -2 * (100 + i))


def test_a_report_that_was_refused_is_told_and_halts(world):
    world.published.now()
    assert world.control.killed() == Reason.NONE
    world.run(fill(200, price=0))
    world.published.now()
    assert world.control.killed() == Reason.BAD_ORDER
    assert world.reader.read(200).refused_reports == 1
