"""Verify raises no false alarm, and what is lost, damaged or of another session is named."""

import os
import re
import signal
import subprocess
import sys

import numpy as np
import pytest

from pinnacle.core.errors import DataError
from pinnacle.core.journal_reader import HEADER_BYTES
from pinnacle.core.paths import SessionPaths
from pinnacle.core.schema import EVENT, Kind
from pinnacle.replay.verify import verify_session
from pinnacle.strategy.market_maker import MarketMaker
from tests.replay.forging import JOURNALLED, said
from tests.replay.recorded import flip_bit
from tests.sessions import demo_config, is_dead, running_demo, until


def record(folder, name, seconds):
    """The folder of a short demo session."""
    config, paths = demo_config(folder, name)
    command = [sys.executable, "-m", "pinnacle", "run", str(config), "--name", name]
    command += ["--duration", str(seconds), "--port", "0"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=90)
    assert done.returncode == 0, done.stdout + done.stderr
    return paths.data


@pytest.fixture(scope="session")
def other(tmp_path_factory):
    return record(tmp_path_factory.mktemp("verify"), "two", 2)


def test_what_was_not_forged_is_identical_and_says_how_it_ended(forged):
    found = forged.verify()
    assert found.identical, said(found)
    assert found.ends == dict.fromkeys(JOURNALLED, "in order")
    assert found.journals == {name: len(forged.rows(name)) for name in JOURNALLED}
    assert found.decisions > 100


def test_journals_written_anew_without_a_change_are_identical(forged):
    for journal in JOURNALLED:
        forged.write(journal, forged.rows(journal))
    found = forged.verify()
    assert found.identical, said(found)


@pytest.mark.parametrize("journal", JOURNALLED)
def test_a_journal_of_another_session_is_not_identical(forged, other, journal):
    forged.remove(journal)
    (forged.folder / journal).symlink_to(other / journal)
    found = forged.verify()
    assert not found.identical
    assert re.search(f"{journal}.*of session 'two'", said(found))


@pytest.mark.parametrize("journal", JOURNALLED)
def test_a_bit_of_the_last_record_is_damage_and_no_early_end(forged, journal):
    last = len(forged.rows(journal)) - 1
    flip_bit(forged.own(journal), HEADER_BYTES + last * EVENT.itemsize + 20)
    found = forged.verify()
    assert not found.identical
    assert [(row["journal"], row["record"]) for row in found.damage] == [(journal, last)]


@pytest.mark.parametrize("name", ["config.toml", "instruments.json"])
def test_a_folder_without_what_made_the_journals_is_not_a_sessions(forged, name):
    (forged.folder / name).unlink()
    with pytest.raises(DataError, match="not a session's folder"):
        forged.verify()


@pytest.mark.parametrize("journal", JOURNALLED)
def test_an_end_that_was_cut_off_is_missed_by_those_who_saw_it(forged, journal):
    def marks_cut(rows):
        return rows[: np.flatnonzero(rows["kind"] == Kind.DETACH)[-1]]

    forged.change(journal, marks_cut)
    found = forged.verify()
    assert found.ends[journal] == "early"
    # The venue and the feed end last: nobody is there to see it, and nothing else is lost.
    watched = journal in ("strategy", "risk", "gateway")
    seen = re.search(f"{journal} .*its end is missing: .* saw it end in order", said(found))
    assert bool(seen) == watched == (not found.identical), said(found)


@pytest.mark.parametrize("error", [SystemExit(0), ValueError("no"), RuntimeError()])
def test_a_logic_that_ends_by_itself_is_not_identical(forged, monkeypatch, error):
    def hook(self, market):
        raise error

    monkeypatch.setattr(MarketMaker, "on_book", hook)
    found = forged.verify()
    assert not found.identical
    assert re.search(r"strategy.*refused.*the logic ends by itself", said(found))


def test_a_session_of_which_every_process_was_killed_is_identical_and_ends_early(tmp_path):
    with running_demo(tmp_path, "killed") as live:
        until(live.quoting, 60, "quoting")
        live.run.send_signal(signal.SIGSTOP)
        pids = [process.pid for process in live.observer.processes()]
        for pid in pids:
            os.kill(pid, signal.SIGKILL)
        live.run.kill()
        live.run.wait()
        until(lambda: all(map(is_dead, pids)), 60, "their ends")
        found = verify_session(SessionPaths(live.paths.runtime, live.paths.data))
    assert found.identical, said(found)
    assert found.ends == dict.fromkeys(JOURNALLED, "early")


def test_a_live_session_is_identical_however_often_it_is_asked(tmp_path):
    with running_demo(tmp_path, "live") as live:
        until(live.quoting, 60, "quoting")
        for _ in range(5):
            found = verify_session(live.paths)
            assert found.identical, said(found)
            assert found.ends == dict.fromkeys(JOURNALLED, "not yet")
