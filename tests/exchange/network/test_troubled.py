"""Each fault does what its name says: a client sees it on the wire, and nothing of it before."""

import asyncio
import datetime
import json
from decimal import Decimal

import pytest

from pinnacle.core.schema import Reason
from pinnacle.exchange.network.config import HouseConfig
from pinnacle.exchange.network.faults import FAULTS, Planned
from pinnacle.exchange.network.troubled import WITHDRAWN
from pinnacle.venues.orders.port import Call, What
from pinnacle.venues.served.house import Status
from pinnacle.venues.transport.port import SocketError
from pinnacle.venues.transport.rest import Unanswered
from tests.exchange.network.exchanges import made
from tests.exchange.network.troubled_client import A_WHILE_S, IDS, at_work, until

#: The scene of each fault, by its name.
SCENES = {}


def scene(play):
    """Its name is its fault's."""
    SCENES[play.__name__] = play
    return play


@pytest.fixture
def played(tmp_path):
    """Run a scene with a client of a running exchange."""

    def run(play, **terms):
        async def session():
            async with at_work(made(tmp_path, **terms), tmp_path) as client:
                return await play(client)

        return asyncio.run(session())

    return run


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_is_what_its_name_says(played, name):
    played(SCENES[name])


def test_without_any_an_order_is_answered_told_of_filled_and_found(played):
    """What the scenes differ from."""

    async def play(c):
        stream = await c.stream()
        await c.say(stream, c.new())
        await stream.answered()
        (order,) = c.live()
        assert order.venue_id in (await c.result(Call(What.OPEN)))["open"]
        assert order.venue_id in await c.result(c.query(order))
        c.house.hit(order, leave=60)
        await until(lambda: "trade" in stream.story())
        assert len((await c.result(Call(What.FILLS)))["trades"]) == 1
        await c.say(stream, c.cancel(order))
        await until(lambda: "canceled" in stream.story())
        told = ["add_order", "pending_new", "new", "trade", "cancel_order", "canceled"]
        assert stream.story() == told
        numbers = [f["sequence"] for f in stream.frames if f.get("channel") == "executions"]
        assert numbers == list(range(1, len(numbers) + 1))

    played(play)


# Answers to new orders


@scene
async def ack_lost_after_accept(c):
    stream = await c.stream()
    c.server.begin("ack_lost_after_accept")
    await c.say(stream, c.new())
    await stream.answered()
    assert stream.story() == ["pending_new", "new"]
    with pytest.raises(Unanswered):
        await c.ask(c.new(2))
    assert len(c.live()) == 2


@scene
async def ack_lost_before_accept(c):
    stream = await c.stream()
    c.server.begin("ack_lost_before_accept")
    await c.say(stream, c.new())
    await stream.answered()
    with pytest.raises(Unanswered):
        await c.ask(c.new(2))
    assert stream.story() == [] and c.live() == []


@scene
async def ack_delayed(c):
    stream = await c.stream()
    c.server.begin("ack_delayed")
    await c.say(stream, c.new())
    await stream.answered()
    assert stream.story() == ["pending_new", "new"]
    await until(lambda: "add_order" in stream.story())
    asked = asyncio.create_task(c.ask(c.new(2)))
    await until(lambda: len(c.live()) == 2)
    await stream.answered()
    assert not asked.done() and stream.story()[-1] == "new"
    assert (await asked).status == 200


@scene
async def balance_moved(c):
    before = (await c.result(Call(What.BALANCES)))["ZUSD"]
    c.server.begin("balance_moved")
    after = (await c.result(Call(What.BALANCES)))["ZUSD"]
    assert Decimal(before["balance"]) - Decimal(after["balance"]) == WITHDRAWN


@scene
async def event_before_ack(c):
    stream = await c.stream()
    c.server.begin("event_before_ack")
    await c.say(stream, c.new())
    await until(lambda: "add_order" in stream.story())
    assert stream.story() == ["pending_new", "new", "add_order"]
    asked = asyncio.create_task(c.ask(c.new(2)))
    await until(lambda: len(stream.story()) == 5)
    assert not asked.done()
    assert (await asked).status == 200


@scene
async def fill_before_ack(c):
    stream = await c.stream()
    c.server.begin("fill_before_ack")
    await c.say(stream, c.new(behind=-50))
    await until(lambda: {"add_order", "new"} <= set(stream.story()))
    story = stream.story()
    assert story[0] == "trade" and story.index("trade") < story.index("filled")
    assert story.index("filled") < min(story.index("new"), story.index("add_order"))


# The stream


