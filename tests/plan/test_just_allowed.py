"""What a configuration may just have, or just not, and what it says of its processes and places.

Each row changes the shipped demo session in a few places.
"""

import os
import subprocess
import sys

import pytest

from pinnacle.core.paths import SessionPaths
from pinnacle.core.schema import NUMBERS_MAX
from pinnacle.feed.config import FeedConfig
from pinnacle.plan.checks import load_session, warnings
from pinnacle.plan.config import CONFIGURED_BYTES_MAX
from pinnacle.venues.transport.certificates import make_certificates
from tests.plan.test_mistaken_configurations import (
    DEMO,
    LIMITS,
    MAKER,
    PAPER,
    TRADERS,
    changed,
    refusal,
    written,
)
from tests.sessions import ROOT


def session_of(tmp_path, base, changes):
    for key, value in changes.items():
        base = changed(base, key, value)
    return written(tmp_path, base)


ALL_AT_LEAST = {
    "instruments.0.quantity_min": "0.02",
    f"{MAKER}.quote_quantity": "0.02",
    f"{MAKER}.inventory_max": "0.02",
}


@pytest.mark.parametrize(
    "changes",
    [
        {f"{LIMITS}.open_orders_max": 6},  # three levels a side
        ALL_AT_LEAST,
        {f"{MAKER}.inventory_max": "1"},  # risk's position_max
        {f"{MAKER}.quote_quantity": "0.2"},  # risk's order_quantity_max
        {f"{MAKER}.edge_min_bps": 100},  # less a rebate of 0.2, and the collar is 100
        {f"{MAKER}.spread_min_ticks": 12_000, f"{MAKER}.spread_max_ticks": 12_000},
        {f"{MAKER}.level_spacing_ticks": 3000},  # twice that is the collar
        {"exchange.latency_in_us": 599_999, "exchange.latency_out_us": 400_000},
        # 2^19 ticks, 2^40 lots
        {f"{TRADERS}.price": "52428.8", f"{LIMITS}.position_max": "10995116.27776"},
        {"session.ring_capacity": 4096},
        {"session.ring_capacity": 1 << 20},
        {"session.name": "n" * CONFIGURED_BYTES_MAX},
    ],
    ids=str,
)
def test_what_just_fits_is_taken_without_a_word(tmp_path, changes):
    loaded = load_session(session_of(tmp_path, DEMO, changes))
    assert not [told for told in warnings(loaded) if ".cpu: " not in told]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        (ALL_AT_LEAST | {f"{MAKER}.inventory_max": "0.01999"}, "quantity_min (0.02000)"),
        ({"session.name": "n" * (CONFIGURED_BYTES_MAX + 1)}, "session.name: "),
        ({"session.name": "a/b"}, "session.name: "),
        (
            {"exchange.latency_in_us": 600_000, "exchange.latency_out_us": 400_000},
            "exchange.latency_in_us: ",
        ),
        (
            {f"{TRADERS}.price": "52428.9", f"{LIMITS}.position_max": "10995116.27776"},
            f"{LIMITS}.position_max: ",
        ),
        ({"exchange": None}, "exchange.traders.BTC-USD: missing"),
        ({"session.runtime_dir": "/a\u2028b"}, "session.runtime_dir: "),
        ({"session.runtime_dir": "a/b"}, "must begin with a slash"),
        ({f"{MAKER}.edge_min_bps": 100.2}, f"{MAKER}.edge_min_bps: "),
        (
            {f"{MAKER}.spread_min_ticks": 12_001, f"{MAKER}.spread_max_ticks": 12_001},
            f"{MAKER}.spread_min_ticks: puts a quote 6000.5 ticks",
        ),
        ({f"{MAKER}.level_spacing_ticks": 3001}, f"{MAKER}.level_spacing_ticks: "),
    ],
    ids=str,
)
def test_what_just_does_not_fit_is_refused(tmp_path, changes, said):
    assert said in refusal(session_of(tmp_path, DEMO, changes))


def test_as_many_venues_and_strategies_as_there_may_be_are_taken_and_one_more_is_not(tmp_path):
    tables = changed(DEMO, "strategy", None)
    maker = DEMO["strategy"]["market_maker"]
    quotes = {"market_maker": maker}
    tables["strategies"] = {f"s{i}": quotes for i in range(NUMBERS_MAX)}
    assert len(load_session(written(tmp_path, tables)).strategy_plans()) == NUMBERS_MAX
    tables["strategies"]["more"] = quotes
    assert f"strategies: at most {NUMBERS_MAX}" in refusal(written(tmp_path, tables))


@pytest.mark.parametrize(("wide", "warned"), [(60, False), (61, True)])
def test_quotes_that_move_by_their_widest_spread_are_warned_of(tmp_path, wide, warned):
    loaded = load_session(session_of(tmp_path, DEMO, {"strategy.desk.requote_ticks": wide}))
    assert any("requote_ticks" in told for told in warnings(loaded)) == warned


