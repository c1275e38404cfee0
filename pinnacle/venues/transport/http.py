"""HTTP by a venue's access: httpx2 with sockets that are opened as a venue's streams are.

Times are the caller's, one for a request as a whole: what is sent a byte now and then ends none
of the library's.
"""

import asyncio
import ssl
from typing import Any

import httpcore2
import httpx2

from pinnacle.venues.transport.access import Access

#: Above any list of a venue's; without a bound a broken one could fill memory.
BODY_BYTES_MAX = 64 * 1024 * 1024
#: What is told of a refusal.
WORDS_BYTES = 200
_PACKED = b"content-encoding"


class AccessTransport(httpx2.AsyncBaseTransport):
    """For requests to one URL's server."""

    def __init__(self, access: Access, url: str):
        self._pool = httpcore2.AsyncConnectionPool(
            ssl_context=access.tls(url), network_backend=_Backend(access)
        )

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        url = request.url
        answer = await self._pool.handle_async_request(
            httpcore2.Request(
                request.method,
                httpcore2.URL(
                    scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path
                ),
                headers=request.headers.raw,
                extensions=request.extensions,
            )
        )
        try:
            body = await _body(answer)
        finally:
            await answer.aclose()
        headers = [line for line in answer.headers if line[0].lower() != _PACKED]
        return httpx2.Response(answer.status, headers=headers, stream=httpx2.ByteStream(body))

    async def aclose(self) -> None:
        await self._pool.aclose()


async def _body(answer: httpcore2.Response) -> bytes:
    """All of it; of a refusal, whose headers count, what is told of its words."""
    packed = any(
        key.lower() == _PACKED and value.lower() != b"identity" for key, value in answer.headers
    )
    if packed and answer.status != 200:
        return b""
    if packed:
        raise OSError("the answer is packed, which was not asked for")
    body = bytearray()
    async for part in answer.aiter_stream():
        body += part
        if answer.status != 200 and len(body) >= WORDS_BYTES:
            break
        if len(body) > BODY_BYTES_MAX:
            raise OSError(f"the answer exceeds {BODY_BYTES_MAX} bytes")
    return bytes(body)


class _Backend(httpcore2.AsyncNetworkBackend):
    def __init__(self, access: Access):
        self._access = access

    async def connect_tcp(
        self, host: str, port: int, timeout: float | None = None, *_: Any, **__: Any
    ) -> httpcore2.AsyncNetworkStream:
        dialled = await self._access.dial(host, port)
        return _Stream(*await asyncio.open_connection(sock=dialled))


class _Stream(httpcore2.AsyncNetworkStream):
    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter):
        self._reader = reader
        self._writer = writer

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return await self._reader.read(max_bytes)

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._writer.write(buffer)
        await self._writer.drain()

    async def aclose(self) -> None:
        # One request a connection: nothing is under way that a goodbye would save.
        self._writer.transport.abort()

    async def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore2.AsyncNetworkStream:
        try:
            await self._writer.start_tls(ssl_context, server_hostname=server_hostname)
        except BaseException:
            self._writer.transport.abort()
            raise
        return self

    def get_extra_info(self, info: str) -> Any:
        return self._writer.get_extra_info(info)
