"""One whole session in the foreground: make it, start it, show it, end it, report it."""

import contextlib
import shutil
import signal
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

import msgspec

from pinnacle.core.bell import Control
from pinnacle.core.errors import PinnacleError
from pinnacle.core.kept import kept_bytes
from pinnacle.core.names import stamped
from pinnacle.core.notices import Notices
from pinnacle.core.output import open_log
from pinnacle.core.paths import SUPERVISOR, SessionPaths
from pinnacle.core.ring import RingObserver
from pinnacle.core.schema import Reason
from pinnacle.plan.checks import load_session, warnings
from pinnacle.plan.config import SessionConfig
from pinnacle.plan.cores import Placement, this_machine
from pinnacle.plan.keys import wanted_keys
from pinnacle.plan.overview import overview
from pinnacle.runtime import log as logging
from pinnacle.runtime.fitness import book_words
from pinnacle.runtime.observer import Observer
from pinnacle.runtime.venue_view import VenueView
from pinnacle.session.create import discard_session, own_session, refuse_living
from pinnacle.session.ending import Ending, Latency, write_ending
from pinnacle.session.find import left_behind
from pinnacle.session.going_live import agree
from pinnacle.session.keys import vault_key
from pinnacle.session.supervisor import LOST, SessionFailed, Supervisor
from pinnacle.session.view import LiveView
from pinnacle.vault.sealed import VaultKey

STEP_S = 0.05
START_STEP_S = 0.01
LOOK_PERIOD_S = 1.0
#: Each ends the session in order.
ENDINGS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def run_session(
    config_path: Path,
    duration_s: float | None,
    name: str | None,
    port: int | None,
    keep: bool,
    at_end: Callable[[SessionPaths], None],
    *,
    live: bool = False,
    agreed: bool = False,
) -> int:
    """Until the duration, or SIGINT, SIGTERM or SIGHUP. 0 means that nothing failed.

    `live`: orders may be real; `agreed`: and nobody is asked. `at_end` is called with what is left
    of a session that had begun, however it ended. SessionFailed if a process ended for good or
    again and again, or if trading was halted by a failure.
    """
    config = load_session(config_path)
    for warning in warnings(config):
        print(f"warning: {config_path}: {warning}", file=sys.stderr, flush=True)
    if port is not None:
        monitor = msgspec.structs.replace(config.monitor, port=port)
        config = msgspec.structs.replace(config, monitor=monitor)
    paths = config.paths(name or stamped(config.session.name))
    refuse_living(paths)  # before anybody is asked for an answer or a password
    agree(config, config_path, live=live, agreed=agreed)
    key = vault_key(config)
    plan = overview(config, this_machine())
    for line in plan.lines(shutil.get_terminal_size().columns):
        print(line, flush=True)
    # From before the first segment until after the last one: nothing is left by a signal between.
    with _interrupts() as interrupted:
        keeper = own_session(config, paths)
        try:
            print(f"session {paths.data.name}: journals in {paths.data}", flush=True)
            if left := left_behind(paths.runtime.parent):
                print(left, flush=True)
            supervised = _supervised(
                config, paths, plan.placement, duration_s, interrupted, keep, key
            )
            began, failure = supervised
        finally:
            if keep:
                keeper.close()
            else:
                discard_session(paths, keeper)
    if began:
        with _after(failure):
            at_end(paths)
    if failure is not None:
        raise failure
    if not began:
        print(f"session {paths.data.name}: ended before it had begun", flush=True)
    return 0


@contextlib.contextmanager
def _after(failure: SessionFailed | None) -> Iterator[None]:
    """What goes wrong behind a failure is told, and does not hide it."""
    try:
        yield
    except PinnacleError as error:
        if failure is None:
            raise
        print(f"no report: {error}", flush=True)


def _supervised(
    config: SessionConfig,
    paths: SessionPaths,
    placement: Placement,
    duration_s: float | None,
    interrupted: list[int],
    keep: bool,
    key: VaultKey | None,
) -> tuple[bool, SessionFailed | None]:
    """The whole life of the processes: whether they all were ready once, and what failed."""
    with (
        Control(paths.control) as control,
        Notices(paths.notices(SUPERVISOR), control.now_ns) as notices,
        open_log(paths.log(SUPERVISOR)) as file,
    ):
        log = logging.setup(SUPERVISOR, notices=notices, fd=file.fileno())
        supervisor = Supervisor(
            paths, config.topology(), log, keep, placement, key, wanted_keys(config)
        )
        observer = Observer(paths)
        seen = _Seen()
        try:
            _lives(supervisor, observer, duration_s, interrupted, seen)
            if supervisor.began:
                print("stopping: cancelling quotes, closing journals", flush=True)
            supervisor.stop()
            trouble = supervisor.trouble(seen.halted, seen.market or not supervisor.began)
            failed = SessionFailed(LOST, f"the session failed: {trouble}") if trouble else None
            return supervisor.began, failed
        except SessionFailed as failure:
            supervisor.kill_children()
            return supervisor.began, failure
        except BaseException:
            supervisor.kill_children()
            raise
        finally:
            try:
                write_ending(paths, _ending(config, observer, supervisor, seen.peaks))
            except OSError as error:
                # A full disk: the report does without, and how the session ended stays the news.
                log.warning("what only a live session shows is not kept", error=str(error))
            observer.close()
            supervisor.close()


