"""The connection to Bitstamp: one WebSocket, a channel an instrument and kind, fetched books."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec
import numpy as np

from pinnacle.venues.bitstamp.config import BitstampConfig
from pinnacle.venues.bitstamp.stream import BitstampStream
from pinnacle.venues.connector import FetchingConnector
from pinnacle.venues.market.control import read_control
from pinnacle.venues.port import Sink
from pinnacle.venues.transport.troubles import Troubles
from pinnacle.venues.transport.websocket import ConnectionLost, WebSocketSession


class Control(msgspec.Struct, frozen=True):
    """A frame that is not of the market."""

    event: str
    channel: str = ""
    data: Any = None


_decoder = msgspec.json.Decoder(Control)
_encode = msgspec.json.Encoder().encode


def request(event: str, channel: str) -> str:
    """`bts:subscribe` to a channel."""
    return _encode({"event": event, "data": {"channel": channel}}).decode()


class BitstampConnector(FetchingConnector[BitstampStream]):
    """A connection that the venue asks to begin anew does so at once."""

    def __init__(
        self,
        config: BitstampConfig,
        instruments: np.ndarray,
        names: list[str],
        sink: Sink,
        clock: Callable[[], int] | None = None,
    ):
        troubles = Troubles("bitstamp")
        by_order = config.book == "live_orders"
        stream = BitstampStream(instruments, names, sink, troubles.failed_of, by_order)
        super().__init__(
            config.ws_url,
            config,
            instruments,
            stream,
            troubles,
            clock,
            config.snapshot_timeout_ms,
            config.connections,
        )
        self._config = config
        self._kinds = (f"{config.book}_", "live_trades_")

    def subscriptions(self) -> list[str]:
        channels = (channel for row in self.stream.rows for channel in self.channels_of(row))
        return [request("bts:subscribe", channel) for channel in channels]

    def control(self, frame: bytes) -> None:
        control = read_control(_decoder, frame)
        if control.event == "bts:subscription_succeeded":
            self.session.acknowledge()
            self.confirm([control.channel])
        elif control.event == "bts:request_reconnect":
            raise ConnectionLost("the venue asks for another connection")
        elif control.event == "bts:error":
            self._refused(control)

    def nudge(self) -> str:
        return _encode({"event": "bts:heartbeat"}).decode()

    def request_of(self, symbol: str) -> tuple[str, Mapping[str, str | int]]:
        url = f"{self._config.rest_url}/api/v2/order_book/{symbol}/"
        return url, {"group": 2} if self._config.book == "live_orders" else {}

    def channels_of(self, row: int) -> Sequence[str]:
        name = self.stream.codec.names[row]
        return [kind + name for kind in self._kinds]

    def again(self, row: int, session: WebSocketSession) -> None:
        for channel in self.channels_of(row):
            if channel not in session.confirmed:
                session.say(request("bts:subscribe", channel))

    def _refused(self, control: Control) -> None:
        words = control.data.get("message", "") if isinstance(control.data, dict) else ""
        for row, name in enumerate(self.stream.codec.names):
            if control.channel.endswith(f"_{name}"):
                session = self.session.speaking
                self.refused(row, session, f"{control.channel}: {words or 'refused'}")
                return
        self._troubles.failed_of("the subscription", words or "refused")
