"""A gateway's link to Bitstamp's own side, over TLS on loopback: from a token to the last fill."""

import asyncio

import pytest

from pinnacle.core.schema import Reason, Side
from pinnacle.venues.bitstamp.config import BitstampOrdersConfig
from pinnacle.venues.orders.port import Call, What
from tests.venues.bitstamp.bitstamp_gateway import KEY, Gateway
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
    return links.connected(Owner, BitstampOrdersConfig, KEY, certificates)


def test_an_order_is_filled_and_another_cancelled_as_stream_and_state_say(certificates):
    async def scenario():
        async with linked(certificates) as (owner, link, house):
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
            assert owner.told(2)[-1] == "CANCELLED"

    asyncio.run(scenario())


def test_an_order_that_would_take_is_known_to_be_gone_though_no_stream_says_so(certificates):
    async def scenario():
        async with linked(certificates) as (owner, link, house):
            best = house.depth(0, Side.ASK, 1)[0][0]
            link.send(owner.new(price=best + 10 * DOLLAR, post_only=True))
            await until(lambda: "ACK" in owner.told(1))
            await until(lambda: not owner.table.orders)
            (end,) = [r for r in owner.reports if r.kind.name == "CANCELLED"]
            assert end.reason == Reason.WOULD_TAKE

    asyncio.run(scenario())


def test_a_question_about_an_order_goes_to_the_venue_though_a_list_has_just_come(certificates):
    async def scenario():
        async with linked(certificates) as (owner, link, house):
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
