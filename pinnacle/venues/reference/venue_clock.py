"""Keeps an estimate of how far a venue's clock is ahead of session time, beside its connection."""

import asyncio
from collections.abc import Callable

from pinnacle.core.errors import ConfigError, DataError
from pinnacle.venues.reference.listing import Reference
from pinnacle.venues.reference.offset import ClockOffset, Offset
from pinnacle.venues.transport.access import access_of
from pinnacle.venues.transport.config import RestConfig
from pinnacle.venues.transport.fetching import Problem, timed
from pinnacle.venues.transport.troubles import Troubles

#: So many requests until the estimate is good; each of a clock that shows whole seconds halves it.
QUICK_SAMPLES = 8
QUICK_S, PERIOD_S = 0.2, 60.0
TIMEOUT_S = 10.0


class VenueClock:
    """Asks the venue for its time again and again.

    config   the venue's section
    symbol   one of its instruments, by the venue's own name
    told     gets each estimate
    """

    def __init__(
        self,
        reference: Reference,
        config: RestConfig,
        symbol: str,
        now: Callable[[], int],
        troubles: Troubles,
        told: Callable[[Offset], object],
    ):
        self._reference = reference
        self._config = config
        self._access = access_of(config)
        self._request = reference.clock_request(symbol)
        self._now = now
        self._troubles = troubles
        self._told = told
        self._offset = ClockOffset()
        self._samples = self._within_ns = 0
        self._again, self._quick_until = asyncio.Event(), QUICK_SAMPLES

    def again(self) -> None:
        """The estimate is wrong, the venue says: it is asked now, and quickly until it is good."""
        self._quick_until = self._samples + QUICK_SAMPLES
        self._again.set()

    async def run(self) -> None:
        """Until cancelled; what fails is told and tried again."""
        while True:
            if self._samples:
                # As the venue's clock moves on a reply tells most.
                turn = max(self._samples - QUICK_SAMPLES, 0)
                wait_ns = self._offset.wait_ns(self._now(), self._within_ns, turn)
                await asyncio.sleep(wait_ns / 1e9)
            try:
                pause_s = await self._ask()
            except (DataError, ConfigError) as error:
                self._troubles.failed_of("its clock", str(error))
                pause_s = PERIOD_S
            await self._paused(pause_s)

    async def _paused(self, pause_s: float) -> None:
        """So long, or until it is to be asked again; never without a pause."""
        least_s = min(QUICK_S, pause_s)
        await asyncio.sleep(least_s)
        try:
            async with asyncio.timeout(pause_s - least_s):
                await self._again.wait()
        except TimeoutError:
            pass
        self._again.clear()

    async def _ask(self) -> float:
        """One request; the pause before the next, in s."""
        path, query = self._request
        url = f"{self._config.rest_url}{path}"
        await self._access.patience.over()
        answer = await timed(self._access, url, query, TIMEOUT_S, self._now)
        if isinstance(answer, Problem):
            self._troubles.failed_of("its clock", answer.text)
            return PERIOD_S
        moment = self._reference.moment(answer.date, answer.body)
        self._samples, self._within_ns = self._samples + 1, moment.within_ns
        self._told(self._offset.take(answer.sent_ns, answer.received_ns, moment))
        return QUICK_S if self._samples < self._quick_until else PERIOD_S
