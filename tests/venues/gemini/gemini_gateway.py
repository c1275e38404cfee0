"""Orders at Gemini without sockets: the gateway's table and entry, and an exchange of ours."""

import base64
import json
from collections import deque
from decimal import Decimal

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
from pinnacle.venues.gemini.exchange.side import GeminiExchange
from pinnacle.venues.gemini.orders.entry import GeminiOrders
from pinnacle.venues.orders.ids import ClientIds
from pinnacle.venues.orders.port import Answer, Answered, Call, Desk, Heard, What, When
from pinnacle.venues.orders.records import records
from pinnacle.venues.orders.terms import Terms
from pinnacle.venues.served.exchange_side import Asked
from pinnacle.venues.served.house import Account, Key
from tests.records import event, run

NAMES = ["BTCUSD", "ETHUSD"]
INSTRUMENTS = from_config(
    [InstrumentConfig(symbol=name, tick_size="0.01", lot_size="0.00000001") for name in NAMES],
    {"gemini": Venue.GEMINI},
)
ROWS = table(INSTRUMENTS)
TERMS = [Terms(row, name, name[:3], "USD") for row, name in zip(ROWS, NAMES, strict=True)]
SECOND, T0 = 10**9, 1_790_000_000 * 10**9
KEY = GeminiExchange.new_key()
#: One coin, and a price, in lots and ticks.
COIN, DOLLAR = 10**8, 100
IDS = ClientIds(7)
MAKER_E8, TAKER_E8 = 200_000, 400_000


class Clock:
    """UTC ns; it moves when it is told to."""

    def __init__(self, at_ns: int = T0) -> None:
        self.now = at_ns

    def __call__(self) -> int:
        return self.now


class Gateway:
    """A table, its names and an entry, as the gateway's process has them."""

    def __init__(self, nonces, clock=None, key=KEY, foreign="report", **config):
        self.clock = clock or Clock()
        self.table = OrderTable(SECOND, SECOND, 64, misses=1, seen=True)
        rows = {i.instrument_id: row for row, i in enumerate(INSTRUMENTS)}
        self.known = KnownOrders(self.table, IDS, rows, foreign)
        desk = Desk(ROWS, NAMES, self.known, self.clock, nonces)
        self.entry = GeminiOrders(Credentials(**key.given), desk, **config)

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
        return Call(What.NEW, self.known.of_record(events_pointer(e)[0]), made_ns=self.clock())

    def live(self, order_id=1, venue_id="101", **terms):
        """The same, acknowledged by an order event; the order."""
        self.heard(order_event(self.new(order_id, **terms).order, "NEW", i=venue_id))
        return self.known.order(order_id)

    def deliver(self, reports):
        """Into the log; what the table tells of it, by kind."""
        for report in reports:
            self.known.called(report.order_id, report.venue_id)
        if not reports:
            return []
        ids = [i.instrument_id for i in INSTRUMENTS]
        rows = records(reports, ids, self.clock(), 257, Venue.GEMINI)
        return [Kind(e["kind"]).name for e in run(self.table.decided, rows)]

    def heard(self, *frames):
        """What frames mean, delivered one by one; the last."""
        for frame in frames:
            found = self.entry.heard(frame)
            self.deliver(found.reports)
        return found

    def answered(self, what, body, order=None, status=200, **call):
        """What an answer by REST means."""
        return self.entry.answered(Call(what, order, **call), answer(body, status))


