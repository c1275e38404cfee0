"""A request is answered, or it is known whether it left: against servers that do anything."""

import asyncio
import contextlib
import gzip
import select
import socket
import struct
import threading
from pathlib import Path

import pytest

from pinnacle.core.clock import monotonic_ns
from pinnacle.core.errors import ConfigError
from pinnacle.venues.transport import kept_alive
from pinnacle.venues.transport.access import Access
from pinnacle.venues.transport.certificates import make_certificates
from pinnacle.venues.transport.config import ConnectionConfig
from pinnacle.venues.transport.rest import NotSent, RestClient, Unanswered

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nOK"
#: Long enough for a busy machine, and an end where something hangs.
PLENTY_S = 10.0
NEVER_MS = 3_600_000


@pytest.fixture(scope="module")
def certificates(tmp_path_factory):
    """(ca_file, the server's TLS context)."""
    ca_file, context = make_certificates(tmp_path_factory.mktemp("certificates"))
    return str(ca_file), context


async def request_of(reader):
    """The bytes of one, or none at the connection's end."""
    try:
        head = await reader.readuntil(b"\r\n\r\n")
        lengths = [line[16:] for line in head.split(b"\r\n") if line.startswith(b"Content-Length")]
        return head + await reader.readexactly(int(lengths[0]) if lengths else 0)
    except (asyncio.IncompleteReadError, ConnectionError):
        return b""


def reset(writer):
    """RST, whatever lies in the buffers."""
    linger = struct.pack("ii", 1, 0)
    writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
    writer.transport.abort()


class Server:
    """`say(writer)` is done for each request, those of `first` before it, one a request.

    asked        what came, one list of requests a connection
    connected    is set with each connection
    """

    def __init__(self, first=(), say=None):
        self.asked = []
        self.writers = []
        self.connected = asyncio.Event()
        self._first = list(first)
        self._say = say or saying(OK)

    async def serve(self, reader, writer):
        self.asked.append(requests := [])
        self.writers.append(writer)
        self.connected.set()
        try:
            while request := await request_of(reader):
                requests.append(request)
                await (self._first.pop(0) if self._first else self._say)(writer)
        except ConnectionError:
            pass
        finally:
            writer.transport.abort()

    @property
    def count(self):
        return sum(map(len, self.asked))


def saying(text):
    async def say(writer):
        writer.write(text)

    return say


def talk(certificates, server, client, connections=1, idle_s=PLENTY_S, tls=True, **keys):
    """What `client(rest)` gives, and nothing is left that runs."""
    ca_file, context = certificates

    async def session():
        made = server() if isinstance(server, type) else Server(*server)
        listening = await asyncio.start_server(
            made.serve, "127.0.0.1", 0, ssl=context if tls else None
        )
        url = f"{'https' if tls else 'http'}://127.0.0.1:{listening.sockets[0].getsockname()[1]}"
        given = {"ca_file": ca_file, "backoff_min_ms": 1, "backoff_max_ms": 5} | keys
        access = Access(ConnectionConfig(**given))
        rest = RestClient(access, url, connections, idle_s=idle_s)
        rest.access = access
        async with asyncio.timeout(30):
            try:
                return await client(rest, made)
            finally:
                await rest.close()
                listening.close()
                for writer in made.writers:
                    writer.transport.abort()
                await asyncio.sleep(0.001)
                assert not [task for task in asyncio.all_tasks() if "_connect" in repr(task)]

    return asyncio.run(session())


async def post(rest, body=b"{}", timeout_s=PLENTY_S):
    return await rest.request("POST", "/order", {}, body, timeout_s)


async def until(condition):
    while not condition():
        await asyncio.sleep(0.002)


# --- answered -----------------------------------------------------------------------------------


