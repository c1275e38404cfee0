"""What an outsider is told of an instrument that several strategies quote."""

import pytest

from pinnacle.core.bell import Bell, create_bell
from pinnacle.core.counters import create_counters
from pinnacle.core.notices import create_notices
from pinnacle.core.rows import Position, Quote, QuotesWriter, create_quotes
from pinnacle.core.segment import Mode
from pinnacle.runtime.observer import Observer
from tests.segments import SYMBOLS, Segments, show_quote

OTHER = "strategy.other"


@pytest.fixture
def segments(tmp_path):
    made = Segments(tmp_path)
    paths = made.paths
    create_bell(paths.process(OTHER), OTHER)
    create_counters(paths.counters(OTHER), 4, 0, OTHER)
    create_notices(paths.notices(OTHER), OTHER)
    create_quotes(paths.quotes(OTHER), len(SYMBOLS), OTHER)
    made.bells[OTHER] = Bell(paths.process(OTHER), Mode.OWN)
    made.ready()
    yield made
    made.close()


def test_of_two_strategies_the_better_prices_are_shown_and_none_of_one_that_is_silent(segments):
    bitcoin, ether = segments.instruments
    observer = Observer(segments.paths)
    with QuotesWriter(segments.paths.quotes(OTHER)) as other:
        assert observer.quote(bitcoin) == Quote()
        segments.show_quote(0, bid_price=100, ask_price=110, unknown_reports=1)
        show_quote(other, 0, bid_price=101, ask_price=111, unknown_reports=2)
        show_quote(other, 1, ask_price=7)
        assert observer.quote(bitcoin) == Quote(101, 110, 3)
        assert observer.quote(ether) == Quote(0, 7, 0)
        show_quote(other, 0, bid_price=99)
        assert observer.quote(bitcoin) == Quote(100, 110, 1)
        segments.silence("strategy")
        assert observer.quote(bitcoin) == Quote(99, 0, 0)
    observer.close()


def test_a_position_is_nothing_until_it_is_shown_and_outlives_its_writer(segments):
    bitcoin, ether = segments.instruments
    observer = Observer(segments.paths)
    assert observer.position(bitcoin) == Position()
    segments.show_position(0, position=3, realised=5)
    segments.positions.close()
    assert observer.position(bitcoin) == Position(position=3, realised=5)
    assert observer.position(ether) == Position()
    observer.close()
