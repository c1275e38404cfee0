"""The simulated venue by the log's clock: what a pause of its process does, and does not, to it."""

import pytest

from pinnacle.core.outlet import Outlet
from pinnacle.core.ring import RingReader, create_ring
from pinnacle.core.schema import EventBuffer, Kind, Source, Venue
from pinnacle.sim.simulated_venue import GAP_MAX_NS
from tests.sim.venue_log import LATENCY_NS, MS, SECOND, Log

HOUR, YEARS = 3600 * SECOND, 56 * 365 * 24 * 3600 * SECOND


@pytest.mark.parametrize("gap_ns", [2 * SECOND, HOUR, YEARS], ids=["2 s", "an hour", "since 1970"])
def test_a_pause_of_any_length_is_one_second_of_market_and_no_more(gap_ns):
    log = Log()
    log.turns(2 * SECOND)
    before = log.now
    _, in_a_second = log.turns(SECOND)
    log.now += gap_ns
    _, market = log.turn()
    assert 0 < len(market) < 3 * in_a_second
    assert log.venue.skipped_ns == gap_ns - GAP_MAX_NS
    # As many records as ever, and of a virtual time that goes on where it stood.
    _, after = log.turns(SECOND)
    assert in_a_second / 3 < after < 3 * in_a_second
    assert int(market["venue_ns"].max()) <= before + 2 * SECOND


def test_what_is_shorter_than_the_bound_is_lived_through():
    log = Log()
    log.turns(SECOND)
    log.now += GAP_MAX_NS
    log.turn()
    assert log.venue.skipped_ns == 0


def test_an_order_after_a_pause_is_acknowledged_as_soon_as_one_before_it():
    log = Log()
    log.turns(100 * MS)
    for order_id, gap_ns in ((1, 0), (2, HOUR), (3, 2 * HOUR)):
        log.now += gap_ns
        log.turn()
        sent = log.now
        reports, _ = log.turn(log.order(order_id))
        while not len(reports):
            log.now += LATENCY_NS // 4
            reports, _ = log.turn()
        assert [Kind(kind) for kind in reports["kind"]] == [Kind.ACK]
        assert log.now - sent == 2 * LATENCY_NS


def test_an_order_that_waited_through_the_pause_acts_behind_it():
    log = Log()
    log.turns(100 * MS)
    order = log.order(1)
    log.now += HOUR
    reports, _ = log.turn(order)
    assert [Kind(kind) for kind in reports["kind"]] == [Kind.ACK]


def test_a_venue_that_is_thawed_behind_a_pause_goes_on_as_the_one_that_was_frozen():
    log, other = Log(), Log()
    log.turns(100 * MS)
    log.now += HOUR
    log.turn()
    assert other.venue.thaw([bytes(piece) for piece in log.venue.freeze()])
    other.now = log.now
    assert other.venue.skipped_ns == log.venue.skipped_ns > 0
    for _ in range(200):
        log.now += MS
        other.now = log.now
        for mine, theirs in zip(
            log.turn(log.order(log.now)), other.turn(other.order(other.now)), strict=True
        ):
            assert mine.tobytes() == theirs.tobytes()


def test_a_clock_that_goes_back_stops_nothing_for_longer_than_it_is_back():
    """The log's clock is the latest stamp: the stage bounds its leaps (csrc/turn/stage.h)."""
    log = Log()
    log.turns(100 * MS)
    log.now -= 50 * MS
    _, market = log.turn()
    assert len(market) == 0
    assert log.turns(SECOND)[1] > 0


def test_the_books_are_sent_with_the_time_of_the_market(tmp_path):
    log = Log()
    log.now += HOUR
    log.turn()
    create_ring(tmp_path / "ring", 4096, "venue")
    outlet = Outlet(tmp_path / "ring", None, [0], Source.EXCHANGE, Venue.SIMULATED)
    with RingReader(tmp_path / "ring") as reader:
        log.venue.resync(outlet)
        out = EventBuffer(4096)
        book = out.array[: reader.take(out.cdata, 4096)]
    assert [Kind(k) for k in book["kind"][[0, 1, -1]]] == [
        Kind.BOOK_INVALID,
        Kind.BOOK_BEGIN,
        Kind.BOOK_END,
    ]
    assert set(book["venue_ns"][1:].tolist()) == {log.now - log.venue.skipped_ns - LATENCY_NS}
