"""Who asks: Binance's checks of key, signature and stamp, as its requests and frames bring them."""

import re
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from pinnacle.venues.binance.serving import RequestRefused
from pinnacle.venues.binance.signing import (
    KEY_HEADER,
    RECV_WINDOW_MS,
    RECV_WINDOW_MS_MAX,
    Ed25519Verifier,
    HmacKey,
    Verifier,
    verify_params,
    verify_rest,
    window,
)
from pinnacle.venues.served.exchange_side import Asked
from pinnacle.venues.served.house import House, Key

Params = Mapping[str, Any]
_KEY = re.compile(r"[A-Za-z0-9]{16,128}")
#: A stamp with more digits counts microseconds.
_MICROSECONDS_FROM = 10**14


class Gate:
    """Of one venue: its keys, and its clock."""

    def __init__(self, house: House):
        self._house = house
        self._verifiers: dict[str, Verifier] = {}

    def request(self, asked: Asked) -> tuple[Key, dict[str, str]]:
        """Whose request of REST it is, and its parameters: those of the query count before those of
        the body. RequestRefused."""
        query = urlsplit(asked.target).query
        params = dict(parse_qsl(asked.body.decode("latin-1"), keep_blank_values=True))
        params |= dict(parse_qsl(query, keep_blank_values=True))
        key = self._key(asked.headers.get(KEY_HEADER.lower(), ""))
        _mandatory(params, "timestamp")
        _mandatory(params, "signature")
        if not verify_rest(self._verifier(key), query, asked.body):
            raise RequestRefused(-1022, "Signature for this request is not valid.")
        self._in_time(params)
        return key, params

    def frame(self, params: Params) -> Key:
        """The same of a frame that brings its own key and signature."""
        for name in ("apiKey", "timestamp", "signature"):
            _mandatory(params, name)
        key = self._key(str(params["apiKey"]))
        if not verify_params(self._verifier(key), params):
            raise RequestRefused(-1022, "Signature for this request is not valid.")
        self._in_time(params)
        return key

    def logon(self, params: Params) -> Key:
        """The same of one that begins a session, which keys of one kind alone may."""
        key = self.frame(params)
        if isinstance(self._verifier(key), HmacKey):
            raise RequestRefused(-4056, "HMAC_SHA256 API key is not supported.")
        return key

    def stamped(self, params: Params) -> None:
        """Within a session a stamp is all that is needed."""
        _mandatory(params, "timestamp")
        self._in_time(params)

    def _key(self, name: str) -> Key:
        if not _KEY.fullmatch(name):
            raise RequestRefused(-2014, "API-key format invalid.", 401)
        key = self._house.key(name)
        if key is None:
            raise RequestRefused(-2015, "Invalid API-key, IP, or permissions for action.", 401)
        return key

    def _verifier(self, key: Key) -> Verifier:
        found = self._verifiers.get(key.name)
        if found is None:
            found = self._verifiers[key.name] = verifier_of(key)
        return found

    def _in_time(self, params: Params) -> None:
        stamp, recv_ms = _whole(params, "timestamp"), Decimal(RECV_WINDOW_MS)
        if "recvWindow" in params:
            recv_ms = _decimal(params, "recvWindow")
            if recv_ms > RECV_WINDOW_MS_MAX:
                raise RequestRefused(-1131, "recvWindow must be less than 60000")
        if stamp >= _MICROSECONDS_FROM:
            stamp //= 1000
        rule, now_ns = window()._replace(late_ns=int(recv_ms * 1_000_000)), self._house.now_ns()
        if rule.is_ahead(stamp, now_ns):
            raise RequestRefused(
                -1021, "Timestamp for this request was 1000ms ahead of the server's time."
            )
        if rule.is_late(stamp, now_ns):
            raise RequestRefused(-1021, "Timestamp for this request is outside of the recvWindow.")


def verifier_of(key: Key) -> Verifier:
    """What the venue has of a key: a secret, or a public half."""
    if "secret" in key.fields:
        return HmacKey(key.name, key.fields["secret"])
    public = load_pem_public_key(key.fields["public_key"].encode())
    assert isinstance(public, Ed25519PublicKey), "keys of no other kind are given"
    return Ed25519Verifier(public)


def _mandatory(params: Params, name: str) -> None:
    if params.get(name) in (None, ""):
        raise RequestRefused(
            -1102,
            f"Mandatory parameter '{name}' was not sent, was empty/null, or malformed.",
        )


def _whole(params: Params, name: str) -> int:
    text = str(params[name])
    if not (text.isascii() and text.isdigit() and len(text) < 19):
        raise RequestRefused(-1100, f"Illegal characters found in parameter '{name}'.")
    return int(text)


def _decimal(params: Params, name: str) -> Decimal:
    try:
        found = Decimal(str(params[name]))
    except InvalidOperation:
        found = Decimal(-1)
    if not found.is_finite() or found < 0:
        raise RequestRefused(-1100, f"Illegal characters found in parameter '{name}'.")
    return found
