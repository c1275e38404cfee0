"""Orders at Coinbase without sockets: the gateway's table and entry, and an exchange of ours."""

import json
from collections import deque
from decimal import Decimal
from pathlib import Path

from pinnacle.core.config import InstrumentConfig
from pinnacle.core.credentials import Credentials
from pinnacle.core.instruments import from_config, table
from pinnacle.core.schema import (
    Flag,
    Kind,
    OrderType,
    Side,
    Source,
    TimeInForce,
    Venue,
    events_pointer,
)
from pinnacle.exchange.config import ExchangeConfig, market_params
from pinnacle.exchange.network.config import with_traders
from pinnacle.exchange.network.house import MatchingHouse, Rules
from pinnacle.execution.orders import OrderTable
from pinnacle.gateway.known import KnownOrders
from pinnacle.sim.market import Market
from pinnacle.venues.coinbase.config import CoinbaseOrdersConfig
from pinnacle.venues.coinbase.exchange.side import CoinbaseExchange
from pinnacle.venues.coinbase.orders.entry import CoinbaseOrders
from pinnacle.venues.orders.ids import ClientIds
from pinnacle.venues.orders.port import Answer, Answered, Call, Desk, Heard, What, When
from pinnacle.venues.orders.records import records
from pinnacle.venues.orders.terms import Terms
from pinnacle.venues.served.exchange_side import Asked
from pinnacle.venues.served.house import Account, Key
from tests.records import event, run

NAMES = ["BTC-USD", "ETH-USD"]
INSTRUMENTS = from_config(
    [InstrumentConfig(symbol=name, tick_size="0.01", lot_size="0.00000001") for name in NAMES],
    {"coinbase": Venue.COINBASE},
)
ROWS = table(INSTRUMENTS)
TERMS = [Terms(row, name, *name.split("-")) for row, name in zip(ROWS, NAMES, strict=True)]
SECOND, T0 = 10**9, 1_790_000_000 * 10**9
KEY = CoinbaseExchange.new_key()
#: One coin, and a price, in lots and ticks.
COIN, DOLLAR = 10**8, 100


class Clock:
    """UTC ns; it moves when it is told to."""

    def __init__(self, at_ns: int = T0) -> None:
        self.now = at_ns

    def __call__(self) -> int:
        return self.now


class Gateway:
    """A table, its names and an entry, as the gateway's process has them."""

    def __init__(self, clock=None, misses=1, **config):
        self.clock = clock or Clock()
        self.table = OrderTable(SECOND, SECOND, 64, misses=misses, seen=True)
        rows = {i.instrument_id: row for row, i in enumerate(INSTRUMENTS)}
        self.known = KnownOrders(self.table, ClientIds(7), rows, "report")
        desk = Desk(ROWS, NAMES, self.known, self.clock, Path())
        config = CoinbaseOrdersConfig(**{"rest_url": "https://api.coinbase.com"} | config)
        self.entry = CoinbaseOrders(config, Credentials(**KEY.given), desk)

    def new(self, order_id=1, side=Side.BID, price=60_000 * DOLLAR, quantity=COIN, row=0, **terms):
        """A NEW that risk has let pass, as a Call."""
        kind = OrderType.MARKET if terms.get("is_market") else OrderType.LIMIT
        tif = terms.get("time_in_force", TimeInForce.GTC)
        e = event(
            Kind.NEW,
            order_id=order_id,
            side=side,
            price=price,
            quantity=quantity,
            instrument_id=INSTRUMENTS[row].instrument_id,
            aux=tif | kind << 8,
            flags=Flag.POST_ONLY if terms.get("post_only") else 0,
            source=Source.RISK,
            recv_ns=self.clock(),
        )
        run(self.table.decided, e)
        return Call(
            What.NEW,
            self.known.of_record(events_pointer(e)[0]),
            made_ns=self.clock(),
        )

    def live(self, order_id=1, venue_id="v-1", **terms):
        """The same, acknowledged; the order."""
        call = self.new(order_id, **terms)
        body = {"success": True, "success_response": {"order_id": venue_id}}
        self.deliver(self.entry.answered(call, answer(body)).reports)
        return self.known.order(order_id)

    def replace(self, order, price, quantity):
        """A REPLACE that risk has let pass, and its request has left."""
        e = event(
            Kind.REPLACE,
            order_id=order.order_id,
            side=order.side,
            price=price,
            quantity=quantity,
            instrument_id=INSTRUMENTS[order.row].instrument_id,
            source=Source.RISK,
            recv_ns=self.clock(),
        )
        run(self.table.decided, e)
        call = Call(What.REPLACE, order, price, quantity)
        self.entry.request(call)
        return call

    def deliver(self, reports):
        """Into the log; what the table tells of it: (kind, price, quantity)."""
        for report in reports:
            self.known.called(report.order_id, report.venue_id)
        if not reports:
            return []
        ids = [i.instrument_id for i in INSTRUMENTS]
        rows = records(reports, ids, self.clock(), 257, Venue.COINBASE)
        told = run(self.table.decided, rows)
        return [(Kind(e["kind"]).name, int(e["price"]), int(e["quantity"])) for e in told]

    def heard(self, *frames):
        """What frames mean together, delivered."""
        found = [self.entry.heard(frame) for frame in frames]
        for heard in found:
            self.deliver(heard.reports)
        return found[-1]


