"""Verify is not fooled: every journal is held against the others, and raises no false alarm."""

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
from pinnacle.core.schema import EVENT, Flag, Kind, Reason, Side, Source
from pinnacle.replay.verify import verify_session
from pinnacle.strategy.market_maker import MarketMaker
from tests.replay.forging import JOURNALLED, said
from tests.replay.recorded import flip_bit
from tests.sessions import demo_config, running_demo, until


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


def decided(rows):
    return (rows["flags"] & Flag.DECISION) != 0


def half(rows):
    return rows[: len(rows) // 2]


def missing(*journals):
    def forge(session):
        for journal in journals:
            session.remove(journal)

    return forge


def doubled_fills_and_orders(session):
    def forge(rows):
        rows["price"][rows["kind"] == Kind.FILL] *= 2
        return np.repeat(rows, np.where(decided(rows) & (rows["kind"] == Kind.NEW), 2, 1))

    session.change("gateway", forge)


def no_fills(session):
    session.change("exchange", lambda rows: rows[rows["kind"] != Kind.FILL])


def moved_market(session):
    def forge(rows):
        rows["price"][rows["kind"] < Kind.NEW] += 12_345

    session.change("feed", forge)


def a_life_cut_out(session):
    def forge(rows):
        order = rows["order_id"][rows["kind"] == Kind.FILL][0]
        mine = (rows["order_id"] == order) & (rows["kind"] >= Kind.NEW)
        return rows[~(mine & (rows["kind"] < Kind.START))]

    session.change("risk", forge)


def halves(session):
    for journal in ("strategy", "risk"):
        session.change(journal, half)


def empty(session):
    for journal in ("strategy", "risk"):
        session.write(journal, np.empty(0, EVENT))


def undecided(session):
    def forge(rows):
        rows = rows[~decided(rows)]
        rows["flags"] &= np.uint8(~int(Flag.BATCH_END) & 0xFF)
        return rows

    for journal in ("strategy", "risk"):
        session.change(journal, forge)


def higher_limits(session):
    path = session.folder / "config.toml"
    text = path.read_text(encoding="utf-8")
    raised = re.sub(r'(position_max = ")', r"\g<1>1000", text)
    assert raised != text
    path.write_text(raised, encoding="utf-8")


def other_fees(session):
    path = session.folder / "instruments.json"
    text = path.read_text(encoding="utf-8")
    changed = re.sub(r'("maker_fee_e8": -?)(\d+)', r"\g<1>9\2", text)
    assert changed != text
    path.write_text(changed, encoding="utf-8")


def zeroed(journal, share):
    def forge(session):
        path = session.own(journal)
        size = path.stat().st_size
        rows = session.rows(journal)
        begin = HEADER_BYTES + int(len(rows) * share) * EVENT.itemsize
        with path.open("r+b") as file:
            file.seek(begin)
            file.write(bytes(size - begin))

    return forge


def without_marks(session):
    for journal in JOURNALLED:
        session.change(journal, lambda rows: rows[~np.isin(rows["kind"], (48, 49, 57, 58))])


def untold_origin(session):
    def forge(rows):
        rows["price"][0] = rows["quantity"][0] = rows["venue_ns"][0] = 0

    for journal in JOURNALLED:
        session.change(journal, forge)


def another_build(session):
    def forge(rows):
        rows["venue_ns"][0] ^= 1

    session.change("gateway", forge)


def a_top_that_never_was(session):
    def forge(rows):
        rows["quantity"][np.flatnonzero(rows["kind"] == Kind.TOP)[-1]] += 1

    session.change("risk", forge)


def a_better_book_sent(session):
    """The strategy's first snapshot has another level far from the market."""

    def forge(rows):
        sent = (rows["kind"] == Kind.DEPTH) & (rows["venue_id"] == 0) & (rows["side"] == Side.BID)
        rows["quantity"][np.flatnonzero(sent)[-1]] += 1

    session.change("strategy", forge)


def an_order_kept_back(session):
    """The strategy's last records before its end, which nobody decided on."""

    def forge(rows):
        (end,) = np.flatnonzero(rows["kind"] == Kind.END)
        marks = end - int(np.count_nonzero(rows["kind"] == Kind.DETACH))
        quiet = marks - 1
        while decided(rows[quiet : quiet + 1])[0]:
            quiet -= 1
        return np.delete(rows, quiet)

    session.change("strategy", forge)


def a_decision_of_no_instrument(session):
    def forge(rows):
        rows["instrument_id"][np.flatnonzero(decided(rows))[0]] = 2

    session.change("strategy", forge)


FORGERIES = {
    "gateway, exchange and feed are gone": (
        missing("gateway", "exchange", "feed"),
        ["gateway.*missing", "exchange.*missing", "feed.*missing"],
    ),
    "only the strategy is gone": (missing("strategy"), ["strategy.*missing"]),
    "only risk is gone": (missing("risk"), ["risk.*missing"]),
    "fills at twice their price, orders sent twice": (doubled_fills_and_orders, ["gateway"]),
    "the exchange's fills are gone": (no_fills, ["exchange"]),
    "the market is moved": (moved_market, ["feed"]),
    "an order's life is cut out": (a_life_cut_out, ["risk"]),
    "strategy and risk end in their middle": (
        halves,
        ["risk", "never given"],
    ),
    "strategy and risk are empty": (empty, ["strategy.*empty", "risk.*empty"]),
    "nothing was decided": (undecided, ["strategy", "risk"]),
    "limits are higher": (higher_limits, ["risk.*another configuration"]),
    "fees are others": (other_fees, ["another instruments"]),
    "all of the strategy is zero": (zeroed("strategy", 0), ["strategy.*empty"]),
    "the second half of risk is zero": (zeroed("risk", 0.5), ["risk.*cut"]),
    "the second half of the feed is zero": (zeroed("feed", 0.5), ["strategy.*market data"]),
    "no run has a beginning": (without_marks, ["does not begin with START"]),
    "no run says from what it was made": (untold_origin, ["cannot be checked"]),
    "a run is of another build": (another_build, ["gateway.*another build"]),
    "risk saw a top that never was": (a_top_that_never_was, ["risk.*never had"]),
    "the strategy was sent another book": (a_better_book_sent, ["strategy.*never had"]),
    "a decision is of no instrument": (a_decision_of_no_instrument, ["'instrument': 2"]),
    "a record that nobody decided on is gone": (an_order_kept_back, ["strategy"]),
}


def changes(rows):
    """Where the feed's changes are."""
    return np.flatnonzero((rows["kind"] == Kind.DEPTH) & ((rows["flags"] & Flag.SNAPSHOT) == 0))


def first(rows, kind):
    return int(np.flatnonzero(rows["kind"] == kind)[0])


def set_to(place, field, value):
    def forge(rows):
        rows[field][place(rows)] = value

    return forge


def without(begin, end=None):
    def forge(rows):
        at = begin(rows)
        return np.delete(rows, np.arange(at, end(rows) if end else at + 1))

    return forge


def neighbours_swapped(rows):
    """The first two changes that stand together and are of two instruments."""
    at = changes(rows)
    together = (np.diff(at) == 1) & (np.diff(rows["instrument_id"][at].astype(int)) != 0)
    i = int(at[:-1][together][0])
    rows[[i, i + 1]] = rows[[i + 1, i]]


FEED_FORGERIES = {
    "a change is another": (
        set_to(lambda rows: changes(rows)[100], "quantity", 987_654_321),
        "the venue did not make it",
    ),
    "a change is gone": (without(lambda rows: changes(rows)[100]), "its number does not follow"),
    "two instruments' changes are swapped": (neighbours_swapped, "not in the venue's order"),
    "a book is invalid for a reason that no feed has": (
        set_to(lambda rows: first(rows, Kind.BOOK_INVALID), "reason", Reason.STALE),
        "no feed says this",
    ),
    "a snapshot's level is another": (
        set_to(lambda rows: first(rows, Kind.BOOK_BEGIN) + 1, "quantity", 987_654_321),
        "a snapshot of a book that the venue never had",
    ),
    "a snapshot lacks its last level": (
        without(lambda rows: first(rows, Kind.BOOK_END) - 1),
        "a snapshot of a book that the venue never had",
    ),
    "a snapshot is of another moment": (
        set_to(lambda rows: first(rows, Kind.BOOK_BEGIN) + 1, "aux", 7),
        "a snapshot of a book that the venue never had",
    ),
    "a snapshot does not begin": (
        without(lambda rows: first(rows, Kind.BOOK_BEGIN)),
        "part of no snapshot",
    ),
    "changes come before any snapshot": (
        without(lambda rows: first(rows, Kind.BOOK_BEGIN), lambda rows: changes(rows)[0]),
        "a change of a book that is not known",
    ),
}


@pytest.mark.parametrize("what", FORGERIES)
def test_a_forgery_is_not_identical_and_is_named(forged, what):
    forge, names = FORGERIES[what]
    forge(forged)
    found = forged.verify()
    assert not found.identical
    for name in names:
        assert re.search(name, said(found)), said(found)


NOT_PUBLISHED = {
    "of a stranger": set_to(lambda rows: changes(rows)[100], "source", Source.EXCHANGE),
    "of no instrument": set_to(lambda rows: changes(rows)[-1], "instrument_id", 2),
    "an order": set_to(lambda rows: changes(rows)[-1], "kind", Kind.NEW),
    "of no kind": set_to(lambda rows: changes(rows)[-1], "kind", 70),
    "a decision": set_to(lambda rows: changes(rows)[-1], "flags", Flag.DECISION),
    "the end of a batch": set_to(lambda rows: changes(rows)[-1], "flags", Flag.BATCH_END),
}


@pytest.mark.parametrize("what", NOT_PUBLISHED)
def test_a_record_that_no_feed_publishes_is_named(forged, what):
    forged.change("feed", NOT_PUBLISHED[what])
    assert "feed" in (text := said(forged.verify())) and "no feed publishes such a record" in text


@pytest.mark.parametrize("what", FEED_FORGERIES)
def test_what_the_feed_is_made_to_say_is_held_against_the_venue_too(forged, what):
    """Whatever its readers hold: they could have been forged alike."""
    forge, text = FEED_FORGERIES[what]
    forged.change("feed", forge)
    found = forged.verify()
    assert not found.identical
    assert re.search(f"feed.*the venue's market: .*{text}", said(found)), said(found)


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


def test_another_build_is_passed_over_where_that_is_asked_for_and_nothing_else_is(forged):
    another_build(forged)
    assert re.search(r"gateway.*another build", said(forged.verify()))
    found = forged.verify(other_build=True)
    assert found.identical, said(found)
    higher_limits(forged)
    found = forged.verify(other_build=True)
    assert not found.identical
    assert re.search(r"risk.*another configuration", said(found))
    assert "another build" not in said(found)


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
