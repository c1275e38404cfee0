"""Makes a session's folders and every segment that its processes will share."""

import shutil
from pathlib import Path

import structlog

from pinnacle.core.bell import create_bell, create_control
from pinnacle.core.book import create_shared_book
from pinnacle.core.clock import wall_ns
from pinnacle.core.counters import create_counters
from pinnacle.core.errors import ConfigError
from pinnacle.core.instruments import write_list, write_table
from pinnacle.core.journal_reader import JournalReader
from pinnacle.core.notices import create_notices
from pinnacle.core.paths import ROLES, TELLERS, SessionPaths
from pinnacle.core.ring import create_ring
from pinnacle.core.schema import Reason
from pinnacle.session.config import SessionConfig, to_toml

#: Own records of a turn stand before what its rings held: the last stamp need not be the latest.
STAMPS_LOOKED_AT = 65_536
#: What a process counts of itself, and of each instrument: its figures, and every reason to refuse.
COUNTERS = 64
COUNTERS_EACH = 32 + len(Reason)
HISTOGRAMS = 8

log = structlog.get_logger(process="session")

RINGS = (
    "venue.market",
    "venue.orders",
    "venue.reports",
    "market.strategy",
    "market.exchange",
    "intents",
    "orders",
    "reports",
    "fills",
)


def rings_of(config: SessionConfig) -> tuple[str, ...]:
    """The rings that this kind of session uses."""
    unused = "market.exchange" if config.session.venue == "simulated" else "venue.market"
    return tuple(name for name in RINGS if name != unused)


def counters_for(instruments: int) -> int:
    """The capacity of each process's table of counters."""
    return COUNTERS + COUNTERS_EACH * instruments


def create_session(config: SessionConfig, paths: SessionPaths) -> None:
    """Everything that is not there yet; what is there is left alone, so that it may run again.

    Written into memory first and under a temporary name, then renamed: a process that starts too
    early finds nothing, never half.
    """
    _make_folder("session.data_dir", paths.data)
    instruments = config.instrument_list()
    if paths.control.exists():
        return
    making = SessionPaths(_making(paths.runtime), paths.data)
    write_table(making.instruments, instruments)
    counters = counters_for(len(instruments))
    for role in ROLES:
        create_bell(making.process(role), role)
        create_counters(making.counters(role), counters, HISTOGRAMS, role)
    for teller in TELLERS:
        create_notices(making.notices(teller), teller)
    for name in rings_of(config):
        create_ring(making.ring(name), config.session.ring_capacity, name)
    for instrument in instruments:
        create_shared_book(
            making.book(instrument.symbol),
            instrument.instrument_id,
            name=instrument.symbol,
        )
    create_control(making.control, _start_ns(paths))
    making.monitor_address.touch()
    # The monitor may be another user of this group: these, and no others, are its own to write.
    for path in making.of_the_monitor():
        path.chmod(0o660)
    paths.config.write_text(to_toml(config), encoding="utf-8")
    write_list(paths.instrument_list, instruments)
    _move_into_place(making.runtime, paths.runtime)


def _start_ns(paths: SessionPaths) -> int:
    """What session time begins with: the wall clock, or where the journals that are there end.

    After a reboot the wall clock may be behind them, and a log's time must not run backwards.
    """
    now_ns = wall_ns()
    last_ns = max(_last_ns(paths.journal(role)) for role in ROLES)
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
    reader = JournalReader(directory, damaged_ok=True)
    rows = reader.array(max(len(reader) - STAMPS_LOOKED_AT, 0))
    return int(rows["recv_ns"].max(initial=0))


def _making(place: Path) -> Path:
    """An empty folder on the same filesystem: inside of `place` if a service manager made that.

    The folder above belongs to the service manager then, and may not be written.
    """
    _make_folder("session.runtime_dir", place.parent)
    inside = place.is_dir()
    making = place / ".making" if inside else place.with_name(place.name + ".making")
    shutil.rmtree(making, ignore_errors=True)
    _make_folder("session.runtime_dir", making)
    return making


def _make_folder(key: str, folder: Path) -> None:
    try:
        folder.mkdir(mode=0o750, parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigError(f"{key}: cannot make {folder}: {error.strerror}") from None


def _move_into_place(made: Path, place: Path) -> None:
    if place.is_dir() and not (place / "control").exists():
        # A service manager made the directory and owns it: fill it, control last.
        entries = sorted(made.iterdir(), key=lambda path: path.name == "control")
        for entry in entries:
            entry.rename(place / entry.name)
        made.rmdir()
        return
    try:
        made.rename(place)
    except OSError as error:
        raise ConfigError(f"{place}: cannot make the session's segments: {error}") from None


def remove_runtime(paths: SessionPaths) -> None:
    """Remove the segments; the journals stay."""
    shutil.rmtree(paths.runtime, ignore_errors=True)
