"""The turn of a process over its rings and its journal: see csrc/turn/stage.h."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from pinnacle.core._native import ffi, lib
from pinnacle.core.bell import Bell
from pinnacle.core.clock import Clock
from pinnacle.core.errors import check
from pinnacle.core.journal import Journal
from pinnacle.core.ring import RingReader, RingWriter
from pinnacle.core.schema import (
    INSTRUMENT_ALL,
    Class,
    EventBuffer,
    Kind,
    class_of,
    instrument_set,
    owner_of,
)

ORDER_KINDS = tuple(kind for kind in Kind if class_of(kind) == Class.ORDER)
REPORT_KINDS = tuple(kind for kind in Kind if class_of(kind) == Class.REPORT)


def kind_mask(kinds: tuple[Kind, ...]) -> int:
    """Bit k is set for every kind k, which must be below 64."""
    return sum(1 << kind for kind in kinds)


@dataclass(frozen=True)
class Input:
    """A ring that a process reads, and the source of the process that writes it."""

    ring: RingReader
    source: int


@dataclass(frozen=True)
class Route:
    """Which records go to an output.

    Those of `kinds`; of these `instruments` and of INSTRUMENT_ALL, None: whatever they are of;
    about orders of the strategy with the number `owner`, None: whoever's they are.
    """

    kinds: int
    instruments: frozenset[int] | None = None
    owner: int | None = None

    def wanted(self, rows: np.ndarray) -> np.ndarray:
        """Which of these records go there; shape (n,), bool. As csrc/turn/stage.c decides it."""
        kinds = rows["kind"].astype(np.uint64)
        found = (kinds < 64) & ((self.kinds >> np.minimum(kinds, 63)) & 1 == 1)
        if self.instruments is not None:
            found &= np.isin(rows["instrument_id"], [*self.instruments, INSTRUMENT_ALL])
        if self.owner is not None:
            found &= owner_of(rows["order_id"]) == self.owner
        return found


@dataclass(frozen=True)
class Output:
    """A ring that a process writes, its reader's doorbell, and which records go there.

    `resent`: what was decided before a crash is given after it.
    """

    ring: RingWriter
    bell: Bell | None
    route: Route
    resent: bool = True


class Stage:
    """Wraps struct pmm_stage and keeps alive what it points to."""

    def __init__(
        self,
        journal: Journal,
        source: int,
        inputs: list[Input],
        outputs: list[Output],
        give_wait_ns: int,
        clock: Clock | None = None,
    ):
        self.journal = journal
        self.source = source
        self.inputs = inputs
        self.outputs = outputs
        #: Session time. Without one given stamps are taken as they are, whatever the time is.
        self.clock = clock or Clock()
        self._sets: list[Any] = []
        self.cdata: Any = ffi.new("struct pmm_stage *")
        stage = self.cdata
        stage.journal = journal.cdata
        stage.source = source
        stage.give_wait_ns = give_wait_ns
        stage.clock = clock.cdata if clock is not None else ffi.NULL
        stage.input_count = len(inputs)
        stage.output_count = len(outputs)
        for i, given in enumerate(inputs):
            stage.inputs[i] = given.ring.handle
        for i, wanted in enumerate(outputs):
            self._route(stage.outputs[i], wanted)
        self._take = lib.pmm_stage_take
        self._give = lib.pmm_stage_give

    def _route(self, place: Any, wanted: Output) -> None:
        place.ring = wanted.ring.handle
        place.bell = wanted.bell.handle if wanted.bell else ffi.NULL
        route = wanted.route
        place.kinds = route.kinds
        place.owner = lib.PMM_OWNER_ANY if route.owner is None else route.owner
        if route.instruments is not None:
            self._sets.append(instrument_set(route.instruments))
            place.instruments = self._sets[-1]

    @property
    def clock_ns(self) -> int:
        """The log's clock: the highest recv_ns committed."""
        return self.cdata.clock_ns

    @property
    def misstamped(self) -> int:
        """How many records were stamped ahead of session time, and so were stamped anew."""
        return self.cdata.misstamped

    def take(self, batch: EventBuffer, own: int, polled_max: int | None = None) -> int:
        """Own records at the batch's start, then what the rings hold: journalled; the count."""
        most = batch.capacity if polled_max is None else own + polled_max
        taken = self._take(self.cdata, batch.cdata, own, most)
        return self.journal.check(taken, "input log")

    def give(self, decisions: Any, n: int) -> None:
        """Journal and push n decisions; NativeError FULL when a reader has stopped reading."""
        if n:
            self.journal.check(self._give(self.cdata, decisions, n), "output")

    def push(self, decisions: Any, n: int) -> None:
        """Push decisions that are journalled already."""
        check(lib.pmm_stage_push(self.cdata, decisions, n), "output")

    def turn(self, ctype: str, batch: EventBuffer, decisions: EventBuffer) -> Any:
        """A new `ctype`, a struct of csrc/turn/turn.h, over these, which must outlive it."""
        turn: Any = ffi.new(f"{ctype} *")
        turn.stage = self.cdata
        turn.batch, turn.batch_max = batch.cdata, batch.capacity
        turn.decisions, turn.decisions_max = decisions.cdata, decisions.capacity
        return turn
