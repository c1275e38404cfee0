"""Kraken's requests are signed as its documents show, and read as they are signed."""

import base64
import hashlib

import pytest

from pinnacle.core.errors import ConfigError
from pinnacle.venues.kraken.signing import KrakenKey, nonce_of
from tests.venues.by_hand import hmac_by_hand

#: The example of docs.kraken.com, "Spot REST authentication"; the key opens nothing.
SECRET = "kQH5HW/8p1uGOVjbgWA7FunAmGO8lsSUXNsu3eow76sz84Q18fWxnyRzBHCd3pd5nE9qa99HAZtuZuj6F1huXg=="
KEY = KrakenKey("key", SECRET)
PATH = "/0/private/AddOrder"
NONCE = 1616492376594
ORDER = {"ordertype": "limit", "pair": "XBTUSD", "price": 37500, "type": "buy", "volume": "1.25"}
BODY = b"nonce=1616492376594&ordertype=limit&pair=XBTUSD&price=37500&type=buy&volume=1.25"
SIGNATURE = (
    "4/dpxb3iT4tp/ZCVEwSnEsLxx0bqyhLpdfOpc6fn7OR8+UClSV5n9E6aSS8MPtnRfp32bAb0nmbRn6H8ndwLUQ=="
)


def test_a_request_is_signed_as_in_the_venues_documents():
    request = KEY.signed(PATH, NONCE, ORDER)
    assert request.body == BODY
    assert request.headers == {
        "API-Key": "key",
        "API-Sign": SIGNATURE,
        "Content-Type": "application/x-www-form-urlencoded; charset=utf-8",
    }
    assert KEY.verify(PATH, BODY, SIGNATURE)
    assert not KEY.verify("/0/private/CancelAll", BODY, SIGNATURE)
    assert not KEY.verify(PATH, BODY.replace(b"594", b"595"), SIGNATURE)


def test_a_signature_is_what_the_hashes_give_by_hand():
    body = KEY.signed(PATH, 7, {"cl_ord_id": "ä b&c"}).body
    assert body == b"nonce=7&cl_ord_id=%C3%A4%20b%26c"
    said = PATH.encode() + hashlib.sha256(b"7" + body).digest()
    right = hmac_by_hand("sha512", base64.b64decode(SECRET), said)
    assert base64.b64decode(KEY.sign(PATH, 7, body)) == right


@pytest.mark.parametrize(
    ("body", "nonce"),
    [
        (BODY, "1616492376594"),
        (b'{"nonce": 12, "pair": "XBTUSD"}', "12"),
        (b' {"nonce": "12"}', "12"),
        (b"pair=XBTUSD", ""),
        (b"nonce=1&nonce=2", ""),
        (b"nonce=", ""),
        (b"", ""),
        (b"{", ""),
        (b'{"nonce": 1.5}', ""),
        (b"\xff\xfe", ""),
    ],
)
def test_a_nonce_is_read_from_either_form_of_body(body, nonce):
    assert nonce_of(body) == nonce
    assert KEY.verify(PATH, body, KEY.sign(PATH, nonce, body)) == bool(nonce)


def test_a_secret_that_is_not_base64_is_refused_without_being_shown():
    for wrong in ("geheim!", "ä", "abc"):
        with pytest.raises(ConfigError, match="secret: is not base64") as caught:
            KrakenKey("key", wrong)
        assert wrong not in str(caught.value)
    with pytest.raises(ConfigError, match="secret: is empty"):
        KrakenKey("key", "")
    assert SECRET[:8] not in repr(vars(KEY))
