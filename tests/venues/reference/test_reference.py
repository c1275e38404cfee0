"""What venues list, as they say it: steps, least sizes, whether they trade."""

import json
import subprocess
import sys
from decimal import Decimal

import pytest

from pinnacle.capture.reading import read_capture
from pinnacle.core.errors import DataError
from pinnacle.venues.reference.listing import Status, moment_said, plain, step
from pinnacle.venues.registry import VENUES, find
from pinnacle.venues.served.dialect import LineKind
from tests.beside import BESIDE, needs, needs_captures
from tests.venues.listed import CLOCKS, LISTED, PRICES, REPLIES

FOLDER = BESIDE / "data" / "captures"
PAIRS = BESIDE / "data" / "payload_examples" / "kraken_http_asset_pairs.json"

#: What makes each of these one that takes no orders, or not all.
STOPPED = {
    "binance": ('"TRADING"', '"BREAK"', Status.HALTED),
    "bitstamp": ('"Enabled"', '"Disabled"', Status.HALTED),
    "coinbase": ('"online"', '"online", "trading_disabled": true', Status.HALTED),
    "coinbase_exchange": ('"online"', '"online", "post_only": true', Status.LIMITED),
    "gemini": ('"open"', '"post_only"', Status.LIMITED),
    "kraken": ('"online"', '"cancel_only"', Status.HALTED),
}
#: Whose clock shows milliseconds.
FINE_CLOCKS = ("binance", "coinbase", "coinbase_exchange")


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
    refused = {"error": ["EGeneral:Too many requests"]}
    with pytest.raises(DataError, match="EGeneral:Too many requests"):
        listings("kraken", refused)
    with pytest.raises(DataError, match="EGeneral:Too many requests"):
        find("kraken").reference().price(json.dumps(refused).encode())


@pytest.mark.parametrize("venue", VENUES)
def test_the_last_price_is_the_venues_own(venue):
    reference = find(venue).reference()
    text = json.dumps(PRICES[venue])
    assert reference.price(text.encode()) == Decimal("65086.18")
    for wrong in ("[]", "{", '{"price":5}', text.replace("65086.18", "0"), text.replace("18", "x")):
        with pytest.raises(DataError):
            reference.price(wrong.encode())


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


@pytest.mark.parametrize("venue", VENUES)
def test_what_a_venues_clock_shows_is_read_whole(venue):
    reference = find(venue).reference()
    date, at_s = "Wed, 21 Oct 2015 07:28:00 GMT", 1_445_412_480
    moment = reference.moment(date, CLOCKS[venue](at_s))
    assert moment.at_ns == at_s * 10**9
    assert moment.within_ns == (10**6 if venue in FINE_CLOCKS else 10**9)


@pytest.mark.parametrize(
    "venue", [venue for venue in VENUES if venue not in ("bitstamp", "gemini")]
)
@pytest.mark.parametrize("body", [b"", b"{}", b"[]", b'{"serverTime":-1,"epoch":-1}'])
def test_what_is_no_time_of_the_venues_is_refused(venue, body):
    with pytest.raises(DataError):
        find(venue).reference().moment("", body)


@pytest.mark.parametrize("number", ["1e999999999", "1e30", "-1", "nan", "x", "1e-99999999"])
def test_no_number_that_a_venue_writes_fills_memory_or_is_believed(number):
    with pytest.raises(DataError):
        moment_said(number, 1)
