"""What the owner of a running session tells it, and that all of it comes out of its journals."""

import contextlib
import json
import os
import signal
import subprocess
import sys

import pytest

from pinnacle.core.queues import Queue, queue_name
from pinnacle.core.schema import Flag, Kind, Reason
from tests.sessions import assert_repeats, journalled, running_demo, until

pytestmark = [pytest.mark.long, pytest.mark.timeout(400)]


WIDER = ("spread_min_ticks = 2\n", "spread_min_ticks = 50\n")


def told(live, *words, code=0):
    command = [sys.executable, "-m", "pinnacle", *map(str, words), "--json", "--session", live.name]
    command += ["--config", str(live.config)]
    done = subprocess.run(command, capture_output=True, text=True, encoding="utf-8", timeout=100)
    assert done.returncode == code and "Traceback" not in done.stderr, done.stderr
    return json.loads(done.stdout)


def reload(live):
    command = [sys.executable, "-m", "pinnacle", "reload", str(live.config), "--json"]
    command += ["--session", live.name]
    done = subprocess.run(command, capture_output=True, text=True, encoding="utf-8", timeout=100)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def spread(live):
    """Ticks of 0.1 between our own best prices of the first instrument; 0 while one is missing."""
    resting = [order for order in told(live, "orders") if order["instrument"] == "BTC-USD"]
    prices = {
        side: [float(order["price"]) for order in resting if order["side"] == side]
        for side in ("buy", "sell")
    }
    return (min(prices["sell"]) - max(prices["buy"])) * 10 if all(prices.values()) else 0


def held(live):
    return [live.observer.position(i).position for i in live.observer.instruments]


def decided(live, process, kind):
    rows = journalled(live.paths, process)
    return rows[(rows["kind"] == kind) & (rows["flags"] & Flag.DECISION != 0)]


def test_a_session_does_what_it_is_told_and_repeats_it_from_its_journals(tmp_path):
    with running_demo(tmp_path, "told") as live:
        until(live.in_the_market, 60, "quoting")
        assert told(live, "orders")

        took = told(live, "cancel-all")
        assert sum(took["orders"].values()) >= 4 and took["open"] == 0
        cancels = decided(live, "gateway", Kind.CANCEL)
        assert (cancels["reason"] == Reason.OPERATOR).sum() >= 4
        until(live.in_the_market, 30, "quoting again")

        halted = told(live, "halt")
        assert halted["what"] == "halted (operator)" and sum(halted["orders"].values()) >= 4
        assert (halted["open"], told(live, "orders")) == (0, [])
        told(live, "resume")
        until(lambda: live.in_the_market() and any(held(live)), 60, "quoting, and a position")

        flat = told(live, "flatten", "--slippage-bps", "50", "--tries", "20")
        assert (flat["left"], flat["open"], flat["faults"]) == ({}, 0, [])
        assert all(float(text) for of in flat["positions"].values() for text in of.values())
        assert flat["positions"] and set(flat["positions"]) == {"strategy"}
        assert [float(row["position"]) for row in told(live, "positions")] == [0.0, 0.0]
        assert told(live, "orders") == []
        closing = decided(live, "strategy", Kind.NEW)
        assert (closing["aux"] & 0xFF).any(), "no IOC order"
        told(live, "resume")
        until(live.in_the_market, 30, "quoting again")

        file = live.config.read_text(encoding="utf-8")
        live.config.write_text(file.replace(*WIDER, 1), encoding="utf-8")
        for pid in (None, live.process("strategy").pid):
            if pid is not None:
                os.kill(pid, signal.SIGKILL)  # it reads again what it was told
                until(lambda pid=pid: live.process("strategy").pid not in (0, pid), 30, "again")
                until(live.in_the_market, 30, "quoting again")
            reloaded = reload(live)
            changed = {} if pid else {"strategy": {"BTC-USD": {"spread_min_ticks": ["2", "50"]}}}
            assert (reloaded["changed"], reloaded["faults"]) == (changed, [])
        until(lambda: spread(live) >= 50, 30, "quotes by what was set")
        rows = journalled(live.paths, "strategy")
        assert (rows["kind"] == Kind.PARAMETER).sum() == 1
        live.config.write_text(file, encoding="utf-8")

        garbage = Queue(queue_name(live.paths, "risk"))
        assert garbage.send(b"\0\xff nonsense")
        garbage.close()
        until(lambda: live.observer.counters("risk").get("bad_commands") == 1, 10, "counted")

        standing = live.process("risk").pid
        os.kill(standing, signal.SIGSTOP)
        try:
            stood = told(live, "halt", "--within", "0.5", code=1)
            assert "no answer within 0.5 s: is it alive?" in stood["faults"][0]
            assert live.observer.killed() == Reason.OPERATOR
        finally:
            with contextlib.suppress(ProcessLookupError):  # the supervisor ends it after 5 s
                os.kill(standing, signal.SIGCONT)
        told(live, "resume")
        until(live.in_the_market, 30, "quoting again")
        names = [queue_name(live.paths, name) for name in live.paths.processes()]
        live.finish()
    assert_repeats(live.paths)
    for name in names:
        with pytest.raises(FileNotFoundError):
            Queue(name)
