"""Writes what a venue sends, as it sends it, with the books that are fetched beside the stream.

The real connector does the talking, so that what is recorded is what a session would have had: it
subscribes, fetches, answers pings and begins anew. Each line is one of

    {"t":"header","venue":"kraken","symbols":["BTC/USD"],"format":1}
    {"t":"connect","ns":...,"addr":"wss://..."}      {"t":"send","ns":...,"data":"..."}
    {"t":"recv","ns":...,"data":"..."}               {"t":"http","ns":...,"url":"...","data":"..."}

with times in UTC ns. A packed file is a run of whole zstd frames, one a second: whoever is killed
loses that second.
"""

import asyncio
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import IO, Any

import msgspec
import numpy as np
import zstandard

from pinnacle.core.credentials import Credentials
from pinnacle.core.errors import UsageError
from pinnacle.core.schema import INSTRUMENT
from pinnacle.venues.connector import Connector
from pinnacle.venues.port import VenueKind

FLUSH_S = 1.0
#: What waits for its second, at most: then it is written at once.
WAITING_MAX = 1 << 22
#: Of lots that nothing depends on.
RECORD_LOT_DECIMALS = 2
_encode = msgspec.json.Encoder().encode


class RecordFile:
    """One file, packed with zstd if its name ends so; nobody else's is written over."""

    def __init__(self, path: Path):
        self.path = path
        self.written = 0
        self._packed = path.suffix == ".zst"
        self._waiting: list[bytes] = []
        self._bytes = 0
        try:
            self._file: IO[bytes] = path.open("xb", buffering=0)
        except FileExistsError:
            raise UsageError(f"{path}: is there already: it stays") from None
        except OSError as error:
            raise UsageError(f"{path}: {error.strerror}") from None

    def line(self, **values: Any) -> None:
        text = _encode(values)
        self._waiting.append(text)
        self._bytes += len(text)
        if self._bytes > WAITING_MAX:
            self.flush()

    def flush(self) -> None:
        """What waits is in the file, in one write of its own."""
        if not self._waiting:
            return
        text = b"\n".join(self._waiting) + b"\n"
        self._waiting.clear()
        self._bytes = 0
        packed = zstandard.ZstdCompressor(level=9).compress(text) if self._packed else text
        view = memoryview(packed)
        while view:
            view = view[self._file.write(view) :]
        self.written += len(packed)

    def close(self) -> None:
        self.flush()
        self._file.close()


class Recorder:
    """Records the market of `symbols`, as the venue or a session calls them, until cancelled.

    rotate_bytes: a file that is as long is followed by another, `name.2.zst`, which begins with a
    connection of its own, so that it can be read alone; None: never. UsageError if the venue's
    frames cannot be had, or the file is there already.
    """

    def __init__(
        self,
        kind: VenueKind[Any],
        config: Any,
        symbols: Sequence[str],
        path: Path,
        rotate_bytes: int | None = None,
        now_ns: Callable[[], int] = time.time_ns,
        credentials: Credentials | None = None,
    ):
        if getattr(config, "connections", 1) > 1:
            raise UsageError("connections: a recording is of one")
        if path.suffix == ".gz":
            raise UsageError(f"{path}: a recording is packed as .zst, or not at all")
        self.frames = 0
        self.files = [path]
        self._kind = kind
        self._symbols = list(symbols)
        self._rotate_bytes = rotate_bytes
        self._now_ns = now_ns
        self._file = self._begun(path)
        given = (_unread, now_ns, lambda _: None, credentials)
        market = kind.market_data(config, self._table(), *given)
        if not isinstance(market, Connector):
            raise UsageError(f"{kind.name}: its frames are its own: it cannot be recorded")
        self.market: Connector[Any] = market
        market.listener = self

    async def run(self) -> None:
        """ConfigError for what no attempt could mend."""
        flushing = asyncio.create_task(self._keep_flushing())
        try:
            await self.market.run()
        finally:
            flushing.cancel()
            await asyncio.gather(flushing, return_exceptions=True)
            self._file.close()
            if not self.frames:
                self._file.path.unlink()
                self.files.pop()

    def missing(self) -> list[str]:
        """Symbols of which no whole book came."""
        begun = (tally.snapshots > 0 for tally in self.market.stream.tallies)
        return [symbol for symbol, was in zip(self._symbols, begun, strict=True) if not was]

    def _table(self) -> np.ndarray:
        """Instruments in the finest steps that the venue writes; lots are coarser where nothing is
        judged by them, for the quantities of nearly worthless coins overflow the finest."""
        table = np.zeros(len(self._symbols), INSTRUMENT)
        table["symbol"] = [symbol.encode() for symbol in self._symbols]
        table["instrument_id"] = range(len(table))
        table["venue_id"] = self._kind.venue_id
        table["tick_mantissa"] = table["lot_mantissa"] = table["quantity_min"] = 1
        dialect = self._kind.dialect()
        table["tick_decimals"], table["lot_decimals"] = dialect.decimals
        if not dialect.exact_lots:
            table["lot_decimals"] = RECORD_LOT_DECIMALS
        return table

    def _begun(self, path: Path) -> RecordFile:
        file = RecordFile(path)
        names = [self._kind.name_of(symbol) for symbol in self._symbols]
        file.line(t="header", venue=self._kind.name, symbols=names, format=1)
        return file

    def connected(self, url: str, said: Sequence[str]) -> None:
        if self._is_long():
            self._go_on()
        self._file.line(t="connect", ns=self._now_ns(), addr=url)
        for text in said:
            self._file.line(t="send", ns=self._now_ns(), data=text)

    def took(self, frames: Sequence[bytes]) -> None:
        now = self._now_ns()
        self.frames += len(frames)
        for frame in frames:
            self._file.line(t="recv", ns=now, data=frame.decode(errors="replace"))

    def fetched(self, url: str, body: bytes) -> None:
        text = body.decode(errors="replace")
        self._file.line(t="http", ns=self._now_ns(), url=url, data=text)

    async def _keep_flushing(self) -> None:
        while True:
            await asyncio.sleep(FLUSH_S)
            self._file.flush()
            if self._is_long():
                self.market.begin_anew("the recording goes on in another file")

    def _is_long(self) -> bool:
        return self._rotate_bytes is not None and self._file.written >= self._rotate_bytes

    def _go_on(self) -> None:
        """In another file."""
        self._file.close()
        first = self.files[0]
        path = first.with_name(f"{first.stem}.{len(self.files) + 1}{first.suffix}")
        self._file = self._begun(path)
        self.files.append(path)


def _unread(events: Any, count: int) -> None:
    """Records are not what is kept."""
