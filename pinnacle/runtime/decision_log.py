"""A process's journal as a list of (inputs, decisions): replayed to recover and to verify.

The grammar of such a journal: batches of inputs, the last one marked BATCH_END, each followed by
the decisions that the process made from them (marked DECISION). Because a decision depends on
nothing but the inputs before it, running the same logic over the inputs again must give the
same decisions, byte for byte. A process that was killed may have left its last batch without the
end mark, or its last decisions unwritten or unpushed; `recover` finishes exactly that.
"""

from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from pinnacle.core.clock import monotonic_ns, wall_ns
from pinnacle.core.errors import DataError
from pinnacle.core.schema import EVENT, Flag, Kind, events_pointer
from pinnacle.runtime.checkpoint import Checkpoint, Checkpoints, Freezable
from pinnacle.runtime.origin import Origin
from pinnacle.runtime.run_marks import (
    END_KINDS,
    MARKS,
    RingPlace,
    end_records,
    stage_places,
    start_records,
)
from pinnacle.runtime.stage import Input, Output, Stage

#: Pure logic: (struct pmm_event *, count) to the decisions, an EVENT array (not stamped yet).
Decide = Callable[[Any, int], np.ndarray]


class Logic(Freezable, Protocol):
    """What a process decides with: its state alone, and the records that it is given."""

    def decided(self, events: Any, n: int) -> np.ndarray:
        """As Decide."""


_COMPARED = [name for name in EVENT.names or () if name != "commit"]
_PUSHED_KEPT = 1 << 17
#: Records between two signs of life of a process that replays.
REPLAYED = 4096


@dataclass(frozen=True)
class Difference:
    """A decision that the replay did not repeat. `recorded` or `expected` is None if absent."""

    index: int
    recorded: np.void | None
    expected: np.void | None

    def fields(self) -> list[str]:
        """The names of the fields that differ."""
        if self.recorded is None or self.expected is None:
            return []
        return [name for name in _COMPARED if self.recorded[name] != self.expected[name]]


@dataclass
class LogReplay:
    """Runs logic over a journal's inputs and compares its decisions with the recorded ones."""

    decide: Decide
    source: int
    differences_max: int = 16

    decisions: int = 0
    difference_count: int = 0
    differences: list[Difference] = field(default_factory=list)
    clock_ns: int = 0
    #: The inputs of a batch that has no end mark yet.
    open_inputs: list[np.ndarray] = field(default_factory=list)
    #: Decisions that the logic made and the journal does not hold yet.
    expected: np.ndarray = field(default_factory=lambda: np.empty(0, EVENT))

    def feed(self, records: np.ndarray, first_index: int) -> None:
        """The journal's next records; `first_index` is the index of records[0]."""
        flags = records["flags"]
        is_decision = (flags & Flag.DECISION) != 0
        is_end = ((flags & Flag.BATCH_END) != 0) & ~is_decision
        # A run ends behind a batch's last input, and where inputs turn to decisions or back.
        turns = np.flatnonzero(is_decision[1:] != is_decision[:-1]) + 1
        cuts = np.union1d(turns, np.flatnonzero(is_end) + 1)
        begin = 0
        for end in [*cuts.tolist(), len(records)]:
            if end == begin:
                continue
            run = records[begin:end]
            if is_decision[begin]:
                self._compare(run, first_index + begin)
            else:
                self._inputs(run, bool(is_end[end - 1]), first_index + begin)
            begin = end

    def finish(self, index: int) -> None:
        """The journal has ended and is not to be continued: what is expected is missing."""
        self._missing(index)

    def _inputs(self, run: np.ndarray, ended: bool, index: int) -> None:
        self._missing(index)
        self.open_inputs.append(run)
        if ended:
            self.close_batch()

    def close_batch(self) -> None:
        """The open inputs are a whole batch: decide. Nobody decides on how a run ends."""
        parts, self.open_inputs = self.open_inputs, []
        if parts[0]["kind"][0] in END_KINDS:
            return
        batch = np.ascontiguousarray(parts[0] if len(parts) == 1 else np.concatenate(parts))
        self.clock_ns = max(self.clock_ns, int(batch["recv_ns"].max()))
        decided = self.decide(events_pointer(batch), len(batch))
        if len(decided):
            decided = decided.copy()
            decided["source"] = self.source
            decided["recv_ns"] = self.clock_ns
            decided["flags"] |= np.uint8(Flag.DECISION)
            decided["commit"] = 0
        self.expected = decided

    def _compare(self, run: np.ndarray, index: int) -> None:
        n = min(len(run), len(self.expected))
        self.decisions += len(run)
        bare = run.copy()
        bare["commit"] = 0
        if n == len(run) and bare.tobytes() == self.expected[:n].tobytes():
            self.expected = self.expected[n:]
            return
        same = np.ones(n, dtype=bool)
        for name in _COMPARED:
            same &= run[name][:n] == self.expected[name][:n]
        for i in np.flatnonzero(~same).tolist():
            self._differ(index + i, run[i], self.expected[i])
        for i in range(n, len(run)):
            self._differ(index + i, run[i], None)
        self.expected = self.expected[n:]

    def _missing(self, index: int) -> None:
        if not len(self.expected):
            return
        for row in self.expected:
            self._differ(index, None, row)
        self.expected = self.expected[:0]

    def _differ(self, index: int, recorded: np.void | None, expected: np.void | None) -> None:
        self.difference_count += 1
        if len(self.differences) < self.differences_max:
            copies = (None if row is None else row.copy() for row in (recorded, expected))
            self.differences.append(Difference(index, *copies))


