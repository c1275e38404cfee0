"""A venue that says what a test tells it to, over real sockets, and who has orders there.

Its words are the port's own: an answer is an Answered, a frame a Heard, as JSON. So what is tested
is what the link makes of them, and no venue's protocol.
"""

import asyncio
import contextlib
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence

import msgspec
import numpy as np

from pinnacle.core.schema import EVENT, Kind, Reason, Side, Source, events_pointer
from pinnacle.exchange.network.http import HttpReply, HttpRequest
from pinnacle.exchange.network.sockets import NetworkServer
from pinnacle.exchange.network.websocket import WsConnection
from pinnacle.execution.orders import OrderState
from pinnacle.gateway.config import GatewayConfig
from pinnacle.gateway.known import KnownOrders
from pinnacle.gateway.table import make_table
from pinnacle.venues.orders.ids import ClientIds
from pinnacle.venues.orders.limits import Limits
from pinnacle.venues.orders.link import NetworkLink
from pinnacle.venues.orders.port import (
    Answer,
    Answered,
    Balance,
    Call,
    Heard,
    Order,
    OrderEntry,
    Report,
    Request,
    What,
)
from pinnacle.venues.orders.records import records
from pinnacle.venues.reference.offset import Offset
from pinnacle.venues.transport.config import ConnectionConfig

SECOND = 1_000_000_000
#: Session time at the beginning of a test: a while after anything that could be open began.
NOW_NS = 1_000 * SECOND
SINCE_NS = 400 * SECOND
AGE_MAX_NS = 5 * SECOND
TIMEOUT_S = 3.0
PLENTY_S = 5.0
NEW_ROW = {"side": Side.BID, "price": 100, "quantity": 10}
_encode = msgspec.json.encode


class AskedCall(msgspec.Struct):
    """What the venue sees of a Call. `number`: of one on the socket."""

    what: What
    order_id: int = 0
    page: str = ""
    since_ns: int = 0
    number: int = 0


class PlainOrders(OrderEntry):
    """Orders at that venue: `by_socket`, `keep_s` and what else differs is set by the test."""

    VENUE = "Nowhere"
    replaces = True

    def __init__(self) -> None:
        self.limits = Limits()
        self.keep_s = 0.0
        self.wants: Sequence[Call] = ()
        self.offsets: list[Offset] = []

    def follow(self, offset: Offset) -> None:
        self.offsets.append(offset)

    def needs(self) -> Sequence[Call]:
        return self.wants

    def request(self, call: Call) -> Request:
        return Request("POST", f"/{call.what.name}", {}, _encode(_seen(call)))

    def frame(self, call: Call, number: int) -> str:
        return _encode(_seen(call, number)).decode()

    def answered(self, call: Call, answer: Answer) -> Answered:
        if answer.status != 200:
            return Answered(fault=f"HTTP {answer.status}")
        return msgspec.json.decode(answer.body, type=Answered)

    def greeting(self) -> Sequence[str]:
        return ("hello",)

    def heard(self, frame: bytes) -> Heard:
        return msgspec.json.decode(frame, type=Heard)

    def keep_alive_s(self) -> float:
        return self.keep_s


def _seen(call: Call, number: int = 0) -> AskedCall:
    order_id = 0 if call.order is None else call.order.order_id
    return AskedCall(call.what, order_id, call.page, call.since_ns, number)


class Venue:
    """The server.

    answers   what is answered to a What, in turn, the last one for good; nothing: an empty answer.
              A number is a status of HTTP
    hold      what is asked of these is not answered before they are taken out
    first     what the stream begins with
    asked     all that was asked, in order
    """

    def __init__(self) -> None:
        self.answers: defaultdict[What, list[Answered | int]] = defaultdict(list)
        self.hold: set[What] = set()
        self.first: list[Heard] = [Heard(ready=True)]
        self.asked: list[AskedCall] = []
        self.streams: list[Stream] = []

    def count(self, what: What) -> int:
        """How often that was asked."""
        return sum(asked.what is what for asked in self.asked)

    async def reply(self, request: HttpRequest) -> HttpReply:
        asked = msgspec.json.decode(request.body, type=AskedCall)
        self.asked.append(asked)
        while asked.what in self.hold:
            await asyncio.sleep(0.001)
        answers = self.answers[asked.what]
        found = (answers.pop(0) if len(answers) > 1 else answers[0]) if answers else Answered()
        if isinstance(found, int):
            return HttpReply(found)
        return HttpReply(200, (), _encode(found))

    def opened(self, path: str, headers: Mapping[str, str]) -> "Stream":
        self.streams.append(Stream(self))
        return self.streams[-1]

    def say(self, heard: Heard) -> None:
        """On the stream that stands."""
        connection = self.streams[-1].connection
        assert connection is not None
        connection.send(_encode(heard))


