"""What is asked of Gemini: the fields of requests by REST, and the parameters of frames."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from pinnacle.core.schema import Side, TimeInForce
from pinnacle.venues.orders.port import Call, Order, What
from pinnacle.venues.orders.terms import Terms

#: The most trades of a list.
TRADES_MAX = 500
PATHS = {
    What.NEW: "/v1/order/new",
    What.CANCEL: "/v1/order/cancel",
    What.CANCEL_ALL: "/v1/order/cancel/all",
    What.QUERY: "/v1/order/status",
    What.OPEN: "/v1/orders",
    What.FILLS: "/v1/mytrades",
    What.BALANCES: "/v1/balances",
    What.FEES: "/v1/notionalvolume",
    What.KEEP_ALIVE: "/v1/heartbeat",
}
METHODS = {
    What.NEW: "order.place",
    What.CANCEL: "order.cancel",
    What.CANCEL_ALL: "order.cancel_all",
}
_OPTIONS = {TimeInForce.IOC: "immediate-or-cancel", TimeInForce.FOK: "fill-or-kill"}
_TIFS = {TimeInForce.IOC: "IOC", TimeInForce.FOK: "FOK"}
Fields = dict[str, Any]


class TradesPage(NamedTuple):
    """Where a list of trades goes on: of an instrument, from a time on, ms."""

    row: int
    since_ms: int

    @classmethod
    def of(cls, call: Call) -> "TradesPage":
        if not call.page:
            return cls(0, max(call.since_ns, 0) // 1_000_000)
        row, since_ms = call.page.split(":")
        return cls(int(row), int(since_ms))

    @property
    def text(self) -> str:
        return f"{self.row}:{self.since_ms}"


class Asking:
    """Of one key's instruments."""

    def __init__(self, terms: Sequence[Terms]):
        self._terms = terms

    def beyond(self, order: Order) -> str:
        """Why Gemini has no such order; "": it has."""
        if order.time_in_force == TimeInForce.DAY:
            return "Gemini has no order for a day: it would stay"
        if order.post_only and (order.is_market or order.time_in_force in _TIFS):
            return "Gemini has no order that may neither rest nor take"
        return ""

    def path(self, call: Call) -> str:
        """Where it is asked by REST; the fills of one order stand with its state."""
        is_of_one = call.what is What.FILLS and call.order is not None
        return PATHS[What.QUERY if is_of_one else call.what]

    def fields(self, call: Call) -> Fields:
        """Besides the path and the nonce."""
        order = call.order
        match call.what:
            case What.NEW if order is not None:
                return self._new(order)
            case What.CANCEL if order is not None:
                return {"order_id": int(order.venue_id)}
            case What.QUERY | What.FILLS if order is not None:
                return _named(order) | {"include_trades": True}
            case What.FILLS:
                page = TradesPage.of(call)
                said = {"symbol": self._symbol(page.row), "limit_trades": TRADES_MAX}
                return said | ({"timestamp": page.since_ms} if page.since_ms else {})
        return {}

    def params(self, call: Call) -> Fields:
        """Of a method on the WebSocket."""
        order = call.order
        if call.what is What.CANCEL and order is not None:
            return {"orderId": order.venue_id}
        return {} if order is None else self._placed(order)

    def _new(self, order: Order) -> Fields:
        terms, options = self._terms[order.row], []
        if order.post_only:
            options = ["maker-or-cancel"]
        elif order.time_in_force in _OPTIONS:
            options = [_OPTIONS[TimeInForce(order.time_in_force)]]
        return {
            "client_order_id": order.client_id,
            "symbol": self._symbol(order.row),
            "amount": terms.quantity(order.quantity),
            "price": terms.price(order.price),
            "side": "buy" if order.side == Side.BID else "sell",
            "type": "exchange limit",
            "options": options,
        }

    def _placed(self, order: Order) -> Fields:
        terms = self._terms[order.row]
        said = {
            "symbol": self._symbol(order.row),
            "side": "BUY" if order.side == Side.BID else "SELL",
            "type": "MARKET" if order.is_market else "LIMIT",
            "quantity": terms.quantity(order.quantity),
            "clientOrderId": order.client_id,
        }
        if order.is_market:
            return said
        tif = "MOC" if order.post_only else _TIFS.get(TimeInForce(order.time_in_force), "GTC")
        return said | {"timeInForce": tif, "price": terms.price(order.price)}

    def _symbol(self, row: int) -> str:
        return self._terms[row].name.lower()


def _named(order: Order) -> Fields:
    if order.venue_id:
        return {"order_id": int(order.venue_id)}
    return {"client_order_id": order.client_id}