class _Cursors:
    """Where each ring stood, as the journal tells it."""

    def __init__(self, inputs: list[Input], outputs: list[Output]):
        self.inputs = {given.source: given for given in inputs}
        self.outputs = outputs
        self.created: dict[tuple[bool, int], int] = {}
        self.next: Counter[tuple[bool, int]] = Counter()
        self.kept: list[deque[np.ndarray]] = [deque() for _ in outputs]

    def begin_at(self, checkpoint: Checkpoint) -> None:
        """All before the checkpoint was taken and given when it was made."""
        for is_output, number, created_ns, cursor in checkpoint.cursors:
            self.created[(is_output, number)] = created_ns
            self.next[(is_output, number)] = cursor

    def feed(self, records: np.ndarray) -> None:
        begin = 0
        for at in np.flatnonzero(records["kind"] == Kind.ATTACH).tolist():
            self._count(records[begin:at])
            is_output, number, created_ns, cursor = RingPlace.of(records[at])
            self.created[(is_output, number)] = created_ns
            self.next[(is_output, number)] = cursor
            begin = at
        self._count(records[begin:])

    def _count(self, records: np.ndarray) -> None:
        records = records[~np.isin(records["kind"], MARKS)]
        is_decision = (records["flags"] & Flag.DECISION) != 0
        for source in self.inputs:
            is_taken = (records["source"] == source) & ~is_decision
            self.next[(False, source)] += int(np.count_nonzero(is_taken))
        for i, output in enumerate(self.outputs):
            given = records[is_decision & output.route.wanted(records)]
            self.next[(True, i)] += len(given)
            if len(given):
                self._keep(self.kept[i], given)

    def _keep(self, kept: deque[np.ndarray], given: np.ndarray) -> None:
        kept.append(given.copy())
        while sum(map(len, kept)) - len(kept[0]) > _PUSHED_KEPT:
            kept.popleft()


@dataclass(frozen=True)
class Recovered:
    """What `recover` found and finished; `replayed` of `records` were behind the checkpoint.

    `checked` is how many of the journal's records opening it and recovering looked at.
    """

    records: int
    checked: int
    replayed: int
    decisions: int
    completed: int
    pushed: int
    skipped: int


