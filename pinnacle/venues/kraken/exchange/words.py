"""How Kraken writes things: times, numbers, names of orders, its words for refusals and ends."""

import datetime
from typing import Any

import msgspec

from pinnacle.core.schema import Reason, Side, TimeInForce
from pinnacle.venues.orders.port import What
from pinnacle.venues.served.exchange_side import Trouble
from pinnacle.venues.served.house import HouseFill, Refusal

_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
SIDES = {"buy": Side.BID, "sell": Side.ASK}
NAMES = {Side.BID: "buy", Side.ASK: "sell"}
TIFS = {"gtc": TimeInForce.GTC, "ioc": TimeInForce.IOC, "fok": TimeInForce.FOK}
WORDS = {
    Refusal.FUNDS: "EOrder:Insufficient funds",
    Refusal.WOULD_TAKE: "EOrder:Post only order",
    Refusal.UNKNOWN_ORDER: "EOrder:Unknown order",
    Refusal.PRICE_STEP: "EOrder:Tick size check failed",
    Refusal.QUANTITY_STEP: "EGeneral:Invalid arguments:volume",
    Refusal.QUANTITY_MIN: "EOrder:Order minimum not met",
    Refusal.VALUE_MIN: "EOrder:Cost minimum not met",
    Refusal.DUPLICATE: "EOrder:Duplicate order",
    Refusal.CAPACITY: "EOrder:Orders limit exceeded",
    Refusal.MARKET_MODE: "EService:Market in cancel_only mode",
    Refusal.BAD_ORDER: "EGeneral:Invalid arguments",
}
REASONS = {
    Reason.CANCEL_ON_DISCONNECT: "cancel_all_orders_after",
    Reason.REQUESTED: "User requested",
    Reason.SELF_TRADE: "Self trade prevention",
    Reason.NO_LIQUIDITY: "IOC order cancelled",
    Reason.FOK: "FOK order cancelled",
}

REQUESTS_FULL = "EAPI:Rate limit exceeded"
TROUBLES = {
    Trouble.RATE_LIMIT: "EOrder:Rate limit exceeded",
    Trouble.BAN: "EGeneral:Temporary lockout",
    Trouble.BAD_NONCE: "EAPI:Invalid nonce",
    Trouble.SESSION_EXPIRED: "ESession:Invalid session",
    Trouble.UNKNOWN: "EService:Unavailable",
}
#: By what REST and the socket call them.
METHODS = {
    "add_order": What.NEW,
    "amend_order": What.REPLACE,
    "cancel_order": What.CANCEL,
    "cancel_all": What.CANCEL_ALL,
    "cancel_all_orders_after": What.KEEP_ALIVE,
    "AddOrder": What.NEW,
    "AmendOrder": What.REPLACE,
    "CancelOrder": What.CANCEL,
    "CancelAll": What.CANCEL_ALL,
    "CancelAllOrdersAfter": What.KEEP_ALIVE,
    "GetWebSocketsToken": What.TOKEN,
    "OpenOrders": What.OPEN,
    "ClosedOrders": What.QUERY,
    "QueryOrders": What.QUERY,
    "TradesHistory": What.FILLS,
    "BalanceEx": What.BALANCES,
    "TradeVolume": What.FEES,
}
_ASSETS = {"BTC": "XXBT", "ETH": "XETH", "USD": "ZUSD", "EUR": "ZEUR", "DOGE": "XXDG"}


class Refused(Exception):
    """With the venue's words."""


def order_name(number: int) -> str:
    """What an order is called, by its number."""
    return f"O{letters(number, 5)}-{letters(number * 7919, 5)}-{letters(number * 104729, 6)}"


def exec_name(fill: HouseFill) -> str:
    """What an execution is called."""
    number = fill.number
    return f"T{letters(number, 5)}-{letters(number * 7919, 5)}-{letters(number, 6)}"


def letters(number: int, length: int) -> str:
    """A number in letters and digits, its lowest first."""
    found = []
    for _ in range(length):
        number, digit = divmod(number, len(_LETTERS))
        found.append(_LETTERS[digit])
    return "".join(found)


def asset_name(currency: str) -> str:
    """What REST calls a currency."""
    return _ASSETS.get(currency, currency)


def is_uuid(text: str) -> bool:
    """With dashes or without."""
    digits = text.replace("-", "")
    return len(digits) == 32 and all(c in "0123456789abcdefABCDEF" for c in digits)


def stamp(at_ns: int) -> str:
    """A time."""
    at = datetime.datetime.fromtimestamp(at_ns / 1e9, datetime.UTC)
    return at.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def times(at_ns: int) -> dict[str, Any]:
    """What every answer on the socket has."""
    return {"time_in": stamp(at_ns), "time_out": stamp(at_ns)}


def raw(number: str) -> msgspec.Raw:
    """A JSON number, digit for digit."""
    return msgspec.Raw(number.encode())
