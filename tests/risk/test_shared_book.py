"""What risk cannot read of the shared book goes into the log as STALE, and judges nothing."""

import pytest

from pinnacle.core._native import ffi, lib
from pinnacle.core.book import SharedBookReader, SharedBookWriter, create_shared_book
from pinnacle.core.clock import Clock
from pinnacle.core.journal import Journal
from pinnacle.core.journal_reader import JournalReader
from pinnacle.core.ring import RingReader, RingWriter, create_ring
from pinnacle.core.schema import EventBuffer, Flag, Kind, Reason, Source, events_pointer
from pinnacle.core.stage import Input, Stage
from tests.records import batch, book_of, event
from tests.risk.test_gate import gate, new


class Turn:
    """One risk process's turn in C, over a ring, a journal and a shared book."""

    def __init__(self, folder):
        create_ring(folder / "intents.ring", 64, "intents")
        create_shared_book(folder / "book", 0, 4096, 64, "X")
        self.log = folder / "log"
        self.intents = RingWriter(folder / "intents.ring")
        self.writer = SharedBookWriter(folder / "book")
        self.reader = SharedBookReader(folder / "book")
        self.clock = Clock()
        inputs = [Input(RingReader(folder / "intents.ring"), Source.STRATEGY)]
        journal = Journal.open(self.log, "test", Source.RISK, 4096)
        self.stage = Stage(journal, Source.RISK, inputs, [], 0, self.clock)
        self.gate, self.batch = gate(), EventBuffer(256)
        self.cdata = ffi.new("struct pmm_risk_turn *")
        turn = self.cdata
        turn.stage, turn.risk = self.stage.cdata, self.gate.book.cdata
        turn.clock, turn.batch, turn.batch_max = self.clock.cdata, self.batch.cdata, 256
        turn.decisions = self.gate.decisions.cdata
        turn.decisions_max = self.gate.decisions.capacity
        turn.instrument_count = 1
        turn.books[0] = self.reader.cdata

    def judge(self):
        """(the look at the book, the decision) of one order."""
        sent = batch(new(1, quantity=1, recv_ns=self.clock.session_ns()))
        assert self.intents.push_all(events_pointer(sent), 1)
        assert lib.pmm_risk_run_turn(self.cdata, 0) == 2
        look, _, decision = next(iter(JournalReader(self.log).chunks()))[:3]
        assert look["kind"] == Kind.TOP
        return look, decision


@pytest.fixture
def turn(tmp_path):
    made = Turn(tmp_path)
    made.writer.apply_array(book_of([(10_000, 5)], [(10_010, 5)], recv_ns=made.clock.session_ns()))
    return made


def test_a_good_book_is_a_reference(turn):
    look, decision = turn.judge()
    assert not look["flags"] & Flag.STALE
    assert decision["kind"] == Kind.NEW


def invalid(turn):
    turn.writer.apply_array(event(Kind.BOOK_INVALID, reason=Reason.DISCONNECTED))


def absent(turn):
    turn.cdata.books[0] = ffi.NULL


def left_inside(turn):
    """Its writer died in the middle of a change: the sequence stays odd."""
    ffi.cast("uint64_t *", turn.writer.cdata)[0] += 1


@pytest.mark.parametrize("harm", [invalid, absent, left_inside])
def test_a_book_that_cannot_be_read_is_no_reference(turn, harm):
    harm(turn)
    look, decision = turn.judge()
    assert look["flags"] & Flag.STALE
    assert (decision["kind"], decision["reason"]) == (Kind.REJECTED, Reason.NO_REFERENCE)
