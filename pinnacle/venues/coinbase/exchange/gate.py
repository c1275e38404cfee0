"""Who may ask Coinbase: tokens, each for one request and once, and so many requests a second."""

from collections import deque

from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from pinnacle.venues.coinbase.signing import LIFE_S, TokenVerifier, key_of, nonce_of, uri_of
from pinnacle.venues.orders.limits import Bucket, everything
from pinnacle.venues.orders.port import Call, What
from pinnacle.venues.served.exchange_side import Asked
from pinnacle.venues.served.house import House, Key

#: Of each key; the venue's own are 30.
PER_S, BURST = 60.0, 120.0
_ANY = Call(What.QUERY)


class Gate:
    """What any number of connections share."""

    def __init__(self, house: House, per_s: float = PER_S, burst: float = BURST):
        self._house, self._per_s, self._burst = house, per_s, burst
        self._verifiers: dict[str, TokenVerifier] = {}
        self._buckets: dict[str, Bucket] = {}
        #: Nonces of tokens that may still live, and when each came, s.
        self._nonces: set[str] = set()
        self._used: deque[tuple[int, str]] = deque()

    def of_request(self, asked: Asked) -> Key | None:
        """None: the token is none, or not for this request."""
        scheme, _, token = asked.headers.get("authorization", "").partition(" ")
        path = asked.target.partition("?")[0]
        uri = uri_of(asked.method, asked.headers.get("host", ""), path)
        return self.of_token(token, uri) if scheme == "Bearer" else None

    def of_token(self, token: str, uri: str = "") -> Key | None:
        """Whose it is; `uri` is empty for a subscription."""
        key = self._house.key(key_of(token))
        if key is None:
            return None
        verifier = self._verifiers.get(key.name)
        if verifier is None:
            public = load_pem_public_key(key.fields["public_key"].encode())
            assert isinstance(public, EllipticCurvePublicKey), "it was made here"
            verifier = self._verifiers[key.name] = TokenVerifier(key.name, public)
        now_s = self._house.now_ns() // 1_000_000_000
        if verifier.refusal(token, now_s, uri) or not self._is_first(token, now_s):
            return None
        return key

    def is_too_much(self, key: Key) -> bool:
        """Whether it has asked for more than it may; if not, it has asked once more."""
        made = Bucket(self._per_s, self._burst, everything, self._now_s)
        bucket = self._buckets.setdefault(key.name, made)
        if bucket.wait(_ANY) > 0:
            return True
        bucket.take(_ANY)
        return False

    def _now_s(self) -> float:
        return self._house.now_ns() / 1e9

    def _is_first(self, token: str, now_s: int) -> bool:
        while self._used and self._used[0][0] < now_s - LIFE_S:
            self._nonces.discard(self._used.popleft()[1])
        nonce = f"{key_of(token)} {nonce_of(token)}"
        if nonce in self._nonces:
            return False
        self._nonces.add(nonce)
        self._used.append((now_s, nonce))
        return True
