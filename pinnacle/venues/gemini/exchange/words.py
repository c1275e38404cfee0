"""How Gemini writes things: times, numbers, ids, its words for refusals and ends."""

from collections.abc import Mapping
from decimal import Decimal
from email.utils import formatdate
from typing import Any

from pinnacle.core.schema import Reason, Side, TimeInForce
from pinnacle.venues.orders.port import What
from pinnacle.venues.orders.terms import Terms
from pinnacle.venues.served.dialect import Reply
from pinnacle.venues.served.house import HouseFill, HouseOrder, Refusal, Status
from pinnacle.venues.served.serving import JSON, encode
from pinnacle.venues.served.shown_book import padded

#: Decimals of prices and quantities on the WebSocket, at least.
PRICE_DECIMALS, QUANTITY_DECIMALS = 5, 10
SIDES = {"buy": Side.BID, "sell": Side.ASK}
OPTIONS = {"immediate-or-cancel": TimeInForce.IOC, "fill-or-kill": TimeInForce.FOK}
TIFS = {
    "GTC": TimeInForce.GTC,
    "MOC": TimeInForce.GTC,
    "IOC": TimeInForce.IOC,
    "FOK": TimeInForce.FOK,
}
#: By what is refused: the word of REST and of order events, and the status of HTTP.
WORDS = {
    Refusal.FUNDS: ("InsufficientFunds", 406),
    Refusal.WOULD_TAKE: ("MakerOrCancelWouldTake", 200),
    Refusal.UNKNOWN_ORDER: ("OrderNotFound", 404),
    Refusal.PRICE_STEP: ("InvalidPrice", 400),
    Refusal.QUANTITY_STEP: ("InvalidQuantity", 400),
    Refusal.QUANTITY_MIN: ("InvalidQuantity", 400),
    Refusal.VALUE_MIN: ("InvalidQuantity", 400),
    Refusal.DUPLICATE: ("DuplicateOrder", 400),
    Refusal.CAPACITY: ("System", 400),
    Refusal.MARKET_MODE: ("MarketNotOpen", 400),
    Refusal.BAD_ORDER: ("InvalidOrderType", 400),
}
ENDS = {
    Reason.REQUESTED: "Requested",
    Reason.SELF_TRADE: "SelfCrossPrevented",
    Reason.NO_LIQUIDITY: "ImmediateOrCancelWouldPost",
    Reason.FOK: "FillOrKillWouldNotFill",
    Reason.WOULD_TAKE: "MakerOrCancelWouldTake",
}
#: What a path or a method asks for.
ASKED = {
    "/v1/order/new": What.NEW,
    "/v1/order/cancel": What.CANCEL,
    "/v1/order/cancel/all": What.CANCEL_ALL,
    "/v1/order/cancel/session": What.CANCEL_ALL,
    "/v1/order/status": What.QUERY,
    "/v1/orders": What.OPEN,
    "/v1/mytrades": What.FILLS,
    "/v1/balances": What.BALANCES,
    "/v1/notionalvolume": What.FEES,
    "/v1/heartbeat": What.KEEP_ALIVE,
    "order.place": What.NEW,
    "order.cancel": What.CANCEL,
    "order.cancel_all": What.CANCEL_ALL,
    "order.cancel_session": What.CANCEL_ALL,
}
_ORDERS, _TRADES = 73_000_000_000_000_000, 2_840_000_000_000


class Refused(Exception):
    """With the venue's word, the status of HTTP, and what people read."""

    def __init__(self, reason: str, words: str, status: int = 400):
        super().__init__(words)
        self.reason, self.words, self.status = reason, words, status

    @property
    def body(self) -> dict[str, str]:
        return {"result": "error", "reason": self.reason, "message": self.words}


def order_name(number: int) -> str:
    """What an order is called, by its number."""
    return str(_ORDERS + number)


def trade_id(fill: HouseFill) -> int:
    """What a trade of somebody's is called."""
    return _TRADES + fill.number


def reply(
    status: int, body: object, now_ns: int, headers: Mapping[str, str] | None = None
) -> Reply:
    """Dated by the venue's clock, which shows it nowhere else."""
    dated = JSON | {"Date": formatdate(now_ns // 1_000_000_000, usegmt=True)}
    return Reply(status, dated | dict(headers or {}), encode(body))


def price(terms: Terms, ticks: int) -> str:
    """On the WebSocket."""
    return padded(terms.price(ticks), PRICE_DECIMALS - terms.tick.decimals)


def quantity(terms: Terms, lots: int) -> str:
    """On the WebSocket."""
    return padded(terms.quantity(lots), QUANTITY_DECIMALS - terms.lot.decimals)


def decimal(amount: Decimal) -> str:
    """Without an exponent, and without zeros that say nothing."""
    text = f"{amount:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def is_cancelled(order: HouseOrder) -> bool:
    """One that would have taken is there, cancelled; what else was refused never was."""
    return order.status is Status.CANCELLED or is_refused(order)


def is_refused(order: HouseOrder) -> bool:
    """As the venue has it, a post-only order that would have taken."""
    return order.status is Status.REJECTED and order.reason == Reason.WOULD_TAKE


def without_nothing(row: dict[str, Any]) -> dict[str, Any]:
    """What is nothing or zero the WebSocket leaves out."""
    return {name: value for name, value in row.items() if value not in ("", None, 0, False)}
