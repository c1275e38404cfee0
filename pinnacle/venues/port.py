"""What a venue is to everybody else: what it declares, what a connection to its market is asked.

A venue is a package that holds one `VenueKind`; the registry finds it by name. Nothing above this
floor names a venue. What it says of itself is its `Reference` (reference/listing.py), its orders
go through its `OrderEntry` (orders/port.py).
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Generic, Protocol, TypeVar

import numpy as np

from pinnacle.core.config import Section
from pinnacle.core.credentials import Credentials, KeyForm
from pinnacle.core.errors import UsageError
from pinnacle.core.market_state import MarketState
from pinnacle.core.schema import Venue

if TYPE_CHECKING:
    from pinnacle.venues.orders.config import OrdersConfig
    from pinnacle.venues.orders.port import Desk, OrderEntry
    from pinnacle.venues.reference.listing import Reference
    from pinnacle.venues.served.dialect import Dialect
    from pinnacle.venues.served.exchange_side import ExchangeSide

#: Called with (struct pmm_event *, count); the records are overwritten after it returns.
Sink = Callable[[Any, int], object]
#: Bid price and quantity, ask price and quantity: ticks and lots.
Top = tuple[int, int, int, int]

SectionT = TypeVar("SectionT", bound=Section)


class MarketData(Protocol):
    """One venue's market, delivered as records to the sink that it was made with.

    Snapshots come as BOOK_BEGIN, DEPTH..., BOOK_END, then DEPTH a change, TRADE, TOP, each message
    whole in one call, and BOOK_INVALID when a book must not be used: at the start, at a gap, when
    the connection is lost or stale. recv_ns never runs backwards.
    """

    async def run(self) -> None:
        """Connect, deliver, reconnect; until cancelled, then every book is invalid.

        ConfigError for what no attempt could mend; any other failure is a lost connection.
        """

    def resync(self, instrument_id: int, reason: int) -> None:
        """Begin one book anew: its owner found it wrong. At once, from the task that runs `run`."""

    def hold(self, instrument_id: int, reason: int) -> None:
        """Give nothing of a book but BOOK_INVALID with this reason; NONE: again as the venue does.

        At once, from the task that runs `run`. What the same reason holds already stays so. Asked
        of those only whose VenueKind has a `Reference`.
        """

    def counts(self) -> Mapping[str, int]:
        """What it counts, by name; the names are the same at each call."""

    def state(self) -> MarketState:
        """How it stands now."""


class VenueKind(ABC, Generic[SectionT]):
    """What a venue's package declares, as an instance; light to import: what connects is imported
    by the method that makes it.

    name       the venue's, as logs and reports say it
    venue_id   in records; OTHER for a package of one's own
    section    of the configuration: how it is reached
    instruments_max  that one connection takes; None: any number
    key_form   the fields of a user's key there; None: it knows no keys
    orders     the section that says where it takes orders; None: it takes none here
    replaces   whether an order can be changed there and keep its id; where not, it is cancelled
               and made anew
    """

    name: ClassVar[str]
    venue_id: ClassVar[Venue] = Venue.OTHER
    section: type[SectionT]
    instruments_max: ClassVar[int | None] = None
    key_form: ClassVar[KeyForm | None] = None
    orders: "ClassVar[type[OrdersConfig] | None]" = None
    replaces: ClassVar[bool] = False

    def symbol_fault(self, symbol: str) -> str | None:
        """Why a symbol cannot be one of the venue's, as the end of a sentence; None if it can."""
        return None

    def name_of(self, symbol: str) -> str:
        """What the venue itself calls an instrument of this symbol in its messages."""
        return symbol

    def names(self, instruments: np.ndarray) -> list[str]:
        """The same of a whole table."""
        return [self.name_of(symbol.decode()) for symbol in instruments["symbol"].tolist()]

    @abstractmethod
    def market_data(
        self,
        config: SectionT,
        instruments: np.ndarray,
        sink: Sink,
        clock: Callable[[], int],
        top_of: Callable[[int], Top | None],
        credentials: Credentials | None = None,
    ) -> MarketData:
        """The market of `instruments` (dtype INSTRUMENT).

        clock      session time, ns: the recv_ns of what comes
        top_of     by instrument_id, how that book stands after what the sink was given; None
                   while it is not valid
        credentials  those of `market_key`; None where it names none
        """

    def market_key(self, config: SectionT) -> str | None:
        """What the vault calls the key that this market asks for; None: it is for everybody."""
        return None

    def order_entry(
        self,
        config: "OrdersConfig",
        credentials: Credentials,
        desk: "Desk",
    ) -> "OrderEntry":
        """Orders with one key."""
        raise UsageError(f"{self.name}: nothing knows how to send it orders")

    def reference(self) -> "Reference":
        """How its list of instruments is read; UsageError if nothing knows that."""
        raise UsageError(f"{self.name}: nothing knows how to read its list of instruments")

    def exchange_side(self) -> "type[ExchangeSide]":
        """Its server over an exchange of our own; UsageError if nothing knows that."""
        raise UsageError(f"{self.name}: no exchange of ours speaks its protocol")

    def dialect(self) -> "Dialect":
        """What its recordings and servers have of their own; UsageError if nothing knows that."""
        raise UsageError(f"{self.name}: its recordings cannot be read: it has no dialect")
