"""How Coinbase knows whose a request is: a token (JWT, RFC 7519) signed by ES256. No I/O.

A token is for one request by REST, which its `uri` names, or for one subscription, which it does
not, and for two minutes.
"""

import base64
import binascii

import msgspec
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import (
    ECDSA,
    SECP256R1,
    EllipticCurvePrivateKey,
    EllipticCurvePublicKey,
)
from cryptography.hazmat.primitives.asymmetric.utils import (
    decode_dss_signature,
    encode_dss_signature,
)
from cryptography.hazmat.primitives.hashes import SHA256

from pinnacle.core.errors import ConfigError
from pinnacle.venues.orders.keys import private_key
from pinnacle.venues.orders.stamps import Window
from pinnacle.venues.reference.offset import SECOND_NS

LIFE_S = 120
#: Which `nbf`, in s, is good: a token is never one of the future, and ends.
WINDOW = Window(SECOND_NS, SECOND_NS, (LIFE_S - 1) * SECOND_NS)
_ISSUER = "cdp"
#: Of either number of a P-256 signature, big-endian.
_NUMBER_BYTES = 32
#: More than any token of these has.
_TOKEN_CHARS_MAX = 4_096


class _Header(msgspec.Struct):
    alg: str
    typ: str
    kid: str
    nonce: str


class _Claims(msgspec.Struct, omit_defaults=True):
    sub: str
    iss: str
    nbf: int
    exp: int
    uri: str = ""


_encode = msgspec.json.Encoder().encode
_headers = msgspec.json.Decoder(_Header)
_claims = msgspec.json.Decoder(_Claims)


def uri_of(method: str, host: str, path: str) -> str:
    """What a token says of a request: "GET api.coinbase.com/api/v3/..."; `path` has no query."""
    return f"{method} {host}{path}"


def key_of(token: str) -> str:
    """The name of the key that a token says it is of, unverified; "" of what is no token."""
    if len(token) > _TOKEN_CHARS_MAX:
        return ""
    try:
        return _headers.decode(_from_base64url(token.partition(".")[0])).kid
    except (ValueError, RecursionError):
        return ""


def nonce_of(token: str) -> str:
    """The same of what makes it another one each time."""
    return _headers.decode(_from_base64url(token.partition(".")[0])).nonce if key_of(token) else ""


class TokenVerifier:
    """What the venue has of a key: its name, and its public half."""

    def __init__(self, key: str, public: EllipticCurvePublicKey):
        self.key = key
        self._public = public

    def refusal(self, token: str, now_s: int, uri: str = "") -> str:
        """Why a token is not good for a request at that time of UTC; empty if it is.

        `uri` is the request's, empty on a WebSocket.
        """
        parts = token.split(".") if len(token) <= _TOKEN_CHARS_MAX else []
        if len(parts) != 3:
            return "it is no token"
        try:
            head, said, proof = map(_from_base64url, parts)
            header, claims = _headers.decode(head), _claims.decode(said)
        except (ValueError, RecursionError):
            return "it is no token of this kind"
        if (header.alg, header.typ, header.kid) != ("ES256", "JWT", self.key) or not header.nonce:
            return "its header is not of this key"
        if not self.verify(".".join(parts[:2]).encode(), proof):
            return "its signature is wrong"
        return _refused(claims, self.key, now_s, uri)

    def verify(self, said: bytes, proof: bytes) -> bool:
        """Whether the key has signed that; the signature is r and s."""
        if len(proof) != 2 * _NUMBER_BYTES:
            return False
        r, s = (int.from_bytes(half) for half in (proof[:_NUMBER_BYTES], proof[_NUMBER_BYTES:]))
        try:
            self._public.verify(encode_dss_signature(r, s), said, ECDSA(SHA256()))
        except InvalidSignature:
            return False
        return True


class CoinbaseKey(TokenVerifier):
    """A key by its name (organizations/.../apiKeys/...) and a private key of one's own on P-256.

    `pem` is PKCS#8 or SEC 1 without a password; ConfigError if it is not.
    """

    def __init__(self, key: str, pem: str):
        private = private_key(pem)
        if not isinstance(private, EllipticCurvePrivateKey) or not isinstance(
            private.curve, SECP256R1
        ):
            raise ConfigError("private_key: is not of the kind P-256")
        self._private, self._scheme = private, _scheme(private)
        super().__init__(key, private.public_key())

    def token(self, now_s: int, nonce: str, uri: str = "") -> str:
        """For one request at that time of UTC.

        nonce    another one each time: secrets.token_hex(16)
        uri      of the request (`uri_of`), empty for a subscription
        """
        header = _Header("ES256", "JWT", self.key, nonce)
        claims = _Claims(self.key, _ISSUER, now_s, now_s + LIFE_S, uri)
        said = f"{_base64url(_encode(header))}.{_base64url(_encode(claims))}"
        return f"{said}.{_base64url(self.sign(said.encode()))}"

    def sign(self, said: bytes) -> bytes:
        """r and s, 64 bytes, as RFC 7518 has it: not in DER."""
        r, s = decode_dss_signature(self._private.sign(said, self._scheme))
        return r.to_bytes(_NUMBER_BYTES) + s.to_bytes(_NUMBER_BYTES)

    def verifier(self) -> TokenVerifier:
        """The public half alone."""
        return TokenVerifier(self.key, self._public)


def _scheme(key: EllipticCurvePrivateKey) -> ECDSA:
    """RFC 6979 where the library has it: a poor random number gives no key away."""
    fixed = ECDSA(SHA256(), deterministic_signing=True)
    try:
        key.sign(b"", fixed)
    except UnsupportedAlgorithm:
        return ECDSA(SHA256())
    return fixed


def _refused(claims: _Claims, key: str, now_s: int, uri: str) -> str:
    if (claims.iss, claims.sub) != (_ISSUER, key):
        return "it is of somebody else"
    if claims.exp - claims.nbf > LIFE_S:
        return "it is for too long"
    if now_s < claims.nbf:
        return "it is of the future"
    if now_s >= claims.exp:
        return "it has expired"
    return "" if claims.uri == uri else "it is for another request"


def _base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _from_base64url(text: str) -> bytes:
    """ValueError unless it is written in the one way that RFC 7515 has for it."""
    try:
        data = base64.urlsafe_b64decode(text.encode("ascii") + b"=" * (-len(text) % 4))
    except binascii.Error:
        raise ValueError("not base64url") from None
    if _base64url(data) != text:
        raise ValueError("not base64url")
    return data
