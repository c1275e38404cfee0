"""Checkpoints: a process's state at a journal index, so that a restart replays the tail alone.

A checkpoint is a cache of the journal's beginning and never a truth of its own: it names the
journal, the index, the commit word of the record before it and the configuration, and one that
does not fit, or does not read, is passed over for a whole replay. That is also why it is not
synced: what a power cut leaves of it either fits the journal or is not used.
"""

from pathlib import Path
from typing import Any, Protocol

import msgspec

from pinnacle import __version__
from pinnacle.core._native import lib
from pinnacle.core.clock import monotonic_ns
from pinnacle.core.journal import JournalReader
from pinnacle.core.segment import fingerprint
from pinnacle.core.stage import Stage

FILE = "checkpoint"
_MAGIC = b"PMMCKPT1"
_HEAD = len(_MAGIC) + 4


class Freezable(Protocol):
    """Logic whose whole state fits into bytes."""

    def freeze(self) -> bytes | None:
        """The state; None if this logic cannot give it."""

    def thaw(self, state: bytes) -> bool:
        """Take the state; False, and unchanged, if it is not of this logic's shape."""


class Checkpoint(msgspec.Struct, frozen=True):
    """What the file holds. `cursors`: [is output, number, created_ns, next] for every ring."""

    identity: int
    index: int
    commit: int
    clock_ns: int
    settings: int
    cursors: list[tuple[bool, int, int, int]]
    state: bytes


class Checkpoints:
    """Saves the checkpoints of one process and finds the last good one."""

    def __init__(self, stage: Stage, logic: Freezable, settings: object, period_s: int):
        """`settings` is the configuration that the logic was made from; period 0: never save."""
        self._stage = stage
        self._logic = logic
        text = f"{__version__}:{msgspec.json.encode(settings).decode()}"
        self._settings = fingerprint(text)
        self._period_ns = period_s * 1_000_000_000
        self._next_ns = monotonic_ns() + self._period_ns
        self._path = Path(stage.journal.directory) / FILE

    def save_if_due(self) -> None:
        """Call it between turns, when every decision is journalled and given."""
        if self._period_ns and monotonic_ns() >= self._next_ns:
            self.save()

    def save(self) -> None:
        """Now. Nothing is written if the logic cannot be frozen."""
        self._next_ns = monotonic_ns() + self._period_ns
        state = self._logic.freeze()
        journal = self._stage.journal
        commit = journal.last_commit
        if state is None or commit is None:
            return
        checkpoint = Checkpoint(
            identity=journal.identity,
            index=journal.count,
            commit=commit,
            clock_ns=self._stage.clock_ns,
            settings=self._settings,
            cursors=self._cursors(),
            state=state,
        )
        body = msgspec.msgpack.encode(checkpoint)
        temporary = self._path.with_name(FILE + ".tmp")
        crc = lib.pmm_crc32c(0, body, len(body)).to_bytes(4, "little")
        temporary.write_bytes(_MAGIC + crc + body)
        temporary.replace(self._path)

    def _cursors(self) -> list[tuple[bool, int, int, int]]:
        rings: list[tuple[bool, int, Any]] = [
            (False, int(given.source), given.ring) for given in self._stage.inputs
        ]
        rings += [(True, i, output.ring) for i, output in enumerate(self._stage.outputs)]
        return [(out, n, ring.segment.created_ns, ring.cursor) for out, n, ring in rings]

    def load(self) -> Checkpoint | None:
        """Thaw the logic from the last checkpoint, if there is one that fits; what it holds."""
        found = self._read()
        if found is None or not self._fits(found) or not self._logic.thaw(found.state):
            return None
        return found

    def _read(self) -> Checkpoint | None:
        try:
            content = self._path.read_bytes()
        except OSError:
            return None
        body = content[_HEAD:]
        crc = int.from_bytes(content[len(_MAGIC) : _HEAD], "little")
        if content[: len(_MAGIC)] != _MAGIC or lib.pmm_crc32c(0, body, len(body)) != crc:
            return None
        try:
            return msgspec.msgpack.decode(body, type=Checkpoint)
        except msgspec.MsgspecError:
            return None

    def _fits(self, found: Checkpoint) -> bool:
        journal = self._stage.journal
        if found.identity != journal.identity or found.settings != self._settings:
            return False
        if not 0 < found.index <= journal.count:
            return False
        return int(JournalReader(journal.directory)[found.index - 1]["commit"]) == found.commit
