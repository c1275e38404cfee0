"""The strategy's turns: what happens in C is what the same hooks would do."""

from time import monotonic_ns

import numpy as np
import pytest

from pinnacle.core._native import ffi, lib
from pinnacle.core.bell import Bell, Control, create_bell, create_control
from pinnacle.core.clock import Clock
from pinnacle.core.errors import NativeError
from pinnacle.core.journal import Journal
from pinnacle.core.journal_reader import JournalReader
from pinnacle.core.ring import RingReader, RingWriter, create_ring
from pinnacle.core.schema import EventBuffer, Flag, Kind, Side, Source, events_pointer
from pinnacle.core.segment import Mode
from pinnacle.runtime.stage import ORDER_KINDS, Input, Output, Route, Stage, kind_mask
from pinnacle.strategy.config import MarketMakerConfig, StrategyConfig
from pinnacle.strategy.host import StrategyHost
from pinnacle.strategy.market_maker import MarketMaker
from pinnacle.strategy.turns import hooked_turns, native_turns
from tests.records import batch, book_of, event, instruments


class HookedMaker(MarketMaker):
    """Has a hook, so its turns run through the interpreter."""

    looks = 0

    def on_book(self, market):
        self.looks += 1


class World:
    """A strategy between two rings; `turn` is one turn of it."""

    def __init__(self, folder, kind, turns, out=1024, batch=256):
        folder.mkdir()
        for name, capacity in (("market", 1024), ("intents", out)):
            create_ring(folder / f"{name}.ring", capacity, name)
        create_bell(folder / "bell", "strategy")
        create_control(folder / "control")
        maker = MarketMakerConfig(quote_quantity="1", inventory_max="10", levels=2)
        config = StrategyConfig(market_maker={"X": maker})
        self.host = StrategyHost(instruments("X"), config, kind)
        self.folder = folder
        self.market = RingWriter(folder / "market.ring")
        self.reader = RingReader(folder / "market.ring")
        self.intents = RingReader(folder / "intents.ring")
        self.stage = Stage(
            Journal.open(folder / "log", "test", Source.STRATEGY, 4096, 0, 0),
            Source.STRATEGY,
            [Input(self.reader, Source.FEED)],
            [Output(RingWriter(folder / "intents.ring"), None, Route(kind_mask(ORDER_KINDS)))],
            0,
        )
        self.bell = Bell(folder / "bell", Mode.OWN)
        self.control, self.clock = Control(folder / "control"), Clock()
        self.loop = ffi.new("struct pmm_loop *")
        self.loop.bell, self.loop.control = self.bell.handle, self.control.handle
        self.loop.clock = self.clock.cdata
        self.batch = EventBuffer(batch)
        self.turns = turns(self.stage, self.host, self.batch)

    def turn(self, *rows, own=0):
        sent = batch(*rows)
        self.market.push_all(events_pointer(sent), len(sent))
        return self.turns(own, self.loop)

    def given(self):
        out = EventBuffer(1024)
        n = self.intents.take(out.cdata, 1024)
        self.intents.release()
        return out.array[:n].copy()

    def day(self):
        """All of it, each order answered before the market goes on; what was sent."""
        sent = []
        for rows in day():
            assert self.turn(rows) == len(rows)
            sent.append(self.given())
            if len(sent[-1]):
                assert self.turn(answers(sent[-1])) == len(sent[-1])
        return np.concatenate(sent)

    def log(self):
        rows = JournalReader(self.folder / "log").array().copy()
        rows["commit"] = 0  # a checksum over the journal's own number too
        return rows


BOTH = pytest.mark.parametrize(
    ("kind", "turns"), [(MarketMaker, native_turns), (HookedMaker, hooked_turns)]
)


def answers(sent):
    """The venue does as it is asked."""
    said = {Kind.NEW: Kind.ACK, Kind.REPLACE: Kind.REPLACED, Kind.CANCEL: Kind.CANCELLED}
    rows = sent.copy()
    rows["kind"] = [said[Kind(kind)] for kind in sent["kind"]]
    return rows


def day():
    """Books that wander, trades between them, and a touch that goes."""
    for step in range(40):
        at = 60_000 + (step * 7919) % 37
        yield book_of(
            [(at - 1, 5), (at - 90, 9)],
            [(at + 1, 6), (at + 3, 8)],
            recv_ns=1_000_000_000 + step * 50_000_000,
        )
        yield event(
            Kind.TRADE,
            side=Side.BID,
            price=at + 1,
            quantity=1,
            recv_ns=1_000_000_000 + step * 50_000_000,
        )
        yield event(
            Kind.DEPTH,
            side=Side.BID,
            price=at - 1,
            flags=Flag.LAST,
            recv_ns=1_000_000_000 + step * 50_000_000 + 10_000_000,
        )


