"""A venue's port: by the clients that reach real ones, and by broken ones."""

import asyncio
import contextlib
import json
import select
import ssl

import pytest
import structlog
from websockets.asyncio.client import connect

from pinnacle.exchange.network import http, websocket
from pinnacle.exchange.network.http import HttpReply
from pinnacle.exchange.network.sockets import NetworkServer
from pinnacle.venues.transport.access import Access
from pinnacle.venues.transport.certificates import make_certificates
from pinnacle.venues.transport.config import ConnectionConfig
from pinnacle.venues.transport.port import SocketError, connect_by
from pinnacle.venues.transport.rest import RestClient, Unanswered
from tests.transports import TRANSPORTS

PLENTY_S = 10.0
HANDSHAKE = (
    b"GET /ws HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
)


@pytest.fixture(scope="module")
def certificates(tmp_path_factory):
    """(ca_file, the server's TLS context)."""
    ca_file, context = make_certificates(tmp_path_factory.mktemp("certificates"))
    return str(ca_file), context


@pytest.fixture(params=TRANSPORTS)
def transport(request):
    return request.param


class Talker:
    """Says back what it hears; `first` is its greeting."""

    def __init__(self, first=()):
        self.first = first
        self.said = []
        self.ended = 0
        self.connection = None

    def greeting(self, connection):
        self.connection = connection
        return self.first

    def heard(self, text):
        self.said.append(text)
        if text == b"fail":
            raise RuntimeError("a fault of its own")
        self.connection.send(b"you said " + text)

    def closed(self):
        self.ended += 1


class Venue:
    """Replies as it is told, those of `replies` in turn; whatever is asked otherwise it tells."""

    def __init__(self, replies=(), talker=None, refusal=None):
        self.replies = list(replies)
        self.talker = talker or Talker([b"hello"])
        self.refusal = refusal
        self.requests = []
        self.joined = []

    async def reply(self, request):
        self.requests.append(request)
        found = self.replies.pop(0) if self.replies else None
        if isinstance(found, Exception):
            raise found
        if found is not None:
            return found
        said = [request.method, request.target, request.body.decode()]
        return HttpReply(200, [("X-Used", "1")], json.dumps(said).encode())

    def opened(self, path, headers):
        self.joined.append((path, headers))
        if isinstance(self.refusal, Exception):
            raise self.refusal
        return self.refusal or self.talker


class Reach:
    """The ways to a server that is up."""

    def __init__(self, server, ca_file):
        self.address = server.address
        self.access = Access(ConnectionConfig(ca_file=ca_file))
        self.rest = RestClient(self.access, f"https://{self.address}", 4)
        self._ca_file = ca_file

    async def request(self, method="POST", target="/order", body=b"{}"):
        return await self.rest.request(method, target, {}, body, PLENTY_S)

    async def socket(self, transport, path="/ws"):
        return await connect_by(transport)(f"wss://{self.address}{path}", self.access)

    async def raw(self):
        host, port = self.address.split(":")
        tls = ssl.create_default_context(cafile=self._ca_file)
        return await asyncio.open_connection(host, int(port), ssl=tls)


def talk(certificates, venue, client, **keys):
    async def session():
        server = NetworkServer(venue, certificates[1], **keys)
        await server.open()
        reach = Reach(server, certificates[0])
        reach.server = server
        async with asyncio.timeout(30):
            try:
                return await client(reach)
            finally:
                await reach.rest.close()
                await server.close()
                assert not server._clients

    return asyncio.run(session())


async def until(condition):
    while not condition():
        await asyncio.sleep(0.002)


async def frames_to_the_end(socket):
    found = []
    try:
        while True:
            found += await socket.frames()
    except SocketError as error:
        return found, str(error)
    finally:
        await socket.close()


# --- requests -----------------------------------------------------------------------------------


