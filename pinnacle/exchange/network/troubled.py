"""An exchange that does to its clients what faults.py lists, and keeps book of when it did."""

import asyncio
import random
import time
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal

from pinnacle.core.schema import Reason, Side
from pinnacle.exchange.network.faults import FAULTS, Planned
from pinnacle.exchange.network.http import HttpReply, HttpRequest
from pinnacle.exchange.network.making import MadeExchange
from pinnacle.exchange.network.server import ExchangeServer, Socket, http_reply
from pinnacle.exchange.network.spoiled import spoiled
from pinnacle.exchange.network.websocket import WsHandler
from pinnacle.venues.orders.port import What
from pinnacle.venues.served.dialect import Reply
from pinnacle.venues.served.exchange_side import Asked, Trouble
from pinnacle.venues.served.house import Event, Happening, HouseOrder, NewOrder

#: Of what may be done to a request, so much is done to it.
SHARE = 0.5
#: Of the first instrument's quote currency.
WITHDRAWN = Decimal("12.5")
_PAGE = b"<html><head><title>502 Bad Gateway</title></head><body>nginx</body></html>"
_HTML = {"Content-Type": "text/html"}
_REFUSALS = {
    "unknown_outcome": (Trouble.UNKNOWN, frozenset({What.NEW})),
    "rate_limit": (Trouble.RATE_LIMIT, frozenset({What.NEW, What.REPLACE})),
    "ban": (Trouble.BAN, frozenset(What)),
    "nonce_refused": (Trouble.BAD_NONCE, frozenset(What) - {What.NAMES}),
    "session_expired": (Trouble.SESSION_EXPIRED, frozenset({What.NEW, What.REPLACE, What.CANCEL})),
}
_FEES_IN = {"fee_in_base": "base", "fee_in_third": "BNB"}
_SKEW_NS = {"clock_behind": -1_500_000_000, "clock_ahead": 6_000_000_000}


