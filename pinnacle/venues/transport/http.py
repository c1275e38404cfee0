"""HTTP by a venue's access: httpx2 with sockets that are opened as a venue's streams are."""

import asyncio
import ssl
from typing import Any

import httpcore2
import httpx2

from pinnacle.venues.transport.access import Access

#: What a request may fail with beside an OSError.
FAILURES = (
    httpx2.HTTPError,
    httpx2.StreamError,
    httpcore2.NetworkError,
    httpcore2.ProtocolError,
    httpcore2.TimeoutException,
)


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
        body = await answer.aread()
        return httpx2.Response(
            answer.status, headers=answer.headers, stream=httpx2.ByteStream(body)
        )

    async def aclose(self) -> None:
        await self._pool.aclose()


class _Backend(httpcore2.AsyncNetworkBackend):
    def __init__(self, access: Access):
        self._access = access

    async def connect_tcp(
        self, host: str, port: int, timeout: float | None = None, *_: Any, **__: Any
    ) -> httpcore2.AsyncNetworkStream:
        async with asyncio.timeout(timeout):
            dialled = await self._access.dial(host, port)
            return _Stream(*await asyncio.open_connection(sock=dialled))


class _Stream(httpcore2.AsyncNetworkStream):
    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter):
        self._reader = reader
        self._writer = writer

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        async with asyncio.timeout(timeout):
            return await self._reader.read(max_bytes)

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:
        async with asyncio.timeout(timeout):
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
            async with asyncio.timeout(timeout):
                await self._writer.start_tls(ssl_context, server_hostname=server_hostname)
        except BaseException:
            self._writer.transport.abort()
            raise
        return self

    def get_extra_info(self, info: str) -> Any:
        return self._writer.get_extra_info(info)
