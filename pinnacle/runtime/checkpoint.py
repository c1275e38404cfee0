"""Checkpoints: a process's state at a journal index, so that a restart replays the tail alone.

A checkpoint is a cache of the journal's beginning and never a truth of its own: it names the
journal, the index, the commit word of the record before it and what the process was made from
(configuration, instruments, build), and one that does not fit, or does not read, is passed over
for a whole replay. That is also why it is not synced: what a power cut leaves of it either fits
the journal or is not used.

A process only copies its state; a thread beside it does the rest, which takes as long as the disk
likes. The file: magic, CRC32C of all behind it, the length of the head, the head (a Checkpoint),
the pieces of the state. It is written only where that leaves the journal room for its next file:
what is the cache must not be why the truth ends.
"""

import contextlib
import errno
import os
from pathlib import Path
from queue import SimpleQueue
from threading import Event, Thread
from typing import Any, Protocol

import msgspec
import structlog

from pinnacle.core._native import ffi, lib
from pinnacle.core.clock import monotonic_ns
from pinnacle.core.journal_reader import JournalReader
from pinnacle.core.kept import kept_bytes
from pinnacle.runtime.origin import Origin
from pinnacle.runtime.run_marks import RingPlace, stage_places
from pinnacle.runtime.stage import Stage

FILE = "checkpoint"
#: More than any state.
CHECKPOINT_MAX = 1 << 30
_MAGIC = b"PMMCKPT3"
_CRC = len(_MAGIC)
_BODY = _CRC + 4
_HEAD = _BODY + 4


class Freezable(Protocol):
    """Logic whose whole state fits into bytes."""

    def freeze(self) -> list[Any] | None:
        """The state in pieces: buffers that hold it until the next turn. None if it cannot be."""

    def thaw(self, state: list[bytes]) -> bool:
        """Take the pieces; False, and unchanged, if they are not of this logic's shape."""


class Checkpoint(msgspec.Struct, frozen=True):
    """The head of the file. `cursors`: of every ring, and of its next record."""

    identity: int
    index: int
    commit: int
    clock_ns: int
    origin: Origin
    cursors: list[RingPlace]
    sizes: list[int]


class Checkpoints:
    """Saves the checkpoints of one process and finds the last good one."""

    def __init__(
        self,
        stage: Stage,
        logic: Freezable,
        origin: Origin,
        period_s: int,
        log: structlog.stdlib.BoundLogger,
    ):
        """`origin` is what the logic was made from; period 0: never save.

        The thread that writes them runs where the calling one may.
        """
        self._stage = stage
        self._logic = logic
        self._origin = origin
        self._period_ns = period_s * 1_000_000_000
        self._next_ns = monotonic_ns() + self._period_ns
        self._path = Path(stage.journal.directory) / FILE
        self._writer = _Writer(self._path, stage.journal.file_bytes, log)
        if period_s:
            # The first copy is then as quick as those after it.
            self._writer.copy(logic.freeze() or [])

    def save_if_due(self) -> None:
        """Call it between turns, when every decision is journalled and given."""
        if self._period_ns and monotonic_ns() >= self._next_ns:
            self.save()

    def save(self) -> None:
        """Now, unless the one before is still being written or the logic cannot be frozen."""
        self._next_ns = monotonic_ns() + self._period_ns
        if not self._writer.idle:
            return
        state = self._logic.freeze()
        journal = self._stage.journal
        commit = journal.last_commit
        if state is None or commit is None:
            return
        self._writer.copy(state)
        checkpoint = Checkpoint(
            identity=journal.identity,
            index=journal.count,
            commit=commit,
            clock_ns=self._stage.clock_ns,
            origin=self._origin,
            cursors=stage_places(self._stage),
            sizes=[len(piece) for piece in state],
        )
        self._writer.write(msgspec.msgpack.encode(checkpoint))

    def wait(self) -> None:
        """Until what has been saved is a file."""
        self._writer.wait()

    def load(self, journal: JournalReader) -> Checkpoint | None:
        """Thaw the logic from the last checkpoint, if there is one that fits; its head."""
        return thawed(self._logic, self._path, self._origin, journal)


def thawed(
    logic: Freezable, path: Path, origin: Origin, journal: JournalReader
) -> Checkpoint | None:
    """Thaw a logic of this origin from the file, if it fits the journal; its head."""
    found = _read(path)
    if found is None:
        return None
    checkpoint, state = found
    return checkpoint if _fits(checkpoint, origin, journal) and logic.thaw(state) else None


