"""Orders at Bitstamp without sockets: the gateway's table and entry, and an exchange of ours."""

import json
from decimal import Decimal

from pinnacle.core.credentials import Credentials
from pinnacle.core.schema import Kind, Side, Venue
from pinnacle.exchange.network.house import Rules
from pinnacle.venues.bitstamp import VENUE
from pinnacle.venues.bitstamp.config import BitstampOrdersConfig
from pinnacle.venues.bitstamp.exchange.side import BitstampExchange
from pinnacle.venues.bitstamp.orders.entry import BitstampOrders
from pinnacle.venues.orders.port import Call, What, When
from tests.venues.orders import traded
from tests.venues.orders.traded import T0, Clock, Served, Traded, answer

TRADED = Traded(Venue.BITSTAMP, {"btcusd": ("BTC", "USD"), "ethusd": ("ETH", "USD")})
KEY = BitstampExchange.new_key()
USER, V1 = 1000001, "1900000000000001"
TOKEN = {"token": "the-token", "valid_sec": 60, "user_id": USER}


class Gateway(traded.Gateway):
    TRADED = TRADED

    def __init__(self, clock=None, foreign="report", **config):
        super().__init__(clock, foreign)
        self.entry = VENUE.order_entry(
            BitstampOrdersConfig(**config), Credentials(**KEY.given), self.desk
        )
        assert isinstance(self.entry, BitstampOrders)

    def new(self, *args, **fields):
        """A NEW that risk has let pass, and its request has left; as a Call."""
        call = super().new(*args, **fields)
        self.entry.request(call)
        return call

    def live(self, order_id=1, venue_id=V1, **terms):
        """The same, acknowledged; the order."""
        call = self.new(order_id, **terms)
        self.deliver(self.entry.answered(call, answer(placed(call.order, venue_id))).reports)
        return self.known.order(order_id)

    def cancelling(self, order):
        """A CANCEL of it, whose request has left."""
        self.passed(Kind.CANCEL, order.order_id, order.row, side=order.side)
        call = Call(What.CANCEL, order)
        self.entry.request(call)
        return call

    def begin(self):
        """The private channels of another connection; what is said."""
        self.entry.answered(Call(What.TOKEN), answer(TOKEN))
        return self.entry.greeting()


class Both(Served, Gateway):
    """The same, and an exchange of ours at the other end of every request and frame."""

    HOST = "www.bitstamp.net"

    def __init__(self, at_ns=T0):
        super().__init__(Clock(at_ns))
        self.serve(BitstampExchange, Rules(300_000, 400_000, 1000, Decimal(10)), KEY)
        self.open()

    def open(self):
        """Another connection; what it begins with is heard."""
        for call in self.entry.needs():
            self.ask(call)
        self.client = self.side.open("/", {})
        self.ready = False
        for text in self.entry.greeting():
            self.say(text)

    def ask(self, call):
        if self.entry.when(call) is When.NOW:
            self.by_rest(call)

    def take(self, found):
        assert not found.odd, found
        super().take(found)


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
    name = f"private-my_orders_{TRADED.names[order.row]}-{USER}"
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
    name = f"private-my_trades_{TRADED.names[order.row]}-{USER}"
    return json.dumps({"data": data, "channel": name, "event": "trade"}).encode()
