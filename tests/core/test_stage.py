"""A turn's order: journalled before it is freed, journalled before it is given."""

import pytest

from pinnacle.core._native import lib
from pinnacle.core.clock import Clock
from pinnacle.core.errors import NativeError
from pinnacle.core.journal import Journal
from pinnacle.core.journal_reader import JournalReader
from pinnacle.core.ring import RingReader, RingWriter, create_ring
from pinnacle.core.schema import EventBuffer, Flag, Kind, Source, events_pointer
from pinnacle.core.stage import Input, Output, Stage, kind_mask
from tests.records import batch, event


class World:
    def __init__(self, folder, out_capacity=64, clock=None):
        self.folder = folder
        for name, capacity in (("a", 64), ("b", 64), ("orders", out_capacity), ("fills", 64)):
            create_ring(folder / f"{name}.ring", capacity, name)
        self.writers = {name: RingWriter(folder / f"{name}.ring") for name in ("a", "b")}
        self.readers = {n: RingReader(folder / f"{n}.ring") for n in ("orders", "fills")}
        self.journal = Journal.open(folder / "log", "test", Source.RISK, 4096, 0, 0)
        self.inputs = [
            Input(RingReader(folder / "a.ring"), Source.GATEWAY),
            Input(RingReader(folder / "b.ring"), Source.STRATEGY),
        ]
        outputs = [
            Output(RingWriter(folder / "orders.ring"), None, kind_mask((Kind.NEW, Kind.CANCEL))),
            Output(RingWriter(folder / "fills.ring"), None, kind_mask((Kind.FILL, Kind.ACK))),
        ]
        self.stage = Stage(self.journal, Source.RISK, self.inputs, outputs, 2_000_000, clock)
        self.batch = EventBuffer(32)

    def send(self, ring, *rows):
        sent = batch(*rows)
        self.writers[ring].push_all(events_pointer(sent), len(sent))

    def got(self, ring):
        out = EventBuffer(256)
        n = self.readers[ring].take(out.cdata, 256)
        self.readers[ring].release()
        return out.array[:n].copy()

    def logged(self):
        return JournalReader(self.folder / "log").array()


def test_a_batch_is_own_records_then_the_rings_in_their_order(tmp_path):
    world = World(tmp_path)
    world.send("b", event(Kind.NEW, order_id=2, source=Source.STRATEGY))
    world.send("a", event(Kind.FILL, order_id=1, source=Source.GATEWAY))
    world.batch.array[:1] = event(Kind.TIMER)
    assert world.stage.take(world.batch, 1) == 3
    kinds = [Kind(k) for k in world.logged()["kind"]]
    assert kinds == [Kind.TIMER, Kind.FILL, Kind.NEW]


def test_a_message_for_which_others_have_left_no_room_comes_whole_in_the_next_batch(tmp_path):
    world = World(tmp_path)
    world.send("a", *[event(Kind.FILL, order_id=i) for i in range(30)])
    message = [event(Kind.DEPTH, price=i) for i in range(3)] + [event(Kind.DEPTH, flags=Flag.LAST)]
    world.send("b", *message)
    assert world.stage.take(world.batch, 0) == 30
    assert world.stage.take(world.batch, 0) == 4
    assert [Kind(k) for k in world.logged()["kind"][30:]] == [Kind.DEPTH] * 4


def test_the_last_record_of_a_batch_is_marked_and_foreign_marks_are_cleared(tmp_path):
    world = World(tmp_path)
    marked = Flag.BATCH_END | Flag.DECISION | Flag.MAKER
    world.send("a", event(Kind.FILL, flags=marked), event(Kind.FILL, flags=marked))
    world.stage.take(world.batch, 0)
    assert world.logged()["flags"].tolist() == [Flag.MAKER, Flag.MAKER | Flag.BATCH_END]


def test_slots_are_freed_only_behind_the_journal(tmp_path):
    world = World(tmp_path)
    world.send("a", event(Kind.FILL))
    assert world.inputs[0].ring.depth() == 1
    world.stage.take(world.batch, 0)
    assert world.inputs[0].ring.depth() == 0
    assert len(world.logged()) == 1


def test_decisions_are_journalled_stamped_and_go_where_their_kind_is_wanted(tmp_path):
    world = World(tmp_path)
    world.send("a", event(Kind.FILL, recv_ns=77))
    world.stage.take(world.batch, 0)
    decisions = batch(
        event(Kind.NEW, order_id=1),
        event(Kind.FILL, order_id=2),
        event(Kind.CANCEL, order_id=3),
        event(Kind.ACK, order_id=4),
    )
    world.stage.give(events_pointer(decisions), 4)
    assert world.got("orders")["order_id"].tolist() == [1, 3]
    assert world.got("fills")["order_id"].tolist() == [2, 4]
    given = world.logged()[1:]
    assert set(given["recv_ns"]) == {77}
    assert set(given["source"]) == {Source.RISK}
    assert all(flags & Flag.DECISION for flags in given["flags"])


def test_the_logs_clock_never_goes_back(tmp_path):
    world = World(tmp_path)
    for stamp in (50, 40, 60, 10):
        world.send("a", event(Kind.FILL, recv_ns=stamp))
        world.stage.take(world.batch, 0)
    assert world.stage.clock_ns == 60


def test_a_reader_that_stopped_is_an_error_after_a_bounded_wait_and_nothing_is_dropped(tmp_path):
    world = World(tmp_path, out_capacity=4)
    decisions = batch(*[event(Kind.NEW, order_id=i) for i in range(6)])
    with pytest.raises(NativeError) as caught:
        world.stage.give(events_pointer(decisions), 6)
    assert caught.value.code == lib.PMM_ERR_FULL
    assert world.got("orders")["order_id"].tolist() == [0, 1, 2, 3]
    assert world.logged()["order_id"].tolist() == [0, 1, 2, 3, 4, 5], "the journal has them all"


def test_an_empty_turn_writes_nothing(tmp_path):
    world = World(tmp_path)
    assert world.stage.take(world.batch, 0) == 0
    assert len(world.logged()) == 0


HOUR = 3600 * 10**9


def test_a_stamp_from_the_future_does_not_stop_the_logs_clock(tmp_path):
    world = World(tmp_path, clock=Clock())
    stage, now = world.stage, world.stage.clock.session_ns
    early = now()
    world.send("a", event(Kind.FILL, recv_ns=early))
    stage.take(world.batch, 0)
    sent = (
        event(Kind.FILL, recv_ns=early + HOUR, order_id=1),
        event(Kind.FILL, recv_ns=early + 1, order_id=2),
        event(Kind.FILL, recv_ns=2**62, order_id=3),
    )
    world.send("a", *sent)
    stage.take(world.batch, 0)
    assert early < stage.clock_ns <= now()
    assert stage.misstamped == 2
    stamps = world.logged()["recv_ns"].tolist()
    assert stamps[2] == early + 1, "what was right stays as it was"
    assert stamps[1] == stamps[3] == stage.clock_ns, "the log holds what was acted on"
    assert world.batch.array["recv_ns"][:3].tolist() == stamps[1:]


def test_a_pause_is_no_misstamp(tmp_path):
    world = World(tmp_path, clock=Clock())
    world.send("a", event(Kind.FILL, recv_ns=world.stage.clock.session_ns() - HOUR))
    world.stage.take(world.batch, 0)
    late = world.stage.clock.session_ns()
    world.send("a", event(Kind.FILL, recv_ns=late))
    world.stage.take(world.batch, 0)
    assert (world.stage.clock_ns, world.stage.misstamped) == (late, 0)
