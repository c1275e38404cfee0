"""[strategy]: which one, its desk, its parameters."""

import re
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from pinnacle.core._native import lib
from pinnacle.core.config import DecimalText, Section, joined

#: The ranges of struct pmm_maker_params, csrc/trade/quote.h.
Ticks = Annotated[float, Meta(ge=1, le=1e9)]
Lean = Annotated[float, Meta(ge=-1e9, le=1e9)]
Aversion = Annotated[float, Meta(ge=1e-12, le=1e6)]
Decay = Annotated[float, Meta(ge=1e-12, le=1e3)]
Scale = Annotated[float, Meta(ge=1e-9, le=1e9)]
Halflife = Annotated[float, Meta(ge=1e-3, le=1e9)]
Edge = Annotated[float, Meta(ge=-1e4, le=1e4)]
Levels = Annotated[int, Meta(ge=1, le=lib.PMM_QUOTE_LEVELS_MAX)]

#: Below it a quiet instant would pull the quotes, and the next record place them again.
STALE_LEAST_MS = 100


class DeskConfig(Section, frozen=True):
    """How quotes become orders."""

    #: Quotes are pulled when the market has been silent for so long; 0: never.
    stale_ms: Annotated[int, Meta(ge=0, le=3_600_000)] = 3000
    #: A refused order's slot is not used again for so long.
    reject_rest_ms: Annotated[int, Meta(ge=0, le=3_600_000)] = 250
    #: A working order this near to its wanted price stays.
    requote_ticks: Annotated[int, Meta(ge=0, le=1_000_000_000)] = 0
    #: Orders are changed in their place; if not, or where a venue cannot, they are cancelled and
    #: made anew.
    replace: bool = True

    def __post_init__(self) -> None:
        if 0 < self.stale_ms < STALE_LEAST_MS:
            raise ValueError(
                f"stale_ms: must be 0 (never) or at least {STALE_LEAST_MS}, not {self.stale_ms}"
            )


class MarketMakerConfig(Section, frozen=True):
    """Parameters of one instrument's market maker; see csrc/trade/quote.h for the model."""

    quote_quantity: DecimalText
    inventory_max: DecimalText
    levels: Levels = 1
    level_spacing_ticks: Ticks = 1.0
    risk_aversion: Aversion = 0.01
    fill_decay_per_tick: Decay = 0.1
    fill_rate_per_s: Scale = 1.0
    volatility_halflife_s: Halflife = 30.0
    volatility_floor: Scale = 1.0
    imbalance_lean_ticks: Lean = 0.0
    imbalance_levels: Levels = 5
    spread_min_ticks: Ticks = 1.0
    spread_max_ticks: Ticks = 1000.0
    edge_min_bps: Edge = 0.0
    fair_value: Literal["mid", "microprice"] = "microprice"

    def __post_init__(self) -> None:
        if self.spread_max_ticks < self.spread_min_ticks:
            raise ValueError(
                f"spread_max_ticks: must not be below spread_min_ticks ({self.spread_min_ticks:g})"
            )
        if abs(self.imbalance_lean_ticks) > self.spread_max_ticks:
            raise ValueError(
                "imbalance_lean_ticks: must not lean further than spread_max_ticks "
                f"({self.spread_max_ticks:g}), not {self.imbalance_lean_ticks:g}"
            )


def section_key(name: str) -> str:
    """The full key of a strategy's section; `name` is empty where it is the only one."""
    return joined("strategies", name) if name else "strategy"


class StrategyConfig(Section, frozen=True):
    """`name` picks the strategy; its parameters stand in the table of that name, by instrument.

    A class of the user's own is `class = "module:Class"`, and its parameters stand in `params`.
    """

    name: Literal["market_maker"] = "market_maker"
    kind: str | None = msgspec.field(name="class", default=None)
    #: The folder of the class's module, from this file's own; not needed for what is installed.
    folder: str = ""
    #: What it sees and trades; all instruments of the session if not given.
    instruments: list[str] | None = None
    desk: DeskConfig = DeskConfig()
    market_maker: dict[str, MarketMakerConfig] = {}
    params: dict[str, Any] = {}

    def __post_init__(self) -> None:
        if self.kind is None:
            for key in ("folder", "params"):
                if getattr(self, key):
                    raise ValueError(f"{key}: is for a class of your own: class is missing")
        elif not re.fullmatch(r"[^\W\d]\w*(\.[^\W\d]\w*)*:[^\W\d]\w*", self.kind):
            raise ValueError(f'class: must be "module:Class", not {self.kind!r}')
        elif self.market_maker:
            raise ValueError("market_maker: is not the class that is named: its table is params")