@pytest.mark.parametrize("tls", [True, False])
def test_a_request_arrives_as_it_is_written_and_its_answer_is_whole(certificates, tls):
    said = b"HTTP/1.1 418 No\r\nX-Used: 1\r\nx-used: 2\r\nContent-Length: 3\r\n\r\nhot"

    async def client(rest, server):
        before_ns = monotonic_ns()
        headers = {"API-Key": "k", "Content-Type": "application/json"}
        answer = await rest.request("POST", "/a/b?c=%20d", headers, b"{1}", PLENTY_S)
        assert before_ns <= answer.sent_ns < answer.received_ns <= monotonic_ns()
        return answer, server.asked, server.writers[0].get_extra_info("sockname")[1]

    answer, asked, port = talk(certificates, ([], saying(said)), client, tls=tls)
    assert (answer.status, answer.body) == (418, b"hot")
    assert answer.values("X-USED") == ["1", "2"] and answer.values("X-Other") == []
    ((request,),) = asked
    head, _, body = request.partition(b"\r\n\r\n")
    first, *lines = head.decode().split("\r\n")
    assert (first, body) == ("POST /a/b?c=%20d HTTP/1.1", b"{1}")
    assert {"API-Key: k", "Content-Type: application/json", "Content-Length: 3"} <= {*lines}
    assert {f"Host: 127.0.0.1:{port}", "Accept-Encoding: identity"} <= {*lines}


@pytest.mark.parametrize(
    ("method", "body", "length"),
    [
        ("GET", b"", None), ("DELETE", b"", None), ("DELETE", b"{}", 2), ("POST", b"", 0),
        ("PUT", b"x" * 300_000, 300_000),
    ],
)  # fmt: skip
def test_a_body_has_its_length_and_what_may_have_none_has_none(certificates, method, body, length):
    async def client(rest, server):
        await rest.request(method, "/", {}, body, PLENTY_S)
        return server.asked[0][0]

    asked = talk(certificates, ([],), client)
    lengths = [line for line in asked.split(b"\r\n") if line.startswith(b"Content-Length")]
    assert lengths == ([] if length is None else [b"Content-Length: %d" % length])
    assert asked.endswith(b"\r\n\r\n" + body)


ANSWERS = {
    "chunked": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    b"1\r\nO\r\n1;x=y\r\nK\r\n0\r\nX: y\r\n\r\n",
    "behind others": b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early\r\nLink: x\r\n\r\n" + OK,
    "identity": b"HTTP/1.1 200 OK\r\nContent-Encoding: Identity\r\nContent-Length: 2\r\n\r\nOK",
}


@pytest.mark.parametrize("text", ANSWERS.values(), ids=ANSWERS)
@pytest.mark.parametrize("piece", [1, 1000])
def test_an_answer_is_taken_in_whatever_pieces_it_comes(certificates, text, piece):
    async def drip(writer):
        for at in range(0, len(text), piece):
            writer.write(text[at : at + piece])
            await asyncio.sleep(0)

    async def client(rest, server):
        bodies = [(await post(rest)).body for _ in range(2)]
        assert len(server.asked) == 1, "the connection is kept"
        return bodies

    assert talk(certificates, ([], drip), client) == [b"OK", b"OK"]


def test_an_answer_without_a_body_is_whole_at_its_head(certificates):
    async def client(rest, server):
        answers = [await post(rest) for _ in range(2)]
        return [(one.status, one.body) for one in answers], len(server.asked)

    said = saying(b"HTTP/1.1 204 None\r\n\r\n")
    assert talk(certificates, ([], said), client) == ([(204, b"")] * 2, 1)


def test_a_body_that_ends_with_the_connection_is_whole_where_the_end_is_said(certificates):
    async def end(writer):
        writer.write(b"HTTP/1.1 502 Bad\r\n\r\n<html>")
        writer.close()

    async def client(rest, server):
        answer = await post(rest)
        return answer.status, answer.body

    assert talk(certificates, ([end],), client) == (502, b"<html>")


def test_behind_an_answer_that_closes_comes_another_connection(certificates):
    async def client(rest, server):
        for _ in range(3):
            assert (await post(rest)).body == b"OK"
        return [len(requests) for requests in server.asked]

    closes = OK.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")
    assert talk(certificates, ([saying(closes)],), client) == [1, 2]


def test_requests_at_once_have_a_connection_each_and_more_of_them_wait(certificates):
    flying, most = set(), []

    async def slowly(writer):
        assert writer not in flying, "one at a time a connection"
        flying.add(writer)
        most.append(len(flying))
        await asyncio.sleep(0.01)
        flying.discard(writer)
        writer.write(OK)

    async def client(rest, server):
        answers = await asyncio.gather(*(post(rest, b"%d" % n) for n in range(12)))
        return len(answers), len(server.asked), server.count

    assert talk(certificates, ([], slowly), client, connections=3) == (12, 3, 12)
    assert max(most) == 3


# --- never sent ---------------------------------------------------------------------------------


