"""When gateways are killed, and which."""

import subprocess
import sys

import pytest

from pinnacle.core.bell import create_bell
from pinnacle.core.paths import SessionPaths
from pinnacle.rehearsal.kills import AFTER_S, EARLY_S, Instant, Killing, instants
from tests.sessions import until

#: Owns the segment, says whether it is back at its venue, and waits for its end.
OWNER = """
import sys, time
from pinnacle.core.bell import Bell, ProcessState
from pinnacle.core.segment import Mode
bell = Bell(sys.argv[1], Mode.OWN)
bell.set_state(ProcessState[sys.argv[2]])
print("owned", flush=True)
time.sleep(60)
"""


@pytest.fixture
def paths(tmp_path):
    made = SessionPaths(tmp_path, tmp_path)
    create_bell(made.process("gateway"), "gateway")
    return made


@pytest.fixture
def own(paths):
    """Starts processes that have the gateway's segment, `is_sure`: by now."""
    found = []

    def begun(state="READY", is_sure=True):
        command = [sys.executable, "-c", OWNER, str(paths.process("gateway")), state]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        found.append(process)
        if is_sure:
            assert process.stdout.readline() == "owned\n"
        return process

    yield begun
    for process in found:
        process.kill()
        process.wait()
        process.stdout.close()


def killing_of(paths, *plan, duration_s=60.0):
    return Killing(paths, ["gateway"], plan, duration_s, 0.0)


def test_instants_are_those_of_their_seed_and_of_both_kinds():
    found = instants(200, 7)
    assert found == instants(200, 7) != instants(200, 8)
    assert {instant.is_back for instant in found} == {True, False}
    for instant in found:
        assert 0 <= instant.after_s <= (AFTER_S if instant.is_back else EARLY_S)


def test_a_gateway_is_killed_and_noted_and_the_next_one_too(paths, own):
    killing = killing_of(paths, Instant(True, 0.0), Instant(True, 0.0))
    first = own()
    killing.begin()
    assert first.wait(20) == -9
    second = own(is_sure=False)  # it may be killed before it has said so
    assert second.wait(20) == -9
    until(lambda: len(killing.done) == 2, 20, "both are noted")
    killing.end()
    assert [(kill.process, kill.pid) for kill in killing.done] == [
        ("gateway", first.pid),
        ("gateway", second.pid),
    ]


def test_one_that_is_not_back_at_its_venue_is_killed_early_alone(paths, own):
    killing = killing_of(paths, Instant(False, 0.0))
    first = own("READY")
    killing.begin()
    assert first.wait(20) == -9
    killing.end()
    waiting = killing_of(paths, Instant(True, 0.0))
    second = own("WAITING")
    waiting.begin()
    waiting.end()
    assert waiting.done == [] and second.poll() is None


def test_nothing_is_killed_when_the_session_is_about_to_end(paths, own):
    killing = killing_of(paths, Instant(True, 0.0), duration_s=5.0)
    process = own()
    killing.begin()
    until(lambda: not killing._thread.is_alive(), 20, "it is over")
    assert killing.done == [] and process.poll() is None


def test_without_a_plan_nothing_is_looked_at(paths):
    killing = killing_of(paths)
    killing.begin()
    killing.end()
    assert killing.done == []