def test_a_ca_file_that_no_feed_could_use_is_warned_of_and_one_that_is_good_is_not(tmp_path):
    def told(path):
        loaded = load_session(session_of(tmp_path, PAPER, {"feed.binance.ca_file": str(path)}))
        return [text for text in warnings(loaded) if text.startswith("feed.binance.ca_file: ")]

    path = tmp_path / "ca.pem"
    assert told(path) == [f"feed.binance.ca_file: {path} is not there (yet)"]
    path.write_text("no certificate", encoding="utf-8")
    (words,) = told(path)
    assert str(path) in words and "certificate" in words.removeprefix(str(path))
    good, _ = make_certificates(tmp_path / "good")
    assert told(good) == []


def test_a_symbol_that_is_none_of_the_venues_is_told_by_its_own_key(tmp_path):
    text = refusal(written(tmp_path, changed(PAPER, "instruments.1.symbol", "eth/usdt")))
    assert "instruments[1].symbol: 'eth/usdt'" in text


def test_a_core_that_the_process_has_not_is_warned_of(tmp_path, monkeypatch):
    cores = {"processes.feed.cpu": 0, "processes.risk.cpu": 1}
    loaded = load_session(session_of(tmp_path, changed(DEMO, "processes", None), cores))
    monkeypatch.setattr(os, "sched_getaffinity", lambda pid: {1} if pid == 0 else set(range(64)))
    (told,) = [text for text in warnings(loaded) if ".cpu: " in text]
    assert told.startswith("processes.feed.cpu: this machine has no core 0")


def test_an_instrument_that_no_strategy_quotes_is_warned_of_unless_one_is_the_users_own(tmp_path):
    tables = changed(DEMO, "strategy", None)
    eth = {"ETH-USD": DEMO["strategy"]["market_maker"]["ETH-USD"]}
    tables["strategies"] = {"one": {"market_maker": eth}}
    said = "strategies: none of them quotes BTC-USD"
    assert said in warnings(load_session(written(tmp_path, tables)))
    own = {"class": "my_mm:MyMaker", "folder": str(ROOT / "config")}
    tables["strategies"]["two"] = own | {
        "params": {"quantity": "0.01", "edge_bps": 5.0, "inventory_max": "0.1"}
    }
    assert not [t for t in warnings(load_session(written(tmp_path, tables))) if "quotes" in t]


def test_a_process_is_placed_by_its_own_name_before_its_roles(tmp_path):
    placed = {"processes.feed": {"cpu": 1}, "processes.risk": {"wait": "spin"}}
    loaded = load_session(session_of(tmp_path, changed(DEMO, "processes", None), placed))
    assert [loaded.process(name).cpu for name in ("feed", "feed.alpha", "strategy")] == [1, 1, -1]
    assert loaded.process("risk").wait == "spin"


def test_each_process_is_made_from_its_own_section(tmp_path):
    for base in (DEMO, PAPER):
        loaded = load_session(written(tmp_path, base))
        topology = loaded.topology()
        by_role = {p.role: loaded.section(p) for p in topology.processes}
        assert by_role["exchange"] == loaded.venue_plans()[0].config.exchange
        assert by_role["strategy"] is loaded.strategy_plans()[0].config
        assert isinstance(by_role["feed"], FeedConfig)
        assert set(by_role["feed"]) == ({"binance"} if base is PAPER else set())
        assert (by_role["risk"], by_role["gateway"]) == (loaded.risk, loaded.gateway)
        assert topology.process("risk").instruments == tuple(range(len(loaded.instruments)))


def test_a_sessions_places_are_its_names_or_another_that_is_given(tmp_path):
    loaded = load_session(written(tmp_path, DEMO))
    places = loaded.session.runtime_dir, loaded.session.data_dir
    assert loaded.paths() == SessionPaths.of(*places, "demo")
    assert loaded.paths("other") == SessionPaths.of(*places, "other")


def test_a_default_that_another_section_decides_is_shown(tmp_path):
    tables = changed(DEMO, "session.venue", None)
    tables["exchange"] = {"traders": DEMO["exchange"]["traders"]}
    loaded = load_session(written(tmp_path, tables))
    assert loaded.session.venue == "simulated" and loaded.exchange.kind == "simulated"


def test_a_folder_that_the_locale_has_no_letters_for_is_refused(tmp_path):
    path = session_of(tmp_path, DEMO, {"session.data_dir": "données"})
    locale = {"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"}
    words = [sys.executable, "-c", "from pinnacle.cli.main import main; main()"]
    done = subprocess.run(
        [*words, "config", "check", str(path)], env=os.environ | locale, capture_output=True
    )
    assert done.returncode == 3, done.stderr
    assert (
        b"session.data_dir: " in done.stderr and b"cannot be written in this locale" in done.stderr
    )