@scene
async def terminal_before_fill(c):
    stream, order = await c.stream(), await c.placed()
    c.server.begin("terminal_before_fill")
    c.house.hit(order, leave=60)
    c.house.cancel(order)
    await until(lambda: "trade" in stream.story())
    assert stream.story()[-2:] == ["canceled", "trade"]


@scene
async def duplicate_fill(c):
    stream, order = await c.stream(), await c.placed()
    c.server.begin("duplicate_fill")
    c.house.hit(order, leave=60)
    await until(lambda: stream.story().count("trade") == 2)
    first, second = [row for row in stream.rows() if row["exec_type"] == "trade"]
    assert first == second and len(c.house.fills(c.account)) == 1


@scene
async def dropped_fill(c):
    stream, order = await c.stream(), await c.placed()
    c.server.begin("dropped_fill")
    c.house.hit(order, leave=60)
    c.house.cancel(order)
    await until(lambda: "canceled" in stream.story())
    assert "trade" not in stream.story() and order.filled == 40


@scene
async def stream_silent(c):
    stream = await c.stream()
    c.server.begin("stream_silent")
    order = await c.placed()
    c.house.hit(order)
    await stream.answered()
    assert stream.story() == [] and not stream.lost
    assert order.status is Status.FILLED


@scene
async def stream_ended(c):
    stream, market = await c.stream(), await c.market()
    c.server.begin("stream_ended")
    order = await c.placed()
    await stream.answered()
    assert stream.story() == [] and not stream.lost
    fresh = await c.stream()
    c.house.cancel(order)
    await until(lambda: fresh.story() == ["canceled"])
    assert stream.story() == [], "another one is none of its"
    c.server._end("stream_ended")
    await until(lambda: stream.lost)
    await fresh.answered(), await market.answered()


@scene
async def sequence_gap(c):
    stream = await c.stream()
    c.server.begin("sequence_gap")
    await c.placed()
    await until(lambda: stream.rows())
    numbers = [f["sequence"] for f in stream.frames if f.get("channel") == "executions"]
    assert numbers == [1, 3, 4]


# What requests see


@scene
async def rest_lag(c):
    gone = await c.placed(1, behind=50)
    c.server.begin("rest_lag")
    order = await c.placed(2)
    c.house.hit(order, leave=60)
    c.house.cancel(gone)
    assert list((await c.result(Call(What.OPEN)))["open"]) == [gone.venue_id]
    assert (await c.result(c.query(gone)))[gone.venue_id]["status"] == "open"
    assert (await c.result(Call(What.FILLS)))["trades"] == {}
    c.server._end("rest_lag")
    assert list((await c.result(Call(What.OPEN)))["open"]) == [order.venue_id]
    assert len((await c.result(Call(What.FILLS)))["trades"]) == 1


@scene
async def open_orders_cached(c):
    gone = await c.placed(1)
    c.server.begin("open_orders_cached")
    order = await c.placed(2)
    c.house.cancel(gone)
    assert list((await c.result(Call(What.OPEN)))["open"]) == [gone.venue_id]
    assert (await c.result(c.query(gone)))[gone.venue_id]["status"] == "canceled"
    assert order.venue_id in await c.result(c.query(order))


@scene
async def not_found_at_first(c):
    c.server.begin("not_found_at_first")
    order = await c.placed()
    assert await c.error(c.query(order)) == "EOrder:Unknown order"
    order.created_ns -= 4_000_000_000
    assert order.venue_id in await c.result(c.query(order))


# Refusals


def is_page(answer):
    return answer.status == 502 and answer.body.startswith(b"<html>")


@scene
async def bad_gateway(c):
    draws = c.server._random
    c.server.begin("bad_gateway")
    assert is_page(await c.ask(c.new(1))) and c.live() == []
    draws.next = [0.0, 0.9]
    assert is_page(await c.ask(c.new(2))) and len(c.live()) == 1
    assert is_page(await c.ask(Call(What.OPEN)))
    draws.next = [0.9]
    assert (await c.ask(Call(What.OPEN))).status == 200


@scene
async def malformed_private(c):
    stream = await c.stream()
    order = await c.placed()
    c.server.begin("malformed_private")
    with pytest.raises(ValueError):
        json.loads((await c.ask(Call(What.BALANCES))).body)  # it is cut
    c.server._random.next = [0.9]
    assert json.loads((await c.ask(Call(What.BALANCES))).body)["error"] == []
    # Names are everybody's.
    assert json.loads((await c.ask(Call(What.NAMES))).body)["error"] == []
    told = len(stream.frames)
    c.server._random.next = [0.0, 0.5, 0.9]
    frame = c.server.shown(b'{"a": 1}')
    assert frame in (b"{}", b'{"a": "1"}')
    assert order in c.live() and len(stream.frames) == told


