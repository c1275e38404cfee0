"""Kraken's orders from its own side: what keys may ask, and what they hear of their orders."""

import itertools
from collections.abc import Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any
from urllib.parse import parse_qsl

from pinnacle.venues.kraken.exchange.counts import Counts
from pinnacle.venues.kraken.exchange.executions import Executions
from pinnacle.venues.kraken.exchange.words import (
    NAMES,
    REASONS,
    SIDES,
    TIFS,
    WORDS,
    Refused,
    asset_name,
    exec_name,
    is_uuid,
    letters,
    stamp,
    times,
)
from pinnacle.venues.kraken.signing import KrakenKey, nonce_of
from pinnacle.venues.served.dialect import Reply
from pinnacle.venues.served.exchange_side import Asked
from pinnacle.venues.served.house import (
    Account,
    House,
    HouseFill,
    HouseOrder,
    Key,
    NewOrder,
    Refusal,
    Status,
)
from pinnacle.venues.served.serving import JSON, encode

TOKEN_S = 900
PAGE = 50


class KrakenDesk:
    """What any number of connections share: tokens, nonces, the orders' names."""

    def __init__(self, house: House):
        self._house = house
        self._rows = {terms.name: row for row, terms in enumerate(house.terms)}
        self._rows |= {terms.name.replace("/", ""): row for row, terms in enumerate(house.terms)}
        self._tokens: dict[str, tuple[Key, int]] = {}
        self._nonces: dict[str, int] = {}
        self._count = itertools.count(1)
        self._counts = Counts(house.now_ns)

    def listener(self) -> Executions:
        """For one connection."""
        return Executions(self.account_of, self._house)

    def account_of(self, token: object) -> Account:
        """Refused as `key_of`; the token lives with its connection from here on."""
        key = self.key_of(token)
        self._tokens[str(token)] = key, 0
        return key.account

    def key_of(self, token: object) -> Key:
        """Refused if the token is none, or too old to be used the first time."""
        found = self._tokens.get(token) if isinstance(token, str) else None
        if found is None:
            raise Refused("ESession:Invalid session")
        key, until_ns = found
        if until_ns and self._house.now_ns() > until_ns:
            raise Refused("ESession:Invalid session")
        return key

    # By REST

    def rest(self, asked: Asked) -> Reply:
        path = asked.target.partition("?")[0]
        try:
            key, params = self._verified(path, asked)
            method = path.rpartition("/")[2]
            self._counts.asked(key, method)
            result = self._rest(method, key, params)
            return Reply(200, JSON, encode({"error": [], "result": result}))
        except Refused as refused:
            return Reply(200, JSON, encode({"error": [str(refused)]}))

    def _verified(self, path: str, asked: Asked) -> tuple[Key, dict[str, str]]:
        key = self._house.key(asked.headers.get("api-key", ""))
        if key is None:
            raise Refused("EAPI:Invalid key")
        signer = KrakenKey(key.name, key.fields["secret"])
        if not signer.verify(path, asked.body, asked.headers.get("api-sign", "")):
            raise Refused("EAPI:Invalid signature")
        nonce = int(nonce_of(asked.body) or "0")
        if nonce <= self._nonces.get(key.name, 0):
            raise Refused("EAPI:Invalid nonce")
        self._nonces[key.name] = nonce
        return key, dict(parse_qsl(asked.body.decode()))

    def _rest(self, method: str, key: Key, params: Mapping[str, str]) -> Any:
        account = key.account
        match method:
            case "GetWebSocketsToken":
                token = f"{letters(next(self._count), 8)}{letters(self._house.now_ns(), 12)}"
                until_ns = self._house.now_ns() + TOKEN_S * 1_000_000_000
                self._tokens[token] = key, until_ns
                return {"token": token, "expires": TOKEN_S}
            case "AddOrder":
                order = self._placed(key, _from_form(params))
                return {"descr": {"order": "limit"}, "txid": [order.venue_id]}
            case "AmendOrder":
                self._replaced(self._order(account, params), params)
                return {"amend_id": f"T{letters(next(self._count), 16)}"}
            case "CancelOrder":
                self._cancel(self._order(account, params))
                return {"count": 1}
            case "CancelAll":
                return {"count": self._cancel_all(account)}
            case "CancelAllOrdersAfter":
                return self._dead_man(account, params)
            case "OpenOrders":
                orders = self._house.open_orders(account)
                return {"open": {o.venue_id: self._info(o) for o in orders if _asked(o, params)}}
            case "ClosedOrders":
                return self._closed(account, params)
            case "QueryOrders":
                wanted = params.get("txid", "").split(",")
                found = [o for o in self._house.orders(account) if o.venue_id in wanted]
                if not found:
                    raise Refused(WORDS[Refusal.UNKNOWN_ORDER])
                return {o.venue_id: self._info(o) for o in found}
            case "TradesHistory":
                return self._trades(account, params)
            case "BalanceEx":
                return {
                    asset_name(name): {
                        "balance": str(total),
                        "hold_trade": str(account.held.get(name, 0)),
                    }
                    for name, total in account.total.items()
                }
            case "TradeVolume":
                return self._fees()
        raise Refused("EGeneral:Unknown method")

    def _closed(self, account: Account, params: Mapping[str, str]) -> dict[str, Any]:
        """The last one first."""
        start_ns = int(Decimal(params.get("start", "0")) * 1_000_000_000)
        gone = [o for o in self._house.orders(account) if o.status is not Status.OPEN]
        gone = [o for o in gone if _asked(o, params) and o.updated_ns > start_ns]
        gone.sort(key=lambda order: order.updated_ns, reverse=True)
        begun = int(params.get("ofs", "0"))
        page = gone[begun : begun + PAGE]
        return {"closed": {o.venue_id: self._info(o) for o in page}, "count": len(gone)}

    def _trades(self, account: Account, params: Mapping[str, str]) -> dict[str, Any]:
        start_ns = int(Decimal(params.get("start", "0")) * 1_000_000_000)
        fills = [f for f in reversed(self._house.fills(account)) if f.at_ns > start_ns]
        begun = int(params.get("ofs", "0"))
        page = fills[begun : begun + PAGE]
        return {"trades": {exec_name(f): self._trade(f) for f in page}, "count": len(fills)}

    def _trade(self, fill: HouseFill) -> dict[str, Any]:
        terms = self._house.terms[fill.order.row]
        cost = terms.tick.size * terms.lot.size * fill.price * fill.quantity
        return {
            "ordertxid": fill.order.venue_id,
            "pair": terms.name.replace("/", ""),
            "time": fill.at_ns / 1e9,
            "type": NAMES[fill.order.side],
            "ordertype": "limit",
            "price": terms.price(fill.price),
            "cost": f"{cost:f}",
            "fee": f"{fill.fee:f}",
            "vol": terms.quantity(fill.quantity),
            "maker": fill.is_maker,
            "trade_id": fill.number,
        }

    def _info(self, order: HouseOrder) -> dict[str, Any]:
        terms = self._house.terms[order.row]
        status = {Status.OPEN: "open", Status.FILLED: "closed"}.get(order.status, "canceled")
        cost = terms.tick.size * terms.lot.size * order.notional
        return {
            "status": status,
            "reason": REASONS.get(order.reason),
            "cl_ord_id": order.client_id,
            "opentm": order.created_ns / 1e9,
            "descr": {
                "pair": terms.name.replace("/", ""),
                "type": NAMES[order.side],
                "ordertype": "market" if order.is_market else "limit",
                "price": terms.price(order.price),
            },
            "vol": terms.quantity(order.quantity),
            "vol_exec": terms.quantity(order.filled),
            "cost": f"{cost:f}",
        }

    def _fees(self) -> dict[str, Any]:
        house = self._house
        pairs = [terms.name.replace("/", "") for terms in house.terms]
        rates = [house.rates_e8(row) for row in range(len(pairs))]
        percent = [(Decimal(maker) / 10**6, Decimal(taker) / 10**6) for maker, taker in rates]
        return {
            "currency": "ZUSD",
            "volume": "0",
            "fees": {p: {"fee": f"{r[1]:f}"} for p, r in zip(pairs, percent, strict=True)},
            "fees_maker": {p: {"fee": f"{r[0]:f}"} for p, r in zip(pairs, percent, strict=True)},
        }

    # On the socket, and by both

    def asked(self, head: dict[str, Any], params: Mapping[str, Any]) -> Sequence[bytes]:
        """The answer to a method that needs a token."""
        said = head | times(self._house.now_ns())
        try:
            key = self.key_of(params.get("token"))
            results = self._method(head["method"], key, params)
            return [encode(said | {"success": True, "result": result}) for result in results]
        except Refused as refused:
            return [encode(said | {"success": False, "error": str(refused)})]

    def _method(self, method: str, key: Key, params: Mapping[str, Any]) -> list[dict[str, Any]]:
        match method:
            case "add_order":
                order = self._placed(key, params)
                return [{"order_id": order.venue_id, "cl_ord_id": order.client_id}]
            case "amend_order":
                order = self._order(key.account, params)
                self._replaced(order, params)
                return [
                    {"amend_id": f"T{letters(next(self._count), 16)}", "order_id": order.venue_id}
                ]
            case "cancel_order":
                wanted = [*params.get("order_id", []), *params.get("cl_ord_id", [])]
                results = []
                for name in wanted:
                    order = self._named(key.account, str(name))
                    self._cancel(order)
                    results.append({"order_id": order.venue_id})
                return results
            case "cancel_all":
                return [{"count": self._cancel_all(key.account)}]
            case "cancel_all_orders_after":
                return [self._dead_man(key.account, params)]
        raise Refused("Method not found")

    def _dead_man(self, account: Account, params: Mapping[str, Any]) -> dict[str, str]:
        seconds = float(params.get("timeout", 0))
        self._house.dead_man(account, seconds)
        now = self._house.now_ns()
        return {"currentTime": stamp(now), "triggerTime": stamp(now + int(seconds * 1e9))}

    def _cancel_all(self, account: Account) -> int:
        orders = list(self._house.live(account))
        for order in orders:
            self._house.cancel(order)
        return len(orders)

    def _placed(self, key: Key, params: Mapping[str, Any]) -> HouseOrder:
        row = self._rows.get(str(params.get("symbol", "")))
        side = SIDES.get(str(params.get("side", "")))
        tif = TIFS.get(str(params.get("time_in_force", "gtc")))
        if row is None:
            raise Refused("EQuery:Unknown asset pair")
        self._counts.new(key.account, row)
        if side is None or tif is None or params.get("order_type") not in ("limit", "market"):
            raise Refused("EGeneral:Invalid arguments:ordertype")
        client_id = str(params.get("cl_ord_id", ""))
        if len(client_id) > 18 and not is_uuid(client_id):
            raise Refused("EGeneral:Invalid arguments:cl_ord_id")
        if client_id and any(
            order.client_id == client_id for order in self._house.live(key.account)
        ):
            raise Refused(WORDS[Refusal.DUPLICATE])
        is_market = params.get("order_type") == "market"
        new = NewOrder(
            row,
            side,
            0 if is_market else self._steps(row, params.get("limit_price"), "price"),
            self._steps(row, params.get("order_qty"), "volume"),
            client_id,
            is_market,
            tif,
            bool(params.get("post_only", False)),
        )
        placed = self._house.place(key, new)
        if isinstance(placed, Refusal):
            raise Refused(WORDS[placed])
        return placed

    def _replaced(self, order: HouseOrder, params: Mapping[str, Any]) -> None:
        self._counts.change(order)
        price = self._steps(order.row, params.get("limit_price"), "price")
        quantity = self._steps(order.row, params.get("order_qty"), "volume")
        self._refuse(self._house.replace(order, price, quantity))
        self._counts.changed(order)

    def _cancel(self, order: HouseOrder) -> None:
        self._refuse(self._house.cancel(order))
        self._counts.cancelled(order)

    def _steps(self, row: int, number: object, what: str) -> int:
        terms = self._house.terms[row]
        size = terms.tick.size if what == "price" else terms.lot.size
        try:
            steps = Decimal(str(number)) / size
        except InvalidOperation:
            raise Refused(f"EGeneral:Invalid arguments:{what}") from None
        if steps != int(steps):
            refusal = Refusal.PRICE_STEP if what == "price" else Refusal.QUANTITY_STEP
            raise Refused(WORDS[refusal])
        return int(steps)

    def _order(self, account: Account, params: Mapping[str, Any]) -> HouseOrder:
        name = params.get("txid") or params.get("order_id") or params.get("cl_ord_id") or ""
        return self._named(account, str(name))

    def _named(self, account: Account, name: str) -> HouseOrder:
        for order in self._house.live(account):
            if name and name in (order.venue_id, order.client_id):
                return order
        raise Refused(WORDS[Refusal.UNKNOWN_ORDER])

    def _refuse(self, refusal: Refusal | None) -> None:
        if refusal is not None:
            raise Refused(WORDS[refusal])


def _from_form(params: Mapping[str, str]) -> dict[str, Any]:
    """An order's fields as REST calls them, by their names on the socket."""
    named = {
        "symbol": params.get("pair", ""),
        "side": params.get("type", ""),
        "order_type": params.get("ordertype", ""),
        "order_qty": params.get("volume"),
        "limit_price": params.get("price"),
        "cl_ord_id": params.get("cl_ord_id", ""),
        "time_in_force": params.get("timeinforce", "GTC").lower(),
        "post_only": "post" in params.get("oflags", "").split(","),
    }
    return named


def _asked(order: HouseOrder, params: Mapping[str, str]) -> bool:
    wanted = params.get("cl_ord_id", "")
    return not wanted or order.client_id == wanted
