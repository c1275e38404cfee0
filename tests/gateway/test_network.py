"""The gateway towards a venue outside: its turns over real rings, the venue an exchange of ours."""

import asyncio
import contextlib

import pytest
import structlog

from pinnacle.core.bell import Control
from pinnacle.core.config import JournalConfig
from pinnacle.core.credentials import Credentials
from pinnacle.core.errors import PeerLostError
from pinnacle.core.journal_reader import JournalReader
from pinnacle.core.ring import RingReader, RingWriter
from pinnacle.core.schema import EventBuffer, Kind, Reason, Side, Source, events_pointer
from pinnacle.core.segment import Mode
from pinnacle.exchange.config import ExchangeConfig, TradersConfig
from pinnacle.exchange.network.config import ServedConfig
from pinnacle.exchange.network.making import MadeExchange
from pinnacle.exchange.network.troubled import TroubledServer
from pinnacle.gateway.config import GatewayConfig, LiveConfig
from pinnacle.gateway.network import NetworkGateway
from pinnacle.gateway.table import make_table
from pinnacle.plan.checks import load_session
from pinnacle.runtime.decision_log import recover
from pinnacle.runtime.frame import wired
from pinnacle.runtime.runtime import Runtime
from pinnacle.runtime.topology import MarketPlace, Topology
from pinnacle.session.create import create_session
from pinnacle.venues.kraken.config import KrakenOrdersConfig
from pinnacle.venues.registry import find
from tests.exchange.network.exchanges import STILL
from tests.records import ORIGIN, batch, event
from tests.seats import seat_of
from tests.sessions import demo_config

PLENTY_S = 10.0


class Unwatched(Topology):
    """Whose processes watch no peers: the test plays none of them."""

    def peers(self, process):
        return []


class Turns:
    """Until the test has seen enough."""

    def __init__(self, enough: asyncio.Event):
        self.enough = enough

    def over(self, taken: int) -> bool:
        return self.enough.is_set()


class World:
    """A gateway over the real segments of a session, and its venue; the test is risk."""

    def __init__(self, folder, foreign="report"):
        config, paths = demo_config(folder, "net", "live-kraken.toml")
        session = load_session(config)
        create_session(session, paths)
        self.paths, self.foreign = paths, foreign
        self.control = Control(paths.control, Mode.SHARED)
        self.risk_out, self.risk_in = RingWriter(paths.ring("orders")), None
        self.risk_in = RingReader(paths.ring("reports"))
        kind = find("kraken")
        key = kind.exchange_side().new_key()
        prices = {"BTC-USD": "60000", "ETH-USD": "2500"}
        traders = {name: TradersConfig(price=price, **STILL) for name, price in prices.items()}
        market = ExchangeConfig(traders=traders)
        served = ServedConfig(instruments=session.instruments, exchange=market)
        self.exchange = MadeExchange(kind, served, {"main": key}, folder / "c", None, 1)
        self.house, self.credentials = self.exchange.house, Credentials(**key.given)
        self.told: list[tuple[str, int, str]] = []

    @contextlib.asynccontextmanager
    async def at_work(self):
        server = TroubledServer(self.exchange)
        self.server = server
        await server.open()
        serving = asyncio.create_task(server.run())
        orders = KrakenOrdersConfig(
            **server.addresses,
            ca_file=str(self.exchange.ca_file),
            foreign=self.foreign,
            backoff_min_ms=1,
            backoff_max_ms=2,
        )
        config = LiveConfig(table=GatewayConfig(), venue="kraken", orders=orders, vault="")
        topology = Unwatched([MarketPlace("", False, (0, 1), live=True)], {"": (0, 1)})
        journal = JournalConfig(records_per_file=4096)
        with Runtime(seat_of("gateway", self.paths, topology, journal=journal)) as runtime:
            table = make_table(config.table, live=True)
            stage = wired(runtime)
            recover(stage, table.decided, 1, ORIGIN)
            gateway = NetworkGateway(runtime, stage, table, config, self.credentials)
            self.gateway, self.table, enough = gateway, table, asyncio.Event()
            running = asyncio.create_task(gateway.serve(Turns(enough)))
            try:
                yield self
                assert not running.done(), running
            finally:
                enough.set()
                (self.end,) = await asyncio.gather(running, return_exceptions=True)
                self.left = [order.venue_id for order in self.live()]
                serving.cancel()
                await asyncio.gather(serving, return_exceptions=True)
                await server.close()

    def order(self, kind, order_id=1, **fields):
        """As risk lets it pass; a bid that rests."""
        best = self.house.depth(0, Side.BID, 1)[0][0]
        defaults = {"side": Side.BID, "price": best - 500, "quantity": 100_000}
        defaults |= {"recv_ns": self.gateway._runtime.clock.session_ns(), "source": Source.RISK}
        row = event(kind, order_id=order_id, **defaults | fields)
        self.risk_out.push_all(events_pointer(batch(row)), 1)

    def live(self):
        return list(self.house.live(self.exchange.account))

    async def until_told(self, *kinds):
        """All that risk hears, until it has heard these."""
        await until(lambda: set(kinds) <= {kind for kind, _, _ in self._drained()})

    def _drained(self):
        out = EventBuffer(4096)
        n = self.risk_in.take(out.cdata, 4096)
        self.risk_in.release()
        for row in out.array[:n]:
            told = Kind(row["kind"]).name, int(row["order_id"]), Reason(row["reason"]).name
            self.told.append(told)
        return self.told

    async def trusted(self):
        await until(lambda: self.gateway._link.counts()["trust"] == 2)
        await until(lambda: not self.table.cdata.peers_lost)


