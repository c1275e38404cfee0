"""How Binance writes things: numbers, times, names, its codes and words for refusals and ends."""

from collections.abc import Mapping
from decimal import Decimal

from pinnacle.core.schema import Reason, Side, TimeInForce
from pinnacle.venues.binance.orders.asking import WAYS
from pinnacle.venues.binance.serving import DECIMALS, RequestRefused
from pinnacle.venues.orders.port import What
from pinnacle.venues.served.exchange_side import Trouble
from pinnacle.venues.served.house import HouseOrder, Refusal, Status

#: Orders are numbered from here.
FIRST_ORDER = 40_000_000_000
SIDES = {"BUY": Side.BID, "SELL": Side.ASK}
NAMES = {Side.BID: "BUY", Side.ASK: "SELL"}
TIFS = {"GTC": TimeInForce.GTC, "IOC": TimeInForce.IOC, "FOK": TimeInForce.FOK}
TIF_NAMES: Mapping[int, str] = {number: name for name, number in TIFS.items()}
REFUSALS = {
    Refusal.FUNDS: (-2010, "Account has insufficient balance for requested action."),
    Refusal.WOULD_TAKE: (-2010, "Order would immediately match and take."),
    Refusal.DUPLICATE: (-2010, "Duplicate order sent."),
    Refusal.UNKNOWN_ORDER: (-2011, "Unknown order sent."),
    Refusal.PRICE_STEP: (-1013, "Filter failure: PRICE_FILTER"),
    Refusal.QUANTITY_STEP: (-1013, "Filter failure: LOT_SIZE"),
    Refusal.QUANTITY_MIN: (-1013, "Filter failure: LOT_SIZE"),
    Refusal.VALUE_MIN: (-1013, "Filter failure: NOTIONAL"),
    Refusal.CAPACITY: (-1013, "Filter failure: MAX_NUM_ORDERS"),
    Refusal.MARKET_MODE: (-1013, "Market is closed."),
    Refusal.BAD_ORDER: (-1013, "Invalid quantity."),
}
#: Why the venue itself ends an order; with none of these it was cancelled.
EXPIRED = {
    Reason.NO_LIQUIDITY: "UNFILLED_IOC_QUANTITY_EXPIRED",
    Reason.FOK: "UNFILLED_FOK_ORDER_EXPIRED",
    Reason.EXPIRED: "INSUFFICIENT_LIQUIDITY",
}
#: Status, code, words, and how long it asks to be left alone, s.
TROUBLES = {
    Trouble.RATE_LIMIT: (
        429,
        -1015,
        "Too many new orders; current limit is 50 orders per 10 S.",
        1,
    ),
    Trouble.BAN: (418, -1003, "Way too much request weight used; IP banned until {until_ms}.", 2),
    Trouble.BAD_NONCE: (
        400,
        -1021,
        "Timestamp for this request is outside of the recvWindow.",
        0,
    ),
    Trouble.SESSION_EXPIRED: (401, -2015, "Invalid API-key, IP, or permissions for action.", 0),
    Trouble.UNKNOWN: (
        504,
        -1007,
        "Timeout waiting for response from backend server. "
        "Send status unknown; execution status unknown.",
        0,
    ),
}
#: What is asked by a method of the socket, or a request of REST.
ASKED: Mapping[str, What] = {
    name: what
    for what, way in WAYS.items()
    if what is not What.NAMES
    for name in (way.method, f"{way.verb} {way.path}")
}
#: The methods that a request of REST stands for.
METHODS = {f"{way.verb} {way.path}": way.method for way in WAYS.values()}
METHODS["GET /api/v3/rateLimit/order"] = "account.rateLimits.orders"
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"


def refused(refusal: Refusal) -> RequestRefused:
    """The venue's words for it."""
    return RequestRefused(*REFUSALS[refusal])


def order_name(number: int) -> str:
    """What an order is called, by its number."""
    return str(FIRST_ORDER + number)


def given_name(number: int) -> str:
    """An id of 22 letters, for what a client gave none."""
    found, state = "", number * 2654435761 + 97
    for _ in range(22):
        state, digit = divmod(state, len(_LETTERS))
        state += digit * 1_000_003
        found += _LETTERS[digit]
    return found


def milliseconds(at_ns: int) -> int:
    """A time."""
    return at_ns // 1_000_000


def text(number: Decimal) -> str:
    """With eight digits behind the point."""
    return f"{number:.{DECIMALS}f}"


def status_of(order: HouseOrder) -> str:
    """How an order stands."""
    if order.status is Status.OPEN:
        return "PARTIALLY_FILLED" if order.filled else "NEW"
    if order.status is Status.CANCELLED:
        return ended_as(order.reason)
    return "FILLED" if order.status is Status.FILLED else "REJECTED"


def ended_as(reason: Reason) -> str:
    """The same of one that is over and not filled."""
    if reason == Reason.SELF_TRADE:
        return "EXPIRED_IN_MATCH"
    return "EXPIRED" if reason in EXPIRED else "CANCELED"


def type_of(order: HouseOrder) -> str:
    """What kind of order it is."""
    if order.is_market:
        return "MARKET"
    return "LIMIT_MAKER" if order.post_only else "LIMIT"
