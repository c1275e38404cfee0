"""A venue's market on one WebSocket: what every venue's connection has in common.

What frames mean is in the venue's stream, how connections and requests are kept in transport/; a
venue's connector says what is asked for, and what its answers mean.
"""

import asyncio
from abc import abstractmethod
from collections.abc import Callable, Collection, Coroutine, Mapping, Sequence
from functools import cached_property
from typing import Any, ClassVar, Generic, Protocol, TypeVar
from urllib.parse import urlencode

import numpy as np

from pinnacle.core.clock import Clock
from pinnacle.core.errors import DataError
from pinnacle.core.market_state import ConnectionState, MarketState
from pinnacle.core.schema import Reason
from pinnacle.venues.market.fetched import FetchedStream
from pinnacle.venues.market.stream import MarketStream
from pinnacle.venues.port import MarketData
from pinnacle.venues.transport.backoff import Backoff
from pinnacle.venues.transport.config import ConnectionConfig
from pinnacle.venues.transport.fetching import Fetcher, Problem, get
from pinnacle.venues.transport.redundant import RedundantConnections
from pinnacle.venues.transport.troubles import Troubles
from pinnacle.venues.transport.websocket import ConnectionLost, WebSocketSession

#: How often books are looked at that may be as they are only for a while.
LOOK_S = 0.25


class Listener(Protocol):
    """Who hears what goes over a connection, before anybody makes something of it."""

    def connected(self, url: str, said: Sequence[str]) -> None:
        """Another connection begins, with these messages."""

    def took(self, frames: Sequence[bytes]) -> None:
        """Frames came."""

    def fetched(self, url: str, body: bytes) -> None:
        """A request beside it was answered."""


StreamT = TypeVar("StreamT", bound=MarketStream)


