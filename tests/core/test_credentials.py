"""A key is held against the form that its venue declares, and no fault shows what it is."""

import base64
import copy
import pickle

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
)

from pinnacle.core import credentials
from pinnacle.core.credentials import Credentials
from pinnacle.venues.registry import VENUES, find

NAMED = "organizations/1-2/apiKeys/3-4"
SIGN = "has a blank, a line break or a sign that is not ASCII in it"
BASE64 = base64.b64encode(bytes(range(64))).decode()


def pem(key, password=None, form=PrivateFormat.PKCS8):
    hidden = BestAvailableEncryption(password) if password else NoEncryption()
    return key.private_bytes(Encoding.PEM, form, hidden).decode()


ED25519 = pem(ed25519.Ed25519PrivateKey.generate())
P256_KEY = ec.generate_private_key(ec.SECP256R1())
P256 = pem(P256_KEY)
P384 = pem(ec.generate_private_key(ec.SECP384R1()))
RSA = pem(rsa.generate_private_key(65537, 2048))
GOOD = {
    "kraken": [{"key": "k", "secret": BASE64}],
    "binance": [{"key": "k", "secret": "s"}, {"key": "k", "private_key": ED25519}],
    "bitstamp": [{"key": "k", "secret": "s"}],
    "gemini": [
        {"key": "k", "secret": "s", "nonce": "time-based"},
        {"key": "k", "secret": "s", "nonce": "counter"},
    ],
    "coinbase": [
        {"key": NAMED, "private_key": P256},
        {"key": NAMED, "private_key": pem(P256_KEY, form=PrivateFormat.TraditionalOpenSSL)},
    ],
    "coinbase_exchange": [{"key": "k", "passphrase": "two words", "secret": BASE64}],
}
CASES = [(venue, values) for venue, all_of_them in GOOD.items() for values in all_of_them]


def test_every_venue_says_what_its_keys_are_made_of():
    assert GOOD.keys() == VENUES.keys()


@pytest.mark.parametrize(("venue", "values"), CASES)
def test_a_key_has_all_of_its_fields_and_no_others(venue, values):
    form = find(venue).key_form
    assert form.credentials(values).fields() == values
    for name in values:
        rest = {other: value for other, value in values.items() if other != name}
        fault = form.fault(rest)
        assert fault in (f"{name}: is missing", f"needs one of {' and '.join(form.either)}")
        assert form.fault(values | {name: ""}).startswith(f"{name}: ")
        assert form.fault(values | {name: 5}) == f"{name}: is no text"
    assert form.fault(values | {"more": "x"}).startswith("has a field that is none of key, ")


def test_a_key_of_binance_is_of_one_kind_and_not_of_both():
    form = find("binance").key_form
    both = {"key": "k", "secret": "s", "private_key": ED25519}
    assert form.fault(both) == form.fault({"key": "k"}) == "needs one of secret and private_key"


@pytest.mark.parametrize(
    ("venue", "name", "value", "fault"),
    [
        ("kraken", "secret", "canary!", "is not base64"),
        ("kraken", "secret", BASE64[:-1], "is not base64"),
        ("kraken", "secret", "canarÿ", "is not base64"),
        ("kraken", "key", "canary ", SIGN),
        (
            "kraken",
            "key",
            "canary\n",
            SIGN,
        ),
        ("kraken", "key", "canarÿ", SIGN),
        ("gemini", "nonce", "canary", "is none of time-based, counter"),
        ("coinbase", "key", "canary", "is not organizations/.../apiKeys/..."),
        ("coinbase", "key", f"{NAMED}/canary", "is not organizations/.../apiKeys/..."),
        ("coinbase", "private_key", ED25519, "is a private key, but not of the curve P-256"),
        ("coinbase", "private_key", P384, "is a private key, but not of the curve P-256"),
        ("coinbase", "private_key", "canary", "is not the PEM of a private key"),
        pytest.param(
            *("coinbase", "private_key", P256[:80], "is not the PEM of a private key"),
            id="a-part-of-a-key-that-no-two-runs-have",
        ),
        ("coinbase", "private_key", "\ud800", "is not the PEM of a private key"),
        (
            "coinbase",
            "private_key",
            pem(P256_KEY, b"canary"),
            "is a private key with a password of its own: take that off",
        ),
        ("binance", "private_key", P256, "is a private key, but not of Ed25519"),
        ("binance", "private_key", RSA, "is a private key, but not of Ed25519"),
        ("coinbase_exchange", "passphrase", " canary", "has a blank at an end"),
    ],
)
def test_a_field_that_cannot_be_right_is_told_by_its_name_alone(venue, name, value, fault):
    form = find(venue).key_form
    values = next(values for values in GOOD[venue] if name in values) | {name: value}
    assert form.fault(values) == f"{name}: {fault}"
    with pytest.raises(ValueError, match=name) as caught:
        form.credentials(values)
    assert "canar" not in str(caught.value)


def test_a_choice_is_one_of_its_words():
    fault = credentials.choice_fault("a", "b")
    assert (fault("a"), fault("c")) == (None, "is none of a, b")


def test_nobody_who_prints_or_pickles_a_key_sees_it():
    key = Credentials(key="canary", secret="canary")
    assert str(key) == repr(key) == f"{key}" == "Credentials(...)"
    for attempt in (pickle.dumps, copy.copy):
        with pytest.raises(TypeError, match="not pickled"):
            attempt(key)


def test_a_key_gives_its_fields_by_name():
    key = Credentials(key="k", passphrase="p", secret=BASE64, private_key="m")
    assert (key.key, key.passphrase, key.private_key) == ("k", "p", "m")
    assert (key.secret, key.secret_bytes) == (BASE64, bytes(range(64)))
    assert key["key"] == "k" and "nonce" not in key
    assert key != Credentials(key="k") and key == Credentials(**key.fields())
