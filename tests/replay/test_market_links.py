"""The feed's books are made again from its journal, restart by restart."""

import numpy as np
import pytest

from pinnacle.core.instruments import write_list
from pinnacle.core.schema import Flag, Kind, Reason, Side, Source
from pinnacle.plan.checks import load_session
from pinnacle.plan.config import to_toml
from pinnacle.replay.evidence import Evidence
from pinnacle.replay.market_links import FeedLog, TakenMarket, compare_tops
from pinnacle.replay.verify import verify_session
from pinnacle.runtime.topology import Process
from tests.replay.recorded import (
    BTC,
    ETH,
    MS,
    START_NS,
    event,
    feed_records,
    market,
    write_journal,
)
from tests.sessions import demo_config


def run_of(number):
    """A start of the feed, and a book of one bid at a price of its own that nothing takes away."""
    bid = {"side": Side.BID, "price": 100 + number, "quantity": 1, "flags": Flag.SNAPSHOT}
    return np.concatenate(
        [
            event(Kind.START, number, source=Source.FEED, order_id=number + 1),
            market(Kind.BOOK_BEGIN, number, 1),
            market(Kind.DEPTH, number, 1, **bid),
            market(Kind.BOOK_END, number, 1, flags=Flag.LAST),
            *[market(Kind.DEPTH, number, 2, Side.ASK, price=300, quantity=1)] * (211 * number + 1),
        ]
    )


def test_every_start_of_the_feed_empties_its_books_where_it_is(tmp_path):
    starts = 7
    rows = np.concatenate([run_of(number) for number in range(starts)])
    # Only a start empties: the book goes on without a snapshot.
    rows = rows[~np.isin(rows["kind"], (Kind.BOOK_BEGIN, Kind.BOOK_END))]
    write_journal(tmp_path / "feed", Source.FEED, rows, per_file=4096)
    journal = Evidence(Process("feed"), tmp_path / "feed")
    journal.look()
    log = FeedLog(journal, [BTC])
    for number in range(starts):
        log.ensure(211 * number + 2)
        log.advance(211 * number + 2)
        assert log.books[0].depth(Side.BID, 9)["price"].tolist() == [100 + number]


def test_a_paper_venue_is_held_against_the_feed_as_the_strategy_is(tmp_path):
    file, paths = demo_config(tmp_path, "paper", "binance-paper.toml")
    config = load_session(file)
    paths.data.mkdir(parents=True)
    paths.config.write_text(to_toml(config), encoding="utf-8")
    write_list(paths.instrument_list, config.instrument_list())
    write_journal(paths.journal("feed"), Source.FEED, feed_records())
    unpublished = market(Kind.DEPTH, 5, 99, Side.BID, price=7, quantity=1, flags=Flag.LAST)
    for role in ("strategy", "exchange"):
        marks = [
            event(Kind.START, 1, source=Source[role.upper()], order_id=1),
            event(Kind.ATTACH, 1, source=Source.FEED, order_id=1),
        ]
        rows = np.concatenate([*marks, unpublished])
        write_journal(paths.journal(role), Source[role.upper()], rows)
    found = [
        problem["journal"]
        for problem in verify_session(paths).findings
        if "market data: the feed did not publish it" in str(problem["detail"])
    ]
    assert found == ["strategy", "exchange"]


def book_records(recv_ms, instrument, quantity):
    """A valid book of one bid and one ask."""
    own = {"instrument_id": instrument, "flags": Flag.SNAPSHOT, "quantity": quantity}
    return [
        market(Kind.BOOK_BEGIN, recv_ms, 1, instrument_id=instrument),
        market(Kind.DEPTH, recv_ms, 1, Side.BID, price=100, **own),
        market(Kind.DEPTH, recv_ms, 1, Side.ASK, price=102, **own),
        market(
            Kind.BOOK_END, recv_ms, 1, instrument_id=instrument, flags=Flag.SNAPSHOT | Flag.LAST
        ),
    ]


def judged_by(tmp_path, *tops):
    """What is found of tops against a feed that was killed once, its last word of ETH's book."""
    start = {"source": Source.FEED, "order_id": 1}
    rows = [event(Kind.START, 0, **start), *book_records(1, 0, 5), *book_records(2, 1, 7)]
    rows += [event(Kind.START, 3, **start), *book_records(4, 0, 9)]
    write_journal(tmp_path / "feed", Source.FEED, np.concatenate(rows))
    risk = [event(Kind.START, 0, source=Source.RISK), *tops]
    risk[-1]["flags"] |= np.uint8(Flag.BATCH_END)
    write_journal(tmp_path / "risk", Source.RISK, np.concatenate(risk))
    found = [Evidence(Process(name), tmp_path / name) for name in ("risk", "feed")]
    for journal in found:
        journal.look()
    return compare_tops(*found, [BTC, ETH])


