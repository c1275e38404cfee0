"""A WebSocket to a venue that is kept: connect, subscribe, receive, give up, wait, and again."""

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Protocol

from pinnacle.core.errors import DataError
from pinnacle.core.market_state import ConnectionState
from pinnacle.core.schema import Reason
from pinnacle.venues.transport.access import access_of
from pinnacle.venues.transport.backoff import Backoff
from pinnacle.venues.transport.config import ConnectionConfig
from pinnacle.venues.transport.port import Socket, SocketError, connect_by
from pinnacle.venues.transport.troubles import Troubles, words_of


class ConnectionLost(Exception):
    """This connection cannot go on; `reason` is what its books become invalid with."""

    def __init__(self, text: str, reason: int = Reason.DISCONNECTED):
        super().__init__(text)
        self.reason = reason


class Conversation(Protocol):
    """What a venue says on a connection, and what is said to it."""

    def greeting(self) -> Sequence[str]:
        """What is sent as soon as the connection stands: subscriptions."""

    def take(self, frames: Sequence[bytes]) -> None:
        """Frames in their order. ConnectionLost, DataError, OSError: it cannot go on."""

    def nudge(self) -> str | None:
        """What is said when nothing has come for half of stale_ms; None: nothing."""

    def lost(self, reason: int) -> None:
        """A connection is gone, or was never made: what it alone has told holds no more."""


