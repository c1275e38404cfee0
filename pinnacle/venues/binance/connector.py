"""The connection to Binance: one WebSocket, REST snapshots."""

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from pinnacle.venues.binance.config import BinanceConfig
from pinnacle.venues.binance.control import decode_control, encode_subscribe, stream_names
from pinnacle.venues.binance.stream import BinanceStream
from pinnacle.venues.connector import FetchingConnector
from pinnacle.venues.port import Sink, Top
from pinnacle.venues.transport.troubles import Troubles
from pinnacle.venues.transport.websocket import ConnectionLost

REQUEST_ID = 1


class BinanceConnector(FetchingConnector[BinanceStream]):
    """With `top_of` a book that differs from the venue's own best prices begins anew."""

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
        troubles = Troubles("binance")
        stream = BinanceStream(instruments, sink, troubles.failed_of, config.depth_limit, rows_top)
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

    def subscriptions(self) -> list[str]:
        """One for all streams."""
        streams = [name for row in self.stream.rows for name in self.channels_of(row)]
        return [encode_subscribe(tuple(streams), REQUEST_ID)]

    def control(self, frame: bytes) -> None:
        control = decode_control(frame)
        if control.refusal is not None:
            raise ConnectionLost(f"refused: {control.refusal.code} {control.refusal.msg}")
        if control.e == "serverShutdown":
            raise ConnectionLost("the venue announces that it shuts this connection down")
        if control.id == REQUEST_ID:
            self.session.acknowledge()
            self.confirm([name for row in self.stream.rows for name in self.channels_of(row)])

    def channels_of(self, row: int) -> Sequence[str]:
        return stream_names(self.stream.codec.names[row])

    def request_of(self, symbol: str) -> tuple[str, Mapping[str, str | int]]:
        config = self._config
        query: dict[str, str | int] = {"symbol": symbol, "limit": config.depth_limit}
        return f"{config.rest_url}/api/v3/depth", query
