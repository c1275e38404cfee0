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


def act(
    seat: Seat,
    settings: object,
    make_logic: Callable[[Sequence[Instrument]], L],
    make_actor: Callable[[Runtime, Stage, L], Actor],
    code: bytes = b"",
) -> int:
    """Run a process until SIGTERM and its end; the exit code.

    `settings` is the section that the logic is made from, `code` what decides besides this
    package. The logic gets the instruments that the process has.
    """
    with Runtime(seat) as runtime:
        logic = make_logic(runtime.mine)
        stage = wired(runtime)
        origin = origin_of(settings, runtime.instruments, code)
        checkpoints = runtime.recover(stage, logic, origin, seat.journal.checkpoint_s)
        actor = make_actor(runtime, stage, logic)
        runtime.ready(actor.words)
        _turns(runtime, actor, checkpoints)
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


def _turns(runtime: Runtime, actor: Actor, checkpoints: Checkpoints) -> None:
    taken = publish_ns = stop_ns = 0
    while True:
        taken += actor.turn()
        now = monotonic_ns()
        if now >= publish_ns:
            publish_ns = now + PUBLISH_NS
            runtime.counters.show(records=taken)
            actor.publish(now)
            if actor.settled:
                checkpoints.save_if_due()
        if runtime.stopping:
            stop_ns = stop_ns or now + actor.stop_wait_ns
            if actor.idle or now > stop_ns:
                actor.publish(now)
                return
