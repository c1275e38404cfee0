"""What a venue's server asks of the exchange behind it: accounts, orders, fills. No I/O.

An exchange has one House, whoever's protocol it is spoken to in (exchange/network/house.py); a
venue's own words for what happens there are its `ExchangeSide` (exchange_side.py).
"""

import enum
from abc import abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import NamedTuple, Protocol

from pinnacle.core.schema import Reason, Side
from pinnacle.venues.orders.terms import Terms


class Status(enum.Enum):
    """Of an order."""

    OPEN = "open"
    FILLED = "filled"
    CANCELLED = "cancelled"
    REJECTED = "rejected"


class Happening(enum.Enum):
    """What the owner of an order hears."""

    ACCEPTED = "accepted"
    FILLED = "filled"
    CANCELLED = "cancelled"
    REPLACED = "replaced"


class Refusal(enum.Enum):
    """Why the exchange does not do what it is asked."""

    FUNDS = "funds"
    WOULD_TAKE = "would take"
    UNKNOWN_ORDER = "unknown order"
    PRICE_STEP = "price step"
    QUANTITY_STEP = "quantity step"
    QUANTITY_MIN = "quantity minimum"
    VALUE_MIN = "value minimum"
    DUPLICATE = "duplicate client id"
    CAPACITY = "capacity"
    MARKET_MODE = "market mode"
    BAD_ORDER = "bad order"


@dataclass(eq=False)
class Account:
    """Whoever owns orders and money; several keys may open it.

    total, held   by currency; `held` by open orders
    """

    name: str
    total: dict[str, Decimal] = field(default_factory=dict)
    held: dict[str, Decimal] = field(default_factory=dict)

    def available(self, currency: str) -> Decimal:
        """What may still be ordered with."""
        return self.total.get(currency, Decimal(0)) - self.held.get(currency, Decimal(0))


class Key(NamedTuple):
    """One key of an account: what it is called, and the fields that its requests are verified
    with."""

    name: str
    fields: Mapping[str, str]
    account: Account


@dataclass(eq=False)
class HouseFill:
    """One execution. `number` rises over all instruments."""

    number: int
    order: "HouseOrder"
    price: int
    quantity: int
    fee: Decimal
    currency: str
    is_maker: bool
    at_ns: int


@dataclass(eq=False)
class HouseOrder:
    """One order: ticks, lots. `number` rises over all; `venue_id` is what the venue calls it."""

    number: int
    account: Account
    row: int
    side: Side
    price: int
    quantity: int
    client_id: str = ""
    key: str = ""
    venue_id: str = ""
    is_market: bool = False
    time_in_force: int = 0
    post_only: bool = False
    status: Status = Status.OPEN
    reason: Reason = Reason.NONE
    filled: int = 0
    notional: int = 0
    created_ns: int = 0
    updated_ns: int = 0
    fills: list[HouseFill] = field(default_factory=list)

    @property
    def leaves(self) -> int:
        return self.quantity - self.filled


class Event(NamedTuple):
    """Something happened to an order; `fill` of FILLED. `filled`, `status` as they were then."""

    what: Happening
    order: HouseOrder
    at_ns: int
    fill: HouseFill | None = None
    filled: int = 0
    notional: int = 0
    quantity: int = 0


class NewOrder(NamedTuple):
    """As it is asked for; `row` of the exchange's instruments."""

    row: int
    side: Side
    price: int
    quantity: int
    client_id: str = ""
    is_market: bool = False
    time_in_force: int = 0
    post_only: bool = False
    self_trade: int = 0


class House(Protocol):
    """The exchange. What is asked happens at once; what follows from it is told as Events."""

    terms: Sequence[Terms]

    @abstractmethod
    def now_ns(self) -> int:
        """The venue's clock, UTC."""

    @abstractmethod
    def key(self, name: str) -> Key | None:
        """By what requests call it."""

    @abstractmethod
    def place(self, key: Key, order: NewOrder) -> HouseOrder | Refusal:
        """The order, as far as it has come at once."""

    @abstractmethod
    def cancel(self, order: HouseOrder) -> Refusal | None:
        """None: it is gone."""

    @abstractmethod
    def expire(self, order: HouseOrder) -> None:
        """Its time is over: cancelled for that, if it is open."""

    @abstractmethod
    def replace(self, order: HouseOrder, price: int, quantity: int) -> Refusal | None:
        """`quantity`: the new total. None: it is done."""

    @abstractmethod
    def orders(self, account: Account) -> Iterable[HouseOrder]:
        """All that were ever placed, the newest first, as requests see them now."""

    @abstractmethod
    def open_orders(self, account: Account) -> Iterable[HouseOrder]:
        """As lists of open orders see them now."""

    @abstractmethod
    def live(self, account: Account) -> Iterable[HouseOrder]:
        """Those that are open, whatever requests see: what cancels act on."""

    @abstractmethod
    def fills(self, account: Account) -> Sequence[HouseFill]:
        """The oldest first, as requests see them now."""

    @abstractmethod
    def depth(self, row: int, side: int, levels: int) -> Sequence[tuple[int, int]]:
        """(ticks, lots), the best first."""

    @abstractmethod
    def rates_e8(self, row: int) -> tuple[int, int]:
        """Maker's and taker's fee."""

    @abstractmethod
    def least(self, row: int) -> tuple[int, Decimal]:
        """What an order must have: lots, and so much worth in quote currency."""

    @abstractmethod
    def dead_man(self, account: Account, after_s: float) -> None:
        """All of its orders are cancelled after so long, unless it is set anew; 0: never."""
