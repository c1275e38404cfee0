"""Orders at Kraken: entry and executions on one WebSocket v2, questions by REST."""

import datetime
import time
from collections.abc import Sequence
from typing import Any

import msgspec

from pinnacle.core.credentials import Credentials
from pinnacle.core.errors import DataError
from pinnacle.core.schema import Kind, Side, TimeInForce
from pinnacle.venues.kraken.orders.errors import meaning
from pinnacle.venues.kraken.orders.limits import KrakenLimits
from pinnacle.venues.kraken.orders.lists import Lists, is_named
from pinnacle.venues.kraken.orders.paths import PATHS
from pinnacle.venues.kraken.orders.private import Executions, Frame, read_frame, result_of
from pinnacle.venues.kraken.orders.unnamed import Unnamed
from pinnacle.venues.kraken.signing import KrakenKey
from pinnacle.venues.orders.about import refused, report
from pinnacle.venues.orders.nonces import Nonces, nonce_file
from pinnacle.venues.orders.port import (
    Answer,
    Answered,
    Call,
    Desk,
    Heard,
    Order,
    OrderEntry,
    Request,
    What,
)
from pinnacle.venues.orders.terms import all_terms
from pinnacle.venues.reference.offset import Offset

#: An order that has not reached the engine by then does not trade any more.
DEADLINE_S = 5.0
#: The venue takes everything back if it does not hear from us for so long; it is told so often.
DEAD_MAN_S, DEAD_MAN_EVERY_S = 60, 15.0


_SIDES = {Side.BID: "buy", Side.ASK: "sell"}
_METHODS = {
    "add_order": What.NEW,
    "amend_order": What.REPLACE,
    "cancel_order": What.CANCEL,
    "cancel_all_orders_after": What.KEEP_ALIVE,
}
_encode = msgspec.json.Encoder().encode


