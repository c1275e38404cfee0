"""Orders at Coinbase Advanced Trade: all is asked by REST, the user channel tells of states."""

import secrets
from collections.abc import Sequence
from urllib.parse import urlsplit

import msgspec

from pinnacle.core.credentials import Credentials
from pinnacle.core.errors import DataError
from pinnacle.core.schema import Kind, Reason
from pinnacle.venues.coinbase.config import CoinbaseOrdersConfig
from pinnacle.venues.coinbase.orders import bodies, outcomes
from pinnacle.venues.coinbase.orders.bodies import Asked, Page
from pinnacle.venues.coinbase.orders.errors import NOT_FOUND, UNKNOWN_OUTCOMES, reason_of
from pinnacle.venues.coinbase.orders.lists import Lists, Orders, after_page, read
from pinnacle.venues.coinbase.orders.private import (
    Frame,
    Numbers,
    channels_of,
    read_frame,
    states_of,
)
from pinnacle.venues.coinbase.orders.states import STATUSES, States
from pinnacle.venues.coinbase.signing import WINDOW, CoinbaseKey, uri_of
from pinnacle.venues.orders.about import order_of, refused, unknown
from pinnacle.venues.orders.limits import Bucket, Limits, Window, everything
from pinnacle.venues.orders.names import named, when_named
from pinnacle.venues.orders.port import (
    Answer,
    Answered,
    Call,
    Desk,
    Heard,
    Order,
    OrderEntry,
    Report,
    Request,
    What,
    When,
)
from pinnacle.venues.orders.spare import spare
from pinnacle.venues.orders.stamps import Stamps
from pinnacle.venues.orders.terms import all_terms
from pinnacle.venues.reference.offset import Offset

#: Of requests with a key.
PER_S, HOUR_S = 30.0, 3600.0
#: What everything but a cancel leaves of both limits: all that may be open can be taken back.
SPARE_S, SPARE_HOUR = 5.0, 1000.0
#: A token may be two minutes old, and of the future not at all: so old it is at once, that no clock
#: which is set while nobody looks makes it one of these.
TOKEN_AGE_S = 30
#: Each has a subscription of its own; without heartbeats a channel that is quiet is closed.
CHANNELS = ("heartbeats", "user")
#: When NEWs went out whose venue's id is not known yet.
_ASKED_MAX = 65_536
#: The venue knows an order by its own id alone.
_BY_VENUE_ID = frozenset({What.CANCEL, What.REPLACE})
#: Of a CANCEL_ALL's page: no list goes on behind it.
_END = "end"
_encode = msgspec.json.Encoder().encode


class HttpError(msgspec.Struct):
    """The body of a 4xx."""

    error: str = ""
    message: str | None = None