class Connector(MarketData, Generic[StreamT]):
    """MarketData (port.py) over a MarketStream. Without a `clock` session time begins with it.

    What is wrong with one instrument is told in its words and keeps no other waiting. A book that
    must begin anew is asked for with `again`.

    stream       the venue's: frames, counts, which books are whole
    connections  that all say the same, for a stream that tells what is repeated
    listener     hears everything; None: nobody
    """

    #: What shows that the venue tells of a row.
    BEGINS: ClassVar[str] = "snapshot"

    def __init__(
        self,
        url: str,
        config: ConnectionConfig,
        instruments: np.ndarray,
        stream: StreamT,
        troubles: Troubles,
        clock: Callable[[], int] | None = None,
        connections: int = 1,
    ):
        self.stream = stream
        self.listener: Listener | None = None
        self._url = url
        self.session: WebSocketSession | RedundantConnections = (
            WebSocketSession(url, config, self, troubles)
            if connections == 1
            else RedundantConnections(url, config, self, troubles, connections)
        )
        self._clock = clock or Clock().session_ns
        self._troubles = troubles
        ids = instruments["instrument_id"].tolist()
        self._rows = {number: row for row, number in enumerate(ids)}
        self._snapshot_s = config.connect_timeout_ms / 1000
        self._book_stale_s = config.book_stale_ms / 1000
        self._wait_ms = config.backoff_min_ms, config.backoff_max_ms
        self._waits: dict[int, Backoff] = {}
        #: What will be asked for again, and what its connection had confirmed: the very set.
        self._later: dict[tuple[WebSocketSession, int], set[str]] = {}
        self._state = ConnectionState.CONNECTING
        self._since_ns = self._heard_ns = 0
        #: Rows for which a snapshot is on its way.
        self._awaited: set[int] = set()

    @property
    def connections(self) -> int:
        """Times subscribed."""
        return self.session.connections

    @property
    def last_error(self) -> str:
        """Why the last connection or request failed."""
        return self._troubles.last

    async def run(self) -> None:
        self.stream.invalidate(Reason.STARTING, self._clock())
        beside = [asyncio.create_task(task) for task in self.beside()]
        try:
            await self.session.run(*beside)
        finally:
            for task in beside:
                task.cancel()
            await asyncio.gather(*beside, return_exceptions=True)
            self.lost(Reason.DISCONNECTED)

    def beside(self) -> list[Coroutine[Any, Any, None]]:
        """What runs as long as the connector, whatever becomes of connections."""
        return [self._watch_books(), self._watch_answers()]

    def resync(self, instrument_id: int, reason: int) -> None:
        self.stream.resync(self._rows[instrument_id], reason, self._clock())
        self._look()

    def hold(self, instrument_id: int, reason: int) -> None:
        self.stream.hold(self._rows[instrument_id], reason, self._clock())
        self._look()

    def counts(self) -> dict[str, int]:
        return self.stream.counts()

    def state(self) -> MarketState:
        session, stream = self.session, self.stream
        state = session.state
        useless = len(stream.held) == len(stream.rows)
        if state is ConnectionState.LIVE and (useless or not stream.live):
            state = ConnectionState.SNAPSHOT
        if state is not self._state or not self._since_ns:
            self._state, self._since_ns = state, self._clock()
        connected, connections = session.standing
        reason = {ConnectionState.LIVE: Reason.NONE, ConnectionState.STALE: Reason.STALE}
        return MarketState(
            state=state,
            reason=reason.get(state, stream.reason),
            since_ns=self._since_ns,
            heard_ns=self._heard_ns,
            messages=session.frames,
            subscribed=session.connections,
            connected=connected,
            connections=connections,
        )

    def greeting(self) -> list[str]:
        self.stream.begin()
        self._awaited = set(self.stream.rows)
        said = self.subscriptions()
        if self.listener is not None:
            self.listener.connected(self._url, self.shown(said))
        return said

    def take(self, frames: Sequence[bytes]) -> None:
        """Frames, their time, their records."""
        stream = self.stream
        if self.listener is not None:
            self.listener.took(frames)
        self._heard_ns = now_ns = self._clock()
        others = stream.take(frames, now_ns)
        if len(others) < len(frames):
            self.session.acknowledge()
        for frame in others:
            self.control(frame)
        if stream.broken:
            raise ConnectionLost("it cannot be told which book is whole", stream.broken)
        if stream.wanted or self._awaited:
            self._look()

    def lost(self, reason: int) -> None:
        """Every book is unknown from here that no connection tells of."""
        rows = [row for row in self.stream.rows if not self.told_of(row)]
        if rows:
            self.stream.invalidate(reason, self._clock(), rows)

    def told_of(self, row: int) -> bool:
        """Whether a connection that stands is known to tell of a book."""
        return False

    def nudge(self) -> str | None:
        """What the venue answers when it has nothing to say by itself."""
        return None

    @abstractmethod
    def subscriptions(self) -> list[str]:
        """What a connection begins with."""

    @property
    def listed(self) -> list[str]:
        """Names of all that the venue is not known not to list: some venues refuse a whole
        subscription for one of these. Of none it would be everything: then all names."""
        names, held = self.stream.codec.names, self.stream.held
        found = [name for row, name in enumerate(names) if held.get(row) != Reason.DELISTED]
        return found or names

    def shown(self, said: list[str]) -> list[str]:
        """What of it anybody may read: a recording is none of a secret's places."""
        return said

    @abstractmethod
    def control(self, frame: bytes) -> None:
        """A frame that is not of the market; ConnectionLost, DataError: it cannot go on."""

    def again(self, row: int, session: WebSocketSession) -> None:
        """Ask for what a row lacks: on the connection that stands, or as here with the next one."""
        session.give_up(ConnectionLost("a book is to begin anew", Reason.RESYNC))

    def begin_anew(self, words: str) -> None:
        """Another connection, for this reason."""
        self.session.give_up(ConnectionLost(words, Reason.RESYNC))

    def lacking(self, session: WebSocketSession) -> set[int]:
        """Rows that were asked for on a connection, and of which it has not told yet."""
        return self._awaited & self.stream.wanted

    def refused(self, row: int, session: WebSocketSession, words: str) -> None:
        """A connection does not give one instrument's market now: it is asked again, ever later."""
        self._troubles.failed_of(self.stream.codec.symbols[row], words)
        if self._later.get((session, row)) is session.confirmed:
            return
        self._later[session, row] = session.confirmed
        wait_ms = self._waits.setdefault(row, Backoff(*self._wait_ms)).next_ms()
        loop = asyncio.get_running_loop()
        loop.call_later(wait_ms / 1000, self._retry, row, session, session.confirmed)

    def _retry(self, row: int, session: WebSocketSession, confirmed: set[str]) -> None:
        """Unless the connection was another, which has asked for everything."""
        if session.confirmed is not confirmed:
            return
        del self._later[session, row]
        if row in self.lacking(session):
            self.again(row, session)

    async def _watch_books(self) -> None:
        """A book of which nothing came for too long may be one that was forgotten."""
        stream, quiet = self.stream, dict.fromkeys(self.stream.rows, 0)
        while True:
            await asyncio.sleep(self._book_stale_s / 4)
            for row in stream.rows:
                is_whole = row not in stream.wanted and row not in stream.held
                is_quiet = is_whole and row not in stream.heard
                quiet[row] = quiet[row] + 1 if is_quiet else 0
                if quiet[row] == 4:
                    words = f"nothing came of it for {self._book_stale_s:g} s"
                    self._troubles.failed_of(stream.codec.symbols[row], words)
                    stream.resync(row, Reason.STALE, self._clock())
                    self._look()
            stream.heard.clear()

    async def _watch_answers(self) -> None:
        """What was asked for and is not told of is asked for again, ever later."""
        missing = {session: dict.fromkeys(self.stream.rows, 0) for session in self.session.sessions}
        while True:
            await asyncio.sleep(self._snapshot_s / 4)
            for session, times in missing.items():
                lacking = self.lacking(session) if session.acknowledged.is_set() else ()
                for row in times:
                    times[row] = times[row] + 1 if row in lacking else 0
                    if times[row] == 4:
                        times[row] = 0
                        words = f"no {self.BEGINS} came for {self._snapshot_s:g} s"
                        self.refused(row, session, words)

    def _look(self) -> None:
        """Books that are not whole, and for which nothing was asked yet."""
        wanted = self.stream.wanted
        self._awaited &= wanted
        for row in wanted - self._awaited:
            self._awaited.add(row)
            self.again(row, self.session.speaking)


