"""Orders at Bitstamp: all is asked by REST; private channels tell of orders and of their trades."""

from collections.abc import Sequence
from urllib.parse import urlsplit

import msgspec

from pinnacle.core.credentials import Credentials
from pinnacle.core.errors import ConfigError, DataError
from pinnacle.core.schema import Kind
from pinnacle.venues.bitstamp.config import CHANNELS_MAX, BitstampOrdersConfig
from pinnacle.venues.bitstamp.orders import bodies, outcomes, private
from pinnacle.venues.bitstamp.orders.bodies import Asked
from pinnacle.venues.bitstamp.orders.errors import Refusal, refusal
from pinnacle.venues.bitstamp.orders.lists import Lists
from pinnacle.venues.bitstamp.orders.private import Chain, Frame
from pinnacle.venues.bitstamp.orders.states import States
from pinnacle.venues.bitstamp.orders.stream import Meant, Stream
from pinnacle.venues.bitstamp.orders.watches import Watches
from pinnacle.venues.bitstamp.signing import WINDOW, BitstampKey
from pinnacle.venues.orders.about import order_of, report
from pinnacle.venues.orders.limits import Bucket, Limits, Window, everything
from pinnacle.venues.orders.nonces import unique_nonce
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
    When,
)
from pinnacle.venues.orders.spare import spare
from pinnacle.venues.orders.stamps import Stamps
from pinnacle.venues.orders.terms import all_terms
from pinnacle.venues.reference.offset import Offset

#: Of requests with a key, and in ten minutes; what everything but a cancel leaves of both.
PER_S, LONG_S = 400.0, 600.0
SPARE_S, SPARE_LONG = 40.0, 1000.0
#: An order that may not take and of which the stream has said nothing for so long is looked at: of
#: one that would have taken the venue may say nothing.
UNSEEN_NS = 1_000_000_000
_UNSEEN = "unseen"
#: Events that were missed and cannot be had for so long: the stream begins anew.
MISSED_NS = 5_000_000_000
_encode = msgspec.json.Encoder().encode


