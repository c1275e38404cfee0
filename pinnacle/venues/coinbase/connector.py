"""The connection to Coinbase Advanced Trade: one WebSocket, whose every frame is numbered."""

from collections.abc import Callable, Sequence

import msgspec
import numpy as np

from pinnacle.venues.coinbase.config import CoinbaseConfig
from pinnacle.venues.coinbase.stream import CoinbaseStream
from pinnacle.venues.connector import Connector
from pinnacle.venues.market.control import read_control
from pinnacle.venues.port import Sink
from pinnacle.venues.transport.troubles import Troubles
from pinnacle.venues.transport.websocket import ConnectionLost, WebSocketSession

#: Heartbeats come each second whatever the market does: without them channels are closed.
CHANNELS = ("heartbeats", "level2", "market_trades", "ticker")


class Control(msgspec.Struct, frozen=True):
    """A frame that is not of the market: of another channel, or an error."""

    channel: str = ""
    type: str = ""
    message: str = ""


_decoder = msgspec.json.Decoder(Control)
_encode = msgspec.json.Encoder().encode


def request(kind: str, channel: str, products: Sequence[str]) -> str:
    """`subscribe` or `unsubscribe`: the venue takes one channel a message."""
    return _encode({"type": kind, "product_ids": list(products), "channel": channel}).decode()


class CoinbaseConnector(Connector[CoinbaseStream]):
    """A book that is to begin anew is subscribed anew; the connection stays."""

    def __init__(
        self,
        config: CoinbaseConfig,
        instruments: np.ndarray,
        sink: Sink,
        clock: Callable[[], int] | None = None,
    ):
        troubles = Troubles("coinbase")
        stream = CoinbaseStream(instruments, None, sink, troubles.failed_of)
        super().__init__(config.ws_url, config, instruments, stream, troubles, clock)

    def subscriptions(self) -> list[str]:
        return [request("subscribe", channel, self.listed) for channel in CHANNELS]

    def control(self, frame: bytes) -> None:
        control = read_control(_decoder, frame)
        if control.type == "error":
            raise ConnectionLost(f"refused: {control.message}")
        if control.channel == "subscriptions":
            self.session.acknowledge()

    def again(self, row: int, session: WebSocketSession) -> None:
        name = self.stream.codec.names[row : row + 1]
        session.say(request("unsubscribe", "level2", name))
        session.say(request("subscribe", "level2", name))
