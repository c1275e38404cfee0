"""[risk]: limits per instrument, and of the session."""

from pinnacle.core.config import Section


class LimitsConfig(Section):
    """Of one instrument. Quantities are decimal text in its base currency."""

    order_quantity_max: str
    position_max: str
    #: How far from the middle of the market a price may be, in percent of it.
    collar_percent: float = 2.0
    open_orders_max: int = 32


class RiskConfig(Section):
    """`limits` by symbol: every instrument of the session needs its own."""

    limits: dict[str, LimitsConfig]
    #: An intent decided longer ago than this is refused.
    intent_age_max_ms: int = 250
    messages_per_s: int = 500
    messages_burst: int = 1000
