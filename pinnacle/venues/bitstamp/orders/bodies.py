"""What is asked of Bitstamp by REST: a path, and a form."""

from collections.abc import Sequence
from typing import NamedTuple
from urllib.parse import urlencode

from pinnacle.core.schema import Side, TimeInForce
from pinnacle.venues.orders.port import Call, Order, What
from pinnacle.venues.orders.terms import Terms

BASE = "/api/v2/"
MARKETS = f"{BASE}markets/"
#: Rows of a page of transactions, which is the most that the venue gives.
PAGE = 1000
#: Transactions can be asked for by a time that is no longer ago.
SINCE_S_MAX = 30 * 86_400 - 3_600
_SIDES = {Side.BID: "buy", Side.ASK: "sell"}
_FLAGS = {
    TimeInForce.IOC: "ioc_order",
    TimeInForce.FOK: "fok_order",
    TimeInForce.DAY: "daily_order",
}
_PLAIN = {
    What.TOKEN: "websockets_token/",
    What.CANCEL_ALL: "cancel_all_orders/",
    What.OPEN: "open_orders/",
    What.BALANCES: "account_balances/",
    What.FEES: "fees/trading/",
}


class Asked(NamedTuple):
    """One request before it is signed."""

    path: str
    fields: Sequence[tuple[str, str]] = ()

    @property
    def body(self) -> bytes:
        return urlencode(self.fields).encode()


def plain(what: What) -> Asked:
    """What needs no fields."""
    return Asked(BASE + _PLAIN[what])


def new(order: Order, terms: Terms) -> Asked:
    """Two flags at once the venue refuses: an order that may neither rest nor take is none."""
    kind = "market/" if order.is_market else ""
    fields = [("amount", terms.quantity(order.quantity))]
    if not order.is_market:
        fields.append(("price", terms.price(order.price)))
    fields.append(("client_order_id", order.client_id))
    if not order.is_market and order.time_in_force in _FLAGS:
        fields.append((_FLAGS[TimeInForce(order.time_in_force)], "True"))
    if order.post_only:
        fields.append(("moc_order", "True"))
    return Asked(f"{BASE}{_SIDES[order.side]}/{kind}{terms.name}/", fields)


def cancel(order: Order) -> Asked:
    return Asked(f"{BASE}cancel_order/", [_named(order)])


def status(order: Order) -> Asked:
    return Asked(f"{BASE}order_status/", [_named(order)])


def fills(call: Call, now_s: int) -> Asked:
    """Since a time, or since the id that the call's page is. `now_s`: the venue's time."""
    since = ("since_id", call.page)
    if not call.page:
        begin_s = max(call.since_ns // 1_000_000_000, now_s - SINCE_S_MAX)
        since = ("since_timestamp", str(begin_s))
    fields = [since, ("sort", "asc"), ("limit", str(PAGE))]
    return Asked(f"{BASE}user_transactions/", fields)


def events(market: str, since_id: str) -> Asked:
    """Those of orders since this one, and this one."""
    fields = [("order_source", "orderbook"), ("market", market), ("since_id", since_id)]
    return Asked(f"{BASE}account_order_data/", fields)


def _named(order: Order) -> tuple[str, str]:
    if order.venue_id:
        return "id", order.venue_id
    return "client_order_id", order.client_id
