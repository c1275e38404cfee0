"""The gateway process towards a venue outside: its turns, and the link that runs beside them."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from pinnacle.core._native import lib
from pinnacle.core.bell import ProcessState, Wait
from pinnacle.core.clock import monotonic_ns
from pinnacle.core.credentials import Credentials
from pinnacle.core.errors import PeerLostError
from pinnacle.core.instruments import table as rows_of
from pinnacle.core.schema import (
    EVENT,
    EventBuffer,
    Kind,
    Reason,
    Source,
    source_of,
)
from pinnacle.execution.orders import OrderState, OrderTable
from pinnacle.gateway.accounts import Accounts
from pinnacle.gateway.against_venue import MOVES, AgainstVenue
from pinnacle.gateway.config import LiveConfig
from pinnacle.gateway.known import KnownOrders
from pinnacle.gateway.table import BATCH, BATCH_MAX, counts, make_table
from pinnacle.gateway.taking_back import TakingBack
from pinnacle.gateway.waiter import WAIT_S, Waiter
from pinnacle.runtime.frame import Turns, act
from pinnacle.runtime.runtime import Runtime
from pinnacle.runtime.seat import Seat
from pinnacle.runtime.stage import Stage
from pinnacle.venues import registry
from pinnacle.venues.orders.ids import ClientIds, session_tag
from pinnacle.venues.orders.link import NetworkLink
from pinnacle.venues.orders.nonces import nonce_folder
from pinnacle.venues.orders.port import Balance, Call, Desk, Fees, Order, Report, What
from pinnacle.venues.orders.records import balance_records, records
from pinnacle.venues.orders.terms import all_terms
from pinnacle.venues.reference.offset import Offset
from pinnacle.venues.reference.venue_clock import VenueClock
from pinnacle.venues.transport.loop import run

#: How long the last request of a process may take.
LAST_S = 1.5
_CALLS = {
    int(Kind.NEW): What.NEW,
    int(Kind.REPLACE): What.REPLACE,
    int(Kind.CANCEL): What.CANCEL,
    int(Kind.QUERY): What.QUERY,
}
_CANCELLED, _NOT_SENT = int(Kind.CANCELLED), int(Reason.NOT_SENT)
#: Of what a venue may still have when a run begins: its fills are asked for from so long before.
_BEFORE_NS = 600_000_000_000


def run_live(seat: Seat, config: LiveConfig, credentials: Credentials) -> int:
    """Until SIGTERM: then everything is cancelled at the venue and waited for. The exit code."""

    def make(runtime: Runtime, stage: Stage, table: OrderTable) -> "NetworkGateway":
        return NetworkGateway(runtime, stage, table, config, credentials)

    def turns(turns: Turns, actor: "NetworkGateway") -> None:
        run(actor.serve(turns))

    return act(seat, config.table, lambda _: make_table(config.table, live=True), make, turns=turns)


class NetworkGateway:
    """Turns over the ring from risk and what the link has delivered (link.py Owner)."""

    stop_wait_ns = 2_500_000_000

    def __init__(
        self,
        runtime: Runtime,
        stage: Stage,
        table: OrderTable,
        config: LiveConfig,
        credentials: Credentials,
    ):
        self._runtime, self._stage, self._table = runtime, stage, table
        self._batch = EventBuffer(BATCH_MAX)
        self._inbox: list[np.ndarray] = []
        #: What is delivered before there are turns waits for the first.
        self._wake: Callable[[], None] = _nothing
        kind, section = registry.find(config.venue), config.orders
        number = runtime.seat.process.number
        self._venue, self._venue_id = source_of(Source.EXCHANGE, number), kind.venue_id
        self._instruments = [i.instrument_id for i in runtime.mine]
        rows = {instrument: row for row, instrument in enumerate(self._instruments)}
        assert runtime.journal is not None, "it decides"
        tag = session_tag(runtime.paths.data.name, runtime.journal.identity)
        instruments, now_ns = rows_of(runtime.mine), runtime.clock.session_ns
        names = kind.names(instruments)
        terms = all_terms(instruments, names)
        fees = {i.instrument_id: (i.maker_fee_e8, i.taker_fee_e8) for i in runtime.mine}
        self._against = AgainstVenue(
            Accounts({t.instrument_id: t for t in terms}, fees, section.request_ms * 1_000_000),
            runtime.mine,
            section,
            runtime.log,
            runtime.control.kill,
        )
        ids = ClientIds(tag)
        self._known = KnownOrders(table, ids, rows, section.foreign, self._against.met)
        desk = Desk(instruments, names, self._known, now_ns, nonce_folder())
        self._entry = entry = kind.order_entry(section, credentials, desk)
        self._link = NetworkLink(
            entry,
            section.ws_url,
            section.rest_url,
            section,
            self,
            self._known,
            now_ns,
            max(table.clock_ns or now_ns(), 0) - _BEFORE_NS,
            config.table.order_age_max_ms * 1_000_000,
            section.request_ms / 1000,
            section.reconcile_ms / 1000,
        )
        self._clock = VenueClock(
            kind.reference(), section, names[0], now_ns, self._link.troubles, self._told_clock
        )
        self._link.on_stale(self._clock.again)
        self._taking_back = TakingBack(runtime, table, self._take_back_at_the_venue)
        self._also: set[asyncio.Task[None]] = set()
        self.words = f"{kind.name}: connecting, {len(table.orders)} open orders"
        self._mark(Kind.PEER_LOST)

    async def serve(self, turns: Turns) -> None:
        """Until the process is to end; a failure of the link that nothing mends is raised."""
        self._runtime.bell.set_state(ProcessState.WAITING)
        tasks = [asyncio.create_task(each.run()) for each in (self._link, self._clock)]
        kind = Wait[self._runtime.seat.config.wait.upper()]
        waiter = Waiter(self._runtime.bell, kind, lambda: not turns.over(self.turn()))
        self._wake = waiter.wake
        try:
            await waiter.run(*tasks)
            if len(self._table.orders):
                await self._take_back()
        finally:
            tasks += self._also
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            self._entry.close()

    async def _take_back(self) -> None:
        """What is not known to be gone when the time is up, with all else of the account.

        PeerLostError if the venue does not say that it is done: the end is none in order then, so
        that whoever watches from outside takes the orders back.
        """
        fault = await self._cancelled_at_the_venue()
        deadline = monotonic_ns() + int(LAST_S * 1e9)
        while self._inbox or (not fault and self._table.orders and monotonic_ns() < deadline):
            self.turn()  # what came of them is in the log
            await asyncio.sleep(WAIT_S)
        if fault:
            raise PeerLostError(f"orders may be open at the venue: {fault}")

    async def _cancelled_at_the_venue(self) -> str:
        """Whatever it has, known here or not; why not, in words."""
        try:
            async with asyncio.timeout(LAST_S):
                return await self._link.cancel_all()
        except TimeoutError:
            return "no answer"

    def _take_back_at_the_venue(self) -> None:
        async def cancel() -> None:
            self._taking_back.ended(await self._cancelled_at_the_venue())

        task = asyncio.create_task(cancel())
        self._also.add(task)
        task.add_done_callback(self._also.discard)

    def turn(self) -> int:
        own = self._runtime.own_inputs(self._batch, self._from_inbox())
        n = self._stage.take(self._batch, own, BATCH)
        if n:
            count = self._table.decide(self._batch.cdata, n)
            self._stage.give(self._table.decisions.cdata, count)
            self._send(count)
            self._move(self._table.decisions, count)
        return n

    def _move(self, decisions: EventBuffer, count: int) -> None:
        moves = np.flatnonzero(np.isin(decisions.array[:count]["kind"], MOVES))
        believed = [i for i in moves.tolist() if not lib.pmm_report_fault(decisions.cdata + i)]
        if believed:
            self._against.moved(decisions.array[believed], self._runtime.clock.session_ns())

    def _from_inbox(self) -> int:
        n = 0
        while self._inbox and n + len(self._inbox[0]) <= BATCH:
            rows = self._inbox.pop(0)
            self._batch.array[n : n + len(rows)] = rows
            n += len(rows)
        return n

    def _send(self, count: int) -> None:
        """The first of the decisions that are the venue's to hear."""
        decisions, known = self._table.decisions.cdata, self._known
        for i in range(count):
            e = decisions[i]
            what = _CALLS.get(e.kind)
            if what is None:
                self._tell_missed(e)
                continue
            if what is What.NEW:
                self._link.send(Call(what, known.of_record(e), made_ns=e.recv_ns))
                continue
            order = known.order(e.order_id)
            if order is None:
                continue  # it has gone by what stands behind this decision
            self._link.send(Call(what, order, e.price, e.quantity, made_ns=e.recv_ns))

    def _tell_missed(self, e: Any) -> None:
        """An order that the venue had and does not know any more: nobody can say what it has done
        there since it was heard of last."""
        if e.kind == _CANCELLED and e.reason == _NOT_SENT:
            self._runtime.log.warning(
                "the venue does not know an order that it had: fills of it may be missing",
                order=self._known.text(e.order_id),
            )

    # What the link says (Owner)

    def deliver(self, reports: Sequence[Report]) -> None:
        for report in reports:
            self._known.called(report.order_id, report.venue_id)
        self._against.heard(reports)
        now_ns = self._runtime.clock.session_ns()
        rows = records(reports, self._instruments, now_ns, self._venue, self._venue_id)
        self._put(rows)

    def trusted(self, is_so: bool, words: str) -> None:
        self._mark(Kind.PEER_BACK if is_so else Kind.PEER_LOST)
        if not is_so:
            self._against.doubted()
        if not self._runtime.stopping:
            state = ProcessState.READY if is_so else ProcessState.WAITING
            self._runtime.bell.set_state(state)
        log = self._runtime.log
        if is_so:
            log.info("the venue's orders are known: trading may go on")
        else:
            log.warning("the venue's orders are not known: nothing new is sent", why=words)

    def balances(self, balances: Sequence[Balance]) -> None:
        now_ns = self._runtime.clock.session_ns()
        news = self._against.balances(balances, now_ns)
        self._put(balance_records(news, now_ns, self._venue, self._venue_id))

    def fees(self, fees: Sequence[Fees]) -> None:
        self._against.fees(fees)

    def open_orders(self) -> Mapping[int, int]:
        return {
            order.order_id: order.asked_ns
            for order in self._table.orders.values()
            if order.state is OrderState.LIVE
        }

    def unnamed(self) -> Sequence[Order]:
        orders = [self._known.order(order_id) for order_id in self._table.orders]
        return [order for order in orders if order is not None and not order.venue_id]

    def behind(self) -> Sequence[int]:
        return self._table.behind

    def permit(self) -> Reason:
        if self._runtime.stopping:
            return Reason.SHUTDOWN
        return Reason(self._runtime.control.killed())

    def _mark(self, kind: Kind) -> None:
        row = np.zeros(1, EVENT)
        row["kind"], row["aux"], row["source"] = kind, self._venue, self._runtime.source
        row["recv_ns"] = self._runtime.clock.session_ns()
        row["instrument_id"] = 0xFFFFFFFF
        self._put(row)

    def _put(self, rows: np.ndarray) -> None:
        self._inbox += [rows[at : at + BATCH] for at in range(0, len(rows), BATCH)]
        self._wake()

    def _told_clock(self, offset: Offset) -> None:
        self._link.clocked(offset)
        self._runtime.counters.show(clock_ahead_ns=offset.ahead_ns, clock_error_ns=offset.error_ns)

    # What the frame asks (Actor)

    def publish(self, now_ns: int) -> None:
        """Balances are judged here too: it is no work of the order path."""
        now_ns = self._runtime.clock.session_ns()
        self._against.look(now_ns, lambda: not self._inbox and self._table.is_sure)
        shown: dict[str, Any] = self._link.counts() | self._against.counts()
        self._runtime.counters.show(
            **counts(self._table),
            strangers=len(self._known.strangers),
            **{f"orders.{name}": value for name, value in shown.items()},
        )

    @property
    def settled(self) -> bool:
        return not self._inbox

    @property
    def idle(self) -> bool:
        return not self._table.orders


def _nothing() -> None:
    """Before there are turns."""
