"""A connection's state is told at every moment, with its reason and for how long."""

import itertools
import signal

import pytest

from pinnacle.capture.check import check_capture
from pinnacle.core.market_state import ConnectionState, MarketState
from pinnacle.core.schema import Reason
from pinnacle.venues.binance.connector import BinanceConnector
from tests.process.test_binance_connector import (  # noqa: F401  fixtures
    BINANCE,
    Market,
    run_until,
    serve,
    short,
)

BACKING_OFF, CONNECTING = ConnectionState.BACKING_OFF, ConnectionState.CONNECTING
LIVE, STALE = ConnectionState.LIVE, ConnectionState.STALE


class Watched:
    """A connector whose state is looked at as often as a feed does."""

    def __init__(self, config, paths):
        market = Market([check_capture(path, BINANCE) for path in paths])
        clock = iter(range(1, 10**9)).__next__
        self.connector = BinanceConnector(config, market.instruments, market, clock)
        self.seen: list[MarketState] = []

    def look(self):
        state = self.connector.state()
        if not self.seen or state.state != self.seen[-1].state:
            self.seen.append(state)
        assert state.since_ns == self.seen[-1].since_ns
        return state

    def states(self):
        return [state.state for state in self.seen]


@pytest.fixture
def watched(serve, short):  # noqa: F811
    server = serve(short, "--speed", "10")
    return server, Watched(server.config(stale_ms=600), short)


def test_before_it_runs_it_is_connecting(watched):
    _, watched = watched
    state = watched.look()
    assert (state.state, state.reason, state.messages) == (CONNECTING, Reason.STARTING, 0)
    assert state.since_ns > 0 and state.heard_ns == 0
    assert (state.subscribed, state.connected, state.connections) == (0, 0, 1)


def test_from_connecting_over_snapshots_to_live_and_back_when_the_server_dies(watched):
    server, watched = watched

    def over():
        state = watched.look()
        if state.state == LIVE and state.messages > 500:
            server.process.kill()
            server.process.wait()
        if LIVE in watched.states() and state.state == BACKING_OFF:
            watched.lost = state
            return True
        return False

    run_until(watched.connector, over)
    order = watched.states()
    assert order[0] == CONNECTING and order[-2:] == [LIVE, BACKING_OFF]
    assert set(order[1:-2]) <= {ConnectionState.SUBSCRIBING, ConnectionState.SNAPSHOT}
    live = watched.seen[-2]
    assert live.reason == Reason.NONE and live.subscribed == live.connected == 1
    lost = watched.lost
    assert lost.reason == Reason.DISCONNECTED and lost.messages > 500
    assert 0 < lost.heard_ns < lost.since_ns
    assert all(a.since_ns < b.since_ns for a, b in itertools.pairwise(watched.seen))


def test_one_that_falls_silent_is_stale_before_it_is_given_up(watched):
    server, watched = watched

    def over():
        state = watched.look()
        if state.state == LIVE and state.messages > 200:
            server.process.send_signal(signal.SIGSTOP)
        return watched.states()[-2:] == [STALE, BACKING_OFF]

    try:
        run_until(watched.connector, over)
    finally:
        server.process.send_signal(signal.SIGCONT)
    stale, lost = watched.seen[-2:]
    assert stale.reason == lost.reason == Reason.STALE
