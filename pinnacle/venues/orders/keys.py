"""What requests are signed with: a secret shared with the venue, or a private key of one's own.

Each is read once and kept; none of them is shown, by an error either.
"""

import base64
import binascii
import hmac
from typing import Literal

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from pinnacle.core.errors import ConfigError

Hash = Literal["sha256", "sha384", "sha512"]


class Secret:
    """A secret that the venue has too; HMAC by one hash (RFC 2104)."""

    def __init__(self, secret: bytes, algorithm: Hash):
        if not secret:
            raise ConfigError("secret: is empty")
        self._secret = secret
        self._algorithm: Hash = algorithm

    def digest(self, said: bytes) -> bytes:
        return hmac.digest(self._secret, said, self._algorithm)


def secret_of_text(text: str) -> bytes:
    """Of a secret whose characters are its bytes; ConfigError if they are not ASCII."""
    try:
        return text.encode("ascii")
    except UnicodeEncodeError:
        raise ConfigError("secret: has a character that is not ASCII") from None


def secret_of_base64(text: str) -> bytes:
    """Of a secret that is given in base64; ConfigError if it is not."""
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise ConfigError("secret: is not base64") from None


def private_key(pem: str) -> PrivateKeyTypes:
    """Of PEM without a password; ConfigError if it is none."""
    try:
        # Who copies a key out of JSON brings its line ends as they stand there.
        return load_pem_private_key(pem.replace("\\n", "\n").encode(), password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise ConfigError("private_key: is not the PEM of an unencrypted private key") from None


def same(given: str, right: str) -> bool:
    """Whether a signature that came is the right one, in a time that does not tell how much is."""
    return hmac.compare_digest(given.encode("utf-8", "surrogatepass"), right.encode())


def decoded(text: str) -> bytes | None:
    """What base64 stands for; None unless it is written in the one way that base64 has for it."""
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None
    return data if base64.b64encode(data).decode() == text else None
