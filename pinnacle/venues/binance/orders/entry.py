"""Orders at Binance: entry and the user stream on one WebSocket API, questions by REST."""

from collections.abc import Sequence
from typing import Any

import msgspec

from pinnacle.core.credentials import Credentials
from pinnacle.core.errors import DataError
from pinnacle.core.schema import Kind, Reason
from pinnacle.venues.binance.orders.asking import Asking, Params
from pinnacle.venues.binance.orders.errors import (
    ARCHIVED,
    KEY_REFUSED,
    ORDER_RATE,
    STALE,
    VenueRefusal,
    meaning,
)
from pinnacle.venues.binance.orders.limits import RateLimits
from pinnacle.venues.binance.orders.lists import Lists
from pinnacle.venues.binance.orders.private import ENDS, Executions, Frame, event_of, read_frame
from pinnacle.venues.binance.signing import (
    KEY_HEADER,
    Ed25519Key,
    HmacKey,
    Signer,
    query_of,
    signed_params,
    signed_query,
    window,
)
from pinnacle.venues.orders.about import order_of, refused, report, unknown
from pinnacle.venues.orders.port import (
    Answer,
    Answered,
    Call,
    Desk,
    Heard,
    OrderEntry,
    Request,
    What,
)
from pinnacle.venues.orders.stamps import Stamps
from pinnacle.venues.orders.terms import all_terms
from pinnacle.venues.reference.listing import decoded
from pinnacle.venues.reference.offset import MILLISECOND_NS, SECOND_NS, Offset

_FORM = {"Content-Type": "application/x-www-form-urlencoded"}
#: Answers to what is said beside calls; calls have numbers.
_LOGON, _SUBSCRIBE, _PING = "logon", "subscribe", "ping"
FLYING_NS = 2 * SECOND_NS
_refusals = msgspec.json.Decoder(VenueRefusal)
_encode = msgspec.json.Encoder().encode


