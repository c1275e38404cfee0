"""What the strategy shows: what it wants, and what it was told of orders that are not its own."""

import pytest

from pinnacle.core.counters import CountersReader
from pinnacle.core.instruments import read_list
from pinnacle.core.rows import Quote, QuotesReader
from pinnacle.core.schema import Kind, Side, Source, events_pointer
from pinnacle.plan.checks import load_session
from pinnacle.runtime.frame import wired
from pinnacle.runtime.runtime import Runtime
from pinnacle.runtime.topology import MarketPlace
from pinnacle.session.create import create_session
from pinnacle.strategy.config import MarketMakerConfig, StrategyConfig
from pinnacle.strategy.host import StrategyHost
from pinnacle.strategy.process import Trader
from tests.records import batch, book_of, event
from tests.seats import Unwatched, seat_of
from tests.sessions import demo_config, many_instruments

MINE = (0, 1)


@pytest.fixture
def runtime(tmp_path):
    config, paths = demo_config(tmp_path, "shown", change=lambda text: many_instruments(text, 3))
    create_session(load_session(config), paths)
    topology = Unwatched([MarketPlace("", True, (0, 1, 2))], {"": MINE})
    with Runtime(seat_of("strategy", paths, topology)) as made:
        yield made


def test_quotes_and_reports_of_unknown_orders_are_shown_by_instrument(runtime):
    mine = [read_list(runtime.paths.instrument_list)[i] for i in MINE]
    maker = MarketMakerConfig(quote_quantity="1", inventory_max="10")
    host = StrategyHost(mine, StrategyConfig(market_maker={mine[0].symbol: maker}))
    process = Trader(runtime, wired(runtime), host)
    fill = event(
        kind=Kind.FILL, instrument_id=1, order_id=77, price=100, quantity=2,
        side=Side.BID, source=Source.GATEWAY,
    )  # fmt: skip
    events = batch(book_of([(10_000, 5)], [(10_200, 5)]), fill)
    host.desk.apply(events_pointer(events), len(events))
    wanted = host.markets[0].row.wanted
    wanted.bid_count, wanted.bids[0].price = 1, 9_999
    wanted.asks[0].price = 10_300  # of a side that wants nothing
    runtime.loop.turns = 3
    process.publish(0)
    with CountersReader(runtime.paths.counters("strategy")) as reader:
        assert reader.values() == {"turns": 3, "working_orders": 0, "resyncs_asked": 0}
    with QuotesReader(runtime.paths.quotes("strategy")) as reader:
        assert reader.read(0) == Quote(bid_price=9_999)
        assert reader.read(1) == Quote(unknown_reports=1)
        assert reader.read(2) is None, "another strategy's, or nobody's"
        wanted.bid_count, wanted.ask_count, wanted.asks[1].price = 0, 2, 10_400
        process.publish(1)
        assert reader.read(0) == Quote(ask_price=10_300)