def test_requests_of_each_method_are_answered_on_one_connection(certificates):
    venue = Venue()

    async def client(reach):
        answers = [
            await reach.request(method, "/a?b=%20", b"" if method == "GET" else b"{1}")
            for method in ("GET", "POST", "PUT", "DELETE")
        ]
        assert len(reach.server._clients) == 1
        return answers

    answers = talk(certificates, venue, client)
    assert [json.loads(one.body) for one in answers] == [
        ["GET", "/a?b=%20", ""], ["POST", "/a?b=%20", "{1}"],
        ["PUT", "/a?b=%20", "{1}"], ["DELETE", "/a?b=%20", "{1}"],
    ]  # fmt: skip
    assert {one.status for one in answers} == {200}
    assert answers[0].values("X-Used") == ["1"] and answers[0].values("Date")
    assert venue.requests[1].headers["content-length"] == "3"


def test_fifty_clients_are_served_at_once(certificates):
    async def client(reach):
        clients = [RestClient(reach.access, f"https://{reach.address}", 1) for _ in range(50)]
        asked = (one.request("POST", "/", {}, b"%d" % n, PLENTY_S) for n, one in enumerate(clients))
        answers = await asyncio.gather(*asked)
        for one in clients:
            await one.close()
        return [json.loads(one.body)[2] for one in answers]

    assert talk(certificates, Venue(), client) == [str(n) for n in range(50)]


def test_an_answer_without_a_body_has_none(certificates):
    async def client(reach):
        first = await reach.request()
        return first.status, first.body, first.values("Content-Length"), (await reach.request())[0]

    venue = Venue([HttpReply(204, body=b"not to be seen")])
    assert talk(certificates, venue, client) == (204, b"", [], 200)


def test_a_venues_clock_may_be_wrong(certificates):
    then = "Wed, 21 Oct 2015 07:28:00 GMT"

    async def client(reach):
        return (await reach.request()).values("Date")

    assert talk(certificates, Venue([HttpReply(headers=[("date", then)])]), client) == [then]