class BinanceOrders(OrderEntry):
    """With an HMAC key each request is signed; a session of an Ed25519 key is signed once."""

    VENUE = "Binance"
    by_socket = frozenset({What.NEW, What.CANCEL, What.CANCEL_ALL})
    tells_fees = True
    fills_of_one = True

    def __init__(self, credentials: Credentials, desk: Desk):
        self._has_session = "private_key" in credentials
        self._key: Signer
        if self._has_session:
            self._key = Ed25519Key(credentials.key, credentials.private_key)
        else:
            self._key = HmacKey(credentials.key, credentials.secret)
        self._stamps = Stamps(desk.clock, Offset(0, 0), window())
        terms = all_terms(desk.instruments, desk.names)
        self._asking = Asking(terms)
        self.limits = self._limits = RateLimits(self._venue_s, self._asking.open_weight)
        self._lists = Lists(terms, desk.known, self._asking, self._limits, self._venue_ms)
        self._executions = Executions(terms, desk.known)
        #: What was asked on the socket, by its number, and when.
        self._asked: dict[int, tuple[Call, int]] = {}
        self._clock = desk.clock

    def follow(self, offset: Offset) -> None:
        self._stamps.follow(offset)

    def needs(self) -> Sequence[Call]:
        return (Call(What.NAMES),)

    # By REST

    def request(self, call: Call) -> Request:
        way, params = self._asking.way(call), self._asking.params(call)
        if call.what is What.NAMES:
            return Request(way.verb, f"{way.path}?{query_of(params)}", {})
        said = signed_query(self._key, params | {"timestamp": self._stamps.next()})
        headers = {KEY_HEADER: self._key.key}
        if way.verb == "POST":
            return Request(way.verb, way.path, headers | _FORM, said.encode())
        return Request(way.verb, f"{way.path}?{said}", headers)

    def answered(self, call: Call, answer: Answer) -> Answered:
        self._limits.headed(answer.headers, self._flying())
        try:
            if answer.status == 200:
                return self._lists.read(call, answer.body)
            return self._refused(call, answer.status, *_refusal(call, answer))
        except DataError as error:
            return Answered(fault=str(error))

    def _refused(
        self, call: Call, status: int, refusal: VenueRefusal, retry_s: float = 0.0
    ) -> Answered:
        """An error of the venue's to a call."""
        answered = self._meant(call, status, refusal, retry_s)
        return answered._replace(stale=refusal.code == STALE)

    def _meant(self, call: Call, status: int, refusal: VenueRefusal, retry_s: float) -> Answered:
        means = meaning(status, refusal, retry_s, self._venue_ms())
        if means.wait_s:
            return Answered(wait_s=means.wait_s)
        if refusal.code == ORDER_RATE:
            self._limits.orders_full()
        if call.what is What.CANCEL_ALL and means.reason == Reason.UNKNOWN_ORDER:
            return Answered(more=self._lists.next_row(call))  # nothing was open
        if call.what is What.QUERY and not call.page:
            return self._unknown(call, means.reason, refusal)
        no = None if means.reason is None else refused(call, means.reason, refusal.words)
        if no is None:
            return Answered(fault=f"HTTP {status} {refusal.words}", again=means.again)
        return Answered([no], again=means.again)

    def _unknown(self, call: Call, reason: Reason | None, refusal: VenueRefusal) -> Answered:
        """Of a question that is not answered by an order."""
        order = order_of(call)
        if refusal.code == ARCHIVED:
            left = max(order.quantity - order.filled, 0)
            end = report(Kind.CANCELLED, order, left)
            return Answered([end._replace(reason=Reason.EXPIRED, words=refusal.words)])
        if reason != Reason.UNKNOWN_ORDER:
            return Answered(fault=refusal.words, again=reason == Reason.TOO_OLD)
        return unknown(order)

    # On the socket

    def greeting(self) -> Sequence[str]:
        self._asked.clear()
        if self._has_session:
            return [self._signed("session.logon", {}, _LOGON)]
        return [self._signed("userDataStream.subscribe.signature", {}, _SUBSCRIBE)]

    def nudge(self) -> str:
        return _said("ping", {}, _PING)

    def frame(self, call: Call, number: int) -> str:
        self._asked[number] = call, self._clock()
        method, params = self._asking.way(call).method, self._asking.params(call)
        if self._has_session:
            return _said(method, params | {"timestamp": self._stamps.next()}, number)
        return self._signed(method, params, number)

    def _signed(self, method: str, params: Params, number: int | str) -> str:
        stamped = params | {"timestamp": self._stamps.next()}
        return _said(method, signed_params(self._key, stamped), number)

    def heard(self, frame: bytes) -> Heard:
        said = read_frame(frame)
        if said.status:
            return self._answer(said)
        name = event_of(said)
        if name == "executionReport":
            return Heard(self._executions.read(bytes(said.event)))
        return Heard(lost=f"the venue ends its stream: {name}") if name in ENDS else Heard()

    def _answer(self, said: Frame) -> Heard:
        call, _ = self._asked.pop(said.id, (None, 0)) if isinstance(said.id, int) else (None, 0)
        self._limits.counted(said.rateLimits, self._flying())
        if isinstance(said.id, str) or said.id is None:
            return self._begun(said)
        if call is None:
            return Heard()
        if said.error is None:
            try:
                answered = self._lists.read(call, bytes(said.result))
            except DataError as error:
                answered = Answered(fault=str(error))
            return Heard(answers=[(said.id, answered)])
        answered = self._refused(call, said.status, said.error)
        lost = f"its key: {said.error.words}" if said.error.code in KEY_REFUSED else ""
        return Heard(answers=[(said.id, answered)], lost=lost)

    def _begun(self, said: Frame) -> Heard:
        """An answer to what the stream began with; one to nothing tells of a request that the
        venue could not read."""
        if said.error is not None:
            return Heard(lost=f"{said.id or 'a request'}: {said.error.words}")
        if said.id == _LOGON:
            return Heard(say=[_said("userDataStream.subscribe", {}, _SUBSCRIBE)])
        return Heard(ready=said.id == _SUBSCRIBE)

    # Its clock and its counts

    def _venue_ms(self) -> int:
        return self._stamps.venue_ns() // MILLISECOND_NS

    def _venue_s(self) -> float:
        return self._stamps.venue_ns() / SECOND_NS

    def _flying(self) -> int:
        """New orders on the socket that no answer has counted; of one that finds none for longer
        the venue has."""
        since_ns = self._clock() - FLYING_NS
        asked = self._asked.values()
        return sum(call.what is What.NEW and at_ns > since_ns for call, at_ns in asked)


def _refusal(call: Call, answer: Answer) -> tuple[VenueRefusal, float]:
    """The venue's error, and how long its header asks to wait. What is no error of the venue's own
    comes from what stands before it: DataError, but where the status says all."""
    wait_s = answer.left_alone_s()
    try:
        return decoded(_refusals, answer.body, "Binance", "error"), wait_s
    except DataError:
        if answer.status in (403, 418, 429):
            return VenueRefusal(0), wait_s
        raise DataError(answer.words(call)) from None


def _said(method: str, params: dict[str, Any], number: int | str) -> str:
    body = {"id": number, "method": method}
    return _encode(body | {"params": params} if params else body).decode()