async def until(is_so):
    async with asyncio.timeout(PLENTY_S):
        while not is_so():
            await asyncio.sleep(0.001)


@pytest.fixture
def played(tmp_path, monkeypatch):
    """Run a scene: `played(scene)`."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))

    def run(scene, **terms):
        async def session():
            async with World(tmp_path, **terms).at_work() as world:
                return await scene(world)

        return asyncio.run(session())

    return run


def test_an_order_goes_to_the_venue_rests_there_and_is_cancelled(played):
    async def scene(w):
        await w.trusted()
        w.order(Kind.NEW)
        await w.until_told("ACK")
        (order,) = w.live()
        assert (order.side, order.quantity) == (Side.BID, 100_000)
        w.order(Kind.CANCEL)
        await w.until_told("CANCELLED")
        assert w.live() == [] and not w.table.orders

    played(scene)


def test_an_end_takes_back_what_is_open_and_what_came_of_it_is_in_the_log(played):
    async def scene(w):
        await w.trusted()
        w.order(Kind.NEW)
        await w.until_told("ACK")
        return w

    w = played(scene)
    assert (w.end, w.left, len(w.table.orders)) == (None, [], 0)
    log = JournalReader(w.paths.journal("gateway")).array()
    assert (log["kind"] == Kind.CANCELLED).any()


def test_an_end_that_may_leave_orders_at_the_venue_is_none_in_order(played):
    async def scene(w):
        await w.trusted()
        w.order(Kind.NEW)
        await w.until_told("ACK")
        w.server.begin("ban", 60.0)
        return w

    w = played(scene)
    assert isinstance(w.end, PeerLostError) and len(w.left) == 1
    assert "orders may be open at the venue" in str(w.end)


def test_nothing_new_is_sent_before_the_venue_is_trusted(played):
    async def scene(w):
        w.server.begin("refuse_connections", 60.0)
        w.order(Kind.NEW)
        await w.until_told("REJECTED")
        assert w.told == [("REJECTED", 1, "PEER_LOST")] and w.live() == []
        w.server._end("refuse_connections")
        await w.trusted()
        w.order(Kind.NEW, 2)
        await w.until_told("ACK")
        assert len(w.live()) == 1

    played(scene)


def test_fills_while_the_stream_was_down_are_told_when_it_is_back(played):
    async def scene(w):
        await w.trusted()
        w.order(Kind.NEW)
        await w.until_told("ACK")
        (order,) = w.live()
        w.server.begin("stream_silent", 60.0)
        w.server.begin("disconnect")
        w.house.hit(order)
        w.server._end("stream_silent")
        await w.until_told("FILL")
        fills = [told for told in w.told if told[0] == "FILL"]
        assert {order_id for _, order_id, _ in fills} == {1}
        assert len(fills) == len(order.fills)

    played(scene)


def test_what_is_open_is_taken_back_at_the_end(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))

    async def session():
        world = World(tmp_path)
        async with world.at_work():
            await world.trusted()
            world.order(Kind.NEW)
            await world.until_told("ACK")
            assert len(world.live()) == 1
        assert world.live() == []

    asyncio.run(session())


def test_an_order_that_is_not_ours_is_counted_and_left_alone(played):
    async def scene(w):
        w.server._place_by_hand()
        await w.trusted()
        await asyncio.sleep(0.05)
        assert len(w.live()) == 1 and len(w.gateway._known.strangers) == 1

    played(scene)


def test_an_order_that_is_not_ours_halts_trading_where_that_is_wanted(played):
    async def scene(w):
        w.server._place_by_hand()
        await w.trusted()
        assert w.control.killed() == Reason.FOREIGN_ORDER
        w.order(Kind.NEW)
        await w.until_told("REJECTED")
        (stranger,) = w.live()
        assert stranger.client_id == "", "it is left alone"
        w.control.clear()
        await until(lambda: not w.table.halted)
        w.server.begin("disconnect")
        await until(lambda: w.gateway._link.counts()["comparisons"] == 2)
        await w.trusted()
        w.order(Kind.NEW, 2)
        await until(lambda: len(w.live()) == 2)
        assert not w.control.killed(), "of one that is known nobody is told again"

    played(scene, foreign="halt")


def test_an_order_that_is_not_ours_is_cancelled_where_that_is_wanted(played):
    async def scene(w):
        w.server._place_by_hand()
        await w.trusted()
        await until(lambda: w.live() == [])
        assert w.gateway._known.strangers == {}

    played(scene, foreign="cancel")


def test_what_the_venue_said_stands_in_the_journal(played):
    found = []

    async def scene(w):
        found.append(w.paths)
        await w.trusted()
        w.order(Kind.NEW)
        await w.until_told("ACK")

    played(scene)
    (paths,) = found
    kinds = set(JournalReader(paths.journal("gateway")).array()["kind"].tolist())
    assert {Kind.PEER_LOST, Kind.PEER_BACK, Kind.NEW, Kind.ACK, Kind.TEXT} <= kinds


def test_an_order_that_the_venue_had_and_knows_no_more_is_told_of(played):
    async def scene(w):
        decisions = EventBuffer(4)
        decisions.array[:4] = batch(
            event(Kind.CANCELLED, order_id=7, reason=Reason.NOT_SENT),
            event(Kind.CANCELLED, order_id=8, reason=Reason.REQUESTED),
            event(Kind.REJECTED, order_id=9, reason=Reason.NOT_SENT),
            event(Kind.ACK, order_id=10),
        )
        w.table.decisions = decisions
        w.gateway._send(4)

    with structlog.testing.capture_logs() as logs:
        played(scene)
    told = [one["order"] for one in logs if "does not know an order" in one["event"]]
    assert len(told) == 1 and told[0].endswith("7")
