"""Several WebSockets on which a venue says the same: what comes first is taken.

To its conversation they are one connection. When one of them is lost, what it alone has confirmed
is; everything is when the last of them is.
"""

import asyncio
from collections.abc import Sequence

from pinnacle.core.market_state import ConnectionState
from pinnacle.venues.transport.access import access_of
from pinnacle.venues.transport.config import ConnectionConfig
from pinnacle.venues.transport.troubles import Troubles
from pinnacle.venues.transport.websocket import ConnectionLost, Conversation, WebSocketSession


class RedundantConnections:
    """As a WebSocketSession, of `count` of them.

    connections   how often it was subscribed with no other standing
    sessions      all of them
    speaking      the one whose frames are being taken
    """

    def __init__(
        self,
        url: str,
        config: ConnectionConfig,
        conversation: Conversation,
        troubles: Troubles,
        count: int,
    ):
        self.connections = 0
        self.acknowledged = asyncio.Event()
        self.access = access_of(config)
        self._conversation = conversation
        self.sessions: list[WebSocketSession] = []
        for _ in range(count):
            one = _Connection(self, conversation)
            one.session = WebSocketSession(url, config, one, troubles)
            self.sessions.append(one.session)
        #: Whose frames are being taken.
        self.speaking: WebSocketSession

    @property
    def frames(self) -> int:
        """How many came on all of them."""
        return sum(session.frames for session in self.sessions)

    @property
    def state(self) -> ConnectionState:
        """The best one's."""
        return max(session.state for session in self.sessions)

    @property
    def standing(self) -> tuple[int, int]:
        """How many connections are subscribed now, and of how many."""
        stand = sum(session.acknowledged.is_set() for session in self.sessions)
        return stand, len(self.sessions)

    def acknowledge(self) -> None:
        """Of the connection whose frames are being taken."""
        self.speaking.acknowledge()
        if not self.acknowledged.is_set():
            self.connections += 1
            self.acknowledged.set()

    def give_up(self, lost: ConnectionLost) -> None:
        """End every one."""
        for session in self.sessions:
            session.give_up(lost)

    async def run(self, *beside: asyncio.Task[None]) -> None:
        """As a WebSocketSession's."""
        tasks = [asyncio.create_task(session.run(*beside)) for session in self.sessions]
        try:
            await asyncio.gather(*tasks)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    def lost(self, reason: int) -> None:
        """One is: the conversation looks at what the others have confirmed."""
        if not any(session.acknowledged.is_set() for session in self.sessions):
            self.acknowledged.clear()
        self._conversation.lost(reason)


class _Connection(Conversation):
    """What is said on one of them."""

    session: WebSocketSession

    def __init__(self, all_of_them: RedundantConnections, conversation: Conversation):
        self._all = all_of_them
        self._conversation = conversation

    def greeting(self) -> Sequence[str]:
        return self._conversation.greeting()

    def take(self, frames: Sequence[bytes]) -> None:
        self._all.speaking = self.session
        self._conversation.take(frames)

    def nudge(self) -> str | None:
        return self._conversation.nudge()

    def lost(self, reason: int) -> None:
        self._all.lost(reason)