class Both(Gateway):
    """The same, and an exchange of ours at the other end of every request and frame."""

    def __init__(self, nonces, at_ns=T0, key=KEY, **config):
        super().__init__(nonces, Clock(at_ns), key, **config)
        traders = with_traders(
            ExchangeConfig(kind="simulated"), INSTRUMENTS, {n: (n[:3], "USD") for n in NAMES}
        )
        market = Market(market_params(traders, INSTRUMENTS), seed=1, start_ns=at_ns - SECOND // 20)
        account = Account("trader")
        for name in ("USD", "BTC", "ETH"):
            account.total[name] = Decimal(10**9)
        rules = [Rules(MAKER_E8, TAKER_E8, 1000)] * 2
        self.events = deque()
        keys = [Key(key.name, key.kept, account)]
        self.house = MatchingHouse(market, TERMS, rules, keys, self.events.append, self.clock)
        self.house.advance()
        self.house.public.clear()
        rows = {name: ROWS[n : n + 1] for n, name in enumerate(NAMES)}
        self.side = GeminiExchange(self.house, rows)
        self.house.name_of = self.side.order_id
        self.account = account
        self.told, self.refused = [], []
        self.ready = False
        if key.given["nonce"] == "time-based":
            self.open()

    def open(self):
        """Another WebSocket; what it begins with is heard."""
        self.client = self.side.open("/", lowered(self.entry.handshake()))
        for text in self.entry.greeting():
            self.say(text)

    def say(self, text):
        for frame in self.client.answer(text.encode()):
            self.take(self.entry.heard(frame))

    def rest(self, request):
        asked = Asked(request.method, request.target, lowered(request.headers), request.body)
        reply = self.side.rest(asked)
        return Answer(reply.status, lowered(reply.headers), reply.body)

    def ask(self, call):
        """By the socket where it goes there, else by REST, and all that follows from it."""
        assert self.entry.when(call) is When.NOW
        if call.what in self.entry.by_socket:
            self.say(self.entry.frame(call, len(self.told) + 1))
        else:
            self.by_rest(call)

    def by_rest(self, call):
        self.clock.now += SECOND // 100
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
        self.refused += [r for r in found.reports if r.kind.name.endswith("REJECTED")]
        self.deliver(found.reports)
        for call in more:
            self.ask(call)

    def stream(self):
        """What has happened is told by order events."""
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


def said(request):
    """What a request by REST says, without its nonce."""
    text = base64.b64decode(request.headers["X-GEMINI-PAYLOAD"])
    return {name: value for name, value in json.loads(text).items() if name != "nonce"}


def nonce_of(request):
    """As it was written."""
    text = base64.b64decode(request.headers["X-GEMINI-PAYLOAD"])
    return json.loads(text, parse_float=Decimal)["nonce"]


def answer(body, status=200, **headers) -> Answer:
    return Answer(status, headers, body if isinstance(body, bytes) else json.dumps(body).encode())


def replied(number, status=200, **said) -> bytes:
    """An answer on the socket."""
    return json.dumps({"id": str(number), "status": status} | said).encode()


def order_event(order, state, **more) -> bytes:
    """An order event; None leaves a member out."""
    row = {
        "E": T0 + 1,
        "s": NAMES[order.row],
        "i": order.venue_id or "101",
        "c": order.client_id,
        "S": "BUY" if order.side == Side.BID else "SELL",
        "o": "LIMIT",
        "X": state,
        "p": "60000.00000",
        "q": "1.0000000000",
        "z": "1.0000000000",
        "T": T0,
    }
    shown = {name: value for name, value in (row | more).items() if value is not None}
    return json.dumps(shown).encode()


def status_row(order, **more):
    """An order as REST shows it; None leaves a member out."""
    row = {
        "order_id": order.venue_id or "101",
        "id": order.venue_id or "101",
        "symbol": NAMES[order.row].lower(),
        "exchange": "gemini",
        "avg_execution_price": "0.00",
        "side": "buy" if order.side == Side.BID else "sell",
        "type": "exchange limit",
        "timestamp": str(T0 // SECOND),
        "timestampms": T0 // 10**6,
        "is_live": True,
        "is_cancelled": False,
        "is_hidden": False,
        "was_forced": False,
        "executed_amount": "0",
        "client_order_id": order.client_id,
        "options": [],
        "price": "60000.00",
        "original_amount": "1",
        "remaining_amount": "1",
    }
    return {name: value for name, value in (row | more).items() if value is not None}


def trade_row(order, **more):
    """A trade as REST shows it; None leaves a member out."""
    row = {
        "price": "60000.00",
        "amount": "0.25",
        "timestamp": T0 // SECOND,
        "timestampms": T0 // 10**6,
        "type": "Buy" if order.side == Side.BID else "Sell",
        "aggressor": False,
        "fee_currency": "USD",
        "fee_amount": "30",
        "tid": 555,
        "order_id": order.venue_id or "101",
        "exchange": "gemini",
        "is_auction_fill": False,
    }
    return {name: value for name, value in (row | more).items() if value is not None}
