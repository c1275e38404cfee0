"""What people write into configurations by mistake: refused by file and key, or told as a warning.

Each row changes the shipped demo session in one place.
"""

import copy
import tomllib
from typing import Any

import pytest

from pinnacle.core.errors import ConfigError
from pinnacle.core.toml import read_toml, toml_text
from pinnacle.plan.checks import load_session, warnings
from pinnacle.plan.config import to_toml
from tests.sessions import ROOT, many_instruments

DEMO = read_toml(ROOT / "config" / "demo.toml")
PAPER = read_toml(ROOT / "config" / "binance-paper.toml")
NAN, INF = float("nan"), float("inf")

MAKER = "strategy.market_maker.BTC-USD"
LIMITS = "risk.limits.BTC-USD"
TRADERS = "exchange.traders.BTC-USD"


def changed(base: dict, key: str, value: Any) -> dict:
    """A copy of the tables with one key set; None takes it out."""
    made = copy.deepcopy(base)
    at: Any = made
    *tables, last = (int(part) if part.isdigit() else part for part in key.split("."))
    for part in tables:
        at = at[part] if isinstance(part, int) else at.setdefault(part, {})
    if value is None:
        del at[last]
    else:
        at[last] = value
    return made


def written(tmp_path, tables: dict):
    path = tmp_path / "mine.toml"
    path.write_text(toml_text(tables), encoding="utf-8")
    return path


