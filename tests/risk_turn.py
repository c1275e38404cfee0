"""One risk process's turn in C, over a ring, a journal and shared books."""

from pathlib import Path

import numpy as np

from pinnacle.core._native import ffi, lib
from pinnacle.core.book import SharedBookReader, SharedBookWriter, create_shared_book
from pinnacle.core.clock import Clock
from pinnacle.core.journal import Journal
from pinnacle.core.journal_reader import JournalReader
from pinnacle.core.ring import RingReader, RingWriter, create_ring
from pinnacle.core.schema import EventBuffer, Source, events_pointer
from pinnacle.risk.process import risk_turn
from pinnacle.runtime.stage import ORDER_KINDS, Input, Output, Route, Stage, kind_mask
from tests.records import batch, book_of
from tests.risk_desk import ASK, BID, gate

BATCH = 512


class RiskTurn:
    """struct pmm_risk_turn and what it points to; all instruments share the one book."""

    def __init__(self, folder: Path, instrument_count: int = 1, orders: int = 64):
        create_ring(folder / "intents.ring", 64, "intents")
        create_ring(folder / "orders.ring", orders, "orders")
        create_shared_book(folder / "book", 0, 4096, 64, "X")
        self.log_folder = folder / "log"
        self.intents = RingWriter(folder / "intents.ring")
        self.orders = RingReader(folder / "orders.ring")
        self.writer = SharedBookWriter(folder / "book")
        self.reader = SharedBookReader(folder / "book")
        self.clock = Clock()
        self.stage = Stage(
            Journal.open(self.log_folder, "test", Source.RISK, 4096),
            Source.RISK,
            [Input(RingReader(folder / "intents.ring"), Source.STRATEGY)],
            [Output(RingWriter(folder / "orders.ring"), None, Route(kind_mask(ORDER_KINDS)))],
            0,
            self.clock,
        )
        symbols = ("X", *(f"X{i}" for i in range(1, instrument_count)))
        self.gate = gate(symbols, open_orders_max=100, intent_age_max_ms=60_000)
        self.batch = EventBuffer(BATCH)
        self.histogram = ffi.new("struct pmm_histogram *")
        books = [self.reader] * instrument_count
        self.cdata = risk_turn(self.stage, self.gate, books, self.batch)
        self.cdata.clock = self.clock.cdata

    def quote(self, bid: int = BID, ask: int = ASK) -> int:
        """The book's touch, five and seven lots; the stamp that it has."""
        stamp = self.clock.session_ns()
        self.writer.apply_array(book_of([(bid, 5)], [(ask, 7)], recv_ns=stamp))
        return stamp

    def send(self, *rows: np.ndarray) -> None:
        """What the strategy sends now."""
        sent = batch(*rows)
        sent["recv_ns"] = self.clock.session_ns()
        assert self.intents.push_all(events_pointer(sent), len(sent))

    def run(self, *own: np.ndarray) -> int:
        """One turn over what was sent, behind these records of its own."""
        for i, row in enumerate(own):
            self.batch.array[i] = row[0]
        return lib.pmm_risk_run_turn(self.cdata, len(own))

    def log(self) -> np.ndarray:
        return np.concatenate(list(JournalReader(self.log_folder).chunks()))
