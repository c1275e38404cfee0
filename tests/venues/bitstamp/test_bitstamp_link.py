"""A gateway's link to Bitstamp's own side, over TLS on loopback: from a token to the last fill."""

import asyncio
import contextlib
from pathlib import Path

import pytest

from pinnacle.core.config import InstrumentConfig
from pinnacle.core.schema import Reason, Side
from pinnacle.exchange.network.config import ServedConfig
from pinnacle.exchange.network.making import MadeExchange
from pinnacle.exchange.network.server import ExchangeServer
from pinnacle.venues.bitstamp import VENUE
from pinnacle.venues.bitstamp.config import BitstampOrdersConfig
from pinnacle.venues.orders.link import NetworkLink
from pinnacle.venues.orders.owner import Trust
from pinnacle.venues.orders.port import Call, What
from pinnacle.venues.reference.offset import Offset
from pinnacle.venues.served.exchange_side import NewKey
from tests.venues.bitstamp.bitstamp_gateway import KEY, TRADED, Gateway
from tests.venues.orders.traded import COIN, DOLLAR

PLENTY_S = 10.0
FAR = 50_000 * DOLLAR


class Owner(Gateway):
    """The gateway's side of a link, without its process."""

    def __init__(self, rest_url, clock):
        super().__init__(clock, rest_url=rest_url)
        self.reports = []

    def deliver(self, reports):
        self.reports += reports
        return super().deliver(reports)

    def trusted(self, is_so, words):
        """The link knows it itself."""

    def balances(self, balances):
        """Nobody counts them."""

    def open_orders(self):
        return {}

    def unnamed(self):
        return []

    def behind(self):
        return self.table.behind

    def permit(self):
        return Reason.NONE


@pytest.fixture(scope="module")
def certificates(tmp_path_factory):
    return tmp_path_factory.mktemp("certificates")


@contextlib.asynccontextmanager
async def connected(certificates: Path):
    """A link that trusts an exchange of ours: (owner, link, house)."""
    instruments = [
        InstrumentConfig(symbol=name, tick_size="0.01", lot_size="0.00000001")
        for name in TRADED.names
    ]
    keys = {"bitstamp": NewKey(KEY.name, KEY.given, KEY.kept)}
    made = MadeExchange(VENUE, ServedConfig(instruments=instruments), keys, certificates, None, 1)
    server = ExchangeServer(made.side, made.house, made.tls)
    made.told_to(server.events.append)
    await server.open()
    where = server.addresses | {"ca_file": str(made.ca_file)}
    owner = Owner(where["rest_url"], made.house.now_ns)
    link = NetworkLink(
        owner.entry,
        where["ws_url"],
        where["rest_url"],
        BitstampOrdersConfig(**where),
        owner,
        owner.known,
        owner.clock,
        owner.clock(),
        10**9,
        5.0,
    )
    link.clocked(Offset(0, 0))
    tasks = [asyncio.create_task(server.run()), asyncio.create_task(link.run())]
    try:
        await until(lambda: link.trust is Trust.TRUSTED)
        yield owner, link, made.house
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await server.close()


async def until(is_so):
    async with asyncio.timeout(PLENTY_S):
        while not is_so():
            await asyncio.sleep(0.005)


def told(owner, order_id):
    return [r.kind.name for r in owner.reports if r.order_id == order_id]


def test_an_order_is_filled_and_another_cancelled_as_stream_and_state_say(certificates):
    async def scenario():
        async with connected(certificates) as (owner, link, house):
            best = house.depth(0, Side.BID, 1)[0][0]
            link.send(owner.new(1, price=best, quantity=COIN // 100))
            link.send(owner.new(2, price=FAR))
            await until(lambda: len(list(house.live(house.accounts[0]))) == 2)
            await until(lambda: owner.known.order(2).venue_id)
            house.hit(max(house.live(house.accounts[0]), key=lambda order: order.price))
            link.send(owner.cancelling(owner.known.order(2)))
            await until(lambda: not owner.table.orders)
            fills = [r for r in owner.reports if r.kind.name == "FILL"]
            assert sum(r.quantity for r in fills) == COIN // 100
            assert {r.order_id for r in fills} == {1}
            assert told(owner, 2)[-1] == "CANCELLED"

    asyncio.run(scenario())


def test_an_order_that_would_take_is_known_to_be_gone_though_no_stream_says_so(certificates):
    async def scenario():
        async with connected(certificates) as (owner, link, house):
            best = house.depth(0, Side.ASK, 1)[0][0]
            link.send(owner.new(price=best + 10 * DOLLAR, post_only=True))
            await until(lambda: "ACK" in told(owner, 1))
            await until(lambda: not owner.table.orders)
            (end,) = [r for r in owner.reports if r.kind.name == "CANCELLED"]
            assert end.reason == Reason.WOULD_TAKE

    asyncio.run(scenario())


def test_a_question_about_an_order_goes_to_the_venue_though_a_list_has_just_come(certificates):
    async def scenario():
        async with connected(certificates) as (owner, link, house):
            link.send(owner.new(price=FAR))
            await until(lambda: owner.known.order(1).venue_id)
            assert await link._compare() == ""
            sent = link.counts()["sent"]
            assert 1 in link._list._listed
            link.send(Call(What.QUERY, owner.known.order(1)))
            await until(lambda: link.counts()["sent"] == sent + 1)
            assert await link.cancel_all() == ""
            assert not list(house.live(house.accounts[0]))

    asyncio.run(scenario())