class Both(Gateway):
    """The same, and an exchange of ours at the other end of every request and frame."""

    def __init__(self, at_ns=T0):
        super().__init__(Clock(at_ns))
        traders = with_traders(
            ExchangeConfig(kind="simulated"), INSTRUMENTS, {n: tuple(n.split("-")) for n in NAMES}
        )
        market = Market(market_params(traders, INSTRUMENTS), seed=1, start_ns=at_ns - SECOND // 20)
        account = Account("trader")
        for name in ("USD", "BTC", "ETH"):
            account.total[name] = Decimal(10**9)
        rules = [Rules(600_000, 1_200_000, 1000, Decimal(1))] * 2
        self.events = deque()
        keys = [Key(KEY.name, KEY.kept, account)]
        self.house = MatchingHouse(market, TERMS, rules, keys, self.events.append, self.clock)
        self.house.advance()
        self.house.public.clear()
        rows = {name: ROWS[n : n + 1] for n, name in enumerate(NAMES)}
        self.side = CoinbaseExchange(self.house, rows)
        self.house.name_of = self.side.order_id
        self.account = account
        self.told = []
        self.open()

    def open(self):
        """Another connection of the user channel; what it begins with is heard."""
        self.client = self.side.open("/", {})
        for text in self.entry.greeting():
            for frame in self.client.answer(text.encode()):
                self.take(self.entry.heard(frame))

    def rest(self, request, host="api.coinbase.com"):
        headers = {name.lower(): value for name, value in request.headers.items()}
        reply = self.side.rest(
            Asked(request.method, request.target, headers | {"host": host}, request.body)
        )
        return Answer(reply.status, {k.lower(): v for k, v in reply.headers.items()}, reply.body)

    def ask(self, call):
        """Through request and answer, and all that follows from it."""
        assert self.entry.when(call) is When.NOW
        self.take(self.entry.answered(call, self.rest(self.entry.request(call))))

    def take(self, found: Answered | Heard):
        """What was answered or heard; what has to be asked for it is asked."""
        if isinstance(found, Answered):
            assert not found.fault and not found.again, found
            more = [found.more] if found.more else []
        else:
            assert not found.lost, found
            more = list(found.ask)
        self.told += [(r.kind.name, r.order_id) for r in found.reports]
        self.deliver(found.reports)
        for call in more:
            self.ask(call)

    def stream(self):
        """What has happened is told on the user channel, and what it begins with."""
        while self.events:
            for frame in self.client.event(self.events.popleft()):
                self.take(self.entry.heard(frame))

    def best(self, side, row=0):
        return self.house.depth(row, side, 1)[0][0]

    def order(self, order_id=1):
        """The exchange's."""
        name = ClientIds(7).text(order_id)
        return next(o for o in self.house.orders(self.account) if o.client_id == name)


def answer(body, status=200, **headers) -> Answer:
    return Answer(status, headers, body if isinstance(body, bytes) else json.dumps(body).encode())


def shown(order, status="OPEN", filled="0", left="1", **more):
    """An order as the user channel has it."""
    row = {
        "order_id": order.venue_id or "v-1",
        "client_order_id": order.client_id,
        "product_id": NAMES[order.row],
        "order_side": "BUY" if order.side == Side.BID else "SELL",
        "status": status,
        "cumulative_quantity": filled,
        "leaves_quantity": left,
        "limit_price": "60000",
        "time_in_force": "GOOD_UNTIL_CANCELLED",
    }
    return row | more


def frame(*orders, number=0, kind="update", channel="user"):
    events = [{"type": kind, "orders": list(orders)}]
    body = {"channel": channel, "timestamp": "2026-11-27T00:00:00Z", "sequence_num": number}
    return json.dumps(body | {"events": events}).encode()
