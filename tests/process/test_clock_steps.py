"""A whole session while its machine's wall clock is set, back and forth, and while it sleeps."""

import os
import re
import signal
import time
from itertools import pairwise

import numpy as np
import pytest

from pinnacle.core.schema import Flag, Kind, Reason
from tests.process.wrong_clocks import WrongClocks
from tests.sessions import assert_repeats, journalled, running_demo, until

pytestmark = pytest.mark.long

DAY_S = 24 * 3600.0
#: The wall clock's error when the session is made: the machine has no battery and no network yet.
BEGAN_S = 60.0 - time.time()
#: The wall clock's error, and how much of it the machine has slept: what the session lives through.
STEPS = {
    "from 1970 to now": (0.0, 0.0),
    "20 s ahead": (20.0, 0.0),
    "right again": (0.0, 0.0),
    "20 s behind": (-20.0, 0.0),
    "an hour ahead": (3600.0, 0.0),
    "in 1970": (BEGAN_S, 0.0),
    "in 2100": (75 * 365 * DAY_S, 0.0),
    "a leap second": (-1.0, 0.0),
    "asleep for an hour": (3600.0, 3600.0),
    "asleep for a day": (DAY_S, DAY_S),
}
LEGS = ("feed", "strategy", "risk", "gateway", "exchange")
#: What the processes may need on a busy machine. A market that stands still until a clock has
#: caught up stands for 20 s and more.
WAIT_S = 10.0


def sent(live) -> int:
    """Orders that the gateway has sent so far."""
    rows = journalled(live.paths, "gateway")
    orders = (rows["kind"] == Kind.NEW) | (rows["kind"] == Kind.REPLACE)
    return int(np.count_nonzero(orders & (rows["flags"] & Flag.DECISION != 0)))


@pytest.fixture(scope="module")
def stepped(tmp_path_factory):
    """(paths, report, what was printed by each process) of a session that began in 1970."""
    folder = tmp_path_factory.mktemp("steps")
    clocks = WrongClocks(folder)
    clocks.set(BEGAN_S)
    with running_demo(folder, "steps", environment=clocks.environment) as live:
        until(live.quoting, 60, "quoting")
        for name, (wall_s, asleep_s) in STEPS.items():
            before = sent(live)
            clocks.set(wall_s, asleep_s)
            until(lambda before=before: sent(live) >= before + 4, WAIT_S, f"orders with it {name}")
            until(live.quoting, WAIT_S, f"quotes on both sides with it {name}")
            assert live.observer.killed() == Reason.NONE, name
            time.sleep(0.2)  # a housekeeping of every process: each step is one of its own
        report = live.finish()
    logs = {role: (live.paths.data / f"{role}.log").read_text(encoding="utf-8") for role in LEGS}
    return live.paths, report, logs


def test_nobody_died_of_it(stepped):
    _, report, _ = stepped
    assert {role: row["restarts"] for role, row in report["processes"].items()} == dict.fromkeys(
        report["processes"], 0
    )
    assert report["lost_records"] == 0


def test_the_quotes_stood(stepped):
    _, report, _ = stepped
    for row in report["instruments"].values():
        assert row["two_sided"] > 0.8
        assert row["fills"]["bid"] + row["fills"]["ask"] > 0


@pytest.mark.parametrize("role", ["strategy", "risk", "gateway"])
def test_session_time_went_on_with_the_monotonic_clock_and_both_clocks_are_on_record(stepped, role):
    paths, _, _ = stepped
    rows = journalled(paths, role)
    timers = rows[(rows["kind"] == Kind.TIMER) & (rows["order_id"] > 0)]
    stamps, monotonic = timers["recv_ns"], timers["order_id"].astype(np.int64)
    assert np.all(np.diff(stamps) > 0)
    # Stamped just before the clock was looked at: the offset is one number for the whole session.
    offsets = monotonic - stamps
    assert int(np.median(offsets)) - int(offsets.min()) < 1_000_000
    ahead_s = (timers["aux"] - stamps) / 1e9
    for wall_s, _ in STEPS.values():
        assert np.any(np.abs(ahead_s - (wall_s - BEGAN_S)) < 0.5), wall_s


@pytest.mark.parametrize("role", LEGS)
def test_each_step_was_told(stepped, role):
    _, _, logs = stepped
    errors = [BEGAN_S, *(wall_s for wall_s, asleep_s in STEPS.values() if not asleep_s)]
    steps = [after - before for before, after in pairwise(errors)]
    told = [float(s) for s in re.findall(r"wall clock was set by ([+-]\d+\.\d+) s", logs[role])]
    assert told == pytest.approx(steps, abs=0.01)
    slept = [float(s) for s in re.findall(r"was suspended for (\d+\.\d+) s", logs[role])]
    assert slept == pytest.approx([3600.0, DAY_S - 3600.0], abs=0.01)


def test_the_duration_is_what_passed_and_not_what_the_clock_said(stepped):
    paths, report, _ = stepped
    stamps = journalled(paths, "risk")["recv_ns"]
    assert 0 < report["duration_s"] <= (int(stamps.max()) - int(stamps.min())) / 1e9 + 1


def test_it_repeats_itself(stepped):
    paths, _, _ = stepped
    assert_repeats(paths)


def test_everything_stood_still_and_goes_on(tmp_path):
    """Every process is stopped, as on a machine without a core, for longer than a turn's bound.

    The supervisor too: one that goes on would start anew what hangs.
    """
    stopped_s = 6.0
    with running_demo(tmp_path, "stopped") as live:
        until(live.quoting, 60, "quoting")
        pids = [live.run.pid, *(process.pid for process in live.observer.processes())]
        for pid in pids:
            os.kill(pid, signal.SIGSTOP)
        time.sleep(stopped_s)
        before = sent(live)
        for pid in pids:
            os.kill(pid, signal.SIGCONT)
        until(lambda: sent(live) >= before + 4, 20, "orders again")
        until(live.quoting, 20, "quotes again")
        assert live.observer.killed() == Reason.NONE
        report = live.finish()
    assert not any(row["restarts"] for row in report["processes"].values())
    said = (live.paths.data / "exchange.log").read_text(encoding="utf-8")
    skipped = sum(float(s) for s in re.findall(r"the market skips (\d+\.\d) s", said))
    assert skipped >= stopped_s - 1.1
