"""How a feed stands with its venue, for who looks: in words, and nothing that is not known."""

import pytest

from pinnacle.core.bell import ProcessState, create_bell
from pinnacle.core.counters import Counters, create_counters
from pinnacle.core.market_state import ConnectionState, MarketState
from pinnacle.core.notices import create_notices
from pinnacle.core.schema import Reason
from pinnacle.runtime.observer import Observer
from tests.segments import Segments

AHEAD = {"clock_ahead_ns": 1_500_000, "clock_error_ns": 500_000}
COUNTS = {"market.gaps": 3, "market.resyncs": 2, "market.checksums_bad": 1}


@pytest.fixture
def segments(tmp_path):
    made = Segments(tmp_path)
    yield made
    made.close()


@pytest.fixture
def observer(segments):
    opened = Observer(segments.paths)
    yield opened
    opened.close()


def show(segments, state, **more):
    segments.ready()
    shown = {f"market.{name}": value for name, value in state._asdict().items()}
    segments.count("feed", **(shown | more))


def test_several_feeds_of_an_only_venue_are_told_apart(segments, tmp_path):
    for number in (1, 2):
        name = f"feed.{number}"
        create_bell(segments.paths.process(name), name)
        create_counters(segments.paths.counters(name), 64, 1, name)
        create_notices(segments.paths.notices(name), name)
        with Counters(segments.paths.counters(name)) as counters:
            counters.show(**{f"market.{key}": 1 for key in MarketState._fields})
    observer = Observer(segments.paths)
    assert {view.name for view in observer.venues()} == {"simulated.1", "simulated.2"}
    observer.close()


@pytest.mark.parametrize("name", ["feed.kraken", "feed.kraken.2"])
def test_an_only_venue_with_a_name_of_its_own_is_not_told_twice(segments, name):
    create_bell(segments.paths.process(name), name)
    create_counters(segments.paths.counters(name), 64, 1, name)
    create_notices(segments.paths.notices(name), name)
    with Counters(segments.paths.counters(name)) as counters:
        counters.show(**{f"market.{key}": 1 for key in MarketState._fields})
    observer = Observer(segments.paths)
    assert {view.name for view in observer.venues()} == {name.removeprefix("feed.")}
    observer.close()


def test_a_feed_without_a_venue_outside_is_none(segments, observer):
    segments.count("feed", published=7, gaps=1)
    assert observer.venues() == []


def test_its_state_is_told_in_words_with_its_age_and_its_reason(segments, observer):
    now_ns = segments.control.now_ns()
    state = MarketState(
        ConnectionState.BACKING_OFF,
        Reason.DISCONNECTED,
        now_ns - 3 * 10**9,
        now_ns - 10**9,
        messages=41,
        subscribed=2,
        connected=1,
        connections=3,
    )
    show(segments, state, **COUNTS)
    (view,) = observer.venues()
    assert (view.name, view.state, view.reason) == ("simulated", "backing off", "disconnected")
    assert not view.live and view.messages == 41 and view.subscribed == 2
    assert (view.connected, view.connections) == (1, 3)
    assert 3000 <= view.state_ms < 33_000 and 1000 <= view.silent_ms < 31_000
    assert (view.gaps, view.resyncs, view.checksum_failures) == (3, 2, 1)


def test_a_live_one_has_no_reason_and_before_the_first_message_no_age(segments, observer):
    show(segments, MarketState(ConnectionState.LIVE, since_ns=1))
    (view,) = observer.venues()
    assert view.live and view.reason == "" and view.silent_ms is None


def test_best_prices_that_differ_are_checksum_failures_too(segments, observer):
    show(segments, MarketState(ConnectionState.LIVE), **{"market.tops_different": 4})
    assert observer.venues()[0].checksum_failures == 4


def test_a_latency_is_told_only_by_a_clock_that_is_known(segments, observer):
    show(segments, MarketState(ConnectionState.LIVE))
    segments.counters["feed"].histogram("venue_to_record").record(5_000_000)
    (view,) = observer.venues()
    assert view.clock_ahead_ms is view.clock_error_ms is view.latency is None
    show(segments, MarketState(ConnectionState.LIVE), **AHEAD)
    (view,) = observer.venues()
    assert (view.clock_ahead_ms, view.clock_error_ms) == (1.5, 0.5)
    assert view.latency.count == 1 and view.latency.p50 >= 5_000_000


@pytest.mark.parametrize("state", [ProcessState.STARTING, ProcessState.RECOVERING])
def test_a_feed_that_is_not_ready_stands_as_its_process_does(segments, observer, state):
    show(segments, MarketState(ConnectionState.LIVE, since_ns=1, connected=1))
    segments.bells["feed"].set_state(state)
    (view,) = observer.venues()
    assert view.state == state.name.lower() and not view.live and view.connected == 0


def test_what_a_later_version_shows_ends_nobody_who_looks(segments, observer):
    show(segments, MarketState(99, 9999, since_ns=1))
    (view,) = observer.venues()
    assert view.state == "state 99" and not view.live
    segments.count("feed", **{"market.more": 5})
    assert observer.venues()


def test_of_a_dead_feed_nothing_is_believed(segments, observer):
    show(segments, MarketState(ConnectionState.LIVE, since_ns=1))
    segments.bells["feed"].close()
    (view,) = observer.venues()
    assert view.state == "absent" and not view.live
