"""Orders at Gemini: entry and order events on one WebSocket, questions by REST."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

import msgspec

from pinnacle.core.credentials import Credentials
from pinnacle.core.errors import ConfigError, DataError, UsageError
from pinnacle.core.schema import Reason
from pinnacle.venues.gemini.orders.asking import METHODS, Asking
from pinnacle.venues.gemini.orders.errors import (
    BAD_NONCE,
    LIMIT_WAIT_S,
    RATE_LIMIT,
    RestError,
    SocketError,
    reason_of,
)
from pinnacle.venues.gemini.orders.limits import GeminiLimits
from pinnacle.venues.gemini.orders.lists import Lists
from pinnacle.venues.gemini.orders.private import Frame, OrderEvents, read_frame
from pinnacle.venues.gemini.signing import GeminiKey
from pinnacle.venues.orders.about import order_of, refused, unknown
from pinnacle.venues.orders.names import named, when_named
from pinnacle.venues.orders.nonces import Nonces, TimedNonces, nonce_file
from pinnacle.venues.orders.port import (
    Answer,
    Answered,
    Call,
    Desk,
    Heard,
    OrderEntry,
    Request,
    What,
    When,
)
from pinnacle.venues.orders.terms import all_terms
from pinnacle.venues.reference.offset import Offset

#: A key with the dead man's switch is silent for half a minute at most; it is used so often.
HEARTBEAT_S = 10.0
_NAMES = "/v1/symbols/details/all"
#: Answers to what is said beside calls; calls have numbers.
_SUBSCRIBE, _PING = "subscribe", "ping"
_STREAM = "orders@account"
_DIGITS_MAX = 19
_errors = msgspec.json.Decoder(RestError)
_encode = msgspec.json.Encoder().encode


class GeminiOrders(OrderEntry):
    """has_heartbeat   the key was made with "Requires Heartbeat" """

    VENUE = "Gemini"
    tells_fees = True
    fills_of_one = True
    by_socket = frozenset({What.NEW, What.CANCEL, What.CANCEL_ALL})
    ordered = True

    def __init__(self, credentials: Credentials, desk: Desk, has_heartbeat: bool = False):
        self._key = GeminiKey(credentials.key, credentials.secret)
        self._known, self._clock, self._ahead_ns = desk.known, desk.clock, 0
        path = nonce_file(desk.nonces, "gemini", credentials.key)
        is_timed = credentials["nonce"] == "time-based"
        # Of about now by the venue's clock.
        self._nonces = (
            TimedNonces(path, self._venue_ns) if is_timed else Nonces(path, self._venue_ns)
        )
        self._has_heartbeat = has_heartbeat
        terms = all_terms(desk.instruments, desk.names)
        self._asking = Asking(terms)
        self._lists = Lists(terms, desk.known)
        self._events = OrderEvents(terms, desk.known)
        self.limits = self._limits = GeminiLimits()
        #: What was asked on the socket, by its number.
        self._asked: dict[int, Call] = {}

    def follow(self, offset: Offset) -> None:
        self._ahead_ns = offset.ahead_ns

    def close(self) -> None:
        self._nonces.close()

    def needs(self) -> Sequence[Call]:
        return (Call(What.NAMES),)

    def keep_alive_s(self) -> float:
        return HEARTBEAT_S if self._has_heartbeat else 0.0

    def beyond(self, call: Call) -> str:
        order = call.order
        if call.what is What.NEW and order is not None:
            return self._asking.beyond(order)
        return super().beyond(call)

    def when(self, call: Call) -> When:
        if call.what is not What.CANCEL:
            return When.NOW
        return when_named(self._known, order_of(call))

    # By REST

    def request(self, call: Call) -> Request:
        if call.what is What.NAMES:
            return Request("GET", _NAMES, {})
        if call.what is What.NEW and call.order is not None and call.order.is_market:
            raise UsageError("Gemini takes market orders on its WebSocket alone")
        if call.what in self.by_socket:
            self._limits.by_rest()
        call = self._named(call)
        path, nonces = self._asking.path(call), self._nonces
        nonce: int | Decimal
        nonce = nonces.fraction() if isinstance(nonces, TimedNonces) else nonces.next()
        headers = self._key.rest_headers(path, nonce, self._asking.fields(call))
        return Request("POST", path, headers)

    def _named(self, call: Call) -> Call:
        """A CANCEL is by the venue's id, as it is known by now."""
        if call.what is not What.CANCEL:
            return call
        return call._replace(order=named(self._known, order_of(call)))

    def answered(self, call: Call, answer: Answer) -> Answered:
        if answer.status == 429:
            return Answered(wait_s=answer.left_alone_s())
        try:
            if answer.status == 200:
                return self._lists.read(self._named(call), answer.body)
        except DataError as error:
            return Answered(fault=str(error))
        return self._failed(call, answer)

    def _failed(self, call: Call, answer: Answer) -> Answered:
        """Any other status than 200."""
        said = _error_of(answer.body)
        if said is None or not 400 <= answer.status < 500:
            return Answered(fault=answer.words(call))
        if said.reason == RATE_LIMIT:
            return Answered(wait_s=LIMIT_WAIT_S)
        if said.reason == BAD_NONCE:
            return Answered(again=True, fault=said.words, stale=True)
        return self._refused(call, reason_of(said.reason), said.words)

    def _refused(self, call: Call, reason: Reason, words: str) -> Answered:
        """A definite no."""
        order = call.order
        if call.what is What.QUERY and order is not None and reason == Reason.UNKNOWN_ORDER:
            return unknown(order)
        if call.what is What.NEW and reason == Reason.UNKNOWN_ORDER:
            reason = Reason.VENUE  # whatever is not found there, it is not the order
        no = refused(call, reason, words)
        return Answered(fault=words) if no is None else Answered([no])

    # On the socket

    def handshake(self) -> Mapping[str, str]:
        if not isinstance(self._nonces, TimedNonces):
            raise ConfigError(
                "the key counts its nonces: Gemini's WebSocket takes time-based keys alone"
            )
        return self._key.websocket_headers(self._nonces.whole())

    def greeting(self) -> Sequence[str]:
        self._asked.clear()
        return [_said(_SUBSCRIBE, "subscribe", [_STREAM])]

    def nudge(self) -> str:
        return _said(_PING, "ping", {})

    def frame(self, call: Call, number: int) -> str:
        self._asked[number] = call
        return _said(str(number), METHODS[call.what], self._asking.params(self._named(call)))

    def heard(self, frame: bytes) -> Heard:
        said = read_frame(frame)
        if said.state:
            meant = self._events.read(frame)
            return Heard(meant.reports, ask=meant.ask)
        if said.id == _SUBSCRIBE:
            if said.status == 200:
                return Heard(ready=True)
            return Heard(lost=f"{_STREAM}: {said.error.words if said.error else said.status}")
        return self._answer(said) if said.status else Heard()

    def _answer(self, said: Frame) -> Heard:
        number = _number(said.id)
        call = self._asked.pop(number, None)
        if call is None:
            if said.id is None and said.error is not None:
                return Heard(odd=f"a frame is refused: {said.error.words}")
            return Heard()
        if said.status == 200:
            # Asked for, not done: order events tell.
            return Heard(answers=[(number, Answered())])
        error = said.error or SocketError()
        words = f"HTTP {said.status} {error.words}".strip()
        if said.status == 429 or error.is_of_rate:
            return Heard(answers=[(number, Answered(wait_s=LIMIT_WAIT_S))])
        if not 400 <= said.status < 500:
            return Heard(answers=[(number, Answered(fault=words))])
        lost = f"its key: {error.words}" if error.is_of_key else ""
        answered = self._refused(call, error.reason, error.words)
        return Heard(answers=[(number, answered)], lost=lost)

    def _venue_ns(self) -> int:
        return self._clock() + self._ahead_ns


def _error_of(body: bytes) -> RestError | None:
    """None if it is none of the venue's own."""
    try:
        return _errors.decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None


def _number(name: int | str | None) -> int:
    """Of a call; 0 if it is none's."""
    text = str(name)
    return int(text) if text.isascii() and text.isdigit() and len(text) < _DIGITS_MAX else 0


def _said(name: str, method: str, params: Any) -> str:
    return _encode({"id": name, "method": method, "params": params}).decode()
