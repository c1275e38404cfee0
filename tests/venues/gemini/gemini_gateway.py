"""Orders at Gemini without sockets: the gateway's table and entry, and an exchange of ours."""

import base64
import json
from decimal import Decimal

from pinnacle.core.credentials import Credentials
from pinnacle.core.schema import Side, Venue
from pinnacle.exchange.network.house import Rules
from pinnacle.venues.gemini.exchange.side import GeminiExchange
from pinnacle.venues.gemini.orders.entry import GeminiOrders
from pinnacle.venues.orders.port import Call, When
from tests.venues.orders import traded
from tests.venues.orders.traded import SECOND, T0, Clock, Served, Traded, answer, lowered

TRADED = Traded(Venue.GEMINI, {"BTCUSD": ("BTC", "USD"), "ETHUSD": ("ETH", "USD")})
KEY = GeminiExchange.new_key()
MAKER_E8, TAKER_E8 = 200_000, 400_000


class Gateway(traded.Gateway):
    TRADED = TRADED

    def __init__(self, nonces, clock=None, key=KEY, foreign="report", **config):
        super().__init__(clock, foreign, nonces=nonces)
        self.entry = GeminiOrders(Credentials(**key.given), self.desk, **config)

    def live(self, order_id=1, venue_id="101", **terms):
        """A NEW that is acknowledged by an order event; the order."""
        self.heard(order_event(self.new(order_id, **terms).order, "NEW", i=venue_id))
        return self.known.order(order_id)

    def deliver(self, reports):
        """Into the log; what the table tells of it, by kind."""
        return [kind for kind, *_ in super().deliver(reports)]

    def heard(self, *frames):
        """What frames mean, delivered one by one; the last."""
        for frame in frames:
            found = super().heard(frame)
        return found

    def answered(self, what, body, order=None, status=200, **call):
        """What an answer by REST means."""
        return self.entry.answered(Call(what, order, **call), answer(body, status))


class Both(Served, Gateway):
    """The same, and an exchange of ours at the other end of every request and frame."""

    def __init__(self, nonces, at_ns=T0, key=KEY, **config):
        super().__init__(nonces, Clock(at_ns), key, **config)
        self.serve(GeminiExchange, Rules(MAKER_E8, TAKER_E8, 1000), key)
        self.refused = []
        if key.given["nonce"] == "time-based":
            self.open()

    def open(self):
        """Another WebSocket; what it begins with is heard."""
        self.client = self.side.open("/", lowered(self.entry.handshake()))
        for text in self.entry.greeting():
            self.say(text)

    def ask(self, call):
        """By the socket where it goes there, else by REST, and all that follows from it."""
        assert self.entry.when(call) is When.NOW
        if call.what in self.entry.by_socket:
            self.say(self.entry.frame(call, len(self.told) + 1))
        else:
            self.by_rest(call)

    def by_rest(self, call):
        self.clock.now += SECOND // 100
        super().by_rest(call)

    def take(self, found):
        self.refused += [r for r in found.reports if r.kind.name.endswith("REJECTED")]
        super().take(found)


def said(request):
    """What a request by REST says, without its nonce."""
    text = base64.b64decode(request.headers["X-GEMINI-PAYLOAD"])
    return {name: value for name, value in json.loads(text).items() if name != "nonce"}


def nonce_of(request):
    """As it was written."""
    text = base64.b64decode(request.headers["X-GEMINI-PAYLOAD"])
    return json.loads(text, parse_float=Decimal)["nonce"]


def replied(number, status=200, **said) -> bytes:
    """An answer on the socket."""
    return json.dumps({"id": str(number), "status": status} | said).encode()


def order_event(order, state, **more) -> bytes:
    """An order event; None leaves a member out."""
    row = {
        "E": T0 + 1,
        "s": TRADED.names[order.row],
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
        "symbol": TRADED.names[order.row].lower(),
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
