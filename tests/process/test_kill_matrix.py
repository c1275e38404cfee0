"""Each process of a live session is killed in turn; the session survives it without a loss."""

import os
import signal
import time

import numpy as np
import pytest

from pinnacle.core.instruments import read_list
from pinnacle.core.paths import SessionPaths
from pinnacle.core.schema import Flag, Kind, Reason, Side, Source
from tests.sessions import Resting, assert_repeats, journalled, rest, running_demo, until

NEEDED = ("feed", "strategy", "risk", "gateway")
EVERYONE = (*NEEDED, "exchange", "monitor")


@pytest.fixture(scope="module")
def survived(tmp_path_factory):
    """A session in which every process was killed once; (paths, report, kill times)."""
    killed = {}
    often = "[journal]\ncheckpoint_s = 1\n"
    with running_demo(tmp_path_factory.mktemp("kill"), "kill", extra=often) as live:
        for role in EVERYONE:
            until(live.in_the_market, 60, f"orders in the market before {role} dies")
            killed[role] = kill(live, role)
            until(lambda role=role: back(live, role, killed[role][1]), 60, f"{role} back")
        until(live.quoting, 60, "quoting at the end")
        time.sleep(1.0)
        report = live.finish()
    return live.paths, report, killed


def back(live, role, restarts):
    view = live.process(role)
    return view.state == "ready" and view.restarts > restarts and live.ready()


def kill(live, role):
    view = live.process(role)
    os.kill(view.pid, signal.SIGKILL)
    return live.observer.now_ns(), view.restarts


def exchange_orders(paths: SessionPaths) -> np.ndarray:
    """Everything that the exchange reported, from its own journal."""
    rows = journalled(paths, "exchange")
    return rows[(rows["flags"] & Flag.DECISION) != 0]


@pytest.mark.long
def test_every_process_came_back_once(survived):
    _, report, _ = survived
    assert {role: row["restarts"] for role, row in report["processes"].items()} == dict.fromkeys(
        report["processes"], 1
    )


@pytest.mark.long
@pytest.mark.parametrize("role", NEEDED)
def test_quotes_left_the_market_before_anything_came_back_to_it(survived, role):
    """By the exchange's own journal: between this kill and the next there was a moment without a
    resting order, and what rested at the kill had left before anything else was acknowledged that
    its successor sent."""
    paths, _, killed = survived
    at, until_ns = killed[role][0], killed[EVERYONE[EVERYONE.index(role) + 1]][0]
    resting: Resting = {}
    moments = []
    for row in exchange_orders(paths):
        rest(resting, row)
        if at < int(row["recv_ns"]) < until_ns:
            moments.append(len(resting))
    assert moments and moments[0] > 0, "nothing rested when it was killed: nothing was tested"
    assert 0 in moments
    assert moments[-1] > 0, "it is quoted again"


@pytest.mark.long
def test_positions_equal_the_exchanges_own_ledger(survived):
    paths, report, _ = survived
    rows = exchange_orders(paths)
    fills = rows[rows["kind"] == Kind.FILL]
    assert len(fills), "nothing was traded: nothing was tested"
    for instrument in read_list(paths.instrument_list):
        mine = fills[fills["instrument_id"] == instrument.instrument_id]
        signed = np.where(mine["side"] == Side.BID, mine["quantity"], -mine["quantity"])
        expected = instrument.quantity_text(int(signed.sum()))
        assert report["instruments"][instrument.symbol]["position"] == expected


@pytest.mark.long
def test_the_session_still_repeats_itself(survived):
    paths, _, _ = survived
    assert_repeats(paths)


@pytest.mark.long
def test_the_market_was_told_why(survived):
    """The gateway's death is the venue's to notice: cancel on disconnect."""
    paths, _, _ = survived
    rows = exchange_orders(paths)
    reasons = {Reason(int(r)) for r in rows[rows["kind"] == Kind.CANCELLED]["reason"]}
    assert Reason.CANCEL_ON_DISCONNECT in reasons
    risk = journalled(paths, "risk")
    lost = risk[risk["kind"] == Kind.PEER_LOST]
    assert Source.STRATEGY in lost["aux"]
