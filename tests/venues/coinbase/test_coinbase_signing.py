"""Coinbase's tokens: RFC 7515's and RFC 6979's own signatures, and PyJWT as the other side."""

import base64
import json
import time

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
)

from pinnacle.core.errors import ConfigError
from pinnacle.venues.coinbase.signing import WINDOW, CoinbaseKey, TokenVerifier, uri_of

NAME = "organizations/1/apiKeys/2"
NOW_S = 1_790_000_000
URI = uri_of("POST", "api.coinbase.com", "/api/v3/brokerage/orders")
#: RFC 6979, A.2.5: P-256, SHA-256, the message "sample".
RFC6979_KEY = 0xC9AFA9D845BA75166B5C215767B1D6934E50C3DB36E89B127B8A622B120F6721
RFC6979_SIGNATURE = bytes.fromhex(
    "EFD48B2AACB6A8FD1140DD9CD45E81D69D2C877B56AAF991C34D0EA84EAF3716"
    "F7CB1C942D657C41D436C7A1B6E29F65F3E900DBB9AFF4064DC4AB2F843ACDA8"
)
#: RFC 7515, A.3: its public key, and the JWS that it has signed.
RFC7515_X = "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU"
RFC7515_Y = "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"
RFC7515_SAID = (
    "eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxl"
    "LmNvbS9pc19yb290Ijp0cnVlfQ"
)
RFC7515_PROOF = (
    "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q"
)


