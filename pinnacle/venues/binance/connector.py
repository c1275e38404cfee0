"""The connection to Binance: one WebSocket, REST snapshots, and what to do when they fail.

The one module of this venue with sockets. What frames mean is in stream.py; here is when to
connect, when to give up a connection, and when to fetch a snapshot.
"""

import asyncio
import ssl
import time
from collections.abc import Callable

import httpx2
import numpy as np
import structlog
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import WebSocketException

from pinnacle.core.clock import Clock
from pinnacle.core.errors import ConfigError, DataError
from pinnacle.core.schema import Reason
from pinnacle.venues.binance.codec import (
    MessageKind,
    OddMessageError,
    UnaskedError,
    decode_control,
    encode_subscribe,
    stream_names,
)
from pinnacle.venues.binance.config import BinanceConfig
from pinnacle.venues.binance.stream import MarketStream
from pinnacle.venues.port import Sink, Top
from pinnacle.venues.transport.backoff import Backoff

# Far above any frame of the streams in use; without a bound a broken peer could fill memory.
FRAME_BYTES_MAX = 16 * 1024 * 1024
REQUEST_ID = 1
# How many frames may be taken before other tasks of the loop get their turn.
FRAMES_PER_TURN = 32
# Snapshots under way at once: one that hangs must not keep the others waiting.
SNAPSHOTS_AT_ONCE = 4
COUNTED = ("gaps", "snapshots", "odd", "rounded", "tops_compared", "tops_different")
# What went wrong in the same words is told again after so long.
TOLD_AGAIN_S = 60.0
# The venue asks for patience in seconds (Retry-After); more than this is a ban to look at.
RETRY_AFTER_MAX_S = 300.0

log = structlog.get_logger()


class ConnectionLost(Exception):
    """This connection cannot go on; `reason` is what its books become invalid with."""

    def __init__(self, text: str, reason: int = Reason.DISCONNECTED):
        super().__init__(text)
        self.reason = reason


