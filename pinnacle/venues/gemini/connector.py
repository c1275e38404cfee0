"""The connection to Gemini: one WebSocket of either of its two APIs."""

from collections.abc import Callable

import msgspec
import numpy as np

from pinnacle.venues.connector import Connector
from pinnacle.venues.gemini.config import GeminiConfig
from pinnacle.venues.gemini.stream import GeminiStream, GeminiV2Stream
from pinnacle.venues.market.control import read_control
from pinnacle.venues.port import Sink
from pinnacle.venues.transport.troubles import Troubles
from pinnacle.venues.transport.websocket import ConnectionLost

REQUEST_ID = "1"


class Refusal(msgspec.Struct, frozen=True):
    """The new API's words."""

    code: int = 0
    msg: str = ""


class Control(msgspec.Struct, frozen=True):
    """A frame that is not of the market: a heartbeat or refusal of v2, an answer of the new API."""

    type: str = ""
    result: str = ""
    reason: str = ""
    message: str = ""
    id: str = ""
    status: int = 0
    error: Refusal | None = None


_decoder = msgspec.json.Decoder(Control)
_encode = msgspec.json.Encoder().encode


class GeminiConnector(Connector[GeminiStream | GeminiV2Stream]):
    """Silence means that the connection is gone, and a book that is to begin anew another one."""

    def __init__(
        self,
        config: GeminiConfig,
        instruments: np.ndarray,
        names: list[str],
        sink: Sink,
        clock: Callable[[], int] | None = None,
    ):
        troubles = Troubles("gemini")
        kind = GeminiStream if config.api == "ws" else GeminiV2Stream
        stream = kind(instruments, names, sink, troubles.failed_of)
        super().__init__(config.url, config, instruments, stream, troubles, clock)
        self._api = config.api

    def subscriptions(self) -> list[str]:
        names = self.listed
        if self._api == "v2":
            wanted = [{"name": "l2", "symbols": names}]
            return [_encode({"type": "subscribe", "subscriptions": wanted}).decode()]
        streams = [
            f"{name.lower()}@{stream}"
            for name in names
            for stream in ("depth@100ms", "trade", "bookTicker")
        ]
        return [_encode({"id": REQUEST_ID, "method": "subscribe", "params": streams}).decode()]

    def control(self, frame: bytes) -> None:
        control = read_control(_decoder, frame)
        if control.result == "error" or control.type == "error":
            raise ConnectionLost(f"refused: {control.reason} {control.message}".rstrip())
        if control.error is not None:
            raise ConnectionLost(f"refused: {control.error.code} {control.error.msg}")
        if control.id == REQUEST_ID:
            self.session.acknowledge()
