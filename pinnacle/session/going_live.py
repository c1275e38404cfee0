"""Before a session is live: that it may be."""

import sys
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import urlsplit

from pinnacle.core.errors import UsageError
from pinnacle.core.instruments import of_instrument
from pinnacle.plan.config import SessionConfig, VenuePlan
from pinnacle.venues.orders.config import OrdersConfig


def agree(config: SessionConfig, path: Path, *, live: bool, agreed: bool) -> None:
    """Say what will be traded for real, and ask; UsageError if that is not wanted. Nothing happens
    where no venue is live."""
    venues = [venue for venue in config.venue_plans() if venue.live]
    if not venues:
        if live:
            raise UsageError(f"--live: no venue of {path} is live: session.mode says so")
        return
    if not live:
        raise UsageError(f"{path}: its orders are real: say --live (pinnacle rehearse comes first)")
    for line in terms_of(config, venues):
        print(line, flush=True)
    if agreed:
        return
    if not sys.stdin.isatty():
        raise UsageError("nobody is there to be asked: --yes, if orders are to be real")
    try:
        answer = input("orders will be real: go on? [y/N] ")
    except EOFError:
        print()
        answer = ""
    if answer.strip().lower() not in ("y", "yes"):
        raise UsageError("not agreed: nothing was started")


def terms_of(config: SessionConfig, venues: Sequence[VenuePlan]) -> list[str]:
    """What will be traded, where, with which limits, a line each."""
    lines = []
    for venue in venues:
        orders = config_of(venue)
        here = " (on this machine)" if _is_here(orders) else ""
        lines.append(
            f"LIVE at {venue.name}{here}: orders to {orders.rest_url}, {orders.ws_url}, "
            f"signed with the key {orders.key or venue.config.kind}"
        )
        for instrument in config.instrument_list():
            limits = of_instrument(config.risk.limits, instrument)
            if instrument.venue_name == venue.name and limits is not None:
                lines.append(
                    f"  {instrument.symbol}: orders up to {limits.order_quantity_max}, position "
                    f"up to {limits.position_max}, {limits.open_orders_max} open orders, "
                    f"prices within {limits.collar_percent:g} %"
                )
    return lines


def _is_here(orders: OrdersConfig) -> bool:
    """Whether an exchange on this machine takes the orders, and no venue outside."""
    return all(urlsplit(u).hostname == "127.0.0.1" for u in (orders.rest_url, orders.ws_url))


def config_of(venue: VenuePlan) -> OrdersConfig:
    """Where it takes orders."""
    section = venue.config.orders[venue.config.kind]
    assert isinstance(section, OrdersConfig), "every venue's is one"
    return section
