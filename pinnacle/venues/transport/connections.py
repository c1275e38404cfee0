"""The connections to one server that requests are asked on: opened, handed out, kept, replaced."""

import asyncio
import ssl
from collections import deque
from collections.abc import Callable
from random import uniform
from urllib.parse import urlsplit

from pinnacle.core.errors import ConfigError
from pinnacle.venues.transport.access import Access
from pinnacle.venues.transport.answer import NotSent
from pinnacle.venues.transport.backoff import Backoff
from pinnacle.venues.transport.kept_alive import KeptAlive
from pinnacle.venues.transport.troubles import words_of

#: One that stood for so long, or was of use, is replaced at once; others with growing waits.
CALM_S = 1.0
_CLOSED = "the client is closed"


class Connections:
    """Up to `most` of them, each for one user at a time.

    A server that cannot be reached is tried for whoever asks, and beside that with waits between.
    """

    def __init__(
        self, access: Access, base_url: str, most: int, clock: Callable[[], int], idle_s: float
    ):
        where = urlsplit(base_url)
        if not where.hostname or where.path not in ("", "/") or where.query:
            raise ConfigError(f"{base_url}: must be https://host[:port], and nothing behind it")
        self._host = where.hostname
        self._port = where.port or (443 if where.scheme == "https" else 80)
        access.tls(base_url)
        self._access, self._url, self._clock = access, base_url, clock
        self._most, self._kept, self._idle_s = most, 0, idle_s
        self._open: set[KeptAlive] = set()
        self._idle: list[KeptAlive] = []
        self._opening: set[asyncio.Task[KeptAlive]] = set()
        self._waiting: deque[asyncio.Future[KeptAlive]] = deque()
        self._backoff = Backoff(access.config.backoff_min_ms, access.config.backoff_max_ms)
        self._open_from = 0.0
        self._failure = ""
        self._tls_anew = False
        self._timer: asyncio.TimerHandle | None = None
        self._closed = False

    async def warm(self) -> None:
        """Open all, and from now on those again that are lost or too old; NotSent: none stands."""
        self._kept = self._most
        self._look(at_once=True)
        if self._opening:
            await asyncio.wait(set(self._opening))
        if not self._open:
            raise NotSent(_CLOSED if self._closed else self._failure)

    async def take(self, deadline: float) -> KeptAlive:
        """One that is free, for the caller alone, who gives it back; NotSent says why there is
        none by then, by the loop's clock."""
        loop = asyncio.get_running_loop()
        while True:
            if self._closed:
                raise NotSent(_CLOSED)
            if loop.time() >= deadline:
                raise NotSent(self._late())
            # The one used last: the others come of age.
            found = self._idle.pop() if self._idle else await self._waited(deadline)
            if found.usable:
                return found
            found.end("the server closed the connection")

    def give(self, connection: KeptAlive) -> None:
        """Back: to who waits longest, and where nobody does it is idle."""
        if connection.over:
            return
        while self._waiting:
            waiter = self._waiting.popleft()
            if not waiter.done():
                waiter.set_result(connection)
                return
        # Not all of them at one moment: some should stand.
        left_s = self._idle_s * uniform(0.75, 1.0)
        connection.idle_until = asyncio.get_running_loop().time() + left_s
        self._idle.append(connection)
        self._wake_at(connection.idle_until)

    async def close(self) -> None:
        """Break all off: NotSent for who waits for one, Unanswered for who has asked."""
        self._closed = True
        if self._timer is not None:
            self._timer.cancel()
        self._refuse(_CLOSED)
        for connection in list(self._open):
            connection.end(_CLOSED)
        for task in self._opening:
            task.cancel()
        if self._opening:
            await asyncio.wait(set(self._opening))

    async def _waited(self, deadline: float) -> KeptAlive:
        loop = asyncio.get_running_loop()
        waiter: asyncio.Future[KeptAlive] = loop.create_future()
        self._waiting.append(waiter)
        self._look(at_once=True)
        late = loop.call_at(deadline, lambda: _fail(waiter, self._late()))
        try:
            return await waiter
        except asyncio.CancelledError:
            # It may have been given to who is gone.
            if waiter.done() and not waiter.cancelled() and waiter.exception() is None:
                self.give(waiter.result())
            raise
        finally:
            late.cancel()
            if waiter in self._waiting:
                self._waiting.remove(waiter)

    def _late(self) -> str:
        words = "no connection was free in time"
        return f"{words}; the last attempt: {self._failure}" if self._failure else words

    def _refuse(self, words: str) -> None:
        for waiter in self._waiting:
            _fail(waiter, words)
        self._waiting.clear()

    def _look(self, *, at_once: bool = False) -> None:
        """Open what is missing: now if somebody asks, after a failure only later."""
        standing = len(self._open) + len(self._opening)
        wanted = min(len(self._waiting) - len(self._opening), self._most - standing)
        wanted = max(wanted, self._kept - standing)
        if wanted <= 0 or self._closed:
            return
        patience_until = 0.0 if self._waiting else self._access.patience.until
        until = max(self._open_from, patience_until)
        if until > asyncio.get_running_loop().time() and not at_once:
            self._wake_at(until)
            return
        for _ in range(wanted):
            task = asyncio.create_task(self._connect())
            self._opening.add(task)
            task.add_done_callback(self._opened)

    async def _connect(self) -> KeptAlive:
        access, loop = self._access, asyncio.get_running_loop()
        async with asyncio.timeout(access.config.connect_timeout_ms / 1000):
            tls = access.tls(self._url, anew=self._tls_anew)
            _, connection = await loop.create_connection(
                lambda: KeptAlive(self._lost, self._clock),
                sock=await access.dial(self._host, self._port),
                ssl=tls,
                server_hostname=self._host if tls else None,
            )
        return connection

    def _opened(self, task: asyncio.Task[KeptAlive]) -> None:
        self._opening.discard(task)
        if task.cancelled():
            return
        error = task.exception()
        if isinstance(error, Exception):
            self._failed(error)
            return
        connection = task.result()
        if self._closed:
            connection.end(_CLOSED)
        elif connection.over:
            self._look()
        else:
            self._open.add(connection)
            self._tls_anew, self._failure = False, ""
            self.give(connection)

    def _failed(self, error: Exception) -> None:
        # The authority's file may have been replaced; to read it each time would hold the loop up.
        self._tls_anew = isinstance(error, ssl.SSLError)
        late = f"not connected after {self._access.config.connect_timeout_ms} ms"
        self._failure = words_of(error, late)
        self._put_off()
        if not self._opening and not self._open:
            self._refuse(self._failure)
        self._look()

    def _lost(self, connection: KeptAlive) -> None:
        """It is over, whoever ended it."""
        self._open.discard(connection)
        if connection in self._idle:
            self._idle.remove(connection)
        now = asyncio.get_running_loop().time()
        if connection.answered or now - connection.begun > CALM_S:
            self._backoff.reset()
        else:
            self._put_off()
        self._look()

    def _put_off(self) -> None:
        now = asyncio.get_running_loop().time()
        self._open_from = now + self._backoff.next_ms() / 1000

    def _wake_at(self, when: float) -> None:
        if self._timer is not None:
            if self._timer.when() <= when:
                return
            self._timer.cancel()
        self._timer = asyncio.get_running_loop().call_at(when, self._woken)

    def _woken(self) -> None:
        """End what has been idle for too long, open what was put off, and sleep on."""
        self._timer = None
        now = asyncio.get_running_loop().time()
        for connection in [one for one in self._idle if one.idle_until <= now]:
            connection.end("it was idle for too long")
        self._look()
        if self._idle:
            self._wake_at(min(one.idle_until for one in self._idle))


def _fail(waiter: asyncio.Future[KeptAlive], words: str) -> None:
    if not waiter.done():
        waiter.set_exception(NotSent(words))