def _fits(found: Checkpoint, origin: Origin, journal: JournalReader) -> bool:
    if found.identity != journal.identity or found.origin != origin:
        return False
    if not 0 < found.index <= len(journal):
        return False
    return int(journal[found.index - 1]["commit"]) == found.commit


def _read(path: Path) -> tuple[Checkpoint, list[bytes]] | None:
    """The file's head and state; None if there is none or it is damaged."""
    try:
        content = kept_bytes(path, CHECKPOINT_MAX)
    except OSError:
        return None
    body = content[_BODY:]
    crc = int.from_bytes(content[_CRC:_BODY], "little")
    if content[:_CRC] != _MAGIC or lib.pmm_crc32c(0, body, len(body)) != crc:
        return None
    at = _HEAD + int.from_bytes(content[_BODY:_HEAD], "little")
    try:
        head = msgspec.msgpack.decode(content[_HEAD:at], type=Checkpoint)
    except msgspec.MsgspecError:
        return None
    state = []
    for size in head.sizes:
        state.append(content[at : at + size])
        at += size
    return head, state


class _Writer:
    """A copy of a state, and the thread that writes it. Copy and write only when it is idle."""

    def __init__(self, path: Path, leave_bytes: int, log: structlog.stdlib.BoundLogger):
        self._path = path
        self._temporary = path.with_name(FILE + ".tmp")
        self._leave_bytes = leave_bytes
        self._failing = False
        with contextlib.suppress(OSError):
            self._temporary.unlink()  # of one who was killed at it
        self._log = log
        self._state = bytearray()
        self._filled = 0
        self._heads: SimpleQueue[bytes] = SimpleQueue()
        self._written = Event()
        self._written.set()
        Thread(target=self._run, name="checkpoints", daemon=True).start()

    @property
    def idle(self) -> bool:
        """Whether what was given last is written."""
        return self._written.is_set()

    def wait(self) -> None:
        self._written.wait()

    def copy(self, state: list[Any]) -> None:
        """Take the pieces as they are now."""
        self._filled = sum(map(len, state))
        if len(self._state) < self._filled:
            self._state = bytearray(self._filled)
        place = ffi.from_buffer(self._state)
        for piece in state:
            ffi.memmove(place, piece, len(piece))
            place += len(piece)

    def write(self, head: bytes) -> None:
        """The last copy under this head."""
        self._written.clear()
        self._heads.put(head)

    def _run(self) -> None:
        while True:
            head = self._heads.get()
            try:
                self._store(len(head).to_bytes(4, "little") + head)
                self._tell(None)
            except OSError as error:
                # The journal is whole without it.
                self._tell(error)
            self._written.set()

    def _tell(self, error: OSError | None) -> None:
        """Once that it fails, and once that it no longer does."""
        if error is not None and not self._failing:
            what = "cannot write the checkpoint: a restart takes longer until one is written"
            self._log.warning(what, error=str(error))
        elif error is None and self._failing:
            self._log.info("checkpoints are written again")
        self._failing = error is not None

    def _store(self, head: bytes) -> None:
        crc = lib.pmm_crc32c(0, head, len(head))
        crc = lib.pmm_crc32c(crc, ffi.from_buffer(self._state), self._filled)
        head = _MAGIC + crc.to_bytes(4, "little") + head
        with self._temporary.open("wb") as file:
            try:
                self._take_room(file.fileno(), len(head) + self._filled)
                file.write(head)
                file.write(memoryview(self._state)[: self._filled])
                file.flush()
            except OSError:
                self._temporary.unlink(missing_ok=True)
                raise
        self._temporary.chmod(0o640)  # whatever the umask, as the journal
        self._temporary.replace(self._path)

    def _take_room(self, file: int, size: int) -> None:
        """All of it before the first byte, and no more than the journal can spare."""
        self._spare(size)
        os.posix_fallocate(file, 0, size)
        self._spare(0)  # somebody else may have taken room meanwhile

    def _spare(self, size: int) -> None:
        disk = os.statvfs(self._path.parent)
        free = disk.f_bavail * disk.f_frsize
        if free < size + self._leave_bytes:
            needs = f"{size} bytes for it and " if size else ""
            why = (
                f"needs {needs}{self._leave_bytes} for the journal's next file, and {free} are free"
            )
            raise OSError(errno.ENOSPC, why, str(self._temporary))
