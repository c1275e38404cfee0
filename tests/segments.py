"""A session's segments for tests of those who read them: made, owned and filled by the test."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pinnacle.core._native import ffi, lib
from pinnacle.core.bell import Bell, Control, ProcessState, create_bell, create_control
from pinnacle.core.book import SharedBookWriter, create_shared_book
from pinnacle.core.counters import Counters, create_counters
from pinnacle.core.instruments import write_table
from pinnacle.core.journal import Journal
from pinnacle.core.notices import Notices, create_notices
from pinnacle.core.paths import ROLES, SessionPaths
from pinnacle.core.rows import PositionsWriter, QuotesWriter, create_positions, create_quotes
from pinnacle.core.schema import Flag, Kind, Reason, Side, Source
from pinnacle.core.segment import Mode
from tests.records import batch, book_of, event, instruments

SYMBOLS = ("BTC-USD", "ETH-USD")
FILL_NS = 1_700_000_000_123_000_000
#: Tick 0.01, lot 0.001: so many ticks x lots make one unit of money.
MONEY = 100_000


def show_quote(writer: QuotesWriter, i: int, **values: int) -> None:
    """What a strategy shows of instrument i."""
    row = ffi.new("struct pmm_quote_shown *", values)
    assert lib.pmm_rows_put(writer.handle, i, row, ffi.sizeof(row[0])) == 0


class Segments:
    """Every segment of a session, and the writers of all that the test does not leave out."""

    def __init__(self, folder: Path, owned: tuple[str, ...] = ROLES):
        self.paths = SessionPaths.of(str(folder / "run"), str(folder / "data"), "demo")
        self.paths.runtime.mkdir(parents=True)
        self.paths.data.mkdir(parents=True)
        self.instruments = instruments(*SYMBOLS)
        write_table(self.paths.instruments, self.instruments)
        create_control(self.paths.control)
        for role in ROLES:
            create_bell(self.paths.process(role), role)
            create_counters(self.paths.counters(role), 64, 8, role)
        for teller in (*ROLES, "supervisor"):
            create_notices(self.paths.notices(teller), teller)
        create_positions(self.paths.positions, len(SYMBOLS), "risk")
        create_quotes(self.paths.quotes("strategy"), len(SYMBOLS), "strategy")
        self.paths.monitor_address.touch()
        for instrument in self.instruments:
            path = self.paths.book(instrument.label)
            create_shared_book(path, instrument.instrument_id, 4096, 256, instrument.label)
        self.control = Control(self.paths.control, Mode.SHARED)
        self.bells = {role: Bell(self.paths.process(role), Mode.OWN) for role in owned}
        self.counters = {role: Counters(self.paths.counters(role)) for role in owned}
        self.books = [SharedBookWriter(self.paths.book(i.label)) for i in self.instruments]
        self.positions = PositionsWriter(self.paths.positions)
        self.quotes = QuotesWriter(self.paths.quotes("strategy"))
        self._positions_shown: Any = ffi.new("struct pmm_position_shown[]", len(SYMBOLS))
        self.journal: Journal | None = None

    def close(self) -> None:
        opened = (*self.bells.values(), *self.counters.values(), *self.books)
        for segment in (*opened, self.positions, self.quotes, self.control):
            segment.close()
        if self.journal is not None:
            self.journal.close()

    def ready(self) -> None:
        """Every owned process says that it is ready."""
        for bell in self.bells.values():
            bell.segment.beat()
            bell.set_state(ProcessState.READY)

    def silence(self, role: str) -> None:
        """It is alive, but its heart last beat when the machine booted: it is hung."""
        header: Any = self.bells[role].handle.segment.header
        header.heartbeat_ns = 1

    def tell(self, teller: str, level: int, text: str) -> None:
        """Let a process say something."""
        with Notices(self.paths.notices(teller)) as notices:
            notices.put(level, text)

    def count(self, role: str, **values: int) -> None:
        """Set counters."""
        self.counters[role].show(**values)

    def show_position(
        self, i: int, refused: Mapping[Reason, int] | None = None, **values: int
    ) -> None:
        """What risk shows of instrument i; what is not named stays as it was shown."""
        row = self._positions_shown[i]
        for reason, count in (refused or {}).items():
            row.refused[reason] = count
        for name, value in values.items():
            setattr(row.position, name, value)
        assert lib.pmm_rows_put(self.positions.handle, i, ffi.addressof(row), ffi.sizeof(row)) == 0

    def show_quote(self, i: int, **values: int) -> None:
        """What the strategy shows of instrument i."""
        show_quote(self.quotes, i, **values)

    def fill_all(self) -> None:
        """A plausible session: books, a long and a short position, quotes, latencies, refusals."""
        self.ready()
        self.books[0].apply_array(book_of([(1000000, 1500), (999990, 20)], [(1000003, 700)]))
        self.books[1].apply_array(book_of([(200000, 40)], [(200001, 50)], instrument_id=1))
        self.show_quote(0, bid_price=999990, ask_price=1000003)
        self.show_position(
            0,
            position=2500,
            realised=12 * MONEY,
            unrealised=-3 * MONEY,
            fees=-1 * MONEY,
            open_orders=2,
            bid_fills=5,
            ask_fills=4,
            turnover=99 * MONEY,
            refused={Reason.PRICE_COLLAR: 3},
        )
        self.show_position(1, position=-100, realised=MONEY // 4, fees=MONEY)
        histogram = self.counters["risk"].histogram("tick_to_order")
        for value_ns in (20_000, 21_000, 40_000, 900_000):
            histogram.record(value_ns)
        self.count("feed", published=1234, gaps=1, overflows=0)

    def journal_fills(self, first: int, count: int, instrument_id: int = 0) -> None:
        """Append fills with prices `first` ticks and on, each also as risk's own decision."""
        if self.journal is None:
            self.journal = Journal.open(self.paths.journal("risk"), "demo", Source.RISK, 64)
        rows = []
        for price in range(first, first + count):
            side = Side.BID if price % 2 else Side.ASK
            fields = {
                "instrument_id": instrument_id,
                "recv_ns": FILL_NS + price,
                "side": side,
                "price": price,
                "quantity": 20,
            }
            rows.append(event(Kind.FILL, flags=Flag.MAKER | Flag.BATCH_END, **fields))
            rows.append(event(Kind.FILL, flags=Flag.MAKER | Flag.DECISION, **fields))
            rows.append(event(Kind.TIMER, recv_ns=FILL_NS))
        self.journal.append_array(batch(*rows))
