"""The frame of every process that decides: rings, journal and recovery around its logic, and the
loop of its turns until it may end.
"""

from collections.abc import Callable, Sequence
from typing import Protocol, TypeVar

from pinnacle.core.bell import Bell
from pinnacle.core.clock import monotonic_ns
from pinnacle.core.instruments import Instrument
from pinnacle.core.ring import RingReader, RingWriter
from pinnacle.core.segment import Mode
from pinnacle.runtime.checkpoint import Checkpoints
from pinnacle.runtime.decision_log import Logic, end_of
from pinnacle.runtime.origin import origin_of
from pinnacle.runtime.runtime import GIVE_WAIT_NS, Runtime
from pinnacle.runtime.seat import Seat
from pinnacle.runtime.stage import Input, Output, Stage

PUBLISH_NS = 100_000_000


class Actor(Protocol):
    """What a process adds to the frame. It is made when its logic is where the log says it was."""

    #: How long it waits for the answers to what it takes back at its end.
    stop_wait_ns: int

    @property
    def words(self) -> str:
        """What it is ready for."""

    def turn(self) -> int:
        """Take, decide, give, and wait for as long as there is nothing; the records taken."""

    def publish(self, now_ns: int) -> None:
        """Show people what there is; ten times a second, by the monotonic clock."""

    @property
    def settled(self) -> bool:
        """Whether its logic's state is all that it knows: a checkpoint may be made."""

    @property
    def idle(self) -> bool:
        """Whether nothing of it is in the market: it may end."""


L = TypeVar("L", bound=Logic)
A = TypeVar("A", bound=Actor)


def act(
    seat: Seat,
    settings: object,
    make_logic: Callable[[Sequence[Instrument]], L],
    make_actor: Callable[[Runtime, Stage, L], A],
    code: bytes = b"",
    turns: "Callable[[Turns, A], None] | None" = None,
) -> int:
    """Run a process until SIGTERM and its end; the exit code.

    `settings` is the section that the logic is made from, `code` what decides besides this
    package. The logic gets the instruments that the process has. `turns`: takes them one after the
    other, where more than that goes on in the process.
    """
    with Runtime(seat) as runtime:
        logic = make_logic(runtime.mine)
        stage = wired(runtime)
        origin = origin_of(settings, runtime.instruments, code)
        checkpoints = runtime.recover(stage, logic, origin, seat.journal.checkpoint_s)
        actor = make_actor(runtime, stage, logic)
        runtime.ready(actor.words)
        (turns or one_by_one)(Turns(runtime, actor, checkpoints), actor)
        runtime.end(end_of(stage, runtime.epoch))
    return 0


def inputs_of(runtime: Runtime) -> list[Input]:
    """The rings that the process reads."""
    reads = runtime.seat.topology.reads(runtime.seat.process)
    return [Input(RingReader(runtime.paths.ring(r.name)), r.writer.source) for r in reads]


def wired(runtime: Runtime) -> Stage:
    """The process's stage: its journal, and the rings of orders and reports that it is to have.

    Market data goes another way out: see outlet.h.
    """
    paths, topology, process = runtime.paths, runtime.seat.topology, runtime.seat.process
    inputs = inputs_of(runtime)
    outputs = [
        Output(
            RingWriter(paths.ring(ring.name)),
            Bell(paths.process(ring.reader.name), Mode.SHARED),
            ring.route,
            ring.resent,
        )
        for ring in topology.gives(process)
        if ring.route is not None
    ]
    journal = runtime.open_journal()
    stage = Stage(journal, process.source, inputs, outputs, GIVE_WAIT_NS, runtime.clock)
    runtime.wait_on(*(given.ring for given in inputs))
    return stage


class Turns:
    """What is done behind each turn of a process."""

    def __init__(self, runtime: Runtime, actor: Actor, checkpoints: Checkpoints):
        self._runtime, self._actor, self._checkpoints = runtime, actor, checkpoints
        self._taken = self._publish_ns = self._stop_ns = 0

    def over(self, taken: int) -> bool:
        """A turn took so many records; whether it was the last."""
        actor, now = self._actor, monotonic_ns()
        self._taken += taken
        if now >= self._publish_ns:
            self._publish_ns = now + PUBLISH_NS
            self._runtime.counters.show(records=self._taken)
            actor.publish(now)
            if actor.settled:
                self._checkpoints.save_if_due()
        if not self._runtime.stopping:
            return False
        self._stop_ns = self._stop_ns or now + actor.stop_wait_ns
        if not actor.idle and now <= self._stop_ns:
            return False
        actor.publish(now)
        return True


def one_by_one(turns: Turns, actor: Actor) -> None:
    """Take turns until the process is to end: where nothing else goes on in it."""
    while not turns.over(actor.turn()):
        pass
