"""What venues list, as they say it: steps, least sizes, whether they trade."""

import json
import subprocess
import sys

import pytest

from pinnacle.capture.reading import read_capture
from pinnacle.core.errors import DataError
from pinnacle.venues.dialect import LineKind
from pinnacle.venues.reference import Status, plain, step
from pinnacle.venues.registry import VENUES, find
from tests.beside import BESIDE, needs, needs_captures

FOLDER = BESIDE / "data" / "captures"
PAIRS = BESIDE / "data" / "payload_examples" / "kraken_http_asset_pairs.json"

BINANCE = {
    "symbols": [
        {
            "symbol": "BTCUSDT",
            "status": "TRADING",
            "baseAsset": "BTC",
            "quoteAsset": "USDT",
            "filters": [
                {"filterType": "PRICE_FILTER", "tickSize": "0.01000000", "minPrice": "0.01"},
                {"filterType": "LOT_SIZE", "stepSize": "0.00001000", "minQty": "0.00001000"},
                {"filterType": "NOTIONAL", "minNotional": "5.00000000"},
            ],
        }
    ]
}
COINBASE = {
    "product_id": "BTC-USD",
    "base_currency_id": "BTC",
    "quote_currency_id": "USD",
    "base_increment": "0.00000001",
    "quote_increment": "0.01",
    "price_increment": "0.01",
    "base_min_size": "0.00000001",
    "quote_min_size": "1",
    "status": "online",
}
EXCHANGE = {
    "id": "BTC-USD",
    "base_currency": "BTC",
    "quote_currency": "USD",
    "base_increment": "0.00000001",
    "quote_increment": "0.01",
    "min_market_funds": "1",
    "status": "online",
}
GEMINI = {
    "symbol": "btcusd",
    "base_currency": "BTC",
    "quote_currency": "USD",
    "tick_size": 1e-8,
    "quote_increment": 0.01,
    "min_order_size": "0.00001",
    "status": "open",
}
KRAKEN = {
    "wsname": "XBT/USD",
    "pair_decimals": 1,
    "lot_decimals": 8,
    "ordermin": "0.00005",
    "costmin": "0.5",
    "tick_size": "0.1",
    "status": "online",
}
BITSTAMP = {
    "name": "BTC/USD",
    "market_symbol": "btcusd",
    "base_decimals": 8,
    "counter_decimals": 0,
    "trading": "Enabled",
    "minimum_order_value": "10",
}
REPLIES = {
    "binance": BINANCE,
    "bitstamp": [BITSTAMP],
    "coinbase": {"products": [COINBASE]},
    "coinbase_exchange": [EXCHANGE],
    "gemini": [GEMINI],
    "kraken": {"error": [], "result": {"XXBTZUSD": KRAKEN}},
}
LISTED = {
    "binance": ("BTCUSDT", "BTC-USDT", "0.01", "0.00001", "0.00001", "5"),
    "bitstamp": ("btcusd", "BTC-USD", "1", "0.00000001", "", "10"),
    "coinbase": ("BTC-USD", "BTC-USD", "0.01", "0.00000001", "0.00000001", "1"),
    "coinbase_exchange": ("BTC-USD", "BTC-USD", "0.01", "0.00000001", "", "1"),
    "gemini": ("BTCUSD", "BTC-USD", "0.01", "0.00000001", "0.00001", ""),
    "kraken": ("BTC/USD", "BTC-USD", "0.1", "0.00000001", "0.00005", "0.5"),
}
#: What makes each of these one that takes no orders, or not all.
STOPPED = {
    "binance": ('"TRADING"', '"BREAK"', Status.HALTED),
    "bitstamp": ('"Enabled"', '"Disabled"', Status.HALTED),
    "coinbase": ('"online"', '"online", "trading_disabled": true', Status.HALTED),
    "coinbase_exchange": ('"online"', '"online", "post_only": true', Status.LIMITED),
    "gemini": ('"open"', '"post_only"', Status.LIMITED),
    "kraken": ('"online"', '"cancel_only"', Status.HALTED),
}


