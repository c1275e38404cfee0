"""One client of Binance's WebSocket API: a session or signed requests, and its user stream."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import msgspec

from pinnacle.venues.binance.exchange.counts import Counts, Limited
from pinnacle.venues.binance.exchange.desk import BinanceDesk
from pinnacle.venues.binance.exchange.gate import Gate
from pinnacle.venues.binance.exchange.user_stream import UserStream
from pinnacle.venues.binance.exchange.words import milliseconds
from pinnacle.venues.binance.serving import RequestRefused
from pinnacle.venues.served.dialect import Entry
from pinnacle.venues.served.exchange_side import ExchangeClient
from pinnacle.venues.served.house import Account, Event, House, Key
from pinnacle.venues.served.serving import encode

_SUBSCRIBE = "userDataStream.subscribe"
#: What opening a connection costs, and a request about the connection itself.
CONNECT_WEIGHT, OWN_WEIGHT = 2, 2


class ApiRequest(msgspec.Struct):
    """What a client says."""

    method: str
    id: int | str | None = None
    params: dict[str, Any] = {}


#: A number with a point is signed as it stands there.
requests = msgspec.json.Decoder(ApiRequest, float_hook=Decimal)


class ApiClient(ExchangeClient):
    def __init__(self, house: House, gate: Gate, desk: BinanceDesk, counts: Counts):
        self._house, self._gate, self._desk, self._counts = house, gate, desk, counts
        self._stream = UserStream(house, desk.cancels)
        self._session: Key | None = None
        counts.weigh(CONNECT_WEIGHT)

    @property
    def subscribed(self) -> bool:
        """To market data: never."""
        return False

    def hello(self) -> Sequence[bytes]:
        return ()

    def frame_of(self, entry: Entry) -> bytes | None:
        return None

    def event(self, event: Event) -> Sequence[bytes]:
        return self._stream.event(event)

    def ended(self) -> Sequence[bytes]:
        return self._unsubscribed()

    def answer(self, text: bytes) -> Sequence[bytes]:
        try:
            request = requests.decode(text)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            refused = RequestRefused(-1135, "Invalid JSON Request")
            return [encode(self.failure(None, refused))]
        try:
            account, result, after = self._result(request)
        except RequestRefused as refused:
            return [encode(self.failure(request.id, refused))]
        said = {"id": request.id, "status": 200, "result": result}
        return [encode(said | {"rateLimits": self._counts.rows(account)}), *after]

    def failure(self, number: int | str | None, refused: RequestRefused) -> dict[str, Any]:
        """What is said of a request that is refused."""
        error: dict[str, Any] = dict(refused.body)
        if isinstance(refused, Limited):
            now_ms = milliseconds(self._house.now_ns())
            retry_ms = now_ms + refused.retry_after_s * 1000
            error["data"] = {"serverTime": now_ms, "retryAfter": retry_ms}
        said = {"id": number, "status": refused.status, "error": error}
        return said | {"rateLimits": self._counts.rows(None)}

    def _result(self, request: ApiRequest) -> tuple[Account | None, Any, Sequence[bytes]]:
        """Of whose orders the counts are shown, the result, and what is said behind it."""
        method, params, now_ms = request.method, request.params, milliseconds(self._house.now_ns())
        match method:
            case "ping":
                self._counts.weigh(1)
                return None, {}, ()
            case "time":
                self._counts.weigh(1)
                return None, {"serverTime": now_ms}, ()
            case "session.logon" | "session.logout" | "session.status":
                self._counts.weigh(OWN_WEIGHT)
                return None, *self._of_session(method, params)
            case "userDataStream.subscribe" | "userDataStream.subscribe.signature":
                self._counts.weigh(OWN_WEIGHT)
                return None, self._subscribed(method, params), ()
            case "userDataStream.unsubscribe":
                return None, {}, self._unsubscribed()
        key = self._key(params)
        result = self._desk.asked(method, key, params)
        return (key.account if method == "order.place" else None), result, ()

    def _key(self, params: dict[str, Any]) -> Key:
        """What has a key of its own is that key's, in a session too."""
        if self._session is None or "apiKey" in params:
            return self._gate.frame(params)
        self._gate.stamped(params)
        return self._session

    def _of_session(self, method: str, params: dict[str, Any]) -> tuple[Any, Sequence[bytes]]:
        after: Sequence[bytes] = ()
        if method == "session.logon":
            self._session = self._gate.logon(params)
        if method == "session.logout":
            self._session, after = None, self._unsubscribed()
        now_ms = milliseconds(self._house.now_ns())
        name = None if self._session is None else self._session.name
        since = None if self._session is None else now_ms
        result = {"apiKey": name, "authorizedSince": since, "connectedSince": now_ms}
        return result | {"returnRateLimits": True, "serverTime": now_ms}, after

    def _subscribed(self, method: str, params: dict[str, Any]) -> dict[str, int]:
        if method == _SUBSCRIBE:
            if self._session is None:
                raise RequestRefused(-2015, "Invalid API-key, IP, or permissions for action.", 401)
            key = self._session
        else:
            key = self._gate.frame(params)
        if self._stream.account is not None:
            raise RequestRefused(-2035, "User Data Stream subscription already active.")
        self._stream.account = key.account
        return {"subscriptionId": 0}

    def _unsubscribed(self) -> Sequence[bytes]:
        if self._stream.account is None:
            return ()
        self._stream.account = None
        return [self._stream.terminated()]
