"""Who wants a key of the vault: gateways with real orders, feeds whose venue asks for one."""

import pytest

from pinnacle.core.toml import read_toml, toml_text
from pinnacle.feed.config import FeedConfig, SignedFeedConfig
from pinnacle.plan.checks import load_session
from pinnacle.plan.keys import WantedKey, wanted_keys
from pinnacle.plan.origin import made_from
from tests.keyed_feed import SOURCE, keyed
from tests.sessions import ROOT, demo_config


def loaded(folder, **given):
    change = keyed(folder / "desk", **given)
    return load_session(demo_config(folder, "x", SOURCE, change=change)[0])


@pytest.mark.parametrize("source", ["demo", "binance-paper", "two-venues", "paper-five-venues"])
def test_nobody_in_a_session_without_real_orders_of_markets_that_are_everybodys(source):
    assert wanted_keys(load_session(ROOT / f"config/{source}.toml")) == {}


def test_a_gateway_whose_orders_are_real_and_not_its_feed():
    wanted = wanted_keys(load_session(ROOT / "config/live-kraken.toml"))
    assert wanted == {"gateway": WantedKey("orders.kraken.key", "kraken", "kraken")}


@pytest.mark.parametrize("book", ["level2", "full"])
def test_a_feed_whose_book_is_for_who_has_a_key_and_no_other_process(tmp_path, book):
    name = "feed.coinbase_exchange.key"
    wanted = wanted_keys(loaded(tmp_path, book=book))
    assert wanted == {"feed": WantedKey(name, "coinbase_exchange", "coinbase_exchange")}


def test_its_key_may_have_another_name_and_each_of_several_feeds_wants_it(tmp_path):
    def two_feeds(tables):
        tables["session"]["shards"] = 2

    wanted = wanted_keys(loaded(tmp_path, change=two_feeds, key="view-only"))
    key = WantedKey("feed.coinbase_exchange.key", "view-only", "coinbase_exchange")
    assert wanted == {"feed.1": key, "feed.2": key}


def test_no_feed_of_the_book_that_is_everybodys(tmp_path):
    assert wanted_keys(loaded(tmp_path, book="level2_batch")) == {}


def test_of_several_venues_the_one_that_asks_alone_and_by_its_own_table(tmp_path):
    tables = read_toml(ROOT / "config/paper-five-venues.toml")
    mine = tables["venues"]["coinbase"]
    mine |= {"kind": "coinbase_exchange", "feed": {"coinbase_exchange": {"book": "full"}}}
    file = tmp_path / "five.toml"
    file.write_text(toml_text(tables), encoding="utf-8")
    where = "venues.coinbase.feed.coinbase_exchange.key"
    wanted = wanted_keys(load_session(file))
    assert wanted == {"feed.coinbase": WantedKey(where, "coinbase_exchange", "coinbase_exchange")}


def test_where_the_vault_is_is_said_to_that_feed_and_changes_nothing_that_it_decides(tmp_path):
    for name in "ab":
        (tmp_path / name).mkdir()
    one, other = loaded(tmp_path / "a"), loaded(tmp_path / "b")
    (feed,) = one.topology().of_role("feed")
    sections = [config.section(feed) for config in (one, other)]
    assert all(isinstance(section, SignedFeedConfig) for section in sections)
    assert [section.vault for section in sections] == [one.vault.file, other.vault.file]
    assert isinstance(sections[0].table, FeedConfig)
    made = {made_from(config, feed, config.instrument_list()) for config in (one, other)}
    assert len(made) == 1
