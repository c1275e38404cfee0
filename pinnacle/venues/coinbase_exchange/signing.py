"""How Coinbase Exchange knows whose a subscription is.

Whoever has the secret signs the time, as if it asked by REST who it is; the venue takes it for 30
seconds.
"""

import base64
import hashlib
import hmac
from collections.abc import Mapping

from pinnacle.venues.transport.credentials import Credentials

_WHO_AM_I = "GET/users/self/verify"
#: What a signed request has more; none of it is for others.
FIELDS = ("signature", "key", "passphrase", "timestamp")


def signature(credentials: Credentials, timestamp: str) -> str:
    """Of a WebSocket subscription at a time, in seconds."""
    said = (timestamp + _WHO_AM_I).encode()
    digest = hmac.digest(credentials.secret_bytes, said, hashlib.sha256)
    return base64.b64encode(digest).decode()


def signed(credentials: Credentials, timestamp: str) -> Mapping[str, str]:
    """What is put into the request."""
    values = signature(credentials, timestamp), credentials.key, credentials.passphrase, timestamp
    return dict(zip(FIELDS, values, strict=True))
