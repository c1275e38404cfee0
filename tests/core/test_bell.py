"""The doorbell loses no wake-up, and the kill switch keeps its first reason."""

import os
import select
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

from pinnacle.core.bell import Bell, Control, ProcessState, Wait, create_bell, create_control
from pinnacle.core.clock import Clock, monotonic_ns, wall_ns
from pinnacle.core.errors import LayoutError, NativeError, OwnedError
from pinnacle.core.ring import RingReader, RingWriter, create_ring
from pinnacle.core.schema import EventBuffer, Reason
from pinnacle.core.segment import Mode

ROUNDS = 20_000
FOREVER_NS = 10**12

ECHO = """
import sys
from pinnacle.core.bell import Bell, Wait
from pinnacle.core.ring import RingReader, RingWriter
from pinnacle.core.schema import EventBuffer
from pinnacle.core.segment import Mode
mine, theirs, there, back, rounds = sys.argv[1:]
own, peer = Bell(mine, Mode.OWN), Bell(theirs, Mode.SHARED)
reader, writer, buffer = RingReader(there), RingWriter(back), EventBuffer(1)
own.watch([reader])
print("ready", flush=True)
rang = 0
for _ in range(int(rounds)):
    assert own.wait(Wait.PARK, 0, 10**12)
    assert reader.take(buffer.cdata, 1) == 1
    reader.release()
    assert writer.push(buffer.cdata, 1) == 1
    rang += peer.ring()
print(rang)
"""


@pytest.fixture
def paths(tmp_path):
    made = {name: tmp_path / name for name in ("a", "b", "there", "back")}
    create_bell(made["a"], "a")
    create_bell(made["b"], "b")
    create_ring(made["there"], 8, "a to b")
    create_ring(made["back"], 8, "b to a")
    return made


@pytest.mark.timeout(100)
def test_no_wake_up_is_lost_in_twenty_thousand_park_round_trips(paths):
    """A lost one would sleep for a thousand seconds: the test's own time limit finds it."""
    arguments = [paths["b"], paths["a"], paths["there"], paths["back"], ROUNDS]
    echo = subprocess.Popen(
        [sys.executable, "-c", ECHO, *map(str, arguments)], stdout=subprocess.PIPE, text=True
    )
    try:
        assert echo.stdout.readline() == "ready\n"
        rang = 0
        buffer = EventBuffer(1)
        with (
            Bell(paths["a"], Mode.OWN) as own,
            Bell(paths["b"], Mode.SHARED) as peer,
            RingWriter(paths["there"]) as writer,
            RingReader(paths["back"]) as reader,
        ):
            own.watch([reader])
            for i in range(ROUNDS):
                buffer.array["aux"] = i
                assert writer.push(buffer.cdata, 1) == 1
                rang += peer.ring()
                assert own.wait(Wait.PARK, 0, FOREVER_NS)
                assert reader.take(buffer.cdata, 1) == 1
                assert buffer.array[0]["aux"] == i
                reader.release()
        out, _ = echo.communicate()
        assert echo.returncode == 0
        assert rang > 0 < int(out), "both sides really slept"
    finally:
        if echo.poll() is None:
            echo.kill()
            echo.communicate()


@pytest.mark.parametrize("strategy", list(Wait))
def test_a_wait_finds_a_record_in_any_ring_and_ends_without_one(paths, strategy):
    with (
        Bell(paths["a"], Mode.OWN) as bell,
        RingReader(paths["there"]) as first,
        RingReader(paths["back"]) as second,
        RingWriter(paths["back"]) as writer,
    ):
        bell.watch([first, second])
        assert not bell.wait(strategy, 1000, 100_000)
        assert not bell.wait(strategy, 0, 0)
        writer.push(EventBuffer(1).cdata, 1)
        assert bell.wait(strategy, 0, 0)
        assert bell.wait(strategy, 1000, FOREVER_NS)


def test_a_wait_beats_the_heart_and_leaves_the_process_awake(paths):
    with Bell(paths["a"], Mode.OWN) as bell:
        before = bell.segment.header.heartbeat_ns
        assert not bell.wait(Wait.PARK, 0, 1000)
        assert bell.segment.header.heartbeat_ns > before
        assert not bell.parked


def test_a_ring_closed_before_its_bell_is_passed_over(paths):
    with Bell(paths["a"], Mode.OWN) as bell:
        reader = RingReader(paths["there"])
        bell.watch([reader])
        reader.close()
        assert not bell.wait(Wait.PARK, 1000, 10_000)


