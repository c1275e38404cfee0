"""A turn's order: journalled before it is freed, journalled before it is given."""

import errno
from threading import Thread

import pytest

from pinnacle.core._native import lib
from pinnacle.core.bell import Bell, create_bell
from pinnacle.core.clock import Clock, monotonic_ns
from pinnacle.core.errors import NativeError
from pinnacle.core.journal import Journal
from pinnacle.core.journal_reader import JournalReader
from pinnacle.core.ring import RingReader, RingWriter, create_ring
from pinnacle.core.schema import EventBuffer, Flag, Kind, Source, events_pointer
from pinnacle.core.segment import Mode
from pinnacle.runtime.stage import Input, Output, Route, Stage, kind_mask
from tests.records import batch, event


class World:
    def __init__(self, folder, out_capacity=64, clock=None, give_wait_ns=2_000_000):
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
        orders, fills = (Kind.NEW, Kind.CANCEL), (Kind.FILL, Kind.ACK)
        outputs = [
            Output(RingWriter(folder / "orders.ring"), None, Route(kind_mask(orders))),
            Output(RingWriter(folder / "fills.ring"), None, Route(kind_mask(fills))),
        ]
        self.stage = Stage(self.journal, Source.RISK, self.inputs, outputs, give_wait_ns, clock)
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


def message(n, flags=Flag.LAST):
    """One of n records; without flags its end is still to come."""
    return [*[event(Kind.DEPTH, price=i) for i in range(n - 1)], event(Kind.DEPTH, flags=flags)]


@pytest.mark.parametrize("others", [1, 30])
def test_a_message_for_which_others_have_left_no_room_comes_whole_in_the_next_batch(
    tmp_path, others
):
    world = World(tmp_path)
    world.send("a", *[event(Kind.FILL, order_id=i) for i in range(others)])
    length = 33 - others
    world.send("b", *message(length))
    assert world.stage.take(world.batch, 0) == others
    assert world.stage.take(world.batch, 0) == length
    assert [Kind(k) for k in world.logged()["kind"][others:]] == [Kind.DEPTH] * length


def test_a_message_that_fills_the_room_that_others_have_left_comes_at_once(tmp_path):
    world = World(tmp_path)
    world.batch.array[:] = event(Kind.DEPTH)
    world.send("a", *[event(Kind.FILL)] * 8)
    world.send("b", *message(2), event(Kind.DEPTH))
    assert world.stage.take(world.batch, 0, 10) == 10


def test_a_message_that_no_batch_has_room_for_comes_in_parts(tmp_path):
    world = World(tmp_path)
    world.send("a", *message(40))
    assert [world.stage.take(world.batch, 0) for _ in range(3)] == [32, 8, 0]


def test_a_message_whose_end_is_still_to_come_waits_for_nobody(tmp_path):
    world = World(tmp_path)
    world.send("a", event(Kind.FILL))
    world.send("b", *message(3, flags=0))
    assert world.stage.take(world.batch, 0) == 4


def test_own_records_leave_the_rings_the_rest_of_the_batch(tmp_path):
    world = World(tmp_path)
    world.send("a", *[event(Kind.FILL, order_id=i) for i in range(40)])
    world.batch.array[:2] = event(Kind.TIMER)
    assert world.stage.take(world.batch, 2, 20) == 22
    assert not world.batch.array["kind"][22:].any(), "what is behind its end was not written"
    assert world.stage.take(world.batch, 2) == 22
    assert world.logged()["order_id"][24:].tolist() == list(range(20, 40))


def test_own_records_may_fill_a_batch_and_not_be_more_than_it_holds(tmp_path):
    world = World(tmp_path)
    world.send("a", event(Kind.FILL, flags=Flag.LAST))
    world.batch.array[:12] = event(Kind.TIMER)
    take = lib.pmm_stage_take
    assert take(world.stage.cdata, world.batch.cdata, 11, 10) == lib.PMM_ERR_ARGUMENT
    assert len(world.logged()) == 0
    assert take(world.stage.cdata, world.batch.cdata, 10, 10) == 10
    assert take(world.stage.cdata, world.batch.cdata, 0, 10) == 1
    assert [Kind(k) for k in world.logged()["kind"]] == [Kind.TIMER] * 10 + [Kind.FILL]


def test_a_turn_looks_at_its_own_records_and_at_none_behind_them(tmp_path):
    world = World(tmp_path, clock=Clock())
    ahead = event(Kind.NEW, recv_ns=2**62, flags=Flag.DECISION | Flag.BATCH_END)
    world.batch.array[:] = ahead
    world.send("a", event(Kind.FILL, recv_ns=2**62))
    assert world.stage.take(world.batch, 0) == 1
    assert world.stage.misstamped == 1
    world.send("a", event(Kind.FILL, recv_ns=5))
    clock_ns = world.stage.clock_ns
    assert world.stage.take(world.batch, 0) == 1
    assert world.stage.clock_ns == clock_ns < 2**62
    world.batch.array[0] = event(Kind.NEW)[0]
    world.stage.give(world.batch.cdata, 1)
    assert len(world.got("orders")) == 1
    assert set(world.batch.array[1:].tolist()) == {ahead[0].tolist()}


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


