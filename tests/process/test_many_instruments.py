"""Sixty-four instruments, as many as a strategy may have, and each process is lost once."""

import os
import signal

import pytest

from pinnacle.core.paths import ROLES
from tests.sessions import many_instruments, running_demo, until

pytestmark = [pytest.mark.long, pytest.mark.timeout(400)]
COUNT = 64


@pytest.fixture(scope="module")
def live(tmp_path_factory):
    folder = tmp_path_factory.mktemp("many")
    with running_demo(folder, "many", change=lambda text: many_instruments(text, COUNT)) as session:
        until(session.quoting, 120, "quoting")
        yield session


def test_sixty_four_instruments_halt_resume_and_outlive_each_process(live):
    live.command("halt")
    until(lambda: sum(live.open_orders()) == 0, 60, "no order left")
    live.command("resume")
    until(live.quoting, 120, "quoting again")
    for role in ROLES:
        pid = live.process(role).pid
        os.kill(pid, signal.SIGKILL)
        until(lambda role=role, pid=pid: live.process(role).pid != pid, 60, f"another {role}")
        live.command("resume")
        until(live.quoting, 120, f"quoting after {role} was lost")
    restarts = {process.role: process.restarts for process in live.observer.processes()}
    assert restarts == dict.fromkeys(ROLES, 1)
    report = live.finish()
    assert len(report["instruments"]) == COUNT
    assert all(row["orders"]["acknowledged"] > 0 for row in report["instruments"].values())
    for role in ROLES:
        log = (live.paths.data / f"{role}.log").read_text(encoding="utf-8")
        assert "no room for a counter" not in log and "Traceback" not in log
