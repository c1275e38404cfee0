"""Orders at Coinbase without sockets: the gateway's table and entry, and an exchange of ours."""

import json
from decimal import Decimal

from pinnacle.core.credentials import Credentials
from pinnacle.core.schema import Kind, Side, Venue
from pinnacle.exchange.network.house import Rules
from pinnacle.venues.coinbase.config import CoinbaseOrdersConfig
from pinnacle.venues.coinbase.exchange.side import CoinbaseExchange
from pinnacle.venues.coinbase.orders.entry import CoinbaseOrders
from pinnacle.venues.orders.port import Call, What, When
from tests.venues.orders import traded
from tests.venues.orders.traded import T0, Clock, Served, Traded, answer

TRADED = Traded(Venue.COINBASE, {"BTC-USD": ("BTC", "USD"), "ETH-USD": ("ETH", "USD")})
KEY = CoinbaseExchange.new_key()


class Gateway(traded.Gateway):
    TRADED = TRADED

    def __init__(self, clock=None, misses=1, **config):
        super().__init__(clock, misses=misses)
        config = CoinbaseOrdersConfig(**{"rest_url": "https://api.coinbase.com"} | config)
        self.entry = CoinbaseOrders(config, Credentials(**KEY.given), self.desk)

    def live(self, order_id=1, venue_id="v-1", **terms):
        """A NEW that is acknowledged; the order."""
        call = self.new(order_id, **terms)
        body = {"success": True, "success_response": {"order_id": venue_id}}
        self.deliver(self.entry.answered(call, answer(body)).reports)
        return self.known.order(order_id)

    def replace(self, order, price, quantity):
        """A REPLACE that risk has let pass, and its request has left."""
        new = {"price": price, "quantity": quantity}
        self.passed(Kind.REPLACE, order.order_id, order.row, side=order.side, **new)
        call = Call(What.REPLACE, order, price, quantity)
        self.entry.request(call)
        return call


class Both(Served, Gateway):
    """The same, and an exchange of ours at the other end of every request and frame."""

    HOST = "api.coinbase.com"

    def __init__(self, at_ns=T0):
        super().__init__(Clock(at_ns))
        self.serve(CoinbaseExchange, Rules(600_000, 1_200_000, 1000, Decimal(1)), KEY)
        self.open()

    def open(self):
        """Another connection of the user channel; what it begins with is heard."""
        self.client = self.side.open("/", {})
        for text in self.entry.greeting():
            self.say(text)

    def ask(self, call):
        assert self.entry.when(call) is When.NOW
        self.by_rest(call)


def shown(order, status="OPEN", filled="0", left="1", **more):
    """An order as the user channel has it."""
    row = {
        "order_id": order.venue_id or "v-1",
        "client_order_id": order.client_id,
        "product_id": TRADED.names[order.row],
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