def recover(
    stage: Stage,
    decide: Decide,
    epoch: int,
    origin: Origin,
    *,
    checkpoints: Checkpoints | None = None,
    progress: Callable[[], None] = lambda: None,
) -> Recovered:
    """Bring logic and rings to where the journal says the process was, and log this start.

    With `checkpoints` only what is behind the last good one is replayed.
    `origin` is what the logic was made from. Outputs that are `resent` get the decisions that were
    journalled and never pushed (a wire to a venue must not). `progress` is called as the replay
    goes on. Raises CorruptError at a damaged record, of what the journal's opening left unread and
    is replayed; DataError when the logic does not repeat its recorded decisions: it is another
    logic or another configuration than the one that wrote the journal.
    """
    journal = stage.journal
    reader = journal.reader()
    records = len(reader)
    replay = LogReplay(decide, stage.source)
    cursors = _Cursors(stage.inputs, stage.outputs)
    index = begin = 0
    if records:
        checkpoint = checkpoints.load(reader) if checkpoints is not None else None
        if checkpoint is not None:
            index = begin = checkpoint.index
            replay.clock_ns = checkpoint.clock_ns
            cursors.begin_at(checkpoint)
        for chunk in reader.checked(index, REPLAYED):
            replay.feed(chunk, index)
            cursors.feed(chunk)
            index += len(chunk)
            progress()
    _refuse_differences(replay, Path(journal.directory))
    completed = _complete(stage, replay, cursors)
    pushed = skipped = 0
    for i, output in enumerate(stage.outputs):
        created_ns = output.ring.segment.created_ns
        if output.resent and cursors.created.get((True, i)) == created_ns:
            pushed += _push_missing(output, cursors.next[(True, i)], cursors.kept[i])
    for given in stage.inputs:
        if cursors.created.get((False, given.source)) == given.ring.segment.created_ns:
            ahead = cursors.next[(False, given.source)] - given.ring.cursor
            skipped += given.ring.skip(max(ahead, 0))
    _log_start(stage, decide, epoch, origin, records)
    checked = records - reader.report.unread + reader.looked_at
    return Recovered(
        records, checked, records - begin, replay.decisions, completed, pushed, skipped
    )


def _refuse_differences(replay: LogReplay, directory: Path) -> None:
    if replay.difference_count:
        first = replay.differences[0]
        raise DataError(
            f"{directory}: record {first.index}: the journal's decision is not repeated "
            f"({', '.join(first.fields()) or 'absent'}). The strategy looks at something that "
            f"is not in its records (the clock, chance, a file), or the journal was written with "
            f"another configuration or version. Start a new session, or run pinnacle-replay "
            f"verify {directory.parent}"
        )


def _complete(stage: Stage, replay: LogReplay, cursors: _Cursors) -> int:
    """Ends a batch that was cut short, and journals decisions that were not."""
    if replay.open_inputs:
        timer = np.zeros(1, EVENT)
        timer["recv_ns"] = stage.clock.session_ns()
        timer["order_id"], timer["aux"] = monotonic_ns(), wall_ns()
        timer["kind"] = Kind.TIMER
        timer["source"] = stage.source
        timer["flags"] = Flag.BATCH_END
        stage.journal.append(events_pointer(timer), 1)
        replay.open_inputs.append(timer)
        replay.close_batch()
    stage.cdata.clock_ns = replay.clock_ns
    missing = np.ascontiguousarray(replay.expected)
    if len(missing):
        stage.journal.append(events_pointer(missing), len(missing))
        cursors.feed(missing)
    return len(missing)


def _push_missing(output: Output, journalled: int, kept: deque[np.ndarray]) -> int:
    missing = journalled - output.ring.cursor
    if missing <= 0:
        return 0
    tail = np.ascontiguousarray(np.concatenate(list(kept))[-missing:])
    pushed = output.ring.push(events_pointer(tail), len(tail))
    if pushed < missing:
        raise DataError(f"{missing - pushed} recorded decisions could not be handed on: ring full")
    if output.bell is not None:
        output.bell.ring()
    return missing


def _log_start(stage: Stage, decide: Decide, epoch: int, origin: Origin, records: int) -> None:
    now = stage.clock.session_ns()
    rows = start_records(stage.source, epoch, now, records, origin, stage_places(stage))
    stage.journal.append(events_pointer(rows), len(rows))
    stage.cdata.clock_ns = max(stage.clock_ns, now)
    decided = np.ascontiguousarray(decide(events_pointer(rows), len(rows)))
    if len(decided):
        stage.give(events_pointer(decided), len(decided))


def end_of(stage: Stage, epoch: int) -> np.ndarray:
    """The records of a run that ends in order: all that was taken is decided on and given."""
    return end_records(stage.source, epoch, stage.clock_ns, stage_places(stage))
