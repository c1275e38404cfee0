"""The exchange at work: its market by the clock, requests and sockets by the venue's words."""

import asyncio
import contextlib
import ssl
from collections import deque
from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from pinnacle.exchange.network.house import MatchingHouse
from pinnacle.exchange.network.http import HttpReply, HttpRequest
from pinnacle.exchange.network.sockets import NetworkServer
from pinnacle.exchange.network.websocket import WsConnection, WsHandler
from pinnacle.venues.served.dialect import Client, Entry, Reply
from pinnacle.venues.served.exchange_side import Asked, ExchangeClient, ExchangeSide
from pinnacle.venues.served.house import Event

#: How finely the market moves.
TICK_S = 0.002


class ExchangeServer:
    """One venue. `open`, then `run` until it is cancelled, then `close`.

    events   what the house has told and nobody has heard yet
    """

    def __init__(
        self, side: ExchangeSide, house: MatchingHouse, tls: ssl.SSLContext, port: int = 0
    ):
        self.side, self.house = side, house
        self.events: deque[Event] = deque()
        self.sockets: list[Socket] = []
        self._server = NetworkServer(self, tls, port)
        self._rows = {terms.instrument_id: row for row, terms in enumerate(house.terms)}

    async def open(self) -> None:
        """Listen; OSError if the port is taken."""
        await self._server.open()

    @property
    def addresses(self) -> dict[str, str]:
        """By the keys of the venue's section."""
        return self.side.addresses(self._server.address)

    @property
    def port(self) -> int:
        """Where it listens, once it is open."""
        return int(self._server.address.rpartition(":")[2])

    @property
    def market_addresses(self) -> dict[str, str]:
        """The same of market data."""
        return self.side.market_addresses(self._server.address)

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            self.tick()
            self.house.advance()
            self.flush()
            for entry in self.side.due():
                self.publish(entry)
            await asyncio.sleep(TICK_S)

    def tick(self) -> None:
        """Before the market moves."""

    async def close(self) -> None:
        await self._server.close()

    def flush(self) -> None:
        """What has happened goes out: the market's first, then to each what became of its
        orders."""
        for entry in self._public():
            self.publish(entry)
        while self.events:
            self.tell(self.events.popleft())

    def tell(self, event: Event) -> None:
        """To everybody whose it is."""
        for socket in self.sockets:
            socket.tell(event)

    def shown(self, frame: bytes) -> bytes:
        """What a client gets in the place of one frame of its private stream."""
        return frame

    def publish(self, entry: Entry) -> None:
        """One frame of market data, to who wants it."""
        for socket in self.sockets:
            frame = socket.client.frame_of(entry)
            if frame is not None:
                socket.send(frame)

    def _public(self) -> Iterable[Entry]:
        if not self.house.public:
            return
        records = np.concatenate(self.house.public)
        self.house.public.clear()
        for instrument, row in self._rows.items():
            mine = records[records["instrument_id"] == instrument]
            if len(mine):
                yield from self.side.market(row, mine)

    def said(self, socket: "Socket", text: bytes) -> None:
        """A client says something: it is answered, and then everybody hears what it did."""
        self.house.advance()
        # What it is shown next must follow what it has been shown so far.
        self.flush()
        socket.send_all(socket.client.answer(text))
        self.flush()

    # Who is connected (Handler)

    async def reply(self, request: HttpRequest) -> HttpReply:
        self.house.advance()
        asked = Asked(request.method, request.target, request.headers, request.body)
        reply = http_reply(self.side.rest(asked))
        asyncio.get_running_loop().call_soon(self.flush)
        return reply

    def opened(self, path: str, headers: Mapping[str, str]) -> WsHandler | HttpReply:
        found = self.side.open(path, headers)
        if isinstance(found, Reply):
            return http_reply(found)
        return Socket(self, found)


def http_reply(reply: Reply) -> HttpReply:
    return HttpReply(reply.status, list(reply.headers.items()), reply.body)


class Socket(WsHandler):
    """One WebSocket of a client."""

    def __init__(self, server: ExchangeServer, client: Client):
        self.client = client
        self._server = server
        self._connection: WsConnection | None = None
        #: Of what happens to orders nothing is told any more.
        self.is_ended = False

    def greeting(self, connection: WsConnection) -> Iterable[bytes]:
        self._connection = connection
        self._server.sockets.append(self)
        return self.client.hello()

    def heard(self, text: bytes) -> None:
        self._server.said(self, text)

    def tell(self, event: Event) -> None:
        """What the client hears of something that happened."""
        if isinstance(self.client, ExchangeClient) and not self.is_ended:
            self.send_all([self._server.shown(frame) for frame in self.client.event(event)])

    def end(self) -> None:
        """The private stream is over, and the socket stays."""
        if isinstance(self.client, ExchangeClient) and not self.client.subscribed:
            self.is_ended = True
            self.send_all(self.client.ended())

    def send_all(self, frames: Sequence[bytes]) -> None:
        """In their order; nobody hears them if it is gone."""
        for frame in frames:
            self.send(frame)

    def send(self, frame: bytes) -> None:
        """At once."""
        if self._connection is not None:
            self._connection.send(frame)

    def skip(self) -> None:
        """A message of its private stream is lost."""
        if isinstance(self.client, ExchangeClient):
            self.client.skip()

    def abort(self) -> None:
        """Without a word."""
        if self._connection is not None:
            self._connection.abort()

    def closed(self) -> None:
        self._connection = None
        with contextlib.suppress(ValueError):
            self._server.sockets.remove(self)