def test_ringing_a_process_that_is_awake_costs_no_system_call(paths):
    with Bell(paths["a"], Mode.OWN), Bell(paths["a"], Mode.SHARED) as peer:
        assert not peer.ring()


def test_a_process_tells_its_state_and_its_restarts_and_a_killed_sleeper_is_not_rung(paths):
    code = (
        "import sys; from pinnacle.core.bell import *; from pinnacle.core.segment import Mode\n"
        "bell = Bell(sys.argv[1], Mode.OWN); bell.set_state(ProcessState.READY)\n"
        "bell.wait(Wait.PARK, 0, 10**12)"
    )
    with Bell(paths["a"]) as look:
        assert look.state == ProcessState.ABSENT
        sleeper = subprocess.Popen([sys.executable, "-c", code, str(paths["a"])])
        while not look.parked:
            assert sleeper.poll() is None
            os.sched_yield()
        assert (look.state, look.handle.shared.restarts) == (ProcessState.READY, 0)
        with pytest.raises(OwnedError):
            Bell(paths["a"], Mode.OWN)
        sleeper.send_signal(signal.SIGKILL)
        sleeper.wait()
        assert look.parked
        with Bell(paths["a"], Mode.OWN), Bell(paths["a"], Mode.SHARED) as peer:
            assert (look.state, look.handle.shared.restarts) == (ProcessState.STARTING, 1)
            assert not peer.ring()


def test_only_the_owner_waits(paths):
    with Bell(paths["a"], Mode.SHARED) as bell, pytest.raises(ValueError, match="only the owner"):
        bell.watch([])


def test_a_ring_is_no_bell_and_a_bell_no_control(paths):
    for path, kind in ((paths["there"], Bell), (paths["a"], Control)):
        with pytest.raises(LayoutError):
            kind(path)


@pytest.fixture
def control(tmp_path):
    create_control(tmp_path / "control")
    return tmp_path / "control"


def test_the_first_reason_stays_until_it_is_cleared(control):
    with (
        Control(control, Mode.SHARED) as one,
        Control(control, Mode.SHARED) as two,
        Control(control) as gateway,
    ):
        assert (gateway.killed(), gateway.set_ns) == (0, 0)
        assert one.kill(Reason.OPERATOR) == Reason.OPERATOR
        at = gateway.set_ns
        assert at > 0
        assert two.kill(Reason.JOURNAL) == Reason.OPERATOR
        assert (gateway.killed(), gateway.set_ns) == (Reason.OPERATOR, at)
        two.clear()
        assert gateway.killed() == 0
        assert two.kill(Reason.JOURNAL) == Reason.JOURNAL
        assert gateway.killed() == Reason.JOURNAL


def test_session_time_begins_with_the_control_segment_and_goes_on_by_the_monotonic_clock(tmp_path):
    began, year_2001 = monotonic_ns(), 10**18
    create_control(tmp_path / "control", year_2001)
    with Control(tmp_path / "control", Mode.SHARED) as control:
        wall_start, monotonic_start = control.start
        assert wall_start == year_2001
        assert began <= monotonic_start <= monotonic_ns()
        before = monotonic_ns() - monotonic_start
        assert before <= control.now_ns() - year_2001 <= monotonic_ns() - monotonic_start
        clock = Clock()
        clock.anchor(*control.start)
        assert abs(clock.session_ns() - control.now_ns()) < 60 * 10**9
        control.kill(Reason.OPERATOR)
        assert year_2001 < control.set_ns <= control.now_ns()


def test_without_a_start_given_session_time_is_the_wall_clocks(control):
    with Control(control) as opened:
        assert abs(opened.now_ns() - wall_ns()) < 60 * 10**9


def test_of_many_who_kill_at_once_exactly_one_reason_wins_and_all_are_told_it(control):
    with Control(control, Mode.SHARED) as switch, ThreadPoolExecutor(8) as pool:
        for _ in range(100):
            told = set(pool.map(switch.kill, range(1, 9)))
            assert told == {switch.killed()}
            switch.clear()


def test_who_may_only_read_the_control_segment_cannot_kill(control):
    with Control(control) as look:
        with pytest.raises(ValueError, match="read-only"):
            look.kill(Reason.OPERATOR)
        with pytest.raises(ValueError, match="read-only"):
            look.clear()
    with Control(control, Mode.SHARED) as switch, pytest.raises(ValueError, match="reason"):
        switch.kill(0)
    with pytest.raises(NativeError, match="bad argument"):
        Control(control, Mode.OWN)


