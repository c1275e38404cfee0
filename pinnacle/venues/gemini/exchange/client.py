"""One WebSocket of Gemini's own side: orders and their events for whoever opened it with a key."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from pinnacle.venues.gemini.exchange.desk import GeminiDesk
from pinnacle.venues.gemini.exchange.placing import Placing
from pinnacle.venues.gemini.exchange.rows import event_rows, refused_row
from pinnacle.venues.gemini.exchange.words import Refused, order_name
from pinnacle.venues.orders.limits import Bucket, everything
from pinnacle.venues.orders.port import Call, What
from pinnacle.venues.served.dialect import Entry
from pinnacle.venues.served.exchange_side import ExchangeClient
from pinnacle.venues.served.house import Event, House, HouseOrder, Key, Refusal
from pinnacle.venues.served.serving import encode

#: 1,000 orders in ten seconds.
PER_S, BURST = 100.0, 1000.0
_STREAMS = ("orders@account", "orders@session")
#: Orders that never were are numbered from here.
_NEVER = 1 << 40
_ANY = Call(What.NEW)


class ApiRequest(msgspec.Struct):
    """What a client says."""

    method: str
    id: int | str | None = None
    params: dict[str, Any] | list[Any] = {}


class WsError(Exception):
    """With the venue's code, and the status of the answer."""

    def __init__(self, code: int, words: str, status: int = 400):
        super().__init__(words)
        self.code, self.words, self.status = code, words, status


class OrdersClient(ExchangeClient):
    """`key`: whose; None: anybody's, who may ask for nothing of an account's."""

    subscribed = False

    def __init__(self, house: House, desk: GeminiDesk, key: Key | None):
        self._house, self._desk, self._key = house, desk, key
        self._placing = Placing(house)
        self._streams: set[str] = set()
        self._bucket = Bucket(PER_S, BURST, everything)
        self._never = _NEVER

    def hello(self) -> Sequence[bytes]:
        return ()

    def frame_of(self, entry: Entry) -> bytes | None:
        return None

    def event(self, event: Event) -> Sequence[bytes]:
        order = event.order
        if self._key is None or order.account is not self._key.account:
            return ()
        is_session = "orders@session" in self._streams and order.key == self._key.name
        if "orders@account" not in self._streams and not is_session:
            return ()
        return [encode(row) for row in event_rows(self._house, event)]

    def answer(self, text: bytes) -> Sequence[bytes]:
        try:
            request = msgspec.json.decode(text, type=ApiRequest)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
            return [_failed(None, WsError(-1013, f"Malformed request: {error}"))]
        try:
            result, after = self._asked(request)
        except WsError as error:
            return [_failed(request.id, error)]
        except Refused as refused:
            return [_failed(request.id, WsError(-1013, f"{refused.reason}: {refused.words}"))]
        said: dict[str, Any] = {"id": request.id, "status": 200}
        return [encode(said if result is None else said | {"result": result}), *after]

    def _asked(self, request: ApiRequest) -> tuple[Any, Sequence[bytes]]:
        """The result, and what is said behind it."""
        match request.method:
            case "ping":
                return {}, ()
            case "time":
                return {"serverTime": self._house.now_ns() // 1_000_000}, ()
            case "subscribe" | "unsubscribe":
                self._subscribe(request)
                return None, ()
            case "list_subscriptions":
                return sorted(self._streams), ()
            case "order.place" | "order.cancel" | "order.cancel_all" | "order.cancel_session":
                key = self._trader()
                params = request.params if isinstance(request.params, dict) else {}
                return None, self._order(request.method, key, params)
        raise WsError(-1020, f"Unsupported method {request.method:.40}")

    def _trader(self) -> Key:
        if self._key is None:
            raise WsError(-1002, "Unauthorized", 401)
        if self._bucket.wait(_ANY) > 0:
            raise WsError(-1003, "Too many requests", 429)
        self._bucket.take(_ANY)
        return self._key

    def _subscribe(self, request: ApiRequest) -> None:
        for name in request.params if isinstance(request.params, list) else ():
            if name not in _STREAMS:
                raise WsError(-1020, f"Unsupported stream {name!r:.40}")
            if self._key is None:
                raise WsError(-1002, "Unauthorized", 401)
            if request.method == "subscribe":
                self._streams.add(str(name))
            else:
                self._streams.discard(str(name))

    def _order(self, method: str, key: Key, params: Mapping[str, Any]) -> Sequence[bytes]:
        if method == "order.place":
            return self._place(key, params)
        if method == "order.cancel":
            if self._desk.cancel(key.account, str(params.get("orderId", ""))) is None:
                raise WsError(-1013, "order not found or already filled")
            return ()
        self._desk.cancel_all(key.account, None if method == "order.cancel_all" else key.name)
        return ()

    def _place(self, key: Key, params: Mapping[str, Any]) -> Sequence[bytes]:
        """The answer says nothing of the order; what was refused shows in an event alone."""
        new, account = self._placing.of_frame(params), key.account
        live = self._house.live(account)
        is_known = bool(new.client_id) and any(o.client_id == new.client_id for o in live)
        placed = Refusal.DUPLICATE if is_known else self._desk.place(key, new)
        if isinstance(placed, HouseOrder) or not self._streams:
            return ()
        return [encode(refused_row(self._house, new, placed, self._refused_name(key, new, placed)))]

    def _refused_name(self, key: Key, new: Any, refusal: Refusal) -> str:
        if refusal is Refusal.WOULD_TAKE:
            try:
                return self._desk.last_refused(key.account, new).venue_id
            except Refused:
                pass
        self._never += 1
        return order_name(self._never)


def _failed(name: int | str | None, error: WsError) -> bytes:
    said = {"code": error.code, "msg": error.words}
    return encode({"id": name, "status": error.status, "error": said})
