"""A simulated day: the same from the same seed, and a market to look at."""

import subprocess
import sys
from pathlib import Path

import msgspec
import numpy as np
import pytest

from pinnacle.core.config import InstrumentConfig, convert
from pinnacle.core.errors import ConfigError, UsageError
from pinnacle.core.instruments import from_config, read_list
from pinnacle.core.journal_reader import JournalReader
from pinnacle.core.schema import Kind, Side, Venue
from pinnacle.exchange.config import ExchangeConfig, TradersConfig, market_params
from pinnacle.exchange.simulate import EPOCH_NS, read_market, simulate, single_market

ROOT = Path(__file__).resolve().parents[2]
PINNACLE = Path(sys.executable).with_name("pinnacle")
BTC = single_market("BTC-USDT", "60000", "0.01", "0.00001")
ETH = single_market("ETH-USDT", "3000", "0.01", "0.0001")


def run(market, directory, seconds=20, seed=1):
    instruments = from_config(market.instruments, {"simulated": Venue.SIMULATED})
    exchange = msgspec.structs.replace(market.exchange, seed=seed)
    return simulate(exchange, instruments, seconds, directory)


def day(directory):
    """The records without their commit words, which depend on the journal's identity."""
    events = JournalReader(directory / "exchange").array().copy()
    events["commit"] = 0
    return events


def test_the_same_seed_gives_the_same_day_and_another_seed_another(tmp_path):
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        run(BTC, tmp_path / name, seed=seed)
    a, b, c = (day(tmp_path / name) for name in "abc")
    assert a.tobytes() == b.tobytes()
    n = min(len(a), len(c))
    assert (a["price"][:n] != c["price"][:n]).mean() > 0.5


def test_a_longer_day_begins_with_the_shorter_one(tmp_path):
    run(BTC, tmp_path / "short", seconds=5)
    run(BTC, tmp_path / "long", seconds=15)
    short, long = day(tmp_path / "short"), day(tmp_path / "long")
    assert short.tobytes() == long[: len(short)].tobytes()


@pytest.mark.parametrize("market", [BTC, ETH], ids=["btc", "eth"])
def test_the_default_traders_make_a_market(market, tmp_path):
    report = run(market, tmp_path, seconds=600)
    (found,) = report.instruments
    assert found.two_sided == 1.0
    assert found.crossed == 0
    assert 1 <= found.spread_ticks["p50"] <= 10
    depth = {(band.from_bps, band.to_bps): band.base_per_bps for band in found.depth}
    assert depth[1.0, 2.0] > depth[0.1, 0.25] > 0
    assert found.trades > 600
    for name in ("limit_orders", "market_orders", "informed_looks"):
        rate = found.rates_per_s[name]
        sigma = (rate.configured / report.seconds) ** 0.5
        assert abs(rate.measured - rate.configured) < 5 * sigma
    volatility = found.volatility_bps_per_sqrt_s["1s"]
    assert 0.6 < volatility.measured / volatility.configured < 1.7
    assert found.rates_per_s["cancels"].measured > 50


def test_the_journal_replays_to_books_that_never_cross(tmp_path):
    report = run(ETH, tmp_path, seconds=30)
    events = day(tmp_path)
    assert len(events) == report.records
    assert events["kind"][0] == Kind.BOOK_BEGIN
    assert (events["recv_ns"] >= EPOCH_NS).all() and (np.diff(events["recv_ns"]) >= 0).all()
    feed = events[np.isin(events["kind"], [Kind.DEPTH, Kind.TRADE]) & (events["flags"] & 2 == 0)]
    end = events[events["kind"] == Kind.BOOK_END]["aux"][0]
    assert feed["aux"].tolist() == list(range(end + 1, end + 1 + len(feed)))
    book = {Side.BID: {}, Side.ASK: {}}
    for row in events[events["kind"] == Kind.DEPTH]:
        levels = book[Side(int(row["side"]))]
        levels[int(row["price"])] = int(row["quantity"])
        if not row["quantity"]:
            del levels[int(row["price"])]
        if row["flags"] & 1:
            assert max(book[Side.BID]) < min(book[Side.ASK])
    assert [i.symbol for i in read_list(tmp_path / "instruments.json")] == ["ETH-USDT"]


def test_a_day_is_not_written_over_another(tmp_path):
    run(BTC, tmp_path, seconds=1)
    with pytest.raises(UsageError, match="a journal already"):
        run(BTC, tmp_path, seconds=1)


def test_files_of_somebody_else_stay(tmp_path):
    (tmp_path / "instruments.json").write_text("mine", encoding="utf-8")
    with pytest.raises(UsageError, match=r"instruments\.json: is there already"):
        run(BTC, tmp_path, seconds=1)
    assert [path.name for path in tmp_path.iterdir()] == ["instruments.json"]
    with pytest.raises(UsageError, match="Not a directory"):
        run(BTC, tmp_path / "instruments.json", seconds=1)