def _lives(
    supervisor: Supervisor,
    observer: Observer,
    duration_s: float | None,
    interrupted: list[int],
    seen: "_Seen",
) -> None:
    """From the start until the end is wanted."""
    supervisor.start()
    supervisor.keep_to_the_rest()
    while not interrupted and not supervisor.ready:
        supervisor.step()
        time.sleep(START_STEP_S)
    if not supervisor.ready:
        return  # who is interrupted in the very moment of it has begun all the same
    supervisor.tell_ready()
    address = kept_bytes(supervisor.paths.monitor_address).decode(errors="replace").strip()
    print(f"status page: {address}", flush=True)
    begin, next_look = time.monotonic(), 0.0
    with LiveView(observer, address) as view:
        while not interrupted and not _over(begin, duration_s):
            supervisor.step()
            elapsed = time.monotonic() - begin
            if elapsed >= next_look:
                next_look = elapsed + LOOK_PERIOD_S
                seen.look(observer)
            view.update(None if duration_s is None else max(duration_s - elapsed, 0.0))
            time.sleep(STEP_S)
    seen.look(observer)
    seen.halted = supervisor.halted()


@dataclass
class _Seen:
    """What was seen of a session while it ran, and is known to nobody afterwards."""

    peaks: dict[str, float] = field(default_factory=lambda: defaultdict(float))
    #: Whether any instrument ever had a book to trade on.
    market: bool = False
    #: Why trading stood when the end was wanted.
    halted: Reason = Reason.NONE

    def look(self, observer: Observer) -> None:
        """Once a second, and at the end."""
        for process in observer.processes():
            self.peaks[process.name] = max(self.peaks[process.name], process.rss_mb)
        books = (observer.book(instrument, 1) for instrument in observer.instruments)
        self.market = self.market or not all(map(book_words, books))


def _over(begin: float, duration_s: float | None) -> bool:
    return duration_s is not None and time.monotonic() - begin >= duration_s


@contextlib.contextmanager
def _interrupts() -> Iterator[list[int]]:
    """A list that is not empty once SIGINT, SIGTERM or SIGHUP (the terminal is gone) has come."""
    caught: list[int] = []

    def note(number: int, frame: FrameType | None) -> None:
        caught.append(number)

    before = {n: signal.signal(n, note) for n in ENDINGS}
    try:
        yield caught
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


#: What counts a message, or more, that its reader never got as it was: (role, counter).
LOSSES = (("feed", "gaps"), ("feed", "overflows"), ("exchange", "market_overflows"))


def _ending(
    config: SessionConfig, observer: Observer, supervisor: Supervisor, peaks: dict[str, float]
) -> Ending:
    # Rings whose loss of a record would lose money; market data is sent again instead.
    counted = [ring.name for ring in config.topology().rings if ring.route is not None]
    unread = sum(_depth(observer.paths, name) for name in counted)
    return Ending(
        tick_to_order=_latency(observer),
        processes={
            name: {"restarts": child.restarts, "rss_mb": round(peaks[name], 1)}
            for name, child in supervisor.children.items()
        },
        venues={view.name: _counted(view) for view in observer.venues()},
        lost_records=unread + sum(observer.summed(role).get(name, 0) for role, name in LOSSES),
    )


def _counted(view: VenueView) -> dict[str, int]:
    names = ("messages", "subscribed", "gaps", "resyncs", "checksum_failures")
    return {name: getattr(view, name) for name in names}


def _depth(paths: SessionPaths, ring: str) -> int:
    with RingObserver(paths.ring(ring)) as observed:
        return observed.depth()


def _latency(observer: Observer) -> Latency:
    found = observer.histograms("risk").get("tick_to_order")
    if found is None:
        return Latency(count=0, p50=0, p99=0, p999=0)
    told = found.summary()
    return Latency(count=told.count, p50=told.p50, p99=told.p99, p999=told.p999)
