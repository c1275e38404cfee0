"""The kill word is read before every send: what was decided an instant before it is not sent."""

import pytest

from pinnacle.core.bell import Control
from pinnacle.core.config import JournalConfig
from pinnacle.core.instruments import read_list
from pinnacle.core.journal_reader import JournalReader
from pinnacle.core.ring import RingReader, RingWriter
from pinnacle.core.schema import EventBuffer, Kind, Reason, Side, Source, events_pointer
from pinnacle.core.segment import Mode
from pinnacle.execution.orders import OrderTable
from pinnacle.gateway.process import Gateway
from pinnacle.gateway.table import BATCH, BATCH_MAX
from pinnacle.plan.checks import load_session
from pinnacle.replay.logics import Session
from pinnacle.runtime.decision_log import recover
from pinnacle.runtime.frame import wired
from pinnacle.runtime.runtime import Runtime
from pinnacle.session.create import create_session
from tests.records import ORIGIN, batch, event
from tests.seats import seat_of, unwatched
from tests.sessions import demo_config


class World:
    """A gateway's loop over the real segments of a session; the test is its peers."""

    def __init__(self, folder):
        config, paths = demo_config(folder, "kill-word")
        create_session(load_session(config), paths)
        self.paths = paths
        self.control = Control(paths.control, Mode.SHARED)
        self.risk_out = RingWriter(paths.ring("orders"))
        self.venue_in = RingReader(paths.ring("venue.orders"))
        self.venue_out = RingWriter(paths.ring("venue.reports"))
        self.risk_in = RingReader(paths.ring("reports"))
        journal = JournalConfig(records_per_file=4096)
        self.runtime = Runtime(seat_of("gateway", paths, unwatched(), journal=journal))
        self.table = OrderTable(10**15, 10**9, 4 * BATCH)
        stage = wired(self.runtime)
        recover(stage, self.table.decided, 1, ORIGIN)
        self.loop = Gateway(self.runtime, stage, self.table)

    def order(self, kind, *order_ids):
        self._push(self.risk_out, kind, order_ids, source=Source.RISK)

    def answer(self, kind, *order_ids):
        self._push(self.venue_out, kind, order_ids, source=Source.EXCHANGE)

    def _push(self, ring, kind, order_ids, **fields):
        fields |= {"side": Side.BID, "price": 100, "quantity": 5, "recv_ns": self.table.clock_ns}
        rows = [event(kind, order_id=order_id, **fields) for order_id in order_ids]
        ring.push_all(events_pointer(batch(*rows)), len(rows))

    def sent(self):
        return drain(self.venue_in)

    def told(self):
        return drain(self.risk_in)


def drain(ring):
    out = EventBuffer(4096)
    n = ring.take(out.cdata, 4096)
    ring.release()
    return [
        (Kind(r["kind"]).name, int(r["order_id"]), Reason(r["reason"]).name) for r in out.array[:n]
    ]


@pytest.fixture
def world(tmp_path):
    made = World(tmp_path)
    yield made
    made.runtime.__exit__(None, None, None)


def test_an_order_passes_while_trading_is_allowed(world):
    world.order(Kind.NEW, 1)
    world.loop.turn()
    assert world.sent() == [("NEW", 1, "NONE")]


def test_a_switch_set_before_the_turn_refuses_the_order(world):
    world.order(Kind.NEW, 1)
    world.control.kill(Reason.OPERATOR)
    world.loop.turn()
    assert world.sent() == []
    assert world.told() == [("REJECTED", 1, "KILL_SWITCH")]


def test_a_switch_set_between_decision_and_send_withholds_the_order(world):
    world.order(Kind.NEW, 1)
    n = world.loop.take()
    decided = world.table.decide(world.loop.events, n)
    world.control.kill(Reason.OPERATOR)
    world.loop.give(decided)
    assert world.sent() == []
    world.loop.turn()
    assert world.told() == [("REJECTED", 1, "OPERATOR")]
    assert world.sent() == []
    assert not world.table.orders
    log = JournalReader(world.paths.journal("gateway")).array()
    kinds = [Kind(k).name for k in log["kind"]]
    assert kinds.index("HALT") > kinds.index("NEW")


def test_what_is_withheld_says_why_though_trading_goes_on_before_it_is_told(world):
    world.order(Kind.NEW, 1)
    n = world.loop.take()
    decided = world.table.decide(world.loop.events, n)
    world.control.kill(Reason.OPERATOR)
    world.loop.give(decided)
    world.control.clear()
    world.loop.turn()
    assert world.told() == [("REJECTED", 1, "OPERATOR")]
    assert world.sent() == []
    world.order(Kind.NEW, 2)
    world.loop.turn()
    assert world.sent() == [("NEW", 2, "NONE")]


def test_cancels_go_out_whatever_the_switch_says(world):
    world.order(Kind.NEW, 1)
    world.loop.turn()
    world.sent()
    world.order(Kind.CANCEL, 1)
    n = world.loop.take()
    decided = world.table.decide(world.loop.events, n)
    world.control.kill(Reason.OPERATOR)
    world.loop.give(decided)
    assert world.sent() == [("CANCEL", 1, "NONE")]


@pytest.mark.parametrize("waiting", [0, BATCH], ids=["nothing behind", "another batch behind"])
def test_a_full_batch_that_is_withheld_comes_back_as_rejected_whole(world, waiting):
    withheld, behind = range(1, BATCH + 1), range(BATCH + 1, BATCH + waiting + 1)
    world.order(Kind.NEW, *withheld, *behind)
    n = world.loop.take()
    decided = world.table.decide(world.loop.events, n)
    world.control.kill(Reason.OPERATOR)
    assert world.loop.settled
    world.loop.give(decided)
    assert not world.loop.settled, "no state of its logic has what was withheld"
    world.loop.turn()
    assert world.loop.settled
    told = [("REJECTED", order_id, "OPERATOR") for order_id in withheld]
    told += [("REJECTED", order_id, "KILL_SWITCH") for order_id in behind]
    assert world.told() == told
    assert world.sent() == []
    assert not world.table.orders


def test_replaces_that_are_withheld_leave_their_orders_to_the_halt(world):
    ids = range(1, BATCH + 1)
    world.order(Kind.NEW, *ids)
    world.loop.turn()
    world.answer(Kind.ACK, *ids)
    world.loop.turn()
    world.sent(), world.told()
    world.order(Kind.REPLACE, *ids)
    n = world.loop.take()
    decided = world.table.decide(world.loop.events, n)
    world.control.kill(Reason.OPERATOR)
    world.loop.give(decided)
    world.loop.turn()
    assert world.told() == [("REPLACE_REJECTED", order_id, "OPERATOR") for order_id in ids]
    assert world.sent() == [("CANCEL", order_id, "OPERATOR") for order_id in ids]


def test_a_turns_own_records_stand_beside_a_full_batch_and_are_replayed_with_it(world):
    orders = range(1, BATCH + 1)
    world.order(Kind.NEW, *orders)
    n = world.loop.take()
    assert BATCH < n <= BATCH_MAX
    session = Session(world.paths.config, read_list(world.paths.instrument_list))
    assert session.decider(session.topology.process("gateway")).batch_max == BATCH_MAX
