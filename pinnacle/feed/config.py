"""[feed]: where the market comes from."""

from pinnacle.core.config import Section
from pinnacle.venues.binance.config import BinanceConfig


class FeedConfig(Section, frozen=True):
    """The simulated venue needs nothing; a real one has its own table."""

    binance: BinanceConfig | None = None
