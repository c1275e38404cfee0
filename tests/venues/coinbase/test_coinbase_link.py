"""A gateway's link to Coinbase's own side, over TLS on loopback: what waits, what is asked for."""

import asyncio

import pytest

from pinnacle.core.schema import Side
from pinnacle.venues.coinbase.config import CoinbaseOrdersConfig
from pinnacle.venues.orders.port import Call, What
from tests.venues.coinbase.coinbase_gateway import KEY, Gateway
from tests.venues.orders import linked as links
from tests.venues.orders.linked import until
from tests.venues.orders.traded import COIN, DOLLAR

FAR = 50_000 * DOLLAR


class Owner(links.Owner, Gateway):
    pass


@pytest.fixture(scope="module")
def certificates(tmp_path_factory):
    return tmp_path_factory.mktemp("certificates")


def linked(certificates):
    """A link that trusts an exchange of ours: (owner, link, house)."""
    return links.connected(Owner, CoinbaseOrdersConfig, KEY, certificates)


def test_a_cancel_that_overtakes_its_orders_name_waits_for_it_and_goes_once(certificates):
    async def scenario():
        async with linked(certificates) as (owner, link, _):
            new = owner.new(price=FAR)
            link.send(Call(What.CANCEL, new.order))
            link.send(Call(What.CANCEL, new.order))
            link.send(new)
            await until(lambda: not owner.table.orders)
            assert owner.told(1)[-1] == "CANCELLED"
            sent = link.counts()["sent"]
            refused = owner.new(2, price=FAR, quantity=10**10 * COIN)
            link.send(Call(What.CANCEL, refused.order))
            link.send(refused)
            await until(lambda: not owner.table.orders)
            await asyncio.sleep(0.3)
            assert owner.told(2) == ["REJECTED"]
            assert link.counts()["sent"] == sent + 1

    asyncio.run(scenario())


def test_fills_are_asked_for_as_soon_as_the_stream_shows_that_there_are_some(certificates):
    async def scenario():
        async with linked(certificates) as (owner, link, house):
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
        async with linked(certificates) as (owner, link, house):
            for number in range(1, 6):
                link.send(owner.new(number, price=FAR + number))
            await until(lambda: len(list(house.live(house.accounts[0]))) == 5)
            assert await link.cancel_all() == ""
            assert not list(house.live(house.accounts[0]))

    asyncio.run(scenario())
