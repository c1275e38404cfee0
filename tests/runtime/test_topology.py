"""Which processes a session has, which rings there are between them, and where a record goes."""

import numpy as np
import pytest

from pinnacle.core._native import lib
from pinnacle.core.errors import UsageError
from pinnacle.core.schema import INSTRUMENT_ALL, NUMBERS_MAX, Kind, Source, source_of
from pinnacle.runtime.topology import STOP_ORDER, MarketPlace, Topology
from tests.records import event
from tests.seats import topology_of

NEAR, FAR = 1 << 48 | 7, 2 << 48 | 7


@pytest.fixture
def several():
    """A simulated venue of two instruments, a real one of one; three strategies."""
    places = [MarketPlace("alpha", True, (0, 1)), MarketPlace("beta", False, (2,))]
    return Topology(places, {"all": (0, 1, 2), "near": (0,), "far": (2,)})


def names(processes):
    return [process.name for process in processes]


def rings(found):
    return [ring.name for ring in found]


def goes(topology, ring, **fields):
    (route,) = (r.route for r in topology.rings if r.name == ring)
    return bool(route.wanted(np.concatenate([event(**fields)]))[0])


def test_a_session_of_one_of_each_calls_everything_by_its_role():
    one = topology_of()
    assert names(one.processes) == ["exchange", "feed", "strategy", "risk", "gateway", "monitor"]
    assert rings(one.rings) == [
        "venue.market", "market.strategy", "intents", "orders", "venue.orders",
        "venue.reports", "reports", "fills",
    ]  # fmt: skip
    roles = [Source[process.role.upper()] for process in one.processes]
    assert [process.source for process in one.processes] == roles


@pytest.mark.parametrize("simulated", [True, False])
def test_of_the_most_venues_and_strategies_no_process_has_more_rings_than_its_stage(simulated):
    ids = tuple(range(NUMBERS_MAX))
    places = [MarketPlace(f"v{i}", simulated, (i,)) for i in ids]
    most = Topology(places, {f"s{i}": ids for i in ids})
    assert len(most.reads(most.process("risk"))) == 2 * NUMBERS_MAX
    for process in most.processes:
        for rings_of in (most.reads, most.gives, most.publishes):
            assert len(rings_of(process)) <= lib.PMM_STAGE_RINGS_MAX


def test_a_real_venue_is_read_by_its_exchange_too():
    paper = topology_of(simulated=False)
    assert "market.exchange" in rings(paper.rings)
    assert "venue.market" not in rings(paper.rings)
    assert names(paper.peers(paper.process("exchange"))) == ["gateway", "feed"]
    assert names(paper.peers(paper.process("feed"))) == []


def test_each_venue_and_each_strategy_has_its_own_processes(several):
    assert names(several.journalled) == [
        "exchange.alpha", "exchange.beta", "feed.alpha", "feed.beta", "strategy.all",
        "strategy.near", "strategy.far", "risk", "gateway.alpha", "gateway.beta",
    ]  # fmt: skip
    beta = [several.process(f"{role}.beta") for role in ("feed", "gateway", "exchange")]
    assert [process.number for process in beta] == [1, 1, 1]
    assert several.process("strategy.far").source == source_of(Source.STRATEGY, 2)
    assert several.of_source(source_of(Source.FEED, 1)).name == "feed.beta"


def test_a_strategy_reads_the_feeds_of_its_own_instruments_alone(several):
    reads = {p.name: rings(several.reads(p)) for p in several.of_role("strategy")}
    assert reads == {
        "strategy.all": ["fills.all", "market.strategy.alpha.all", "market.strategy.beta.all"],
        "strategy.near": ["fills.near", "market.strategy.alpha.near"],
        "strategy.far": ["fills.far", "market.strategy.beta.far"],
    }


def test_decisions_go_by_their_routes_and_market_data_to_whoever_reads_it(several):
    feed, strategy, risk = map(several.process, ("feed.alpha", "strategy.near", "risk"))
    assert rings(several.publishes(feed)) == [
        "market.strategy.alpha.all",
        "market.strategy.alpha.near",
    ]
    assert several.gives(feed) == [] and several.publishes(strategy) == []
    assert rings(several.gives(strategy)) == ["intents.near"]
    assert rings(several.gives(risk)) == [
        "orders.alpha", "orders.beta", "fills.all", "fills.near", "fills.far",
    ]  # fmt: skip
    assert rings(several.publishes(several.process("exchange.alpha"))) == ["venue.market.alpha"]


def test_an_only_strategy_is_sent_every_report_and_of_two_each_its_own():
    for names_of, owners in ((["one"], [None]), (["one", "two"], [0, 1])):
        made = Topology([MarketPlace("x", True, (0,))], dict.fromkeys(names_of, (0,)))
        assert [r.route.owner for r in made.rings if r.name.startswith("fills")] == owners


def test_reports_are_read_before_orders_and_market(several):
    assert rings(several.reads(several.process("risk"))) == [
        "reports.alpha", "reports.beta", "intents.all", "intents.near", "intents.far",
    ]  # fmt: skip
    assert rings(several.reads(several.process("gateway.beta"))) == [
        "venue.reports.beta",
        "orders.beta",
    ]


