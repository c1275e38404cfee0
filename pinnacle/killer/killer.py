"""A dead man's switch for venues that have none: another process, another key, another connection.

It maps the gateway's segment and nothing else of the session. A heart that has not beaten for
`after_s`, of a process that is killed, stopped, hung or gone without an orderly end, has everything
of the account cancelled, again and again until the venue says that nothing is open or the heart
beats again.
"""

import asyncio
import contextlib
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import structlog

from pinnacle.core.bell import Bell, ProcessState
from pinnacle.core.clock import wall_ns
from pinnacle.core.errors import NativeError
from pinnacle.core.schema import Kind, Reason
from pinnacle.venues.orders.config import OrdersConfig
from pinnacle.venues.orders.port import Call, Order, OrderEntry, Report, What
from pinnacle.venues.orders.sender import Sender
from pinnacle.venues.port import VenueKind
from pinnacle.venues.reference.offset import Offset
from pinnacle.venues.reference.venue_clock import VenueClock
from pinnacle.venues.transport.access import access_of
from pinnacle.venues.transport.rest import NotSent, RestClient
from pinnacle.venues.transport.troubles import Troubles

LOOK_S, AGAIN_S = 0.02, 1.0
_BEATING = (ProcessState.READY, ProcessState.WAITING)


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


class Heart:
    """A gateway's, looked at from outside."""

    def __init__(self, segment: Path):
        self._segment = segment
        self._bell: Bell | None = None
        self._begun = False

    def silent_s(self) -> float | None:
        """For how long it has not beaten; None while nothing is to be expected of it: it has not
        begun yet, or has ended in order."""
        if self._bell is None:
            with contextlib.suppress(NativeError, OSError):
                self._bell = Bell(self._segment)
        if self._bell is None:
            return None if not self._begun else float("inf")
        state, segment = self._bell.state, self._bell.segment
        if state == ProcessState.STOPPING and segment.owner_pid == 0:
            return None
        self._begun = self._begun or state in _BEATING
        if not self._begun:
            return None
        return (time.monotonic_ns() - segment.heartbeat_ns) / 1e9


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
    ):
        self.kills = 0
        self._entry, self._heart, self._after_s = entry, heart, after_s
        self._log = structlog.get_logger(process="killer")
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
        beside = [self._sender.run(), self._clock.run(), self._keep_warm()]
        tasks = [asyncio.create_task(task) for task in beside]
        try:
            while True:
                for task in tasks:
                    if task.done():
                        task.result()
                silent_s = self._heart.silent_s()
                if silent_s is not None and silent_s > self._after_s:
                    await self._kill(silent_s)
                await asyncio.sleep(LOOK_S)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await self._rest.close()
            self._entry.close()

    async def _keep_warm(self) -> None:
        """A connection that stands, a token that is there: nothing has to be made first."""
        with contextlib.suppress(NotSent):
            await self._rest.warm()
        await self._has_clock.wait()
        for call in self._entry.needs():
            if call.what is What.NAMES:
                await self._sender.ask(call)
        await asyncio.Event().wait()

    async def _kill(self, silent_s: float) -> None:
        self.kills += 1
        self._log.error(
            "the gateway is silent: everything is cancelled", silent_s=round(silent_s, 1)
        )
        while self._still_silent():
            fault = await self._cancelled()
            left = "" if fault else await self._left()
            if not fault and not left:
                self._log.warning("nothing is open any more")
                await self._until_it_beats()
                return
            self._log.error("cancelled, and not all of it", why=fault or left)
            await asyncio.sleep(AGAIN_S)

    def _still_silent(self) -> bool:
        silent_s = self._heart.silent_s()
        return silent_s is not None and silent_s > self._after_s

    async def _until_it_beats(self) -> None:
        while self._still_silent():
            await asyncio.sleep(LOOK_S)
        self._log.info("the gateway is back, or has ended")

    async def _cancelled(self) -> str:
        more: Call | None = Call(What.CANCEL_ALL)
        while more is not None:
            answered = await self._sender.ask(more)
            if answered.fault:
                return answered.fault
            more = answered.more
        return ""

    async def _left(self) -> str:
        """What is listed as open all the same, in words."""
        more: Call | None = Call(What.OPEN)
        reports: list[Report] = []
        while more is not None:
            answered = await self._sender.ask(more)
            if answered.fault:
                return answered.fault
            reports += answered.reports
            more = answered.more
        still = sum(report.kind == Kind.ORDER_STATUS for report in reports)
        return f"{still} orders are listed as open" if still else ""


class _NoTalk:
    """It asks by request alone."""

    is_open = False

    def say(self, text: str) -> None:
        raise AssertionError("there is no socket")


def _nobody_hears(reports: Sequence[Report]) -> None:
    """What becomes of single orders is the gateway's to know."""
