"""What a simulated market is like, measured from its feed and books, beside its configuration."""

from collections.abc import Mapping

import msgspec
import numpy as np

from pinnacle.core.schema import Kind, Side
from pinnacle.sim.market import MarketView

_E4 = 1e4
_DEPTH_EVERY_S = 30
_DEPTH_LEVELS = 4096
#: Distances from the mid, in basis points, between which depth is summed.
DISTANCE_EDGES_BPS = (0.0, 0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 5.0, 10.0)
QUANTILES = {"p1": 0.01, "p10": 0.1, "p50": 0.5, "p90": 0.9, "p99": 0.99}


class Compared(msgspec.Struct, frozen=True, kw_only=True):
    """One quantity as it was configured (None: it follows from others) and as it came out."""

    configured: float | None
    measured: float


class DepthBand(msgspec.Struct, frozen=True, kw_only=True):
    """Mean quantity of one side per basis point, between two distances from the mid."""

    from_bps: float
    to_bps: float
    base_per_bps: float


class InstrumentReport(msgspec.Struct, frozen=True, kw_only=True):
    """One instrument's market. Books are sampled every second, depth every 30 s."""

    symbol: str
    two_sided: float
    crossed: int
    spread_ticks: dict[str, float]
    spread_ticks_mean: float
    depth: list[DepthBand]
    rates_per_s: dict[str, Compared]
    volatility_bps_per_sqrt_s: dict[str, Compared]
    trades: int
    trade_size: dict[str, float]
    open_orders: int


class Measurement:
    """Collects what one instrument's report is made of."""

    def __init__(self, market: MarketView, index: int, params: Mapping[str, float]):
        self._market = market
        self._params = params
        self._engine = market.engines[index]
        self._index = index
        self._instrument_id = int(params["instrument_id"])
        self._tops: list[tuple[int, int, int, int]] = []
        self._sizes: list[np.ndarray] = []
        self._bands = np.zeros(len(DISTANCE_EDGES_BPS) - 1)
        self._depth_samples = 0

    def take(self, events: np.ndarray) -> None:
        """Records of the feed, in order; an EVENT array."""
        mine = events["instrument_id"] == self._instrument_id
        self._sizes.append(events["quantity"][mine & (events["kind"] == Kind.TRADE)])

    def sample(self, second: int) -> None:
        """Look at the book as it is now."""
        top = self._engine.top()
        self._tops.append(top[:4])
        if second % _DEPTH_EVERY_S == 0 and top.bid_quantity and top.ask_quantity:
            mid = (top.bid_price + top.ask_price) / 2
            for side in (Side.BID, Side.ASK):
                levels = self._engine.depth(side, _DEPTH_LEVELS)
                bps = np.abs(levels["price"] - mid) / mid * _E4
                self._bands += np.histogram(bps, DISTANCE_EDGES_BPS, weights=levels["quantity"])[0]
            self._depth_samples += 1

    def report(self, symbol: str, lot_size: float, seconds: int) -> InstrumentReport:
        """The measures beside the parameters that they come from."""
        tops = np.array(self._tops, dtype=np.int64).reshape(-1, 4)
        both = (tops[:, 1] > 0) & (tops[:, 3] > 0)
        spread = (tops[:, 2] - tops[:, 0])[both]
        sizes = np.concatenate(self._sizes) * lot_size
        return InstrumentReport(
            symbol=symbol,
            two_sided=float(both.mean()),
            crossed=int((spread <= 0).sum()),
            spread_ticks=_quantiles(spread),
            spread_ticks_mean=float(spread.mean()) if len(spread) else 0.0,
            depth=self._depth(lot_size),
            rates_per_s=self._rates(seconds),
            volatility_bps_per_sqrt_s=_volatility(tops[both], self._params),
            trades=len(sizes),
            trade_size=_quantiles(sizes) | {"mean": float(sizes.mean()) if len(sizes) else 0.0},
            open_orders=self._market.stats(self._index).live,
        )

    def _depth(self, lot_size: float) -> list[DepthBand]:
        widths = np.diff(DISTANCE_EDGES_BPS)
        mean = self._bands * lot_size / (2 * max(self._depth_samples, 1)) / widths
        bands = zip(DISTANCE_EDGES_BPS, DISTANCE_EDGES_BPS[1:], mean, strict=False)
        return [
            DepthBand(from_bps=low, to_bps=high, base_per_bps=float(value))
            for low, high, value in bands
        ]

    def _rates(self, seconds: int) -> dict[str, Compared]:
        stats, params = self._market.stats(self._index), self._params
        rows = {
            "limit_orders": (params["limits_per_s"], stats.limits),
            "cancels": (None, stats.cancels),
            "market_orders": (params["takes_per_s"], stats.takes),
            "informed_looks": (params["informed_per_s"], stats.informed_looks),
            "informed_orders": (None, stats.informed_takes),
            "jumps": (params["jumps_per_s"], stats.jumps),
        }
        return {
            name: Compared(configured=configured, measured=count / seconds)
            for name, (configured, count) in rows.items()
        }


def _volatility(tops: np.ndarray, params: Mapping[str, float]) -> dict[str, Compared]:
    """Of the mid over 1 s and 60 s; jumps add their variance to the diffusion's."""
    jumps = params["jumps_per_s"] * params["jump_size"] ** 2
    configured = (params["volatility_per_sqrt_s"] ** 2 + jumps) ** 0.5 * _E4
    found = {}
    for name, step in (("1s", 1), ("60s", 60)):
        mids = (tops[::step, 0] + tops[::step, 2]) / 2
        if len(mids) > 2:
            measured = float(np.diff(np.log(mids)).std()) * _E4 / step**0.5
            found[name] = Compared(configured=configured, measured=measured)
    return found


def _quantiles(values: np.ndarray) -> dict[str, float]:
    if not len(values):
        return dict.fromkeys(QUANTILES, 0.0)
    found = np.quantile(values, list(QUANTILES.values()))
    return dict(zip(QUANTILES, map(float, found), strict=True))