def test_turns_in_c_decide_and_log_what_turns_with_hooks_do(tmp_path):
    native = World(tmp_path / "native", MarketMaker, native_turns)
    hooked = World(tmp_path / "hooked", HookedMaker, hooked_turns)
    assert (native.host.hooks, hooked.host.hooks) == (set(), {"on_book"})
    sent = native.day()
    assert sent.tobytes() == hooked.day().tobytes()
    assert set(sent["kind"]) == {Kind.NEW, Kind.REPLACE}
    assert hooked.host.strategy.looks == 80 + (hooked.loop.turns - 120)
    assert native.log().tobytes() == hooked.log().tobytes()
    assert native.loop.turns == hooked.loop.turns == 200, "every book moves the quotes"


def test_a_replay_of_the_log_repeats_what_was_decided_in_c(tmp_path):
    world = World(tmp_path / "native", MarketMaker, native_turns)
    world.day()
    log = world.log()
    inputs = log[(log["flags"] & Flag.DECISION) == 0]
    again = StrategyHost(
        instruments("X"),
        StrategyConfig(
            market_maker={"X": MarketMakerConfig(quote_quantity="1", inventory_max="10", levels=2)}
        ),
    )
    repeated = []
    for rows in np.split(inputs, np.flatnonzero(inputs["flags"] & Flag.BATCH_END) + 1)[:-1]:
        rows = np.ascontiguousarray(rows)
        repeated.append(again.decided(events_pointer(rows), len(rows)).copy())
    fields = ["kind", "order_id", "side", "price", "quantity"]
    decided = log[(log["flags"] & Flag.DECISION) != 0]
    assert np.array_equal(np.concatenate(repeated)[fields], decided[fields])


@BOTH
def test_a_reader_of_the_intents_that_stopped_is_an_error(tmp_path, kind, turns):
    world = World(tmp_path / "full", kind, turns, out=2)
    with pytest.raises(NativeError):
        for rows in day():
            world.turn(rows)


@BOTH
def test_a_turn_that_finds_nothing_ends_no_turns(tmp_path, kind, turns):
    world = World(tmp_path / "idle", kind, turns)
    world.loop.until_ns = monotonic_ns() + 50_000_000
    assert world.turn(book_of([(100, 5)], [(104, 5)])) == 4


@BOTH
def test_own_records_are_of_the_first_turn_alone(tmp_path, kind, turns):
    world = World(tmp_path / "own", kind, turns, out=2, batch=3)
    world.loop.until_ns = monotonic_ns() + 20_000_000_000
    world.batch.array[0] = event(Kind.TIMER)[0]
    rows = book_of([(100, 5)], [(104, 5)])
    with pytest.raises(NativeError):  # the last turn decides more than its reader has room for
        world.turn(rows, own=1)
    log = world.log()
    taken = log[(log["flags"] & Flag.DECISION) == 0]["kind"].tolist()
    assert taken == [Kind.TIMER, *rows["kind"]]


def state_of(world):
    """Everything that a turn writes, as bytes."""
    desk = bytes(ffi.buffer(world.host.desk.cdata))
    count = len(world.host.markets)
    makers = [bytes(ffi.buffer(world.host.makers[row])) for row in range(count)]
    files = [(world.folder / f"{name}.ring").read_bytes() for name in ("market", "intents")]
    return desk, makers, files, bytes(world.log())


@pytest.mark.parametrize("wait", [lib.PMM_WAIT_SPIN, lib.PMM_WAIT_YIELD])
def test_a_wait_that_keeps_its_memory_near_changes_none_of_it(tmp_path, wait):
    world = World(tmp_path / "a", MarketMaker, native_turns)
    world.day()
    before = state_of(world)
    world.loop.wait = wait
    world.loop.rings[0], world.loop.ring_count = world.reader.handle, 1
    world.loop.until_ns = world.clock.monotonic_ns() + 2_000_000
    assert world.turns(0, world.loop) == 0
    assert state_of(world) == before
    ended = world.bell.handle
    assert ended.warm == ended.turn == ffi.NULL, "the turn may go: a later wait knows nothing of it"
