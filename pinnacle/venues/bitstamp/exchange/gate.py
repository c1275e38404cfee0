"""Who may ask Bitstamp: signatures, stamps, nonces, and so many requests."""

from collections import deque
from collections.abc import Mapping
from typing import Any

from pinnacle.venues.bitstamp.signing import (
    AUTH,
    FORM,
    NONCE,
    REPLY_SIGNATURE,
    SIGNATURE,
    TIMESTAMP,
    VERSION,
    WINDOW,
    BitstampKey,
)
from pinnacle.venues.orders.limits import Bucket, Limits, Window, everything
from pinnacle.venues.orders.port import Call, What
from pinnacle.venues.served.dialect import Reply
from pinnacle.venues.served.exchange_side import Asked
from pinnacle.venues.served.house import House, Key
from pinnacle.venues.served.serving import JSON, encode

#: Of each key; the venue's own are 400 and 10,000 in ten minutes.
PER_S, LONG_S, LONG = 800.0, 600.0, 40_000.0
#: A nonce may not come again within so long.
NONCE_NS = 300_000_000_000
_ANY = Call(What.QUERY)
_MISSING = {
    AUTH: "API0012",
    SIGNATURE: "API0013",
    NONCE: "API0014",
    TIMESTAMP: "API0015",
    VERSION: "API0016",
}
_WORDS = {
    "API0001": "Invalid API key",
    "API0004": "Invalid nonce",
    "API0005": "Invalid signature",
    "API0010": "Invalid version",
    "API0017": "Timestamp out of bounds",
    "API0019": "Invalid content type",
}


def refused(code: str) -> Reply:
    """Of whoever asks, and not of what."""
    words = _WORDS.get(code, "Missing header")
    return Reply(403, JSON, encode({"status": "error", "reason": words, "code": code}))


class Gate:
    """What any number of connections share."""

    def __init__(self, house: House, per_s: float = PER_S, long: float = LONG):
        self._house, self._per_s, self._long = house, per_s, long
        self._limits: dict[str, Limits] = {}
        #: Nonces that may not come again, and when each came, ns.
        self._nonces: set[tuple[str, str]] = set()
        self._used: deque[tuple[int, tuple[str, str]]] = deque()

    def key_of(self, asked: Asked) -> Key | Reply:
        """A Reply says why nobody may ask so."""
        missing = (code for name, code in _MISSING.items() if name.lower() not in asked.headers)
        code = next(missing, "")
        if code:
            return refused(code)
        auth = asked.headers[AUTH.lower()]
        key = self._house.key(auth.removeprefix("BITSTAMP "))
        if key is None or not auth.startswith("BITSTAMP "):
            return refused("API0001")
        code = self._fault(asked, key)
        return refused(code) if code else key

    def is_too_much(self, key: Key) -> bool:
        """Whether it has asked for more than it may; if not, it has asked once more."""
        limits = self._limits.get(key.name)
        if limits is None:
            limits = self._limits[key.name] = Limits(
                Bucket(self._per_s, self._per_s, everything, self._now_s),
                Window(LONG_S, self._long, everything, self._now_s),
            )
        if limits.wait(_ANY) > 0:
            return True
        limits.take(_ANY)
        return False

    def signed(self, asked: Asked, key: Key, reply: Reply) -> Reply:
        """With the signature by which a client knows whose reply it is."""
        nonce, at = (asked.headers[name.lower()] for name in (NONCE, TIMESTAMP))
        kind = reply.headers.get("Content-Type", "")
        signature = _signer(key).sign_reply(nonce, at, kind, reply.body)
        return reply._replace(headers={**reply.headers, REPLY_SIGNATURE: signature})

    def _fault(self, asked: Asked, key: Key) -> str:
        headers: Mapping[str, Any] = asked.headers
        if headers[VERSION.lower()] != "v2":
            return "API0010"
        if asked.body and headers.get("content-type", "") != FORM:
            return "API0019"
        host = headers.get("host", "")
        if not _signer(key).verify(asked.method, host, asked.target, headers, asked.body):
            return "API0005"
        at, now = headers[TIMESTAMP.lower()], self._house.now_ns()
        if not at.isdigit() or WINDOW.is_ahead(int(at), now) or WINDOW.is_late(int(at), now):
            return "API0017"
        nonce = headers[NONCE.lower()]
        return "" if len(nonce) == 36 and self._is_first(key.name, nonce) else "API0004"

    def _is_first(self, name: str, nonce: str) -> bool:
        now, used = self._house.now_ns(), (name, nonce)
        while self._used and self._used[0][0] < now - NONCE_NS:
            self._nonces.discard(self._used.popleft()[1])
        if used in self._nonces:
            return False
        self._nonces.add(used)
        self._used.append((now, used))
        return True

    def _now_s(self) -> float:
        return self._house.now_ns() / 1e9


def _signer(key: Key) -> BitstampKey:
    return BitstampKey(key.name, key.fields["secret"])
