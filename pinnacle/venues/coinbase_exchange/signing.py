"""How Coinbase Exchange knows whose a request is: HMAC-SHA256 over the time and all of it. No I/O.

A subscription is signed as if it asked by REST who it is. The venue takes a signature for 30
seconds.
"""

import base64
import hashlib
import hmac
from collections.abc import Mapping

from pinnacle.core.credentials import Credentials
from pinnacle.venues.orders.keys import same
from pinnacle.venues.orders.stamps import Window
from pinnacle.venues.reference.offset import SECOND_NS

#: What a signed subscription has more; none of it is for others.
FIELDS = ("signature", "key", "passphrase", "timestamp")
#: The same of a request by REST.
HEADERS = ("CB-ACCESS-SIGN", "CB-ACCESS-KEY", "CB-ACCESS-PASSPHRASE", "CB-ACCESS-TIMESTAMP")
#: Which stamps, in s, the venue takes.
WINDOW = Window(SECOND_NS, 30 * SECOND_NS, 30 * SECOND_NS)
_WHO_AM_I = "GET", "/users/self/verify"


def signature(
    credentials: Credentials,
    timestamp: str,
    method: str = _WHO_AM_I[0],
    target: str = _WHO_AM_I[1],
    body: bytes = b"",
) -> str:
    """Of a request at a time, in seconds, in base64; of a subscription if none is given.

    `target` is path and query as they are sent.
    """
    said = f"{timestamp}{method}{target}".encode("utf-8", "surrogatepass") + body
    digest = hmac.digest(credentials.secret_bytes, said, hashlib.sha256)
    return base64.b64encode(digest).decode()


def signed(credentials: Credentials, timestamp: str) -> Mapping[str, str]:
    """What is put into the request."""
    values = signature(credentials, timestamp), credentials.key, credentials.passphrase, timestamp
    return dict(zip(FIELDS, values, strict=True))


def rest_headers(
    credentials: Credentials, timestamp: str, method: str, target: str, body: bytes = b""
) -> dict[str, str]:
    """Of a request by REST."""
    proof = signature(credentials, timestamp, method, target, body)
    values = proof, credentials.key, credentials.passphrase, timestamp
    return dict(zip(HEADERS, values, strict=True))


def verify_rest(
    credentials: Credentials, headers: Mapping[str, str], method: str, target: str, body: bytes
) -> bool:
    """Whether whoever has these has signed a request; the headers' names are in small letters."""
    proof, key, passphrase, timestamp = (headers.get(name.lower(), "") for name in HEADERS)
    known = same(key, credentials.key) & same(passphrase, credentials.passphrase)
    return known & same(proof, signature(credentials, timestamp, method, target, body))
