"""What a gateway's segment says of its heart: begun, silent, back, ended, another one's."""

import time

import pytest

from pinnacle.core.bell import Bell, ProcessState, create_bell
from pinnacle.core.segment import Mode
from pinnacle.killer.heart import Heart


@pytest.fixture
def segment(tmp_path):
    return tmp_path / "gateway.process"


@pytest.fixture
def heart(segment):
    made = Heart(segment)
    yield made
    made.close()


def gateway(segment, state=ProcessState.READY):
    """A process that owns the segment, and has said this of itself."""
    if not segment.exists():
        create_bell(segment, "gateway")
    bell = Bell(segment, Mode.OWN)
    bell.set_state(state)
    bell.segment.beat()
    return bell


def dies(bell):
    """Without a word: the segment stays as its owner left it, for its close gives back its own."""
    bell.segment.pointer.header.owner_pid += 1
    bell.close()


def test_nothing_is_expected_of_a_gateway_that_is_not_there_yet(heart, segment):
    assert heart.silent_s() is None
    create_bell(segment, "gateway")
    assert heart.silent_s() is None
    for state in (ProcessState.STARTING, ProcessState.RECOVERING):
        bell = gateway(segment, state)
        assert heart.silent_s() is None
        bell.close()


@pytest.mark.parametrize("state", [ProcessState.READY, ProcessState.WAITING])
def test_a_gateway_that_has_begun_is_as_silent_as_its_last_beat_is_old(heart, segment, state):
    bell = gateway(segment, state)
    assert heart.silent_s() < 1
    time.sleep(0.05)
    first = heart.silent_s()
    assert first >= 0.05
    bell.segment.beat()
    assert heart.silent_s() < first
    bell.close()


def test_one_that_was_killed_and_one_that_ended_by_an_error_are_silent(heart, segment):
    dies(gateway(segment))
    time.sleep(0.03)
    assert heart.silent_s() >= 0.03
    # Ended by an error: the segment is given back, and nobody has said that it ends in order.
    gateway(segment).close()
    time.sleep(0.03)
    assert heart.silent_s() >= 0.03


def test_one_that_ended_in_order_is_not_silent_whatever_it_was_before(heart, segment):
    bell = gateway(segment)
    assert heart.silent_s() is not None
    bell.set_state(ProcessState.STOPPING)
    assert heart.silent_s() is not None
    bell.close()
    assert heart.silent_s() is None
    segment.unlink()
    assert heart.silent_s() is None


def test_one_that_died_while_it_ended_is_silent(heart, segment):
    bell = gateway(segment)
    assert heart.silent_s() is not None
    bell.set_state(ProcessState.STOPPING)
    dies(bell)
    time.sleep(0.03)
    assert heart.silent_s() >= 0.03


def test_a_killer_that_comes_after_the_death_sees_it(heart, segment):
    dies(gateway(segment))
    time.sleep(0.03)
    assert heart.silent_s() >= 0.03


def test_one_that_starts_again_is_silent_until_it_beats(heart, segment):
    bell = gateway(segment)
    assert heart.silent_s() is not None
    dies(bell)
    time.sleep(0.03)
    for state in (ProcessState.STARTING, ProcessState.RECOVERING):
        bell = gateway(segment, state)
        assert heart.silent_s() >= 0.03
        bell.close()
    bell = gateway(segment, ProcessState.WAITING)
    assert heart.silent_s() < 0.03
    bell.close()


def test_a_session_of_the_same_name_that_is_made_anew_is_the_one_that_is_watched(heart, segment):
    bell = gateway(segment)
    assert heart.silent_s() is not None
    bell.set_state(ProcessState.STOPPING)
    bell.close()
    segment.unlink()
    bell = gateway(segment)
    assert heart.silent_s() is not None
    dies(bell)
    time.sleep(0.03)
    assert heart.silent_s() >= 0.03


def test_a_new_session_does_not_hide_that_the_one_before_it_died(heart, segment):
    bell = gateway(segment)
    assert heart.silent_s() is not None
    dies(bell)
    segment.unlink()
    create_bell(segment, "gateway")
    time.sleep(0.03)
    assert heart.silent_s() >= 0.03


def test_an_end_in_order_that_nobody_looked_at_before_the_next_session_counts(heart, segment):
    bell = gateway(segment)
    assert heart.silent_s() is not None
    bell.set_state(ProcessState.STOPPING)
    bell.close()
    segment.unlink()
    create_bell(segment, "gateway")
    assert heart.silent_s() is None