@scene
async def unknown_outcome(c):
    stream, words = await c.stream(), "EService:Unavailable"
    c.server.begin("unknown_outcome")
    c.server._random.next = [0.9, 0.9]
    assert await c.error(c.new(1)) == words
    await c.say(stream, c.new(2))
    await until(lambda: "add_order" in stream.methods())
    assert stream.frames[-1]["error"] == words and c.live() == []
    assert await c.error(c.new(3)) == words
    await c.say(stream, c.new(4))
    await stream.answered()
    assert [order.client_id for order in c.live()] == [IDS.text(3), IDS.text(4)]
    accepted = ["pending_new", "new"]
    assert stream.story() == ["add_order", *accepted, "add_order", *accepted]
    assert len((await c.result(Call(What.OPEN)))["open"]) == 2


@scene
async def rate_limit(c):
    stream, order = await c.stream(), await c.placed()
    c.server.begin("rate_limit")
    assert await c.error(c.new(2)) == "EOrder:Rate limit exceeded"
    await c.say(stream, c.new(3))
    await until(lambda: "add_order" in stream.methods())
    assert stream.frames[-1]["error"] == "EOrder:Rate limit exceeded"
    answered = c.entry.answered(c.new(2), await c.ask(c.new(2)))
    assert answered.again and not answered.wait_s
    assert await c.result(c.cancel(order)) == {"count": 1}, "cancels pass"
    assert c.live() == []


@scene
async def ban(c):
    stream, order = await c.stream(), await c.placed()
    c.server.begin("ban")
    for call in (c.new(2), c.cancel(order), Call(What.OPEN)):
        answer = await c.ask(call)
        assert (answer.status, answer.headers["retry-after"]) == (429, "2")
    await c.say(stream, c.cancel(order))
    await until(lambda: "cancel_order" in stream.methods())
    assert stream.frames[-1]["error"] == "EGeneral:Temporary lockout"
    assert c.live() == [order]


@scene
async def nonce_refused(c):
    order = await c.placed()
    c.server.begin("nonce_refused")
    for call in (c.new(2), c.cancel(order), Call(What.OPEN)):
        assert await c.error(call) == "EAPI:Invalid nonce"
    assert c.live() == [order]
    c.server._end("nonce_refused")
    assert await c.result(c.cancel(order)) == {"count": 1}, "the next one is good"


@scene
async def session_expired(c):
    stream, market = await c.stream(), await c.market()
    c.server.begin("session_expired")
    await until(lambda: stream.lost)
    assert await c.error(c.new()) == "ESession:Invalid session"
    await market.answered()
    assert c.live() == [] and not market.lost


# Its clock


async def ahead_s(c, stream):
    """Of the venue's clock, by what it says."""
    await c.say(stream, c.new())
    await until(lambda: "add_order" in stream.methods())
    said = datetime.datetime.fromisoformat(stream.frames[-1].get("time_out") or _last_time(stream))
    return said.timestamp() - c.house.true_ns() / 1e9


def _last_time(stream):
    return next(f["time_out"] for f in reversed(stream.frames) if "time_out" in f)


@scene
async def clock_behind(c):
    stream = await c.stream()
    c.server.begin("clock_behind")
    assert -2.5 < await ahead_s(c, stream) < -1.4
    c.server._end("clock_behind")
    assert c.house.now_ns() == pytest.approx(c.house.true_ns(), abs=10**8)


@scene
async def clock_ahead(c):
    stream = await c.stream()
    c.server.begin("clock_ahead")
    # Kraken's deadline of an order is over by then, and that is what it says.
    assert 5.0 < await ahead_s(c, stream) < 6.1


# Sockets


@scene
async def disconnect(c):
    stream, market = await c.stream(), await c.market()
    c.server.begin("disconnect")
    await until(lambda: stream.lost and market.lost)
    await (await c.stream()).answered()


@scene
async def market_disconnect(c):
    stream, market = await c.stream(), await c.market()
    c.server.begin("market_disconnect")
    await until(lambda: market.lost)
    await stream.answered()
    assert not stream.lost


@scene
async def refuse_connections(c):
    stream, market = await c.stream(), await c.market()
    c.server.begin("refuse_connections")
    await until(lambda: stream.lost and market.lost)
    with pytest.raises(SocketError, match="503"):
        await c.socket("hello")
    c.server._end("refuse_connections")
    await (await c.stream()).answered()


# What the venue and others do


@scene
async def unsolicited_cancel(c):
    stream = await c.stream()
    orders = [await c.placed(1), await c.placed(2)]
    c.server.begin("unsolicited_cancel")
    await until(lambda: stream.story().count("canceled") == 2)
    assert [order.reason for order in orders] == [Reason.VENUE] * 2
    assert all(row.get("reason") != "User requested" for row in stream.rows())