class WebSocketSession:
    """Keeps one connection until `run` is cancelled.

    connections   times subscribed
    acknowledged  set while the venue has confirmed what was asked for; the conversation calls
                  `acknowledge` when it hears so
    confirmed     what of it, in the conversation's words, who puts it there; another set with each
                  connection, empty while none stands
    state         never SNAPSHOT: what of the market is whole is not known here
    frames        how many came
    access         how the venue is reached, for requests beside the connection
    """

    def __init__(
        self,
        url: str,
        config: ConnectionConfig,
        conversation: Conversation,
        troubles: Troubles,
        prepare: Callable[[], Awaitable[Mapping[str, str]]] | None = None,
    ):
        """prepare: what has to be had before each connection: the headers of its opening."""
        self._prepare = prepare
        self.connections = 0
        self.frames = 0
        self.acknowledged = asyncio.Event()
        self.confirmed: set[str] = set()
        self.state = ConnectionState.CONNECTING
        self._heard_s = 0.0
        self.access = access_of(config)
        self._connect = connect_by(config.transport)
        self._socket: Socket | None = None
        self._given_up: asyncio.Future[ConnectionLost] | None = None
        self._url = url
        self._config = config
        self._conversation = conversation
        self._troubles = troubles

    @property
    def standing(self) -> tuple[int, int]:
        """How many connections are subscribed now, and of how many."""
        return int(self.acknowledged.is_set()), 1

    @property
    def sessions(self) -> list["WebSocketSession"]:
        """This one: see RedundantConnections."""
        return [self]

    @property
    def speaking(self) -> "WebSocketSession":
        return self

    def acknowledge(self) -> None:
        """The venue confirms the subscription; what it says to the next one is of no account."""
        if not self.acknowledged.is_set():
            self.connections += 1
            self.acknowledged.set()
            self.state = ConnectionState.LIVE

    def say(self, text: str) -> None:
        """At once, on the connection that stands now; without one, or on one that is at its end,
        it is lost: who reads it finds that out."""
        if self._socket is not None:
            with contextlib.suppress(SocketError):
                self._socket.say(text)

    def give_up(self, lost: ConnectionLost) -> None:
        """End the connection, if one stands: the next one begins everything anew."""
        if self._given_up is not None and not self._given_up.done():
            self._given_up.set_result(lost)

    async def run(self, *beside: asyncio.Task[None]) -> None:
        """Until cancelled. A task of `beside` that fails ends the connection like one's own.

        ConfigError at once if ca_file cannot be read; a failure after that is a lost connection.
        """
        config = self._config
        self.access.tls(self._url, anew=True)
        backoff = Backoff(config.backoff_min_ms, config.backoff_max_ms)
        while True:
            await self.access.patience.over()
            begun = time.monotonic()
            await self._connection(beside)
            if time.monotonic() - begun > config.backoff_max_ms / 1000:
                backoff.reset()
            await asyncio.sleep(backoff.next_ms() / 1000)

    async def _connection(self, beside: Sequence[asyncio.Task[None]]) -> None:
        """One connection from its beginning to its end."""
        self.state = ConnectionState.CONNECTING
        opened = await self._open()
        if isinstance(opened, ConnectionLost):
            self._lost(opened)
            return
        try:
            # What it told must not be believed while the other side takes its time to close.
            self._lost(await self._converse(opened, beside))
        finally:
            await opened.close()

    def _lost(self, lost: ConnectionLost) -> None:
        self.acknowledged.clear()
        self._troubles.failed(f"connection lost: {lost}")
        self._conversation.lost(lost.reason)
        self.state = ConnectionState.BACKING_OFF

    async def _open(self) -> Socket | ConnectionLost:
        """Whatever opening one fails with is the venue's to mend, or its network's."""
        try:
            self.access.tls(self._url, anew=True)
            async with asyncio.timeout(self._config.connect_timeout_ms / 1000):
                headers = {} if self._prepare is None else await self._prepare()
                return await self._connect(self._url, self.access, headers)
        except ConnectionLost as lost:
            return lost
        except SocketError as error:
            self.access.patience.asked(error.retry_after_s)
            return ConnectionLost(str(error))
        except Exception as error:
            late = f"not connected after {self._config.connect_timeout_ms} ms"
            return ConnectionLost(words_of(error, late))

    async def _converse(
        self, socket: Socket, beside: Sequence[asyncio.Task[None]]
    ) -> ConnectionLost:
        """Everything on an open connection: the first task that fails ends it."""
        self.state = ConnectionState.SUBSCRIBING
        self._heard_s = time.monotonic()
        self._socket = socket
        self._given_up = given_up = asyncio.get_running_loop().create_future()
        for message in self._conversation.greeting():
            self.say(message)
        parts = (self._receive(socket), self._watch())
        own = [asyncio.create_task(part) for part in parts]
        try:
            every: list[asyncio.Future[Any]] = [*own, *beside, given_up]
            done, _ = await asyncio.wait(every, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self._given_up = self._socket = None
            self.confirmed = set()
            for task in own:
                task.cancel()
            await asyncio.gather(*own, return_exceptions=True)
        for ended in done - {given_up}:
            error = ended.exception()
            if isinstance(error, ConnectionLost):
                return error
            if isinstance(error, SocketError):
                return ConnectionLost(str(error))
            if isinstance(error, (OSError, DataError)):
                return ConnectionLost(f"{type(error).__name__}: {error}")
            if error is not None:
                raise error
        return given_up.result()

    async def _receive(self, socket: Socket) -> None:
        """The hot loop; each turn of it gives the loop's other tasks theirs."""
        while True:
            frames = await socket.frames()
            self.frames += len(frames)
            self._heard_s = time.monotonic()
            if self.state is ConnectionState.STALE:
                self.state = ConnectionState.LIVE
            self._conversation.take(frames)

    async def _watch(self) -> None:
        """Ends the connection when no acknowledgement, or no frame, comes for too long."""
        config = self._config
        # Not wait_for: in Python 3.11 it loses a cancellation that comes with its result.
        try:
            async with asyncio.timeout(config.connect_timeout_ms / 1000):
                await self.acknowledged.wait()
        except TimeoutError:
            raise ConnectionLost("the subscription was not acknowledged") from None
        stale_s = config.stale_ms / 1000
        while (left_s := self._heard_s + stale_s - time.monotonic()) > 0:
            if left_s > stale_s / 2:
                # A frame that comes meanwhile only moves that half further on.
                await asyncio.sleep(left_s - stale_s / 2)
                continue
            if self.state is ConnectionState.LIVE:
                self.state = ConnectionState.STALE
                nudge = self._conversation.nudge()
                if nudge is not None:
                    self.say(nudge)
            await asyncio.sleep(left_s)
        raise ConnectionLost(f"no frame for {config.stale_ms} ms", Reason.STALE)
