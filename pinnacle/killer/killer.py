"""A dead man's switch for venues that have none: another process, another key, another connection.

It maps the gateway's segment and nothing else of the session. A heart that has not beaten for
`after_s`, of a process that is killed, stopped, hung or gone without an orderly end, has everything
of the account cancelled, again and again as long as the venue lists anything as open and the heart
does not beat.
"""

import asyncio
import contextlib
from collections.abc import Sequence
from typing import Any

import structlog

from pinnacle.core.clock import monotonic_ns, wall_ns
from pinnacle.core.schema import Kind, Reason
from pinnacle.killer.heart import Heart
from pinnacle.runtime.notify import Notifier
from pinnacle.venues.orders.config import OrdersConfig
from pinnacle.venues.orders.port import Call, Order, OrderEntry, Report, What
from pinnacle.venues.orders.sender import Sender
from pinnacle.venues.port import VenueKind
from pinnacle.venues.reference.offset import Offset
from pinnacle.venues.reference.venue_clock import VenueClock
from pinnacle.venues.transport.access import access_of
from pinnacle.venues.transport.rest import NotSent, RestClient
from pinnacle.venues.transport.troubles import Troubles

#: How often the heart is looked at, an attempt repeated, an empty list asked for again.
LOOK_S, AGAIN_S, LIST_S = 0.02, 1.0, 5.0
#: How often it is tried whether the venue still takes the key.
CHECK_S = 60.0


class Strangers:
    """Known (venues/orders/port.py) of who knows no order: all that is open is somebody's."""

    def by_client(self, text: str) -> int | None:
        return None

    def by_venue(self, text: str) -> int | None:
        return None

    def order(self, order_id: int) -> Order | None:
        return None

    def adopted(self, venue_id: str, client_id: str) -> int | None:
        return 1


class Killer:
    """`run` until it is cancelled. `after_s`: how long a heart may be silent."""

    def __init__(
        self,
        venue: VenueKind[Any],
        config: OrdersConfig,
        entry: OrderEntry,
        symbol: str,
        heart: Heart,
        after_s: float,
        log: structlog.stdlib.BoundLogger,
    ):
        self.kills = 0
        self._entry, self._heart, self._after_s = entry, heart, after_s
        #: What is still to be asked for the venue's names of instruments.
        self._names = next((call for call in entry.needs() if call.what is What.NAMES), None)
        self._venue, self._log = venue.name, log
        self._notifier, self._told_ns = Notifier(), 0
        troubles = Troubles(f"{venue.name} killer")
        access = access_of(config)
        self._rest = RestClient(access, config.rest_url, 1 if entry.ordered else 2)
        self._sender = Sender(
            entry,
            self._rest,
            _NoTalk(),
            access.patience,
            troubles,
            _nobody_hears,
            lambda: Reason.KILL_SWITCH,
            wall_ns,
            0,
            config.request_ms / 1000,
        )
        self._has_clock = asyncio.Event()
        self._clock = VenueClock(
            venue.reference(), config, symbol, wall_ns, troubles, self._clocked
        )

    def _clocked(self, offset: Offset) -> None:
        self._entry.follow(offset)
        self._has_clock.set()

    async def run(self) -> None:
        """A failure of a task that nothing mends is raised."""
        beside = [self._sender.run(), self._clock.run(), self._keep_ready(), self._watch()]
        tasks = [asyncio.create_task(task) for task in beside]
        try:
            while True:
                for task in tasks:
                    if task.done():
                        task.result()
                self._tell_manager()
                await asyncio.sleep(LOOK_S)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await self._rest.close()
            self._entry.close()
            self._heart.close()
            self._notifier.close()

    def _tell_manager(self) -> None:
        now, interval_ns = monotonic_ns(), self._notifier.watchdog_interval_ns
        if interval_ns and now - self._told_ns >= interval_ns:
            self._told_ns = now
            self._notifier.watchdog()

    async def _keep_ready(self) -> None:
        """A connection that stands, and a key that is taken: when it counts is too late to find
        out that there is none."""
        with contextlib.suppress(NotSent):
            await self._rest.warm()
        self._notifier.ready(f"watches the gateway of {self._venue}")
        await self._has_clock.wait()
        able: bool | None = None
        while True:
            still, fault = await self._listed()
            if fault:
                self._log.error("it could cancel nothing now", venue=self._venue, why=fault)
            elif not able:
                self._log.info("ready: the venue takes the key", venue=self._venue, listed=still)
            able = not fault
            await asyncio.sleep(CHECK_S if able else AGAIN_S)

    async def _watch(self) -> None:
        while True:
            silent_s = self._heart.silent_s()
            if silent_s is not None and silent_s > self._after_s:
                await self._kill(silent_s)
            await asyncio.sleep(LOOK_S)

    async def _kill(self, silent_s: float) -> None:
        """Until it beats again or has ended. What was on its way to the venue may come behind the
        first list that is empty."""
        self.kills += 1
        self._log.error(
            "the gateway is silent: everything is cancelled",
            venue=self._venue,
            silent_s=round(silent_s, 1),
        )
        is_done = False
        while self._is_silent():
            still, fault = await self._listed() if is_done else (1, "")
            if still or fault:
                fault = (await self._sender.ask_all(Call(What.CANCEL_ALL))).fault
                still, fault = (0, fault) if fault else await self._listed()
                self._tell(still, fault)
            is_done = not still and not fault
            await self._while_silent(LIST_S if is_done else AGAIN_S)
        silent = self._heart.silent_s()
        what = "has ended in order" if silent is None else "is back"
        self._log.info(f"the gateway {what}", venue=self._venue)

    def _tell(self, still: int, fault: str) -> None:
        if still or fault:
            why = fault or f"{still} orders are listed as open"
            self._log.error("cancelled, and not all of it", venue=self._venue, why=why)
        else:
            self._log.warning("nothing is open any more", venue=self._venue)

    def _is_silent(self) -> bool:
        silent_s = self._heart.silent_s()
        return silent_s is not None and silent_s > self._after_s

    async def _while_silent(self, seconds: float) -> None:
        """For so long, or until it beats."""
        loop = asyncio.get_running_loop()
        until = loop.time() + seconds
        while self._is_silent() and loop.time() < until:
            await asyncio.sleep(LOOK_S)

    async def _listed(self) -> tuple[int, str]:
        """How many orders are open by the venue's list, and why that is not known."""
        if self._names is not None:
            # Of an instrument without a name nothing is found in the list.
            named = await self._sender.ask(self._names)
            if named.fault:
                return 0, f"names: {named.fault}"
            self._names = None
        listed = await self._sender.ask_all(Call(What.OPEN))
        still = sum(report.kind == Kind.ORDER_STATUS for report in listed.reports)
        return (0, listed.fault) if listed.fault else (still, "")


class _NoTalk:
    """It asks by request alone."""

    is_open = False

    def say(self, text: str) -> None:
        raise AssertionError("there is no socket")


def _nobody_hears(reports: Sequence[Report]) -> None:
    """What becomes of single orders is the gateway's to know."""
