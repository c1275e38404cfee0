"""Who may ask Gemini: keys, their signatures, nonces in their order, and how often."""

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any
from urllib.parse import urlsplit

from pinnacle.core.errors import DataError
from pinnacle.venues.gemini.exchange.words import Refused
from pinnacle.venues.gemini.signing import (
    KEY_HEADER,
    NONCE_HEADER,
    PAYLOAD_HEADER,
    SIGNATURE_HEADER,
    GeminiKey,
    read_payload,
)
from pinnacle.venues.orders.limits import Bucket, everything
from pinnacle.venues.orders.port import Call, What
from pinnacle.venues.orders.terms import amount
from pinnacle.venues.served.exchange_side import Asked
from pinnacle.venues.served.house import House, Key

#: Of each key; the venue's own are 10 a second.
PER_S, BURST = 60.0, 120.0
#: A key with the dead man's switch has its orders taken back when it was silent for so long.
SILENT_S = 30.0
WITHIN_S = 30
_ANY = Call(What.QUERY)


class Gate:
    """What any number of connections share. A key is "time-based" or "counter" by its `nonce`, and
    has the switch if its `heartbeat` says "required"."""

    def __init__(self, house: House, per_s: float, burst: float):
        self._house, self._per_s, self._burst = house, per_s, burst
        self._nonces: dict[str, Decimal] = {}
        self._buckets: dict[str, Bucket] = {}

    def of_request(self, asked: Asked) -> tuple[Key, dict[str, Any]]:
        """Whose request it is, and what it says. Refused."""
        path, headers = urlsplit(asked.target).path, asked.headers
        key, payload = self._signed(headers)
        try:
            said = read_payload(payload)
        except DataError as error:
            raise Refused("InvalidJson", str(error)) from None
        if said.get("request") != path:
            raise Refused("EndpointMismatch", f"EndpointMismatch: {said.get('request')!r:.60}")
        self._take_nonce(key, said.get("nonce"))
        self._pass(key)
        if key.fields.get("heartbeat") == "required":
            self._house.dead_man(key.account, SILENT_S)
        return key, said

    def of_opening(self, headers: Mapping[str, str]) -> Key:
        """Who opens a WebSocket. Refused."""
        nonce, payload = (
            headers.get(NONCE_HEADER.lower(), ""),
            headers.get(PAYLOAD_HEADER.lower(), ""),
        )
        key, _ = self._signed(headers)
        signature = headers.get(SIGNATURE_HEADER.lower(), "")
        if not _signer(key).verify_websocket(nonce, payload, signature):
            raise Refused("InvalidSignature", "InvalidSignature", 401)
        if key.fields["nonce"] != "time-based":
            raise Refused("InvalidNonce", "the key must have a time based nonce", 403)
        if not (nonce.isascii() and nonce.isdigit()):
            raise Refused("InvalidNonce", f"Nonce '{nonce:.40}' is not in seconds")
        self._take_nonce(key, nonce)
        return key

    def _signed(self, headers: Mapping[str, str]) -> tuple[Key, str]:
        key = self._house.key(headers.get(KEY_HEADER.lower(), ""))
        if key is None:
            raise Refused("InvalidSignature", "InvalidSignature: the key is none")
        payload = headers.get(PAYLOAD_HEADER.lower(), "")
        if not _signer(key).verify(payload, headers.get(SIGNATURE_HEADER.lower(), "")):
            raise Refused("InvalidSignature", "InvalidSignature")
        return key, payload

    def _take_nonce(self, key: Key, said: object) -> None:
        try:
            nonce = amount(Decimal(str(said)))
        except (InvalidOperation, DataError):
            raise Refused("InvalidNonce", f"Nonce {said!r:.40} is no number") from None
        now_s = Decimal(self._house.now_ns()).scaleb(-9)
        if key.fields["nonce"] == "time-based" and abs(nonce - now_s) > WITHIN_S:
            words = f"Nonce '{nonce}' is not within {WITHIN_S} seconds of server time '{now_s:.0f}'"
            raise Refused("InvalidNonce", words)
        if nonce <= self._nonces.get(key.name, 0):
            raise Refused("InvalidNonce", f"Nonce '{nonce}' has not increased since your last call")
        self._nonces[key.name] = nonce

    def _pass(self, key: Key) -> None:
        made = Bucket(self._per_s, self._burst, everything)
        bucket = self._buckets.setdefault(key.name, made)
        if bucket.wait(_ANY) > 0:
            raise Refused("RateLimit", "Requests were made too frequently", 429)
        bucket.take(_ANY)


def _signer(key: Key) -> GeminiKey:
    return GeminiKey(key.name, key.fields["secret"])
