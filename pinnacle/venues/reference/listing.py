"""What a venue says of itself: its instruments, their prices, what its clock shows."""

import enum
from abc import abstractmethod
from collections.abc import Sequence
from decimal import Decimal, InvalidOperation
from typing import Annotated, Any, ClassVar, NamedTuple, Protocol, TypeVar

import msgspec

from pinnacle.core.errors import DataError
from pinnacle.venues.reference.offset import LATEST_NS, SECOND_NS, Moment, moment_of_date

#: No amount has so many digits before or behind its point; written out, they would fill memory.
EXPONENT_MAX = 40
#: Path and query.
Request = tuple[str, dict[str, str]]
T = TypeVar("T")


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
    """Where what a venue says is, and how it is read; no I/O.

    VENUE    its name, for people
    PRICES   of replies to `price_request`: what it makes has a `price`, as text
    """

    VENUE: ClassVar[str]
    PRICES: ClassVar["msgspec.json.Decoder[Any]"]

    @abstractmethod
    def path(self) -> str:
        """Of the list, behind the base of the venue's REST address."""

    def list_request(self, symbols: Sequence[str]) -> Request:
        """Path and query of a list that has these of the venue's own symbols; where one that it
        does not know spoils it, `path` has them all."""
        return self.path(), {}

    @abstractmethod
    def listings(self, body: bytes) -> list[Listing]:
        """Of a reply; DataError for one that is no list of the venue's."""

    @abstractmethod
    def price_request(self, symbol: str) -> Request:
        """Path and query of what one of the venue's instruments was traded at last."""

    def price(self, body: bytes) -> Decimal:
        """Of a reply; DataError for one that says none."""
        return price_said(self.PRICES, body, self.VENUE)

    def clock_request(self, symbol: str) -> Request:
        """Path and query of what tells the venue's time; of one that has nothing for that, of any
        of its small replies: HTTP dates them."""
        return self.price_request(symbol)

    def moment(self, date: str, body: bytes) -> Moment:
        """What the venue's clock showed, by a reply and its Date; DataError for one that says
        nothing of it."""
        return moment_of_date(date)


def plain(value: str | float | Decimal) -> str:
    """A number's decimal text: no exponent, no zeros that say nothing; DataError if it is none."""
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        raise DataError(f"not a number: {value!r}") from None
    if not number.is_finite() or number < 0 or abs(number.adjusted()) > EXPONENT_MAX:
        raise DataError(f"not an amount: {value!r}")
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def step(decimals: int) -> str:
    """One unit of so many digits behind the point."""
    return plain(Decimal(1).scaleb(-decimals))


Digits = Annotated[int, msgspec.Meta(ge=0, le=18)]


def decoded(
    decoder: "msgspec.json.Decoder[T]",
    body: bytes | msgspec.Raw,
    venue: str,
    what: str = "list of instruments",
) -> T:
    """DataError if the body is not what the decoder is of."""
    try:
        return decoder.decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise DataError(f"not {venue}'s {what}: {error}: {bytes(body)[:80]!r}") from None


def price_said(decoder: "msgspec.json.Decoder[Any]", body: bytes, venue: str) -> Decimal:
    """`price` of what the decoder makes of the body; DataError if nothing was traded yet."""
    price = Decimal(plain(decoded(decoder, body, venue, "price").price))
    if not price:
        raise DataError(f"{venue} says no price: {body[:80]!r}")
    return price


def moment_said(seconds: str | float | Decimal, within_ns: int) -> Moment:
    """What a clock showed that moves on each `within_ns`; DataError for what no clock shows."""
    at_ns = int(Decimal(plain(seconds)) * SECOND_NS)
    if at_ns >= LATEST_NS:
        raise DataError(f"no time: {seconds!r:.80}")
    return Moment(at_ns - at_ns % within_ns, within_ns)


def status_of(words: str, trading: Sequence[str], limited: Sequence[str] = ()) -> Status:
    """By the venue's own words; what is not known is halted."""
    if words in trading:
        return Status.TRADING
    return Status.LIMITED if words in limited else Status.HALTED