class TroubledServer(ExchangeServer):
    """`plan`: what is done when; `begin` and `end` do the same by command."""

    def __init__(self, made: MadeExchange, plan: Sequence[Planned] = ()):
        super().__init__(made.side, made.house, made.tls, made.port)
        made.told_to(self.events.append)
        self._made, self._ledger = made, made.ledger
        self._random: random.Random = made.random
        self._plan = sorted(plan, key=lambda planned: planned.begin_s)
        self._until: dict[str, float] = {}
        self._fees_in = made.house.rules[0].fee_in
        self._begun_s = time.monotonic()
        self._at_once: dict[str, Callable[[], None]] = {
            "disconnect": lambda: self._cut(lambda socket: True),
            "refuse_connections": lambda: self._cut(lambda socket: True),
            "market_disconnect": lambda: self._cut(lambda socket: socket.client.subscribed),
            "session_expired": lambda: self._cut(lambda socket: not socket.client.subscribed),
            "stream_ended": self._end_streams,
            "sequence_gap": self._skip,
            "unsolicited_cancel": self._take_back,
            "dust_left": self._leave_dust,
            "foreign_order": self._place_by_hand,
            "balance_moved": self._withdraw,
        }
        self.counts = dict.fromkeys(FAULTS, 0)

    # When

    def begin(self, name: str, lasts_s: float | None = None) -> None:
        """From now on, for so long."""
        lasts_s = FAULTS[name].lasts_s if lasts_s is None else lasts_s
        self._until[name] = time.monotonic() + lasts_s
        self.counts[name] += 1
        self._note(name, "begin")
        self.house.skew_ns = _SKEW_NS.get(name, self.house.skew_ns)
        if name in ("rest_lag", "open_orders_cached", "not_found_at_first"):
            self.house.views.begin(name)
        if name in _FEES_IN:
            self._fees(name)
        if name in self._at_once:
            self._at_once[name]()

    def _end(self, name: str) -> None:
        del self._until[name]
        self._note(name, "end")
        if name in _SKEW_NS:
            self.house.skew_ns = 0
        self.house.views.end(name)
        if name == "stream_ended":
            self._cut(lambda socket: socket.is_ended)
        if name in _FEES_IN:
            self._fees(next((other for other in _FEES_IN if self.is_on(other)), None))

    def is_on(self, name: str) -> bool:
        """Whether it is being done now."""
        return name in self._until

    def left_s(self, name: str) -> float | None:
        """For how long it will be done yet; None if it is not."""
        return max(self._until[name] - time.monotonic(), 0.0) if self.is_on(name) else None

    def tick(self) -> None:
        """What is due begins, what has lasted ends."""
        now = time.monotonic()
        for name in [name for name, until in self._until.items() if now >= until]:
            self._end(name)
        while self._plan and now - self._begun_s >= self._plan[0].begin_s:
            planned = self._plan.pop(0)
            self.begin(planned.name, planned.end_s - planned.begin_s)

    def _note(self, name: str, what: str) -> None:
        if self._ledger is not None:
            self._ledger.fault(self.house.true_ns(), name, phase=what)

    def _chance(self, name: str) -> bool:
        return self.is_on(name) and self._random.random() < SHARE

    # What is done to requests

    async def reply(self, request: HttpRequest) -> HttpReply:
        asked = Asked(request.method, request.target, request.headers, request.body)
        what = self.side.what(asked)
        refused = self._refused(what, asked)
        if isinstance(refused, Reply):
            if self._is_done_unsaid(what):
                await super().reply(request)
            return http_reply(refused)
        if what is What.NEW and self._chance("ack_lost_before_accept"):
            return HttpReply(drop=True)
        if what is What.CANCEL and self._chance("fill_beats_cancel"):
            self._fill_one()
        page = what is not None and what is not What.NAMES and self._chance("bad_gateway")
        if page and self._random.random() < SHARE:
            return http_reply(Reply(502, _HTML, _PAGE))
        reply = await super().reply(request)
        if what is not None and what is not What.NAMES:
            reply = reply._replace(body=self.shown(reply.body))
        if page:
            return http_reply(Reply(502, _HTML, _PAGE))
        if what is What.NEW and self._chance("ack_lost_after_accept"):
            return reply._replace(drop=True)
        return reply._replace(delay_s=self._delay_s(what))

    def said(self, socket: Socket, text: bytes) -> None:
        what = self.side.what(text)
        refused = self._refused(what, text)
        if refused is not None and not isinstance(refused, Reply):
            if self._is_done_unsaid(what):
                self.house.advance()
                self.flush()
                socket.client.answer(text)
            socket.send_all(refused)
            self.flush()
            return
        if what is What.NEW and self._chance("ack_lost_before_accept"):
            return
        if what is What.CANCEL and self._chance("fill_beats_cancel"):
            self._fill_one()
        self.house.advance()
        self.flush()
        frames = list(socket.client.answer(text))
        if what is not None:
            frames = [self.shown(frame) for frame in frames]
        if what is What.NEW and self._chance("ack_lost_after_accept"):
            frames = []
        delay_s = self._delay_s(what)
        if delay_s:
            asyncio.get_running_loop().call_later(delay_s, socket.send_all, frames)
        else:
            socket.send_all(frames)
        self.flush()

    def _refused(self, what: What | None, said: Asked | bytes) -> Reply | Sequence[bytes] | None:
        if what is None:
            return None
        for name, (trouble, concerned) in _REFUSALS.items():
            if self.is_on(name) and what in concerned:
                return self.side.troubled(trouble, said)
        return None

    def _is_done_unsaid(self, what: What | None) -> bool:
        """A venue that does not know what became of an order may have it all the same."""
        return what is What.NEW and self._chance("unknown_outcome")

    def _delay_s(self, what: What | None) -> float:
        if what is not What.NEW:
            return 0.0
        if self._chance("ack_delayed"):
            return self._random.uniform(1.0, 4.0)
        return 0.3 if self.is_on("event_before_ack") or self.is_on("fill_before_ack") else 0.0

    def opened(self, path: str, headers: Mapping[str, str]) -> WsHandler | HttpReply:
        if self.is_on("refuse_connections"):
            return HttpReply(503, (), b"")
        return super().opened(path, headers)

    # What is done to the stream

    def tell(self, event: Event) -> None:
        fill = event.what is Happening.FILLED
        if self.is_on("stream_silent") or (fill and self._chance("dropped_fill")):
            return
        wait_s = 0.0
        if event.what is Happening.ACCEPTED and self.is_on("fill_before_ack"):
            wait_s = 0.3
        if fill and self.is_on("terminal_before_fill"):
            wait_s = self._random.uniform(0.5, 2.0)
        if wait_s:
            asyncio.get_running_loop().call_later(wait_s, super().tell, event)
        else:
            super().tell(event)
        if fill and self.is_on("duplicate_fill"):
            asyncio.get_running_loop().call_later(0.2, super().tell, event)

    def shown(self, frame: bytes) -> bytes:
        return spoiled(frame, self._random) if self._chance("malformed_private") else frame

    def _cut(self, which: Callable[[Socket], bool]) -> None:
        for socket in [socket for socket in self.sockets if which(socket)]:
            socket.abort()

    def _end_streams(self) -> None:
        for socket in self.sockets:
            socket.end()

    def _skip(self) -> None:
        for socket in self.sockets:
            socket.skip()

    # What the venue does by itself

    def _take_back(self) -> None:
        self.house.cancel_all(self._made.account, Reason.VENUE)

    def _clients_own(self) -> list[HouseOrder]:
        """What rests, but for what was placed by hand: whose that is no session can tell."""
        return [order for order in self.house.live(self._made.account) if order.client_id]

    def _fill_one(self) -> None:
        orders = self._clients_own()
        if orders:
            self.house.hit(self._random.choice(orders))

    def _leave_dust(self) -> None:
        for order in self._clients_own()[:1]:
            self.house.hit(order, leave=1)
            self.house.cancel(order)

    def _place_by_hand(self) -> None:
        key = next(iter(self._made.open_keys))
        best = self.house.depth(0, Side.BID, 1)
        if best:
            price = max(best[0][0] * 9 // 10, 1)
            lots = self.house.rules[0].quantity_min * 10
            self.house.place(key, NewOrder(0, Side.BID, price, lots))

    def _withdraw(self) -> None:
        total, currency = self._made.account.total, self.house.terms[0].quote
        total[currency] = total.get(currency, Decimal(0)) - WITHDRAWN

    def _fees(self, name: str | None) -> None:
        """As the fault has them; None: as the exchange has been configured."""
        rules, fee_in = self.house.rules, self._fees_in if name is None else _FEES_IN[name]
        rules[:] = [each._replace(fee_in=fee_in) for each in rules]
