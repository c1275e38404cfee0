"""Bitstamp's requests are signed as its sample does, spelled out by hand: it gives no numbers."""

import pytest

from pinnacle.core.errors import ConfigError
from pinnacle.venues.bitstamp.signing import WINDOW, BitstampKey
from pinnacle.venues.orders.nonces import unique_nonce
from tests.venues.by_hand import hmac_by_hand

SECRET = b"geheim"
KEY = BitstampKey("key", SECRET.decode())
HOST = "www.bitstamp.net"
NONCE, STAMP = "0f6c0a5e-4a0e-4f0e-9d59-6d1f7f7b0001", 1790000000123
FORM = "application/x-www-form-urlencoded"
BODY = b"amount=0.01000000&price=60000.00&client_order_id=pn-7-42&moc_order=True"
TARGET = "/api/v2/buy/btcusd/"


def lowered(headers):
    return {name.lower(): value for name, value in headers.items()}


def test_a_form_is_signed_with_everything_in_a_row():
    headers = KEY.headers("POST", HOST, TARGET, BODY, NONCE, STAMP)
    said = f"BITSTAMP keyPOST{HOST}{TARGET}{FORM}{NONCE}{STAMP}v2".encode() + BODY
    assert headers == {
        "X-Auth": "BITSTAMP key",
        "X-Auth-Signature": hmac_by_hand("sha256", SECRET, said).hex(),
        "X-Auth-Nonce": NONCE,
        "X-Auth-Timestamp": str(STAMP),
        "X-Auth-Version": "v2",
        "Content-Type": FORM,
    }


def test_a_request_without_a_body_has_no_content_type_and_signs_none():
    target = "/api/v2/order_data/?market=BTC%2FUSD"
    headers = KEY.headers("GET", HOST, target, b"", NONCE, STAMP)
    said = f"BITSTAMP keyGET{HOST}{target}{NONCE}{STAMP}v2".encode()
    assert headers["X-Auth-Signature"] == hmac_by_hand("sha256", SECRET, said).hex()
    assert "Content-Type" not in headers
    assert KEY.verify("GET", HOST, target, lowered(headers), b"")
    assert not KEY.verify("GET", HOST, target, {**lowered(headers), "content-type": FORM}, b"")


@pytest.mark.parametrize(
    "name", ["x-auth", "x-auth-signature", "x-auth-nonce", "x-auth-timestamp", "x-auth-version"]
)
def test_every_header_counts(name):
    headers = lowered(KEY.headers("POST", HOST, TARGET, BODY, NONCE, STAMP))
    assert KEY.verify("POST", HOST, TARGET, headers, BODY)
    for wrong in ("", headers[name] + "1", "é"):
        assert not KEY.verify("POST", HOST, TARGET, headers | {name: wrong}, BODY)
    del headers[name]
    assert not KEY.verify("POST", HOST, TARGET, headers, BODY)


def test_so_do_method_host_target_and_body():
    headers = lowered(KEY.headers("POST", HOST, TARGET, BODY, NONCE, STAMP))
    assert not KEY.verify("GET", HOST, TARGET, headers, BODY)
    assert not KEY.verify("POST", "sandbox.bitstamp.net", TARGET, headers, BODY)
    assert not KEY.verify("POST", HOST, TARGET + "?a=1", headers, BODY)
    assert not KEY.verify("POST", HOST, TARGET, headers, BODY + b"0")
    assert not KEY.verify("POST", HOST, TARGET, headers, b"")


def test_two_requests_of_one_millisecond_differ():
    first, second = (
        KEY.headers("POST", HOST, TARGET, BODY, unique_nonce(), STAMP) for _ in range(2)
    )
    assert len(first["X-Auth-Nonce"]) == 36
    for name in ("X-Auth-Nonce", "X-Auth-Signature"):
        assert first[name] != second[name]


def test_a_reply_is_the_venues_if_it_signs_our_nonce_and_what_it_says():
    said = f"{NONCE}{STAMP}application/json".encode() + b'{"id":"1"}'
    signature = hmac_by_hand("sha256", SECRET, said).hex()
    reply = NONCE, str(STAMP), "application/json"
    assert KEY.sign_reply(*reply, b'{"id":"1"}') == signature
    assert KEY.verify_reply(*reply, b'{"id":"1"}', signature)
    assert not KEY.verify_reply(*reply, b'{"id":"2"}', signature)
    assert not KEY.verify_reply(unique_nonce(), *reply[1:], b'{"id":"1"}', signature)


def test_the_venue_takes_stamps_of_150_seconds():
    now_ns = STAMP * 10**6
    assert not WINDOW.is_late(STAMP - 150_000, now_ns) and WINDOW.is_late(STAMP - 150_001, now_ns)
    assert not WINDOW.is_ahead(STAMP + 149_999, now_ns) and WINDOW.is_ahead(STAMP + 150_000, now_ns)


def test_a_secret_that_cannot_be_one_is_refused():
    with pytest.raises(ConfigError, match="secret: is empty"):
        BitstampKey("key", "")
    assert SECRET not in repr(vars(KEY)).encode()
