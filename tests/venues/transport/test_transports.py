"""What is asked of a WebSocket (port.py), of each library that speaks it."""

import asyncio
import contextlib
from itertools import cycle

import pytest
from websockets.asyncio.server import serve
from websockets.exceptions import ConnectionClosed

from pinnacle.venues.transport.access import Access
from pinnacle.venues.transport.certificates import make_certificates
from pinnacle.venues.transport.config import ConnectionConfig
from pinnacle.venues.transport.inbox import FRAME_BYTES_MAX, FRAMES_PER_TURN
from pinnacle.venues.transport.port import SocketError, connect_by


def talk(transport, client, server, tls=None, **keys):
    """What `client(socket)` gives, connected to `server(its socket)`."""

    async def run():
        async with serve(
            server, "127.0.0.1", 0, ssl=tls, compression=None, max_size=None
        ) as serving:
            where = f"127.0.0.1:{serving.sockets[0].getsockname()[1]}"
            access = Access(ConnectionConfig(transport=transport, **keys))
            url = f"{'wss' if tls else 'ws'}://{where}"
            async with asyncio.timeout(30):
                socket = await connect_by(transport)(url, access)
                try:
                    return await client(socket)
                finally:
                    await socket.close()

    return asyncio.run(run())


async def all_of(socket):
    """(calls, why it ended)."""
    calls = []
    try:
        while True:
            calls.append(await socket.frames())
    except SocketError as error:
        return calls, str(error)


@pytest.fixture(params=["plain", "TLS"])
def tls(request, tmp_path):
    """(what the server has, the client's keys)."""
    if request.param == "plain":
        return None, {}
    ca_file, context = make_certificates(tmp_path)
    return context, {"ca_file": str(ca_file)}


def test_frames_come_in_their_order_several_a_call_and_no_more_than_a_turn(transport, tls):
    sent = [b"%d" % number * (1 + number % 300) for number in range(3000)]

    async def server(socket):
        for frame in sent:
            await socket.send(frame, text=True)

    calls, why = talk(transport, all_of, server, tls[0], **tls[1])
    assert [frame for call in calls for frame in call] == sent and "1000" in why
    assert {type(frame) for call in calls for frame in call} == {bytes}
    assert max(map(len, calls)) == FRAMES_PER_TURN


def test_a_frame_in_parts_is_whole_and_pings_between_them_are_answered(transport, tls):
    answered = []

    async def server(socket):
        async def parts():
            yield "one "
            answered.append(await (await socket.ping()))
            yield ""
            yield "two"

        await socket.send(parts())
        await socket.send("three")

    calls, _ = talk(transport, all_of, server, tls[0], **tls[1])
    assert [frame for call in calls for frame in call] == [b"one two", b"three"]
    assert len(answered) == 1


def test_what_is_said_arrives_and_the_other_side_hears_of_the_end(transport, tls):
    heard = []

    async def server(socket):
        with contextlib.suppress(ConnectionClosed):
            async for text in socket:
                heard.append(text)
                await socket.send("more")
        heard.append(socket.close_code)

    async def client(socket):
        socket.say("hällo")
        assert await socket.frames() == [b"more"]
        socket.say("again")
        await socket.frames()

    talk(transport, client, server, tls[0], **tls[1])
    assert heard == ["hällo", "again", 1000]


