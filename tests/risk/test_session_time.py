"""Ages and limits of the risk process when a stamp or a clock goes wrong, over a real stage."""

import pytest

from pinnacle.core.clock import Clock
from pinnacle.core.journal import Journal
from pinnacle.core.ring import RingReader, RingWriter, create_ring
from pinnacle.core.schema import EventBuffer, Kind, Reason, Source, events_pointer
from pinnacle.runtime.stage import ORDER_KINDS, REPORT_KINDS, Input, Output, Route, Stage, kind_mask
from tests.records import batch, event
from tests.risk_desk import PASSED, gate, new, only, refused, top

MS, SECOND = 10**6, 10**9
HOUR = 3600 * SECOND
AGE_NS = 100 * MS  # of the desk's gate, as its 10 messages a second and burst of 20


class Risk:
    """The gate behind its stage: journal, ring and session time, which the test moves."""

    def __init__(self, folder):
        create_ring(folder / "intents.ring", 1024, "intents")
        create_ring(folder / "orders.ring", 1024, "orders")
        create_ring(folder / "fills.ring", 1024, "fills")
        self.writer = RingWriter(folder / "intents.ring")
        self.clock = Clock()
        self.stage = Stage(
            Journal.open(folder / "log", "test", Source.RISK, 4096),
            Source.RISK,
            [Input(RingReader(folder / "intents.ring"), Source.STRATEGY)],
            [
                Output(RingWriter(folder / "orders.ring"), None, Route(kind_mask(ORDER_KINDS))),
                Output(RingWriter(folder / "fills.ring"), None, Route(kind_mask(REPORT_KINDS))),
            ],
            0,
            self.clock,
        )
        self.gate = gate(position_max="1000", open_orders_max=100)
        self.batch = EventBuffer(256)
        self.order_id = 0
        self.turn(top(recv_ns=self.now))

    @property
    def now(self) -> int:
        return self.clock.session_ns()

    def passes(self, ns: int) -> None:
        self.clock.cdata.session_offset_ns += ns

    def turn(self, *rows):
        """The decisions about one batch, sent through the ring."""
        sent = batch(*rows)
        assert self.writer.push_all(events_pointer(sent), len(sent))
        n = self.stage.take(self.batch, 0)
        return self.gate.decided(self.batch.cdata, n).copy()

    def order(self, age_ns: int = 0):
        """An order, behind the look at the book that the process takes before it judges one."""
        self.order_id += 1
        stamp = self.now - age_ns
        return only(self.turn(top(recv_ns=self.now), new(self.order_id, quantity=1, recv_ns=stamp)))

    def empty_the_bucket(self):
        for _ in range(40):
            if self.order() == refused(Reason.MESSAGE_RATE):
                return
        raise AssertionError("no limit")


@pytest.fixture(params=[HOUR, 20 * SECOND, 2 * SECOND], ids=["1 h", "20 s", "2 s"])
def misled(tmp_path, request):
    """A risk process behind one record that was stamped in the future."""
    risk = Risk(tmp_path)
    risk.empty_the_bucket()
    risk.turn(event(Kind.TIMER, recv_ns=risk.now + request.param))
    return risk


def test_the_bucket_refills_behind_a_stamp_from_the_future(misled):
    misled.passes(10 * SECOND)
    assert [misled.order() for _ in range(20)] == [PASSED] * 20


def test_a_stamp_from_the_future_mints_no_messages(misled):
    assert misled.order() == refused(Reason.MESSAGE_RATE)


def test_an_old_intent_is_refused_behind_a_stamp_from_the_future(misled):
    misled.passes(10 * SECOND)
    assert misled.order(age_ns=2 * AGE_NS) == refused(Reason.TOO_OLD)
    assert misled.order() == PASSED


def test_an_intent_that_was_stamped_in_the_future_grows_old_like_any_other(tmp_path):
    """The log, and so the gateway and every replay, holds the stamp that it was judged by."""
    risk = Risk(tmp_path)
    (passed,) = risk.turn(new(1, quantity=1, recv_ns=risk.now + HOUR))
    assert passed["recv_ns"] <= risk.now


def test_after_a_pause_of_everything_what_was_decided_before_it_is_too_old(tmp_path):
    risk = Risk(tmp_path)
    before = risk.now
    risk.passes(300 * SECOND)
    risk.turn(event(Kind.TIMER, recv_ns=risk.now))
    late = only(risk.turn(new(1, quantity=1, recv_ns=before)))
    assert late == refused(Reason.TOO_OLD)
    assert risk.order() == PASSED