@scene
async def fill_beats_cancel(c):
    stream, first = await c.stream(), await c.placed(1)
    c.server.begin("fill_beats_cancel")
    assert await c.error(c.cancel(first)) == "EOrder:Unknown order"
    second = await c.placed(2)
    await c.say(stream, c.cancel(second))
    await until(lambda: "cancel_order" in stream.methods())
    assert [first.status, second.status] == [Status.FILLED] * 2
    assert stream.story()[-1] == "cancel_order" and "canceled" not in stream.story()


@scene
async def dust_left(c):
    stream, order = await c.stream(), await c.placed(quantity=100)
    c.server.begin("dust_left")
    await until(lambda: "canceled" in stream.story())
    assert (order.status, order.filled) == (Status.CANCELLED, 99)


async def fees_in(c, stream):
    """The currencies of a bid's fees, by the stream and by requests."""
    before = len(stream.rows())
    c.house.hit(await c.placed())
    await until(lambda: any(row["exec_type"] == "trade" for row in stream.rows()[before:]))
    trades = [row for row in stream.rows()[before:] if row["exec_type"] == "trade"]
    return {fee["asset"] for row in trades for fee in row["fees"]}


@scene
async def fee_in_base(c):
    stream = await c.stream()
    assert await fees_in(c, stream) == {"USD"}
    c.server.begin("fee_in_base")
    assert await fees_in(c, stream) == {"BTC"}
    c.server._end("fee_in_base")
    assert await fees_in(c, stream) == {"USD"}


@scene
async def fee_in_third(c):
    stream = await c.stream()
    c.server.begin("fee_in_third")
    assert await fees_in(c, stream) == {"BNB"}
    c.server._end("fee_in_third")
    assert await fees_in(c, stream) == {"USD"}


def test_fees_are_as_they_were_configured_when_nothing_is_done_to_them_any_more(played):
    async def play(c):
        stream = await c.stream()
        assert await fees_in(c, stream) == {"BTC"}
        c.server.begin("fee_in_third")
        c.server.begin("fee_in_base")
        c.server._end("fee_in_base")
        assert await fees_in(c, stream) == {"BNB"}, "the other one goes on"
        c.server._end("fee_in_third")
        assert await fees_in(c, stream) == {"BTC"}

    played(play, house=HouseConfig(fee_in="base"))


@scene
async def foreign_order(c):
    stream = await c.stream()
    c.server.begin("foreign_order")
    (order,) = c.live()
    assert order.client_id == ""
    await until(lambda: stream.rows())
    assert order.venue_id in (await c.result(Call(What.OPEN)))["open"]


# When


def test_what_is_planned_begins_and_ends_by_itself_and_stands_in_the_ledger(tmp_path):
    plan = [Planned("rate_limit", 0.05, 0.1), Planned("ban", 0.0, 0.08)]
    ledger = tmp_path / "ledger.jsonl"

    async def session():
        exchange = made(tmp_path, ledger=ledger)
        async with at_work(exchange, tmp_path, plan) as c:
            seen = set()
            while len(seen) < 2 or c.server.is_on("rate_limit") or c.server.is_on("ban"):
                seen |= {name for name in FAULTS if c.server.is_on(name)}
                await asyncio.sleep(0.001)
            assert seen == {"ban", "rate_limit"}
            assert {name for name, count in c.server.counts.items() if count} == seen
        exchange.close()

    asyncio.run(session())
    rows = [json.loads(line) for line in ledger.read_text(encoding="utf-8").splitlines()]
    told = [(row["name"], row["phase"]) for row in rows if row["what"] == "fault"]
    assert told[:2] == [("ban", "begin"), ("rate_limit", "begin")]
    assert sorted(told[2:]) == [("ban", "end"), ("rate_limit", "end")]


def test_one_that_is_begun_again_lasts_anew_and_ends_once(played):
    async def play(c):
        c.server.begin("ban", 0.02)
        c.server.begin("ban", 60.0)
        await asyncio.sleep(A_WHILE_S)
        assert c.server.is_on("ban") and c.server.counts["ban"] == 2

    played(play)


def test_half_of_what_may_be_done_is_done(played):
    async def play(c):
        stream, draws = await c.stream(), c.server._random
        c.server.begin("ack_lost_after_accept")
        draws.next = [0.49, 0.5, 0.51, 0.0]
        for order_id in range(4):
            await c.say(stream, c.new(order_id + 1))
        await stream.answered()
        assert stream.methods().count("add_order") == 2 and len(c.live()) == 4

    played(play)
