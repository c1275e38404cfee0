"""Asks a venue for its instruments, at the start and again and again, beside the connection.

What it says stands in the instrument table. A book whose instrument is halted, delisted, or of
other steps than the configuration's is held: it is invalid with that reason, an event like any.
"""

import asyncio
import contextlib
import math
from collections.abc import Sequence

import structlog

from pinnacle.core.errors import ConfigError, DataError
from pinnacle.core.instruments import Instrument
from pinnacle.core.listings import Listing as Said
from pinnacle.core.listings import ListingTable
from pinnacle.venues.port import MarketData
from pinnacle.venues.reference.ask import asked
from pinnacle.venues.reference.definition import judged
from pinnacle.venues.reference.listing import Listing, Reference, Request
from pinnacle.venues.transport.config import RestConfig
from pinnacle.venues.transport.fetching import Problem
from pinnacle.venues.transport.troubles import Troubles

#: However much is odd, no more often than that.
LEAST_S = 10.0

log = structlog.get_logger()


class ListingWatch:
    """`names`: what the venue calls the instruments. `table` is written, `market` is held."""

    def __init__(
        self,
        reference: Reference,
        config: RestConfig,
        instruments: Sequence[Instrument],
        names: Sequence[str],
        market: MarketData,
        table: ListingTable,
        troubles: Troubles,
    ):
        self._reference = reference
        self._config = config
        self._instruments = dict(zip(names, instruments, strict=True))
        self._market = market
        self._table = table
        self._troubles = troubles
        self._doubted = asyncio.Event()
        self._again_s = LEAST_S
        self._words: dict[str, str] = {}

    def doubt(self) -> None:
        """Something came that is not as the configuration has it: the venue is asked soon."""
        self._doubted.set()

    async def run(self) -> None:
        """Until cancelled; what fails is told and tried again."""
        while True:
            pause_s = self._config.listing_ms / 1000
            self._doubted.clear()
            try:
                pause_s = min(pause_s, self._patience_s(self._take(await self._listings())))
            except (DataError, ConfigError) as error:
                self._troubles.failed_of("its instruments", str(error))
                pause_s = min(pause_s, self._config.backoff_max_ms / 1000)
            await asyncio.sleep(min(LEAST_S, pause_s))
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(max(pause_s - LEAST_S, 0)):
                    await self._doubted.wait()

    def _patience_s(self, some_missing: bool) -> float:
        """A list may be half for a moment, and what it lacks is not traded: it is asked for again
        soon, and ever later."""
        self._again_s = 2 * self._again_s if some_missing else LEAST_S
        return self._again_s / 2 if some_missing else math.inf

    async def _listings(self) -> dict[str, Listing]:
        """By the venue's own symbols; DataError if they cannot be had."""
        whole: Request = self._reference.path(), {}
        request = self._reference.list_request(list(self._instruments))
        found = await asked(self._config, request)
        if isinstance(found, Problem) and request != whole:
            found = await asked(self._config, whole)
        if isinstance(found, Problem):
            raise DataError(found.text)
        # Some lists are long enough to keep the market waiting.
        listings = await asyncio.to_thread(self._reference.listings, found)
        return {listing.symbol: listing for listing in listings}

    def _take(self, listings: dict[str, Listing]) -> bool:
        """Whether one of ours is not among them."""
        for name, instrument in self._instruments.items():
            listing = listings.get(name)
            verdict = judged(instrument, listing)
            number = instrument.instrument_id
            said = self._table.read(number) if listing is None else listing
            self._table.write(number, Said(verdict.listed, said.base, said.quote))
            self._market.hold(number, verdict.reason)
            if verdict.words != self._words.get(name, ""):
                self._words[name] = verdict.words
                tell = log.error if verdict.reason else log.warning if verdict.words else log.info
                tell(f"{instrument.label}: {verdict.words or 'as the venue has it, again'}")
        return not self._instruments.keys() <= listings.keys()
