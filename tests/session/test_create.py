"""Making a session: when its time begins."""

import pytest
import structlog

from pinnacle.core.bell import Control
from pinnacle.core.clock import wall_ns
from pinnacle.core.journal import Journal
from pinnacle.core.schema import Kind, Source
from pinnacle.plan.checks import load_session
from pinnacle.plan.config import to_toml
from pinnacle.session.create import create_session, remove_session
from tests.records import event
from tests.sessions import demo_config

HOUR = 3600 * 10**9


@pytest.fixture
def place(tmp_path):
    config, paths = demo_config(tmp_path, "made")
    return load_session(config), paths


def starts(place) -> int:
    """What the session's time begins with."""
    config, paths = place
    create_session(config, paths)
    with Control(paths.control) as control:
        return control.start[0]


def journal(place, role, *stamps):
    config, paths = place
    paths.data.mkdir(parents=True, exist_ok=True)
    paths.config.write_text(to_toml(config), encoding="utf-8")
    with Journal.open(paths.journal(role), "made", Source[role.upper()], 64) as log:
        for stamp in stamps:
            log.append_array(event(Kind.TIMER, recv_ns=stamp))


def test_a_new_sessions_time_begins_with_the_wall_clock(place):
    before = wall_ns()
    with structlog.testing.capture_logs() as said:
        assert before <= starts(place) <= wall_ns()
    assert not said


def test_a_session_that_goes_on_begins_with_the_wall_clock_as_well(place):
    journal(place, "risk", 1, wall_ns() - HOUR)
    before = wall_ns()
    with structlog.testing.capture_logs() as said:
        assert before <= starts(place) <= wall_ns()
    assert not said


def test_its_time_never_begins_before_its_journals_end_and_a_warning_says_so(place):
    ahead = wall_ns() + HOUR
    journal(place, "risk", ahead - 5)
    # The latest stamp is not the last one: own records stand before those of the rings.
    journal(place, "gateway", ahead - 10, ahead, ahead - 3)
    with structlog.testing.capture_logs() as said:
        assert starts(place) == ahead + 1
    (line,) = said
    assert line["log_level"] == "warning"
    assert "behind the journals" in line["event"]


def test_a_journal_with_nothing_in_it_says_nothing(place):
    journal(place, "risk")
    _, paths = place
    paths.journal("gateway").mkdir()
    before = wall_ns()
    assert before <= starts(place) <= wall_ns()


def test_a_session_that_is_there_keeps_its_time(place):
    config, paths = place
    start = starts(place)
    create_session(config, paths)
    with Control(paths.control) as control:
        assert control.start[0] == start
    remove_session(paths)
    assert starts(place) > start