class BinanceConnector:
    """Delivers normalised records of the instruments (an array of dtype INSTRUMENT) to `sink`
    until `run` is cancelled.

    sink(cdata, n): struct pmm_event * and count, overwritten after it returns. Snapshots come as
    BOOK_BEGIN, DEPTH..., BOOK_END, then DEPTH a change, TRADE, TOP, and BOOK_INVALID when a book
    must not be used: at the start (STARTING), at a gap, when the connection is lost or stale.
    recv_ns is `clock()`, session time, when the frame was taken from the connection; without a
    session one that begins with the connector. `top_of(instrument_id)` is how that book stands
    after what the sink was given, None while it is not valid: with it, a book that differs from
    the venue's own best prices begins anew.

    What is wrong with one instrument (a symbol that the venue does not know, a level between two
    ticks, a snapshot that cannot be had) is told in its words, tried again with a wait of its own,
    and keeps no other instrument waiting.

    connections  times subscribed; last_error: why the last connection or request failed
    stream       the MarketStream behind it: frames, gaps, snapshots, rounded, live
    """

    def __init__(
        self,
        config: BinanceConfig,
        instruments: np.ndarray,
        sink: Sink,
        clock: Callable[[], int] | None = None,
        top_of: Callable[[int], Top | None] | None = None,
    ):
        ids = instruments["instrument_id"].tolist()
        rows_top = None if top_of is None else lambda row: top_of(ids[row])
        self.stream = MarketStream(instruments, sink, config.depth_limit, rows_top)
        self.connections = 0
        self.last_error = ""
        self._config = config
        self._clock = clock or Clock().session_ns
        self._rows = {int(i): row for row, i in enumerate(instruments["instrument_id"])}
        self._context: ssl.SSLContext | None = None
        self._want = asyncio.Event()
        self._acknowledged = asyncio.Event()
        self._tries = [_Tries(Backoff(config.backoff_min_ms, config.backoff_max_ms)) for _ in ids]
        self._banned_until = 0.0
        self._told: dict[str, tuple[str, float]] = {}

    async def run(self) -> None:
        """Connect, deliver, reconnect; until cancelled, then every book is invalid.

        ConfigError at once if ca_file cannot be read; a failure after that is a lost connection.
        """
        config = self._config
        self._context = self._tls()
        backoff = Backoff(config.backoff_min_ms, config.backoff_max_ms)
        self.stream.invalidate(Reason.STARTING, self._clock())
        fetching = asyncio.create_task(self._fetch())
        try:
            while True:
                begun = time.monotonic()
                lost = await self._connection(fetching)
                self._acknowledged.clear()
                self._failed(f"connection lost: {lost}")
                if time.monotonic() - begun > config.backoff_max_ms / 1000:
                    backoff.reset()
                self.stream.invalidate(lost.reason, self._clock())
                await asyncio.sleep(backoff.next_ms() / 1000)
        finally:
            fetching.cancel()
            await asyncio.gather(fetching, return_exceptions=True)
            self.stream.invalidate(Reason.DISCONNECTED, self._clock())

    def resync(self, instrument_id: int, reason: int) -> None:
        """Begin one book anew: its owner found it crossed, or a reader asked for it."""
        self.stream.resync(self._rows[instrument_id], reason, self._clock())
        self._want.set()

    def counts(self) -> dict[str, int]:
        """What the stream counts, and people may want to see; see MarketStream."""
        return {name: getattr(self.stream, name) for name in COUNTED}

    def _failed(self, text: str) -> None:
        self.last_error = text
        log.warning(f"binance: {text}")

    def _failed_of(self, about: str, text: str) -> None:
        """The same of one instrument, which may go on failing: told when the words change."""
        now = time.monotonic()
        words, at = self._told.get(about, ("", now))
        self.last_error = f"{about}: {text}"
        if words != text or now - at >= TOLD_AGAIN_S:
            self._told[about] = (text, now)
            log.warning("binance", failed=self.last_error)

    def _tls(self) -> ssl.SSLContext:
        """Read anew for each connection: the file may have been replaced."""
        ca_file = self._config.ca_file
        try:
            return ssl.create_default_context(cafile=ca_file)
        except OSError as error:
            raise ConfigError(f"ca_file {ca_file}: {error.strerror or error}") from None

    async def _connection(self, fetching: asyncio.Task[None]) -> ConnectionLost:
        """One connection from its beginning to its end; returns why it ended."""
        config = self._config
        timeout = config.connect_timeout_ms / 1000
        try:
            self._context = self._tls()
            async with connect(
                config.ws_url,
                ssl=self._context,
                compression=None,
                proxy=None,
                max_size=FRAME_BYTES_MAX,
                max_queue=config.queue_frames,
                open_timeout=timeout,
                close_timeout=1,
                ping_interval=None,
            ) as socket:
                return await self._converse(socket, fetching)
        except (OSError, WebSocketException, TimeoutError, ConfigError) as error:
            return ConnectionLost(f"{type(error).__name__}: {error}")

    async def _converse(
        self, socket: ClientConnection, fetching: asyncio.Task[None]
    ) -> ConnectionLost:
        """Everything on an open connection: the first task that fails ends it."""
        streams = [name for symbol in self.stream.codec.symbols for name in stream_names(symbol)]
        await socket.send(encode_subscribe(tuple(streams), REQUEST_ID))
        own = [asyncio.create_task(self._receive(socket)), asyncio.create_task(self._watch())]
        try:
            done, _ = await asyncio.wait([*own, fetching], return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in own:
                task.cancel()
            await asyncio.gather(*own, return_exceptions=True)
        for task in done:
            error = task.exception()
            if isinstance(error, ConnectionLost):
                return error
            if isinstance(error, (OSError, WebSocketException, DataError)):
                return ConnectionLost(f"{type(error).__name__}: {error}")
            if error is not None:
                raise error
        raise AssertionError("a task of a connection ends by an exception")

    async def _receive(self, socket: ClientConnection) -> None:
        """The hot loop: a frame, its time, its records."""
        recv, clock, stream = socket.recv, self._clock, self.stream
        take, other = stream.frame, MessageKind.OTHER
        wanted, renewing = stream.wanted, stream.renewing
        different = stream.tops_different
        while True:
            for _ in range(FRAMES_PER_TURN):
                frame = await recv(decode=False)
                try:
                    if take(frame, clock()) == other:
                        self._control(frame)
                except OddMessageError as error:
                    self._failed_of(stream.codec.symbols[error.row], str(error))
                except UnaskedError as error:
                    self._failed_of("the stream", str(error))
                if stream.tops_different != different:
                    different = stream.tops_different
                    self._failed_of("the stream", f"{different} times not the venue's best prices")
                if wanted or renewing:
                    self._want.set()
            # recv does not suspend while frames wait: without this a backlog would keep the
            # snapshot's task, the stale timer and the owner's own tasks from running.
            await asyncio.sleep(0)

    def _control(self, frame: bytes) -> None:
        control = decode_control(frame)
        if control.refusal is not None:
            raise ConnectionLost(f"refused: {control.refusal.code} {control.refusal.msg}")
        if control.e == "serverShutdown":
            raise ConnectionLost("the venue announces that it shuts this connection down")
        if control.id == REQUEST_ID:
            self.connections += 1
            self._acknowledged.set()

    async def _watch(self) -> None:
        """Ends the connection when no acknowledgement, or no frame, comes for too long."""
        config = self._config
        # Not wait_for: in Python 3.11 it loses a cancellation that comes with its result.
        try:
            async with asyncio.timeout(config.connect_timeout_ms / 1000):
                await self._acknowledged.wait()
        except TimeoutError:
            raise ConnectionLost("the subscription was not acknowledged") from None
        period = config.stale_ms / 4000
        seen, quiet = self.stream.frames, 0
        while quiet < 4:
            await asyncio.sleep(period)
            quiet = quiet + 1 if self.stream.frames == seen else 0
            seen = self.stream.frames
        raise ConnectionLost(f"no frame for {config.stale_ms} ms", Reason.STALE)

    async def _fetch(self) -> None:
        """Fetches snapshots of the books that wait for one, a few at a time.

        It outlives connections: a request is not broken off (httpx2 leaks a socket whose TLS
        handshake is cancelled) but its answer thrown away, and a wait that the venue asked for
        holds across them.
        """
        flying: dict[asyncio.Task[None], int] = {}
        try:
            while True:
                await self._acknowledged.wait()
                self._want.clear()
                due, wait_s = self._due(set(flying.values()))
                for row in due[: SNAPSHOTS_AT_ONCE - len(flying)]:
                    flying[asyncio.create_task(self._attempt(row))] = row
                more = asyncio.create_task(self._want.wait())
                done, _ = await asyncio.wait(
                    [*flying, more], timeout=wait_s, return_when=asyncio.FIRST_COMPLETED
                )
                more.cancel()
                for task in [task for task in flying if task in done]:
                    del flying[task]
                    task.result()
        finally:
            await asyncio.gather(*flying, return_exceptions=True)

    def _due(self, busy: set[int]) -> tuple[list[int], float | None]:
        """Rows to ask for now, who waited longest first; and when to look again, None: if asked."""
        now = time.monotonic()
        waiting = (self.stream.wanted | self.stream.renewing) - busy
        ready = {row: max(self._tries[row].next_at, self._banned_until) for row in waiting}
        due = sorted((at, row) for row, at in ready.items() if at <= now)
        later = [at - now for at in ready.values() if at > now]
        return [row for _, row in due], min(later, default=None)

    async def _attempt(self, row: int) -> None:
        """One request for a row, and when the next may be made."""
        tries = self._tries[row]
        problem = await self._snapshot(row)
        now = time.monotonic()
        tries.attempted(now, problem is None, self._config.backoff_max_ms / 1000)
        if problem is not None:
            # What the venue asks for is meant for this address, whatever the symbol.
            self._banned_until = max(self._banned_until, now + problem.retry_after_s)
            self._failed_of(f"snapshot of {self.stream.codec.symbols[row]}", str(problem))

    async def _snapshot(self, row: int) -> "_Problem | None":
        """One request, and its answer to the stream; None if it was answered."""
        config, connection = self._config, self.connections
        query = {"symbol": self.stream.codec.symbols[row], "limit": config.depth_limit}
        try:
            async with httpx2.AsyncClient(
                verify=self._context or True,
                timeout=config.snapshot_timeout_ms / 1000,
                trust_env=False,
            ) as http:
                response = await http.get(f"{config.rest_url}/api/v3/depth", params=query)
            if response.status_code != 200:
                return _Problem(
                    f"HTTP {response.status_code} {response.text[:200]}", _retry_after_s(response)
                )
            if connection != self.connections or not self._acknowledged.is_set():
                return None
            if not self.stream.snapshot(row, response.content, self._clock()):
                return _Problem("older than the stream")
        except (httpx2.HTTPError, httpx2.StreamError, OSError, DataError) as error:
            return _Problem(f"{type(error).__name__}: {error}")
        return None


class _Tries:
    """When a row's next snapshot may be asked for."""

    def __init__(self, backoff: Backoff):
        self.next_at = 0.0
        self._backoff = backoff
        self._good_at: float | None = None

    def attempted(self, now: float, good: bool, calm_s: float) -> None:
        """A book that stood for calm_s starts its waits anew; one that does not last does not."""
        if self._good_at is not None and now - self._good_at > calm_s:
            self._backoff.reset()
        self._good_at = now if good else None
        self.next_at = now + self._backoff.next_ms() / 1000


class _Problem:
    """Why a snapshot could not be had, and how long the venue asks to wait."""

    def __init__(self, text: str, retry_after_s: float = 0.0):
        self.text = text
        self.retry_after_s = retry_after_s

    def __str__(self) -> str:
        return self.text


def _retry_after_s(response: httpx2.Response) -> float:
    """429 and 418 come with it; to ask earlier makes the ban longer."""
    text = response.headers.get("Retry-After", "")
    return min(float(text), RETRY_AFTER_MAX_S) if text.isascii() and text.isdigit() else 0.0
