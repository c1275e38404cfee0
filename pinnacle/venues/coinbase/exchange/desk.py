"""Coinbase's orders from its own side: what keys may ask by REST."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any, TypeVar
from urllib.parse import parse_qs, urlsplit

import msgspec

from pinnacle.core.errors import DataError
from pinnacle.core.schema import TimeInForce
from pinnacle.venues.coinbase.exchange.gate import Gate
from pinnacle.venues.coinbase.exchange.replies import TOO_MUCH, UNAUTHORIZED, path_of, refusal
from pinnacle.venues.coinbase.exchange.shown import account, fill_row, order_row
from pinnacle.venues.coinbase.exchange.words import SIDES, WORDS, Refused, decimal, status
from pinnacle.venues.coinbase.orders.states import utc_ns
from pinnacle.venues.orders.terms import amount
from pinnacle.venues.served.dialect import Reply
from pinnacle.venues.served.exchange_side import Asked
from pinnacle.venues.served.house import (
    Account,
    House,
    HouseOrder,
    Key,
    NewOrder,
    Refusal,
    Status,
)
from pinnacle.venues.served.serving import JSON, encode

PAGE = 100
_TIFS = {
    "limit_limit_gtc": TimeInForce.GTC,
    "limit_limit_gtd": TimeInForce.DAY,
    "sor_limit_ioc": TimeInForce.IOC,
    "limit_limit_fok": TimeInForce.FOK,
    "market_market_ioc": TimeInForce.IOC,
}
Query = dict[str, list[str]]
T = TypeVar("T")


class NewBody(msgspec.Struct):
    client_order_id: str
    product_id: str
    side: str
    order_configuration: dict[str, dict[str, Any]]


class EditBody(msgspec.Struct):
    order_id: str
    price: str = "0"
    size: str = "0"


class CancelBody(msgspec.Struct):
    order_ids: list[str]


class CoinbaseDesk:
    """What any number of connections share."""

    def __init__(self, house: House, gate: Gate):
        self._house, self._gate = house, gate
        self._rows = {terms.name: row for row, terms in enumerate(house.terms)}
        #: What a client called an order; the venue knows it for good.
        self._by_client: dict[tuple[int, str], HouseOrder] = {}
        self._placed_here: dict[str, HouseOrder] = {}
        #: Orders that end by themselves, and when, UTC ns.
        self._ends: dict[int, tuple[HouseOrder, int]] = {}

    def expire(self) -> None:
        """Orders whose time is over are gone."""
        now = self._house.now_ns()
        for number, (order, at_ns) in list(self._ends.items()):
            is_open = order.status is Status.OPEN
            if is_open and at_ns <= now:
                self._house.expire(order)
            if not is_open or at_ns <= now:
                del self._ends[number]

    def rest(self, asked: Asked) -> Reply:
        """To a request with a key."""
        key = self._gate.of_request(asked)
        if key is None:
            return UNAUTHORIZED
        if self._gate.is_too_much(key):
            return TOO_MUCH
        query = parse_qs(urlsplit(asked.target).query)
        try:
            said = self._said(asked, path_of(asked), key, query)
        except msgspec.MsgspecError as error:
            return refusal(400, "INVALID_ARGUMENT", str(error))
        except Refused as refused:
            return refusal(404, "NOT_FOUND", str(refused))
        return Reply(200, JSON, encode(said))

    def _said(self, asked: Asked, path: str, key: Key, query: Query) -> dict[str, Any]:
        match asked.method, path:
            case "POST", "orders":
                return self._placed(key, msgspec.json.decode(asked.body, type=NewBody))
            case "POST", "orders/edit":
                return self._edited(key, msgspec.json.decode(asked.body, type=EditBody))
            case "POST", "orders/batch_cancel":
                body = msgspec.json.decode(asked.body, type=CancelBody)
                return {"results": [self._cancelled(key, each) for each in body.order_ids]}
            case "GET", "orders/historical/batch":
                return self._listed(key.account, query)
            case "GET", "orders/historical/fills":
                return self._fills(key.account, query)
            case "GET", "accounts":
                found = [account(key.account, name) for name in sorted(key.account.total)]
                return {"accounts": found, "has_next": False, "cursor": "", "size": len(found)}
            case "GET", "transaction_summary":
                return self._summary()
        if asked.method == "GET" and path.startswith("orders/historical/"):
            order = self._seen(key.account, path.removeprefix("orders/historical/"))
            if order is None:
                raise Refused("order not found")
            return {"order": order_row(self._house, order)}
        raise Refused("no such endpoint")

    # What changes orders

    def _placed(self, key: Key, body: NewBody) -> dict[str, Any]:
        shown = {"order_configuration": body.order_configuration}
        known = self._by_client.get((id(key.account), body.client_order_id))
        try:
            order = known or self._new(key, body)
        except Refused as refused:
            word = str(refused)
            kind = "preview" if word.startswith("PREVIEW_") else "new_order"
            error = {
                "error": word,
                "message": word.removeprefix("PREVIEW_").replace("_", " ").capitalize(),
                "error_details": "",
                "preview_failure_reason": "UNKNOWN_PREVIEW_FAILURE_REASON",
                "new_order_failure_reason": "UNKNOWN_FAILURE_REASON",
            }
            error[f"{kind}_failure_reason"] = word
            return {"success": False, "error_response": error} | shown
        row = order_row(self._house, order)
        names = ("order_id", "product_id", "side", "client_order_id")
        response = {name: row[name] for name in names}
        shown = {"order_configuration": row["order_configuration"]}
        return {
            "success": True,
            "failure_reason": "UNKNOWN_FAILURE_REASON",
            "success_response": response,
        } | shown

    def _new(self, key: Key, body: NewBody) -> HouseOrder:
        row, side = self._rows.get(body.product_id), SIDES.get(body.side)
        if row is None:
            raise Refused("INVALID_PRODUCT_ID")
        if side is None:
            raise Refused("INVALID_SIDE")
        if not body.client_order_id or len(body.order_configuration) != 1:
            raise Refused("INVALID_REQUEST")
        ((kind, said),) = body.order_configuration.items()
        if kind not in _TIFS or "base_size" not in said:
            raise Refused("UNSUPPORTED_ORDER_CONFIGURATION")
        tif, is_market = _TIFS[kind], kind == "market_market_ioc"
        is_post_only = said.get("post_only") is True
        if is_post_only and tif in (TimeInForce.FOK, TimeInForce.IOC):
            raise Refused("POST_ONLY_NOT_ALLOWED_WITH_FOK")
        end_ns = utc_ns(said.get("end_time")) if kind == "limit_limit_gtd" else 0
        if kind == "limit_limit_gtd" and end_ns <= self._house.now_ns():
            raise Refused("INVALID_REQUEST")
        price = 0 if is_market else self._steps(row, said.get("limit_price"), "price")
        size = self._steps(row, said["base_size"], "size")
        new = NewOrder(row, side, price, size, body.client_order_id, is_market, tif, is_post_only)
        placed = self._house.place(key, new)
        if isinstance(placed, Refusal):
            raise Refused(WORDS[placed])
        self._by_client[id(key.account), body.client_order_id] = placed
        self._placed_here[placed.venue_id] = placed
        if end_ns:
            self._ends[placed.number] = placed, end_ns
        return placed

    def _steps(self, row: int, text: object, what: str) -> int:
        terms = self._house.terms[row]
        step = terms.tick.size if what == "price" else terms.lot.size
        found = _number(text)
        if found is None:
            raise Refused("INVALID_REQUEST")
        steps = found / step
        if steps != int(steps):
            raise Refused(WORDS[Refusal.PRICE_STEP if what == "price" else Refusal.QUANTITY_STEP])
        return int(steps)

    def _edited(self, key: Key, body: EditBody) -> dict[str, Any]:
        try:
            self._edit(key, body)
        except Refused as refused:
            unknown = "UNKNOWN_PREVIEW_FAILURE_REASON"
            fault = {"edit_failure_reason": str(refused), "preview_failure_reason": unknown}
            return {"success": False, "errors": [fault]}
        return {"success": True, "errors": []}

    def _edit(self, key: Key, body: EditBody) -> None:
        order = self._order(key.account, body.order_id)
        if order is None:
            raise Refused("ORDER_NOT_FOUND")
        if order.status is not Status.OPEN:
            raise Refused("ONLY_OPEN_ORDERS_CAN_BE_EDITED")
        if order.time_in_force != TimeInForce.GTC or order.is_market:
            raise Refused("ONLY_LIMIT_ORDER_EDITS_SUPPORTED")
        price = self._steps(order.row, body.price, "price")
        size = self._steps(order.row, body.size, "size")
        if size <= 0:
            raise Refused("INVALID_EDITED_SIZE")
        if price <= 0:
            raise Refused("INVALID_EDITED_PRICE")
        if size <= order.filled:
            raise Refused("CANNOT_EDIT_TO_BELOW_FILLED_SIZE")
        if (price, size) == (order.price, order.quantity):
            raise Refused("EDIT_REQUEST_EQUAL_TO_ORIGINAL_REQUEST")
        refusal = self._house.replace(order, price, size)
        if refusal is not None:
            raise Refused(WORDS[refusal])

    def _cancelled(self, key: Key, name: str) -> dict[str, Any]:
        order, word = self._order(key.account, name), "UNKNOWN_CANCEL_FAILURE_REASON"
        if order is None:
            word = "UNKNOWN_CANCEL_ORDER"
        elif order.status is Status.FILLED:
            word = "ORDER_IS_FULLY_FILLED"
        elif order.status is not Status.OPEN:
            word = "DUPLICATE_CANCEL_REQUEST"
        elif self._house.cancel(order) is not None:
            word = "COMMANDER_REJECTED_CANCEL_ORDER"
        success = word == "UNKNOWN_CANCEL_FAILURE_REASON"
        return {"success": success, "failure_reason": word, "order_id": name}

    # What there is

    def _order(self, owner: Account, name: str) -> HouseOrder | None:
        """As it is, for what changes it."""
        found = next((o for o in self._house.live(owner) if o.venue_id == name), None)
        known = self._placed_here.get(name) if found is None else found
        return known if known is not None and known.account is owner else None

    def _seen(self, owner: Account, name: str) -> HouseOrder | None:
        """As requests see it."""
        found = (o for o in self._house.orders(owner) if o.venue_id == name)
        order = next(found, None)
        return None if order is None or order.status is Status.REJECTED else order

    def _listed(self, owner: Account, query: Query) -> dict[str, Any]:
        statuses, products = query.get("order_status", []), query.get("product_ids", [])
        if "OPEN" in statuses and len(statuses) > 1:
            raise msgspec.ValidationError("cannot pair OPEN orders with other order types")
        house = self._house
        orders = house.open_orders(owner) if statuses == ["OPEN"] else house.orders(owner)
        found = [
            order
            for order in sorted(orders, key=lambda order: -order.number)
            if order.status is not Status.REJECTED
            and (not statuses or status(order) in statuses)
            and (not products or house.terms[order.row].name in products)
        ]
        page, cursor = _page(found, lambda order: order.venue_id, query)
        rows = [order_row(house, order) for order in page]
        return {"orders": rows, "sequence": "0", "has_next": bool(cursor), "cursor": cursor}

    def _fills(self, owner: Account, query: Query) -> dict[str, Any]:
        orders, products = query.get("order_ids", []), query.get("product_ids", [])
        since_ns = utc_ns(_one(query, "start_sequence_timestamp"))
        until_ns = utc_ns(_one(query, "end_sequence_timestamp"))
        house = self._house
        found = [
            fill
            for fill in reversed(house.fills(owner))
            if fill.at_ns >= since_ns
            and (not until_ns or fill.at_ns <= until_ns)
            and (not orders or fill.order.venue_id in orders)
            and (not products or house.terms[fill.order.row].name in products)
        ]
        page, cursor = _page(found, lambda fill: str(fill.number), query)
        return {"fills": [fill_row(house, fill) for fill in page], "cursor": cursor}

    def _summary(self) -> dict[str, Any]:
        maker, taker = (Decimal(rate) / 10**8 for rate in self._house.rates_e8(0))
        tier = {"pricing_tier": "Advanced 1", "usd_from": "0", "usd_to": ""}
        rates = {"maker_fee_rate": decimal(maker), "taker_fee_rate": decimal(taker)}
        return {"total_volume": 0, "total_fees": 0, "fee_tier": tier | rates}


def _number(text: object) -> Decimal | None:
    """Numbers come as text; None of what is none."""
    try:
        return amount(text) if isinstance(text, str) else None
    except DataError:
        return None


def _one(query: Query, name: str) -> str:
    return query.get(name, [""])[0]


def _page(rows: list[T], name_of: Callable[[T], str], query: Query) -> tuple[list[T], str]:
    """A part of a list, and the name of its last one, behind which the next begins; "" if none
    does."""
    limit, cursor = _one(query, "limit"), _one(query, "cursor")
    begin = 0
    if cursor:
        begin = 1 + next((n for n, row in enumerate(rows) if name_of(row) == cursor), len(rows))
    end = begin + (int(limit) if limit.isdigit() and int(limit) else PAGE)
    return rows[begin:end], name_of(rows[end - 1]) if end < len(rows) else ""
