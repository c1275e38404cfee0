"""A venue's instruments dealt to several feeds: which has which, and what cannot be."""

import tomllib

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pinnacle.core.errors import ConfigError
from pinnacle.core.instruments import table
from pinnacle.core.schema import NUMBERS_MAX, Source, source_of
from pinnacle.core.toml import toml_text
from pinnacle.plan.checks import load_session
from pinnacle.plan.config import SessionConfig, to_toml
from pinnacle.runtime.origin import instruments_id
from tests.sessions import ROOT

PAPER = tomllib.loads((ROOT / "config" / "binance-paper.toml").read_text(encoding="utf-8"))
FIVE = tomllib.loads((ROOT / "config" / "paper-five-venues.toml").read_text(encoding="utf-8"))


def config_of(shards, counts):
    """A configuration of real venues, each with so many instruments, in turns, and feeds."""
    steps = {"tick_size": "0.01", "lot_size": "1"}
    places = [(i, v) for v, count in enumerate(counts) for i in range(count)]
    return msgspec.convert(
        {
            "session": {"name": "x"},
            "venues": {
                f"v{v}": {"kind": "kraken", "shards": n, "exchange": {"kind": "paper"}}
                for v, n in enumerate(shards)
            },
            "instruments": [
                {"symbol": f"S{i}-USD", "venue": f"v{v}"} | steps for i, v in sorted(places)
            ],
            "strategies": {"some": {"instruments": ["v0:S0-USD"]}},
            "risk": {"limits": {}},
        },
        SessionConfig,
    )


@given(st.lists(st.tuples(st.integers(1, 5), st.integers(0, 6)), min_size=1, max_size=5))
def test_each_instrument_is_one_feeds_whose_number_it_carries_and_shares_are_equal(venues):
    shards = [n for n, _ in venues]
    config = config_of(shards, [n + more for n, more in venues])
    instruments, topology = config.instrument_list(), config.topology()
    feeds = topology.of_role("feed")
    assert [feed.number for feed in feeds] == list(range(sum(shards)))
    read = [i for feed in feeds for i in feed.instruments]
    assert sorted(read) == list(range(len(instruments)))
    for feed in feeds:
        assert {instruments[i].feed_number for i in feed.instruments} == {feed.number}
        assert topology.of_source(source_of(Source.FEED, feed.number)) == feed
        (venue,) = {instruments[i].venue_number for i in feed.instruments}
        mine = [len(f.instruments) for f in feeds if f.name.startswith(f"feed.v{venue}")]
        assert max(mine) - min(mine) <= 1 and mine == sorted(mine, reverse=True)


def test_what_was_journalled_without_shards_is_of_the_same_instruments():
    plain = config_of([1, 1, 1], [2, 1, 2]).instrument_list()
    assert not table(plain).view(np.uint8).reshape(len(plain), -1)[:, 96:].any()
    assert instruments_id(plain) != instruments_id(
        config_of([2, 1, 1], [2, 1, 2]).instrument_list()
    )


def written(tmp_path, tables, **session):
    path = tmp_path / "mine.toml"
    path.write_text(toml_text(tables | {"session": tables["session"] | session}), encoding="utf-8")
    return path


def test_an_only_venue_has_its_shards_beside_its_name(tmp_path):
    config = load_session(written(tmp_path, PAPER, shards=2))
    assert {p.name: p.instruments for p in config.topology().of_role("feed")} == {
        "feed.1": (0,),
        "feed.2": (1,),
    }
    assert config.topology().process("exchange").instruments == (0, 1)
    shown = tmp_path / "shown.toml"
    shown.write_text(to_toml(config), encoding="utf-8")
    assert load_session(shown) == config


def test_each_feed_is_made_from_its_own_venues_table(tmp_path):
    tables = tomllib.loads(toml_text(FIVE))
    tables["venues"]["binance"]["shards"] = 2
    config = load_session(written(tmp_path, tables))
    topology = config.topology()
    for name, venue in (
        ("feed.binance.1", "binance"),
        ("feed.binance.2", "binance"),
        ("feed.coinbase", "coinbase"),
        ("feed.bitstamp", "bitstamp"),
    ):
        assert list(config.section(topology.process(name))) == [venue]


def test_a_feed_runs_as_its_own_table_says_or_its_venues_or_that_of_all_feeds(tmp_path):
    tables = tomllib.loads(toml_text(FIVE))
    for venue in ("binance", "kraken"):
        tables["venues"][venue]["shards"] = 2
    tables["processes"] = {
        "feed": {"spin_us": 1},
        "feed.kraken": {"spin_us": 2},
        "feed.kraken.2": {"spin_us": 3},
    }
    config = load_session(written(tmp_path, tables))
    names = ("feed.binance.1", "feed.kraken.1", "feed.kraken.2", "risk")
    assert [config.process(name).spin_us for name in names] == [1, 2, 3, 0]
    tables["processes"]["feed.kraken.3"] = {}
    with pytest.raises(ConfigError, match=r"processes\.feed\.kraken\.3: no such process"):
        load_session(written(tmp_path, tables))


@pytest.mark.parametrize("shards", [0, -1, NUMBERS_MAX + 1, 1.5, "2"])
def test_what_is_no_number_of_feeds_is_refused(tmp_path, shards):
    with pytest.raises(ConfigError, match=r"session\.shards: must be "):
        load_session(written(tmp_path, PAPER, shards=shards))


def test_feeds_without_a_market_to_read_are_refused_by_their_key(tmp_path):
    with pytest.raises(ConfigError, match=r"session\.shards: 3 are more than its instruments \(2"):
        load_session(written(tmp_path, PAPER, shards=3))
    with pytest.raises(ConfigError, match=r"venues\.v1\.shards: 3 are more than its instruments"):
        config_of([1, 3], [1, 2]).topology()
    demo = tomllib.loads((ROOT / "config" / "demo.toml").read_text(encoding="utf-8"))
    with pytest.raises(ConfigError, match=r"session\.shards: a simulated venue has 1: "):
        load_session(written(tmp_path, demo, shards=2))
    with pytest.raises(ConfigError, match=r"session: shards is not given where there are \[venue"):
        load_session(written(tmp_path, FIVE, shards=2))


def test_feeds_of_all_venues_are_no_more_than_there_are_numbers():
    assert len(config_of([16, 16], [16, 16]).topology().of_role("feed")) == NUMBERS_MAX
    with pytest.raises(ConfigError, match=r"venues\.v1\.shards: 17 and those of the other venues"):
        config_of([16, 17], [16, 17]).topology()