class KrakenOrders(OrderEntry):
    VENUE = "Kraken"
    replaces = True
    by_socket = frozenset({What.NEW, What.REPLACE, What.CANCEL, What.KEEP_ALIVE})
    ordered = True
    tells_fees = True

    def __init__(self, credentials: Credentials, desk: Desk, tier: str = "starter"):
        self._key = KrakenKey(credentials.key, credentials.secret)
        self._known, self._clock = desk.known, desk.clock
        self._nonces = Nonces(nonce_file(desk.nonces, "kraken", credentials.key), time.time_ns)
        self._ahead_ns = 0
        self._terms = all_terms(desk.instruments, desk.names)
        self._unnamed = Unnamed()
        self._lists = Lists(self._terms, desk.known, self._unnamed)
        self._executions = Executions(self._terms, desk.known, _nanoseconds)
        self._token = ""
        #: What was asked on the socket, by its number.
        self._asked: dict[int, Call] = {}
        self.limits = self._limits = KrakenLimits(tier)

    def follow(self, offset: Offset) -> None:
        self._ahead_ns = offset.ahead_ns

    def close(self) -> None:
        self._nonces.close()

    def needs(self) -> Sequence[Call]:
        return (Call(What.NAMES), Call(What.TOKEN))

    def keep_alive_s(self) -> float:
        return DEAD_MAN_EVERY_S

    # By REST

    def request(self, call: Call) -> Request:
        if call.what is What.NAMES:
            return Request("GET", "/0/public/AssetPairs", {})
        path, params = self._asked_for(call)
        signed = self._key.signed(path, self._nonces.next(), params)
        return Request("POST", path, signed.headers, signed.body)

    def _asked_for(self, call: Call) -> tuple[str, dict[str, str | int]]:
        if call.what is What.QUERY and not is_named(call):
            return self._unnamed.path(call), self._unnamed.params(call)
        return PATHS[call.what], self._params(call)

    def _params(self, call: Call) -> dict[str, str | int]:
        order = call.order
        match call.what:
            case What.NEW if order is not None:
                return self._new(order)
            case What.REPLACE if order is not None:
                terms = self._terms[order.row]
                new = {"order_qty": terms.quantity(call.quantity)}
                return self._by_our_name(order) | new | {"limit_price": terms.price(call.price)}
            case What.CANCEL if order is not None:
                return {"txid": order.venue_id} if order.venue_id else self._by_our_name(order)
            case What.QUERY if order is not None:
                return {"txid": order.venue_id}
            case What.KEEP_ALIVE:
                return {"timeout": DEAD_MAN_S}
            case What.FILLS:
                start = call.since_ns // 1_000_000_000
                return {"start": start, "ofs": call.page or "0"}
            case What.FEES:
                return {"pair": ",".join(self._lists.pair(row) for row in range(len(self._terms)))}
        return {}

    def _by_our_name(self, order: Order) -> dict[str, str | int]:
        return {"cl_ord_id": order.client_id}

    def _new(self, order: Order) -> dict[str, str | int]:
        self._leaves(order)
        terms = self._terms[order.row]
        said: dict[str, str | int] = {
            "pair": self._lists.pair(order.row),
            "type": _SIDES[order.side],
            "ordertype": "market" if order.is_market else "limit",
            "volume": terms.quantity(order.quantity),
            "cl_ord_id": order.client_id,
            "deadline": self._deadline(),
        }
        if not order.is_market:
            said["price"] = terms.price(order.price)
            said["timeinforce"] = _tif(order).upper()
        if order.post_only:
            said["oflags"] = "post"
        return said

    def list_of(self, call: Call) -> str:
        if call.what is What.OPEN:
            return PATHS[What.OPEN]
        is_asked_for = call.what is What.QUERY and not is_named(call)
        return self._unnamed.list_of(call) if is_asked_for else ""

    def one_of(self, calls: Sequence[Call]) -> Call:
        return self._unnamed.one_of(calls)

    def answered(self, call: Call, answer: Answer) -> Answered:
        if answer.status == 429:
            return Answered(wait_s=answer.left_alone_s())
        if answer.status != 200:
            return Answered(fault=answer.words(call))
        try:
            return self._lists.read(call, answer.body, self._refused)
        except DataError as error:
            return Answered(fault=str(error))
        finally:
            self._token = self._lists.token

    def _refused(self, call: Call, words: str) -> Answered:
        """An error of the venue's to a call."""
        means = meaning(words, self._venue_s())
        if means.wait_s:
            return Answered(wait_s=means.wait_s)
        again = means.again or means.is_of_requests
        if means.is_of_requests:
            self._limits.requests_full()
        elif means.again:
            self._limits.refused(call)
        if _is_of_token(words) and call.what is What.CANCEL:
            # A request needs no token: it goes by that when the connection has ended.
            return Answered(again=True, fault=words)
        no = None if means.reason is None else refused(call, means.reason, words)
        if no is None:
            return Answered(fault=words, again=again)
        return Answered([no], again=again)

    # On the socket

    def greeting(self) -> Sequence[str]:
        self._executions.begin()
        self._asked.clear()
        params: dict[str, Any] = {"channel": "executions", "token": self._token}
        params |= {"snap_orders": True, "snap_trades": True}
        return [_said("subscribe", params, 0)]

    def nudge(self) -> str:
        return '{"method":"ping"}'

    def frame(self, call: Call, number: int) -> str:
        self._asked[number] = call
        order = call.order
        if call.what is What.KEEP_ALIVE:
            params: dict[str, Any] = {"timeout": DEAD_MAN_S}
            return self._signed("cancel_all_orders_after", params, number)
        assert order is not None, "the other three are of one"
        terms = self._terms[order.row]
        if call.what is What.CANCEL:
            named = {"order_id": [order.venue_id]} if order.venue_id else {}
            named = named or {"cl_ord_id": [order.client_id]}
            return self._signed("cancel_order", dict(named), number)
        if call.what is What.REPLACE:
            params = {
                "cl_ord_id": order.client_id,
                "order_qty": _raw(terms.quantity(call.quantity)),
            }
            params |= {"limit_price": _raw(terms.price(call.price)), "deadline": self._deadline()}
            return self._signed("amend_order", params, number)
        self._leaves(order)
        params = {
            "order_type": "market" if order.is_market else "limit",
            "side": _SIDES[order.side],
            "symbol": terms.name,
            "order_qty": _raw(terms.quantity(order.quantity)),
            "cl_ord_id": order.client_id,
            "deadline": self._deadline(),
        }
        if not order.is_market:
            params["limit_price"] = _raw(terms.price(order.price))
            params["time_in_force"] = _tif(order)
        if order.post_only:
            params["post_only"] = True
        return self._signed("add_order", params, number)

    def _signed(self, method: str, params: dict[str, Any], number: int) -> str:
        return _said(method, params | {"token": self._token}, number)

    def heard(self, frame: bytes) -> Heard:
        said = read_frame(frame)
        if said.channel == "executions":
            reports, snapshot, is_lost = self._executions.read(said)
            lost = "a message of the executions was lost" if is_lost else ""
            return Heard(reports, snapshot=snapshot, ready=snapshot is not None, lost=lost)
        if said.method == "subscribe":
            if not said.success:
                return Heard(lost=f"executions: {said.error}")
            return Heard()  # what it begins with comes behind
        if said.method in _METHODS and said.req_id:
            call = self._asked.pop(said.req_id, None)
            if call is not None:
                # The token lives with the connection: only another connection has another token.
                lost = f"its token: {said.error}" if _is_of_token(said.error or "") else ""
                return Heard(answers=[(said.req_id, self._answer(call, said))], lost=lost)
        return Heard()

    def _answer(self, call: Call, said: Frame) -> Answered:
        order = call.order
        if not said.success:
            return self._refused(call, said.error or "refused without a word")
        if order is None or call.what is What.CANCEL:
            return Answered()  # asked for, not done: the executions tell
        if call.what is What.REPLACE:
            new = report(Kind.REPLACED, order, call.quantity)._replace(price=call.price)
            return Answered([new])
        return Answered([report(Kind.ACK, order)._replace(venue_id=result_of(said).order_id)])

    def _leaves(self, order: Order) -> None:
        self._unnamed.left(order.order_id, self._clock() + self._ahead_ns)

    def _deadline(self) -> str:
        at = datetime.datetime.fromtimestamp(self._venue_s() + DEADLINE_S, datetime.UTC)
        return at.strftime("%Y-%m-%dT%H:%M:%S.") + f"{at.microsecond // 1000:03d}Z"

    def _venue_s(self) -> float:
        return (self._clock() + self._ahead_ns) / 1e9


def _is_of_token(words: str) -> bool:
    return "ESession" in words


def _tif(order: Order) -> str:
    named: dict[int, str] = {TimeInForce.IOC: "ioc", TimeInForce.FOK: "fok"}
    return named.get(order.time_in_force, "gtc")


def _raw(number: str) -> msgspec.Raw:
    """A JSON number, digit for digit."""
    return msgspec.Raw(number.encode())


def _said(method: str, params: dict[str, Any], number: int) -> str:
    body: dict[str, Any] = {"method": method, "params": params}
    return _encode(body | ({"req_id": number} if number else {})).decode()


def _nanoseconds(text: str) -> int:
    try:
        return int(datetime.datetime.fromisoformat(text).timestamp() * 1e6) * 1000
    except ValueError:
        return 0
