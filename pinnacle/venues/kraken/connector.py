"""The connection to Kraken: one WebSocket v2, books with checksums."""

from collections.abc import Callable

import numpy as np

from pinnacle.venues.connector import Connector
from pinnacle.venues.kraken.config import KrakenConfig
from pinnacle.venues.kraken.control import PING, decode_control, request
from pinnacle.venues.kraken.stream import KrakenStream
from pinnacle.venues.port import Sink
from pinnacle.venues.transport.troubles import Troubles
from pinnacle.venues.transport.websocket import WebSocketSession


class KrakenConnector(Connector[KrakenStream]):
    """A book that is to begin anew is subscribed anew; the connection stays."""

    def __init__(
        self,
        config: KrakenConfig,
        instruments: np.ndarray,
        names: list[str],
        sink: Sink,
        clock: Callable[[], int] | None = None,
    ):
        troubles = Troubles("kraken")
        stream = KrakenStream(instruments, names, sink, troubles.failed_of, config.depth)
        super().__init__(config.ws_url, config, instruments, stream, troubles, clock)
        self._depth = config.depth

    def subscriptions(self) -> list[str]:
        names = self.stream.codec.names
        return [
            request("subscribe", "book", names, depth=self._depth),
            request("subscribe", "trade", names, snapshot=False),
            request("subscribe", "ticker", names, event_trigger="bbo"),
        ]

    def control(self, frame: bytes) -> None:
        control = decode_control(frame)
        if control.method != "subscribe":
            return
        if control.success:
            self.session.acknowledge()
        elif control.symbol in self.stream.codec.names:
            row = self.stream.codec.names.index(control.symbol)
            self.refused(row, self.session.speaking, control.error)
        else:
            self._troubles.failed_of("the subscription", control.error or "refused")

    def again(self, row: int, session: WebSocketSession) -> None:
        name = self.stream.codec.names[row : row + 1]
        session.say(request("unsubscribe", "book", name, depth=self._depth))
        session.say(request("subscribe", "book", name, depth=self._depth))

    def nudge(self) -> str:
        return PING
