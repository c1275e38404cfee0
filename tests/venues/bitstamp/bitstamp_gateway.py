"""Orders at Bitstamp without sockets: the gateway's table and entry, and an exchange of ours."""

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
from pinnacle.venues.bitstamp import VENUE
from pinnacle.venues.bitstamp.config import BitstampOrdersConfig
from pinnacle.venues.bitstamp.exchange.side import BitstampExchange
from pinnacle.venues.bitstamp.orders.entry import BitstampOrders
from pinnacle.venues.orders.ids import ClientIds
from pinnacle.venues.orders.port import Answer, Answered, Call, Desk, Heard, What, When
from pinnacle.venues.orders.records import records
from pinnacle.venues.orders.terms import Terms
from pinnacle.venues.served.exchange_side import Asked
from pinnacle.venues.served.house import Account, Key
from tests.records import event, run

PAIRS = {"btcusd": ("BTC", "USD"), "ethusd": ("ETH", "USD")}
NAMES = list(PAIRS)
INSTRUMENTS = from_config(
    [InstrumentConfig(symbol=name, tick_size="0.01", lot_size="0.00000001") for name in NAMES],
    {"bitstamp": Venue.BITSTAMP},
)
ROWS = table(INSTRUMENTS)
TERMS = [Terms(row, name, *PAIRS[name]) for row, name in zip(ROWS, NAMES, strict=True)]
SECOND, T0 = 10**9, 1_790_000_000 * 10**9
KEY = BitstampExchange.new_key()
HOST = "www.bitstamp.net"
#: One coin, and a price, in lots and ticks.
COIN, DOLLAR = 10**8, 100
USER, V1 = 1000001, "1900000000000001"
TOKEN = {"token": "the-token", "valid_sec": 60, "user_id": USER}


class Clock:
    """UTC ns; it moves when it is told to."""

    def __init__(self, at_ns: int = T0) -> None:
        self.now = at_ns

    def __call__(self) -> int:
        return self.now


class Gateway:
    """A table, its names and an entry, as the gateway's process has them."""

    def __init__(self, clock=None, foreign="report", **config):
        self.clock = clock or Clock()
        self.table = OrderTable(SECOND, SECOND, 64, misses=1, seen=True)
        rows = {i.instrument_id: row for row, i in enumerate(INSTRUMENTS)}
        self.known = KnownOrders(self.table, ClientIds(7), rows, foreign)
        desk = Desk(ROWS, NAMES, self.known, self.clock, Path())
        self.entry = VENUE.order_entry(
            BitstampOrdersConfig(**config), Credentials(**KEY.given), desk
        )
        assert isinstance(self.entry, BitstampOrders)

    def new(self, order_id=1, side=Side.BID, price=60_000 * DOLLAR, quantity=COIN, row=0, **terms):
        """A NEW that risk has let pass, and its request has left; as a Call."""
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
        call = Call(What.NEW, self.known.of_record(events_pointer(e)[0]), made_ns=self.clock())
        self.entry.request(call)
        return call

    def live(self, order_id=1, venue_id=V1, **terms):
        """The same, acknowledged; the order."""
        call = self.new(order_id, **terms)
        self.deliver(self.entry.answered(call, answer(placed(call.order, venue_id))).reports)
        return self.known.order(order_id)

    def cancelling(self, order):
        """A CANCEL of it, whose request has left."""
        e = event(
            Kind.CANCEL,
            order_id=order.order_id,
            side=order.side,
            instrument_id=INSTRUMENTS[order.row].instrument_id,
            source=Source.RISK,
            recv_ns=self.clock(),
        )
        run(self.table.decided, e)
        call = Call(What.CANCEL, order)
        self.entry.request(call)
        return call

    def deliver(self, reports):
        """Into the log; what the table tells of it: (kind, price, quantity)."""
        for report in reports:
            self.known.called(report.order_id, report.venue_id)
        if not reports:
            return []
        ids = [i.instrument_id for i in INSTRUMENTS]
        rows = records(reports, ids, self.clock(), 257, Venue.BITSTAMP)
        told = run(self.table.decided, rows)
        return [(Kind(e["kind"]).name, int(e["price"]), int(e["quantity"])) for e in told]

    def heard(self, *frames):
        """What frames mean together, delivered."""
        found = [self.entry.heard(frame) for frame in frames]
        for heard in found:
            self.deliver(heard.reports)
        return found[-1]

    def begin(self):
        """The private channels of another connection; what is said."""
        self.entry.answered(Call(What.TOKEN), answer(TOKEN))
        return self.entry.greeting()