class Stream:
    """One socket of a client."""

    def __init__(self, venue: Venue):
        self._venue = venue
        self.connection: WsConnection | None = None
        self.said: list[bytes] = []

    def greeting(self, connection: WsConnection) -> Iterable[bytes]:
        self.connection = connection
        return ()

    def heard(self, text: bytes) -> None:
        self.said.append(text)
        if text == b"hello":
            for heard in self._venue.first:
                self._venue.say(heard)
        elif text.startswith(b"{"):
            self._venue.asked.append(msgspec.json.decode(text, type=AskedCall))

    def closed(self) -> None:
        self.connection = None


class Desk:
    """Who has the orders (link.py Owner): a gateway's table, and the clock that it looks at.

    told      all that was delivered
    trusts    what it was told of the venue, with the words
    """

    def __init__(self) -> None:
        self.table = make_table(GatewayConfig(), live=True)
        self.known = KnownOrders(self.table, ClientIds(1), {0: 0}, "report")
        self.now_ns = NOW_NS
        self.told: list[Report] = []
        self.trusts: list[tuple[bool, str]] = []
        self.money: list[Balance] = []
        self.nameless: list[int] = []
        self.reason = Reason.NONE

    def kinds(self) -> list[Kind]:
        return [report.kind for report in self.told]

    def new(self, order_id: int = 1) -> Call:
        """One that risk lets pass now."""
        rows = np.zeros(1, EVENT)
        rows["kind"], rows["order_id"], rows["recv_ns"] = Kind.NEW, order_id, self.now_ns
        rows["source"], rows["aux"] = Source.RISK, 0
        for name, value in NEW_ROW.items():
            rows[name] = value
        self._decide(rows)
        return Call(What.NEW, self.known.of_record(events_pointer(rows)[0]), made_ns=self.now_ns)

    def live(self, order_id: int = 1) -> None:
        """One that the venue has."""
        self.new(order_id)
        self.deliver([status(order_id, Kind.ACK)])
        self.told.clear()

    def call(self, what: What, order_id: int = 1) -> Call:
        return Call(what, self.known.order(order_id), 101, 10, made_ns=self.now_ns)

    def _decide(self, rows: np.ndarray) -> None:
        self.table.decide(events_pointer(rows), len(rows))

    # Owner

    def deliver(self, reports: Sequence[Report]) -> None:
        self.told += reports
        for report in reports:
            self.known.called(report.order_id, report.venue_id)
        rows = records(reports, [0], self.now_ns, Source.EXCHANGE, 0)
        if len(rows):
            self._decide(rows)

    def trusted(self, is_so: bool, words: str) -> None:
        self.trusts.append((is_so, words))

    def balances(self, balances: Sequence[Balance]) -> None:
        self.money += balances

    def open_orders(self) -> Mapping[int, int]:
        orders = self.table.orders.values()
        return {o.order_id: o.asked_ns for o in orders if o.state is OrderState.LIVE}

    def unnamed(self) -> Sequence[Order]:
        return [self.known.order(order_id) for order_id in self.nameless]

    def behind(self) -> bool:
        return self.table.behind

    def permit(self) -> Reason:
        return self.reason


def status(order_id: int = 1, kind: Kind = Kind.ORDER_STATUS, **fields: int) -> Report:
    """What the venue says of one that rests."""
    report = Report(kind, order_id, 0, Side.BID, 100, 10, venue_id=f"v-{order_id}")
    return report._replace(**fields)


def fill(order_id: int = 1, number: int = 1, lots: int = 4) -> Report:
    return Report(Kind.FILL, order_id, 0, Side.BID, 100, lots, aux=number)


def total(order_id: int = 1, lots: int = 4) -> Report:
    """So much of it is filled in all, at its price."""
    return Report(Kind.FILLED_TOTAL, order_id, 0, Side.BID, 0, lots, aux=lots * 100)


class Session:
    """A venue, a desk, and the link between them while it runs."""

    def __init__(self, ca_file: str, server: NetworkServer, venue: Venue, **terms: float):
        self.venue, self.desk, self.entry = venue, Desk(), PlainOrders()
        desk = self.desk
        config = ConnectionConfig(ca_file=ca_file, backoff_min_ms=1, backoff_max_ms=2)
        self._make: Callable[[], NetworkLink] = lambda: NetworkLink(
            self.entry,
            f"wss://{server.address}/",
            f"https://{server.address}",
            config,
            desk,
            desk.known,
            lambda: desk.now_ns,
            SINCE_NS,
            AGE_MAX_NS,
            TIMEOUT_S,
            **terms,
        )

    @contextlib.asynccontextmanager
    async def running(self, clocked: bool = True):
        """The link at work."""
        self.link = self._make()
        self.running_task = running = asyncio.create_task(self.link.run())
        if clocked:
            self.link.clocked(Offset(0, 0))
        try:
            yield self.link
            assert self.running_task is None or not running.done(), running
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)

    async def trusted(self) -> None:
        """Until the venue is, for the first time."""
        await until(lambda: self.desk.trusts)
        assert self.desk.trusts[0] == (True, "")


async def until(is_so: Callable[[], object]) -> None:
    """Until something is so; TimeoutError if that never happens."""
    async with asyncio.timeout(PLENTY_S):
        while not is_so():
            await asyncio.sleep(0.001)