def refusal(make, timeout_s=PLENTY_S, **keys):
    async def session():
        rest = RestClient(Access(ConnectionConfig(**keys)), make, 1)
        try:
            with pytest.raises(NotSent) as caught:
                await post(rest, timeout_s=timeout_s)
        finally:
            await rest.close()
        return str(caught.value)

    return asyncio.run(session())


def test_where_nobody_is_nothing_is_sent():
    assert "ConnectionRefusedError" in refusal("https://127.0.0.1:1")


def test_a_host_that_is_not_found_is_heard_of_nothing():
    assert "is no name of a host" in refusal(f"https://{'x' * 64}.net")


def test_a_server_that_is_not_trusted_is_told_nothing(certificates, tmp_path):
    other, _ = make_certificates(tmp_path)

    async def client(rest, server):
        with pytest.raises(NotSent, match=r"CERTIFICATE_VERIFY_FAILED.*ca_file names"):
            await post(rest)
        return server.count

    assert talk(certificates, ([],), client, ca_file=str(other)) == 0


def test_an_authority_that_was_replaced_is_read_again(certificates, tmp_path):
    other, _ = make_certificates(tmp_path)

    async def client(rest, server):
        with pytest.raises(NotSent):
            await post(rest)
        other.write_bytes(Path(certificates[0]).read_bytes())
        return (await post(rest)).body

    assert talk(certificates, ([],), client, ca_file=str(other)) == b"OK"


@pytest.mark.parametrize(
    ("keys", "timeout_s", "words"),
    [
        ({}, 0.1, "no connection was free in time"),
        ({"connect_timeout_ms": 50}, PLENTY_S, "TimeoutError: not connected after 50 ms"),
    ],
)
def test_a_handshake_that_hangs_has_a_time(keys, timeout_s, words):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"https://127.0.0.1:{silent.getsockname()[1]}"
        assert words in refusal(url, timeout_s, **keys)


def test_who_waits_for_a_connection_longer_than_his_time_has_sent_nothing(certificates):
    async def client(rest, server):
        first = asyncio.create_task(post(rest, b"first"))
        await until(lambda: server.count)
        with pytest.raises(NotSent, match="no connection was free in time"):
            await post(rest, b"second", 0.05)
        with pytest.raises(NotSent, match="free in time"):
            await post(rest, b"third", 0.0)
        server.writers[0].write(OK)
        assert (await first).body == b"OK"
        assert (await post(rest, b"fourth")).body == b"OK"
        return [request[-6:] for request in server.asked[0]]

    async def nothing(writer):
        pass

    assert talk(certificates, ([nothing],), client) == [b"\nfirst", b"fourth"]


@pytest.mark.parametrize(
    ("method", "target", "headers"),
    [
        ("PO ST", "/", {}),
        ("CONNECT", "/", {}),
        ("GET", "/hidden key", {}),
        ("GET", "/hidden\r\nX: y", {}),
        ("GET", "/hidden\u20ac", {}),
        ("GET", "", {}),
        ("GET", "/", {"API-Key": "hidden\r\nX: y"}),
        ("GET", "/", {"API-Key": "hidden\u20ac"}),
        ("GET", "/", {"hidden key": "a"}),
        ("GET", "/", {"Content-length": "5"}),
        ("GET", "/", {"transfer-Encoding": "chunked"}),
        ("GET", "/", {"HOST": "elsewhere"}),
    ],
)
def test_what_is_no_request_is_not_sent_and_not_repeated_in_words(
    certificates, method, target, headers
):
    async def client(rest, server):
        with pytest.raises(NotSent) as caught:
            await rest.request(method, target, headers, b"", PLENTY_S)
        assert (await post(rest)).body == b"OK"
        return str(caught.value), server.count

    words, count = talk(certificates, ([],), client)
    assert "hidden" not in words and words and count == 1


def test_where_the_server_is_must_be_said_alone():
    for url in ("https://127.0.0.1/api", "https://", "https://127.0.0.1?x=y"):
        with pytest.raises(ConfigError, match=r"must be https://host\[:port\]"):
            RestClient(Access(ConnectionConfig()), url, 1)


def test_an_authority_that_cannot_be_read_is_told_at_the_beginning(tmp_path):
    access = Access(ConnectionConfig(ca_file=str(tmp_path / "none.pem")))
    with pytest.raises(ConfigError, match="No such file"):
        RestClient(access, "https://127.0.0.1", 1)