def unpacked(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def packed(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def pem_of(key, form=PrivateFormat.PKCS8, encryption=None):
    return key.private_bytes(Encoding.PEM, form, encryption or NoEncryption()).decode()


PRIVATE = ec.derive_private_key(RFC6979_KEY, ec.SECP256R1())
PUBLIC = PRIVATE.public_key()
KEY = CoinbaseKey(NAME, pem_of(PRIVATE))
HEADER = {"alg": "ES256", "typ": "JWT", "kid": NAME, "nonce": "6e"}
CLAIMS = {"sub": NAME, "iss": "cdp", "nbf": NOW_S, "exp": NOW_S + 120, "uri": URI}


def made(header=None, claims=None, key=PRIVATE):
    """A token as PyJWT makes it."""
    said = {**CLAIMS, **(claims or {})}
    headers = {**HEADER, **(header or {})}
    return jwt.encode(said, key, algorithm="ES256", headers=headers)


def test_a_signature_is_that_of_rfc_6979():
    assert KEY.verifier().verify(b"sample", RFC6979_SIGNATURE)
    assert not KEY.verify(b"simple", RFC6979_SIGNATURE)
    if KEY.sign(b"sample") != KEY.sign(b"sample"):
        pytest.skip("this cryptography signs with random numbers")
    assert KEY.sign(b"sample") == RFC6979_SIGNATURE


def test_a_signature_of_rfc_7515_is_good():
    x, y = (int.from_bytes(unpacked(text)) for text in (RFC7515_X, RFC7515_Y))
    public = ec.EllipticCurvePublicNumbers(x, y, ec.SECP256R1()).public_key()
    verifier = TokenVerifier("joe", public)
    assert verifier.verify(RFC7515_SAID.encode(), unpacked(RFC7515_PROOF))
    assert not verifier.verify(RFC7515_SAID.encode() + b"Q", unpacked(RFC7515_PROOF))
    token = f"{RFC7515_SAID}.{RFC7515_PROOF}"
    assert verifier.refusal(token, NOW_S) == "it is no token of this kind"


def test_pyjwt_takes_our_tokens_and_reads_what_the_venue_wants():
    now_s = int(time.time())
    token = KEY.token(now_s, "0123456789abcdef", URI)
    claims = jwt.decode(token, PUBLIC, algorithms=["ES256"], issuer="cdp")
    assert claims == CLAIMS | {"nbf": now_s, "exp": now_s + 120}
    header = {"alg": "ES256", "typ": "JWT", "kid": NAME, "nonce": "0123456789abcdef"}
    assert jwt.get_unverified_header(token) == header
    stream = KEY.token(now_s, "00")
    assert "uri" not in jwt.decode(stream, PUBLIC, algorithms=["ES256"], issuer="cdp")
    assert len(unpacked(token.split(".")[2])) == 64


def test_tokens_of_pyjwt_are_taken():
    verifier = KEY.verifier()
    assert verifier.refusal(made(), NOW_S, URI) == ""
    assert verifier.refusal(KEY.token(NOW_S, "00", URI), NOW_S + 119, URI) == ""
    assert verifier.refusal(KEY.token(NOW_S, "00"), NOW_S) == ""


@pytest.mark.parametrize(
    ("token", "why"),
    [
        (made(header={"kid": "another"}), "its header is not of this key"),
        (made(header={"nonce": ""}), "its header is not of this key"),
        (made(key=ec.generate_private_key(ec.SECP256R1())), "its signature is wrong"),
        (made(claims={"iss": "me"}), "it is of somebody else"),
        (made(claims={"sub": "another"}), "it is of somebody else"),
        (made(claims={"exp": NOW_S + 121}), "it is for too long"),
        (made(claims={"nbf": NOW_S + 1}), "it is of the future"),
        (made(claims={"nbf": NOW_S - 120, "exp": NOW_S}), "it has expired"),
        (made(claims={"uri": "GET api.coinbase.com/"}), "it is for another request"),
        (made(claims={"nbf": "now"}), "it is no token of this kind"),
        (jwt.encode(CLAIMS, "k" * 32, headers=HEADER | {"alg": "HS256"}), "header is not of this"),
        (jwt.encode(CLAIMS, None, "none", headers=HEADER | {"alg": "none"}), "header is not of"),
        ("", "it is no token"),
        ("a.b", "it is no token"),
        ("é.é.é", "it is no token of this kind"),
        ("..", "it is no token of this kind"),
        ("a" * 5_000, "it is no token"),
        (made() + "=", "it is no token of this kind"),
    ],
)
def test_a_token_that_is_not_good_is_refused_with_the_reason(token, why):
    assert why in KEY.refusal(token, NOW_S, URI)


def test_a_token_for_a_request_is_none_for_a_subscription_and_the_other_way_round():
    assert KEY.refusal(made(), NOW_S) == "it is for another request"
    assert KEY.refusal(KEY.token(NOW_S, "00"), NOW_S, URI) == "it is for another request"


def test_a_signature_in_der_is_refused():
    said = ".".join(made().split(".")[:2])
    der = PRIVATE.sign(said.encode(), ec.ECDSA(SHA256()))
    assert KEY.refusal(f"{said}.{packed(der)}", NOW_S, URI) == "its signature is wrong"


def test_a_key_is_taken_in_each_form_in_which_the_venue_gives_it():
    sec1 = pem_of(PRIVATE, PrivateFormat.TraditionalOpenSSL)
    assert "BEGIN EC PRIVATE KEY" in sec1
    for pem in (sec1, json.dumps(sec1)[1:-1], pem_of(PRIVATE).replace("\n", "\r\n")):
        token = CoinbaseKey(NAME, pem).token(NOW_S, "00", URI)
        assert KEY.refusal(token, NOW_S, URI) == ""


@pytest.mark.parametrize(
    ("pem", "words"),
    [
        ("", "is not the PEM"),
        ("geheim", "is not the PEM"),
        (pem_of(PRIVATE, encryption=BestAvailableEncryption(b"x")), "is not the PEM of an unencr"),
        (pem_of(ed25519.Ed25519PrivateKey.generate()), "is not of the kind P-256"),
        (pem_of(ec.generate_private_key(ec.SECP384R1())), "is not of the kind P-256"),
    ],
)
def test_a_key_of_another_kind_is_refused_by_the_fields_name(pem, words):
    with pytest.raises(ConfigError, match=f"private_key: {words}"):
        CoinbaseKey(NAME, pem)


def test_a_stamp_for_a_token_is_never_one_of_the_future():
    now_ns = NOW_S * 10**9 + 1
    assert not WINDOW.is_ahead(NOW_S, now_ns) and WINDOW.is_ahead(NOW_S + 1, now_ns)
    assert not WINDOW.is_late(NOW_S - 119, now_ns) and WINDOW.is_late(NOW_S - 120, now_ns)