class Both(Gateway):
    """The same, and an exchange of ours at the other end of every request and frame."""

    def __init__(self, at_ns=T0):
        super().__init__(Clock(at_ns))
        traders = with_traders(ExchangeConfig(kind="simulated"), INSTRUMENTS, PAIRS)
        market = Market(market_params(traders, INSTRUMENTS), seed=1, start_ns=at_ns - SECOND // 20)
        account = Account("trader")
        for name in ("USD", "BTC", "ETH"):
            account.total[name] = Decimal(10**9)
        rules = [Rules(300_000, 400_000, 1000, Decimal(10))] * 2
        self.events = deque()
        keys = [Key(KEY.name, KEY.kept, account)]
        self.house = MatchingHouse(market, TERMS, rules, keys, self.events.append, self.clock)
        self.house.advance()
        self.house.public.clear()
        rows = {name: ROWS[n : n + 1] for n, name in enumerate(NAMES)}
        self.side = BitstampExchange(self.house, rows)
        self.house.name_of = self.side.order_id
        self.account = account
        self.told = []
        self.open()

    def open(self):
        """Another connection; what it begins with is heard."""
        for call in self.entry.needs():
            self.ask(call)
        self.client = self.side.open("/", {})
        self.ready = False
        for text in self.entry.greeting():
            for frame in self.client.answer(text.encode()):
                heard = self.entry.heard(frame)
                self.ready = self.ready or heard.ready
                self.take(heard)

    def rest(self, request, host=HOST):
        headers = {name.lower(): value for name, value in request.headers.items()}
        reply = self.side.rest(
            Asked(request.method, request.target, headers | {"host": host}, request.body)
        )
        return Answer(reply.status, {k.lower(): v for k, v in reply.headers.items()}, reply.body)

    def ask(self, call):
        """Through request and answer, and all that follows from it."""
        if self.entry.when(call) is not When.NOW:
            return
        self.take(self.entry.answered(call, self.rest(self.entry.request(call))))

    def take(self, found: Answered | Heard):
        """What was answered or heard; what has to be asked for it is asked."""
        if isinstance(found, Answered):
            assert not found.fault and not found.again and not found.wait_s, found
            more = [found.more] if found.more else []
        else:
            assert not found.lost, found
            more = list(found.ask)
        assert not found.odd, found
        self.told += [(r.kind.name, r.order_id) for r in found.reports]
        self.deliver(found.reports)
        for call in more:
            self.ask(call)

    def stream(self):
        """What has happened is told on the private channels."""
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


def error(words, code="", status=400, **more):
    """A refusal of an order."""
    body = {"status": "error", "reason": words} | ({"response_code": code} if code else {})
    return answer(body | more, status)


def placed(order, venue_id=V1, **more):
    """The answer to a NEW."""
    body = {
        "id": venue_id,
        "market": "BTC/USD",
        "datetime": "2026-09-21 14:13:20.000000",
        "type": "0",
        "price": "60000.00",
        "amount": "1.00000000",
        "client_order_id": order.client_id,
    }
    return body | more


def status(order, state="Open", remaining="1.00000000", transactions=(), **more):
    """The answer to a QUERY."""
    body = {
        "id": int(order.venue_id or V1),
        "datetime": "2026-09-21 14:13:20.000000",
        "type": "0",
        "status": state,
        "market": "BTC/USD",
        "transactions": list(transactions),
        "amount_remaining": remaining,
        "client_order_id": order.client_id,
    }
    return body | more


def transaction(tid=7, amount="0.40000000", price="60000.00", fee="72.00", **more):
    """Of a state."""
    body = {
        "tid": tid,
        "price": price,
        "btc": amount,
        "usd": "24000.00",
        "fee": fee,
        "datetime": "2026-09-21 14:13:21.500000",
        "type": 2,
    }
    return body | more


def order_frame(
    order, what, left="1.00000000", created="1.00000000", at_us=T0 // 1000, ids=None, **more
):
    """An event of private-my_orders; `ids`: its own and the one before."""
    data = {
        "id": int(order.venue_id or V1),
        "id_str": order.venue_id or V1,
        "order_type": 0 if order.side == Side.BID else 1,
        "order_subtype": 0,
        "datetime": str(at_us // 10**6),
        "microtimestamp": str(at_us),
        "amount": float(left),
        "amount_str": left,
        "amount_traded": "0",
        "amount_at_create": created,
        "price": 60000,
        "price_str": "60000.00",
        "trade_account_id": USER,
        "client_order_id": order.client_id,
    }
    data = {name: value for name, value in (data | more).items() if value is not None}
    chain = {} if ids is None else {"event_id": ids[0], "pre_event_id": ids[1]}
    name = f"private-my_orders_{NAMES[order.row]}-{USER}"
    head = {"channel": name, "event": what, "order_source": "orderbook"}
    return json.dumps({"data": data} | head | chain).encode()


def trade_frame(order, tid=7, amount="0.40000000", price="60000.00", fee="72.00", **more):
    """A trade of private-my_trades; it does not name the order as we do."""
    data = {
        "id": tid,
        "amount": amount,
        "price": price,
        "microtimestamp": str(T0 // 1000),
        "fee": fee,
        "order_id": int(order.venue_id or V1),
        "side": "buy" if order.side == Side.BID else "sell",
        "trade_account_id": USER,
    }
    data = {name: value for name, value in (data | more).items() if value is not None}
    name = f"private-my_trades_{NAMES[order.row]}-{USER}"
    return json.dumps({"data": data, "channel": name, "event": "trade"}).encode()
