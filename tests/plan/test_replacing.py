"""Orders are changed in their place where the venue can, and cancelled and made anew where not."""

import pytest

from pinnacle.core.config import convert
from pinnacle.core.toml import read_toml
from pinnacle.plan.config import SessionConfig
from pinnacle.venues import registry
from tests.sessions import ROOT

CONFIGS = {venue: ROOT / "config" / f"live-{venue}.toml" for venue in ("binance", "kraken")}


def replaces(venue: str, mode: str = "live", wanted: bool = True) -> bool:
    """What the strategy's desk is told."""
    data = read_toml(CONFIGS[venue])
    data["session"]["mode"] = mode
    data["strategy"]["desk"]["replace"] = wanted
    config = convert(data, SessionConfig, CONFIGS[venue])
    (plan,) = config.strategy_plans()
    return plan.config.desk.replace


@pytest.mark.parametrize(("venue", "is_so"), [("binance", False), ("kraken", True)])
def test_a_live_strategy_replaces_where_its_venue_does(venue, is_so):
    assert registry.find(venue).replaces == is_so
    assert replaces(venue) == is_so


@pytest.mark.parametrize("venue", CONFIGS)
def test_what_is_configured_not_to_replace_does_not(venue):
    assert not replaces(venue, wanted=False)


def test_on_paper_orders_are_replaced_whatever_the_venue_can():
    assert replaces("binance", mode="paper")
