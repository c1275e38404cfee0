"""How Bitstamp knows whose a request is, and we whose a reply: HMAC-SHA256 over all of it. No I/O.

Each request has a nonce of its own, a UUID, and the time; nothing stands between what is signed.
"""

from collections.abc import Mapping

from pinnacle.venues.orders.keys import Secret, same, secret_of_text
from pinnacle.venues.orders.stamps import Window
from pinnacle.venues.reference.offset import MILLISECOND_NS, SECOND_NS

AUTH, SIGNATURE, NONCE = "X-Auth", "X-Auth-Signature", "X-Auth-Nonce"
TIMESTAMP, VERSION = "X-Auth-Timestamp", "X-Auth-Version"
#: Of a reply.
REPLY_SIGNATURE = "X-Server-Auth-Signature"
FORM = "application/x-www-form-urlencoded"
#: Which stamps, in ms, the venue takes.
WINDOW = Window(MILLISECOND_NS, 150 * SECOND_NS, 150 * SECOND_NS)
_VERSION = "v2"


class BitstampKey:
    """A key and its secret, whose characters are signed with as they are."""

    def __init__(self, key: str, secret: str):
        self.key = key
        self.auth = f"BITSTAMP {key}"
        self._secret = Secret(secret_of_text(secret), "sha256")

    def headers(
        self, method: str, host: str, target: str, body: bytes, nonce: str, timestamp_ms: int
    ) -> dict[str, str]:
        """Of a request whose body is a form, or empty: then there is no Content-Type.

        host      as in the header Host: www.bitstamp.net
        target    path and query, as they are sent
        nonce     `unique_nonce`, another one each time
        """
        kind = FORM if body else ""
        stamp = str(timestamp_ms)
        signature = self.sign(method, host, target, kind, nonce, stamp, body)
        headers = {AUTH: self.auth, SIGNATURE: signature, NONCE: nonce, TIMESTAMP: stamp}
        headers[VERSION] = _VERSION
        return {**headers, "Content-Type": kind} if kind else headers

    def sign(
        self, method: str, host: str, target: str, kind: str, nonce: str, stamp: str, body: bytes
    ) -> str:
        """In hexadecimal digits; `kind` is the Content-Type, empty without a body."""
        said = f"{self.auth}{method}{host}{target}{kind}{nonce}{stamp}{_VERSION}"
        return self._secret.digest(said.encode("utf-8", "surrogatepass") + body).hex()

    def verify(
        self, method: str, host: str, target: str, headers: Mapping[str, str], body: bytes
    ) -> bool:
        """Whether this key has signed a request; the headers' names are in small letters."""
        nonce, stamp, kind, signature, auth, version = (
            headers.get(name.lower(), "")
            for name in (NONCE, TIMESTAMP, "Content-Type", SIGNATURE, AUTH, VERSION)
        )
        if not same(auth, self.auth) or version != _VERSION or bool(kind) != bool(body):
            return False
        return same(signature, self.sign(method, host, target, kind, nonce, stamp, body))

    def sign_reply(self, nonce: str, stamp: str, kind: str, body: bytes) -> str:
        """Of the venue's reply to a request with that nonce and timestamp."""
        said = f"{nonce}{stamp}{kind}".encode("utf-8", "surrogatepass")
        return self._secret.digest(said + body).hex()

    def verify_reply(self, nonce: str, stamp: str, kind: str, body: bytes, signature: str) -> bool:
        """Whether a reply is the venue's, and to that request."""
        return same(signature, self.sign_reply(nonce, stamp, kind, body))
