"""Requests that must not be made twice: each is known to have left, or not to have.

Connections to one server are kept, and one request at a time is asked on each. Nothing is tried
again here: who asks decides what NotSent and Unanswered mean to him.
"""

import asyncio
from collections.abc import Callable, Mapping
from urllib.parse import urlsplit

import h11

from pinnacle import __version__
from pinnacle.core.clock import monotonic_ns
from pinnacle.venues.transport.access import Access
from pinnacle.venues.transport.answer import Answer as Answer
from pinnacle.venues.transport.answer import NotSent as NotSent
from pinnacle.venues.transport.answer import Unanswered as Unanswered
from pinnacle.venues.transport.connections import Connections

#: Unused for longer, a connection is closed from here, before the server does it under a request.
IDLE_S = 30.0
#: What belongs to the connection, and not to one request.
_OURS = {"host", "connection", "upgrade", "expect", "accept-encoding"}
_OURS |= {"content-length", "transfer-encoding"}
_WITH_LENGTH = frozenset(("POST", "PUT", "PATCH"))


class RestClient:
    """Asks one server, on up to `connections_max` connections.

    access     how it is reached; its patience holds back what is opened beforehand, no request
    base_url   scheme, host and port; ConfigError if there is more, or ca_file cannot be read
    clock      stamps requests and answers, in ns
    idle_s     how long a connection may be unused
    """

    def __init__(
        self,
        access: Access,
        base_url: str,
        connections_max: int,
        *,
        clock: Callable[[], int] = monotonic_ns,
        idle_s: float = IDLE_S,
    ):
        self.connections_max = connections_max
        self._connections = Connections(access, base_url, connections_max, clock, idle_s)
        self._host = urlsplit(base_url).netloc.rpartition("@")[2]

    async def warm(self) -> None:
        """Open all connections, and from now on those again that are lost or too old.

        Returns when each stands or has failed; NotSent says why if none stands.
        """
        await self._connections.warm()

    async def request(
        self,
        method: str,
        target: str,
        headers: Mapping[str, str],
        body: bytes,
        timeout_s: float,
        is_wanted: Callable[[], bool] = lambda: True,
    ) -> Answer:
        """Ask once, and give what is answered, whatever its status.

        target      path and query, as they are signed
        headers     but those of the connection itself: Host, Content-Length and their like
        timeout_s   for all of it, the wait for a free connection included
        is_wanted   asked when there is one: what is wanted no more is NotSent

        NotSent, Unanswered: there is no answer. Of a request that is cancelled nobody hears
        whether it has left.
        """
        deadline = asyncio.get_running_loop().time() + timeout_s
        request = self._written(method, target, headers, body)
        connection = await self._connections.take(deadline)
        try:
            if not is_wanted():
                raise NotSent("it was wanted no more when there was a connection")
            return await connection.ask(request, body, deadline)
        finally:
            self._connections.give(connection)

    async def close(self) -> None:
        """Break all off: NotSent for who waits for a connection, Unanswered for an answer."""
        await self._connections.close()

    def _written(
        self, method: str, target: str, headers: Mapping[str, str], body: bytes
    ) -> h11.Request:
        """NotSent if there is no such request, in words that hold nothing of it: keys are in it."""
        given = {name.lower() for name in headers}
        if given & _OURS:
            raise NotSent(f"header {', '.join(sorted(given & _OURS))}: it is the connection's own")
        lines = [("Host", self._host), ("Accept-Encoding", "identity"), *headers.items()]
        if "user-agent" not in given:
            # Some gates turn away who has no name.
            lines.append(("User-Agent", f"pinnacle/{__version__}"))
        if body or method in _WITH_LENGTH:
            lines.append(("Content-Length", str(len(body))))
        try:
            made = h11.Request(method=method, target=target, headers=lines)
        except (h11.LocalProtocolError, UnicodeError):
            made = None
        if made is None or method == "CONNECT":
            raise NotSent("no request of HTTP: its method, target or a header cannot be written")
        return made
