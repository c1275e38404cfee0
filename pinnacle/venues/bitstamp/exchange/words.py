"""How Bitstamp writes things: ids, times, markets, its words for what it refuses."""

import datetime
from decimal import Decimal
from typing import Any

import msgspec

from pinnacle.core.schema import Reason, Side
from pinnacle.venues.orders.terms import Terms
from pinnacle.venues.served.dialect import Reply
from pinnacle.venues.served.house import HouseOrder, Refusal, Status
from pinnacle.venues.served.serving import JSON, encode

TYPES = {Side.BID: "0", Side.ASK: "1"}
NAMES = {Side.BID: "buy", Side.ASK: "sell"}
#: What market orders have for a price in the channel of orders.
NO_PRICE = {Side.BID: "999999999", Side.ASK: "0"}
#: Of all accounts: there is one.
USER = 1000001
_FIRST_ORDER, _FIRST_TRADE = 1_900_000_000_000_000, 400_000_000
#: Orders that were taken and never came to the exchange: they would have taken.
_FIRST_CROSSED = 1_800_000_000_000_000


class Refused(Exception):
    """With the venue's words, a field they are about ("__all__": none), its code and the status."""

    def __init__(self, words: str, code: str = "", field: str = "__all__", status: int = 400):
        super().__init__(words)
        self.code, self.field, self.status = code, field, status

    def reply(self) -> Reply:
        body: dict[str, Any] = {"status": "error", "reason": {self.field: [str(self)]}}
        if self.field == "__all__" and self.status == 404:
            body["reason"] = str(self)
        if self.code:
            body |= {"response_code": self.code, "response_explanation": str(self)}
        return Reply(self.status, JSON, encode(body))


def refusal(found: Refusal, terms: Terms, needed: Decimal, currency: str, has: Decimal) -> Refused:
    """Why an order is not taken; of what it is paid with, how much it needs and how much there
    is."""
    match found:
        case Refusal.FUNDS:
            return Refused(
                f"You need {plain(needed)} {currency} to open that order. You have only "
                f"{plain(has)} {currency} available. Check your account balance for details.",
                "400.009",
            )
        case Refusal.MARKET_MODE:
            return Refused("Trading is currently disabled for this market.", "400.003")
        case Refusal.PRICE_STEP:
            words = f"Ensure this value is greater than or equal to {plain(terms.tick.size)}."
            return Refused(words, field="price")
    return Refused("Order could not be placed.", "500.017")


def order_name(number: int) -> str:
    """What an order is called, by its number."""
    return str(_FIRST_ORDER + number * 4096)


def crossed_name(number: int) -> str:
    """The same of one that would have taken."""
    return str(_FIRST_CROSSED + number * 4096)


def trade_name(number: int) -> int:
    """What an execution is called."""
    return _FIRST_TRADE + number


def market_name(terms: Terms) -> str:
    return f"{terms.base}/{terms.quote}"


def state(order: HouseOrder) -> str:
    """As the state of an order has it."""
    if order.status is Status.OPEN:
        return "Open"
    if order.reason == Reason.EXPIRED:
        return "Expired"
    return "Finished" if order.status is Status.FILLED else "Canceled"


def plain(number: Decimal) -> str:
    """Without an exponent, and no zeros behind."""
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def raw(text: str) -> msgspec.Raw:
    """A JSON number, digit for digit."""
    return msgspec.Raw(text.encode())


def stamp(at_ns: int) -> str:
    """UTC, though it does not say so."""
    at = datetime.datetime.fromtimestamp(at_ns / 1e9, datetime.UTC)
    return at.strftime("%Y-%m-%d %H:%M:%S.%f")


def times(at_ns: int) -> dict[str, str]:
    """Of every frame with data."""
    return {"timestamp": str(at_ns // 10**9), "microtimestamp": str(at_ns // 1000)}
