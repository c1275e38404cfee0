"""A gateway's whole talk with a venue, over the venue's own side and without a socket.

Everything that an entry may ask is asked, orders rest, trade, change and end, and all that came
back is kept: answers with the calls that they answer, frames of the private stream in their order.
What an entry makes of these when they are damaged is what tests ask.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

import msgspec
import numpy as np

from pinnacle.core.config import InstrumentConfig
from pinnacle.core.credentials import Credentials
from pinnacle.core.instruments import from_config, table
from pinnacle.core.schema import EVENT, Flag, Kind, OrderType, Side, TimeInForce, events_pointer
from pinnacle.exchange.config import ExchangeConfig, TradersConfig
from pinnacle.exchange.network.config import HouseConfig, ServedConfig
from pinnacle.exchange.network.making import MadeExchange
from pinnacle.gateway.config import GatewayConfig
from pinnacle.gateway.known import KnownOrders
from pinnacle.gateway.table import make_table
from pinnacle.plan.config import read_session
from pinnacle.rehearsal.places import default_config
from pinnacle.venues.orders.ids import ClientIds
from pinnacle.venues.orders.port import Answer, Call, Desk, Heard, Order, OrderEntry, Report, What
from pinnacle.venues.orders.records import records
from pinnacle.venues.reference.offset import Offset
from pinnacle.venues.registry import find
from pinnacle.venues.served.dialect import Reply
from pinnacle.venues.served.exchange_side import Asked, ExchangeClient, Trouble
from tests.exchange.network.exchanges import STILL

IDS = ClientIds(0x123456789AB)
HOST = "127.0.0.1:1"
_PAYLOADS = (".json", ".jsonl", ".txt")
_SOURCE = 257


class Answered(NamedTuple):
    """An answer to a request, and what was asked."""

    call: Call
    answer: Answer


class Said(NamedTuple):
    """A frame of the private stream; `asked`: what it answers, by its number."""

    frame: bytes
    asked: tuple[Call, int] | None = None


class Remembering(KnownOrders):
    """Orders do not leave: what was said of them can be said again and again."""

    def __init__(self, *given):
        self._seen: dict[int, Order] = {}
        super().__init__(*given)

    def order(self, order_id: int) -> Order | None:
        found = super().order(order_id)
        if found is not None:
            self._seen[order_id] = found
        return self._seen.get(order_id)


class PrivateTalk:
    """One venue's. `answers` and `frames` are what came back, `entry` whom it came to."""

    entry: OrderEntry

    def __init__(self, name: str, folder: Path):
        self.kind = find(name)
        config = read_session(default_config(name))
        self._made = _exchange(name, config.instruments, config.house, folder)
        self.house, self.side = self._made.house, self._made.side
        self._events = []
        self._made.told_to(self._events.append)
        self.table = make_table(GatewayConfig(), live=True)
        self.known = Remembering(self.table, IDS, {0: 0, 1: 1}, "report")
        rows = table(from_config(config.instruments, {self.kind.name: self.kind.venue_id}))
        desk = Desk(rows, self.kind.names(rows), self.known, self.house.now_ns, folder)
        (plan,) = config.venue_plans()
        section = plan.config.orders[name]
        section = msgspec.structs.replace(section, **self.side.addresses(HOST))
        key = Credentials(**self._made.keys["main"].given)
        self.entry = self.kind.order_entry(section, key, desk)
        self.entry.follow(Offset(0, 0))
        self.answers: list[Answered] = []
        self.frames: list[Said] = []
        self._numbers = 0
        self._talk()

    def close(self) -> None:
        """Others may use its key's nonces."""
        self.entry.close()

    # What is made of something that came

    def heard(self, at: int, frame: bytes) -> Heard:
        """Of a frame in the place of the one there, after all those before it; DataError: it cannot
        be read. What it says can be records of the log."""
        self.entry.greeting()
        for said in self.frames[:at]:
            self._expect(said)
            self.entry.heard(said.frame)
        self._expect(self.frames[at])
        found = self.entry.heard(frame)
        self._look(found.reports)
        for _, answered in found.answers:
            self._look(answered.reports)
        for call in found.ask:
            self.entry.when(call)
        return found

    def answered(self, call: Call, answer: Answer):
        """Of an answer; the same of its reports, and what it would have asked next can be asked."""
        found = self.entry.answered(call, answer)
        self._look(found.reports)
        assert isinstance(found.fault, str) and isinstance(found.odd, str)
        assert found.wait_s >= 0
        if found.more is not None:
            self.entry.request(found.more)
        if call.what in (What.NAMES, What.TOKEN):
            # What it has taken from there it works with from now on.
            for each in self.answers:
                if each.call.what is call.what:
                    assert not self.entry.answered(*each).fault
        return found

    def _expect(self, said: Said) -> None:
        if said.asked is not None:
            self.entry.frame(*said.asked)

    def _look(self, reports) -> None:
        records(reports, [0, 1], self.house.now_ns(), _SOURCE, self.kind.venue_id)

    # The talk

    def _talk(self) -> None:
        for call in self.entry.needs():
            self._ask(call)
        self._open()
        rest = [self._new(row, side, 300) for row in (0, 1) for side in (Side.BID, Side.ASK)]
        for order in rest[:3]:
            self._order(What.NEW, order)
        self._ask(Call(What.NEW, rest[3]))
        self._cross(self._new(0, Side.BID, -50, post_only=True))
        self._cross(self._new(0, Side.BID, -50, tif=TimeInForce.IOC))
        self._cross(self._new(0, Side.BID, 300, quantity=1 << 50))
        live = list(self.house.live(self._made.account))
        self.house.hit(live[0], leave=live[0].quantity // 2)
        self._hear()
        first = self._known(rest[0])
        if self.entry.replaces:
            self._order(What.REPLACE, first, price=first.price - 1)
        for what in (What.QUERY, What.CANCEL):
            self._order(what, self._known(rest[1]))
        self.house.hit(live[2])
        self._hear()
        for order in (first, rest[1], rest[2]):
            self._order(What.QUERY, order)
        self._order(What.CANCEL, rest[2])
        self._lists()
        self._refused(self._new(1, Side.ASK, 200))
        self._ask(Call(What.CANCEL_ALL))
        self._lists()

    def _lists(self) -> None:
        asked = [What.OPEN, What.FILLS, What.BALANCES, What.FEES]
        for what in asked + [What.KEEP_ALIVE] * bool(self.entry.keep_alive_s()):
            self._ask(Call(what, since_ns=self.house.now_ns() - 60_000_000_000))

    def _open(self) -> None:
        address = self.side.addresses(HOST)["ws_url"]
        headers = {name.lower(): value for name, value in self.entry.handshake().items()}
        client = self.side.open(urlsplit(address).path or "/", headers)
        assert isinstance(client, ExchangeClient), client
        self._client = client
        self._said(client.hello())
        to_say = list(self.entry.greeting())
        while to_say:
            for heard in self._said(client.answer(to_say.pop(0).encode())):
                to_say += heard.say

    def _said(self, frames, asked=None) -> list[Heard]:
        """Each is kept, and understood."""
        found = []
        for frame in frames:
            if asked is not None:
                self.entry.frame(*asked)
            self.frames.append(Said(frame, asked))
            heard = self.entry.heard(frame)
            for call in heard.ask:
                self._ask(call)
            assert not heard.lost and not heard.odd, (frame, heard)
            self._deliver(heard.reports)
            for _, answered in heard.answers:
                self._deliver(answered.reports)
            found.append(heard)
        return found

    def _hear(self) -> None:
        events, self._events[:] = list(self._events), []
        for event in events:
            self._said(self._client.event(event))

    def _ask(self, call: Call | None) -> None:
        """By REST, and what the answer asks for next."""
        while call is not None:
            reply = self._reply(call)
            found = self.entry.answered(call, reply)
            self.answers.append(Answered(call, reply))
            self._deliver(found.reports)
            self._hear()
            call = found.more

    def _reply(self, call: Call) -> Answer:
        return _answer(self.side.rest(self._asked(call)))

    def _asked(self, call: Call) -> Asked:
        request = self.entry.request(call)
        headers = {name.lower(): value for name, value in request.headers.items()}
        headers |= {"host": HOST}
        return Asked(request.method, request.target, headers, request.body)

    def _order(self, what: What, order: Order, price: int = 0) -> None:
        """On the socket where the venue takes it there, and by REST where it does not."""
        call = Call(what, order, price, order.quantity if price else 0)
        if what not in self.entry.by_socket:
            return self._ask(call)
        self._numbers += 1
        frames = self._client.answer(self.entry.frame(call, self._numbers).encode())
        self._said(frames, (call, self._numbers))
        self._hear()
        return None

    def _cross(self, order: Order) -> None:
        self._order(What.NEW, order)

    def _refused(self, order: Order) -> None:
        """In each way in which the venue may not do what is asked."""
        call = Call(What.NEW, order)
        for trouble in Trouble:
            reply = self.side.troubled(trouble, self._asked(call))
            assert isinstance(reply, Reply)
            self.answers.append(Answered(call, _answer(reply)))
            if What.NEW in self.entry.by_socket:
                self._numbers += 1
                text = self.entry.frame(call, self._numbers).encode()
                frames = self.side.troubled(trouble, text)
                self.frames += [Said(frame, (call, self._numbers)) for frame in frames]

    # Orders, as a gateway has them

    def _new(self, row, side, behind, quantity=0, tif=TimeInForce.GTC, post_only=False) -> Order:
        """So many ticks behind the best price of its side; it is in the table from here on."""
        best = self.house.depth(row, side, 1)[0][0]
        if behind < 0:
            best = self.house.depth(row, Side.ASK if side == Side.BID else Side.BID, 1)[0][0]
        price = best - behind if side == Side.BID else best + behind
        value = self._made.terms[row].tick.size * self._made.terms[row].lot.size * price
        new = np.zeros(1, EVENT)
        new["kind"], new["order_id"] = Kind.NEW, len(self.table.orders) + self._gone() + 1
        new["instrument_id"], new["side"], new["price"] = row, side, price
        new["quantity"] = quantity or int(100 / value) + 1
        new["aux"] = tif | OrderType.LIMIT << 8
        new["flags"] = Flag.POST_ONLY if post_only else 0
        new["recv_ns"] = self.house.now_ns()
        self._decide(new)
        self.known.order(int(new["order_id"][0]))
        return self.known.of_record(events_pointer(new)[0])

    def _gone(self) -> int:
        return sum(1 for _ in self.table.gone())

    def _known(self, order: Order) -> Order:
        """By all its names."""
        return self.known.order(order.order_id) or order

    def _deliver(self, reports: list[Report]) -> None:
        for report in reports:
            self.known.called(report.order_id, report.venue_id)
        self._decide(records(reports, [0, 1], self.house.now_ns(), _SOURCE, self.kind.venue_id))

    def _decide(self, rows: np.ndarray) -> None:
        if len(rows):
            self.table.decide(events_pointer(rows), len(rows))


def _exchange(
    name: str, instruments: list[InstrumentConfig], house: HouseConfig, folder: Path
) -> MadeExchange:
    """In whose market nobody does anything but what is asked for."""
    kind = find(name)
    traders = {
        each.symbol: TradersConfig(price="60000" if "BTC" in each.symbol else "2500", **STILL)
        for each in instruments
    }
    config = ServedConfig(
        instruments=instruments, exchange=ExchangeConfig(traders=traders), house=house
    )
    keys = {"main": kind.exchange_side().new_key()}
    made = MadeExchange(kind, config, keys, folder / "certificates", None, 1)
    made.keys = keys
    return made


def _answer(reply: Reply) -> Answer:
    headers = {name.lower(): value for name, value in reply.headers.items()}
    return Answer(reply.status, headers, reply.body)


def payloads(folder: Path, name: str) -> Iterator[bytes]:
    """Every JSON that files of a venue hold: whole files, lines, or what stands behind headings."""
    for path in sorted(folder.rglob("*")):
        where = path.relative_to(folder).as_posix().lower()
        if (
            not path.is_file()
            or name not in where
            or path.suffix not in (".json", ".jsonl", ".txt")
        ):
            continue
        text = path.read_text(encoding="utf-8", errors="replace")
        if path.suffix == ".jsonl":
            yield from (line.encode() for line in text.splitlines() if line)
            continue
        for part in re.split(r"^[<>=] ?|^(?:GET|POST|PUT|DELETE)\n.*\n.*\n", text, flags=re.M):
            if part.strip():
                yield part.strip().encode()
