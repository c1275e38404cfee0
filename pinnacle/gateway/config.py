"""[gateway]: how long an order may be on its way."""

from typing import Annotated

from msgspec import Meta

from pinnacle.core._native import lib
from pinnacle.core.config import Section

Wait = Annotated[int, Meta(ge=1, le=600_000)]


class GatewayConfig(Section, frozen=True):
    """Timeouts of the order path."""

    #: An order decided longer ago than this is not sent.
    order_age_max_ms: Wait = 250
    #: An operation unanswered for so long makes its order unknown: it is queried.
    answer_timeout_ms: Wait = 1000
    #: Orders that may be at the venue at once; one beyond is refused (CAPACITY).
    orders_max: Annotated[int, Meta(ge=16, le=lib.PMM_ORDERS_CAPACITY_MAX)] = 8192
