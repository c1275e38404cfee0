"""What a new order says, as Binance reads it: what it must have, must not, and its numbers."""

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from pinnacle.core.schema import SelfTrade
from pinnacle.venues.binance.exchange.words import SIDES, TIFS, refused
from pinnacle.venues.binance.serving import DECIMALS, RequestRefused
from pinnacle.venues.orders.terms import Terms
from pinnacle.venues.served.house import NewOrder, Refusal

Params = Mapping[str, Any]
_CLIENT_ID = "^[a-zA-Z0-9-_]{1,36}$"
_NUMBER = "^([0-9]{1,20})(\\.[0-9]{1,20})?$"
SELF_TRADE_DEFAULT = "EXPIRE_MAKER"
_SELF_TRADE = {
    "NONE": SelfTrade.NONE,
    "EXPIRE_TAKER": SelfTrade.CANCEL_NEWEST,
    "EXPIRE_MAKER": SelfTrade.CANCEL_OLDEST,
    "EXPIRE_BOTH": SelfTrade.CANCEL_BOTH,
}
#: What each type of order must have, and what it must not.
_NEEDED = {
    "LIMIT": ("timeInForce", "quantity", "price"),
    "LIMIT_MAKER": ("quantity", "price"),
    "MARKET": ("quantity",),
}
_BARRED = {"LIMIT_MAKER": ("timeInForce",), "MARKET": ("timeInForce", "price")}
_NEVER = ("quoteOrderQty", "stopPrice", "trailingDelta", "icebergQty")
RESPONSES = ("ACK", "RESULT", "FULL")


def new_order(params: Params, row: int, terms: Terms, given: str) -> NewOrder:
    """`given`: its client id, if it brings none. RequestRefused."""
    side, kind = SIDES.get(str(needed(params, "side"))), str(needed(params, "type"))
    if side is None:
        raise RequestRefused(-1117, "Invalid side.")
    if kind not in _NEEDED:
        raise RequestRefused(-1116, "Invalid orderType.")
    for name in _NEEDED[kind]:
        needed(params, name)
    for name in (*_BARRED.get(kind, ()), *_NEVER):
        if name in params:
            raise RequestRefused(-1106, f"Parameter '{name}' sent when not required.")
    tif = TIFS.get(str(params.get("timeInForce", "GTC")))
    if tif is None:
        raise RequestRefused(-1115, "Invalid timeInForce.")
    if params.get("newOrderRespType", "ACK") not in RESPONSES:
        raise RequestRefused(-1100, "Illegal characters found in parameter 'newOrderRespType'.")
    rule = _SELF_TRADE.get(str(params.get("selfTradePreventionMode", SELF_TRADE_DEFAULT)))
    if rule is None:
        words = "This symbol does not allow the specified self-trade prevention mode."
        raise RequestRefused(-1013, words)
    is_market = kind == "MARKET"
    return NewOrder(
        row,
        side,
        0 if is_market else _steps(params, "price", terms.tick.size, Refusal.PRICE_STEP),
        _steps(params, "quantity", terms.lot.size, Refusal.QUANTITY_STEP),
        client_id(params, given),
        is_market,
        tif,
        kind == "LIMIT_MAKER",
        rule,
    )


def client_id(params: Params, given: str) -> str:
    """`newClientOrderId`, of an order or of a cancel."""
    name = "newClientOrderId"
    return given if params.get(name) is None else matching(params, name, _CLIENT_ID)


def _steps(params: Params, name: str, size: Decimal, refusal: Refusal) -> int:
    number = matching(params, name, _NUMBER)
    if len(number.partition(".")[2].rstrip("0")) > DECIMALS:
        raise RequestRefused(-1111, f"Parameter '{name}' has too much precision.")
    steps = Decimal(number) / size
    if steps != int(steps) or not 0 < steps < 2**62:
        raise refused(refusal)
    return int(steps)


def needed(params: Params, name: str) -> Any:
    """A parameter that has to be there."""
    if params.get(name) in (None, ""):
        words = f"Mandatory parameter '{name}' was not sent, was empty/null, or malformed."
        raise RequestRefused(-1102, words)
    return params[name]


def matching(params: Params, name: str, pattern: str) -> str:
    """A parameter that is there, as text of this form."""
    found = str(params[name])
    if not re.fullmatch(pattern, found):
        words = f"Illegal characters found in parameter '{name}'; legal range is '{pattern}'."
        raise RequestRefused(-1100, words)
    return found


def number(params: Params, name: str) -> int | None:
    """A whole number, if it is there."""
    return None if name not in params else int(matching(params, name, "^[0-9]{1,18}$"))
