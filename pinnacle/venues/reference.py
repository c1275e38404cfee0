"""What a venue trades, as it says itself: steps, least sizes, currencies, whether it trades now."""

import enum
from abc import abstractmethod
from collections.abc import Sequence
from decimal import Decimal, InvalidOperation
from typing import Annotated, Any, NamedTuple, Protocol

import msgspec

from pinnacle.core.errors import DataError

#: Path and query.
Request = tuple[str, dict[str, str]]


class Status(enum.StrEnum):
    """Whether orders are taken."""

    TRADING = "trading"
    LIMITED = "limited"
    HALTED = "halted"


class Listing(NamedTuple):
    """One instrument; amounts as decimal text, without zeros that say nothing.

    symbol         the venue's own
    tick, lot      steps of prices and of quantities
    quantity_min   of an order, base currency; "" if the venue says none
    value_min      of an order, quote currency; "" if the venue says none
    words          the venue's own for its status
    """

    symbol: str
    base: str
    quote: str
    tick: str
    lot: str
    quantity_min: str
    value_min: str
    status: Status
    words: str

    @property
    def name(self) -> str:
        """As in BTC-USD."""
        return f"{self.base}-{self.quote}"


class Reference(Protocol):
    """Where a venue's list is, and how it is read; no I/O."""

    @abstractmethod
    def path(self) -> str:
        """Of the list, behind the base of the venue's REST address."""

    @abstractmethod
    def listings(self, body: bytes) -> list[Listing]:
        """Of a reply; DataError for one that is no list of the venue's."""

    @abstractmethod
    def price_request(self, symbol: str) -> Request:
        """Path and query of what one of the venue's instruments was traded at last."""

    @abstractmethod
    def price(self, body: bytes) -> Decimal:
        """Of a reply; DataError for one that says none."""


def plain(value: str | float | Decimal) -> str:
    """A number's decimal text: no exponent, no zeros that say nothing; DataError if it is none."""
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        raise DataError(f"not a number: {value!r}") from None
    if not number.is_finite() or number < 0:
        raise DataError(f"not an amount: {value!r}")
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def step(decimals: int) -> str:
    """One unit of so many digits behind the point."""
    return plain(Decimal(1).scaleb(-decimals))


Digits = Annotated[int, msgspec.Meta(ge=0, le=18)]


def decoded(
    decoder: "msgspec.json.Decoder[Any]", body: bytes, venue: str, what: str = "list of instruments"
) -> Any:
    """DataError if the body is not what the decoder is of."""
    try:
        return decoder.decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise DataError(f"not {venue}'s {what}: {error}: {body[:80]!r}") from None


def price_said(decoder: "msgspec.json.Decoder[Any]", body: bytes, venue: str) -> Decimal:
    """`price` of what the decoder makes of the body; DataError if nothing was traded yet."""
    price = Decimal(plain(decoded(decoder, body, venue, "price").price))
    if not price:
        raise DataError(f"{venue} says no price: {body[:80]!r}")
    return price


def status_of(words: str, trading: Sequence[str], limited: Sequence[str] = ()) -> Status:
    """By the venue's own words; what is not known is halted."""
    if words in trading:
        return Status.TRADING
    return Status.LIMITED if words in limited else Status.HALTED
