"""Five venues in one session, each on its recording, served as the venue would; paper fills."""

import contextlib
import json
import re
import subprocess
import sys

import numpy as np
import pytest

from pinnacle.core.schema import Kind
from tests.beside import BESIDE, needs_captures
from tests.sessions import assert_repeats, demo_config, journalled, until

FOLDER = BESIDE / "data" / "captures"
RECORDED = {
    "binance": ("binance_btcusdt_20240808.gz", "binance_ethusdt_20240808.gz"),
    "coinbase": ("coinbase_advanced_20260809_first500.jsonl.zst",),
    "kraken": ("kraken_v1_20210417_5pairs.jsonl.zst",),
    "gemini": ("gemini_v2_20260809_5sym.jsonl.zst",),
    "bitstamp": ("bitstamp_20220105_5pairs.jsonl.zst",),
}
SECONDS = 25

pytestmark = [pytest.mark.long, needs_captures]


@contextlib.contextmanager
def serving(folder):
    """The addresses of a server of each venue, as it prints them."""
    servers, found = {}, {}
    with contextlib.ExitStack() as closing:
        for venue, files in RECORDED.items():
            command = [sys.executable, "-m", "pinnacle", "capture", "serve"]
            command += [str(FOLDER / name) for name in files]
            # A recording that ends begins anew: its books too, which is what this is not about.
            command += ["--speed", "0.2" if venue != "binance" else "5", "--json"]
            command += ["--cert-dir", str(folder / venue)]
            out = closing.enter_context((folder / f"{venue}.txt").open("w", encoding="utf-8"))
            servers[venue] = subprocess.Popen(command, stdout=out, stderr=subprocess.STDOUT)
            closing.callback(servers[venue].wait, 10)
            closing.callback(servers[venue].terminate)
        for venue in RECORDED:
            path = folder / f"{venue}.txt"
            until(
                lambda path=path: "\n" in path.read_text(encoding="utf-8"),
                30,
                f"the address of {venue}",
            )
            found[venue] = json.loads(path.read_text(encoding="utf-8").splitlines()[0])
        yield found


@pytest.fixture(scope="module")
def session(tmp_path_factory):
    """(paths, report) of the configuration as it stands, but for where the servers are."""
    folder = tmp_path_factory.mktemp("five")
    with serving(folder) as addresses:

        def moved(text):
            for venue, where in addresses.items():
                begin = text.index(f"[venues.{venue}.feed.{venue}]")
                end = text.index("\n\n", begin)
                table = text[begin:end]
                for key in ("ws_url", "rest_url", "ca_file"):
                    value = where.get(key, "")
                    table = re.sub(rf'^{key} = ".*"$', f'{key} = "{value}"', table, flags=re.M)
                text = text[:begin] + table + text[end:]
            return text

        config, paths = demo_config(folder, "five", "paper-five-venues.toml", change=moved)
        report = folder / "report.json"
        command = [sys.executable, "-m", "pinnacle", "run", str(config), "--name", "five"]
        command += ["--duration", str(SECONDS), "--report", str(report), "--port", "0"]
        done = subprocess.run(command, capture_output=True, text=True, timeout=110)
        assert done.returncode == 0, done.stdout + done.stderr
        yield paths, json.loads(report.read_text(encoding="utf-8"))


def test_every_instrument_of_every_venue_is_quoted_on_both_sides(session):
    _, report = session
    assert len(report["instruments"]) == 10
    for name, row in report["instruments"].items():
        assert row["two_sided"] > 0.3, name
    assert {name.partition(":")[0] for name in report["instruments"]} == set(RECORDED)


def test_each_venues_market_is_its_own_and_whole(session):
    paths, _ = session
    for number, venue in enumerate(RECORDED):
        rows = journalled(paths, f"feed.{venue}")
        instruments = rows["instrument_id"][rows["kind"] == Kind.BOOK_END]
        assert set(np.unique(instruments).tolist()) == {2 * number, 2 * number + 1}
        # No book is lost before the session's end: what is invalid has nothing behind it.
        for instrument in (2 * number, 2 * number + 1):
            mine = rows[rows["instrument_id"] == instrument]
            first = np.flatnonzero(mine["kind"] == Kind.BOOK_END)[0]
            lost = np.flatnonzero(mine["kind"] == Kind.BOOK_INVALID)
            assert not any(np.any(mine[at:]["kind"] == Kind.DEPTH) for at in lost[lost > first])


def test_verify_repeats_every_decision(session):
    paths, _ = session
    assert_repeats(paths)
