"""A small, busy simulated market and the orders of its guest, for its tests."""

import numpy as np

from pinnacle.core.schema import EVENT, Kind, Source
from pinnacle.sim.market import Market

SECOND = 10**9
START = 1_700_000_000 * SECOND
ME = Source.GATEWAY


def params(instrument_id=0, **changes):
    """A small, busy market at 10,000 ticks."""
    base = {
        "instrument_id": instrument_id,
        "orders": 2048,
        "window": 4096,
        "far_levels": 2048,
        "fair_step_ns": 50_000_000,
        "fair_ticks": 10_000.0,
        "drift_per_s": 0.0,
        "volatility_per_sqrt_s": 2e-4,
        "jumps_per_s": 0.05,
        "jump_size": 5e-4,
        "limits_per_s": 100.0,
        "touch_fraction": 0.4,
        "touch_ticks": 1.0,
        "gap_ticks": 1.0,
        "distance_ticks": 10.0,
        "distance_exponent": 2.2,
        "distance_max_ticks": 200.0,
        "cancel_near_per_s": 0.6,
        "cancel_far_per_s": 0.05,
        "cancel_ticks": 5.0,
        "cancel_stale_per_s": 5.0,
        "size_lots": 100.0,
        "size_sigma": 0.8,
        "size_ticks": 10.0,
        "takes_per_s": 3.0,
        "take_lots": 150.0,
        "take_sigma": 1.0,
        "informed_per_s": 5.0,
        "informed_ticks": 1.0,
        "informed_lots": 500.0,
        "informed_sigma": 0.5,
        "floor_orders": 10,
    }
    return base | changes


def market(*rows, seed=1, **settings):
    return Market(rows or (params(),), seed=seed, start_ns=START, **settings)


def order(at_ns, order_id, side, price, quantity, **fields):
    event = np.zeros(1, dtype=EVENT)
    values = {
        "kind": Kind.NEW,
        "recv_ns": at_ns,
        "order_id": order_id,
        "side": side,
        "price": price,
        "quantity": quantity,
        "source": ME,
    } | fields
    for name, value in values.items():
        event[name] = value
    return event
