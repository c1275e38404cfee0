"""A venue's market read by two feeds, one of which is killed."""

import os
import signal

import numpy as np
import pytest

from pinnacle.core.schema import Flag, Kind, Source, source_of
from tests.served import at, made, serving
from tests.sessions import assert_repeats, journalled, running_demo, until

pytestmark = [pytest.mark.long, pytest.mark.timeout(300)]
SPEED, SECONDS = 6, 90
QUOTES = (Kind.NEW, Kind.REPLACE)


@pytest.fixture(scope="module")
def survived(tmp_path_factory):
    """(paths, report, what was shown) of a session whose second feed was killed once."""
    folder = tmp_path_factory.mktemp("shards")
    with serving(folder, made(folder, SPEED * SECONDS), SPEED) as addresses:

        def change(text):
            return at(addresses)(text).replace('venue = "binance"', 'venue = "binance"\nshards = 2')

        with running_demo(folder, "shards", "binance-paper.toml", change=change) as live:
            until(live.quoting, 60, "quotes")
            before = live.process("feed.2")
            os.kill(before.pid, signal.SIGKILL)
            until(lambda: live.process("feed.2").restarts > before.restarts, 30, "another feed.2")
            until(live.quoting, 60, "quotes again")
            return live.paths, live.finish(), live.output()


def test_each_feed_has_its_own_instruments_and_its_own_journal(survived):
    paths, report, _ = survived
    for number, name in enumerate(("feed.1", "feed.2")):
        rows = journalled(paths, name)
        market = rows[rows["kind"] < Kind.NEW]
        assert set(market["instrument_id"].tolist()) == {number}
        assert set(market["source"].tolist()) == {source_of(Source.FEED, number)}
    restarts = {name: process["restarts"] for name, process in report["processes"].items()}
    assert {name for name, times in restarts.items() if times} == {"feed.2"}
    assert report["missing"] == [] and report["ended"] == "in order"


def test_while_a_feed_is_gone_its_instruments_alone_are_not_quoted(survived):
    rows = journalled(survived[0], "strategy")
    of_feed = rows["aux"] == source_of(Source.FEED, 1)
    # While it starts a peer is lost, too.
    lost = np.flatnonzero(of_feed & (rows["kind"] == Kind.PEER_LOST))[-1]
    back = np.flatnonzero(of_feed & (rows["kind"] == Kind.PEER_BACK))[-1]
    meanwhile = rows[lost:back]
    decided = meanwhile[(meanwhile["flags"] & Flag.DECISION) != 0]
    kinds = [set(decided["kind"][decided["instrument_id"] == i].tolist()) for i in (0, 1)]
    assert kinds[0] & set(QUOTES), "the other feed's instrument is quoted on"
    assert kinds[1] == {Kind.CANCEL}
    again = rows[back:]
    assert np.any(np.isin(again["kind"], QUOTES) & (again["instrument_id"] == 1))


def test_verify_repeats_every_decision(survived):
    assert_repeats(survived[0])


def test_the_plan_is_shown_before_anything_starts(survived):
    lines = survived[2].splitlines()
    names = [line.split()[0] for line in lines[:8]]
    assert names[:4] == ["process", "exchange", "feed.1", "feed.2"]
    assert any(line.startswith("session shards: journals in") for line in lines[8:])