FAULTS = {
    "dropped": (HttpReply(drop=True), "the server closed the connection"),
    "reset": (HttpReply(drop=True, reset=True), "ConnectionResetError"),
    "half an answer": (
        HttpReply(raw=b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{", reset=True),
        "HTTP 200, and then: ConnectionResetError",
    ),
    "half a body": (
        HttpReply(raw=b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{"),
        "received 1 bytes, expected 9",
    ),
    "no HTTP": (HttpReply(raw=b"<html>502</html>\r\n\r\n"), "the answer is broken"),
}


@pytest.mark.parametrize(("reply", "words"), FAULTS.values(), ids=FAULTS)
def test_a_fault_is_made_on_the_wire_and_the_next_request_is_answered(certificates, reply, words):
    async def client(reach):
        with pytest.raises(Unanswered) as caught:
            await reach.request()
        return str(caught.value), (await reach.request()).status

    told, status = talk(certificates, Venue([reply]), client)
    assert words in told and status == 200


def test_an_answer_that_is_delayed_keeps_no_other_waiting(certificates):
    async def client(reach):
        await reach.rest.warm()
        late = asyncio.create_task(reach.request())
        await until(lambda: venue.requests)
        assert (await reach.request()).status == 200
        assert not late.done()
        return (await late).status

    venue = Venue([HttpReply(503, delay_s=0.3)])
    assert talk(certificates, venue, client) == 503


def test_a_client_that_gives_up_does_not_break_off_what_it_asked_for(certificates):
    done, given_up = [], asyncio.Event()

    class Slow(Venue):
        async def reply(self, request):
            await given_up.wait()
            done.append(request.body)
            return HttpReply()

    async def client(reach):
        await reach.rest.warm()
        with pytest.raises(Unanswered):
            await reach.rest.request("POST", "/", {}, b"order", 0.1)
        given_up.set()
        await until(lambda: done)
        assert (await reach.request(body=b"next")).status == 200

    talk(certificates, Slow(), client)
    assert done == [b"order", b"next"]


def test_the_end_of_the_server_breaks_off_what_nobody_waits_for_any_more(certificates):
    begun, ended = [], []

    class Endless(Venue):
        async def reply(self, request):
            begun.append(request.body)
            try:
                await asyncio.sleep(3600)
            finally:
                ended.append(request.body)

    async def client(reach):
        gone = asyncio.create_task(reach.request(body=b"gone"))
        await until(lambda: len(begun) == 1)
        gone.cancel()
        asking = asyncio.create_task(reach.request(body=b"waits"))
        await until(lambda: len(begun) == 2)
        await reach.server.close()
        with pytest.raises(Unanswered):
            await asking
        assert asyncio.all_tasks() == {asyncio.current_task()}

    talk(certificates, Endless(), client)
    assert sorted(ended) == [b"gone", b"waits"]


@pytest.mark.parametrize(
    "reply",
    [RuntimeError("a fault"), HttpReply(99), HttpReply(headers=[("X", "a\r\nb")])],
)
def test_a_handler_that_fails_is_told_and_the_client_has_a_500(certificates, reply):
    with structlog.testing.capture_logs() as logs:

        async def client(reach):
            return [(await reach.request()).status for _ in range(2)]

        assert talk(certificates, Venue([reply]), client) == [500, 200]
    assert [one["log_level"] for one in logs] == ["error"]


BROKEN = {
    "no HTTP": (b"\x00garbage\r\n\r\n", 400),
    "no host": (b"GET / HTTP/1.1\r\n\r\n", 400),
    "a header without a name": (b"GET / HTTP/1.1\r\nHost: a\r\n: x\r\n\r\n", 400),
    "no length": (b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n", 400),
    "a long head": (b"GET / HTTP/1.1\r\nHost: a\r\nX: " + b"y" * 70_000, 431),
    "a long body": (
        b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9999\r\n\r\n" + b"x" * 9999, 413,
    ),
    "packed": (b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip\r\n\r\n", 501),
    "another method": (b"BREW / HTTP/1.1\r\nHost: a\r\n\r\n", 405),
    "a WebSocket without a key": (
        b"GET / HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: websocket\r\n"
        b"Sec-WebSocket-Version: 13\r\n\r\n",
        400,
    ),
    "a WebSocket by POST": (
        b"POST / HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n", 405,
    ),
}  # fmt: skip


@pytest.mark.parametrize(("text", "status"), BROKEN.values(), ids=BROKEN)
def test_a_request_that_is_none_is_refused_and_others_are_served(
    certificates, monkeypatch, caplog, text, status
):
    monkeypatch.setattr(http, "BODY_BYTES_MAX", 5000)
    venue = Venue()

    async def client(reach):
        reader, writer = await reach.raw()
        writer.write(text)
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        writer.transport.abort()
        assert (await reach.request()).status == 200
        return head

    head = talk(certificates, venue, client)
    assert head.startswith(f"HTTP/1.1 {status} ") and "content-length: " in head.lower()
    assert venue.joined == [] and len(venue.requests) == 1
    assert caplog.records == []


def test_whatever_clients_do_the_server_goes_on(certificates, caplog):
    async def client(reach):
        host, port = reach.address.split(":")
        for text in (b"", b"GET / HTTP/1.1\r\n\r\n", b"\x16\x03\x01\xff\xff" + b"\xff" * 600):
            _, plain = await asyncio.open_connection(host, int(port))
            plain.write(text)
            await asyncio.sleep(0.01)
            plain.transport.abort()
        for text in (b"", b"GET", b"GET / HTTP/1.1\r\nHost: a\r\n\r\n" * 9):
            _, writer = await reach.raw()
            writer.write(text)
            writer.transport.abort()
        return (await reach.request()).status

    assert talk(certificates, Venue(), client) == 200
    assert [one for one in caplog.records if one.levelname != "DEBUG"] == []


def test_what_is_asked_ahead_is_answered_in_its_order(certificates):
    async def client(reach):
        reader, writer = await reach.raw()
        for n in range(3):
            writer.write(b"POST /%d HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\nx" % n)
        found = []
        for _ in range(3):
            await reader.readuntil(b"\r\n\r\n")
            found.append(json.loads(await reader.readuntil(b"]"))[1])
        writer.transport.abort()
        return found

    assert talk(certificates, Venue([]), client) == ["/0", "/1", "/2"]


def test_as_many_as_a_head_holds_may_be_refused_at_once(certificates):
    async def client(reach):
        reader, writer = await reach.raw()
        writer.write(HANDSHAKE * 300)
        for _ in range(300):
            assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 403 ")
        writer.transport.abort()

    talk(certificates, Venue(refusal=HttpReply(403)), client)


def test_who_asks_ahead_without_an_end_is_broken_off(certificates):
    async def client(reach):
        reader, writer = await reach.raw()
        writer.write(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n" * 5000)
        with contextlib.suppress(ConnectionError):
            assert await reader.read() == b""
        writer.transport.abort()

    talk(certificates, Venue([HttpReply(delay_s=PLENTY_S)]), client)


def test_who_does_not_read_his_answers_gets_no_more_of_them(certificates):
    venue = Venue([HttpReply(body=b"x" * 500_000)] * 400)

    async def client(reach):
        reader, writer = await reach.raw()
        writer.write(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n" * 400)
        await until(lambda: venue.requests)
        count = 0
        while count != len(venue.requests):  # the kernel's buffers grow
            count = len(venue.requests)
            await asyncio.sleep(0.1)
        assert count < 400
        while len(venue.requests) == count:
            assert await reader.read(1_000_000)
        writer.transport.abort()

    talk(certificates, venue, client)


def test_a_body_that_waits_to_be_asked_for_is(certificates):
    async def client(reach):
        reader, writer = await reach.raw()
        writer.write(
            b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nExpect: 100-continue\r\n\r\n"
        )
        assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 100 ")
        writer.write(b"x")
        head = await reader.readuntil(b"\r\n\r\n")
        writer.transport.abort()
        return head[:12]

    assert talk(certificates, Venue(), client) == b"HTTP/1.1 200"


def test_a_client_that_asks_nothing_is_closed_and_one_that_is_answered_late_is_not(certificates):
    async def client(reach):
        reader, writer = await reach.raw()
        writer.write(b"GET / HT")
        late = asyncio.create_task(reach.request())
        assert await reader.read() == b""
        writer.close()
        return (await late).status

    venue = Venue([HttpReply(202, delay_s=0.4)])
    assert talk(certificates, venue, client, idle_s=0.2) == 202


# --- WebSockets ---------------------------------------------------------------------------------


def test_a_websocket_is_greeted_heard_and_told_of_its_end(certificates, transport):
    venue = Venue(talker=Talker([b"one", b"two"]))

    async def client(reach):
        socket = await reach.socket(transport, "/ws?x=1")
        found = []
        socket.say("h\u00e4llo")
        while len(found) < 3:
            found += await socket.frames()
        await socket.close()
        await until(lambda: venue.talker.ended)
        return found

    found = talk(certificates, venue, client)
    assert found == [b"one", b"two", "you said h\u00e4llo".encode()]
    ((path, headers),) = venue.joined
    assert path == "/ws?x=1" and headers["upgrade"].lower() == "websocket"
    assert venue.talker.said == ["h\u00e4llo".encode()] and venue.talker.ended == 1


def test_requests_and_websockets_are_on_one_port(certificates, transport):
    async def client(reach):
        socket = await reach.socket(transport)
        assert (await reach.request()).status == 200
        assert await socket.frames() == [b"hello"]
        await socket.close()

    talk(certificates, Venue(), client)


def test_a_handshake_is_refused_with_what_the_handler_says(certificates, transport):
    refusal = HttpReply(401, [("Retry-After", "7")], b"InvalidSignature")

    async def client(reach):
        with pytest.raises(SocketError, match="401") as caught:
            await reach.socket(transport)
        return caught.value.retry_after_s

    assert talk(certificates, Venue(refusal=refusal), client) == 7


@pytest.mark.parametrize("refusal", [HttpReply(drop=True), RuntimeError("a fault")])
def test_a_handshake_that_fails_opens_nothing(certificates, transport, refusal):
    venue = Venue(refusal=refusal)

    async def client(reach):
        with pytest.raises((SocketError, OSError, EOFError)):
            await reach.socket(transport)
        assert (await reach.request()).status == 200

    with structlog.testing.capture_logs() as logs:
        talk(certificates, venue, client)
    assert len(logs) == isinstance(refusal, RuntimeError)
    assert venue.talker.connection is None and venue.talker.ended == 0


def test_what_comes_behind_the_handshake_at_once_is_heard(certificates):
    venue = Venue()

    async def client(reach):
        reader, writer = await reach.raw()
        frame = bytes([0x81, 0x82, 0, 0, 0, 0]) + b"hi"
        writer.write(HANDSHAKE + frame)
        await reader.readuntil(b"\r\n\r\n")
        found = await reader.readuntil(b"you said hi")
        writer.transport.abort()
        await until(lambda: venue.talker.ended)
        return found

    assert talk(certificates, venue, client) == b"\x81\x05hello\x81\x0byou said hi"


def test_a_message_in_parts_is_heard_whole_and_pings_are_answered(certificates):
    venue = Venue()

    async def client(reach):
        tls = reach.access.tls("wss://")
        async with connect(f"wss://{reach.address}/ws", ssl=tls, compression=None) as socket:
            assert await socket.recv() == "hello"
            await socket.send(["a", "b", "c"])
            assert await socket.recv() == "you said abc"
            await (await socket.ping())
            venue.talker.connection.ping(b"there?")

    talk(certificates, venue, client)
    assert venue.talker.said == [b"abc"]


def test_a_close_frame_reaches_the_client(certificates, transport):
    venue = Venue()

    async def client(reach):
        socket = await reach.socket(transport)
        await until(lambda: venue.talker.connection)
        with pytest.raises(ValueError, match="no close frame of 1 "):
            venue.talker.connection.close(1, "no such code")
        venue.talker.connection.close(4001, "go away")
        venue.talker.connection.send(b"too late")
        found = await frames_to_the_end(socket)
        await until(lambda: venue.talker.ended)
        return found

    found, why = talk(certificates, venue, client)
    assert found == [b"hello"] and "4001 go away" in why and venue.talker.ended == 1


@pytest.mark.parametrize("end", ["close", "abort", "stall"])
def test_nothing_is_heard_behind_an_end(certificates, end):
    class Ends(Talker):
        def heard(self, text):
            self.said.append(text)
            getattr(self.connection, end)()

    venue = Venue(talker=Ends())

    async def client(reach):
        _, writer = await reach.raw()
        frame = bytes([0x81, 0x82, 0, 0, 0, 0])
        writer.write(HANDSHAKE + frame + b"hi" + frame + b"ho")
        await until(lambda: venue.talker.said)
        await asyncio.sleep(0.02)
        writer.transport.abort()

    talk(certificates, venue, client)
    assert venue.talker.said == [b"hi"] and venue.talker.ended == 1


def test_an_abort_reaches_the_client_without_a_close_frame(certificates, transport):
    venue = Venue()

    async def client(reach):
        socket = await reach.socket(transport)
        assert await socket.frames() == [b"hello"]
        venue.talker.connection.abort()
        found = await frames_to_the_end(socket)
        venue.talker.connection.send(b"too late")
        venue.talker.connection.close()
        return found

    found, why = talk(certificates, venue, client)
    assert found == [] and "broke off" in why and venue.talker.ended == 1


def test_one_that_stalls_says_and_hears_nothing_and_stays_until_it_is_aborted(
    certificates, transport
):
    venue = Venue()

    async def client(reach):
        socket = await reach.socket(transport)
        assert await socket.frames() == [b"hello"]
        connection = venue.talker.connection
        connection.stall()
        connection.send(b"lost")
        socket.say("unheard")
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.1):
                await socket.frames()
        assert venue.talker.ended == 0
        connection.abort()
        return await frames_to_the_end(socket)

    found, why = talk(certificates, venue, client)
    assert found == [] and "broke off" in why
    assert venue.talker.said == [] and venue.talker.ended == 1


def test_the_end_of_the_server_is_a_close_frame_for_each_and_a_break_for_who_stalls(
    certificates, transport
):
    talkers = [Talker(), Talker()]
    venue = Venue()
    venue.opened = lambda path, headers: talkers[int(path[1:])]

    async def client(reach):
        sockets = [await reach.socket(transport, f"/{n}") for n in range(2)]
        await until(lambda: all(one.connection for one in talkers))
        talkers[1].connection.stall()
        waiting = [asyncio.create_task(frames_to_the_end(one)) for one in sockets]
        await reach.server.close()
        return [(await one)[1] for one in waiting]

    first, second = talk(certificates, venue, client)
    assert "1001 the server ends" in first and "broke off" in second
    assert [one.ended for one in talkers] == [1, 1]


def test_a_frame_is_written_in_the_call_that_sends_it(certificates):
    """The bytes are in the kernel before the loop runs again."""
    venue = Venue()

    async def client(reach):
        reader, writer = await reach.raw()
        writer.write(HANDSHAKE)
        await reader.readuntil(b"hello")
        below = writer.transport.get_extra_info("socket")
        watch = select.poll()
        watch.register(below, 1)
        assert not watch.poll(0)
        venue.talker.connection.send(b"now")
        there = watch.poll(1000)
        writer.transport.abort()
        return bool(there)

    assert talk(certificates, venue, client)


def test_a_client_that_does_not_read_is_broken_off_and_others_are_served(certificates, monkeypatch):
    monkeypatch.setattr(websocket, "UNSENT_BYTES_MAX", 100_000)
    talkers = [Talker(), Talker()]
    venue = Venue()
    venue.opened = lambda path, headers: talkers[int(path[1:])]

    async def client(reach):
        deaf = await reach.socket("websockets", "/0")
        deaf._connection.transport.pause_reading()
        other = await reach.socket("websockets", "/1")
        await until(lambda: all(one.connection for one in talkers))
        while not talkers[0].ended:
            talkers[0].connection.send(b"x" * 50_000)
            await asyncio.sleep(0)
        talkers[1].connection.send(b"still here")
        assert await other.frames() == [b"still here"]
        await other.close()
        deaf._connection.transport.abort()

    with structlog.testing.capture_logs() as logs:
        talk(certificates, venue, client)
    assert [one["event"].split(": ")[1] for one in logs] == ["it is broken off"]
    assert "does not read" in logs[0]["event"]


@pytest.mark.parametrize(
    ("frame", "code"),
    [
        (bytes([0x81, 2]) + b"hi", 1002),  # without a mask
        (bytes([0x8F, 0x80, 0, 0, 0, 0]), 1002),
        (bytes([0x80, 0x80, 0, 0, 0, 0]), 1002),
        (bytes([0x81, 0xFF]) + (2**21).to_bytes(8, "big") + bytes(4), 1009),
    ],
)
def test_a_client_that_breaks_the_protocol_is_told_so(certificates, frame, code):
    venue = Venue(talker=Talker())

    async def client(reach):
        reader, writer = await reach.raw()
        writer.write(HANDSHAKE)
        await reader.readuntil(b"\r\n\r\n")
        writer.write(frame)
        said = await reader.read()
        writer.close()
        await until(lambda: venue.talker.ended)
        return said

    said = talk(certificates, venue, client)
    assert said[0] == 0x88 and int.from_bytes(said[2:4], "big") == code
    assert venue.talker.said == []


def test_a_handler_that_fails_ends_its_own_connection_alone(certificates, transport):
    venue = Venue()

    async def client(reach):
        socket, other = await reach.socket(transport), await reach.socket(transport)
        socket.say("fail")
        found = await frames_to_the_end(socket)
        await other.close()
        return found

    with structlog.testing.capture_logs() as logs:
        found, why = talk(certificates, venue, client)
    assert found == [b"hello"] and "1011 internal error" in why
    assert [one["log_level"] for one in logs] == ["error"]


def test_a_port_that_is_taken_is_an_error(certificates):
    async def session():
        first = NetworkServer(Venue(), certificates[1])
        await first.open()
        second = NetworkServer(Venue(), certificates[1], int(first.address.split(":")[1]))
        with pytest.raises(OSError, match="address already in use"):
            await second.open()
        await second.close()
        await first.close()

    asyncio.run(session())


def test_a_client_that_never_says_a_word_does_not_keep_the_server_from_ending(certificates):
    async def client(reach):
        host, port = reach.address.split(":")
        _, silent = await asyncio.open_connection(host, int(port))
        await asyncio.sleep(0.02)
        await reach.server.close()
        silent.transport.abort()

    talk(certificates, Venue(), client)
