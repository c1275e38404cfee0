"""Cores dealt to processes, on machines that are made up, and what this one says of itself."""

import contextlib
import os
import signal
import subprocess
import sys

import psutil
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pinnacle.plan import cores as cores_of
from pinnacle.plan.cores import ORDER_PATH, Machine, deal, in_words, listed, this_machine, undealt
from pinnacle.runtime.topology import MarketPlace, Topology
from tests.seats import topology_of
from tests.sessions import until

ONE = topology_of()


def cores(*numbers):
    return frozenset(numbers)


def plain(count):
    """A machine of so many cores of one thread each."""
    return Machine(cores(*range(count)))


def twofold(count):
    """A machine whose cores have two threads: n and n + count."""
    siblings = tuple(cores(n, n + count) for n in range(count))
    return Machine(cores(*range(2 * count)), siblings=siblings)


def test_the_order_path_gets_cores_in_its_order_and_the_lowest_is_the_rests():
    dealt = deal(ONE, {}, plain(8))
    assert dealt.own == {"strategy": 1, "risk": 2, "gateway": 3, "feed": 4, "exchange": 5}
    assert dealt.dealt and dealt.why == "" and dealt.shared == cores(0, 6, 7)
    assert dealt.room("risk") == cores(0, 2, 6, 7) and dealt.room("monitor") == cores(0, 6, 7)


@pytest.mark.parametrize("count", [1, 2, 5])
def test_of_too_few_cores_none_is_dealt_and_it_is_said_why(count):
    dealt = deal(ONE, {}, plain(count))
    assert not dealt.dealt and dealt.own == {} and dealt.shared == plain(count).allowed
    wanted = "5 on the order path and 1 for the rest are wanted"
    assert dealt.why == f"{wanted}, free: {count}"


def test_just_enough_cores_are_enough():
    assert deal(ONE, {}, plain(6)).shared == cores(0)


def test_the_other_thread_of_a_dealt_core_stays_empty():
    dealt = deal(ONE, {}, twofold(6))
    assert list(dealt.own.values()) == [1, 2, 3, 4, 5] and dealt.shared == cores(0, 6)
    assert not deal(ONE, {}, twofold(5)).dealt, "ten threads are five cores"


def test_a_core_of_which_one_thread_alone_may_be_used_is_one():
    machine = twofold(6)
    assert deal(ONE, {}, Machine(cores(*range(6)), siblings=machine.siblings)).dealt


def test_isolated_cores_come_first_and_are_never_shared():
    machine = Machine(cores(0, 1, 2, 3), isolated=cores(4, 5, 6))
    dealt = deal(ONE, {}, machine)
    assert list(dealt.own.values()) == [4, 5, 6, 1, 2] and dealt.shared == cores(0, 3)
    enough = deal(ONE, {}, Machine(cores(0), isolated=cores(*range(1, 9))))
    assert list(enough.own.values()) == [1, 2, 3, 4, 5] and enough.shared == cores(0)
    assert not deal(ONE, {}, Machine(cores(), isolated=cores(*range(9)))).dealt, "none for the rest"


def test_what_the_configuration_says_stands_and_its_core_is_nobody_elses():
    dealt = deal(ONE, {"risk": 0, "monitor": 1}, twofold(7))
    assert dealt.own == {
        "risk": 0, "monitor": 1, "strategy": 3, "gateway": 4, "feed": 5, "exchange": 6,
    }  # fmt: skip
    assert dealt.shared == cores(2, 9)
    few = deal(ONE, {"risk": 1}, plain(2))
    assert few.own == {"risk": 1} and few.shared == cores(0) and not few.dealt and few.why


def test_where_everything_is_configured_nothing_is_dealt_and_nothing_need_be_said():
    configured = {process.name: 1 for process in ONE.processes}
    dealt = deal(ONE, configured, plain(16))
    assert (dealt.own, dealt.dealt, dealt.why) == (configured, False, "")
    assert dealt.shared == plain(16).allowed - {1}


def test_cores_to_which_others_are_pinned_are_left_to_them():
    machine = Machine(cores(*range(8)), taken=cores(1, 2))
    dealt = deal(ONE, {}, machine)
    assert list(dealt.own.values()) == [3, 4, 5, 6, 7] and dealt.shared == cores(0)
    assert not deal(ONE, {}, Machine(cores(*range(8)), taken=cores(1, 2, 3))).dealt


