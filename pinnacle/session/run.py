"""One whole session in the foreground: make it, start it, show it, end it, report it."""

import contextlib
import signal
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FrameType

import msgspec

from pinnacle.core import log as logging
from pinnacle.core.names import stamped
from pinnacle.core.observer import Observer
from pinnacle.core.paths import ROLES, SessionPaths
from pinnacle.core.ring import RingObserver
from pinnacle.session.checks import warnings
from pinnacle.session.config import SessionConfig, load_session
from pinnacle.session.create import discard_session, own_session
from pinnacle.session.report import Ending, write_ending
from pinnacle.session.supervisor import Supervisor
from pinnacle.session.view import LiveView

STEP_S = 0.05
PEAKS_PERIOD_S = 1.0
#: Whose time is the market's: the supervisor stays off their cores.
ORDER_PATH = ("feed", "strategy", "risk", "gateway")
#: Rings whose loss of a record would lose money; market data rings resync instead.
COUNTED_RINGS = ("venue.orders", "venue.reports", "intents", "orders", "reports", "fills")


def run_session(
    config_path: Path,
    duration_s: float | None,
    name: str | None,
    port: int | None,
    keep: bool,
    at_end: Callable[[SessionPaths], None],
) -> int:
    """Until the duration, or SIGINT or SIGTERM. The exit code.

    `at_end` is called with what is left of the session, however it ended.
    """
    config = load_session(config_path)
    for warning in warnings(config):
        print(f"warning: {config_path}: {warning}", file=sys.stderr, flush=True)
    if port is not None:
        monitor = msgspec.structs.replace(config.monitor, port=port)
        config = msgspec.structs.replace(config, monitor=monitor)
    paths = config.paths(name or stamped(config.session.name))
    keeper = own_session(config, paths)
    print(f"session {paths.data.name}: journals in {paths.data}", flush=True)
    try:
        _supervised(config, paths, duration_s)
    finally:
        if keep:
            keeper.close()
        else:
            discard_session(paths, keeper)
        at_end(paths)
    return 0


def _supervised(config: SessionConfig, paths: SessionPaths, duration_s: float | None) -> None:
    log = logging.setup("supervisor")
    supervisor = Supervisor(paths, log)
    observer = Observer(paths)
    peaks: dict[str, float] = dict.fromkeys(ROLES, 0.0)
    try:
        with _interrupts() as interrupted:
            supervisor.start()
            supervisor.keep_off({config.process(role).cpu for role in ORDER_PATH})
            address = _address(supervisor, paths)
            print(f"status page: {address}", flush=True)
            supervisor.wait_ready()
            begin = time.monotonic()
            next_peaks = 0.0
            with LiveView(observer, address) as view:
                while not interrupted and not _over(begin, duration_s):
                    supervisor.step()
                    elapsed = time.monotonic() - begin
                    if elapsed >= next_peaks:
                        next_peaks = elapsed + PEAKS_PERIOD_S
                        _note_peaks(observer, peaks)
                    view.update(None if duration_s is None else max(duration_s - elapsed, 0.0))
                    time.sleep(STEP_S)
            supervisor.stop()
    except BaseException:
        supervisor.kill_children()
        raise
    finally:
        write_ending(paths, _ending(paths, observer, supervisor, peaks))
        observer.close()
        supervisor.close()


def _over(begin: float, duration_s: float | None) -> bool:
    return duration_s is not None and time.monotonic() - begin >= duration_s


@contextlib.contextmanager
def _interrupts() -> Iterator[list[int]]:
    """A list that is not empty once SIGINT or SIGTERM has come."""
    caught: list[int] = []

    def note(number: int, frame: FrameType | None) -> None:
        caught.append(number)

    before = {n: signal.signal(n, note) for n in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield caught
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _address(supervisor: Supervisor, paths: SessionPaths) -> str:
    """The status page's, as soon as the monitor has bound it."""
    for _ in range(200):
        line = paths.monitor_address.read_text(encoding="utf-8")
        if line.endswith("\n"):
            return line.strip()
        supervisor.step()
        time.sleep(0.05)
    return "(the monitor has not answered)"


def _note_peaks(observer: Observer, peaks: dict[str, float]) -> None:
    for process in observer.processes():
        peaks[process.role] = max(peaks[process.role], process.rss_mb)


def _ending(
    paths: SessionPaths, observer: Observer, supervisor: Supervisor, peaks: dict[str, float]
) -> Ending:
    feed = observer.counters("feed")
    unread = sum(_depth(paths, name) for name in COUNTED_RINGS)
    return Ending(
        tick_to_order=_latency(observer),
        processes={
            role: {"restarts": child.restarts, "rss_mb": round(peaks[role], 1)}
            for role, child in supervisor.children.items()
        },
        lost_records=unread + feed.get("gaps", 0) + feed.get("overflows", 0),
    )


def _depth(paths: SessionPaths, ring: str) -> int:
    with RingObserver(paths.ring(ring)) as observed:
        return observed.depth()


def _latency(observer: Observer) -> dict[str, int]:
    found = observer.histograms("risk").get("tick_to_order")
    if found is None:
        return {}
    summary = found.summary()
    names = ("count", "p50", "p99", "p999")
    return {name: getattr(summary, name) for name in names}
