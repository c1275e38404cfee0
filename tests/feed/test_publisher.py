"""What is published is stamped once, and reaches log, books and readers alike."""

from dataclasses import replace

import numpy as np
import pytest

from pinnacle.core._native import lib
from pinnacle.core.bell import create_bell
from pinnacle.core.book import SharedBookReader, create_shared_book
from pinnacle.core.counters import Counters, create_counters
from pinnacle.core.errors import NativeError
from pinnacle.core.journal import Journal
from pinnacle.core.journal_reader import JournalReader
from pinnacle.core.paths import SessionPaths
from pinnacle.core.ring import RingReader, create_ring
from pinnacle.core.schema import EventBuffer, Flag, Kind, Reason, Source, events_pointer
from pinnacle.feed.publisher import Publisher
from pinnacle.runtime.topology import Process, Ring
from tests.records import batch, book_of, event, instruments

SYMBOLS = ("X", "Y", "Z")
LAST = lib.PMM_INSTRUMENTS_MAX - 1


class Published:
    """A publisher of three instruments with these ids, for two readers, who have all of them or
    a `subset` each."""

    def __init__(self, folder, ids=(0, 1, 2), feed_number=0, subsets=()):
        paths = SessionPaths(folder, folder)
        roles = ("strategy", "risk")
        for role in roles:
            create_ring(paths.ring(f"market.{role}"), 1024, role)
            create_bell(paths.process(role), role)
        for number, symbol in zip(ids, SYMBOLS, strict=True):
            create_shared_book(paths.book(symbol), number, 4096, 64, symbol)
        journal = Journal.open(paths.journal("feed"), "test", Source.FEED, 4096, 0, 0)
        named = zip(ids, instruments(*SYMBOLS), strict=True)
        rows = [replace(row, instrument_id=number) for number, row in named]
        self.paths = paths
        feed, had = Process("feed", feed_number, ids), dict.fromkeys(roles, ids) | dict(subsets)
        rings = [Ring(f"market.{role}", feed, Process(role, 0, had[role])) for role in roles]
        self.publisher = Publisher(paths, feed, rings, rows, journal)
        self.readers = [RingReader(paths.ring(f"market.{role}")) for role in roles]
        self.books = [SharedBookReader(paths.book(symbol)) for symbol in SYMBOLS]
        self.publisher.resync_readers()
        self.read()

    def publish(self, *rows):
        records = batch(*rows)
        self.publisher.publish(events_pointer(records), len(records))
        return records

    def read(self):
        """What each reader got."""
        got = []
        for reader in self.readers:
            out = EventBuffer(1024)
            n = reader.take(out.cdata, 1024)
            reader.release()
            got.append(out.array[:n].copy())
        return got

    def logged(self):
        return np.concatenate(list(JournalReader(self.paths.journal("feed")).chunks()))


def bare(records):
    """Without the commit word, which is the ring's or the journal's own."""
    records = records.copy()
    records["commit"] = 0
    return records.tobytes()


@pytest.fixture
def made(tmp_path):
    return Published(tmp_path)


def test_every_book_that_a_message_touches_is_brought_up_to_it(made):
    made.publish(*(book_of([(100 + i, 5)], [(110, 5)], i) for i in range(3)))
    assert [book.top().bid_price for book in made.books] == [100, 101, 102]
    made.publish(*(book_of([(90 + i, 5)], [(110, 5)], i) for i in (2, 0)))
    assert [book.top().bid_price for book in made.books] == [90, 101, 92]


def test_a_record_that_has_a_time_keeps_it_and_one_that_has_none_gets_it(made):
    before = made.publisher.clock.session_ns()
    kept = event(Kind.TRADE, recv_ns=7, source=Source.EXCHANGE)
    sent = made.publish(kept, event(Kind.TRADE), event(Kind.TRADE, recv_ns=1))
    after = made.publisher.clock.session_ns()
    assert [int(sent["recv_ns"][i]) for i in (0, 2)] == [7, 1]
    assert before <= sent["recv_ns"][1] <= after
    assert (sent["source"] == Source.FEED).all()


def test_log_and_readers_get_all_of_it_and_it_is_counted(made):
    counted = made.publisher.published
    sent = made.publish(book_of([(100, 5)], [(110, 5)]), event(Kind.TRADE, price=110, quantity=1))
    assert made.publisher.published == counted + len(sent)
    assert [bare(got) for got in made.read()] == [bare(sent)] * 2
    assert bare(made.logged()[-len(sent) :]) == bare(sent)


