"""Makes a session: its folders, and every segment that its processes will share."""

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import structlog

from pinnacle.core.bell import Control, create_bell, create_control
from pinnacle.core.book import create_shared_book
from pinnacle.core.clock import wall_ns
from pinnacle.core.counters import create_counters
from pinnacle.core.errors import ConfigError, LayoutError, NativeError, UsageError
from pinnacle.core.instruments import write_table
from pinnacle.core.journal_reader import JournalReader, scan
from pinnacle.core.kept import kept_bytes
from pinnacle.core.notices import create_notices
from pinnacle.core.output import write_whole
from pinnacle.core.paths import SUPERVISOR, SessionPaths
from pinnacle.core.queues import remove_queues
from pinnacle.core.ring import create_ring
from pinnacle.core.rows import create_positions, create_quotes
from pinnacle.core.schema import Reason
from pinnacle.core.segment import Mode, Segment
from pinnacle.plan.config import SessionConfig
from pinnacle.runtime.topology import Topology
from pinnacle.session.ending import forget_ending
from pinnacle.session.place import (
    alone,
    exists,
    living,
    make_folder,
    new_folder,
    remove_segments,
)
from pinnacle.session.record import check_record, running_text, write_record

#: Own records of a turn stand before what its rings held: the last stamp need not be the latest.
STAMPS_LOOKED_AT = 65_536
#: What a process counts of itself; what it has to show of each instrument has rows of its own.
COUNTERS = 64
HISTOGRAMS = 8

log = structlog.get_logger(process="session")


def create_session(config: SessionConfig, paths: SessionPaths) -> None:
    """For processes that others start: what is there of the same configuration stays as it is.

    ConfigError, before anything is written, if the name is a living session's of another
    configuration, or its journals are of other parameters.
    """
    check_record(config, paths)
    make_folder("session.runtime_dir", paths.runtime.parent)
    with alone(paths.runtime.parent):
        if exists(paths):
            if _is_of(config, paths):
                return
            refuse_living(paths)
        _make(config, paths).close()


def own_session(config: SessionConfig, paths: SessionPaths) -> Segment:
    """For whoever starts its processes: a new session, or a dead one's, kept until close.

    A dead one of the same configuration goes on with its segments: what its processes had given
    and not taken stands in its rings. ConfigError as `create_session`, and if any process of the
    name lives.
    """
    check_record(config, paths)
    make_folder("session.runtime_dir", paths.runtime.parent)
    with alone(paths.runtime.parent):
        if exists(paths):
            refuse_living(paths)
            if _is_whole(config, paths):
                return _take_over(paths)
        return _make(config, paths)


def remove_session(paths: SessionPaths) -> None:
    """Remove the segments, the journals stay; UsageError if it is not there or lives."""
    if not exists(paths):
        raise UsageError(f"{paths.runtime}: no such session")
    with alone(paths.runtime.parent):
        alive = living(paths)
        if alive:
            raise UsageError(f"{paths.runtime}: still running: {', '.join(alive)}")
        remove_queues(paths)
        remove_segments(paths.runtime)


def discard_session(paths: SessionPaths, keeper: Segment) -> None:
    """The end of what `own_session` gave."""
    with alone(paths.runtime.parent):
        remove_queues(paths)
        remove_segments(paths.runtime)
        keeper.close()


def _is_of(config: SessionConfig, paths: SessionPaths) -> bool:
    """Whether the segments that are there can be this configuration's and this version's."""
    try:
        Segment(paths.control).close()
        return kept_bytes(paths.running_config).decode() == running_text(config)
    except (NativeError, LayoutError, OSError, ValueError):
        return False


def _is_whole(config: SessionConfig, paths: SessionPaths) -> bool:
    """Whether every segment that this configuration's processes will open can be opened."""
    if not _is_of(config, paths):
        return False
    try:
        for path, _ in _segments(config, paths):
            Segment(path).close()
    except (NativeError, LayoutError, OSError) as error:
        log.warning(f"{error}: the session's segments are made anew, what was under way is lost")
        return False
    return True


def _take_over(paths: SessionPaths) -> Segment:
    """A dead session's segments as they are; only an operator's halt outlives it."""
    keeper = Segment(paths.control, mode=Mode.OWN)
    with Control(paths.control, Mode.SHARED) as control:
        killed = control.killed()
        if killed == Reason.OPERATOR:
            _tell_halted(paths)
        elif killed:
            control.clear()
    forget_ending(paths)
    return keeper


def _tell_halted(paths: SessionPaths) -> None:
    log.warning(f"{paths.data.name} stays halted by the operator until `pinnacle resume`")


def refuse_living(paths: SessionPaths) -> None:
    """ConfigError if any process of the name lives."""
    alive = living(paths)
    if alive:
        raise ConfigError(
            f"session {paths.runtime.name} is running ({', '.join(alive)}): end it, or choose "
            f"another name ({paths.runtime})"
        )


