"""Binance's orders from its own side: what a key may ask, by the methods of its socket."""

import itertools
from collections.abc import Mapping
from typing import Any

from pinnacle.venues.binance.exchange.counts import ORDERS, Counts
from pinnacle.venues.binance.exchange.placing import client_id, needed, new_order, number
from pinnacle.venues.binance.exchange.rows import (
    account_row,
    commission_row,
    fill_row,
    order_row,
    order_times,
    trade_row,
)
from pinnacle.venues.binance.exchange.words import given_name, milliseconds, refused
from pinnacle.venues.binance.serving import RequestRefused
from pinnacle.venues.orders.terms import Terms
from pinnacle.venues.served.house import (
    Account,
    House,
    HouseOrder,
    Key,
    Refusal,
)

Params = Mapping[str, Any]
#: Of a method that succeeds; what places or cancels costs nothing then.
WEIGHTS = {
    "order.status": 4,
    "myTrades": 20,
    "account.status": 20,
    "account.commission": 20,
    "account.rateLimits.orders": 40,
}
FREE = frozenset({"order.place", "order.cancel", "openOrders.cancelAll"})
OPEN_ONE, OPEN_ALL, TRADES_OF_ORDER = 6, 80, 5
_DAY_MS = 86_400_000


class BinanceDesk:
    """What any number of connections share. `cancels`: what the cancel of an order was called."""

    def __init__(self, house: House, counts: Counts):
        self._house, self._counts = house, counts
        self._rows = {terms.name: row for row, terms in enumerate(house.terms)}
        self._given = itertools.count(1)
        self.cancels: dict[int, str] = {}

    def asked(self, method: str, key: Key, params: Params) -> Any:
        """The result of a method; RequestRefused."""
        weight = self._weight(method, params)
        self._counts.weigh(weight)
        result = self._result(method, key, params)
        if method in FREE:
            self._counts.refund(weight)
        return result

    def _weight(self, method: str, params: Params) -> int:
        if method == "openOrders.status":
            return OPEN_ONE if params.get("symbol") else OPEN_ALL
        if method == "myTrades" and params.get("orderId"):
            return TRADES_OF_ORDER
        return WEIGHTS.get(method, 1)

    def _result(self, method: str, key: Key, params: Params) -> Any:
        account = key.account
        match method:
            case "order.place":
                return self._placed(key, params)
            case "order.cancel":
                return self._cancelled(account, params)
            case "order.status":
                found = self._found(list(self._house.orders(account)), params)
                if found is None:
                    raise RequestRefused(-2013, "Order does not exist.")
                return self._row(found) | order_times(found)
            case "openOrders.status":
                row = self._row_of(params) if params.get("symbol") else None
                orders = self._house.open_orders(account)
                return [self._row(o) | order_times(o) for o in orders if row in (None, o.row)]
            case "openOrders.cancelAll":
                return self._all_cancelled(account, self._row_of(params))
            case "myTrades":
                return self._trades(account, params)
            case "account.status":
                only_held = str(params.get("omitZeroBalances", "false")).lower() == "true"
                rates, now_ns = self._house.rates_e8(0), self._house.now_ns()
                return account_row(account, rates, now_ns, only_held)
            case "account.commission":
                row = self._row_of(params)
                return commission_row(self._house.terms[row].name, self._house.rates_e8(row))
            case "account.rateLimits.orders":
                return [row for row in self._counts.rows(account) if row["rateLimitType"] == ORDERS]
        raise RequestRefused(-1020, "This operation is not supported.")

    # Orders

    def _placed(self, key: Key, params: Params) -> dict[str, Any]:
        row = self._row_of(params)
        new = new_order(params, row, self._house.terms[row], given_name(next(self._given)))
        respond = str(params.get("newOrderRespType", ""))
        kind = str(params["type"])
        self._counts.check_order(key.account)
        if any(order.client_id == new.client_id for order in self._house.live(key.account)):
            raise refused(Refusal.DUPLICATE)
        order = self._house.place(key, new)
        if isinstance(order, Refusal):
            raise refused(order)
        self._counts.placed(key.account)
        respond = respond or ("FULL" if kind in ("LIMIT", "MARKET") else "ACK")
        head = {
            "symbol": self._house.terms[order.row].name,
            "orderId": int(order.venue_id),
            "orderListId": -1,
            "clientOrderId": order.client_id,
            "transactTime": milliseconds(order.created_ns),
        }
        if respond == "ACK":
            return head
        full = head | self._row(order) | {"workingTime": milliseconds(order.created_ns)}
        if respond == "RESULT":
            return full
        return full | {"fills": [fill_row(fill, self._terms(order)) for fill in order.fills]}

    def _cancelled(self, account: Account, params: Params) -> dict[str, Any]:
        order = self._found(list(self._house.live(account)), params)
        if order is None:
            raise refused(Refusal.UNKNOWN_ORDER)
        return self._cancel(order, client_id(params, given_name(next(self._given))))

    def _cancel(self, order: HouseOrder, name: str) -> dict[str, Any]:
        self.cancels[order.number] = name
        refusal = self._house.cancel(order)
        if refusal is not None:
            raise refused(refusal)
        at_ms = milliseconds(order.updated_ns)
        ids = {"origClientOrderId": order.client_id, "clientOrderId": name, "transactTime": at_ms}
        return self._row(order) | ids

    def _all_cancelled(self, account: Account, row: int) -> list[dict[str, Any]]:
        orders = [order for order in self._house.live(account) if order.row == row]
        if not orders:
            raise refused(Refusal.UNKNOWN_ORDER)
        name = given_name(next(self._given))
        return [self._cancel(order, name) for order in orders]

    def _found(self, orders: list[HouseOrder], params: Params) -> HouseOrder | None:
        """By either id; of several with one client id the newest."""
        row, venue_id = self._row_of(params), str(params.get("orderId", ""))
        name = str(params.get("origClientOrderId", ""))
        if not venue_id and not name:
            words = "Param 'origClientOrderId' or 'orderId' must be sent, but both were empty/null!"
            raise RequestRefused(-1102, words)
        orders = sorted((o for o in orders if o.row == row), key=lambda order: -order.number)
        for order in orders:
            if venue_id and order.venue_id == venue_id:
                if name and order.client_id != name:
                    words = "Client order ID is not correct for this order ID."
                    raise RequestRefused(-2039, words)
                return order
            if not venue_id and order.client_id == name:
                return order
        return None

    def _row(self, order: HouseOrder) -> dict[str, Any]:
        return order_row(order, self._terms(order))

    def _terms(self, order: HouseOrder) -> Terms:
        return self._house.terms[order.row]

    # Executions

    def _trades(self, account: Account, params: Params) -> list[dict[str, Any]]:
        row = self._row_of(params)
        begin, end = number(params, "startTime"), number(params, "endTime")
        first, limit = number(params, "fromId"), number(params, "limit") or 500
        if first is not None and (begin is not None or end is not None):
            raise RequestRefused(-1128, "Combination of optional parameters invalid.")
        if begin is not None and end is not None and end - begin > _DAY_MS:
            raise RequestRefused(-1127, "More than 24 hours between startTime and endTime.")
        wanted = str(params.get("orderId", ""))
        found = [
            fill
            for fill in self._house.fills(account)
            if fill.order.row == row
            and wanted in ("", fill.order.venue_id)
            and (first is None or fill.number >= first)
            and (begin is None or milliseconds(fill.at_ns) >= begin)
            and (end is None or milliseconds(fill.at_ns) <= end)
        ]
        of_newest = first is None and begin is None
        limit = min(limit, 1000)
        return [
            trade_row(fill, self._terms(fill.order))
            for fill in (found[-limit:] if of_newest else found[:limit])
        ]

    def _row_of(self, params: Params) -> int:
        row = self._rows.get(str(needed(params, "symbol")))
        if row is None:
            raise RequestRefused(-1121, "Invalid symbol.")
        return row
