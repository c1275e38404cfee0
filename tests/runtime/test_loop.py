"""When a process that turns in C comes back to its caller."""

import signal
import threading
from time import monotonic_ns

import pytest

from pinnacle.core._native import lib
from pinnacle.core.bell import Control
from pinnacle.core.config import ProcessConfig
from pinnacle.core.ring import RingReader, RingWriter
from pinnacle.core.schema import Kind, Reason, events_pointer
from pinnacle.core.segment import Mode
from pinnacle.plan.checks import load_session
from pinnacle.runtime.runtime import Runtime
from pinnacle.session.create import create_session
from tests.records import event
from tests.seats import seat_of
from tests.sessions import demo_config

LONG_NS = 10_000_000_000


class World:
    """The risk process's runtime; the test is its strategy, and whoever kills."""

    def __init__(self, folder):
        config, paths = demo_config(folder, "loop")
        create_session(load_session(config), paths)
        self.runtime = Runtime(seat_of("risk", paths, config=ProcessConfig(wait="park")))
        self.reader = RingReader(paths.ring("intents"))
        self.writer = RingWriter(paths.ring("intents"))
        self.control = Control(paths.control, Mode.SHARED)
        self.runtime.wait_on(self.reader)

    def span(self, length_ns):
        loop = self.runtime.span()
        loop.until_ns = monotonic_ns() + length_ns
        return loop

    def send(self):
        row = event(Kind.NEW)
        self.writer.push_all(events_pointer(row), 1)
        self.runtime.bell.ring()


@pytest.fixture
def world(tmp_path):
    made = World(tmp_path)
    yield made
    made.control.close()
    made.runtime.__exit__(None, None, None)


def later(action):
    thread = threading.Timer(0.05, action)
    thread.start()
    return thread


def test_a_record_ends_the_wait_and_the_turns_go_on(world):
    loop = world.span(LONG_NS)
    thread = later(world.send)
    assert lib.pmm_loop_again(loop, 0) == 1
    thread.join()
    assert loop.until_ns - monotonic_ns() > LONG_NS / 2


def test_it_comes_back_when_nothing_came_until_its_time(world):
    assert lib.pmm_loop_again(world.span(1_000_000), 0) == 0


def test_it_comes_back_in_time_though_records_keep_coming(world):
    world.send()
    assert lib.pmm_loop_again(world.span(LONG_NS), 1) == 1
    assert lib.pmm_loop_again(world.span(0), 1) == 0


def test_the_kill_word_is_told_before_the_record_behind_it(world):
    def kill_and_send():
        world.control.kill(Reason.KILL_SWITCH)
        world.send()

    loop = world.span(LONG_NS)
    thread = later(kill_and_send)
    assert lib.pmm_loop_again(loop, 0) == 0
    thread.join()
    assert lib.pmm_loop_again(loop, 1) == 0
    loop.killed = Reason.KILL_SWITCH
    assert lib.pmm_loop_again(loop, 1) == 1


def test_a_process_without_an_input_log_goes_on_waiting_while_trading_is_halted(world):
    """The feed has nothing to tell its log, and must not turn for nothing on a shared core."""
    world.control.kill(Reason.OPERATOR)
    world.runtime.housekeep()
    thread = later(world.send)
    assert lib.pmm_loop_again(world.span(LONG_NS), 0) == 1
    thread.join()


def test_a_signal_ends_the_wait(world):
    seen = []
    before = signal.signal(signal.SIGALRM, lambda *_: seen.append(1))
    try:
        loop = world.span(LONG_NS)
        signal.setitimer(signal.ITIMER_REAL, 0.05)
        assert lib.pmm_loop_again(loop, 0) == 0
    finally:
        signal.signal(signal.SIGALRM, before)
    assert seen
    assert loop.until_ns - monotonic_ns() > LONG_NS / 2


def test_turns_that_took_something_are_counted(world):
    loop = world.span(LONG_NS)
    for taken in (3, 1, 7):
        lib.pmm_loop_again(loop, taken)
    loop.until_ns = 0
    lib.pmm_loop_again(loop, 0)
    assert loop.turns == 3
