"""The connection to Coinbase Exchange's feed: one WebSocket, and books of orders by request."""

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec
import numpy as np

from pinnacle.core.credentials import Credentials
from pinnacle.core.errors import ConfigError
from pinnacle.venues.coinbase_exchange.config import CoinbaseExchangeConfig
from pinnacle.venues.coinbase_exchange.signing import FIELDS, signed
from pinnacle.venues.coinbase_exchange.stream import CoinbaseExchangeStream
from pinnacle.venues.connector import Connector, FetchingConnector
from pinnacle.venues.market.control import read_control
from pinnacle.venues.port import Sink
from pinnacle.venues.transport.troubles import Troubles
from pinnacle.venues.transport.websocket import ConnectionLost, WebSocketSession

#: Besides the books; `full` has the trades in it.
BESIDE_LEVELS = ("heartbeat", "matches", "ticker")
BESIDE_ORDERS = ("heartbeat", "ticker")
#: Of single orders.
_BOOK = "full"


class Channel(msgspec.Struct, frozen=True):
    name: str = ""
    product_ids: list[str] = []


class Control(msgspec.Struct, frozen=True):
    """A frame that is not of the market."""

    type: str
    message: str = ""
    reason: str = ""
    channels: list[Channel] = []

    def products(self, channel: str) -> list[str]:
        """Of an answer: which are subscribed to."""
        return [name for one in self.channels if one.name == channel for name in one.product_ids]


_decoder = msgspec.json.Decoder(Control)
_encode = msgspec.json.Encoder().encode


class Speaker:
    """What is said to the venue, signed where it asks for a key."""

    def __init__(self, config: CoinbaseExchangeConfig, credentials: Credentials | None = None):
        if config.signed and credentials is None:
            raise ConfigError(f'key: the venue gives "{config.book}" only to who has one')
        self._book = config.book
        self._credentials = credentials if config.signed else None

    def request(self, kind: str, channels: Sequence[str], products: Sequence[str]) -> str:
        """`subscribe` or `unsubscribe`."""
        body: dict[str, Any] = {"type": kind, "product_ids": list(products)}
        body["channels"] = list(channels)
        if self._credentials is not None and kind == "subscribe" and self._book in channels:
            body |= signed(self._credentials, str(int(time.time())))
        return _encode(body).decode()


def shown(request: str) -> str:
    """A request without what is nobody's business."""
    body = msgspec.json.decode(request)
    return _encode({name: body[name] for name in body if name not in FIELDS}).decode()


def heard(frame: bytes) -> Control:
    """A frame that is not of the market; ConnectionLost with the venue's words if it refuses."""
    control = read_control(_decoder, frame)
    if control.type == "error":
        raise ConnectionLost(f"refused: {control.message} {control.reason}".rstrip())
    return control


class CoinbaseExchangeConnector(Connector[CoinbaseExchangeStream]):
    """Books of levels. One that is to begin anew is subscribed anew; the connection stays."""

    def __init__(
        self,
        config: CoinbaseExchangeConfig,
        instruments: np.ndarray,
        sink: Sink,
        clock: Callable[[], int] | None = None,
        credentials: Credentials | None = None,
    ):
        self._book, self._speaker = config.book, Speaker(config, credentials)
        troubles = Troubles("coinbase_exchange")
        stream = CoinbaseExchangeStream(instruments, None, sink, troubles.failed_of, orders=False)
        super().__init__(config.ws_url, config, instruments, stream, troubles, clock)

    def subscriptions(self) -> list[str]:
        channels = (self._book, *BESIDE_LEVELS)
        return [self._speaker.request("subscribe", channels, self.listed)]

    def shown(self, said: list[str]) -> list[str]:
        return [shown(request) for request in said]

    def control(self, frame: bytes) -> None:
        if heard(frame).type == "subscriptions":
            self.session.acknowledge()

    def again(self, row: int, session: WebSocketSession) -> None:
        name = self.stream.codec.names[row : row + 1]
        for kind in ("unsubscribe", "subscribe"):
            session.say(self._speaker.request(kind, [self._book], name))


class CoinbaseExchangeOrdersConnector(FetchingConnector[CoinbaseExchangeStream]):
    """Books of single orders: the channel `full`, and a book of each product by request."""

    def __init__(
        self,
        config: CoinbaseExchangeConfig,
        instruments: np.ndarray,
        sink: Sink,
        clock: Callable[[], int] | None = None,
        credentials: Credentials | None = None,
    ):
        self._rest_url, self._speaker = config.rest_url, Speaker(config, credentials)
        troubles = Troubles("coinbase_exchange")
        stream = CoinbaseExchangeStream(instruments, None, sink, troubles.failed_of, orders=True)
        timeout_ms = config.snapshot_timeout_ms
        super().__init__(config.ws_url, config, instruments, stream, troubles, clock, timeout_ms)

    def subscriptions(self) -> list[str]:
        channels = (_BOOK, *BESIDE_ORDERS)
        return [self._speaker.request("subscribe", channels, self.listed)]

    def shown(self, said: list[str]) -> list[str]:
        return [shown(request) for request in said]

    def control(self, frame: bytes) -> None:
        control = heard(frame)
        if control.type == "subscriptions":
            self.session.acknowledge()
            self.confirm(control.products(_BOOK))

    def channels_of(self, row: int) -> Sequence[str]:
        return [self.stream.codec.names[row]]

    def again(self, row: int, session: WebSocketSession) -> None:
        session.say(self._speaker.request("subscribe", [_BOOK], self.channels_of(row)))

    def request_of(self, symbol: str) -> tuple[str, Mapping[str, str | int]]:
        return f"{self._rest_url}/products/{symbol}/book", {"level": 3}