def test_undealt_the_rest_stays_off_what_is_configured_where_it_can():
    assert undealt(ONE, {"feed": 1, "exchange": 0}, plain(3), "").shared == cores(0, 2)
    assert undealt(ONE, {"feed": 0, "risk": 1}, plain(2), "").shared == cores(0, 1)


@st.composite
def machines(draw):
    threads = draw(st.integers(1, 2))
    count = draw(st.integers(1, 24))
    numbers = [cores(*(n + t * count for t in range(threads))) for n in range(count)]
    isolated = draw(st.sets(st.sampled_from(numbers)))
    everything = cores(*range(threads * count))
    some = st.sets(st.sampled_from(sorted(everything)), max_size=6).map(frozenset)
    apart = frozenset().union(*isolated)
    return Machine(everything - apart - draw(some), apart, tuple(numbers), draw(some))


@given(machines(), st.integers(1, 4), st.dictionaries(st.integers(0, 12), st.integers(0, 30)))
def test_all_that_want_a_core_get_one_of_their_own_or_none_does(machine, venues, chosen):
    places = [MarketPlace(f"v{i}", False, (i,)) for i in range(venues)]
    topology = Topology(places, {"": tuple(range(venues))})
    names = [process.name for process in topology.processes]
    configured = {names[i]: cpu for i, cpu in chosen.items() if i < len(names)}
    found = deal(topology, configured, machine)
    assert configured.items() <= found.own.items()
    dealt = {name: cpu for name, cpu in found.own.items() if name not in configured}
    assert found.dealt == bool(dealt)
    if not dealt:
        return
    wanting = [p.name for p in topology.processes if p.role in ORDER_PATH]
    assert set(dealt) == set(wanting) - set(configured)
    whole = {thread: core for core in machine.siblings for thread in core}
    hot = [whole[cpu] for cpu in dealt.values()]
    assert len(set(hot)) == len(hot), "no two on the threads of one core"
    others = machine.taken | set(configured.values()) | found.shared
    reachable = machine.allowed | machine.isolated
    assert set(dealt.values()) <= reachable
    assert not frozenset().union(*hot) & others & reachable
    assert found.shared and found.shared <= machine.allowed
    assert not found.shared & (machine.taken | set(configured.values()))


@given(st.sets(st.integers(0, 200)))
def test_a_list_of_cores_is_read_as_it_is_written(numbers):
    assert listed(in_words(numbers) + "\n") == numbers


def test_a_list_is_written_as_short_as_the_kernel_does():
    assert in_words([0, 1, 2, 4, 7, 8]) == "0-2,4,7-8" and in_words([]) == ""


def test_this_machine_is_looked_at_and_left_as_it_is():
    before = os.sched_getaffinity(0)
    machine = this_machine()
    assert machine.allowed == before == os.sched_getaffinity(0)
    for core in machine.siblings:
        assert core
    deal(ONE, {}, machine)


def test_a_program_that_is_pinned_to_a_core_has_taken_it():
    cpu = max(os.sched_getaffinity(0))
    command = [sys.executable, "-c", "import time; time.sleep(60)"]
    with subprocess.Popen(command) as program:
        os.sched_setaffinity(program.pid, {cpu})
        try:
            until(lambda: cpu in this_machine().taken, 10, "a taken core")
        finally:
            program.send_signal(signal.SIGKILL)


def test_cores_are_taken_by_programs_that_are_pinned_to_one_and_by_no_other():
    def pinned():
        found = set()
        for process in psutil.process_iter():
            with contextlib.suppress(psutil.Error):
                cores = process.cpu_affinity()
                if len(cores) == 1 and process.cmdline() and process.pid != os.getpid():
                    found.update(cores)
        return found

    until(lambda: this_machine().taken == pinned(), 10, "the same cores as are pinned")


def test_asking_for_isolated_cores_leaves_this_process_where_it_was(monkeypatch):
    """Nobody here need have some: what is asked of the kernel is what it would be asked for."""
    asked, isolated = [], max(os.sched_getaffinity(0)) + 1
    monkeypatch.setattr(
        cores_of, "_listed", lambda file: cores(isolated) if file.name == "isolated" else cores()
    )
    before = os.sched_getaffinity(0)
    monkeypatch.setattr(os, "sched_setaffinity", lambda pid, who: asked.append((pid, set(who))))
    monkeypatch.setattr(
        os, "sched_getaffinity", lambda pid: before | {isolated} if asked else before
    )
    assert this_machine().isolated == {isolated}
    assert asked == [(0, before | {isolated}), (0, before)]
