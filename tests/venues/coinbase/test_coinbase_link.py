"""A gateway's link to Coinbase's own side, over TLS on loopback: what waits, what is asked for."""

import asyncio
import contextlib
from pathlib import Path

import pytest

from pinnacle.core.config import InstrumentConfig
from pinnacle.core.schema import Reason, Side
from pinnacle.exchange.network.config import ServedConfig
from pinnacle.exchange.network.making import MadeExchange
from pinnacle.exchange.network.server import ExchangeServer
from pinnacle.venues.coinbase import VENUE
from pinnacle.venues.coinbase.config import CoinbaseOrdersConfig
from pinnacle.venues.orders.link import NetworkLink
from pinnacle.venues.orders.owner import Trust
from pinnacle.venues.orders.port import Call, What
from pinnacle.venues.reference.offset import Offset
from pinnacle.venues.served.exchange_side import NewKey
from tests.venues.coinbase.coinbase_gateway import KEY, TRADED, Gateway
from tests.venues.orders.traded import COIN, DOLLAR

PLENTY_S = 10.0
FAR = 50_000 * DOLLAR


class Owner(Gateway):
    """The gateway's side of a link, without its process."""

    def __init__(self, rest_url, clock):
        super().__init__(clock, rest_url=rest_url)
        self.is_trusted = False
        self.reports = []

    def deliver(self, reports):
        self.reports += reports
        return super().deliver(reports)

    def trusted(self, is_so, words):
        self.is_trusted = is_so

    def balances(self, balances):
        """Nobody counts them."""

    def fees(self, fees):
        self.fees_told = list(fees)

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
    """A link that trusts an exchange of ours: (owner, link, exchange)."""
    instruments = [
        InstrumentConfig(symbol=name, tick_size="0.01", lot_size="0.00000001")
        for name in TRADED.names
    ]
    given = NewKey(KEY.name, KEY.given, KEY.kept)
    keys = {"coinbase": given}
    made = MadeExchange(VENUE, ServedConfig(instruments=instruments), keys, certificates, None, 1)
    server = ExchangeServer(made.side, made.house, made.tls)
    made.told_to(server.events.append)
    await server.open()
    where = server.addresses | {"ca_file": str(made.ca_file)}
    owner = Owner(where["rest_url"], made.house.now_ns)
    config = CoinbaseOrdersConfig(**where)
    link = NetworkLink(
        owner.entry,
        where["ws_url"],
        where["rest_url"],
        config,
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


def test_a_cancel_that_overtakes_its_orders_name_waits_for_it_and_goes_once(certificates):
    async def scenario():
        async with connected(certificates) as (owner, link, _):
            new = owner.new(price=FAR)
            link.send(Call(What.CANCEL, new.order))
            link.send(Call(What.CANCEL, new.order))
            link.send(new)
            await until(lambda: not owner.table.orders)
            assert told(owner, 1)[-1] == "CANCELLED"
            sent = link.counts()["sent"]
            refused = owner.new(2, price=FAR, quantity=10**10 * COIN)
            link.send(Call(What.CANCEL, refused.order))
            link.send(refused)
            await until(lambda: not owner.table.orders)
            await asyncio.sleep(0.3)
            assert told(owner, 2) == ["REJECTED"]
            assert link.counts()["sent"] == sent + 1

    asyncio.run(scenario())


def test_fills_are_asked_for_as_soon_as_the_stream_shows_that_there_are_some(certificates):
    async def scenario():
        async with connected(certificates) as (owner, link, house):
            link.send(owner.new(price=house.depth(0, Side.BID, 1)[0][0], quantity=COIN // 100))
            await until(lambda: list(house.live(house.accounts[0])))
            (order,) = house.live(house.accounts[0])
            house.hit(order)
            await until(lambda: not owner.table.orders)
            fills = [r for r in owner.reports if r.kind.name == "FILL"]
            assert sum(r.quantity for r in fills) == COIN // 100
            assert {r.order_id for r in fills} == {1}

    asyncio.run(scenario())


def test_everything_of_the_account_is_taken_back_though_the_venue_has_no_word_for_it(certificates):
    async def scenario():
        async with connected(certificates) as (owner, link, house):
            for number in range(1, 6):
                link.send(owner.new(number, price=FAR + number))
            await until(lambda: len(list(house.live(house.accounts[0]))) == 5)
            assert await link.cancel_all() == ""
            assert not list(house.live(house.accounts[0]))

    asyncio.run(scenario())