#: (key that is changed, value, key that is named if it is another, a word of the reason)
REFUSED = [
    # rings that cannot hold the longest message beside a snapshot, and sizes that are none
    *(("session.ring_capacity", n) for n in (0, 1, 2, 64, 128, 256, 1000, 2048, 5000, 2**40, -4)),
    # numbers that are none, and numbers of no use
    *((f"{MAKER}.{key}", value) for key in (
        "risk_aversion", "fill_decay_per_tick", "fill_rate_per_s", "volatility_halflife_s",
        "volatility_floor", "imbalance_lean_ticks", "spread_min_ticks", "spread_max_ticks",
        "edge_min_bps", "level_spacing_ticks",
    ) for value in (NAN, INF, -INF, 1e25, 1e300, -1e25)),
    *((f"{MAKER}.{key}", value) for key in (
        "risk_aversion", "fill_decay_per_tick", "fill_rate_per_s", "volatility_halflife_s",
        "volatility_floor", "spread_min_ticks", "level_spacing_ticks",
    ) for value in (0, -1)),
    (f"{MAKER}.fill_decay_per_tick", 1e-300),
    (f"{MAKER}.risk_aversion", 1e308),
    (f"{MAKER}.imbalance_lean_ticks", 1e18),
    (f"{MAKER}.imbalance_lean_ticks", 61, MAKER + ".imbalance_lean_ticks", "spread_max_ticks"),
    (f"{MAKER}.spread_max_ticks", 1, MAKER + ".spread_max_ticks", "spread_min_ticks"),
    (f"{MAKER}.edge_min_bps", 101, MAKER + ".edge_min_bps", "collar_percent"),
    (f"{MAKER}.levels", 0),
    (f"{MAKER}.levels", 9),
    (f"{MAKER}.levels", 2.0, MAKER + ".levels", "a whole number"),
    (f"{MAKER}.levels", True, MAKER + ".levels", "a whole number"),
    (f"{MAKER}.imbalance_levels", 0),
    (f"{MAKER}.fair_value", "middle", MAKER + ".fair_value", "mid, microprice"),
    (f"{MAKER}.spread_min_ticks", 20_000, MAKER + ".spread_max_ticks"),
    (f"{MAKER}.level_spacing_ticks", 4000, MAKER + ".level_spacing_ticks", "collar_percent"),
    # quantities
    (f"{MAKER}.quote_quantity", "0"),
    (f"{MAKER}.quote_quantity", "-1"),
    (f"{MAKER}.quote_quantity", "0.000001", MAKER + ".quote_quantity", "multiple"),
    (f"{MAKER}.quote_quantity", "1e999", MAKER + ".quote_quantity", "not a decimal"),
    (f"{MAKER}.quote_quantity", "NaN", MAKER + ".quote_quantity", "not a decimal"),
    (f"{MAKER}.quote_quantity", "Infinity"),
    (f"{MAKER}.quote_quantity", "\uff11"),
    (f"{MAKER}.quote_quantity", "1_000"),
    (f"{MAKER}.quote_quantity", ""),
    (f"{MAKER}.quote_quantity", 0.02, MAKER + ".quote_quantity", "text in quotes"),
    (f"{MAKER}.quote_quantity", "1000000000", MAKER + ".quote_quantity", "order_quantity_max"),
    (f"{MAKER}.quote_quantity", "0.3", MAKER + ".quote_quantity", "order_quantity_max"),
    (f"{MAKER}.inventory_max", "0"),
    (f"{MAKER}.inventory_max", "400", MAKER + ".inventory_max", "position_max"),
    ("instruments.0.quantity_min", "0.1", MAKER + ".quote_quantity", "quantity_min"),
    ("instruments.0.quantity_min", "0"),
    ("instruments.0.quantity_min", "-1"),
    ("instruments.0.quantity_min", "0.000001"),
    # limits
    (f"{LIMITS}.order_quantity_max", "0"),
    (f"{LIMITS}.order_quantity_max", "1000000000"),
    (f"{LIMITS}.position_max", "-1"),
    (f"{LIMITS}.position_max", "0"),
    (f"{LIMITS}.position_max", "1e14"),
    (f"{LIMITS}.position_max", "10000000", LIMITS + ".position_max", "2^59"),
    (f"{LIMITS}.collar_percent", 0),
    (f"{LIMITS}.collar_percent", -1),
    (f"{LIMITS}.collar_percent", 1e12),
    (f"{LIMITS}.collar_percent", NAN),
    (f"{LIMITS}.collar_percent", INF),
    (f"{LIMITS}.open_orders_max", 0),
    (f"{LIMITS}.open_orders_max", -1),
    (f"{LIMITS}.open_orders_max", 99_999_999_999),
    (f"{LIMITS}.open_orders_max", 5, MAKER + ".levels", "open_orders_max"),
    ("risk.intent_age_max_ms", 0),
    ("risk.intent_age_max_ms", -5),
    ("risk.messages_per_s", 0),
    ("risk.messages_burst", 10_000_000_000),
    ("risk.messages_burst", -1),
    ("risk.limits.DOGE-USD", {"order_quantity_max": "1", "position_max": "1"}),
    ("risk.limits.ETH-USD", None, "risk.limits.ETH-USD", "missing"),
    # the desk and the gateway
    ("strategy.desk.stale_ms", -1),
    ("strategy.desk.stale_ms", 1),
    ("strategy.desk.reject_rest_ms", 99_999_999_999_999_999),
    ("strategy.desk.requote_ticks", -1),
    ("gateway.answer_timeout_ms", -1),
    ("gateway.order_age_max_ms", 0),
    ("exchange.latency_in_us", 3_600_000_000),
    ("exchange.latency_in_us", 999_900, "exchange.latency_in_us", "answer_timeout_ms"),
    ("exchange.latency_out_us", -1),
    # steps, prices, fees
    ("instruments.0.tick_size", "0"),
    ("instruments.0.tick_size", "1e25"),
    ("instruments.0.tick_size", "0.0000000000000000001", "instruments[0].tick_size", "decimals"),
    ("instruments.0.lot_size", "1e-30", "instruments[0].lot_size", "decimals"),
    ("instruments.0.lot_size", "0." + "0" * 40 + "1", "instruments[0].lot_size", "decimals"),
    ("instruments.0.lot_size", "0.000000000000000001", MAKER + ".quote_quantity", "at most"),
    ("instruments.0.lot_size", "x" * 100),
    (f"{TRADERS}.price", "1e18"),
    (f"{TRADERS}.price", "0"),
    (f"{TRADERS}.price", "-5"),
    (f"{TRADERS}.price", "0.1", TRADERS + ".price", "two ticks"),
    (f"{TRADERS}.price", "60000.05", TRADERS + ".price", "multiple"),
    (f"{TRADERS}.order_size_quote", 1e12),
    (f"{TRADERS}.volatility_bps_per_sqrt_s", NAN),
    (f"{TRADERS}.orders_max", 10**30),
    ("exchange.traders.ETH-USD", None, "exchange.traders.ETH-USD", "missing"),
    ("instruments.0.maker_fee_bps", -100_000),
    ("instruments.0.taker_fee_bps", 1e9),
    ("instruments.0.maker_fee_bps", NAN),
    ("instruments.0.maker_fee_bps", 0.000001, "instruments[0].maker_fee_bps", "finer"),
    # the session's own
    ("session.venue", "Simulated", "session.venue", "simulated, binance"),
    ("session.venue", "none"),
    ("session.venue", "no_such_module:VENUE", "session.venue", "cannot be imported"),
    ("feed", 3, "feed", "a table"),
    ("feed.binance", 3, "feed.binance", "a table"),
    ("feed.nobody", {}, "feed.nobody", "must be one of binance, "),
    ("session.runtime_dir", ""),
    ("session.runtime_dir", "~/x"),
    ("session.data_dir", "$HOME/x"),
    ("session.data_dir", ""),
    ("session.data_dir", "a\0b"),
    ("session.ring_capacity", 10_000, "session.ring_capacity", "power of two"),
    ("session.colour", 1, "session.colour", "unknown key"),
    ("exchange.kind", "papier", "exchange.kind", "simulated, paper"),
    ("exchange.kind", "paper"),
    ("exchange.seed", 10**20),
    ("exchange.seed", -1),
    ("strategy.name", "taker"),
    ("strategy.market_maker", {}, "strategy.market_maker", "nothing is quoted"),
    ("strategy.market_maker", 3, "strategy.market_maker", "a table"),
    ("instruments", 3, "instruments", "an array"),
    ("processes.feed.cpu", -7),
    ("processes.feed.cpu", 10**9),
    ("processes.feed.spin_us", -1),
    ("processes.feed.wait", "sleep", "processes.feed.wait", "spin, yield, park"),
    ("processes.broker.cpu", 0, "processes.broker"),
    ("journal.sync_interval_ms", 0),
    ("journal.checkpoint_s", -1),
    ("journal.records_per_file", 63),
    ("journal.sync", "always"),
    ("monitor.port", 65_536),
    ("monitor.host", ""),
    ("monitor.history_s", 1),
]  # fmt: skip

