"""Every venue that takes orders, live in one session, each at an exchange of its own: the ledgers
are the session's, no process grows, and each venue's figures are on the status page."""

import json
import subprocess
import sys
import time
import urllib.request

import pytest

from pinnacle.core.toml import toml_text
from pinnacle.plan.config import read_session
from pinnacle.runtime.observer import Observer
from tests.live_venues import TRADED, composed
from tests.rehearsed import problems
from tests.sessions import until

SECONDS, WARM_UP_S = 50, 20
#: What a process may grow by behind its warm-up.
GROWTH_MB = 12.0

pytestmark = [pytest.mark.long, pytest.mark.timeout(500)]


class Watched:
    """What `pinnacle rehearse all` said, and what was seen of its session meanwhile.

    rss    of each process, MB: behind the warm-up, and at the last look
    state  the status page's, at the last look
    """

    def __init__(self, folder):
        config = folder / "live.toml"
        config.write_text(toml_text(composed(TRADED)), encoding="utf-8")
        out = folder / "rehearsal"
        command = [sys.executable, "-m", "pinnacle", "rehearse", "all", "--config", str(config)]
        command += ["--duration", str(SECONDS), "--seed", "4", "--dir", str(out), "--json"]
        running = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        self.rss: dict[str, list[float]] = {}
        try:
            self._watch(out, running)
            stdout, stderr = running.communicate(timeout=SECONDS + 100)
        finally:
            if running.poll() is None:
                running.terminate()  # it ends its session in order
                running.communicate(timeout=100)
        assert stdout, stderr
        self.venues = {found["venue"]: found for found in json.loads(stdout)}

    def _watch(self, out, running):
        until(
            lambda: list(out.glob("data/*/config.toml")) or running.poll() is not None,
            60,
            "it begins",
        )
        (data,) = (path.parent for path in out.glob("data/*/config.toml"))
        paths = read_session(out / "session.toml").paths(data.name)
        page = paths.monitor_address
        until(lambda: _said(page) or running.poll() is not None, 180, "it has a status page")
        address = _said(page)
        time.sleep(WARM_UP_S)
        self._look(paths)
        time.sleep(SECONDS - WARM_UP_S - 10)
        self._look(paths)
        with urllib.request.urlopen(f"{address}api/state", timeout=10) as answer:
            self.state = json.load(answer)

    def _look(self, paths):
        observer = Observer(paths)
        for process in observer.processes():
            self.rss.setdefault(process.name, []).append(process.rss_mb)
        observer.close()


def _said(page):
    """The page's address; empty while nothing has been written."""
    return page.read_text(encoding="utf-8").strip() if page.exists() else ""


@pytest.fixture(scope="module")
def watched(tmp_path_factory):
    return Watched(tmp_path_factory.mktemp("live"))


@pytest.mark.parametrize("venue", TRADED)
def test_the_ledger_is_the_sessions(watched, venue):
    found = watched.venues[venue]
    assert problems(found) == []
    assert found["orders"] > 5 and found["verify_identical"]
    assert found["ledger_equal"] and found["fees_equal"] and found["wrong_positions"] == 0


def test_every_venue_trades(watched):
    assert watched.venues.keys() == set(TRADED)
    assert all(found["fills"] for found in watched.venues.values())


def test_no_process_grows_behind_its_warm_up(watched):
    assert len(watched.rss) >= 2 * len(TRADED) + 3
    for name, (early, late) in watched.rss.items():
        assert late - early < GROWTH_MB, name


def test_each_venue_is_on_the_status_page_with_its_figures(watched):
    assert {venue["name"] for venue in watched.state["venues"]} == set(TRADED)
    for venue in watched.state["venues"]:
        assert venue["messages"] > 0, venue
    labels = {row["symbol"].partition(":")[0] for row in watched.state["instruments"]}
    assert labels == set(TRADED) and len(watched.state["instruments"]) == 2 * len(TRADED)
