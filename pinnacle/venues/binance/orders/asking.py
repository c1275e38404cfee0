"""What is asked of Binance: for each call a method of the socket, one of HTTP, parameters.

Both ways take the same parameters; how they are signed differs.
"""

from collections.abc import Sequence
from typing import NamedTuple

import msgspec

from pinnacle.core.schema import TimeInForce
from pinnacle.venues.binance.orders.limits import OPEN_ALL, OPEN_ONE
from pinnacle.venues.binance.orders.rows import NAMES
from pinnacle.venues.binance.signing import Value
from pinnacle.venues.orders.port import Call, Order, What
from pinnacle.venues.orders.terms import Terms

#: Of a list of executions: the most that the venue gives, and the longest time that it looks at.
TRADES_MAX, TRADES_MS = 1000, 86_400_000
Params = dict[str, Value]


class Way(NamedTuple):
    """How a call is made: on the socket, and by REST."""

    method: str
    verb: str
    path: str


WAYS = {
    What.NEW: Way("order.place", "POST", "/api/v3/order"),
    What.CANCEL: Way("order.cancel", "DELETE", "/api/v3/order"),
    What.CANCEL_ALL: Way("openOrders.cancelAll", "DELETE", "/api/v3/openOrders"),
    What.QUERY: Way("order.status", "GET", "/api/v3/order"),
    What.OPEN: Way("openOrders.status", "GET", "/api/v3/openOrders"),
    What.FILLS: Way("myTrades", "GET", "/api/v3/myTrades"),
    What.BALANCES: Way("account.status", "GET", "/api/v3/account"),
    What.FEES: Way("account.commission", "GET", "/api/v3/account/commission"),
    What.NAMES: Way("exchangeInfo", "GET", "/api/v3/exchangeInfo"),
}
_TIFS = {TimeInForce.IOC: "IOC", TimeInForce.FOK: "FOK"}


class TradesPage(NamedTuple):
    """Where a list of executions goes on: of an instrument, from a time or from one of them on."""

    row: int = 0
    begin_ms: int = 0
    first: int | None = None

    @classmethod
    def of(cls, call: Call) -> "TradesPage":
        """`call.page`, which `text` has written; its beginning is `since_ns` of the first one."""
        if not call.page:
            return cls(0, max(call.since_ns, 0) // 1_000_000)
        row, begin_ms, first = call.page.split(":")
        return cls(int(row), int(begin_ms), int(first) if first else None)

    @property
    def text(self) -> str:
        return f"{self.row}:{self.begin_ms}:{'' if self.first is None else self.first}"


class Asking:
    """The parameters of calls."""

    def __init__(self, terms: Sequence[Terms]):
        self._terms = terms

    @property
    def at_once(self) -> bool:
        """Whether open orders are asked for in one list: of many instruments it costs less."""
        return len(self._terms) * OPEN_ONE >= OPEN_ALL

    @property
    def open_weight(self) -> float:
        """Of a list of open orders."""
        return OPEN_ALL if self.at_once else OPEN_ONE

    def way(self, call: Call) -> Way:
        """How a call is made."""
        return WAYS[What.FILLS if call.what is What.QUERY and call.page else call.what]

    def params(self, call: Call) -> Params:
        """But for what says whose the call is."""
        order = call.order
        match call.what:
            case What.NEW if order is not None:
                return self._new(order)
            case What.CANCEL if order is not None:
                return self._named(order)
            case What.QUERY if order is not None:
                of: Params = {"symbol": self._terms[order.row].name}
                return of | {"orderId": int(call.page)} if call.page else self._named(order)
            case What.OPEN if self.at_once:
                return {}
            case What.OPEN | What.CANCEL_ALL | What.FEES:
                return {"symbol": self._terms[int(call.page or 0)].name}
            case What.FILLS if order is not None:
                return {"symbol": self._terms[order.row].name, "orderId": int(order.venue_id)}
            case What.FILLS:
                return self._trades(TradesPage.of(call))
            case What.BALANCES:
                return {"omitZeroBalances": "true"}
            case What.NAMES:
                names = [each.name for each in self._terms]
                return {"symbols": msgspec.json.encode(names).decode()}
        raise NotImplementedError(f"Binance is not asked for {call.what.name}")

    def _named(self, order: Order) -> Params:
        """The venue's own id is found sooner."""
        of: Params = {"symbol": self._terms[order.row].name}
        if order.venue_id:
            return of | {"orderId": int(order.venue_id)}
        return of | {"origClientOrderId": order.client_id}

    def _new(self, order: Order) -> Params:
        terms = self._terms[order.row]
        said: Params = {
            "symbol": terms.name,
            "side": NAMES[order.side],
            "type": "LIMIT",
            "quantity": terms.quantity(order.quantity),
            "newClientOrderId": order.client_id,
            "newOrderRespType": "RESULT",
        }
        if order.is_market:
            return said | {"type": "MARKET"}
        said["price"] = terms.price(order.price)
        if order.post_only:
            # It knows no time in force, and is refused with one.
            return said | {"type": "LIMIT_MAKER"}
        return said | {"timeInForce": _TIFS.get(TimeInForce(order.time_in_force), "GTC")}

    def _trades(self, page: TradesPage) -> Params:
        said: Params = {"symbol": self._terms[page.row].name, "limit": TRADES_MAX}
        if page.first is not None:
            return said | {"fromId": page.first}
        return said | {"startTime": page.begin_ms, "endTime": page.begin_ms + TRADES_MS - 1}
