"""A gateway's link to a venue outside: the private stream, requests, and the truth between them.

The venue is trusted while its private stream stands and all that is open there has been compared
with what is open here. Before that, and whenever the stream is lost, nothing new is sent; what is
open is cancelled by request as far as that goes.
"""

import asyncio
import contextlib
from collections.abc import Callable, Mapping, Sequence

from pinnacle.core.errors import DataError
from pinnacle.core.schema import Kind, Reason
from pinnacle.venues.orders.about import unsure
from pinnacle.venues.orders.last_list import LastList
from pinnacle.venues.orders.owner import Owner, Trust
from pinnacle.venues.orders.port import (
    Answered,
    Call,
    Heard,
    Known,
    Order,
    OrderEntry,
    Report,
    Snapshot,
    What,
)
from pinnacle.venues.orders.sender import Sender
from pinnacle.venues.orders.told import ToldExecutions
from pinnacle.venues.reference.offset import Offset
from pinnacle.venues.transport.config import ConnectionConfig
from pinnacle.venues.transport.rest import NotSent, RestClient
from pinnacle.venues.transport.troubles import Troubles
from pinnacle.venues.transport.websocket import ConnectionLost, WebSocketSession

#: How often fees are asked for, and again where they could not be had.
FEES_S, FEES_RETRY_S = 3600.0, 60.0
#: Fills are asked for from so long before what is known: a venue's requests lag its stream.
OVERLAP_NS = 120_000_000_000
#: The same from before a trusted stream was lost: what it has left out shows in totals, in what
#: is not listed, and in the next comparison, which reaches back behind the one before.
LOST_OVERLAP_NS = 20_000_000_000
#: How often all is compared with the venue while nothing is wrong: silence is not health.
RECONCILE_S = 60.0
RETRY_S = 0.5
#: Fills of more orders than that are asked for together.
ONE_BY_ONE_MAX = 4
#: A fill may come a little behind the total that it is in; from then on it is asked for.
FILLS_S, FILLS_S_MAX = 0.4, 10.0


class LinkFailed(Exception):
    """Of no kind that stands for a connection which is lost."""


