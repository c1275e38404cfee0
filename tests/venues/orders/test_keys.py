"""What requests are signed with is read from text once, and wrong text is told by its field."""

import base64

import pytest
from cryptography.hazmat.primitives.asymmetric import ed25519, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from pinnacle.core.errors import ConfigError
from pinnacle.venues.orders.keys import Secret, decoded, private_key, same, secret_of_base64
from tests.venues.by_hand import hmac_by_hand


@pytest.mark.parametrize("algorithm", ["sha256", "sha384", "sha512"])
@pytest.mark.parametrize("length", [1, 63, 64, 65, 127, 128, 129, 300])
def test_a_digest_is_that_of_rfc_2104_whatever_the_secrets_length(algorithm, length):
    secret = bytes(range(256))[:length] * (1 + length // 256)
    assert Secret(secret, algorithm).digest(b"said") == hmac_by_hand(algorithm, secret, b"said")


def test_hmac_by_hand_is_that_of_rfc_4231():
    """Its second test case; SHA-384 and SHA-512 by their first digits."""
    for algorithm, first in [
        ("sha256", "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"),
        ("sha384", "af45d2e376484031617f78d2b58a6b1b9c7ef464f5a01b47e42ec3736322445e"),
        ("sha512", "164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea250554"),
    ]:
        digest = hmac_by_hand(algorithm, b"Jefe", b"what do ya want for nothing?")
        assert digest.hex().startswith(first)


def test_base64_is_taken_as_it_is_written_in_one_way_alone():
    assert decoded("AAE=") == b"\0\1"
    for other in ("AAF=", "AAE", "AAE==", "AA E=", "AAE=\n", "A-E=", "é"):
        assert decoded(other) is None


def test_signatures_are_compared_whatever_a_given_one_is():
    assert same("ab", "ab")
    for other in ("", "a", "abc", "é", "\udcff"):
        assert not same(other, "ab")


def test_private_keys_of_any_kind_are_read_and_public_ones_are_none():
    key = rsa.generate_private_key(65537, 1024)
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    assert private_key(pem).public_key() == key.public_key()
    public = ed25519.Ed25519PrivateKey.generate().public_key()
    pem = public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    with pytest.raises(ConfigError, match="private_key: is not the PEM"):
        private_key(pem)


def test_a_secret_in_base64_is_its_bytes():
    assert secret_of_base64(base64.b64encode(b"\0geheim").decode()) == b"\0geheim"
    with pytest.raises(ConfigError, match="secret: is not base64"):
        secret_of_base64("a\nb=")
