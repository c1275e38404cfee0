"""What a session's processes know now: their logic, made again from its last checkpoint and what
its journal holds behind that. The same of a session that runs and of one that has ended."""

from pathlib import Path

import numpy as np

from pinnacle.core.errors import DataError, UsageError
from pinnacle.core.instruments import read_list
from pinnacle.core.journal_reader import JournalReader, scan
from pinnacle.core.paths import SessionPaths
from pinnacle.core.schema import Flag, events_pointer
from pinnacle.replay.logics import Session
from pinnacle.runtime.checkpoint import FILE, thawed
from pinnacle.runtime.decision_log import Logic
from pinnacle.runtime.topology import Process

#: Records that a logic is given at once: none takes fewer.
STEP = 1024


def session_of(data: Path) -> Session:
    """What made the journals of a session's folder.

    UsageError if there is no such folder, DataError if it is no session's, ConfigError or
    LayoutError if its configuration or its instruments cannot be read.
    """
    paths = SessionPaths(Path(), data)
    if not data.is_dir():
        raise UsageError(f"{data}: no such directory")
    if not paths.config.exists() or not paths.instrument_list.exists():
        raise DataError(f"{data}: not a session's folder (config.toml, instruments.json)")
    return Session(paths.config, read_list(paths.instrument_list))


def journal_of(data: Path, process: str) -> JournalReader:
    """A process's journal as it is now, damage or not; its age costs no time."""
    directory = data / process
    return JournalReader(directory, damaged_ok=True, report=scan(directory, end_only=True))


def logic_now(session: Session, data: Path, process: Process) -> tuple[Logic, JournalReader]:
    """A process's logic with all that its journal has told it by now, and that journal."""
    journal = journal_of(data, process.name)
    logic = session.decider(process).logic
    path = data / process.name / FILE
    checkpoint = thawed(logic, path, session.origin(process.name), journal)
    for chunk in journal.chunks(checkpoint.index if checkpoint else 0, size=STEP):
        inputs = taken(chunk)
        if len(inputs):
            logic.decided(events_pointer(inputs), len(inputs))
    return logic, journal


def taken(records: np.ndarray) -> np.ndarray:
    """Those that the process took in, and did not decide."""
    return np.ascontiguousarray(records[records["flags"] & Flag.DECISION == 0])
