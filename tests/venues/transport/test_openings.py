"""What becomes of a connection that cannot be opened, by each library that speaks WebSocket."""

import asyncio
import contextlib

import pytest

from pinnacle.venues.transport.access import Access
from pinnacle.venues.transport.config import ConnectionConfig
from pinnacle.venues.transport.fetching import get
from pinnacle.venues.transport.port import SocketError, connect_by


@pytest.mark.parametrize("speaks_tls", [False, True])
@pytest.mark.parametrize("what", ["stream", "request"])
def test_an_opening_that_is_broken_off_leaves_no_connection(transport, what, speaks_tls):
    """Neither in the handshake of TLS nor behind it."""
    ends = []

    async def silent(reader, writer):
        await reader.read(1)
        ends.append("met")
        with contextlib.suppress(OSError):
            while await reader.read(1000):
                pass
        ends.append("gone")
        writer.close()

    async def run():
        server = await asyncio.start_server(silent, "127.0.0.1", 0)
        where = f"{'s' * speaks_tls}://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        access = Access(ConnectionConfig(transport=transport))
        if what == "stream":
            opening = asyncio.create_task(connect_by(transport)(f"ws{where}", access))
        else:
            opening = asyncio.create_task(get(access, f"http{where}", {}, 20))
        async with asyncio.timeout(20):
            while ends != ["met"]:
                await asyncio.sleep(0.005)
            opening.cancel()
            await asyncio.gather(opening, return_exceptions=True)
            while ends != ["met", "gone"]:
                await asyncio.sleep(0.005)
        server.close()

    asyncio.run(run())


def refusal(transport, answer):
    """What becomes of a handshake that is answered so."""

    async def refuse(reader, writer):
        await reader.readuntil(b"\r\n\r\n")
        writer.write(answer + b"Content-Length: 0\r\n\r\n")
        writer.close()

    async def run():
        server = await asyncio.start_server(refuse, "127.0.0.1", 0)
        url = f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        with pytest.raises(SocketError) as caught:
            await connect_by(transport)(url, Access(ConnectionConfig(transport=transport)))
        server.close()
        return caught.value

    return asyncio.run(run())


@pytest.mark.parametrize("waits", [b"Retry-After: 7\r\n", b"Retry-After: 0\r\nRetry-After: 7\r\n"])
def test_a_refusal_says_its_status_and_its_wait(transport, waits):
    refused = refusal(transport, b"HTTP/1.1 503 No\r\n" + waits)
    assert "503" in str(refused) and refused.retry_after_s == 7


@pytest.mark.parametrize(
    "elsewhere", ["/maintenance/", "wss://localhost:1/x", "ws://127.0.0.1:1/x", "http://[::1"]
)
def test_a_redirect_is_told_and_not_followed(transport, elsewhere):
    answer = f"HTTP/1.1 302 Found\r\nLocation: {elsewhere}\r\n".encode()
    told = str(refusal(transport, answer))
    assert "302" in told and elsewhere in told and "not followed" in told


@pytest.mark.parametrize("answer", [b"", b"220 mail\r\n\r\n", b"HTTP/1.1 200 OK\r\n\r\n"])
def test_a_server_that_speaks_something_else_is_refused(transport, answer):
    async def other(reader, writer):
        await reader.readuntil(b"\r\n\r\n")
        writer.write(answer)
        writer.close()

    async def run():
        server = await asyncio.start_server(other, "127.0.0.1", 0)
        url = f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        async with asyncio.timeout(20):
            with pytest.raises((SocketError, OSError)):
                await connect_by(transport)(url, Access(ConnectionConfig(transport=transport)))
        server.close()

    asyncio.run(run())