PIPE = """
import select, sys
from pinnacle.core.bell import Bell
from pinnacle.core.ring import RingReader, RingWriter
from pinnacle.core.schema import EventBuffer
from pinnacle.core.segment import Mode
mine, theirs, there, back, rounds = sys.argv[1:]
own, peer = Bell(mine, Mode.OWN), Bell(theirs, Mode.SHARED)
reader, writer, buffer = RingReader(there), RingWriter(back), EventBuffer(1)
own.watch([reader])
end = own.open_pipe()
print("ready", flush=True)
for _ in range(int(rounds)):
    ready = False
    while not ready:
        if own.doze():
            assert select.select([end], [], [], 1000)[0]
            ready = own.awake()
        else:
            ready = True
    assert reader.take(buffer.cdata, 1) == 1
    reader.release()
    assert writer.push(buffer.cdata, 1) == 1
    peer.ring()
"""


@pytest.mark.timeout(100)
def test_no_wake_up_through_a_pipe_is_lost_in_five_thousand_round_trips(paths):
    """As above: a lost one would wait for a thousand seconds."""
    arguments = [paths["b"], paths["a"], paths["there"], paths["back"], 5000]
    echo = subprocess.Popen(
        [sys.executable, "-c", PIPE, *map(str, arguments)], stdout=subprocess.PIPE, text=True
    )
    try:
        assert echo.stdout.readline() == "ready\n"
        own, peer = Bell(paths["a"], Mode.OWN), Bell(paths["b"], Mode.SHARED)
        writer, reader, buffer = (
            RingWriter(paths["there"]),
            RingReader(paths["back"]),
            EventBuffer(1),
        )
        own.watch([reader])
        for _ in range(5000):
            assert writer.push(buffer.cdata, 1) == 1
            peer.ring()
            assert own.wait(Wait.PARK, 0, FOREVER_NS)
            assert reader.take(buffer.cdata, 1) == 1
            reader.release()
        assert echo.wait(10) == 0
    finally:
        echo.kill()
        echo.wait()
        echo.stdout.close()


def dozing(paths):
    """A bell that waits at its pipe, and the ring that it watches."""
    own, reader = Bell(paths["a"], Mode.OWN), RingReader(paths["there"])
    own.watch([reader])
    return own, reader, own.open_pipe()


def is_readable(end):
    return bool(select.select([end], [], [], 0)[0])


def test_who_dozes_is_woken_by_a_byte_and_who_does_not_is_left_alone(paths):
    own, reader, end = dozing(paths)
    writer, peer, buffer = RingWriter(paths["there"]), Bell(paths["a"], Mode.SHARED), EventBuffer(1)
    assert not peer.ring() and not is_readable(end)
    assert own.doze() and own.parked
    assert writer.push(buffer.cdata, 1) == 1 and peer.ring() and is_readable(end)
    assert own.awake() and not own.parked and not is_readable(end)
    assert not own.doze(), "a record is there"
    assert not own.parked
    assert reader.take(buffer.cdata, 1) == 1


def test_a_pipe_that_is_full_wakes_all_the_same_and_is_emptied(paths):
    own, _, end = dozing(paths)
    peer = Bell(paths["a"], Mode.SHARED)
    assert own.doze()
    for _ in range(70_000):
        assert peer.ring()
    assert is_readable(end)
    assert not own.awake() and not is_readable(end)


def test_a_bell_rings_the_next_owner_of_a_pipe_too(paths):
    first, reader, _ = dozing(paths)
    peer = Bell(paths["a"], Mode.SHARED)
    assert first.doze() and peer.ring()
    first.close()
    reader.close()
    second, _, end = dozing(paths)
    second.awake()
    assert second.doze() and peer.ring() and is_readable(end)


def test_nobody_is_rung_at_a_pipe_that_nobody_reads(paths):
    own, _, _ = dozing(paths)
    peer = Bell(paths["a"], Mode.SHARED)
    assert own.doze()
    own.close()
    assert not peer.ring()


def test_what_stands_where_the_pipe_should_is_no_pipe(paths):
    (paths["a"].parent / "a.pipe").write_text("something", encoding="utf-8")
    own = Bell(paths["a"], Mode.OWN)
    with pytest.raises(LayoutError, match=r"a\.pipe"):
        own.open_pipe()
