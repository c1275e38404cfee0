"""A client of a troubled exchange: Kraken's words over real sockets, and what came back of them."""

import asyncio
import contextlib
import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

from pinnacle.core.credentials import Credentials
from pinnacle.core.instruments import table
from pinnacle.core.schema import Side
from pinnacle.exchange.network.troubled import TroubledServer
from pinnacle.venues.kraken.orders.entry import KrakenOrders
from pinnacle.venues.orders.ids import ClientIds
from pinnacle.venues.orders.port import Answer, Call, Desk, Order, What
from pinnacle.venues.served.house import HouseOrder
from pinnacle.venues.transport.access import Access
from pinnacle.venues.transport.config import ConnectionConfig
from pinnacle.venues.transport.port import Socket, SocketError, connect_by
from pinnacle.venues.transport.rest import RestClient

IDS = ClientIds(1)
PLENTY_S = 5.0
#: For what must not come.
A_WHILE_S = 0.05


class Draws(random.Random):
    """All that may be done is done, but as `next` says; what takes seconds takes `wait_s`."""

    def __init__(self, wait_s: float = 0.1):
        super().__init__(1)
        self.next: list[float] = []
        self.wait_s = wait_s

    def random(self) -> float:
        return self.next.pop(0) if self.next else 0.0

    def uniform(self, a: float, b: float) -> float:
        return self.wait_s


class Stream:
    """One WebSocket; `frames` are all that came, `lost` that it has ended."""

    def __init__(self, socket: Socket):
        self.frames: list[dict[str, Any]] = []
        self.lost = False
        self._socket = socket
        self._reading = asyncio.create_task(self._read())

    async def _read(self) -> None:
        try:
            while True:
                self.frames += [json.loads(frame) for frame in await self._socket.frames()]
        except SocketError:
            self.lost = True

    async def say(self, text: str) -> None:
        self._socket.say(text)

    async def answered(self) -> None:
        """Until all that was said before this is answered, as far as it will be."""
        before = self.methods().count("pong")
        await self.say('{"method":"ping"}')
        await until(lambda: self.methods().count("pong") > before)

    def methods(self) -> list[str]:
        """Of the answers."""
        return [frame["method"] for frame in self.frames if "method" in frame]

    def rows(self) -> list[dict[str, Any]]:
        """Of the executions, behind the snapshot."""
        updates = [f for f in self.frames if f.get("channel") == "executions"]
        return [row for f in updates if f["type"] == "update" for row in f["data"]]

    def story(self) -> list[str]:
        """What came, in order: answers by their method, executions by their type."""
        found = []
        for frame in self.frames:
            if frame.get("channel") == "executions" and frame["type"] == "update":
                found += [row["exec_type"] for row in frame["data"]]
            elif "method" in frame and frame["method"] not in ("pong", "subscribe"):
                found.append(frame["method"])
        return found

    async def close(self) -> None:
        self._reading.cancel()
        await asyncio.gather(self._reading, return_exceptions=True)
        await self._socket.close()


class Client:
    """Its entry signs, and nothing is made of the answers."""

    def __init__(self, server: TroubledServer, exchange: Any, folder: Path):
        (key,) = exchange.open_keys
        rows = table(exchange.instruments)
        names = [terms.name for terms in exchange.terms]
        desk = Desk(rows, names, None, exchange.house.true_ns, folder)  # it knows no orders
        self.entry = KrakenOrders(Credentials(**key.fields), desk)
        self.server, self.house, self.account = server, exchange.house, exchange.account
        host = server.addresses["rest_url"]
        self._access = Access(ConnectionConfig(ca_file=str(exchange.ca_file)))
        self._rest = RestClient(self._access, host, 1)
        self._ws_url = server.addresses["ws_url"]
        self._sockets: list[Stream] = []
        self._numbers = 0

    async def stream(self) -> Stream:
        """One more private one, subscribed."""
        answer = await self.ask(Call(What.TOKEN))
        self.entry.answered(Call(What.TOKEN), answer)
        (greeting,) = self.entry.greeting()
        found = await self.socket(greeting)
        await until(lambda: any(f.get("type") == "snapshot" for f in found.frames))
        return found

    async def socket(self, greeting: str) -> Stream:
        """One more; SocketError if none is taken."""
        socket = await connect_by("websockets")(self._ws_url, self._access)
        found = Stream(socket)
        self._sockets.append(found)
        await found.say(greeting)
        return found

    async def market(self) -> Stream:
        """One that follows a book."""
        params = {"channel": "book", "symbol": ["BTC/USD"], "depth": 100}
        found = await self.socket(json.dumps({"method": "subscribe", "params": params}))
        await until(lambda: any(f.get("channel") == "book" for f in found.frames))
        return found

    async def ask(self, call: Call) -> Answer:
        """By REST; NotSent, Unanswered."""
        request = self.entry.request(call)
        got = await self._rest.request(
            request.method, request.target, request.headers, request.body, PLENTY_S
        )
        return Answer(
            got.status, {n.lower().decode(): v.decode() for n, v in got.headers}, got.body
        )

    async def result(self, call: Call) -> Any:
        """The same, without an error."""
        said = json.loads((await self.ask(call)).body)
        assert said["error"] == []
        return said["result"]

    async def error(self, call: Call) -> str:
        """The same, with one."""
        (words,) = json.loads((await self.ask(call)).body)["error"]
        return words

    async def say(self, stream: Stream, call: Call) -> None:
        """On a socket."""
        self._numbers += 1
        await stream.say(self.entry.frame(call, self._numbers))

    def new(self, order_id: int = 1, behind: int = -1, quantity: int = 100) -> Call:
        """A bid so many ticks behind the best one: a little before it, or far enough to take."""
        best = self.house.depth(0, Side.BID, 1)[0][0]
        order = Order(order_id, 0, Side.BID, best - behind, quantity, IDS.text(order_id))
        return Call(What.NEW, order)

    def cancel(self, order: HouseOrder) -> Call:
        return Call(What.CANCEL, self._named(order))

    def query(self, order: HouseOrder) -> Call:
        return Call(What.QUERY, self._named(order))

    def _named(self, order: HouseOrder) -> Order:
        price, lots = order.price, order.quantity
        return Order(1, 0, order.side, price, lots, order.client_id, order.venue_id)

    async def placed(self, order_id: int = 1, **terms: int) -> HouseOrder:
        """One that rests."""
        (venue_id,) = (await self.result(self.new(order_id, **terms)))["txid"]
        return next(order for order in self.live() if order.venue_id == venue_id)

    def live(self) -> list[HouseOrder]:
        """The truth."""
        return list(self.house.live(self.account))

    async def close(self) -> None:
        for stream in self._sockets:
            await stream.close()
        await self._rest.close()
        self.entry.close()


@contextlib.asynccontextmanager
async def at_work(exchange: Any, folder: Path, plan=()):
    """A client of the exchange while its server runs."""
    exchange.random = Draws()
    server = TroubledServer(exchange, plan)
    await server.open()
    running = asyncio.create_task(server.run())
    client = Client(server, exchange, folder)
    try:
        yield client
        assert not running.done(), running
    finally:
        await client.close()
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        await server.close()


async def until(is_so: Callable[[], object]) -> None:
    """Until something is so; TimeoutError if that never happens."""
    async with asyncio.timeout(PLENTY_S):
        while not is_so():
            await asyncio.sleep(0.001)