def top(at_ms, of_ms, quantity=0, prices=(0, 0), **fields):
    asked = {"price": prices[0], "order_id": prices[1], "quantity": quantity, "aux": quantity}
    own = {"source": Source.RISK, "venue_ns": START_NS + of_ms * MS, "instrument_id": 0}
    return event(Kind.TOP, at_ms, **asked | own | fields)


EMPTIED = {"flags": Flag.STALE, "reason": Reason.STARTING}


@pytest.mark.parametrize("of_ms", [1, 0], ids=["all of it applied", "killed before it applied all"])
def test_a_book_that_a_start_of_the_feed_emptied_may_be_seen(tmp_path, of_ms):
    seen = [top(1.5, 1, 5, (100, 102)), top(3.5, of_ms, **EMPTIED), top(4.5, 4, 9, (100, 102))]
    assert judged_by(tmp_path, *seen) == []


def test_an_emptied_book_is_not_seen_where_no_feed_started(tmp_path):
    late = [top(4.5, 4, 9, (100, 102)), top(5, 4, **EMPTIED)]
    assert "never had" in judged_by(tmp_path, *late)[0]["detail"]


def test_while_a_feed_empties_its_books_one_by_one_the_next_may_be_seen_as_it_was(tmp_path):
    seen = [top(3.5, 1, **EMPTIED), top(3.5, 2, 7, (100, 102), instrument_id=1)]
    assert judged_by(tmp_path, *seen) == []


def test_behind_the_feeds_first_record_no_book_is_as_it_was_before(tmp_path):
    late = [top(4.5, 4, 9, (100, 102)), top(5, 2, 7, (100, 102), instrument_id=1)]
    assert "never had" in judged_by(tmp_path, *late)[0]["detail"]


def feed_of_both(tmp_path):
    """A feed whose third publication moves BTC's book and then ETH's, at one time."""
    rows = [event(Kind.START, 0, source=Source.FEED, order_id=1)]
    rows += [*book_records(1, 0, 5), *book_records(2, 1, 7)]
    moved = {"side": Side.BID, "price": 101, "quantity": 3, "flags": Flag.LAST}
    rows += [market(Kind.DEPTH, 3, 2, instrument_id=number, **moved) for number in (1, 0)]
    rows += [market(Kind.TRADE, 9, 3, instrument_id=0, price=102, quantity=1)]
    write_journal(tmp_path / "feed", Source.FEED, np.concatenate(rows))


def test_what_is_published_at_one_time_may_be_seen_in_one_book_and_not_yet_in_another(tmp_path):
    feed_of_both(tmp_path)
    moved = top(3.5, 3, 3, (101, 102), aux=5)
    behind = top(3.5, 2, 7, (100, 102), instrument_id=1)
    risk = [event(Kind.START, 0, source=Source.RISK), moved, behind]
    risk[-1]["flags"] |= np.uint8(Flag.BATCH_END)
    write_journal(tmp_path / "risk", Source.RISK, np.concatenate(risk))
    found = [Evidence(Process(name), tmp_path / name) for name in ("risk", "feed")]
    for journal in found:
        journal.look()
    assert compare_tops(*found, [BTC, ETH]) == []


def test_a_feed_that_starts_may_send_what_it_finds_before_it_publishes_anything(tmp_path):
    start = {"source": Source.FEED, "order_id": 1}
    rows = [event(Kind.START, 0, **start), *book_records(1, 0, 5), event(Kind.START, 3, **start)]
    rows += [market(Kind.BOOK_INVALID, 5, 0, flags=Flag.LAST, reason=Reason.STARTING)]
    write_journal(tmp_path / "feed", Source.FEED, np.concatenate(rows))
    sent = {"source": Source.FEED, "flags": Flag.SNAPSHOT}
    taken = [
        event(Kind.START, 2, source=Source.STRATEGY, order_id=1),
        event(Kind.ATTACH, 2, source=Source.FEED),
        event(Kind.BOOK_BEGIN, 4, **sent),
        event(Kind.BOOK_INVALID, 4, **sent, reason=Reason.STARTING),
    ]
    taken[-1]["flags"] |= np.uint8(Flag.LAST | Flag.BATCH_END)
    write_journal(tmp_path / "strategy", Source.STRATEGY, np.concatenate(taken))
    found = [Evidence(Process(name), tmp_path / name) for name in ("strategy", "feed")]
    for journal in found:
        journal.look()
    assert TakenMarket(*found, [BTC]).compare() == []
