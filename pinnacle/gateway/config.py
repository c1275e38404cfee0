"""[gateway]: how long an order may be on its way. [orders]: where the venues take them."""

from typing import Annotated, Any

from msgspec import Meta

from pinnacle.core._native import lib
from pinnacle.core.config import Section, Tables
from pinnacle.venues import registry

Wait = Annotated[int, Meta(ge=1, le=600_000)]


class GatewayConfig(Section, frozen=True):
    """Timeouts of the order path."""

    #: An order decided longer ago than this is not sent.
    order_age_max_ms: Wait = 250
    #: An operation unanswered for so long makes its order unknown: it is queried.
    answer_timeout_ms: Wait = 1000
    #: Orders that may be at the venue at once; one beyond is refused (CAPACITY).
    orders_max: Annotated[int, Meta(ge=16, le=lib.PMM_ORDERS_CAPACITY_MAX)] = 8192
    #: How often a venue outside must say that it does not have an order, and for how long at least,
    #: until that is believed.
    misses: Annotated[int, Meta(ge=1, le=100)] = 3
    miss_spread_ms: Wait = 10_000


class OrderTables(Tables):
    """A table a venue, by its name in the registry: where it takes orders."""

    @classmethod
    def section(cls, name: str) -> type[Section]:
        found = registry.find(name).orders
        if found is None:
            raise ValueError(f"{name} takes no orders here")
        return found


class LiveConfig(Section, frozen=True):
    """What the gateway of a venue outside is made from: `venue` and its table stand in [orders]."""

    table: GatewayConfig
    venue: str
    orders: Any
    #: The file; "": the user's own.
    vault: str

    @property
    def key(self) -> str:
        """What the vault calls the key that it signs with."""
        return self.orders.key or self.venue