def _make(config: SessionConfig, paths: SessionPaths) -> Segment:
    """All in a folder of its own, then renamed: who comes too early finds nothing, never half.

    The control segment is owned from before that, so that the session never looks dead. What a
    dead one has left in its place is removed; what the operator has halted stays halted.
    """
    halted = _halted_by_operator(paths)
    if exists(paths):
        remove_queues(paths)
        remove_segments(paths.runtime)
    made = SessionPaths(new_folder(paths.runtime), paths.data)
    try:
        _write_segments(config, made)
        if halted:
            with Control(made.control, Mode.SHARED) as control:
                control.kill(Reason.OPERATOR)
            _tell_halted(paths)
        keeper = Segment(made.control, mode=Mode.OWN)
        try:
            write_whole(made.running_config, running_text(config))
            make_folder("session.data_dir", paths.data)
            write_record(config, paths)
            forget_ending(paths)
            _move_into_place(made.runtime, paths.runtime)
        except BaseException:
            keeper.close()
            raise
    except BaseException as error:
        remove_segments(made.runtime)
        if isinstance(error, NativeError):
            text = f"session.runtime_dir: cannot make the segments: {error}"
            raise NativeError(error.code, text) from None
        raise
    return keeper


def _halted_by_operator(paths: SessionPaths) -> bool:
    """A restart must not resume what a person has stopped; other reasons end with their run."""
    try:
        with Control(paths.control) as control:
            return control.killed() == Reason.OPERATOR
    except (NativeError, LayoutError):
        return False


def _segments(
    config: SessionConfig, paths: SessionPaths
) -> Iterator[tuple[Path, Callable[[Path], object]]]:
    """Every segment but control, and what makes it there."""
    instruments, topology = config.instrument_list(), config.topology()
    yield paths.instruments, partial(write_table, instruments=instruments)
    for process in topology.processes:
        name = process.name
        yield paths.process(name), partial(create_bell, name=name)
        room = partial(create_counters, counters=COUNTERS, histograms=HISTOGRAMS)
        yield paths.counters(name), partial(room, name=name)
    for teller in (*(process.name for process in topology.processes), SUPERVISOR):
        yield paths.notices(teller), partial(create_notices, name=teller)
    rows = len(instruments)
    yield paths.positions, partial(create_positions, instruments=rows, name="risk")
    for strategy in topology.of_role("strategy"):
        name = strategy.name
        yield paths.quotes(name), partial(create_quotes, instruments=rows, name=name)
    for ring in topology.rings:
        capacity = config.session.ring_capacity
        yield paths.ring(ring.name), partial(create_ring, capacity=capacity, name=ring.name)
    for instrument in instruments:
        number, label = instrument.instrument_id, instrument.label
        make = partial(create_shared_book, instrument_id=number, name=label)
        yield paths.book(label), make


def _write_segments(config: SessionConfig, made: SessionPaths) -> None:
    for path, make in _segments(config, made):
        make(path)
    create_control(made.control, _start_ns(made, config.topology()))
    made.monitor_address.touch()
    # The monitor may be another user of this group: these, and no others, are its own to write.
    for path in made.of_the_monitor():
        path.chmod(0o660)


def _start_ns(paths: SessionPaths, topology: Topology) -> int:
    """What session time begins with: the wall clock, or where the journals that are there end.

    After a reboot the wall clock may be behind them, and a log's time must not run backwards.
    """
    now_ns = wall_ns()
    last_ns = max(_last_ns(paths.journal(process.name)) for process in topology.journalled)
    if last_ns < now_ns:
        return now_ns
    log.warning(
        f"the wall clock is {(last_ns - now_ns) / 1e9:.3f} s behind the journals of this session: "
        "its time goes on from where they end",
        session=paths.data.name,
    )
    return last_ns + 1


def _last_ns(directory: Path) -> int:
    """The latest stamp at a journal's end; 0 if there is no journal, or nothing in it."""
    if not any(directory.glob("*.pmj")):
        return 0
    reader = JournalReader(directory, damaged_ok=True, report=scan(directory, end_only=True))
    rows = reader.array(max(len(reader) - STAMPS_LOOKED_AT, 0))
    return int(rows["recv_ns"].max(initial=0))


def _move_into_place(made: Path, place: Path) -> None:
    try:
        if made.parent == place:
            # A service manager made the directory and owns it: fill it, control last.
            for entry in sorted(made.iterdir(), key=lambda path: path.name == "control"):
                entry.rename(place / entry.name)
            made.rmdir()
        else:
            made.rename(place)
    except OSError as error:
        raise ConfigError(f"{place}: cannot make the session's segments: {error}") from None
