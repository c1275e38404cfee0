"""Several connections of one venue are one market."""

import asyncio
import contextlib

import numpy as np
import pytest

from pinnacle.core.market_state import ConnectionState, MarketState
from pinnacle.core.schema import INSTRUMENT, Reason
from pinnacle.venues.binance import VENUE as BINANCE
from pinnacle.venues.bitstamp import VENUE as BITSTAMP
from pinnacle.venues.spread import Spread, market_of

LIVE, SNAPSHOT = ConnectionState.LIVE, ConnectionState.SNAPSHOT


def table(count, first=3):
    found = np.zeros(count, INSTRUMENT)
    found["instrument_id"] = range(first, first + count)
    found["symbol"] = [f"S{i}USDT".encode() for i in range(count)]
    found["tick_mantissa"] = found["lot_mantissa"] = 1
    return found


class Part:
    """One connection's market, and what it was asked."""

    def __init__(self, state, gaps=0):
        self.asked, self._state, self._gaps = [], state, gaps
        self.fail = asyncio.Event()
        self.ended = False

    async def run(self):
        try:
            await self.fail.wait()
            raise OSError("for good")
        finally:
            await asyncio.sleep(0.01)  # to say goodbye takes a moment
            self.ended = True

    def resync(self, instrument_id, reason):
        self.asked.append(("resync", instrument_id, reason))

    def hold(self, instrument_id, reason):
        self.asked.append(("hold", instrument_id, reason))

    def counts(self):
        return {"gaps": self._gaps, "odd": 1}

    def state(self):
        return self._state


def spread(*states):
    rows = table(len(states))
    parts = [Part(state, gaps) for gaps, state in enumerate(states)]
    return Spread([rows[i : i + 1] for i in range(len(states))], parts), parts


def test_each_instrument_is_asked_for_at_its_own_connection():
    market, (first, second) = spread(MarketState(LIVE), MarketState(LIVE))
    market.resync(4, Reason.CROSSED)
    market.hold(3, Reason.HALTED)
    assert first.asked == [("hold", 3, Reason.HALTED)]
    assert second.asked == [("resync", 4, Reason.CROSSED)]


def test_counts_add_up_and_the_state_is_that_of_the_worst_since_it_became_that():
    one = MarketState(LIVE, Reason.NONE, 10, 50, 100, 1, 1, 1)
    two = MarketState(SNAPSHOT, Reason.SEQUENCE_GAP, 30, 40, 7, 2, 1, 2)
    three = MarketState(SNAPSHOT, Reason.RESYNC, 20, 45, 3, 1, 1, 1)
    market, _ = spread(one, two, three)
    assert market.counts() == {"gaps": 3, "odd": 3}
    assert market.state() == MarketState(SNAPSHOT, Reason.RESYNC, 20, 50, 110, 4, 3, 4)


@pytest.mark.parametrize("failing", [0, 1])
def test_one_that_fails_for_good_ends_all(failing):
    async def session():
        market, parts = spread(MarketState(LIVE), MarketState(LIVE))
        running = asyncio.create_task(market.run())
        await asyncio.sleep(0)
        parts[failing].fail.set()
        with pytest.raises(OSError, match="for good"):
            await running
        assert all(part.ended for part in parts)

    asyncio.run(session())


def test_cancelled_it_ends_every_connection():
    async def session():
        market, parts = spread(MarketState(LIVE), MarketState(LIVE))
        running = asyncio.create_task(market.run())
        await asyncio.sleep(0.01)
        running.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await running
        assert all(part.ended for part in parts)

    asyncio.run(session())


@pytest.mark.parametrize(
    ("count", "asked", "shares"),
    [(5, 2, [2, 2, 1]), (4, 2, [2, 2]), (5, None, [5]), (5, 5, [5]), (700, None, [341, 341, 18])],
)
def test_instruments_are_spread_as_the_venue_and_the_configuration_have_it(count, asked, shares):
    rows = table(count)
    config = BINANCE.section(instruments_per_connection=asked)
    market = market_of(BINANCE, config, rows, lambda *_: None, lambda: 1, lambda _: None)
    if len(shares) == 1:
        assert not isinstance(market, Spread) and len(market.stream.rows) == count
        return
    assert [len(part.stream.rows) for part in market._markets] == shares
    found = np.concatenate([part.stream.codec.instruments for part in market._markets])
    assert found["instrument_id"].tolist() == rows["instrument_id"].tolist()


def test_no_more_are_asked_of_a_connection_than_the_venue_takes():
    config = BITSTAMP.section(instruments_per_connection=1000)
    market = market_of(BITSTAMP, config, table(600), lambda *_: None, lambda: 1, lambda _: None)
    assert [len(part.stream.rows) for part in market._markets] == [512, 88]
