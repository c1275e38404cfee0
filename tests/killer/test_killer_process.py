"""`pinnacle killer` beside a real live session whose gateway is killed."""

import json
import os
import signal

import pytest

from pinnacle.core.bell import Bell
from tests.live_sessions import live_config, started
from tests.served_exchange import exchange_served
from tests.sessions import until

pytestmark = [pytest.mark.long, pytest.mark.timeout(200)]


def open_at(ledger):
    """Venue ids of the orders that rest by the exchange's own ledger, and why the others ended."""
    rests, reasons = {}, {}
    for line in ledger.read_text(encoding="utf-8").splitlines(keepends=True):
        if not line.endswith("\n"):
            continue  # half of it is written
        row = json.loads(line)
        if row["what"] == "order":
            rests[row["order"]] = row
        if row["what"] == "cancel":
            rests.pop(row["order"], None)
            reasons[row["order"]] = row["reason"]
        if row["what"] == "fill" and row["order"] in rests:
            left = float(rests[row["order"]]["quantity"]) - float(row["quantity"])
            rests[row["order"]]["quantity"] = str(left)
            if left <= 1e-12:
                del rests[row["order"]]
    return rests, reasons


def wider(tables):
    """What nobody takes back for a while is not all filled meanwhile."""
    for maker in tables["strategy"]["market_maker"].values():
        maker["spread_min_ticks"] = maker["spread_max_ticks"] = 1000


@pytest.fixture
def desk(tmp_path):
    """(folder, ledger, configuration, paths, started processes) of a session on an exchange."""
    ledger, processes = tmp_path / "ledger.jsonl", {}
    with exchange_served(tmp_path, ledger=ledger) as where:
        config, paths = live_config(tmp_path / "desk", where, change=wider)
        try:
            yield tmp_path, ledger, config, paths, processes
        finally:
            for process in processes.values():
                if process.poll() is None:
                    process.terminate()
                    process.wait(60)


def watched_by(desk, after_s):
    """What the killer says; it is ready, and the session quotes."""
    folder, ledger, config, _, processes = desk
    told = folder / "killer.txt"
    words = ["killer", config, "--name", "x", "--after", after_s]
    processes["killer"] = started(folder, *words, out=told)
    until(lambda: "ready: the venue takes the key" in told.read_text(encoding="utf-8"), 60, "key")
    words = ["run", config, "--live", "--yes", "--name", "x", "--port", 0]
    processes["session"] = started(folder, *words, out=folder / "session.txt")
    until(lambda: len(open_at(ledger)[0]) >= 4, 90, "quotes")
    return told


def gateway_of(paths):
    with Bell(paths.process("gateway")) as bell:
        return bell.segment.owner_pid


def test_what_a_killed_session_leaves_at_the_venue_is_cancelled(desk):
    _, ledger, _, paths, processes = desk
    told = watched_by(desk, 1.5)
    # It stands still first: without its supervisor it would take its orders back itself. And that
    # one is killed before it is: it would start the gateway again, in time.
    gateway = gateway_of(paths)
    assert gateway
    os.kill(gateway, signal.SIGSTOP)
    processes["session"].kill()
    os.kill(gateway, signal.SIGKILL)
    left, _ = open_at(ledger)
    assert left
    until(lambda: "nothing is open any more" in told.read_text(encoding="utf-8"), 60, "it is told")
    rests, reasons = open_at(ledger)
    assert not rests
    ended = [reasons[order] for order in left if order in reasons]
    assert ended and set(ended) == {"requested"}
    processes["killer"].terminate()
    assert processes["killer"].wait(20) == 0
    assert "the gateway is silent: everything is cancelled" in told.read_text(encoding="utf-8")


def test_a_gateway_that_is_back_in_time_is_left_alone_and_so_is_the_end(desk):
    _, ledger, _, paths, processes = desk
    told = watched_by(desk, 12)
    gateway = gateway_of(paths)
    os.kill(gateway, signal.SIGKILL)
    until(lambda: gateway_of(paths) not in (0, gateway), 60, "another gateway")
    until(lambda: len(open_at(ledger)[0]) >= 4, 60, "quotes again")
    processes["session"].send_signal(signal.SIGINT)
    assert processes["session"].wait(60) == 0
    assert not open_at(ledger)[0]
    processes["killer"].send_signal(signal.SIGINT)
    assert processes["killer"].wait(20) == 0
    words = told.read_text(encoding="utf-8")
    assert "silent" not in words and "Traceback" not in words