def test_an_order_goes_to_the_gateway_of_its_instrument_and_one_of_all_to_both(several):
    def gateways(instrument):
        order = {"kind": Kind.CANCEL_ALL, "instrument_id": instrument}
        return [goes(several, f"orders.{venue}", **order) for venue in ("alpha", "beta")]

    assert gateways(1) == [True, False]
    assert gateways(2) == [False, True]
    assert gateways(INSTRUMENT_ALL) == [True, True]


def test_a_report_goes_to_the_strategy_whose_order_it_was(several):
    def strategies(order_id):
        report = {"kind": Kind.FILL, "order_id": order_id}
        return [goes(several, f"fills.{name}", **report) for name in ("all", "near", "far")]

    assert strategies(7) == [True, False, False]
    assert strategies(NEAR) == [False, True, False]
    assert strategies(FAR) == [False, False, True]


def test_only_what_a_venue_is_sent_is_not_sent_again(several):
    assert [ring.name for ring in several.rings if not ring.resent] == [
        "venue.orders.alpha",
        "venue.orders.beta",
    ]


def test_a_process_watches_those_whose_loss_concerns_its_instruments(several):
    peers = {name: names(several.peers(several.process(name))) for name in names(several.processes)}
    assert peers["strategy.near"] == ["feed.alpha", "risk", "gateway.alpha"]
    assert peers["risk"] == [
        "strategy.all", "strategy.near", "strategy.far",
        "gateway.alpha", "gateway.beta", "feed.alpha", "feed.beta",
    ]  # fmt: skip
    assert peers["gateway.beta"] == ["risk", "exchange.beta"]
    assert peers["exchange.alpha"] == ["gateway.alpha"]
    assert peers["exchange.beta"] == ["gateway.beta", "feed.beta"]
    assert peers["feed.alpha"] == ["exchange.alpha"] and peers["feed.beta"] == []
    assert peers["monitor"] == []


def test_all_of_a_role_end_before_the_next_role_does(several):
    ended = [process.role for process in several.in_order(STOP_ORDER)]
    assert ended == sorted(ended, key=STOP_ORDER.index) and len(ended) == len(several.processes)


@pytest.fixture
def sharded():
    """Two real venues: five instruments of the first dealt to two feeds, one of the second."""
    places = [MarketPlace("one", False, (0, 1, 2, 4, 5), 2), MarketPlace("two", False, (3,))]
    return Topology(places, {"all": tuple(range(6)), "even": (0, 2, 3)})


def test_instruments_are_dealt_to_a_venues_feeds_one_by_one(sharded):
    feeds = {process.name: process.instruments for process in sharded.of_role("feed")}
    assert feeds == {"feed.one.1": (0, 2, 5), "feed.one.2": (1, 4), "feed.two": (3,)}
    assert names(Topology([MarketPlace("", False, (0, 1), 2)], {"": (0, 1)}).of_role("feed")) == [
        "feed.1",
        "feed.2",
    ]


def test_feeds_are_counted_through_all_venues_and_no_two_processes_have_one_source(sharded):
    assert [process.number for process in sharded.of_role("feed")] == [0, 1, 2]
    assert [process.number for process in sharded.of_role("gateway")] == [0, 1]
    sources = [process.source for process in sharded.processes]
    assert len(set(sources)) == len(sources)


def test_a_reader_has_a_ring_of_each_feed_that_has_something_for_it(sharded):
    reads = {name: rings(sharded.reads(sharded.process(name))) for name in names(sharded.processes)}
    assert reads["strategy.all"] == [
        "fills.all",
        "market.strategy.one.1.all",
        "market.strategy.one.2.all",
        "market.strategy.two.all",
    ]
    assert reads["strategy.even"] == [
        "fills.even",
        "market.strategy.one.1.even",
        "market.strategy.two.even",
    ]
    assert reads["exchange.one"] == [
        "venue.orders.one",
        "market.exchange.one.1",
        "market.exchange.one.2",
    ]


def test_the_loss_of_one_of_a_venues_feeds_concerns_its_own_instruments_alone(sharded):
    peers = {name: names(sharded.peers(sharded.process(name))) for name in names(sharded.processes)}
    assert peers["strategy.even"] == [
        "feed.one.1", "feed.two", "risk", "gateway.one", "gateway.two",
    ]  # fmt: skip
    assert peers["exchange.one"] == ["gateway.one", "feed.one.1", "feed.one.2"]
    assert [name for name in peers["risk"] if name.startswith("feed")] == [
        "feed.one.1", "feed.one.2", "feed.two",
    ]  # fmt: skip


def test_of_feeds_as_many_as_have_numbers_no_process_has_more_rings_than_its_stage():
    ids = tuple(range(2 * NUMBERS_MAX))
    place = MarketPlace("", False, ids, NUMBERS_MAX)
    most = Topology([place], {f"s{i}": ids for i in range(NUMBERS_MAX)})
    for process in most.processes:
        for rings_of in (most.reads, most.gives, most.publishes):
            assert len(rings_of(process)) <= lib.PMM_STAGE_RINGS_MAX


def test_what_is_not_there_is_named_with_what_is(several):
    with pytest.raises(UsageError, match=r"no process 'feed'; there are: exchange\.alpha, "):
        several.process("feed")
    with pytest.raises(UsageError, match="no process has the source 517"):
        several.of_source(source_of(Source.GATEWAY, 2))