class CoinbaseOrders(OrderEntry):
    VENUE = "Coinbase"
    replaces = True
    tells_fees = True
    fills_of_one = True

    def __init__(self, config: CoinbaseOrdersConfig, credentials: Credentials, desk: Desk):
        self._key = CoinbaseKey(credentials.key, credentials.private_key)
        self._host = urlsplit(config.rest_url).netloc
        self._known = desk.known
        self._stamps = Stamps(desk.clock, Offset(0, 0), WINDOW)
        self._terms = all_terms(desk.instruments, desk.names)
        self._states = States(self._terms, desk.known)
        self._lists = Lists(self._terms, desk.known, self._states)
        self._numbers = Numbers()
        self._confirmed: set[str] = set()
        #: Orders whose fills will be asked for, and when each NEW was.
        self._due: set[int] = set()
        self._made_ns: dict[int, int] = {}
        self.limits = Limits(
            Bucket(PER_S, PER_S, everything, spare=spare(SPARE_S)),
            Window(HOUR_S, config.requests_per_hour, everything, spare=spare(SPARE_HOUR)),
        )

    def follow(self, offset: Offset) -> None:
        self._stamps.follow(offset)

    # By REST

    def when(self, call: Call) -> When:
        if call.what not in _BY_VENUE_ID:
            return When.NOW
        return when_named(self._known, order_of(call))

    def request(self, call: Call) -> Request:
        asked = self._asked(call)
        uri = uri_of(asked.method, self._host, asked.path)
        headers = {"Authorization": f"Bearer {self._token(uri)}"}
        if asked.body:
            headers["Content-Type"] = "application/json"
        return Request(asked.method, asked.target, headers, asked.body)

    def _token(self, uri: str = "") -> str:
        begins_s = self._stamps.next() - TOKEN_AGE_S
        return self._key.token(begins_s, secrets.token_hex(16), uri)

    def _asked(self, call: Call) -> Asked:
        match call.what:
            case What.NEW:
                return self._new(order_of(call))
            case What.REPLACE:
                order = self._named(call)
                self._states.edited(order, call.price, call.quantity)
                terms = self._terms[order.row]
                price, size = terms.price(call.price), terms.quantity(call.quantity)
                return bodies.edit(order.venue_id, price, size)
            case What.CANCEL:
                return bodies.cancel([self._named(call).venue_id])
            case What.CANCEL_ALL:
                page, together = Page.of(call), bodies.CANCELLED_TOGETHER
                if page.found:
                    return bodies.cancel(page.found[:together])
                return bodies.resting(page, together)
            case What.QUERY:
                order = order_of(call)
                return bodies.one(order.venue_id) if order.venue_id else bodies.listed(call.page)
            case What.OPEN:
                return bodies.resting(Page.of(call))
            case What.FILLS:
                if call.order is not None:
                    self._due.discard(call.order.order_id)
                return bodies.fills(call, "" if call.order is None else call.order.venue_id)
            case What.BALANCES:
                return bodies.accounts(call.page)
        return bodies.plain(call.what)

    def _new(self, order: Order) -> Asked:
        now_ns = self._stamps.venue_ns()
        if len(self._made_ns) >= _ASKED_MAX:
            del self._made_ns[next(iter(self._made_ns))]
        self._made_ns[order.order_id] = now_ns
        return bodies.new(order, self._terms[order.row], now_ns)

    def _named(self, call: Call) -> Order:
        return named(self._known, order_of(call))

    def answered(self, call: Call, answer: Answer) -> Answered:
        if answer.status == 429:
            return Answered(wait_s=answer.left_alone_s())
        try:
            if answer.status == 200:
                return self._read(call, answer.body)
            return self._failed(call, answer)
        except DataError as error:
            return Answered(fault=str(error))

    def _read(self, call: Call, body: bytes) -> Answered:
        match call.what:
            case What.NEW:
                order = order_of(call)
                asked = bodies.configuration(order, self._terms[order.row], 0)
                return outcomes.placed(call, body, asked)
            case What.REPLACE:
                return outcomes.edited(call._replace(order=self._named(call)), body, self._states)
            case What.CANCEL:
                return outcomes.cancelled(call._replace(order=self._named(call)), body)
            case What.CANCEL_ALL:
                return self._all_cancelled(call, body)
            case What.QUERY:
                order = order_of(call)
                if order.venue_id:
                    return self._lists.one(call, body)
                return self._lists.page(call, body, self._made_ns.get(order.order_id, 0))
            case What.OPEN:
                return self._lists.resting(call, body)
            case What.FILLS:
                return self._lists.fills(call, body)
            case What.BALANCES:
                return self._lists.balances(call, body)
            case What.FEES:
                return self._lists.fees(body)
        return Answered()

    def _all_cancelled(self, call: Call, body: bytes) -> Answered:
        """A page of what rests, then the cancel of these, and so on."""
        page, odd = Page.of(call), ""
        if page.found:
            odd = outcomes.many_cancelled(body)
            after = Page(page.which, page.cursor, page.found[bodies.CANCELLED_TOGETHER :])
        else:
            listed = read(body, Orders)
            following = after_page(listed, page) or Page(_END)
            found = [each.order_id for each in listed.orders if each.order_id]
            after = Page(following.which, following.cursor, found)
        is_over = after.which == _END and not after.found
        return Answered(more=None if is_over else call._replace(page=after.text()), odd=odd)

    def _failed(self, call: Call, answer: Answer) -> Answered:
        """Any other status than 200."""
        words = answer.words(call)
        order = call.order
        if answer.status == 401:
            return self._unauthorized(call, words)._replace(stale=True)
        if not 400 <= answer.status < 500:
            return Answered(fault=words)
        said = _error(answer.body)
        is_unknown = answer.status == 404 or (said is not None and said.error in NOT_FOUND)
        if call.what is What.QUERY and order is not None and order.venue_id and is_unknown:
            return unknown(order)
        if order is None or said is None or said.error in UNKNOWN_OUTCOMES:
            return Answered(fault=words)
        told = ": ".join(each for each in (said.error, said.message) if each)
        if call.what is What.REPLACE:
            return Answered(self._states.settled(order, Reason.VENUE, told))
        no = refused(call, reason_of(said.error), told)
        return Answered(fault=words) if no is None else Answered([no])

    def _unauthorized(self, call: Call, words: str) -> Answered:
        """Nothing was done. A cancel and a question may go again, with a token of a later time."""
        order = call.order
        if call.what is What.NEW and order is not None:
            return outcomes.refused(Kind.REJECTED, order, "", words)
        if call.what is What.REPLACE and order is not None:
            return Answered(self._states.settled(order, Reason.VENUE, words))
        return Answered(again=True, fault=words)

    # The user channel

    def greeting(self) -> Sequence[str]:
        self._numbers.begin()
        self._confirmed.clear()
        return [
            _encode({"type": "subscribe", "channel": each, "jwt": self._token()}).decode()
            for each in CHANNELS
        ]

    def heard(self, frame: bytes) -> Heard:
        said = read_frame(frame)
        if said.type == "error":
            return Heard(lost=f"refused: {said.message}")
        missing = self._numbers.take(said.sequence_num)
        if missing < 0:
            return Heard()
        heard = self._heard(said)
        if missing:
            return heard._replace(lost=f"{missing} frames of the user channel were lost")
        return heard

    def _heard(self, said: Frame) -> Heard:
        if said.channel == "subscriptions":
            self._confirmed |= channels_of(said)
            return Heard(ready=self._confirmed.issuperset(CHANNELS))
        if said.channel != "user":
            return Heard()
        reports: list[Report] = []
        ask: list[Call] = []
        odd: list[str] = []
        for state in states_of(said):
            order_id = self._states.order_id(state)
            order = None if order_id is None else self._known.order(order_id)
            if order is None:
                continue  # of others, or it has gone
            if state.status not in STATUSES:
                odd.append(f"{state.venue_id}: its status {state.status!r:.40} is none")
                ask.append(Call(What.QUERY, order._replace(venue_id=state.venue_id)))
                continue
            found = self._states.heard(state, order)
            reports += found
            self._made_ns.pop(order.order_id, None)
            if self._is_more(found, order) and order.order_id not in self._due:
                self._due.add(order.order_id)
                ask.append(Call(What.FILLS, order._replace(venue_id=state.venue_id)))
        return Heard(reports, ask=ask, odd="; ".join(odd))

    def _is_more(self, found: Sequence[Report], order: Order) -> bool:
        """Whether more of it is filled than is known here."""
        return any(r.kind == Kind.FILLED_TOTAL and r.quantity > order.filled for r in found)


def _error(body: bytes) -> HttpError | None:
    try:
        found = read(body, HttpError)
    except DataError:
        return None
    return found if found.error else None
