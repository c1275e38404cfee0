"""Paper trading on captures, made and recorded: served as the venue would, the chain on them."""

import json
import subprocess
import sys

import numpy as np
import pytest

from pinnacle.core.schema import Flag, Kind, Reason
from tests.beside import CAPTURES, needs_captures
from tests.process.wrong_clocks import WrongClocks
from tests.served import at, made, serving
from tests.sessions import (
    assert_repeats,
    demo_config,
    journalled,
    resting_at_the_end,
    running_demo,
    until,
)

SECONDS = 25
#: The recorded tape is 5.8 minutes long; the made one as long as the session and its start need.
SPEED = {"made": 6, "recorded": 12}


@pytest.fixture(scope="module", params=["made", pytest.param("recorded", marks=needs_captures)])
def paper(request, tmp_path_factory):
    """(paths, report) of one paper session over the captures of both instruments."""
    folder, speed = tmp_path_factory.mktemp("paper"), SPEED[request.param]
    files = (
        CAPTURES.values() if request.param == "recorded" else made(folder, speed * (SECONDS + 10))
    )
    with serving(folder, files, speed) as addresses:
        yield run(folder, addresses)


def run(folder, addresses):
    config, paths = demo_config(folder, "paper", "binance-paper.toml", change=at(addresses))
    report = folder / "r.json"
    command = [sys.executable, "-m", "pinnacle", "run", str(config), "--name", "paper"]
    command += ["--duration", str(SECONDS), "--report", str(report), "--port", "0"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=110)
    assert done.returncode == 0, done.stdout + done.stderr
    return paths, json.loads(report.read_text(encoding="utf-8"))


pytestmark = pytest.mark.long


def test_both_instruments_are_quoted_and_filled_on_the_market(paper):
    _, report = paper
    assert set(report["instruments"]) == {"BTCUSDT", "ETHUSDT"}
    assert report["market"]["events"] > 50_000
    for row in report["instruments"].values():
        assert row["two_sided"] > 0.8
        assert row["fills"]["bid"] > 0 and row["fills"]["ask"] > 0


def test_the_market_was_whole(paper):
    """No gap behind the first snapshot: only the end of the session invalidates.

    Where the market leaves what the snapshot knew, another follows without a break.
    """
    paths, report = paper
    rows = journalled(paths, "feed")
    assert report["lost_records"] == 0
    for instrument in (0, 1):
        mine = rows[rows["instrument_id"] == instrument]
        ends = np.flatnonzero(mine["kind"] == Kind.BOOK_END)
        assert len(ends) >= 1
        invalid = np.flatnonzero(mine["kind"] == Kind.BOOK_INVALID)
        for behind in invalid[invalid > ends[0]]:
            assert not np.any(mine[behind:]["kind"] == Kind.DEPTH)


def test_every_fill_is_of_a_resting_order_and_nothing_is_left_in_the_queue(paper):
    paths, _ = paper
    rows = journalled(paths, "exchange")
    given = rows[(rows["flags"] & Flag.DECISION) != 0]
    fills = given[given["kind"] == Kind.FILL]
    assert len(fills) and np.all(fills["flags"] & Flag.MAKER)
    assert resting_at_the_end(given) == {}


def test_verify_repeats_every_decision(paper):
    paths, _ = paper
    assert_repeats(paths)


def test_after_a_sleep_the_books_are_fetched_anew_and_a_step_of_the_clock_moves_nothing(
    tmp_path,
):
    clocks, speed = WrongClocks(tmp_path), SPEED["made"]
    with (
        serving(tmp_path, made(tmp_path, speed * 90), speed) as addresses,
        running_demo(
            tmp_path,
            "slept",
            "binance-paper.toml",
            environment=clocks.environment,
            change=at(addresses),
        ) as live,
    ):
        until(live.quoting, 30, "quoting")
        clocks.set(-20.0)
        before = live.observer.now_ns()
        until(lambda: sent_since(live, before) >= 4, 10, "orders with a clock that is behind")
        asleep = live.observer.now_ns()
        clocks.set(3580.0, 3600.0)
        until(lambda: sorted(fetched_since(live, asleep)) == [0, 1], 10, "both books anew")
        back = live.observer.now_ns()
        until(lambda: sent_since(live, back) >= 4, 10, "orders on them")
        until(live.quoting, 10, "quotes on both sides")
        live.finish()
    feed = journalled(live.paths, "feed")
    stale = (feed["kind"] == Kind.BOOK_INVALID) & (feed["reason"] == Reason.STALE)
    assert sorted(feed[stale]["instrument_id"]) == [0, 1]
    assert "suspended for 3600" in (live.paths.data / "feed.log").read_text(encoding="utf-8")


def sent_since(live, at_ns):
    rows = journalled(live.paths, "gateway")
    orders = ((rows["kind"] == Kind.NEW) | (rows["kind"] == Kind.REPLACE)) & (
        rows["flags"] & Flag.DECISION != 0
    )
    return np.count_nonzero(orders & (rows["recv_ns"] > at_ns))


def fetched_since(live, at_ns):
    rows = journalled(live.paths, "feed")
    return rows[(rows["kind"] == Kind.BOOK_END) & (rows["recv_ns"] > at_ns)]["instrument_id"]