# --- unanswered ---------------------------------------------------------------------------------


def then(end, text):
    async def say(writer):
        writer.write(text)
        await asyncio.sleep(0.01)
        end(writer)

    return say


def close(writer):
    writer.close()


def leave_open(writer):
    pass


HEAD = b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n"
LATE = "no whole answer after "
GONE = "the server closed the connection"
FAULTS = {
    "closes": (then(close, b""), GONE),
    "resets": (then(reset, b""), "ConnectionResetError"),
    "stalls": (then(leave_open, b""), LATE),
    "closes in the head": (then(close, HEAD[:20]), GONE),
    "stalls in the head": (then(leave_open, HEAD[:20]), LATE),
    "closes behind the head": (then(close, HEAD), "HTTP 200, and then: the answer is broken: peer"),
    "stalls behind the head": (then(leave_open, HEAD), f"HTTP 200, and then: {LATE}"),
    "resets in the body": (then(reset, HEAD + b"12345"), "HTTP 200, and then: ConnectionReset"),
    "stalls in the body": (then(leave_open, HEAD + b"12345"), f"HTTP 200, and then: {LATE}"),
    "closes in the body": (then(close, HEAD + b"123"), "received 3 bytes, expected 10"),
    "stops at a 100": (then(leave_open, b"HTTP/1.1 100 Go on\r\n\r\n"), LATE),
    "no HTTP": (then(leave_open, b"\x00\x01garbage\r\n\r\n"), "the answer is broken"),
    "no status": (then(leave_open, b"HTTP/1.1 OK\r\n\r\n"), "the answer is broken"),
    "no length": (
        then(leave_open, b"HTTP/1.1 200 OK\r\nContent-Length: 1e3\r\n\r\n"),
        "the answer is broken: bad Content-Length",
    ),
    "two lengths": (
        then(leave_open, b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n"),
        "the answer is broken",
    ),
    "no chunk": (
        then(leave_open, b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n"),
        "HTTP 200, and then: the answer is broken: illegal chunk header",
    ),
    "another protocol": (
        then(leave_open, b"HTTP/1.1 101 Go\r\nUpgrade: x\r\n\r\n"),
        "the answer is broken",
    ),
    "packed": (
        then(
            leave_open,
            b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n%s"
            % (len(gzip.compress(b"1")), gzip.compress(b"1")),
        ),
        "HTTP 200, and then: the answer is packed, which was not asked for",
    ),
    "a long head": (
        then(leave_open, b"HTTP/1.1 200 OK\r\nX: " + b"y" * 70_000),
        "the answer is broken: Receive buffer too long",
    ),
    "a long body": (
        then(leave_open, b"HTTP/1.1 200 OK\r\nContent-Length: 99999\r\n\r\n" + b"x" * 50_001),
        "HTTP 200, and then: the answer exceeds 50000 bytes",
    ),
}


@pytest.mark.parametrize(("fault", "words"), FAULTS.values(), ids=FAULTS)
def test_without_a_whole_answer_nobody_knows_and_the_next_request_has_another_connection(
    certificates, monkeypatch, fault, words
):
    monkeypatch.setattr(kept_alive, "BODY_BYTES_MAX", 50_000)

    async def client(rest, server):
        await post(rest)
        with pytest.raises(Unanswered) as caught:
            await post(rest, timeout_s=0.1 if LATE in words else PLENTY_S)
        assert (await post(rest)).body == b"OK"
        return str(caught.value), [len(requests) for requests in server.asked]

    told, asked = talk(certificates, ([saying(OK), fault],), client)
    assert words in told and asked == [2, 1]


def test_a_body_without_a_length_is_not_whole_where_tls_is_cut_off(certificates):
    async def cut(writer):
        writer.write(b"HTTP/1.1 200 OK\r\n\r\nhalf an ans")
        await asyncio.sleep(0.01)
        writer.transport.abort()  # FIN without a word of TLS's

    async def client(rest, server):
        with pytest.raises(Unanswered, match="HTTP 200, and then: "):
            await post(rest)

    talk(certificates, ([cut],), client)


@pytest.mark.parametrize("apart_s", [0.0, 0.02])
def test_a_second_answer_to_one_request_is_not_the_next_ones(certificates, apart_s):
    """One that comes before the next request was written, to be exact: HTTP has no numbers."""

    async def twice(writer):
        writer.write(OK)
        if apart_s:
            await asyncio.sleep(apart_s)
        writer.write(OK.replace(b"OK", b"NO"))

    async def client(rest, server):
        first = await post(rest)
        await asyncio.sleep(apart_s * 2)
        return first.body, (await post(rest)).body, [len(one) for one in server.asked]

    assert talk(certificates, ([twice],), client) == (b"OK", b"OK", [1, 1])


def test_an_answer_that_comes_too_late_is_nobodys(certificates):
    gone = asyncio.Event()

    async def late(writer):
        await gone.wait()
        with contextlib.suppress(ConnectionError):
            writer.write(OK.replace(b"OK", b"NO"))

    async def client(rest, server):
        await post(rest)
        with pytest.raises(Unanswered, match="no whole answer after "):
            await post(rest, b"first", 0.05)
        gone.set()
        return [(await post(rest)).body for _ in range(3)]

    assert talk(certificates, ([saying(OK), late],), client) == [b"OK"] * 3


# --- connections --------------------------------------------------------------------------------


def test_an_idle_connection_that_the_server_has_closed_is_not_asked(certificates):
    async def client(rest, server):
        await post(rest)
        server.writers[0].close()
        await until(lambda: not rest._connections._open)
        await post(rest)
        return [len(requests) for requests in server.asked]

    assert talk(certificates, ([],), client) == [1, 1]


def test_a_close_that_only_the_kernel_has_heard_of_is_seen(certificates):
    """The loop did not run between the server's close and the request."""
    ended = threading.Event()

    def serve(listening):
        for _ in range(2):
            made, _ = listening.accept()
            with certificates[1].wrap_socket(made, server_side=True) as talking:
                talking.recv(4096)
                talking.send(OK)
                ended.wait(PLENTY_S)

    async def session(url):
        rest = RestClient(Access(ConnectionConfig(ca_file=certificates[0])), url, 1)
        await post(rest)
        (one,) = rest._connections._open
        watch = select.poll()
        watch.register(one._transport.get_extra_info("socket"), select.POLLRDHUP)
        ended.set()
        assert watch.poll(10_000), "the FIN is there"
        answer = await post(rest)
        await rest.close()
        return answer.body

    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=serve, args=(listening,))
        thread.start()
        url = f"https://127.0.0.1:{listening.getsockname()[1]}"
        assert asyncio.run(session(url)) == b"OK"
        thread.join()


def test_what_is_warm_stands_and_stands_again_when_it_is_lost(certificates):
    async def client(rest, server):
        await rest.warm()
        await until(lambda: len(server.writers) == 3)
        assert server.count == 0
        server.writers[0].close()
        server.writers[1].transport.abort()
        await until(lambda: len(server.writers) == 5)
        await asyncio.sleep(0.02)
        assert len(server.writers) == 5
        await asyncio.gather(*(post(rest) for _ in range(3)))
        return len(server.writers)

    assert talk(certificates, ([],), client, connections=3) == 5


def test_what_is_idle_for_too_long_is_closed_and_replaced_where_it_is_to_be_warm(certificates):
    async def client(rest, server):
        await post(rest)
        await until(lambda: server.writers[0].transport.is_closing())
        await asyncio.sleep(0.1)
        cold = len(server.writers)
        await rest.warm()
        await until(lambda: len(server.writers) == cold + 6)
        return cold, (await post(rest)).body

    assert talk(certificates, ([],), client, connections=2, idle_s=0.05) == (1, b"OK")


def test_a_server_that_closes_whatever_is_opened_is_not_besieged(certificates):
    class Slams(Server):
        async def serve(self, reader, writer):
            self.writers.append(writer)
            self.asked.append([])
            writer.close()

    async def client(rest, server):
        with contextlib.suppress(NotSent):
            await rest.warm()
        await until(lambda: len(server.writers) == 2)
        await asyncio.sleep(0.1)
        return len(server.writers)

    waits = {"backoff_min_ms": NEVER_MS, "backoff_max_ms": NEVER_MS}
    assert talk(certificates, Slams, client, connections=2, **waits) == 2


def test_patience_holds_back_what_is_opened_beforehand_and_no_request(certificates):
    async def client(rest, server):
        await rest.warm()
        await until(lambda: len(server.writers) == 1)
        rest.access.patience.asked(3600.0)
        server.writers[0].close()
        await asyncio.sleep(0.1)
        held = len(server.writers)
        return held, (await post(rest)).body

    assert talk(certificates, ([],), client) == (1, b"OK")


def test_nothing_is_warm_where_nobody_is():
    async def session():
        rest = RestClient(Access(ConnectionConfig()), "https://127.0.0.1:1", 2)
        with pytest.raises(NotSent, match="ConnectionRefusedError"):
            await rest.warm()
        await rest.close()
        with pytest.raises(NotSent, match="the client is closed"):
            await rest.warm()

    asyncio.run(session())


def test_a_server_that_comes_back_is_found_by_itself(certificates):
    async def session():
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = taken.getsockname()[1]
        config = ConnectionConfig(ca_file=certificates[0], backoff_min_ms=1, backoff_max_ms=5)
        rest = RestClient(Access(config), f"https://127.0.0.1:{port}", 2)
        with pytest.raises(NotSent):
            await rest.warm()
        server = Server()
        async with (
            await asyncio.start_server(server.serve, "127.0.0.1", port, ssl=certificates[1]),
            asyncio.timeout(PLENTY_S),
        ):
            await until(lambda: len(server.writers) == 2)
            await rest.close()
            await until(lambda: all(one.transport.is_closing() for one in server.writers))

    asyncio.run(session())


# --- ends ---------------------------------------------------------------------------------------


async def nothing(writer):
    pass


def test_a_request_that_is_cancelled_takes_its_connection_with_it(certificates):
    async def client(rest, server):
        asking = asyncio.create_task(post(rest))
        await until(lambda: server.count)
        asking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asking
        assert (await post(rest)).body == b"OK"
        return [len(requests) for requests in server.asked]

    assert talk(certificates, ([nothing],), client) == [1, 1]


def test_who_is_cancelled_while_he_waits_leaves_the_connection_to_others(certificates, monkeypatch):
    async def client(rest, server):
        first = asyncio.create_task(post(rest))
        await until(lambda: server.count)
        others = [asyncio.create_task(post(rest)) for _ in range(3)]
        await asyncio.sleep(0)
        others[0].cancel()
        give = rest._connections.give

        def give_and_cancel(connection):
            # To one who does not come to take it.
            monkeypatch.undo()
            give(connection)
            others[1].cancel()

        monkeypatch.setattr(rest._connections, "give", give_and_cancel)
        server.writers[0].write(OK)
        await first
        assert (await others[2]).body == b"OK"
        return [len(requests) for requests in server.asked], [one.cancelled() for one in others]

    assert talk(certificates, ([nothing],), client) == ([2], [True, True, False])


@pytest.mark.parametrize("turns", range(12))
def test_a_cancellation_at_any_turn_of_the_loop_leaves_a_client_that_works(certificates, turns):
    async def client(rest, server):
        asking = [asyncio.create_task(post(rest)) for _ in range(2)]
        for _ in range(turns):
            await asyncio.sleep(0.0005)
        asking[0].cancel()
        done = await asyncio.gather(*asking, return_exceptions=True)
        assert done[1].body == b"OK"
        return [(await post(rest)).body for _ in range(2)]

    assert talk(certificates, ([],), client) == [b"OK", b"OK"]


def test_the_end_tells_each_what_became_of_his_request(certificates):
    async def client(rest, server):
        asked = asyncio.create_task(post(rest))
        await until(lambda: server.count)
        waits = asyncio.create_task(post(rest))
        await asyncio.sleep(0)
        await rest.close()
        with pytest.raises(Unanswered, match="the client is closed"):
            await asked
        for late in (waits, post(rest)):
            with pytest.raises(NotSent, match="the client is closed"):
                await late

    talk(certificates, ([nothing],), client)


def test_an_end_while_it_connects_leaves_nothing_open():
    async def session():
        with socket.create_server(("127.0.0.1", 0)) as silent:
            url = f"https://127.0.0.1:{silent.getsockname()[1]}"
            rest = RestClient(Access(ConnectionConfig()), url, 1)
            asking = asyncio.create_task(post(rest))
            await asyncio.sleep(0.02)
            made, _ = silent.accept()
            await rest.close()
            with pytest.raises(NotSent):
                await asking
            made.settimeout(PLENTY_S)
            while made.recv(4096):  # the handshake's first words, and the end
                pass
            made.close()

    asyncio.run(session())
