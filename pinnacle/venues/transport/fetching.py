"""Requests for several rows beside a connection, a few at a time, each with waits of its own."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, NamedTuple

import httpx2

from pinnacle.venues.transport.access import Access
from pinnacle.venues.transport.backoff import Backoff
from pinnacle.venues.transport.http import WORDS_BYTES, AccessTransport
from pinnacle.venues.transport.patience import retry_after_s
from pinnacle.venues.transport.troubles import Troubles, words_of

#: Requests under way at once: one that hangs must not keep the others waiting.
AT_ONCE = 4
#: What hangs longer than that when all ends is broken off: a feed must end before it is killed.
END_S = 0.5


class Problem(NamedTuple):
    """Why something could not be had."""

    text: str


class Timed(NamedTuple):
    """A reply, its Date as it stands there, and when its request went and it began to come."""

    body: bytes
    date: str
    sent_ns: int
    received_ns: int


#: A packed answer may be of any size once it is unpacked.
_HEADERS = {"Accept-Encoding": "identity"}
#: What the HTTP library calls the moments.
_ASKING, _ANSWERED = "send_request_headers.started", "receive_response_headers.complete"


async def get(
    access: Access, url: str, query: Mapping[str, str | int], timeout_s: float
) -> bytes | Problem:
    """The body of a GET, or what came instead of one; what the venue asks for is remembered."""
    response = await _get(access, url, query, timeout_s, {})
    return response if isinstance(response, Problem) else response.content


async def timed(
    access: Access,
    url: str,
    query: Mapping[str, str | int],
    timeout_s: float,
    clock: Callable[[], int],
) -> Timed | Problem:
    """The same with its times: what it took to connect is not among them."""
    times: dict[str, int] = {}

    async def trace(event: str, _: object) -> None:
        times[event.partition(".")[2]] = clock()

    response = await _get(access, url, query, timeout_s, {"trace": trace})
    if isinstance(response, Problem):
        return response
    sent_ns, received_ns = times[_ASKING], times[_ANSWERED]
    return Timed(response.content, response.headers.get("Date", ""), sent_ns, received_ns)


async def _get(
    access: Access,
    url: str,
    query: Mapping[str, str | int],
    timeout_s: float,
    extensions: Mapping[str, Any],
) -> httpx2.Response | Problem:
    by = AccessTransport(access, url)
    try:
        async with (
            asyncio.timeout(timeout_s),
            httpx2.AsyncClient(
                transport=by, timeout=None, trust_env=False, headers=_HEADERS
            ) as http,
        ):
            response = await http.get(url, params=dict(query), extensions=dict(extensions))
    except Exception as error:
        return Problem(words_of(error, f"no whole answer after {timeout_s * 1000:.0f} ms"))
    if response.status_code != 200:
        access.patience.asked(retry_after_s(*response.headers.get_list("Retry-After")))
        # Its own word for the charset may name anything that Python decodes.
        words = response.content[:WORDS_BYTES].decode(errors="replace")
        return Problem(f"HTTP {response.status_code} {words}")
    return response


class Fetcher:
    """Fetches what `wanted` rows want, who waited longest first, while the venue's patience lasts.

    fetch(row)  one request, and its answer to whom it is for; None if it was answered
    names       what rows are called where a failure is told
    opened      nothing is asked for while this is not set

    It outlives connections: a request is not broken off but its answer thrown away, and a wait
    that the venue asked for holds across them. Only the end waits for none longer than END_S.
    """

    def __init__(
        self,
        names: list[str],
        access: Access,
        wanted: Callable[[], set[int]],
        fetch: Callable[[int], Awaitable[Problem | None]],
        opened: asyncio.Event,
        troubles: Troubles,
    ):
        self._names = names
        self._wanted = wanted
        self._fetch = fetch
        self._opened = opened
        self._troubles = troubles
        self._patience, config = access.patience, access.config
        self._calm_s = config.backoff_max_ms / 1000
        waits = config.backoff_min_ms, config.backoff_max_ms
        self._tries = [_Tries(Backoff(*waits)) for _ in names]
        self._changed = asyncio.Event()

    def look(self) -> None:
        """Rows want something that did not."""
        self._changed.set()

    async def run(self) -> None:
        """Until cancelled; a failure that is no Problem ends it."""
        flying: dict[asyncio.Task[None], int] = {}
        try:
            while True:
                await self._opened.wait()
                self._changed.clear()
                due, wait_s = self._due(set(flying.values()))
                for row in due[: AT_ONCE - len(flying)]:
                    flying[asyncio.create_task(self._attempt(row))] = row
                more = asyncio.create_task(self._changed.wait())
                try:
                    done, _ = await asyncio.wait(
                        [*flying, more], timeout=wait_s, return_when=asyncio.FIRST_COMPLETED
                    )
                finally:
                    more.cancel()
                for task in [task for task in flying if task in done]:
                    del flying[task]
                    task.result()
        finally:
            if flying:
                _, late = await asyncio.wait(flying, timeout=END_S)
                for task in late:
                    task.cancel()
                await asyncio.gather(*flying, return_exceptions=True)

    def _due(self, busy: set[int]) -> tuple[list[int], float | None]:
        """Rows to ask for now, who waited longest first; and when to look again, None: if asked."""
        now = time.monotonic()
        waiting = self._wanted() - busy
        ready = {row: max(self._tries[row].next_at, self._patience.until) for row in waiting}
        due = sorted((at, row) for row, at in ready.items() if at <= now)
        later = [at - now for at in ready.values() if at > now]
        return [row for _, row in due], min(later, default=None)

    async def _attempt(self, row: int) -> None:
        """One request for a row, and when the next may be made."""
        tries = self._tries[row]
        problem = await self._fetch(row)
        now = time.monotonic()
        tries.attempted(now, problem is None, self._calm_s)
        if problem is not None:
            self._troubles.failed_of(self._names[row], problem.text)


class _Tries:
    """When a row's next request may be made."""

    def __init__(self, backoff: Backoff):
        self.next_at = 0.0
        self._backoff = backoff
        self._good_at: float | None = None

    def attempted(self, now: float, good: bool, calm_s: float) -> None:
        """A row that stood for calm_s starts its waits anew; one that does not last does not."""
        if self._good_at is not None and now - self._good_at > calm_s:
            self._backoff.reset()
        self._good_at = now if good else None
        self.next_at = now + self._backoff.next_ms() / 1000
