"""What the strategy shows: what it wants, and what it was told of orders that are not its own."""

from types import SimpleNamespace

import pytest

from pinnacle.core.counters import Counters, CountersReader, create_counters
from pinnacle.core.paths import SessionPaths
from pinnacle.core.rows import Quote, QuotesReader, create_quotes
from pinnacle.core.schema import Kind, Side, Source, events_pointer
from pinnacle.runtime.topology import Process
from pinnacle.strategy.config import MarketMakerConfig, StrategyConfig
from pinnacle.strategy.host import StrategyHost
from pinnacle.strategy.market_maker import MarketMaker
from pinnacle.strategy.process import _Published
from tests.records import batch, book_of, event, instruments


@pytest.fixture
def host():
    maker = MarketMakerConfig(quote_quantity="1", inventory_max="10")
    return StrategyHost(
        instruments("X", "Y"), StrategyConfig(market_maker={"X": maker}), MarketMaker
    )


def test_quotes_and_reports_of_unknown_orders_are_shown_by_instrument(host, tmp_path):
    fill = event(
        kind=Kind.FILL, instrument_id=1, order_id=77, price=100, quantity=2,
        side=Side.BID, source=Source.GATEWAY,
    )  # fmt: skip
    events = batch(book_of([(10_000, 5)], [(10_200, 5)]), fill)
    host.desk.apply(events_pointer(events), len(events))
    wanted = host.markets[0].row.wanted
    wanted.bid_count, wanted.bids[0].price = 1, 9_999
    paths = SessionPaths(tmp_path, tmp_path)
    create_counters(paths.counters("strategy"), 3, 0, "strategy")
    create_quotes(paths.quotes("strategy"), 3, "strategy")
    missing = []
    with Counters(paths.counters("strategy"), missing.append) as counters:
        made = _Published(
            SimpleNamespace(
                counters=counters,
                loop=SimpleNamespace(turns=3),
                paths=paths,
                seat=SimpleNamespace(process=Process("strategy")),
            ),
            host,
        )
        made.now(asked=2)
    assert not missing
    with CountersReader(paths.counters("strategy")) as reader:
        assert reader.values() == {"turns": 3, "working_orders": 0, "resyncs_asked": 2}
    with QuotesReader(paths.quotes("strategy")) as reader:
        assert reader.read(0) == Quote(bid_price=9_999)
        assert reader.read(1) == Quote(unknown_reports=1)
        assert reader.read(2) is None, "another strategy's, or nobody's"
