"""Orders at a venue without sockets: the gateway's table and entry, and an exchange of ours."""

import json
from collections import deque
from decimal import Decimal
from pathlib import Path

from pinnacle.core.config import InstrumentConfig
from pinnacle.core.instruments import from_config, table
from pinnacle.core.schema import Flag, Kind, OrderType, Side, Source, TimeInForce, events_pointer
from pinnacle.exchange.config import ExchangeConfig, market_params
from pinnacle.exchange.network.config import with_traders
from pinnacle.exchange.network.house import MatchingHouse
from pinnacle.execution.orders import OrderTable
from pinnacle.gateway.known import KnownOrders
from pinnacle.sim.market import Market
from pinnacle.venues.orders.ids import ClientIds
from pinnacle.venues.orders.port import Answer, Answered, Call, Desk, Heard, What
from pinnacle.venues.orders.records import records
from pinnacle.venues.orders.terms import Terms
from pinnacle.venues.served.exchange_side import Asked
from pinnacle.venues.served.house import Account, Key
from tests.records import event, run

SECOND, T0 = 10**9, 1_790_000_000 * 10**9
#: One coin, and a price, in lots and ticks.
COIN, DOLLAR = 10**8, 100
IDS = ClientIds(7)


class Clock:
    """UTC ns; it moves when it is told to."""

    def __init__(self, at_ns: int = T0) -> None:
        self.now = at_ns

    def __call__(self) -> int:
        return self.now


class Traded:
    """What is traded at a venue. `pairs`: currencies by the name of an instrument."""

    def __init__(self, venue, pairs):
        self.venue, self.pairs, self.names = venue, pairs, list(pairs)
        self.configs = [
            InstrumentConfig(symbol=name, tick_size="0.01", lot_size="0.00000001") for name in pairs
        ]
        self.instruments = from_config(self.configs, {venue.name.lower(): venue})
        self.rows = table(self.instruments)
        named = zip(self.rows, pairs.items(), strict=True)
        self.terms = [Terms(row, name, *pair) for row, (name, pair) in named]


class Gateway:
    """A table, its names and an entry, as the gateway's process has them.

    Who is one says what is TRADED, and makes `entry` for the desk.
    """

    TRADED: Traded

    def __init__(self, clock=None, foreign="report", misses=1, nonces=Path()):
        traded, self.clock = self.TRADED, clock or Clock()
        self.table = OrderTable(SECOND, SECOND, 64, misses=misses, seen=True)
        rows = {i.instrument_id: row for row, i in enumerate(traded.instruments)}
        self.known = KnownOrders(self.table, IDS, rows, foreign)
        self.desk = Desk(traded.rows, traded.names, self.known, self.clock, nonces)

    def passed(self, kind, order_id, row, **fields):
        """A record that risk has let pass."""
        e = event(
            kind,
            order_id=order_id,
            instrument_id=self.TRADED.instruments[row].instrument_id,
            source=Source.RISK,
            recv_ns=self.clock(),
            **fields,
        )
        run(self.table.decided, e)
        return e

    def new(self, order_id=1, side=Side.BID, price=60_000 * DOLLAR, quantity=COIN, row=0, **terms):
        """A NEW that risk has let pass, as a Call."""
        kind = OrderType.MARKET if terms.get("is_market") else OrderType.LIMIT
        e = self.passed(
            Kind.NEW,
            order_id,
            row,
            side=side,
            price=price,
            quantity=quantity,
            aux=terms.get("time_in_force", TimeInForce.GTC) | kind << 8,
            flags=Flag.POST_ONLY if terms.get("post_only") else 0,
        )
        return Call(What.NEW, self.known.of_record(events_pointer(e)[0]), made_ns=self.clock())

    def deliver(self, reports):
        """Into the log; what the table tells of it: (kind, price, quantity)."""
        for report in reports:
            self.known.called(report.order_id, report.venue_id)
        if not reports:
            return []
        ids = [i.instrument_id for i in self.TRADED.instruments]
        rows = records(reports, ids, self.clock(), 257, self.TRADED.venue)
        told = run(self.table.decided, rows)
        return [(Kind(e["kind"]).name, int(e["price"]), int(e["quantity"])) for e in told]

    def heard(self, *frames):
        """What frames mean together, delivered."""
        found = [self.entry.heard(frame) for frame in frames]
        for heard in found:
            self.deliver(heard.reports)
        return found[-1]


class Served:
    """Beside a Gateway: an exchange of ours at the other end of every request and frame."""

    HOST = ""

    def serve(self, side, rules, key):
        """`side`: the venue's ExchangeSide; `rules`: of every instrument."""
        traded, at_ns = self.TRADED, self.clock()
        traders = with_traders(ExchangeConfig(kind="simulated"), traded.instruments, traded.pairs)
        params = market_params(traders, traded.instruments)
        market = Market(params, seed=1, start_ns=at_ns - SECOND // 20)
        self.account = Account("trader")
        for name in ("USD", "BTC", "ETH"):
            self.account.total[name] = Decimal(10**9)
        self.events, self.told, self.ready = deque(), [], False
        self.house = MatchingHouse(
            market,
            traded.terms,
            [rules] * len(traded.terms),
            [Key(key.name, key.kept, self.account)],
            self.events.append,
            self.clock,
        )
        self.house.advance()
        self.house.public.clear()
        rows = {name: traded.rows[n : n + 1] for n, name in enumerate(traded.names)}
        self.side = side(self.house, rows)
        self.house.name_of = self.side.order_id

    def say(self, text):
        """On the socket; what is answered is heard."""
        for frame in self.client.answer(text.encode()):
            self.take(self.entry.heard(frame))

    def rest(self, request, host=None):
        headers = lowered(request.headers) | {"host": self.HOST if host is None else host}
        asked = Asked(request.method, request.target, headers, request.body)
        reply = self.side.rest(asked)
        return Answer(reply.status, lowered(reply.headers), reply.body)

    def by_rest(self, call):
        """Through request and answer, and all that follows from it."""
        self.take(self.entry.answered(call, self.rest(self.entry.request(call))))

    def take(self, found: Answered | Heard):
        """What was answered or heard; what has to be asked for it is asked."""
        if isinstance(found, Answered):
            assert not found.fault and not found.again and not found.wait_s, found
            more = [found.more] if found.more else []
        else:
            assert not found.lost, found
            self.ready = self.ready or found.ready
            more = list(found.ask)
            for _, answered in found.answers:
                self.take(answered)
        self.told += [(r.kind.name, r.order_id) for r in found.reports]
        self.deliver(found.reports)
        for call in more:
            self.ask(call)

    def stream(self):
        """What has happened is told on the private stream."""
        while self.events:
            for frame in self.client.event(self.events.popleft()):
                self.take(self.entry.heard(frame))

    def kinds(self):
        """What the gateway was told since it was asked last."""
        found, self.told = self.told, []
        return [kind for kind, _ in found]

    def best(self, side, row=0):
        return self.house.depth(row, side, 1)[0][0]

    def order(self, order_id=1):
        """The exchange's."""
        name = IDS.text(order_id)
        return next(o for o in self.house.orders(self.account) if o.client_id == name)


def lowered(headers):
    return {name.lower(): value for name, value in headers.items()}


def answer(body, status=200, **headers) -> Answer:
    return Answer(status, headers, body if isinstance(body, bytes) else json.dumps(body).encode())