class BitstampOrders(OrderEntry):
    VENUE = "Bitstamp"
    tells_fees = True
    fills_of_one = True
    open_lag_s = 10.0

    def __init__(self, config: BitstampOrdersConfig, credentials: Credentials, desk: Desk):
        if 2 * len(desk.names) > CHANNELS_MAX:
            raise ConfigError(f"{len(desk.names)} instruments: {CHANNELS_MAX // 2} at most")
        self._key = BitstampKey(credentials.key, credentials.secret)
        self._host = urlsplit(config.rest_url).netloc
        self._known, self._clock = desk.known, desk.clock
        self._stamps = Stamps(desk.clock, Offset(0, 0), WINDOW)
        self._terms = all_terms(desk.instruments, desk.names)
        self._watches = Watches(desk.known)
        self._lists = Lists(self._terms, desk.known, self._watches)
        self._states = States(self._terms, self._watches)
        self._stream = Stream(self._terms, desk, self._watches)
        #: By channel: its kind and its row.
        self._channels: dict[str, tuple[str, int]] = {}
        self._confirmed: set[str] = set()
        self._chains = [Chain() for _ in self._terms]
        self._missed_ns = 0
        self.limits = Limits(
            Bucket(PER_S, PER_S, everything, spare=spare(SPARE_S)),
            Window(
                LONG_S,
                config.requests_per_10_minutes,
                everything,
                spare=spare(SPARE_LONG),
            ),
        )

    def follow(self, offset: Offset) -> None:
        self._stamps.follow(offset)

    def needs(self) -> Sequence[Call]:
        return (Call(What.NAMES), Call(What.TOKEN))

    def when(self, call: Call) -> When:
        if call.page != _UNSEEN or call.order is None:
            return When.NOW
        order_id = call.order.order_id
        if self._known.order(order_id) is None or self._watches.of(order_id).created_us:
            return When.NEVER
        return When.NOW if self._clock() - call.made_ns >= UNSEEN_NS else When.LATER

    # By REST

    def request(self, call: Call) -> Request:
        if call.what is What.NAMES:
            return Request("GET", bodies.MARKETS, {})
        asked = self._asked(call)
        nonce, stamp = unique_nonce(), self._stamps.next()
        headers = self._key.headers("POST", self._host, asked.path, asked.body, nonce, stamp)
        return Request("POST", asked.path, headers, asked.body)

    def _asked(self, call: Call) -> Asked:
        match call.what:
            case What.NEW:
                order = order_of(call)
                self._watches.begin(order)
                return bodies.new(order, self._terms[order.row])
            case What.CANCEL:
                order = self._named(order_of(call))
                self._watches.of(order.order_id).cancelling = True
                return bodies.cancel(order)
            case What.QUERY:
                return bodies.status(self._named(order_of(call)))
            case What.FILLS if call.order is not None:
                return bodies.status(self._named(call.order))
            case What.FILLS:
                return bodies.fills(call, self._stamps.venue_ns() // 1_000_000_000)
            case What.EVENTS:
                row, _, since_id = call.page.partition(" ")
                return bodies.events(self._lists.markets[int(row)], since_id)
        return bodies.plain(call.what)

    def _named(self, order: Order) -> Order:
        """With the venue's id, if it is known by now."""
        return order._replace(venue_id=order.venue_id or self._watches.name(order.order_id))

    def answered(self, call: Call, answer: Answer) -> Answered:
        if answer.status == 429:
            return Answered(wait_s=answer.left_alone_s())
        found = refusal(answer.body)
        try:
            if found is not None and self._is_definite(call, answer, found):
                return outcomes.refused(call, found)
            if answer.status != 200:
                return Answered(fault=answer.words(call))
            return self._read(call, answer.body)
        except DataError as error:
            return Answered(fault=str(error))

    def _is_definite(self, call: Call, answer: Answer, found: Refusal) -> bool:
        """Whether a refusal is to be taken at its word: a server that fails cannot know."""
        return answer.status < 500 or (call.what is What.NEW and found.is_unknown)

    def _read(self, call: Call, body: bytes) -> Answered:
        match call.what:
            case What.NEW:
                return self._placed(order_of(call), body)
            case What.CANCEL:
                return self._cancelled(self._named(order_of(call)), body)
            case What.CANCEL_ALL:
                return outcomes.all_cancelled(body)
            case What.QUERY | What.FILLS if call.order is not None:
                return self._states.read(self._named(call.order), body, self._clock())
            case What.FILLS:
                return self._lists.fills(call, body)
            case What.OPEN:
                return self._lists.open(body)
            case What.BALANCES:
                return self._lists.balances(body)
            case What.FEES:
                return self._lists.fees(body)
            case What.NAMES:
                return self._lists.names(body)
            case What.TOKEN:
                return self._lists.tokens(body)
            case What.EVENTS:
                return self._missed(call, body)
        raise DataError(f"Bitstamp answers to what was not asked: {body[:80]!r}")

    def _placed(self, order: Order, body: bytes) -> Answered:
        named = order._replace(venue_id=outcomes.name_of(order, body))
        self._watches.named(order.order_id, named.venue_id)
        told = self._stream.released(named)
        if self._known.order(order.order_id) is None:
            # It was given up, or is done: the table knows which, and takes back what it gave up.
            there = report(Kind.ORDER_STATUS, named)
            return Answered([there._replace(venue_id=named.venue_id), *told.reports])
        ack = report(Kind.ACK, named)._replace(venue_id=named.venue_id)
        more = told.ask[0] if told.ask else None
        if more is None and order.post_only and not self._watches.of(order.order_id).created_us:
            more = Call(What.QUERY, named, page=_UNSEEN, made_ns=self._clock())
        return Answered([ack, *told.reports], more=more, odd="; ".join(told.odd))

    def _cancelled(self, order: Order, body: bytes) -> Answered:
        """That it is done the stream says, too, and then its state is asked for: what was filled
        before stands there. If the stream is silent the table asks."""
        if outcomes.is_cancelled(order, body):
            watch = self._watches.of(order.order_id)
            watch.ended_ns = watch.ended_ns or self._clock()
        return Answered()

    def _missed(self, call: Call, body: bytes) -> Answered:
        """Events that the stream has left out, in their order."""
        row, told = int(call.page.partition(" ")[0]), Meant()
        for frame in private.read_events(body):
            if self._chains[row].is_new(frame) and frame.event.startswith("order_"):
                told.add(self._stream.event(private.order_event(frame, row)))
        self._missed_ns = 0
        # Of what has ended the table asks by itself: it is told that it cannot be sure.
        return Answered(told.reports, odd="; ".join(told.odd))

    # The private channels

    def greeting(self) -> Sequence[str]:
        self._confirmed.clear()
        self._chains = [Chain() for _ in self._terms]
        self._missed_ns = 0
        self._channels = {
            f"{kind}_{terms.name}-{self._lists.user}": (kind, row)
            for row, terms in enumerate(self._terms)
            for kind in (private.ORDERS, private.TRADES)
        }
        return [
            _said("bts:subscribe", {"channel": name, "auth": self._lists.token})
            for name in self._channels
        ]

    def nudge(self) -> str:
        return '{"event":"bts:heartbeat"}'

    def heard(self, frame: bytes) -> Heard:
        said = private.read_frame(frame)
        match said.event:
            case "bts:subscription_succeeded":
                self._confirmed.add(said.channel)
                return Heard(ready=self._confirmed.issuperset(self._channels))
            case "bts:request_reconnect":
                return Heard(lost="the venue asks for another connection")
            case "bts:error":
                return Heard(lost=f"{said.channel or 'a request'}: {private.words_of(said)}")
        if self._missed_ns and self._clock() - self._missed_ns > MISSED_NS:
            return Heard(lost="events of orders were missed, and cannot be had")
        kind, row = self._channels.get(said.channel, ("", -1))
        if kind == private.TRADES and said.event == "trade":
            told = self._stream.trade(*private.trade(said, row))
            return Heard(told.reports)
        if kind == private.ORDERS and said.event.startswith("order_"):
            return self._event(said, row)
        return Heard()

    def _event(self, said: Frame, row: int) -> Heard:
        is_new, behind = self._chains[row].take(said)
        if not is_new:
            return Heard()
        told = self._stream.event(private.order_event(said, row))
        if behind:
            self._missed_ns = self._missed_ns or self._clock()
            told.ask.append(Call(What.EVENTS, page=f"{row} {behind}"))
        return Heard(told.reports, ask=told.ask, odd="; ".join(told.odd))


def _said(event: str, data: dict[str, str]) -> str:
    return _encode({"event": event, "data": data}).decode()