@pytest.mark.parametrize("in_parts", [False, True])
def test_a_frame_beyond_the_bound_ends_the_connection(transport, in_parts):
    part = b"x" * (FRAME_BYTES_MAX // 4)
    codes = []

    async def server(socket):
        with contextlib.suppress(ConnectionClosed):
            await socket.send("fine")
            await socket.send([part] * 5 if in_parts else part * 5)
        await socket.wait_closed()
        codes.append(socket.close_code)

    calls, why = talk(transport, all_of, server)
    assert {frame for call in calls for frame in call} <= {b"fine"}
    assert "exceed" in why and codes == [1009]


def test_a_frame_of_the_bound_is_taken(transport):
    largest = b"x" * FRAME_BYTES_MAX

    async def server(socket):
        await socket.send(largest)

    calls, _ = talk(transport, all_of, server)
    assert calls == [[largest]]


@pytest.mark.parametrize(("keys", "size"), [({"queue_frames": 8}, 100_000), ({}, 4_000_000)])
def test_who_does_not_take_holds_the_sender_back_and_loses_nothing(transport, tls, keys, size):
    """By the number of frames or by their bytes: what lies ahead is bounded."""
    count, sent = 100_000_000 // size, []

    async def server(socket):
        for number in range(count):
            await socket.send(b"%d" % number + b" " * size)
            sent.append(number)

    async def client(socket):
        before = -1
        while len(sent) != before:
            before = len(sent)
            await asyncio.sleep(0.2)
        return before, (await all_of(socket))[0]

    held_at, calls = talk(transport, client, server, tls[0], **tls[1], **keys)
    assert 0 < held_at < count * 3 // 4
    assert [int(frame) for call in calls for frame in call] == list(range(count))


@pytest.mark.parametrize("end", ["close", "abort"])
def test_why_it_ended_is_said_behind_the_last_frame(transport, tls, end):
    async def server(socket):
        await socket.send("last")
        if end == "close":
            await socket.close(1001, "end of tape")
        else:
            await asyncio.sleep(0.05)
            socket.transport.abort()

    calls, why = talk(transport, all_of, server, tls[0], **tls[1])
    assert calls == [[b"last"]]
    assert ("1001" in why and "end of tape" in why) if end == "close" else "close frame" in why


def test_a_close_frame_is_the_end_even_if_nothing_else_is_closed(transport, tls):
    heard = asyncio.Event()

    async def server(socket):
        socket.transport.pause_reading()
        socket.transport.write(b"\x81\x04last\x88\x05\x03\xe9bye")
        await heard.wait()
        socket.transport.abort()

    async def client(socket):
        found = await all_of(socket)
        heard.set()
        return found

    calls, why = talk(transport, client, server, tls[0], **tls[1])
    assert calls == [[b"last"]] and "1001" in why and "bye" in why


def raw(opcode, data=b"", first=0x80):
    """A server's frame as it stands on the wire, of up to 125 bytes."""
    return bytes([first | opcode, len(data)]) + data


@pytest.mark.parametrize(
    "broken",
    [
        raw(1, b"x", first=0xC0),
        raw(1, b"x", first=0x90),
        raw(3, b"x"),
        b"\x81\x81\1\2\3\4\5",
        raw(0, b"x"),
        raw(9, b"x", first=0),
        raw(8, b"x"),
        raw(8, b"\x00\x01"),
        raw(8, b"\x03\xe8\xff\xff"),
        b"\x81\x7f" + (FRAME_BYTES_MAX + 1).to_bytes(8, "big") + b"x" * 1000,
    ],
    ids=lambda broken: broken[:6].hex(),
)
def test_what_breaks_the_protocol_is_the_end_even_if_more_comes(transport, tls, broken):
    """Nor does it wait for the other side, which neither reads nor closes."""
    told = asyncio.Event()

    async def server(socket):
        await socket.send("good")
        await asyncio.sleep(0.02)
        socket.transport.pause_reading()
        socket.transport.write(broken)
        with contextlib.suppress(ConnectionError):
            while not told.is_set():
                socket.transport.write(raw(1, b"more"))
                await asyncio.sleep(0.001)
        socket.transport.abort()

    async def client(socket):
        found = await all_of(socket)
        told.set()
        return found

    calls, why = talk(transport, client, server, tls[0], **tls[1])
    assert calls == [[b"good"]]
    assert "Error" in why or "exceeds" in why


def test_who_pings_and_does_not_read_is_not_answered_without_end(transport, tls):
    stopped = asyncio.Event()

    async def server(socket):
        socket.transport.pause_reading()
        with contextlib.suppress(ConnectionError):
            while not (stopped.is_set() or socket.transport.is_closing()):
                socket.transport.write(raw(9, b"p" * 125) * 1000)
                await socket.drain()
                await asyncio.sleep(0)
        socket.transport.abort()

    async def client(socket):
        found = await all_of(socket)
        stopped.set()
        return found

    calls, why = talk(transport, client, server, tls[0], **tls[1])
    assert calls == [] and "does not read" in why


@pytest.mark.parametrize("code", [1000, 1013, 3999, 4000])
def test_a_close_is_told_by_its_number_and_its_words(transport, code):
    async def server(socket):
        await socket.close(code, "why not" if code % 2 else "")

    _, why = talk(transport, all_of, server)
    assert why == f"closed by the other side: {code}{' why not' * (code % 2)}"


def test_a_close_without_a_number_is_told_without_one(transport):
    async def server(socket):
        socket.transport.write(raw(8))
        await socket.wait_closed()

    assert talk(transport, all_of, server)[1] == "closed by the other side"


def test_what_is_said_to_who_is_gone_fails(transport):
    async def server(socket):
        await socket.close()

    async def client(socket):
        await all_of(socket)
        with pytest.raises(SocketError):
            socket.say("is anybody there?")

    talk(transport, client, server)


def test_a_call_that_is_cancelled_loses_no_frame(transport):
    async def server(socket):
        for number in range(300):
            await socket.send(str(number))
            await asyncio.sleep(0)

    async def client(socket):
        found = []
        with contextlib.suppress(SocketError):
            for turns in cycle(range(4)):
                call = asyncio.create_task(socket.frames())
                for _ in range(turns):
                    await asyncio.sleep(0)
                call.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    found.extend(await call)
        return found

    assert talk(transport, client, server) == [b"%d" % number for number in range(300)]


@pytest.mark.parametrize("deaf", [False, True])
def test_closing_does_not_wait_for_who_does_not_answer(transport, deaf):
    """Nor for one that goes on sending, and reads nothing."""

    closed = asyncio.Event()

    async def server(socket):
        socket.transport.pause_reading()
        with contextlib.suppress(ConnectionClosed):
            while deaf and not closed.is_set():
                await socket.send("x" * 10_000)
        await closed.wait()
        socket.transport.abort()

    async def client(socket):
        if deaf:
            await socket.frames()
        await socket.close()
        closed.set()

    talk(transport, client, server)
