"""An exchange at work: who hears what, in which order, and what a broken client does to others."""

import asyncio
import json

import pytest

from pinnacle.core.schema import Side
from pinnacle.venues.orders.port import Call, What
from pinnacle.venues.served.house import NewOrder
from pinnacle.venues.transport.port import SocketError
from tests.exchange.network.exchanges import made
from tests.exchange.network.troubled_client import at_work, until


@pytest.fixture
def played(tmp_path):
    """Run a scene with a client of a running exchange."""

    def run(play, **terms):
        async def session():
            async with at_work(made(tmp_path, **terms), tmp_path) as client:
                return await play(client)

        return asyncio.run(session())

    return run


def test_addresses_are_those_of_the_port_that_was_found(played):
    async def play(c):
        orders, market = c.server.addresses, c.server.market_addresses
        host = orders["rest_url"].removeprefix("https://")
        assert host.startswith("127.0.0.1:") and not host.endswith(":0")
        assert orders["ws_url"] == market["ws_url"] == f"wss://{host}/v2"

    played(play)


def test_every_stream_of_an_account_hears_of_its_orders_whoever_asked_for_them(played):
    async def play(c):
        streams = [await c.stream(), await c.stream()]
        await c.say(streams[0], c.new())
        await until(lambda: all("new" in stream.story() for stream in streams))
        assert streams[0].story() == ["add_order", "pending_new", "new"]
        assert streams[1].story() == ["pending_new", "new"]

    played(play)


def test_the_public_sees_a_book_and_nothing_of_accounts(played):
    async def play(c):
        market, order = await c.market(), await c.placed()
        level = {"price": order.price / 10, "qty": order.quantity / 10_000}

        def shown(kind):
            books = [f for f in market.frames if f.get("channel") == "book" and f["type"] == kind]
            return [bid for book in books for bid in book["data"][0].get("bids", ())]

        await until(lambda: level in shown("update"))
        assert level not in shown("snapshot")
        assert order.venue_id not in json.dumps(market.frames)
        assert not any(f.get("channel") == "executions" for f in market.frames)

    played(play)


def test_a_trade_is_seen_by_the_public_and_told_to_its_owner(played):
    async def play(c):
        stream = await c.stream()
        params = {"channel": "trade", "symbol": ["BTC/USD"]}
        market = await c.socket(json.dumps({"method": "subscribe", "params": params}))
        await until(lambda: "subscribe" in market.methods())
        order = await c.placed()
        c.house.hit(order)
        await until(lambda: "filled" in stream.story())
        await until(lambda: any(f.get("channel") == "trade" for f in market.frames))
        (trade,) = next(f for f in market.frames if f.get("channel") == "trade")["data"]
        assert (trade["side"], trade["qty"]) == ("sell", 0.01)

    played(play)


def test_what_happens_by_itself_is_told_without_a_request(played):
    """The market moves by the clock: a taker comes, a timer runs out."""

    async def play(c):
        stream, order = await c.stream(), await c.placed()
        c.house.dead_man(c.account, 0.02)
        await until(lambda: "canceled" in stream.story())
        (row,) = [row for row in stream.rows() if row["exec_type"] == "canceled"]
        assert (row["order_id"], row["reason"]) == (order.venue_id, "cancel_all_orders_after")

    played(play)


def test_a_client_that_leaves_is_told_nothing_more_and_nobody_else_loses_anything(played):
    async def play(c):
        leaves, stays = await c.stream(), await c.stream()
        assert len(c.server.sockets) == 2
        await leaves.close()
        await until(lambda: len(c.server.sockets) == 1)
        await c.placed()
        await until(lambda: "new" in stays.story())

    played(play)


@pytest.mark.parametrize("text", ["", "{", "[]", '"x"', '{"method": 5}', "[" * 5000, "\ud7ff\0"])
def test_what_is_no_request_is_answered_and_the_exchange_goes_on(played, text):
    async def play(c):
        stream = await c.stream()
        before = len(stream.frames)
        await stream.say(text)
        await until(lambda: len(stream.frames) > before or stream.lost)
        assert not stream.lost and stream.frames[-1]["success"] is False
        await c.placed()
        await until(lambda: "new" in stream.story())

    played(play)


@pytest.mark.parametrize("path", ["/", "/0/private/None", "/0/public/None", "/0/private/AddOrder?"])
def test_a_request_for_what_there_is_not_is_refused_in_the_venues_words(played, path):
    async def play(c):
        answer = await c._rest.request("POST", path, {}, b"\xff=%", 5.0)
        (words,) = json.loads(answer.body)["error"]
        assert words.startswith(("EGeneral:", "EAPI:"))
        assert (await c.ask(Call(What.OPEN))).status == 200

    played(play)


def test_two_keys_of_one_account_see_the_same_orders(tmp_path):
    async def session():
        exchange = made(tmp_path, keys=("main", "killer"))
        main, killer = exchange.open_keys
        exchange.open_keys[:] = [killer]
        async with at_work(exchange, tmp_path) as c:
            best = c.house.depth(0, Side.BID, 1)[0][0]
            order = c.house.place(main, NewOrder(0, Side.BID, best, 5, "the main key's"))
            assert list((await c.result(Call(What.OPEN)))["open"]) == [order.venue_id]
            assert await c.result(Call(What.CANCEL_ALL)) == {"count": 1}
            assert c.live() == []

    asyncio.run(session())


def test_a_server_that_has_ended_takes_nobody(tmp_path):
    async def session():
        async with at_work(made(tmp_path), tmp_path) as c:
            stream = await c.stream()
            await c.server.close()
            await until(lambda: stream.lost)
            with pytest.raises((SocketError, ConnectionError)):
                await c.socket("hello")

    asyncio.run(session())
