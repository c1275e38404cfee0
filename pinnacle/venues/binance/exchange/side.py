"""Binance's server over an exchange of our own: streams, /api/v3, and the WebSocket API."""

import secrets
import string
from collections.abc import Mapping, Sequence
from urllib.parse import parse_qs, parse_qsl, urlsplit

import msgspec
import numpy as np
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from pinnacle.venues.binance.exchange.client import ApiClient, requests
from pinnacle.venues.binance.exchange.counts import RULES, Counts, Limited
from pinnacle.venues.binance.exchange.desk import BinanceDesk
from pinnacle.venues.binance.exchange.gate import Gate
from pinnacle.venues.binance.exchange.market import Market
from pinnacle.venues.binance.exchange.words import (
    ASKED,
    METHODS,
    TROUBLES,
    milliseconds,
    order_name,
)
from pinnacle.venues.binance.serving import RequestRefused, StreamsClient
from pinnacle.venues.orders.port import What
from pinnacle.venues.served.dialect import Client, Entry, Reply
from pinnacle.venues.served.exchange_side import Asked, ExchangeSide, NewKey, Trouble
from pinnacle.venues.served.house import Account, House
from pinnacle.venues.served.serving import encode

_JSON = {"Content-Type": "application/json;charset=UTF-8"}
_LETTERS = string.ascii_letters + string.digits
_KEY_LENGTH = 64


class BinanceExchange(ExchangeSide):
    VENUE = "binance"
    RULES = RULES

    def __init__(self, house: House, instruments: Mapping[str, np.ndarray]):
        super().__init__(house, instruments)
        self._counts = Counts(house, self.RULES)
        self._gate, self._desk = Gate(house), BinanceDesk(house, self._counts)
        self._market = Market(house, self._counts)

    @classmethod
    def new_key(cls) -> NewKey:
        """With a secret, which the venue keeps too."""
        name = _letters()
        fields = {"key": name, "secret": _letters()}
        return NewKey(name, fields, fields)

    @classmethod
    def new_ed25519_key(cls) -> NewKey:
        """With a private key, of which the venue keeps the public half."""
        name, private = _letters(), Ed25519PrivateKey.generate()
        pem = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        public = private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        given = {"key": name, "private_key": pem.decode()}
        return NewKey(name, given, {"key": name, "public_key": public.decode()})

    def order_id(self, number: int) -> str:
        return order_name(number)

    def market(self, row: int, records: np.ndarray) -> Sequence[Entry]:
        return self._market.take(row, records)

    def due(self) -> Sequence[Entry]:
        return self._market.due()

    def opening(self, row: int) -> Sequence[Entry]:
        """A book is fetched."""
        return ()

    def rest(self, asked: Asked) -> Reply:
        url, account = urlsplit(asked.target), None
        try:
            method = METHODS.get(f"{asked.method} {url.path}")
            if method is None or method == "exchangeInfo":
                body = self._market.rest(url.path, dict(parse_qsl(url.query)))
            else:
                key, params = self._gate.request(asked)
                account = key.account if method == "order.place" else None
                body = encode(self._desk.asked(method, key, params))
        except RequestRefused as refused:
            return self._refused(refused)
        return Reply(200, self._headers(account), body)

    def _refused(self, refused: RequestRefused) -> Reply:
        headers = self._headers(None)
        if isinstance(refused, Limited):
            headers |= {"Retry-After": str(refused.retry_after_s)}
        return Reply(refused.status, headers, encode(refused.body))

    def _headers(self, account: Account | None) -> dict[str, str]:
        return _JSON | self._counts.headers(account)

    def what(self, said: Asked | bytes) -> What | None:
        if isinstance(said, Asked):
            return ASKED.get(f"{said.method} {urlsplit(said.target).path}")
        try:
            return ASKED.get(requests.decode(said).method)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            return None

    def troubled(self, trouble: Trouble, said: Asked | bytes) -> Reply | Sequence[bytes]:
        status, code, words, wait_s = TROUBLES[trouble]
        now_ms = milliseconds(self.house.now_ns())
        until_ms = now_ms + wait_s * 1000
        error = {"code": code, "msg": words.format(until_ms=until_ms)}
        if isinstance(said, Asked):
            wait = {"Retry-After": str(wait_s)} if wait_s else {}
            return Reply(status, _JSON | wait, encode(error))
        data = {"data": {"serverTime": now_ms, "retryAfter": until_ms}} if wait_s else {}
        head = {"id": requests.decode(said).id, "status": status, "error": error | data}
        return [encode(head)]

    def open(self, path: str, headers: Mapping[str, str]) -> Client | Reply:
        url = urlsplit(path)
        if url.path == "/ws-api/v3":
            try:
                return ApiClient(self.house, self._gate, self._desk, self._counts)
            except RequestRefused as refused:
                return self._refused(refused)
        if url.path == "/stream":
            return StreamsClient(True, parse_qs(url.query).get("streams", [""])[0])
        if url.path == "/ws" or url.path.startswith("/ws/"):
            return StreamsClient(False, url.path[4:])
        return Reply(404, _JSON, b"")

    def addresses(self, host: str) -> dict[str, str]:
        return {"ws_url": f"wss://{host}/ws-api/v3", "rest_url": f"https://{host}"}

    def market_addresses(self, host: str) -> dict[str, str]:
        return {"ws_url": f"wss://{host}/stream", "rest_url": f"https://{host}"}


def _letters() -> str:
    return "".join(secrets.choice(_LETTERS) for _ in range(_KEY_LENGTH))
