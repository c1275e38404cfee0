"""[strategy]: which one, its desk, its parameters."""

from pinnacle.core.config import Section, one_of


class DeskConfig(Section):
    """How quotes become orders."""

    #: Quotes are pulled when the market has been silent for so long; 0: never.
    stale_ms: int = 3000
    #: A refused order's slot is not used again for so long.
    reject_rest_ms: int = 250
    #: A working order this near to its wanted price stays.
    requote_ticks: int = 0


class MarketMakerConfig(Section):
    """Parameters of one instrument's market maker; see csrc/quote.h for the model."""

    quote_quantity: str
    inventory_max: str
    levels: int = 1
    level_spacing_ticks: float = 1.0
    risk_aversion: float = 0.01
    fill_decay_per_tick: float = 0.1
    fill_rate_per_s: float = 1.0
    volatility_halflife_s: float = 30.0
    volatility_floor: float = 1.0
    imbalance_lean_ticks: float = 0.0
    imbalance_levels: int = 5
    spread_min_ticks: float = 1.0
    spread_max_ticks: float = 1000.0
    edge_min_bps: float = 0.0
    fair_value: str = "microprice"

    def __post_init__(self) -> None:
        one_of("fair_value", self.fair_value, ("mid", "microprice"))


class StrategyConfig(Section):
    """`name` picks the strategy; its parameters stand in the table of that name, by symbol."""

    name: str = "market_maker"
    desk: DeskConfig = DeskConfig()
    market_maker: dict[str, MarketMakerConfig] = {}

    def __post_init__(self) -> None:
        one_of("name", self.name, ("market_maker",))
