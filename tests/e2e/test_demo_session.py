"""The demo session, as a newcomer runs it: every process, a market, quotes, fills, a report."""

import json
import shutil
import subprocess
import sys
from decimal import Decimal

import numpy as np
import pytest

from pinnacle.core.journal import Journal
from pinnacle.core.journal_reader import JournalReader
from pinnacle.core.paths import JOURNALLED, ROLES, SessionPaths
from pinnacle.core.schema import Flag, Kind, Side, Source, events_pointer
from tests.sessions import (
    Resting,
    assert_repeats,
    journalled,
    rest,
    resting_at_the_end,
    running_demo,
    until,
    verify,
)

RECORDS = 150


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    """(paths, report, what was printed) of one demo session."""
    with running_demo(tmp_path_factory.mktemp("demo"), "demo") as live:
        until(live.in_the_market, 60, "quotes in the market")
        until(lambda: traded(live), 110, "fills of both instruments, and journals to look at")
        return live.paths, live.finish(), live.output()


def traded(live) -> bool:
    """However slow the machine: both instruments were filled, and every journal holds something."""
    positions = [live.observer.position(i) for i in live.observer.instruments]
    filled = all(position.bid_fills + position.ask_fills > 0 for position in positions)
    journals = (JournalReader(live.paths.journal(role)) for role in JOURNALLED)
    return filled and all(len(journal) > RECORDS for journal in journals)


def both_sides_rested(rows: np.ndarray) -> set[int]:
    """The instruments of which bids and asks were in the market at the same time."""
    resting: dict[tuple[int, int], Resting] = {}
    found = set()
    for row in rows[(rows["kind"] >= Kind.ACK) & (rows["kind"] <= Kind.REJECTED)]:
        instrument = int(row["instrument_id"])
        rest(resting.setdefault((instrument, int(row["side"])), {}), row)
        if resting.get((instrument, Side.BID)) and resting.get((instrument, Side.ASK)):
            found.add(instrument)
    return found


def test_both_instruments_are_quoted_on_both_sides_and_filled(demo):
    paths, report, _ = demo
    assert set(report["instruments"]) == {"BTC-USD", "ETH-USD"}
    assert both_sides_rested(journalled(paths, "exchange")) == {0, 1}
    for row in report["instruments"].values():
        assert row["orders"]["acknowledged"] > 0
        assert row["fills"]["bid"] + row["fills"]["ask"] > 0


def test_nothing_was_lost_and_nobody_restarted(demo):
    _, report, _ = demo
    assert report["lost_records"] == 0
    assert set(report["processes"]) == set(ROLES)
    for row in report["processes"].values():
        assert row["restarts"] == 0
        assert 0 < row["rss_mb"] < 500


def test_the_report_holds_numbers_as_numbers_and_decimals_as_text(demo):
    _, report, _ = demo
    assert report["market"]["events"] > RECORDS
    latency = report["tick_to_order_us"]
    assert latency["count"] > 0 and 0 < latency["p50"] <= latency["p99"] <= latency["p999"]
    for row in report["instruments"].values():
        for amount in (row["position"], row["spread_captured"], *row["pnl"].values()):
            assert isinstance(amount, str)
            Decimal(amount)


def test_the_report_counts_what_the_journals_hold(demo):
    paths, report, _ = demo
    listed = {row["path"]: row["records"] for row in report["journals"]}
    for role in JOURNALLED:
        assert listed[str(paths.journal(role))] == len(JournalReader(paths.journal(role))) > 0
    fills = np.count_nonzero(journalled(paths, "exchange")["kind"] == Kind.FILL)
    assert fills == sum(sum(row["fills"].values()) for row in report["instruments"].values())


def test_the_report_can_be_made_again_from_the_folder(demo):
    paths, report, _ = demo
    command = [sys.executable, "-m", "pinnacle", "report", str(paths.data), "--json"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == report


def test_everything_is_cancelled_at_the_end(demo):
    paths, _, _ = demo
    assert resting_at_the_end(journalled(paths, "exchange")) == {}


def test_the_segments_are_gone_and_the_address_was_printed(demo):
    paths, _, printed = demo
    assert not paths.runtime.exists()
    assert "status page: http://127.0.0.1:" in printed
    assert "\nstopping: cancelling quotes, closing journals\n" in printed


def test_verify_repeats_every_decision(demo):
    paths, _, _ = demo
    assert_repeats(paths)


def copied(demo, tmp_path) -> SessionPaths:
    paths, _, _ = demo
    shutil.copytree(paths.data, tmp_path / "demo")
    return SessionPaths(paths.runtime, tmp_path / "demo")


@pytest.mark.parametrize("role", ["strategy", "risk"])
def test_one_altered_decision_is_found(demo, tmp_path, role):
    """A decision is changed and its CRC made good again: only a replay can tell."""
    copy = copied(demo, tmp_path)
    rows = journalled(copy, role).copy()
    where = int(np.flatnonzero((rows["flags"] & Flag.DECISION) != 0)[20])
    rows["price"][where] += 1
    shutil.rmtree(copy.journal(role))
    source = Source[role.upper()]
    with Journal.open(copy.journal(role), "demo", source, 262_144, 0, 0) as journal:
        journal.append(events_pointer(rows), len(rows))
    result, code = verify(copy)
    assert code == 1
    first = result["first"][0]
    assert (first["journal"], first["record"], first["fields"]) == (role, where, ["price"])


@pytest.mark.parametrize("role", JOURNALLED)
def test_one_changed_byte_is_found(demo, tmp_path, role):
    copy = copied(demo, tmp_path)
    file = copy.journal(role) / "000000.pmj"
    content = bytearray(file.read_bytes())
    content[4096 + 64 * 50 + 17] ^= 1
    file.write_bytes(content)
    result, code = verify(copy)
    assert code == 1
    assert not result["identical"]
    found = json.dumps(result["damage"])
    assert role in found and "50" in found