#: On Binance's market.
REFUSED_PAPER = [
    ("instruments.0.symbol", "btcusdt", "instruments[0].symbol", "capitals"),
    ("instruments.0.symbol", "BTC-USDT", "instruments[0].symbol", "letters"),
    ("exchange.kind", "simulated"),
    ("exchange.traders.BTCUSDT", {"price": "1"}, "exchange.traders"),
    ("feed.binance", None, "feed.binance", "missing"),
    ("feed.binance.ws_url", "ws://x/stream"),
    ("feed.binance.ws_url", "wss://:9443/stream"),
    ("feed.binance.ws_url", "wss://[::1/stream"),
    ("feed.binance.rest_url", "https://x:99999"),
    ("feed.binance.depth_limit", 0),
    ("feed.binance.backoff_max_ms", 1, "feed.binance.backoff_max_ms", "backoff_min_ms"),
    ("feed.binance.stale_ms", 10**15),
    ("feed.binance.colour", 1, "feed.binance.colour", "unknown key"),
]

#: (key, value, key that the warning names): somebody may mean it.
WARNED = [
    (MAKER, None, MAKER),
    ("processes.feed.cpu", 1023, "processes.feed.cpu"),
    ("strategy.desk.requote_ticks", 100, "strategy.desk.requote_ticks"),
    ("feed.binance", {}, "feed.binance"),
    ("risk.messages_per_s", 59, "risk.messages_per_s"),
]


def spelled(key: str) -> str:
    return key.replace("instruments.0", "instruments[0]")


def refusal(path) -> str:
    with pytest.raises(ConfigError) as caught:
        load_session(path)
    return str(caught.value)


def check_row(tmp_path, base, row):
    key, value, named, *words = (*row, spelled(row[0])) if len(row) == 2 else row
    path = written(tmp_path, renamed(changed(base, key, value), key, value))
    said = refusal(path)
    assert said.startswith(f"{path}: {named}: "), said
    assert all(word in said for word in words), said
    assert "bad argument" not in said and "\n" not in said and len(said) < 400


def renamed(tables: dict, key: str, symbol: Any) -> dict:
    """With another symbol, the tables that are named after it too."""
    if not key.endswith(".symbol"):
        return tables
    for by_symbol in (tables["risk"]["limits"], tables["strategy"]["market_maker"]):
        by_symbol[symbol] = by_symbol.pop("BTCUSDT")
    return tables


@pytest.mark.parametrize("row", REFUSED, ids=lambda row: f"{row[0]}={row[1]!r:.40}")
def test_a_mistake_is_refused_by_file_and_key(tmp_path, row):
    check_row(tmp_path, DEMO, row)


@pytest.mark.parametrize("row", REFUSED_PAPER, ids=lambda row: f"{row[0]}={row[1]!r:.40}")
def test_a_mistake_about_a_real_venue_is_refused_by_file_and_key(tmp_path, row):
    check_row(tmp_path, PAPER, row)


