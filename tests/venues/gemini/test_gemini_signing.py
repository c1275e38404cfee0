"""Gemini's requests are signed as its documents show, and read as they are signed."""

import base64
import json
from decimal import Decimal

import pytest

from pinnacle.core.errors import ConfigError, DataError
from pinnacle.venues.gemini.signing import GeminiKey, read_payload
from tests.venues.by_hand import hmac_by_hand

#: The example of docs.gemini.com, "Payload"; the key opens nothing.
SECRET = "1234abcd"
KEY = GeminiKey("mykey", SECRET)
PAYLOAD = (
    "ewogICAgInJlcXVlc3QiOiAiL3YxL29yZGVyL3N0YXR1cyIsCiAgICAibm9uY2UiOiAxMjM0NTYsCgogICAgIm9y"
    "ZGVyX2lkIjogMTg4MzQKfQo="
)
SIGNATURE = (
    "337cc8b4ea692cfe65b4a85fcc9f042b2e3f702ac956fd098d600ab1570577501"
    "7beae402be773ceee10719ff70d710f"
)


def test_a_payload_is_signed_as_in_the_venues_documents():
    assert KEY.sign(PAYLOAD) == SIGNATURE
    assert KEY.verify(PAYLOAD, SIGNATURE)
    said = {"request": "/v1/order/status", "nonce": 123456, "order_id": 18834}
    assert read_payload(PAYLOAD) == said


def test_a_request_by_rest_is_headers_alone_and_has_its_nonce_as_a_number():
    fields = {"symbol": "btcusd", "price": "60000.00", "options": ["maker-or-cancel"]}
    headers = KEY.rest_headers("/v1/order/new", Decimal("1790000000.123456"), fields)
    payload, signature = headers.pop("X-GEMINI-PAYLOAD"), headers.pop("X-GEMINI-SIGNATURE")
    assert headers == {
        "Content-Type": "text/plain",
        "Cache-Control": "no-cache",
        "X-GEMINI-APIKEY": "mykey",
    }
    text = base64.b64decode(payload).decode()
    assert '"nonce":1790000000.123456,' in text
    nonce = {"request": "/v1/order/new", "nonce": 1790000000.123456}
    assert json.loads(text) == nonce | fields
    assert read_payload(payload)["nonce"] == Decimal("1790000000.123456")
    right = hmac_by_hand("sha384", SECRET.encode(), payload.encode()).hex()
    assert signature == right and KEY.verify(payload, signature)
    counted = KEY.rest_headers("/v1/heartbeat", 5, {})["X-GEMINI-PAYLOAD"]
    assert base64.b64decode(counted) == b'{"request":"/v1/heartbeat","nonce":5}'


def test_a_websocket_is_opened_with_four_headers_over_the_nonce_alone():
    headers = KEY.websocket_headers(1790000000)
    payload = base64.b64encode(b"1790000000").decode()
    right = hmac_by_hand("sha384", SECRET.encode(), payload.encode()).hex()
    assert headers == {
        "X-GEMINI-APIKEY": "mykey",
        "X-GEMINI-NONCE": "1790000000",
        "X-GEMINI-PAYLOAD": payload,
        "X-GEMINI-SIGNATURE": right,
    }
    assert KEY.verify_websocket("1790000000", payload, right)
    assert not KEY.verify_websocket("1790000001", payload, right)
    assert not KEY.verify_websocket("1790000000", payload, right[:-1] + "x")


@pytest.mark.parametrize("payload", ["", "!", "ä", base64.b64encode(b"[1]").decode(), "bm8="])
def test_a_payload_that_says_nothing_is_told(payload):
    with pytest.raises(DataError, match="X-GEMINI-PAYLOAD: is not JSON of an object"):
        read_payload(payload)


def test_a_secret_that_cannot_be_one_is_refused_without_being_shown():
    with pytest.raises(ConfigError, match="secret: is empty"):
        GeminiKey("key", "")
    with pytest.raises(ConfigError, match="secret: has a character") as caught:
        GeminiKey("key", "gehéim")
    assert "geh" not in str(caught.value) and SECRET not in repr(vars(KEY))