class NetworkLink:
    """`send` takes the gateway's calls, `run` does everything else until it is cancelled."""

    def __init__(
        self,
        entry: OrderEntry,
        ws_url: str,
        rest_url: str,
        config: ConnectionConfig,
        owner: Owner,
        known: Known,
        now_ns: Callable[[], int],
        since_ns: int,
        age_max_ns: int,
        timeout_s: float,
        reconcile_s: float = RECONCILE_S,
    ):
        """since_ns: session time from which on fills may be unknown."""
        self.troubles = Troubles(f"{entry.VENUE} orders")
        self.trust = Trust.LOST
        self.comparisons = self.differences = self.unreadable = 0
        self._entry, self._owner, self._known, self._now_ns = entry, owner, known, now_ns
        #: When all was compared last, and when a stream was lost that was trusted.
        self._since_ns, self._lost_ns = since_ns, 0
        self._reconcile_s = reconcile_s
        self._stream = WebSocketSession(ws_url, config, self, self.troubles, self._prepare)
        access = self._stream.access
        self._rest = RestClient(access, rest_url, 1 if entry.ordered else 4)
        self._sender = Sender(
            entry,
            self._rest,
            self,
            access.patience,
            self.troubles,
            self._answer,
            self._permit,
            now_ns,
            age_max_ns,
            timeout_s,
        )
        self._has_clock, self._totals = asyncio.Event(), asyncio.Event()
        self._told = ToldExecutions()
        self._snapshot: Snapshot | None = None
        self._list = LastList(entry.open_lag_s)
        self._comparing: asyncio.Task[None] | None = None
        self._failures: asyncio.Queue[BaseException] = asyncio.Queue()

    # What the gateway asks

    def send(self, call: Call) -> None:
        """NEW, REPLACE, CANCEL, QUERY: what becomes of it is delivered."""
        order_id = 0 if call.order is None else call.order.order_id
        if call.what is not What.QUERY:
            self._list.asked(order_id)
        elif (listed := self._list.just_now(order_id)) is not None:
            self._owner.deliver([listed])
            return
        self._sender.send(call)

    def _permit(self) -> Reason:
        """Asked of each new order as it leaves: one that was let pass may have waited since."""
        return self._owner.permit() if self.trust is Trust.TRUSTED else Reason.PEER_LOST

    def on_stale(self, again: Callable[[], object]) -> None:
        """Who measures the venue's clock again when the venue says that it is another."""
        self._sender.stale = again

    async def cancel_all(self) -> str:
        """Everything of the account, by request; why not, in words."""
        return (await self._sender.ask_all(Call(What.CANCEL_ALL))).fault

    def counts(self) -> dict[str, int]:
        """For people."""
        sender = self._sender
        return {
            "sent": sender.sent,
            "unanswered": sender.unanswered,
            "unreadable": self.unreadable,
            "held": sender.held,
            "streams": self._stream.connections,
            "comparisons": self.comparisons,
            "differences": self.differences,
            "trust": int(self.trust),
        }

    async def run(self) -> None:
        """Until cancelled; ConfigError for what no attempt could mend."""
        endless = (self._sender.run(), self._compare_again(), self._fetch_fills(), self._fail())
        lasting = [asyncio.create_task(each) for each in endless]  # none ends but by a failure
        beside = [
            asyncio.create_task(each)
            for each in (self._keep_alive(), self._ask_fees(), self._warm())
        ]
        for task in beside:
            task.add_done_callback(self._ended)
        try:
            await self._stream.run(*lasting)
        finally:
            tasks = lasting + beside + ([self._comparing] if self._comparing is not None else [])
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await self._rest.close()

    # The private stream (Conversation), and its socket (Talk)

    def clocked(self, offset: Offset) -> None:
        """The venue's clock was measured: nothing is asked before the first time."""
        self._entry.follow(offset)
        self._has_clock.set()

    def _ended(self, task: "asyncio.Task[None]") -> None:
        if not task.cancelled() and (error := task.exception()) is not None:
            self._failures.put_nowait(error)

    async def _fail(self) -> None:
        """What fails beside the stream no other connection mends, whatever it fails with."""
        error = await self._failures.get()
        raise LinkFailed(f"{type(error).__name__}: {error}") from error

    async def _warm(self) -> None:
        with contextlib.suppress(NotSent):
            await self._rest.warm()

    async def _prepare(self) -> Mapping[str, str]:
        await self._has_clock.wait()
        for call in self._entry.needs():
            answered = await self._sender.ask(call)
            if answered.fault:
                raise ConnectionLost(f"{call.what.name.lower()}: {answered.fault}")
        return self._entry.handshake()

    def greeting(self) -> Sequence[str]:
        self._snapshot = None
        return self._entry.greeting()

    def take(self, frames: Sequence[bytes]) -> None:
        for frame in frames:
            heard = self._heard(frame)
            if heard.reports:
                self._deliver(heard.reports)
            for call in heard.ask:
                self._sender.send(call)
            if heard.odd:
                self.troubles.failed_of("orders", heard.odd)
            for number, answered in heard.answers:
                self._sender.answered(number, answered)
            for text in heard.say:
                self.say(text)
            if heard.lost:
                raise ConnectionLost(heard.lost)
            if heard.snapshot is not None:
                self._snapshot = heard.snapshot
                self._list.begin()
            if heard.ready and not self._stream.acknowledged.is_set():
                self._stream.acknowledge()
                self._comparing = asyncio.create_task(self._compare_until_done())
                self._comparing.add_done_callback(self._ended)

    def _heard(self, frame: bytes) -> Heard:
        try:
            return self._entry.heard(frame)
        except DataError:
            # It ends the connection: what it has told may have moved positions.
            self.unreadable += 1
            raise

    def nudge(self) -> str | None:
        return self._entry.nudge()

    def lost(self, reason: int) -> None:
        if self._comparing is not None:
            self._comparing.cancel()
        self._sender.cut()
        if self.trust is Trust.TRUSTED:
            self._lost_ns = self._now_ns()
        if self.trust is not Trust.LOST:
            self.trust = Trust.LOST
            self._owner.trusted(False, self.troubles.last)

    @property
    def is_open(self) -> bool:
        return self._stream.acknowledged.is_set()

    def say(self, text: str) -> None:
        self._stream.say(text)

    def _deliver(self, reports: Sequence[Report]) -> None:
        self._told.note(reports)
        self._owner.deliver(reports)
        self._sender.look()
        if any(report.kind == Kind.FILLED_TOTAL for report in reports):
            self._totals.set()

    def _answer(self, reports: Sequence[Report]) -> None:
        """To a request: a list of executions has old ones, too."""
        self._deliver(self._told.news(reports))

    # What the venue has against what is known

    async def _fetch_fills(self) -> None:
        """Fills that the stream has not told, and totals show: asked for, and again, ever later."""
        while True:
            await self._totals.wait()
            self._totals.clear()
            wait_s = FILLS_S
            await asyncio.sleep(wait_s)
            while behind := self._owner.behind():
                for call in self._fills_of(behind):
                    fills = await self._sender.ask_all(call)
                    self._answer(fills.reports)
                wait_s = min(2 * wait_s, FILLS_S_MAX)
                await asyncio.sleep(wait_s)

    def _fills_of(self, behind: Sequence[int]) -> list[Call]:
        """What is asked for: the fills of these orders, or all of the last while."""
        everything = Call(What.FILLS, since_ns=self._since_ns - OVERLAP_NS)
        orders = [self._known.order(order_id) for order_id in behind]
        named = [order for order in orders if order is not None and order.venue_id]
        if not self._entry.fills_of_one or len(named) < len(behind) or len(named) > ONE_BY_ONE_MAX:
            return [everything]
        return [everything._replace(order=order) for order in named]

    async def _compare_until_done(self) -> None:
        self.trust, since_ns = Trust.COMPARING, self._since_ns
        while fault := await self._compare(at_once=True):
            self.troubles.failed(f"comparing with the venue: {fault}")
            await asyncio.sleep(RETRY_S)
        await self._ask_unnamed(since_ns)
        self.trust = Trust.TRUSTED
        self._owner.trusted(True, "")

    async def _ask_unnamed(self, since_ns: int) -> None:
        """Orders that were sent and have no name of the venue's: of one that has come and gone no
        list says whose its fills are. They are asked for, and fills once more."""
        filled = await asyncio.gather(*map(self._asked_filled, self._owner.unnamed()))
        if any(filled):
            fills = await self._sender.ask_all(Call(What.FILLS, since_ns=since_ns - OVERLAP_NS))
            self._answer(fills.reports)

    async def _asked_filled(self, order: Order) -> bool:
        """What becomes of a question about it is delivered at once; whether it has fills."""
        found = (await self._sender.ask_all(Call(What.QUERY, order))).reports
        self._answer(found)
        return any(report.kind == Kind.FILLED_TOTAL for report in found)

    async def _compare_again(self) -> None:
        while True:
            await asyncio.sleep(self._reconcile_s)
            if self.trust is Trust.TRUSTED and (fault := await self._compare()):
                self.troubles.failed(f"comparing with the venue: {fault}")

    async def _compare(self, at_once: bool = False) -> str:
        """Fills, open orders, balances; why not, in words. `at_once`: what the stream has begun
        with is taken as it is, and balances wait for the next time."""
        begun_ns, snapshot = self._now_ns(), self._snapshot if at_once else None
        fills, listed, balances = Answered(), Answered(), Answered()
        is_behind_a_loss = at_once and self._lost_ns > self._since_ns
        since_ns = self._since_ns - OVERLAP_NS
        if is_behind_a_loss:
            since_ns = max(since_ns, self._lost_ns - LOST_OVERLAP_NS)
        if snapshot is None or snapshot.since_ns > since_ns:
            fills = await self._sender.ask_all(Call(What.FILLS, since_ns=since_ns))
        if snapshot is None:
            self._list.begin()
            listed = await self._sender.ask_all(Call(What.OPEN))
        else:
            listed = Answered([*snapshot.fills, *snapshot.open_orders])
        if not at_once:
            balances = await self._sender.ask_all(Call(What.BALANCES))
        for answered in (fills, listed, balances):
            if answered.fault:
                return answered.fault
        if not is_behind_a_loss:
            self._since_ns = begun_ns
        self.comparisons += 1
        self._deliver([*self._told.news(fills.reports), *listed.reports])
        self._list.take(listed.reports)
        self._doubt(self._list.missing(self._owner.open_orders(), begun_ns))
        if balances.balances is not None:
            self._owner.balances(balances.balances)
        return ""

    def _doubt(self, missing: Sequence[int]) -> None:
        """The table asks the venue about each."""
        orders = [order for order_id in missing if (order := self._known.order(order_id))]
        words = "the venue does not list it"
        doubts = [unsure(order, words, Reason.UNLISTED) for order in orders]
        if doubts:
            self.differences += len(doubts)
            self._owner.deliver(doubts)

    async def _ask_fees(self) -> None:
        """Once there is a stream, and every hour; what cannot be had is asked for again sooner."""
        while self._entry.tells_fees:
            await self._stream.acknowledged.wait()
            answered = await self._sender.ask_all(Call(What.FEES))
            if answered.fault:
                self.troubles.failed(f"fees: {answered.fault}")
            else:
                self._owner.fees(answered.fees)
            await asyncio.sleep(FEES_RETRY_S if answered.fault else FEES_S)

    async def _keep_alive(self) -> None:
        every_s = self._entry.keep_alive_s()
        while every_s:
            await self._stream.acknowledged.wait()
            answered = await self._sender.ask(Call(What.KEEP_ALIVE))
            if answered.fault:
                self.troubles.failed_of("keep alive", answered.fault)
            await asyncio.sleep(every_s)
