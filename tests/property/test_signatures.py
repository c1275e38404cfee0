"""What a key has signed it takes, and with any bit of it changed it does not: of every venue."""

import base64

from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from hypothesis import given, settings
from hypothesis import strategies as st

from pinnacle.core.credentials import Credentials
from pinnacle.venues.binance.signing import (
    Ed25519Key,
    HmacKey,
    query_of,
    signed_params,
    signed_query,
    verify_params,
    verify_rest,
)
from pinnacle.venues.bitstamp.signing import BitstampKey
from pinnacle.venues.coinbase.signing import CoinbaseKey
from pinnacle.venues.coinbase_exchange import signing as coinbase_exchange
from pinnacle.venues.gemini.signing import GeminiKey, read_payload
from pinnacle.venues.kraken.signing import KrakenKey, nonce_of
from tests.venues.by_hand import flipped

SECRET = base64.b64encode(bytes(range(64))).decode()
EXAMPLES = settings(max_examples=60, deadline=None)


def pem_of(private):
    return private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


HMAC = HmacKey("key", SECRET)
ED25519 = Ed25519Key("key", pem_of(ed25519.Ed25519PrivateKey.generate()))
KRAKEN = KrakenKey("key", SECRET)
GEMINI = GeminiKey("key", SECRET)
BITSTAMP = BitstampKey("key", SECRET)
COINBASE = CoinbaseKey("key", pem_of(ec.generate_private_key(ec.SECP256R1())))
EXCHANGE = Credentials(key="key", passphrase="phrase", secret=SECRET)

TEXTS = st.text(st.characters(codec="utf-8"), max_size=20)
NAMES = st.text("abcdefghijklmnopqrstuvwxyzI", min_size=1, max_size=12).filter(
    lambda name: name not in ("signature", "nonce", "apiKey", "request")
)
PARAMS = st.dictionaries(NAMES, TEXTS | st.integers(0, 2**53), min_size=1, max_size=6)
BITS = st.integers(0, 10**6)


def changed(text, bit):
    """Another bit of an ASCII text; what is not ASCII any more is read as bytes are from a wire."""
    return flipped(text.encode("ascii"), bit).decode("latin-1")


@EXAMPLES
@given(params=PARAMS, bit=BITS)
def test_binances_queries(params, bit):
    for key in (HMAC, ED25519):
        query = signed_query(key, params)
        assert verify_rest(key, query) and query.isascii()
        said = query_of(params)
        other = flipped(said.encode(), bit).decode("latin-1")
        assert not verify_rest(key, other + query[len(said) :])


@EXAMPLES
@given(params=PARAMS, more=TEXTS)
def test_binances_parameters(params, more):
    for key in (HMAC, ED25519):
        signed = signed_params(key, params)
        assert verify_params(key, signed)
        assert verify_params(key, dict(reversed(signed.items())))
        for name in params:
            assert not verify_params(key, signed | {name: f"{signed[name]}{more}0"})


@EXAMPLES
@given(said=st.binary(max_size=200), bit=BITS)
def test_the_signatures_themselves(said, bit):
    for key in (HMAC, ED25519):
        signature = key.sign(said)
        assert key.verify(said, signature)
        other = changed(signature, bit)
        # A capital digit is the same to this venue.
        assert key.verify(said, other) == (key is HMAC and other.lower() == signature)
    proof = COINBASE.sign(said)
    assert COINBASE.verify(said, proof) and not COINBASE.verify(said, flipped(proof, bit))
    assert not COINBASE.verify(said + b"0", proof)


@EXAMPLES
@given(params=PARAMS, nonce=st.integers(0, 2**63 - 1), bit=BITS)
def test_krakens_requests(params, nonce, bit):
    body, headers = KRAKEN.signed("/0/private/AddOrder", nonce, params)
    signature = headers["API-Sign"]
    assert nonce_of(body) == str(nonce)
    assert KRAKEN.verify("/0/private/AddOrder", body, signature)
    assert not KRAKEN.verify("/0/private/AddOrder", flipped(body, bit), signature)
    assert not KRAKEN.verify(changed("/0/private/AddOrder", bit), body, signature)
    assert not KRAKEN.verify("/0/private/AddOrder", body, changed(signature, bit))


@EXAMPLES
@given(fields=PARAMS, nonce=st.integers(0, 2**53) | st.decimals(0, 10**10, places=6), bit=BITS)
def test_geminis_payloads(fields, nonce, bit):
    headers = GEMINI.rest_headers("/v1/order/new", nonce, fields)
    payload, signature = headers["X-GEMINI-PAYLOAD"], headers["X-GEMINI-SIGNATURE"]
    assert read_payload(payload) == {"request": "/v1/order/new", "nonce": nonce, **fields}
    assert GEMINI.verify(payload, signature)
    assert not GEMINI.verify(changed(payload, bit), signature)
    assert not GEMINI.verify(payload, changed(signature, bit))


@EXAMPLES
@given(target=TEXTS, body=st.binary(max_size=100), stamp=st.integers(0, 2**53), bit=BITS)
def test_bitstamps_and_coinbase_exchanges_requests(target, body, stamp, bit):
    request = "POST", "host", target, body
    headers = BITSTAMP.headers(*request, "nonce", stamp)
    headers = {name.lower(): value for name, value in headers.items()}
    assert BITSTAMP.verify("POST", "host", target, headers, body)
    signature = changed(headers["x-auth-signature"], bit)
    wrong = headers | {"x-auth-signature": signature}
    assert not BITSTAMP.verify("POST", "host", target, wrong, body)
    other = flipped(body, bit) if body else b"0"
    assert not BITSTAMP.verify("POST", "host", target, headers, other)

    headers = coinbase_exchange.rest_headers(EXCHANGE, str(stamp), "POST", target, body)
    headers = {name.lower(): value for name, value in headers.items()}
    assert coinbase_exchange.verify_rest(EXCHANGE, headers, "POST", target, body)
    assert not coinbase_exchange.verify_rest(EXCHANGE, headers, "POST", target, other)


@EXAMPLES
@given(uri=TEXTS, now_s=st.integers(0, 2**40), bit=BITS)
def test_coinbases_tokens(uri, now_s, bit):
    token = COINBASE.token(now_s, "00", uri)
    assert COINBASE.refusal(token, now_s, uri) == ""
    assert COINBASE.refusal(changed(token, bit), now_s, uri) != ""
    assert COINBASE.refusal(token, now_s, uri + "0") == "it is for another request"
