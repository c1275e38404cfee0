"""Which venue a feed's tables are of: the one that is named, whatever others are there."""

import pytest

from pinnacle.core.errors import ConfigError
from pinnacle.core.toml import read_toml, toml_text
from pinnacle.plan.checks import load_session, warnings
from pinnacle.venues.binance import VENUE as BINANCE
from tests.sessions import ROOT

VENUES = """
from pinnacle.core.config import Section
from pinnacle.venues.port import VenueKind


class Place(Section, frozen=True):
    url: str


class Mine(VenueKind):
    name = "mine"
    section = Place

    def market_data(self, config, instruments, sink, clock, top_of, credentials=None):
        raise NotImplementedError


ONE, OTHER = Mine(), Mine()
"""


@pytest.fixture
def write(tmp_path, monkeypatch):
    """A paper session on a venue, with tables for these."""
    (tmp_path / "feed_config_venues.py").write_text(VENUES, encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)

    def written(venue, *tables):
        text = read_toml(ROOT / "config/binance-paper.toml")
        text["session"]["venue"] = venue
        binance = text["feed"]["binance"]
        text["feed"] = {name: {"url": name} for name in tables if name != "binance"}
        text["feed"] |= {"binance": binance} if "binance" in tables else {}
        path = tmp_path / "paper.toml"
        path.write_text(toml_text(text), encoding="utf-8")
        return path

    return written


ONE, OTHER = "feed_config_venues:ONE", "feed_config_venues:OTHER"


def test_a_table_of_another_venue_of_ones_own_is_not_used_like_any_other(write):
    config = load_session(write(OTHER, ONE, OTHER, "binance"))
    unused = [told for told in warnings(config) if "not used" in told]
    assert [told.partition(": not used")[0] for told in unused] == [f"feed.{ONE}", "feed.binance"]
    (feed,) = config.topology().of_role("feed")
    section = config.section(feed)
    assert list(section) == [OTHER]
    kind, table = section.venue()
    assert kind.name == "mine" and table.url == OTHER


def test_the_venue_is_found_by_its_own_name(write):
    config = load_session(write("binance", ONE, "binance"))
    (feed,) = config.topology().of_role("feed")
    assert config.section(feed).venue()[0] is BINANCE


def test_a_venue_without_its_table_is_refused_by_the_key_that_is_missing(write):
    with pytest.raises(ConfigError, match=rf"feed\.{ONE}: missing: the venue needs its table"):
        load_session(write(ONE, OTHER))