@pytest.mark.parametrize(("key", "value", "named"), WARNED)
def test_what_somebody_may_mean_is_a_warning(tmp_path, key, value, named):
    loaded = load_session(written(tmp_path, changed(DEMO, key, value)))
    assert any(text.startswith(f"{named}: ") for text in warnings(loaded)), warnings(loaded)


def test_messages_enough_for_every_quote_are_no_warning(tmp_path):
    loaded = load_session(written(tmp_path, changed(DEMO, "risk.messages_per_s", 60)))
    assert not [told for told in warnings(loaded) if "messages" in told]


def test_a_model_whose_spread_is_beyond_the_collar_is_refused(tmp_path):
    wide = changed(DEMO, f"{MAKER}.spread_max_ticks", 1e6)
    for key, value in (("fill_decay_per_tick", 1e-12), ("risk_aversion", 1e-6)):
        wide = changed(wide, f"{MAKER}.{key}", value)
    assert f"{MAKER}.spread_max_ticks: puts a quote 500000 ticks" in refusal(
        written(tmp_path, wide)
    )


def test_the_shipped_sessions_are_given_no_warning_but_for_what_a_machine_has(tmp_path):
    for base in (DEMO, PAPER):
        loaded = load_session(written(tmp_path, base))
        told = [text.partition(": ")[0] for text in warnings(loaded)]
        assert not [key for key in told if not key.endswith((".cpu", ".ca_file"))]


def test_more_instruments_than_there_is_room_for_are_counted(tmp_path):
    text = (ROOT / "config" / "demo.toml").read_text(encoding="utf-8")
    path = tmp_path / "many.toml"
    path.write_text(many_instruments(text, 257), encoding="utf-8")
    assert refusal(path) == f"{path}: instruments: at most 256, not 257"
    path.write_text(many_instruments(text, 65), encoding="utf-8")
    assert len(load_session(path).strategy_plans()) == 2
    one = tomllib.loads(many_instruments(text, 64))
    one["instruments"].append(one["instruments"][0] | {"symbol": "ONE-MORE"})
    path.write_text(toml_text(one), encoding="utf-8")
    too_many = "1 to 64 of the session's 65 must be named, not 65"
    assert refusal(path) == f"{path}: strategy.instruments: {too_many}"


@pytest.mark.parametrize(
    ("content", "word"),
    [
        (b"a = " + b"[" * 5000 + b"]" * 5000, "nested"),
        (b"[session]\nname = \"caf\xe9\"", "not UTF-8 at byte"),
        (b"a = " + b"9" * 5000, "digits"),
        (b"[session\n", "line 1"),
        (b"\0", "line 1"),
        (b"a = 1\na = 2\n", "line 2"),
        (b"", "session: missing"),
    ],
)  # fmt: skip
def test_a_file_that_is_no_toml_is_told_where(tmp_path, content, word):
    path = tmp_path / "mine.toml"
    path.write_bytes(content)
    said = refusal(path)
    assert said.startswith(f"{path}: ") and word in said, said


def test_a_byte_order_mark_is_no_mistake(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_bytes(b"\xef\xbb\xbf" + (ROOT / "config" / "demo.toml").read_bytes())
    assert load_session(path) == load_session(ROOT / "config" / "demo.toml")


@pytest.mark.parametrize("symbol", ["币安人生USDT", "a.b", 'say"x"', "ß", "x=y", "[0]", "#1"])
def test_a_symbol_of_any_script_is_shown_and_read_again(tmp_path, symbol):
    tables = copy.deepcopy(DEMO)
    tables["instruments"][0]["symbol"] = symbol
    for section, table in (
        ("exchange", "traders"),
        ("strategy", "market_maker"),
        ("risk", "limits"),
    ):
        tables[section][table][symbol] = tables[section][table].pop("BTC-USD")
    loaded = load_session(written(tmp_path, tables))
    shown = tmp_path / "shown.toml"
    shown.write_text(to_toml(loaded), encoding="utf-8")
    assert load_session(shown) == loaded
    tables["risk"]["limits"][symbol]["collar_percent"] = NAN
    assert "collar_percent: must be" in refusal(written(tmp_path, tables))


def test_no_number_of_a_shown_configuration_is_null(tmp_path):
    tomllib.loads(to_toml(load_session(ROOT / "config" / "demo.toml")))
    assert "null" not in to_toml(load_session(ROOT / "config" / "demo.toml"))