@pytest.mark.parametrize("instrument_id", [3, 63, 64, 255, 256, 0xFFFFFFFF])
def test_a_record_of_an_instrument_that_is_not_ours_is_refused_with_all_beside_it(
    made, instrument_id
):
    made.publish(*(book_of([(100, 5)], [(110, 5)], i) for i in range(3)))
    logged, published = len(made.logged()), made.publisher.published
    made.read()
    with pytest.raises(NativeError) as caught:
        made.publish(
            event(Kind.BOOK_INVALID), event(Kind.BOOK_INVALID, instrument_id=instrument_id)
        )
    assert caught.value.code == lib.PMM_ERR_ARGUMENT
    assert all(book.top().valid for book in made.books)
    assert (len(made.logged()), made.publisher.published) == (logged, published)
    assert [len(got) for got in made.read()] == [0, 0]


def test_each_reader_is_sent_its_own_instruments_and_books_may_have_any_ids(tmp_path):
    made = Published(tmp_path, ids=(7, LAST - 1, LAST), feed_number=1, subsets={"risk": (LAST,)})
    sent = [book_of([(100, 5)], [(110, 5)], i) for i in (7, LAST, LAST - 1)]
    made.publish(*sent)
    got = made.read()
    assert got[0]["instrument_id"].tolist() == [7] * 4 + [LAST] * 4 + [LAST - 1] * 4
    assert got[1]["instrument_id"].tolist() == [LAST] * 4
    assert {int(source) for rows in got for source in rows["source"]} == {Source.FEED | 1 << 8}
    assert [book.top().valid for book in made.books] == [True] * 3
    assert made.publisher.top_of(LAST) == (100, 5, 110, 5)
    made.publish(
        event(Kind.DEPTH, side=1, price=200, quantity=1, flags=Flag.LAST, instrument_id=LAST - 1)
    )
    assert made.publisher.broken() == [(LAST - 1, Reason.CROSSED)]


def latencies(made, *records, ahead_ns=0):
    """What is recorded of these, published one by one: [count, largest]."""
    create_counters(made.paths.counters("feed"), 1, 1, "feed")
    with Counters(made.paths.counters("feed")) as counters:
        histogram = counters.histogram("venue_to_record")
        made.publisher.venue_clock(histogram, ahead_ns)
        for rows in records:
            made.publish(rows)
        return [histogram.summary().count, histogram.summary().max]


def test_from_the_venues_stamp_to_the_record_is_read_by_our_clock(made):
    trade = event(Kind.TRADE, recv_ns=10_000, venue_ns=9_000)
    assert latencies(made, trade, ahead_ns=-500) == [1, 500]


def test_a_venue_whose_clock_is_ahead_is_not_from_the_future(made):
    trade = event(Kind.TRADE, recv_ns=10_000, venue_ns=12_000)
    assert latencies(made, trade, ahead_ns=2_250) == [1, 250]


def test_no_latency_is_made_of_a_snapshot_or_of_what_has_no_stamp(made):
    book = book_of([(100, 5)], [(110, 5)])
    book["venue_ns"], book["recv_ns"] = 1, 10_000
    unstamped = event(Kind.TRADE, recv_ns=10_000)
    lost = event(Kind.BOOK_INVALID, recv_ns=10_000, venue_ns=1)
    assert latencies(made, book, unstamped, lost) == [0, 0]


def test_the_last_record_of_a_message_is_the_one_that_counts_and_no_stamp_overflows(made):
    first = event(Kind.TRADE, recv_ns=10_000, venue_ns=1)
    last = event(Kind.TRADE, recv_ns=10_000, venue_ns=9_900)
    wild = event(Kind.TRADE, recv_ns=1, venue_ns=2**63 - 1)
    both = batch(first, last)
    assert latencies(made, both, wild) == [2, 100]


def test_what_a_recording_repeats_is_of_another_day_and_no_latency(made):
    hour_ns = 3600 * 10**9
    of_today = event(Kind.TRADE, recv_ns=2 * hour_ns, venue_ns=hour_ns + 1)
    of_then = event(Kind.TRADE, recv_ns=2 * hour_ns, venue_ns=hour_ns)
    assert latencies(made, of_today, of_then)[0] == 1