FetchedT = TypeVar("FetchedT", bound=FetchedStream)


class FetchingConnector(Connector[FetchedT]):
    """The same where each book begins with a snapshot that is fetched beside the stream.

    It is fetched when a connection has confirmed that it tells of the book's changes, no sooner:
    what comes between would be missed, and where the venue numbers nothing for ever.
    """

    BEGINS = "confirmation"

    def __init__(
        self,
        url: str,
        config: ConnectionConfig,
        instruments: np.ndarray,
        stream: FetchedT,
        troubles: Troubles,
        clock: Callable[[], int] | None = None,
        timeout_ms: int = 30_000,
        connections: int = 1,
    ):
        super().__init__(url, config, instruments, stream, troubles, clock, connections)
        stream.repeated = connections > 1
        self._timeout_s = timeout_ms / 1000
        self._fetcher = Fetcher(
            [f"snapshot of {symbol}" for symbol in stream.codec.symbols],
            self.session.access,
            self.missing,
            self._fetch,
            self.session.acknowledged,
            troubles,
        )

    def beside(self) -> list[Coroutine[Any, Any, None]]:
        return [self._watch_books(), self._watch_answers(), self._watch_time(), self._fetcher.run()]

    @abstractmethod
    def channels_of(self, row: int) -> Sequence[str]:
        """What the venue confirms of a row, by its own names; the book's first."""

    def confirm(self, channels: Collection[str]) -> None:
        """The connection that speaks tells of these.

        Where nothing numbers updates a live book is fetched anew: the other connection that it
        stands on may have hung for a while, and what it missed this one does not tell.
        """
        self.session.speaking.confirmed.update(channels)
        for row in () if self.stream.NUMBERED else self.stream.rows:
            if self._channels[row][0] in channels:
                self.stream.renew(row)
        self._look()

    def told_of(self, row: int) -> bool:
        channel = self._channels[row][0]
        return any(channel in session.confirmed for session in self.session.sessions)

    def lacking(self, session: WebSocketSession) -> set[int]:
        confirmed, rows = session.confirmed, self.stream.rows
        return {row for row in rows if not confirmed.issuperset(self._channels[row])}

    @cached_property
    def _channels(self) -> list[Sequence[str]]:
        return [self.channels_of(row) for row in self.stream.rows]

    @abstractmethod
    def request_of(self, symbol: str) -> tuple[str, Mapping[str, str | int]]:
        """The URL and query of a book, by the venue's symbol."""

    def missing(self) -> set[int]:
        """Rows that need a snapshot."""
        return set(filter(self.told_of, self.stream.wanted | self.stream.renewing))

    async def _watch_time(self) -> None:
        """Also while nothing comes."""
        while True:
            await asyncio.sleep(LOOK_S)
            self.stream.look(self._clock())
            if self.stream.wanted:
                self._look()

    def _look(self) -> None:
        self._fetcher.look()

    async def _fetch(self, row: int) -> Problem | None:
        """One request, and its answer to the stream; None if it was answered."""
        generation = self.stream.generations[row]
        symbol = self.stream.codec.names[row]
        url, query = self.request_of(symbol)
        body = await get(self.session.access, url, query, self._timeout_s)
        if isinstance(body, Problem):
            return body
        if generation != self.stream.generations[row]:
            return None
        if self.listener is not None:
            self.listener.fetched(f"{url}?{urlencode(query)}" if query else url, body)
        try:
            fresh = self.stream.snapshot(row, body, self._clock())
        except DataError as error:
            return Problem(f"{type(error).__name__}: {error}")
        return None if fresh else Problem("older than the stream")
