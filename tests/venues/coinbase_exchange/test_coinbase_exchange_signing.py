"""Subscriptions to what the venue gives to who has a key alone are signed, as openssl signs."""

import base64
import json
import shutil
import subprocess

import pytest

from pinnacle.core.credentials import Credentials
from pinnacle.core.errors import ConfigError
from pinnacle.venues.coinbase_exchange import VENUE
from pinnacle.venues.coinbase_exchange.config import CoinbaseExchangeConfig
from pinnacle.venues.coinbase_exchange.connector import Speaker, shown
from pinnacle.venues.coinbase_exchange.signing import (
    WINDOW,
    rest_headers,
    signature,
    verify_rest,
)
from tests.venues.by_hand import hmac_by_hand

SECRET = bytes(range(64))
KEY = Credentials(key="key", passphrase="phrase", secret=base64.b64encode(SECRET).decode())


def speaker(book):
    return Speaker(CoinbaseExchangeConfig(book=book), KEY)


@pytest.mark.skipif(shutil.which("openssl") is None, reason="no openssl")
@pytest.mark.parametrize("timestamp", ["1641343691", "1641343691.244"])
def test_a_signature_is_what_openssl_makes(timestamp):
    command = ["openssl", "dgst", "-sha256", "-mac", "HMAC", "-macopt", f"hexkey:{SECRET.hex()}"]
    said = f"{timestamp}GET/users/self/verify".encode()
    done = subprocess.run([*command, "-binary"], input=said, capture_output=True, check=True)
    assert signature(KEY, timestamp) == base64.b64encode(done.stdout).decode()


@pytest.mark.parametrize("book", ["level2", "full"])
def test_what_is_signed_is_shown_without_what_is_secret(book):
    request = speaker(book).request("subscribe", [book, "heartbeat"], ["BTC-USD"])
    body = json.loads(request)
    assert body["signature"] == signature(KEY, body["timestamp"])
    assert (body["key"], body["passphrase"]) == ("key", "phrase")
    assert KEY.secret not in request
    public = {"type": "subscribe", "product_ids": ["BTC-USD"], "channels": [book, "heartbeat"]}
    assert json.loads(shown(request)) == public


def test_what_everybody_may_have_is_not_signed():
    request = speaker("full").request("unsubscribe", ["full"], ["BTC-USD"])
    assert json.loads(request).keys() == {"type", "product_ids", "channels"}
    for one in (Speaker(CoinbaseExchangeConfig()), speaker("level2_batch")):
        assert "signature" not in one.request("subscribe", ["level2_batch"], ["A-B"])


@pytest.mark.parametrize("book", ["level2", "full"])
def test_a_book_that_needs_a_key_names_one_and_is_not_asked_for_without_it(book):
    config = CoinbaseExchangeConfig(book=book)
    assert VENUE.market_key(config) == "coinbase_exchange"
    assert VENUE.market_key(CoinbaseExchangeConfig(book=book, key="mine")) == "mine"
    with pytest.raises(ConfigError, match=f'key: the venue gives "{book}" only to who has one'):
        Speaker(config)


def test_a_book_that_is_everybodys_names_no_key():
    assert VENUE.market_key(CoinbaseExchangeConfig()) is None
    with pytest.raises(ValueError, match='key: not used: the venue gives "level2_batch" to every'):
        CoinbaseExchangeConfig(key="mine")


ORDER = "POST", "/orders?a=1", b'{"price":"60000.00"}'


def lowered(headers):
    return {name.lower(): value for name, value in headers.items()}


def test_a_request_is_signed_with_its_time_method_path_and_body():
    said = b'1790000000POST/orders?a=1{"price":"60000.00"}'
    assert rest_headers(KEY, "1790000000", *ORDER) == {
        "CB-ACCESS-SIGN": base64.b64encode(hmac_by_hand("sha256", SECRET, said)).decode(),
        "CB-ACCESS-KEY": "key",
        "CB-ACCESS-PASSPHRASE": "phrase",
        "CB-ACCESS-TIMESTAMP": "1790000000",
    }


def test_a_request_without_a_body_signs_none():
    headers = lowered(rest_headers(KEY, "1790000000", "GET", "/fees"))
    right = hmac_by_hand("sha256", SECRET, b"1790000000GET/fees")
    assert headers["cb-access-sign"] == base64.b64encode(right).decode()
    assert verify_rest(KEY, headers, "GET", "/fees", b"")


def test_whatever_of_a_request_is_another_its_signature_is_wrong():
    headers = lowered(rest_headers(KEY, "1790000000", *ORDER))
    assert verify_rest(KEY, headers, *ORDER)
    for name in headers:
        assert not verify_rest(KEY, headers | {name: headers[name] + "1"}, *ORDER)
        assert not verify_rest(KEY, headers | {name: "é"}, *ORDER)
        assert not verify_rest(KEY, {n: v for n, v in headers.items() if n != name}, *ORDER)
    for method, target, body in [
        ("DELETE", *ORDER[1:]),
        ("POST", "/orders", ORDER[2]),
        (*ORDER[:2], b""),
    ]:
        assert not verify_rest(KEY, headers, method, target, body)


def test_the_venue_takes_stamps_of_30_seconds():
    now_ns = 1_790_000_000 * 10**9
    assert not WINDOW.is_late(1_789_999_970, now_ns) and WINDOW.is_late(1_789_999_969, now_ns)
    assert WINDOW.is_ahead(1_790_000_030, now_ns)
