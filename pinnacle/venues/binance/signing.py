"""How Binance knows whose a request is: HMAC-SHA256 or Ed25519 over its parameters. No I/O.

By REST it is signed as it stands on the wire, percent-encoded, the query and then the body with
nothing between. On the WebSocket API it is signed by the parameters' names, with nothing encoded.
The signature comes last.
"""

import base64
from collections.abc import Mapping
from decimal import Decimal
from typing import Protocol
from urllib.parse import quote, unquote_to_bytes

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import (
    Ed25519PrivateKey,
    Ed25519PublicKey,
)

from pinnacle.core.errors import ConfigError
from pinnacle.venues.orders.keys import Secret, decoded, private_key, same, secret_of_text
from pinnacle.venues.orders.stamps import Window
from pinnacle.venues.reference.offset import MILLISECOND_NS

#: The venue's name for who sends a request; a parameter of the WebSocket API says the same.
KEY_HEADER = "X-MBX-APIKEY"
#: How old a request may be, unless it says so itself, and what it may say at most.
RECV_WINDOW_MS, RECV_WINDOW_MS_MAX = 5_000, 60_000
_AHEAD_NS = 1_000 * MILLISECOND_NS
_SOH = "\x01"

#: A number is signed as its text in JSON: whoever reads one with a point reads a Decimal.
Value = str | int | Decimal


class Verifier(Protocol):
    """What tells whether whoever has a key has said something."""

    def verify(self, payload: bytes, signature: str) -> bool: ...


class Signer(Verifier, Protocol):
    """What signs for a key; `key` is what the venue calls it."""

    key: str

    def sign(self, payload: bytes) -> str: ...


class HmacKey:
    """A key with a secret, which the venue has too."""

    def __init__(self, key: str, secret: str):
        self.key = key
        self._secret = Secret(secret_of_text(secret), "sha256")

    def sign(self, payload: bytes) -> str:
        """In hexadecimal digits."""
        return self._secret.digest(payload).hex()

    def verify(self, payload: bytes, signature: str) -> bool:
        """The venue does not tell capital digits from small ones."""
        return same(signature.lower(), self.sign(payload))


class Ed25519Verifier:
    """What the venue has of an Ed25519 key: its public half."""

    def __init__(self, public: Ed25519PublicKey):
        self._public = public

    def verify(self, payload: bytes, signature: str) -> bool:
        """Of base64, as `Ed25519Key` signs."""
        proof = decoded(signature)
        if proof is None:
            return False
        try:
            self._public.verify(proof, payload)
        except InvalidSignature:
            return False
        return True


class Ed25519Key(Ed25519Verifier):
    """A private key of one's own; `pem` is PKCS#8 without a password, ConfigError if not."""

    def __init__(self, key: str, pem: str):
        self.key = key
        private = private_key(pem)
        if not isinstance(private, Ed25519PrivateKey):
            raise ConfigError("private_key: is not of the kind Ed25519")
        self._private = private
        super().__init__(private.public_key())

    def sign(self, payload: bytes) -> str:
        """In base64."""
        return base64.b64encode(self._private.sign(payload)).decode()

    def verifier(self) -> Ed25519Verifier:
        """The public half alone."""
        return Ed25519Verifier(self._public)


def window(recv_window_ms: int = RECV_WINDOW_MS) -> Window:
    """Which stamps, in ms, the venue takes of requests with that recvWindow."""
    return Window(MILLISECOND_NS, _AHEAD_NS, recv_window_ms * MILLISECOND_NS)


def query_of(params: Mapping[str, Value]) -> str:
    """Parameters as they stand in a query or a form, percent-encoded in UTF-8."""
    return "&".join(
        [f"{quote(name, safe='')}={quote(_text(value), safe='')}" for name, value in params.items()]
    )


def rest_payload(query: str, body: bytes = b"") -> bytes:
    """What is signed of a request by REST; both as they are sent, without the signature."""
    return query.encode() + body


def signed_query(signer: Signer, params: Mapping[str, Value]) -> str:
    """The query of a signed request; `params` have a `timestamp`, and a `recvWindow` or not."""
    query = query_of(params)
    return f"{query}&signature={quote(signer.sign(rest_payload(query)), safe='')}"


def verify_rest(verifier: Verifier, query: str, body: bytes = b"") -> bool:
    """Whether a request by REST is signed by the key; the signature is the last of either part."""
    said = query.encode("utf-8", "surrogatepass")
    before, signature = _cut(said)
    payload = before + body
    if signature is None:
        before, signature = _cut(body)
        payload = said + before
    if signature is None:
        return False
    return verifier.verify(payload, unquote_to_bytes(signature).decode("latin-1"))


def ws_payload(params: Mapping[str, Value]) -> bytes:
    """What is signed of a request on the WebSocket API; a signature among them is left out."""
    said = [f"{name}={_text(params[name])}" for name in sorted(params) if name != "signature"]
    return "&".join(said).encode("utf-8", "surrogatepass")


def signed_params(signer: Signer, params: Mapping[str, Value]) -> dict[str, Value]:
    """The parameters of a signed request on the WebSocket API: with `apiKey` and `signature`."""
    said = {**params, "apiKey": signer.key}
    return {**said, "signature": signer.sign(ws_payload(said))}


def verify_params(verifier: Verifier, params: Mapping[str, Value]) -> bool:
    """Whether a request on the WebSocket API is signed by the key."""
    signature = params.get("signature")
    return isinstance(signature, str) and verifier.verify(ws_payload(params), signature)


def logon_signature(signer: Signer, sender: str, target: str, number: int, sent_at: str) -> str:
    """RawData(96) of a FIX Logon; `number` and `sent_at` are its MsgSeqNum and SendingTime.

    The venue takes Ed25519 alone here.
    """
    return signer.sign(_SOH.join(("A", sender, target, str(number), sent_at)).encode())


def verify_logon(
    verifier: Verifier, sender: str, target: str, number: int, sent_at: str, signature: str
) -> bool:
    """Whether a FIX Logon is signed by the key."""
    said = _SOH.join(("A", sender, target, str(number), sent_at)).encode()
    return verifier.verify(said, signature)


def _text(value: Value) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def _cut(part: bytes) -> tuple[bytes, bytes | None]:
    """A query or a body before its signature, and the signature, which is None if it has none."""
    before, found, signature = part.rpartition(b"signature=")
    if not found or before[-1:] not in (b"", b"&") or b"&" in signature:
        return part, None
    return before[:-1], signature