def listings(venue, reply):
    text = reply if isinstance(reply, str) else json.dumps(reply)
    return find(venue).reference().listings(text.encode())


@pytest.mark.parametrize("venue", VENUES)
def test_an_instrument_has_the_venues_own_steps_and_sizes(venue):
    (found,) = listings(venue, REPLIES[venue])
    said = (found.symbol, found.name, found.tick, found.lot, found.quantity_min, found.value_min)
    assert said == LISTED[venue] and found.status is Status.TRADING and found.words
    assert find(venue).symbol_fault(found.symbol) is None
    assert find(venue).name_of(found.symbol) == found.symbol


@pytest.mark.parametrize("venue", VENUES)
def test_one_that_takes_no_orders_is_told_from_one_that_does(venue):
    before, after, status = STOPPED[venue]
    text = json.dumps(REPLIES[venue])
    assert before in text
    (found,) = listings(venue, text.replace(before, after))
    assert found.status is status and found.words


@pytest.mark.parametrize("venue", VENUES)
@pytest.mark.parametrize(
    "reply", ["", "{}}", "null", "5", '{"symbols":5}', "[" * 100_000, '[{"a":1}]']
)
def test_a_reply_that_is_no_list_of_the_venues_is_refused(venue, reply):
    with pytest.raises(DataError, match="list of instruments"):
        listings(venue, reply)


def test_krakens_own_errors_are_told():
    with pytest.raises(DataError, match="EGeneral:Too many requests"):
        listings("kraken", {"error": ["EGeneral:Too many requests"]})


def test_amounts_have_no_exponents_and_no_idle_zeros():
    assert [plain(value) for value in ("0.01000000", 1e-8, "100", "1E+2", 5, 0.5)] == [
        "0.01",
        "0.00000001",
        "100",
        "100",
        "5",
        "0.5",
    ]
    assert [step(digits) for digits in (0, 2, 8)] == ["1", "0.01", "0.00000001"]
    for wrong in ("", "x", "-1", "nan", "inf"):
        with pytest.raises(DataError):
            plain(wrong)


def recorded(name, part):
    return next(
        line.frame.decode()
        for line in read_capture(FOLDER / name)
        if line.kind is LineKind.REPLY and part in line.where
    )


@needs_captures
def test_the_lists_that_venues_sent_are_read_whole():
    coinbase = listings(
        "coinbase", recorded("coinbase_advanced_20260809_first500.jsonl.zst", "/products")
    )
    binance = listings("binance", recorded("binance_spot_20211012.jsonl.zst", "/exchangeInfo"))
    assert (len(coinbase), len(binance)) == (920, 1695)
    btc = next(row for row in coinbase if row.symbol == "BTC-USD")
    assert (btc.tick, btc.lot, btc.status) == ("0.01", "0.00000001", Status.TRADING)
    details = recorded("gemini_v2_20260809_5sym.jsonl.zst", "/btcusdcperp")
    (perpetual,) = listings("gemini", f"[{details}]")
    assert (perpetual.symbol, perpetual.tick, perpetual.lot) == ("BTCUSDCPERP", "0.5", "0.0001")


@needs(PAIRS)
def test_krakens_own_example_is_read():
    found = listings("kraken", PAIRS.read_text(encoding="utf-8"))
    assert found and all("/" in row.symbol and "XBT" not in row.symbol for row in found)


def asked(*options):
    command = [sys.executable, "-m", "pinnacle", "instruments", *options]
    return subprocess.run(command, capture_output=True, text=True, timeout=60)


def test_a_venue_that_cannot_be_reached_is_a_clear_error():
    where = ["--feed", "rest_url=https://127.0.0.1:9"]
    done = asked("--venue", "kraken", *where)
    assert done.returncode == 1 and "Traceback" not in done.stderr
    assert "https://127.0.0.1:9/0/public/AssetPairs" in done.stderr
    done = asked("--venue", "kraken", *where, "--feed", "ca_file=none.pem")
    assert done.returncode == 2 and "ca_file none.pem" in done.stderr
