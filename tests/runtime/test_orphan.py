"""A process whose supervisor is gone ends behind those that it serves, and waits for none long."""

import os

import pytest

from pinnacle.core.bell import Bell, create_bell
from pinnacle.core.paths import ROLES, SessionPaths
from pinnacle.core.segment import Mode
from pinnacle.runtime.orphan import STEP_NS, SUPERVISOR, OrphansEnd, orphaned
from tests.seats import topology_of

NOW = 1_000


def end_of(name, paths):
    topology = topology_of()
    return OrphansEnd(topology.process(name), topology, paths)


@pytest.fixture
def paths(tmp_path):
    made = SessionPaths(tmp_path, tmp_path)
    for role in ROLES:
        create_bell(made.process(role), role)
    return made


def test_the_gateway_waits_for_risk_and_no_longer_than_the_two_before_it_may_take(paths):
    end = end_of("gateway", paths)
    assert not end.begun
    with Bell(paths.process("risk"), Mode.OWN):
        end.begin(NOW)
        assert end.begun
        assert not end.due(NOW) and not end.due(NOW + 2 * STEP_NS - 1)
        assert end.due(NOW + 2 * STEP_NS)
    assert end.due(NOW)
    end.close()


def test_it_waits_for_nobody_who_ends_after_it(paths):
    end = end_of("risk", paths)
    with Bell(paths.process("gateway"), Mode.OWN), Bell(paths.process("risk"), Mode.OWN):
        end.begin(NOW)
        assert end.due(NOW)
    end.close()


def test_it_waits_for_nobody_whose_segment_is_gone(paths):
    for role in ROLES:
        paths.process(role).unlink()
    end = end_of("monitor", paths)
    end.begin(NOW)
    assert end.begun and end.due(NOW)
    end.close()


def test_an_orphan_is_what_a_supervisor_started_that_is_no_longer_its_parent(monkeypatch):
    monkeypatch.delenv(SUPERVISOR, raising=False)
    assert not orphaned()
    monkeypatch.setenv(SUPERVISOR, str(os.getppid()))
    assert not orphaned()
    monkeypatch.setenv(SUPERVISOR, str(os.getpid()))
    assert orphaned()
