"""How Kraken knows whose a REST request is: HMAC-SHA512 over the path and a hash of what is said.

The hash is SHA-256 of the nonce and the body, which has the nonce in it once more. On the
WebSocket nothing is signed: there a token is shown that a request of these has given. No I/O.
"""

import base64
import hashlib
from collections.abc import Mapping
from typing import NamedTuple
from urllib.parse import parse_qs, quote

import msgspec

from pinnacle.venues.orders.keys import Secret, same, secret_of_base64

KEY_HEADER, SIGN_HEADER = "API-Key", "API-Sign"
FORM = "application/x-www-form-urlencoded; charset=utf-8"


class Signed(NamedTuple):
    """A request that is ready to be sent, by POST."""

    body: bytes
    headers: dict[str, str]


class _Body(msgspec.Struct):
    nonce: int | str


_decoder = msgspec.json.Decoder(_Body)


class KrakenKey:
    """A key and its secret, which is base64 as the venue gives it; ConfigError if it is not."""

    def __init__(self, key: str, secret: str):
        self.key = key
        self._secret = Secret(secret_of_base64(secret), "sha512")

    def sign(self, path: str, nonce: int | str, body: bytes) -> str:
        """Of a request to a path such as /0/private/AddOrder, in base64."""
        said = hashlib.sha256(str(nonce).encode("utf-8", "surrogatepass") + body).digest()
        return base64.b64encode(self._secret.digest(path.encode() + said)).decode()

    def signed(self, path: str, nonce: int, params: Mapping[str, str | int]) -> Signed:
        """The request with these parameters; the nonce is greater than any before of this key."""
        said = {"nonce": nonce, **params}
        form = "&".join([f"{name}={quote(str(value), safe='')}" for name, value in said.items()])
        body = form.encode()
        headers = {KEY_HEADER: self.key, SIGN_HEADER: self.sign(path, nonce, body)}
        return Signed(body, {**headers, "Content-Type": FORM})

    def verify(self, path: str, body: bytes, signature: str) -> bool:
        """Whether this key has signed a request that has a nonce."""
        nonce = nonce_of(body)
        return bool(nonce) and same(signature, self.sign(path, nonce, body))


def nonce_of(body: bytes) -> str:
    """The nonce in a body, as it is written there; empty if there is none. A form, or JSON."""
    try:
        if body.lstrip().startswith(b"{"):
            return str(_decoder.decode(body).nonce)
        found = parse_qs(body.decode(), strict_parsing=True).get("nonce", [])
    except (ValueError, RecursionError):
        return ""
    return found[0] if len(found) == 1 else ""
