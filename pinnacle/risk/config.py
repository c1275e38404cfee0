"""[risk]: limits per instrument, and of the session."""

from typing import Annotated

from msgspec import Meta

from pinnacle.core._native import lib
from pinnacle.core.config import DecimalText, Section

#: The ranges of struct pmm_risk_limits and pmm_risk_session, csrc/risk/risk.h.
Percent = Annotated[float, Meta(ge=0.01, le=100)]
Orders = Annotated[int, Meta(ge=1, le=lib.PMM_RISK_ORDERS_MAX)]
Messages = Annotated[int, Meta(ge=1, le=1_000_000_000)]


class LimitsConfig(Section, frozen=True):
    """Of one instrument. Quantities are decimal text in its base currency."""

    order_quantity_max: DecimalText
    position_max: DecimalText
    #: How far from the middle of the market a price may be, in percent of it.
    collar_percent: Percent = 2.0
    open_orders_max: Orders = 32


class RiskConfig(Section, frozen=True):
    """`limits` by symbol: every instrument of the session needs its own."""

    limits: dict[str, LimitsConfig]
    #: An intent decided longer ago than this is refused.
    intent_age_max_ms: Annotated[int, Meta(ge=1, le=600_000)] = 250
    messages_per_s: Messages = 500
    messages_burst: Messages = 1000