def test_every_instrument_needs_its_traders_and_no_others():
    instruments = from_config(
        [InstrumentConfig(symbol="A-B", tick_size="0.1", lot_size="1")],
        {"simulated": Venue.SIMULATED},
    )
    with pytest.raises(ConfigError, match=r"exchange\.traders\.A-B: missing"):
        market_params(ExchangeConfig(), instruments)
    traders = {"A-B": TradersConfig(price="10"), "C-D": TradersConfig(price="10")}
    with pytest.raises(ConfigError, match=r"exchange\.traders\.C-D: no such instrument"):
        market_params(ExchangeConfig(traders=traders), instruments)
    bad = {"A-B": TradersConfig(price="10.05")}
    with pytest.raises(ConfigError, match=r"exchange\.traders\.A-B\.price: 10\.05"):
        market_params(ExchangeConfig(traders=bad), instruments)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"limit_orders_per_s": -1}, r"limit_orders_per_s: must be 0 to 1e\+06, not -1"),
        ({"cancel_far_per_s": 0}, "cancel_far_per_s: must be 1e-06 to"),
        ({"touch_fraction": 2}, r"touch_fraction: must be 0 to 1, not 2"),
        ({"distance_exponent": 1.0}, "distance_exponent: must be 1.01 to 100, not 1.0"),
        ({"market_order_size_sigma": 50}, "market_order_size_sigma: must be 0 to 4, not 50"),
        ({"nonsense": 1}, "nonsense: unknown key"),
    ],
)
def test_a_bad_parameter_is_named(fields, message):
    data = {"price": "10"} | fields
    with pytest.raises(ConfigError, match=message):
        convert(data, TradersConfig, Path("x.toml"))


def test_a_parameter_that_the_market_refuses_is_a_configuration_error(tmp_path):
    traders = {"BTC-USDT": TradersConfig(price="60000", market_order_size_sigma=50.0)}
    market = msgspec.structs.replace(BTC, exchange=ExchangeConfig(traders=traders))
    with pytest.raises(ConfigError, match="out of its range"):
        run(market, tmp_path)


TOML = """
[session]
name = "x"

[[instruments]]
symbol = "BTC-USDT"
tick_size = "0.01"
lot_size = "0.00001"

[exchange]
seed = 5

[exchange.traders."BTC-USDT"]
price = "60000"
market_orders_per_s = 6.0
"""


def test_the_command_reads_a_sessions_file_and_prints_its_measures(tmp_path):
    config = tmp_path / "demo.toml"
    config.write_text(TOML, encoding="utf-8")
    assert read_market(config).exchange.seed == 5
    out = tmp_path / "out"
    command = [PINNACLE, "simulate", "--config", config, "--hours", "0.02", "--out", out]
    done = subprocess.run([*command, "--json"], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    report = msgspec.json.decode(done.stdout)
    assert (report["seed"], report["seconds"]) == (5, 72)
    rates = report["instruments"][0]["rates_per_s"]
    assert rates["market_orders"]["configured"] == 6.0
    assert report["records"] == len(JournalReader(out / "exchange"))
    text = subprocess.run(
        [PINNACLE, "simulate", "--hours", "0.01", "--seed", "2", "--out", tmp_path / "two"],
        capture_output=True,
        text=True,
    )
    assert text.returncode == 0
    assert "BTC-USDT: two-sided 100.00%" in text.stdout
    assert "configured" in text.stdout


def test_a_wrong_key_is_named_with_its_file(tmp_path):
    config = tmp_path / "demo.toml"
    config.write_text(TOML.replace('traders."BTC-USDT"', 'traders."BTC-USD"'), encoding="utf-8")
    command = [PINNACLE, "simulate", "--config", config, "--out", tmp_path / "out"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 3
    assert f"{config}: exchange.traders.BTC-USD: no such instrument" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["--hours", "0"], 2, "--hours"),
        (["--config", "missing.toml"], 3, "missing.toml: no such file"),
        (["--price", "1.005"], 3, "1.005 is not a multiple of 0.01"),
        (["--tick", "x"], 3, "not a decimal number"),
    ],
)
def test_a_users_mistake_is_one_line(arguments, code, message, tmp_path):
    command = [PINNACLE, "simulate", "--out", tmp_path / "out", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path)
    assert done.returncode == code
    assert message in done.stderr and "Traceback" not in done.stderr
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(("venue", "symbols"), [("alpha", 2), ("beta", 1)])
def test_of_a_file_with_several_venues_one_is_simulated(venue, symbols):
    market = read_market(ROOT / "config" / "two-venues.toml", venue)
    assert len(market.instruments) == symbols == len(market.exchange.traders)
    assert len(from_config(market.instruments, {venue: Venue.SIMULATED})) == symbols


def test_which_of_several_venues_must_be_said():
    path = ROOT / "config" / "two-venues.toml"
    with pytest.raises(UsageError, match=r"several venues, say which with --venue; there are: al"):
        read_market(path)
    with pytest.raises(UsageError, match="no venue 'gamma'; there are: alpha, beta"):
        read_market(path, "gamma")
    with pytest.raises(UsageError, match="no venue 'gamma'; there are: none"):
        read_market(ROOT / "config" / "demo.toml", "gamma")
