"""Tick-to-order of a live session, from risk's histogram: what came in between two looks."""

import numpy as np

from pinnacle.core.counters import BUCKET_FLOORS
from pinnacle.runtime.observer import Observer


def tick_to_order(observer: Observer) -> np.ndarray:
    """Orders so far, by bucket of their latency."""
    found = observer.histograms("risk").get("tick_to_order")
    return found.buckets() if found else np.zeros(len(BUCKET_FLOORS), np.uint64)


def quantiles_us(buckets: np.ndarray, *fractions: float) -> list[float]:
    """The latencies in us below which these fractions lie; nan if there is nothing."""
    total = buckets.sum()
    if total == 0:
        return [float("nan")] * len(fractions)
    places = np.searchsorted(np.cumsum(buckets), [total * fraction for fraction in fractions])
    return [float(BUCKET_FLOORS[place]) / 1e3 for place in places]
