"""Verify is not fooled: every journal is held against the others, and what was forged is named."""

import re

import numpy as np
import pytest

from pinnacle.core.journal_reader import HEADER_BYTES
from pinnacle.core.schema import EVENT, Flag, Kind, Reason, Side, Source
from pinnacle.runtime.run_marks import MARKS
from tests.replay.forging import JOURNALLED, said

pytestmark = pytest.mark.long


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


def rewritten(session, name, pattern, replacement):
    path = session.folder / name
    text = path.read_text(encoding="utf-8")
    changed = re.sub(pattern, replacement, text)
    assert changed != text
    path.write_text(changed, encoding="utf-8")


def higher_limits(session):
    rewritten(session, "config.toml", r'(position_max = ")', r"\g<1>1000")


def other_instruments_configured(session):
    path = session.folder / "config.toml"
    text = path.read_text(encoding="utf-8")
    changed = text.replace("maker_fee_bps = -", "maker_fee_bps = -1")
    assert changed != text
    path.write_text(changed, encoding="utf-8")


def other_fees(session):
    rewritten(session, "instruments.json", r'("maker_fee_e8": -?)(\d+)', r"\g<1>9\2")


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
        session.change(journal, lambda rows: rows[~np.isin(rows["kind"], MARKS)])


def untold_origin(session):
    def forge(rows):
        rows["price"][0] = rows["quantity"][0] = rows["venue_ns"][0] = 0

    for journal in JOURNALLED:
        session.change(journal, forge)


def untold_configuration(session):
    def forge(rows):
        rows["price"][0] = 0

    session.change("feed", forge)


def another_feed(session):
    def forge(rows):
        rows["source"][rows["source"] == Source.FEED] = Source.FEED | 1 << 8

    session.change("strategy", forge)


def another_build(session):
    def forge(rows):
        rows["venue_ns"][0] ^= 1

    session.change("gateway", forge)


def a_top_that_never_was(session):
    def forge(rows):
        rows["quantity"][np.flatnonzero(rows["kind"] == Kind.TOP)[-1]] += 1

    session.change("risk", forge)


def a_better_book_sent(session):
    """A level of the strategy's last snapshot, far from the market, holds more."""

    def forge(rows):
        sent = (rows["kind"] == Kind.DEPTH) & (rows["venue_id"] == 0) & (rows["side"] == Side.BID)
        rows["quantity"][np.flatnonzero(sent)[-1]] += 1

    session.change("strategy", forge)


def an_input_left_out(session):
    """The strategy's last input before its end, of which nothing came."""

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
    "fills at twice their price, orders sent twice": (
        doubled_fills_and_orders,
        [r"^exchange \d+ altered gateway to exchange"],
    ),
    "the exchange's fills are gone": (no_fills, [r"^gateway \d+ altered exchange to gateway"]),
    "the market is moved": (
        moved_market,
        [r"^strategy \d+ not given market data", r"^feed \d+ not given the venue"],
    ),
    # What then stands where it stood, another order's record or none, is the session's to say.
    "an order's life is cut out": (
        a_life_cut_out,
        [r"^risk \d+ (order|cursor|not given|altered strategy to risk)"],
    ),
    "strategy and risk end in their middle": (
        halves,
        [
            r"^risk \d+ cut its end is missing",
            r"^gateway \d+ not given risk to gateway.*never given",
        ],
    ),
    "strategy and risk are empty": (empty, ["strategy.*empty", "risk.*empty"]),
    "nothing was decided": (undecided, [r"^strategy \d+ open", r"^risk \d+ open"]),
    "limits are higher": (higher_limits, ["risk.*another configuration"]),
    "fees of the configuration are others": (
        other_instruments_configured,
        [r"config\.toml has other instruments than instruments\.json"],
    ),
    "fees are others": (other_fees, ["another instruments"]),
    "all of the strategy is zero": (zeroed("strategy", 0), ["strategy.*empty"]),
    "the second half of risk is zero": (zeroed("risk", 0.5), ["risk.*cut"]),
    "the second half of the feed is zero": (zeroed("feed", 0.5), ["strategy.*market data"]),
    "no run has a beginning": (without_marks, ["does not begin with START"]),
    "no run says from what it was made": (untold_origin, ["cannot be checked"]),
    "the market came from another feed": (another_feed, [r"strategy.*a ring of source 258"]),
    "a feed says of no configuration": (untold_configuration, ["feed.*cannot be checked"]),
    "a run is of another build": (another_build, ["gateway.*another build"]),
    "risk saw a top that never was": (a_top_that_never_was, ["risk.*never had"]),
    "the strategy was sent another book": (a_better_book_sent, ["strategy.*never had"]),
    "a decision is of no instrument": (a_decision_of_no_instrument, ["'instrument': 2"]),
    "a record that nobody decided on is gone": (an_input_left_out, [r"^strategy \d+ cursor"]),
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
        assert re.search(name, said(found), re.MULTILINE), said(found)


NOT_PUBLISHED = {
    "of a stranger": set_to(lambda rows: changes(rows)[100], "source", Source.EXCHANGE),
    "of no instrument": set_to(lambda rows: changes(rows)[-1], "instrument_id", 2),
    "an order": set_to(lambda rows: changes(rows)[-1], "kind", Kind.NEW),
    "a single order": set_to(lambda rows: changes(rows)[-1], "kind", Kind.ORDER_ADD),
    "of no kind": set_to(lambda rows: changes(rows)[-1], "kind", 70),
    "a decision": set_to(lambda rows: changes(rows)[-1], "flags", Flag.DECISION),
    "the end of a batch": set_to(lambda rows: changes(rows)[-1], "flags", Flag.BATCH_END),
}


@pytest.mark.parametrize("what", NOT_PUBLISHED)
def test_a_record_that_no_feed_publishes_is_named(forged, what):
    before = forged.rows("feed")
    forged.change("feed", NOT_PUBLISHED[what])
    after = forged.rows("feed")
    before["commit"] = after["commit"] = 0
    (changed,) = np.flatnonzero(before != after)
    named = [(row["journal"], row["record"], row["detail"]) for row in forged.verify().findings]
    assert ("feed", changed, "no feed publishes such a record") in named


@pytest.mark.parametrize("what", FEED_FORGERIES)
def test_what_the_feed_is_made_to_say_is_held_against_the_venue_too(forged, what):
    """Whatever its readers hold: they could have been forged alike."""
    forge, text = FEED_FORGERIES[what]
    forged.change("feed", forge)
    found = forged.verify()
    assert not found.identical
    assert re.search(f"feed.*the venue's market: .*{text}", said(found)), said(found)


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


def test_how_the_feed_reaches_its_venue_may_change_between_runs(forged):
    path = forged.folder / "config.toml"
    with path.open("a", encoding="utf-8") as file:
        file.write("\n[feed.binance]\ndepth_limit = 500\n")
    assert forged.verify().identical