def test_a_reader_that_is_slow_gets_all_of_it_in_order(tmp_path):
    world = World(tmp_path, out_capacity=4, give_wait_ns=10 * 10**9)
    n, got = 62, []
    decisions = batch(*[event(Kind.NEW, order_id=i) for i in range(n)])

    def read():
        while len(got) < n:
            if world.readers["orders"].depth() == min(4, n - len(got)):
                got.extend(world.got("orders")["order_id"].tolist())

    reader = Thread(target=read, daemon=True)
    reader.start()
    world.stage.give(events_pointer(decisions), n)
    reader.join()
    assert got == list(range(n))


def test_a_bell_is_rung_for_those_to_whom_something_was_given(tmp_path):
    world = World(tmp_path)
    bells = {}
    for i, name in enumerate(("orders", "fills")):
        create_bell(tmp_path / name, name)
        bells[name] = Bell(tmp_path / name, Mode.SHARED)
        bells[name].handle.shared.parked = 1
        world.stage.cdata.outputs[i].bell = bells[name].handle
    for kind, rings in ((Kind.NEW, [1, 0]), (Kind.FILL, [1, 1]), (Kind.NEW, [2, 1])):
        world.stage.give(events_pointer(event(kind)), 1)
        assert [bell.handle.shared.rings for bell in bells.values()] == rings


def test_an_output_that_is_not_counted_is_given_nothing(tmp_path):
    world = World(tmp_path)
    world.stage.cdata.output_count = 1
    world.stage.give(events_pointer(batch(event(Kind.NEW), event(Kind.FILL))), 2)
    assert (len(world.got("orders")), len(world.got("fills"))) == (1, 0)


def test_what_was_taken_and_given_is_counted(tmp_path):
    world = World(tmp_path)
    for n in (3, 2):
        world.send("a", *[event(Kind.FILL)] * n)
        world.stage.take(world.batch, 0)
        world.stage.give(events_pointer(batch(*[event(Kind.NEW)] * (n - 1))), n - 1)
    assert (world.stage.cdata.taken, world.stage.cdata.given) == (5, 3)


def test_a_journal_that_has_failed_frees_and_gives_nothing(tmp_path):
    world = World(tmp_path)
    world.send("a", event(Kind.FILL, recv_ns=77))
    world.journal.cdata.failed = errno.EIO
    with pytest.raises(NativeError):
        world.stage.take(world.batch, 0)
    with pytest.raises(NativeError):
        world.stage.give(events_pointer(event(Kind.NEW)), 1)
    assert world.inputs[0].ring.depth() == 1
    assert len(world.got("orders")) == 0
    stage = world.stage.cdata
    assert (stage.clock_ns, stage.taken, stage.given) == (0, 0, 0)


def test_nothing_taken_and_nothing_given_is_nothing_to_journal(tmp_path):
    world = World(tmp_path)
    world.journal.cdata.failed = errno.EIO  # which an append would tell of
    assert lib.pmm_stage_commit(world.stage.cdata, world.batch.cdata + 1, 0) == 0
    assert lib.pmm_stage_give(world.stage.cdata, world.batch.cdata, 0) == 0
    assert not world.batch.array["flags"].any()


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
LEAP, STEP = lib.PMM_STAGE_LEAP_NS, lib.PMM_CLOCK_STEP_NS


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


def stopped_clock():
    """A session clock that stands still, and its time."""
    clock = Clock()
    clock.cdata.last_monotonic_ns = monotonic_ns() + HOUR
    return clock, clock.session_ns()


def test_a_clock_that_moves_by_no_more_than_a_leap_is_believed(tmp_path):
    clock, now = stopped_clock()
    world = World(tmp_path, clock=clock)
    for stamp, told in ((now, now), (now + LEAP, now + LEAP), (now + 2 * LEAP + 1, now)):
        world.send("a", event(Kind.FILL, recv_ns=stamp))
        world.stage.take(world.batch, 0)
        assert world.logged()["recv_ns"][-1] == told
    assert (world.stage.clock_ns, world.stage.misstamped) == (now + LEAP, 1)


def test_stamps_that_two_clocks_could_differ_by_stay_as_they_are(tmp_path):
    clock, now = stopped_clock()
    world = World(tmp_path, clock=clock)
    stamps = [2**62, now - STEP, now, now + STEP, now + STEP + 1]
    world.send("a", *[event(Kind.FILL, recv_ns=stamp) for stamp in stamps])
    world.stage.take(world.batch, 0)
    assert world.logged()["recv_ns"].tolist() == [now, now - STEP, now, now + STEP, now]
    assert (world.stage.clock_ns, world.stage.misstamped) == (now + STEP, 2)


def test_without_a_clock_every_stamp_is_believed(tmp_path):
    world = World(tmp_path)
    world.send("a", event(Kind.FILL, recv_ns=2**62))
    world.stage.take(world.batch, 0)
    assert (world.stage.clock_ns, world.stage.misstamped) == (2**62, 0)
