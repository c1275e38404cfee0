import os
import signal
from functools import partial

import pytest

from tests import warm
from tests.replay.forging import Forged
from tests.replay.recorded import write_session
from tests.sessions import running_demo, until


@pytest.fixture
def session(tmp_path):
    return write_session(tmp_path / "monday")


@pytest.fixture
def replay():
    """Runs `pinnacle-replay` with arguments in a process of its own."""

    return partial(warm.run, program="pinnacle-replay")


@pytest.fixture(scope="session")
def original(tmp_path_factory):
    """A session whose strategy and feed were killed once and came back."""
    with running_demo(tmp_path_factory.mktemp("verify"), "one") as live:
        for role in ("strategy", "feed"):
            until(live.quoting, 60, f"quoting before {role} dies")
            before = live.process(role)
            os.kill(before.pid, signal.SIGKILL)
            until(
                lambda was=before: live.process(was.role).restarts > was.restarts, 60, "a restart"
            )
        until(lambda: live.quoting() and filled(live), 60, "quotes and fills at the end")
        live.finish()
    return live.paths.data


def filled(live):
    positions = [live.observer.position(i) for i in live.observer.instruments]
    return any(position.bid_fills + position.ask_fills > 3 for position in positions)


@pytest.fixture
def forged(original, tmp_path):
    return Forged(original, tmp_path / "forged")
