"""The connection to Coinbase Exchange's public feed: one WebSocket, books every 50 ms."""

from collections.abc import Callable, Sequence

import msgspec
import numpy as np

from pinnacle.venues.codec import FrameError, excerpt
from pinnacle.venues.coinbase_exchange.config import CoinbaseExchangeConfig
from pinnacle.venues.coinbase_exchange.stream import CoinbaseExchangeStream
from pinnacle.venues.connector import Connector
from pinnacle.venues.port import Sink
from pinnacle.venues.transport.troubles import Troubles
from pinnacle.venues.transport.websocket import ConnectionLost

#: What the venue gives to who has no key: level2 and full are for those who have one.
BOOKS = "level2_batch"
CHANNELS = ("heartbeat", BOOKS, "matches", "ticker")


class Control(msgspec.Struct, frozen=True):
    """A frame that is not of the market."""

    type: str
    message: str = ""
    reason: str = ""


_decode = msgspec.json.Decoder(Control).decode
_encode = msgspec.json.Encoder().encode


def request(kind: str, channels: Sequence[str], products: Sequence[str]) -> str:
    """`subscribe` or `unsubscribe`."""
    body = {"type": kind, "product_ids": list(products), "channels": list(channels)}
    return _encode(body).decode()


class CoinbaseExchangeConnector(Connector[CoinbaseExchangeStream]):
    """A book that is to begin anew is subscribed anew; the connection stays."""

    def __init__(
        self,
        config: CoinbaseExchangeConfig,
        instruments: np.ndarray,
        sink: Sink,
        clock: Callable[[], int] | None = None,
    ):
        troubles = Troubles("coinbase_exchange")
        stream = CoinbaseExchangeStream(instruments, None, sink, troubles.failed_of)
        super().__init__(config.ws_url, config, instruments, stream, troubles, clock)

    def subscriptions(self) -> list[str]:
        return [request("subscribe", CHANNELS, self.stream.codec.names)]

    def control(self, frame: bytes) -> None:
        try:
            control = _decode(frame)
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            raise FrameError(f"unreadable control frame: {error}: {excerpt(frame)}") from None
        if control.type == "error":
            raise ConnectionLost(f"refused: {control.message} {control.reason}".rstrip())
        if control.type == "subscriptions":
            self.session.acknowledge()

    def again(self, row: int) -> None:
        name = self.stream.codec.names[row : row + 1]
        self.session.say(request("unsubscribe", [BOOKS], name))
        self.session.say(request("subscribe", [BOOKS], name))
