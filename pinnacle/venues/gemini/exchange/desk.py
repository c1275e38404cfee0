"""Gemini's orders from its own side: what keys may ask by REST."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import msgspec

from pinnacle.venues.gemini.exchange.gate import Gate
from pinnacle.venues.gemini.exchange.placing import Placing
from pinnacle.venues.gemini.exchange.rows import status_row, trade_row
from pinnacle.venues.gemini.exchange.words import WORDS, Refused, decimal, is_refused, reply
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

TRADES, TRADES_MAX = 50, 500
#: A timestamp with more digits counts milliseconds.
_MILLISECONDS_FROM = 10**11


class GeminiDesk:
    """What any number of connections share."""

    def __init__(self, house: House, gate: Gate):
        self._house, self._gate = house, gate
        self._placing = Placing(house)

    def rest(self, asked: Asked) -> Reply:
        """To a request with a key."""
        try:
            key, said = self._gate.of_request(asked)
            body = self._said(asked.target, key, said)
        except Refused as refused:
            return reply(refused.status, refused.body, self._house.now_ns())
        return reply(200, body, self._house.now_ns())

    def place(self, key: Key, order: NewOrder) -> HouseOrder | Refusal:
        """As the house does."""
        return self._house.place(key, order)

    def cancel(self, account: Account, name: str) -> HouseOrder | None:
        """By the venue's id; None: no such order is open."""
        order = self.open_order(account, name)
        if order is None or self._house.cancel(order) is not None:
            return None
        return order

    def cancel_all(self, account: Account, key: str | None = None) -> list[HouseOrder]:
        """Of the account, or of one of its keys."""
        found = [o for o in self._house.live(account) if key is None or o.key == key]
        return [order for order in found if self._house.cancel(order) is None]

    def open_order(self, account: Account, name: str) -> HouseOrder | None:
        """As it is, whatever requests see."""
        return next((o for o in self._house.live(account) if o.venue_id == name), None)

    def _said(self, path: str, key: Key, said: Mapping[str, Any]) -> Any:
        account = key.account
        match path:
            case "/v1/order/new":
                return self._placed(key, self._placing.of_request(said))
            case "/v1/order/cancel":
                return self._cancelled(account, str(said.get("order_id", "")))
            case "/v1/order/cancel/all":
                return _all_cancelled(self.cancel_all(account))
            case "/v1/order/cancel/session":
                return _all_cancelled(self.cancel_all(account, key.name))
            case "/v1/order/status":
                return self._status(account, said)
            case "/v1/orders":
                return [status_row(self._house, o) for o in self._house.open_orders(account)]
            case "/v1/mytrades":
                return self._trades(account, said)
            case "/v1/balances":
                return _balances(account)
            case "/v1/notionalvolume":
                return self._volume()
            case "/v1/heartbeat":
                return {"result": "ok"}
        raise Refused("EndpointNotFound", f"no such endpoint: {path:.60}", 404)

    def _placed(self, key: Key, new: NewOrder) -> dict[str, Any]:
        placed = self.place(key, new)
        if placed is Refusal.WOULD_TAKE:
            return status_row(self._house, self.last_refused(key.account, new))
        if isinstance(placed, Refusal):
            word, status = WORDS[placed]
            raise Refused(word, f"the order was refused: {placed.value}", status)
        return status_row(self._house, placed)

    def last_refused(self, account: Account, new: NewOrder) -> HouseOrder:
        """What the venue has of an order that would have taken and was not to. Refused if requests
        do not see it now."""
        newest = next(iter(self._house.orders(account)), None)
        if newest is not None and is_refused(newest) and newest.client_id == new.client_id:
            return newest
        raise Refused(WORDS[Refusal.WOULD_TAKE][0], "the order would have taken")

    def _cancelled(self, account: Account, name: str) -> dict[str, Any]:
        order = self.cancel(account, name)
        if order is None:
            # One that has ended is told as it is, and nothing happens to it.
            order = self._seen(account, name)
        return status_row(self._house, order)

    def _status(self, account: Account, said: Mapping[str, Any]) -> Any:
        with_trades = said.get("include_trades") is True
        if "order_id" in said:
            return status_row(self._house, self._seen(account, str(said["order_id"])), with_trades)
        name = said.get("client_order_id")
        found = [o for o in self._house.orders(account) if o.client_id == name and _is_there(o)]
        return [status_row(self._house, order, with_trades) for order in found]

    def _seen(self, account: Account, name: str) -> HouseOrder:
        """As requests see it."""
        orders = self._house.orders(account)
        found = next((o for o in orders if o.venue_id == name and _is_there(o)), None)
        if found is None:
            raise Refused("OrderNotFound", f"Order {name:.40} not found", 404)
        return found

    def _trades(self, account: Account, said: Mapping[str, Any]) -> list[dict[str, Any]]:
        """The newest, or those that come next behind a time; the newest first."""
        row = None if "symbol" not in said else self._placing.row(said["symbol"])
        since_ns = _time_ns(said.get("timestamp", 0))
        most = min(int(_whole(said.get("limit_trades", TRADES))), TRADES_MAX)

        def is_meant(fill: HouseFill) -> bool:
            return fill.at_ns >= since_ns and (row is None or fill.order.row == row)

        found = [fill for fill in self._house.fills(account) if is_meant(fill)]
        page = found[:most] if since_ns else found[-most:]
        return [trade_row(self._house, fill) for fill in reversed(page)]

    def _volume(self) -> dict[str, Any]:
        rates = self._house.rates_e8(0)
        maker, taker = (msgspec.Raw(decimal(Decimal(rate).scaleb(-4)).encode()) for rate in rates)
        return {
            "web_maker_fee_bps": maker,
            "web_taker_fee_bps": taker,
            "api_maker_fee_bps": maker,
            "api_taker_fee_bps": taker,
            "api_auction_fee_bps": maker,
            "last_updated_ms": self._house.now_ns() // 1_000_000,
            "notional_30d_volume": 0,
            "notional_1d_volume": [],
        }


def _is_there(order: HouseOrder) -> bool:
    return order.status is not Status.REJECTED or is_refused(order)


def _all_cancelled(orders: list[HouseOrder]) -> dict[str, Any]:
    names = [int(order.venue_id) for order in orders]
    return {"result": "ok", "details": {"cancelledOrders": names, "cancelRejects": []}}


def _balances(account: Account) -> list[dict[str, str]]:
    return [
        {
            "type": "exchange",
            "currency": name,
            "amount": decimal(total),
            "available": decimal(account.available(name)),
            "availableForWithdrawal": decimal(account.available(name)),
        }
        for name, total in sorted(account.total.items())
    ]


def _whole(said: object) -> int:
    text = str(said)
    if not (text.isascii() and text.isdigit()) or len(text) > 18:
        raise Refused("InvalidTimestampInPayload", f"Received invalid number {said!r:.40}")
    return int(text)


def _time_ns(said: object) -> int:
    found = _whole(said)
    return found * (1_000_000 if found >= _MILLISECONDS_FROM else 1_000_000_000)
