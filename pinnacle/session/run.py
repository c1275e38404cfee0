"""One whole session in the foreground: make it, start it, show it, end it, report it."""

import contextlib
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from types import FrameType
from typing import Any

import msgspec

from pinnacle.core import log as logging
from pinnacle.core.clock import wall_ns
from pinnacle.core.errors import ConfigError, UsageError
from pinnacle.core.names import stamped
from pinnacle.core.observer import Observer
from pinnacle.core.paths import ROLES, SessionPaths
from pinnacle.core.ring import RingObserver
from pinnacle.session.config import SessionConfig, load_session
from pinnacle.session.create import create_session, remove_runtime
from pinnacle.session.report import Observed, build_report, write_report
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
    report_path: Path | None,
    name: str | None,
    port: int | None,
    keep: bool,
) -> int:
    """Until the duration, or SIGINT or SIGTERM. The exit code."""
    config = load_session(config_path)
    if port is not None:
        monitor = msgspec.structs.replace(config.monitor, port=port)
        config = msgspec.structs.replace(config, monitor=monitor)
    if report_path is not None and not report_path.absolute().parent.is_dir():
        raise UsageError(f"--report {report_path}: no such folder")
    paths = config.paths(name or stamped(config.session.name))
    if paths.control.exists():
        raise ConfigError(f"session {paths.data.name} is there already: end it, or choose --name")
    create_session(config, paths)
    print(f"session {paths.data.name}: journals in {paths.data}", flush=True)
    try:
        observed = _supervised(config, paths, duration_s)
    finally:
        if not keep:
            remove_runtime(paths)
    report = build_report(paths, config.instrument_list(), observed)
    if report_path is not None:
        write_report(report_path, report)
        print(f"report: {report_path}", flush=True)
    print_summary(report)
    return 0


def _supervised(config: SessionConfig, paths: SessionPaths, duration_s: float | None) -> Observed:
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
            begin_ns, begin = wall_ns(), time.monotonic()
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
            end_ns = wall_ns()
            supervisor.stop()
        return _observe(config, paths, observer, supervisor, peaks, begin_ns, end_ns)
    except BaseException:
        supervisor.kill_children()
        raise
    finally:
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
        line = paths.monitor_address.read_text()
        if line.endswith("\n"):
            return line.strip()
        supervisor.step()
        time.sleep(0.05)
    return "(the monitor has not answered)"


def _note_peaks(observer: Observer, peaks: dict[str, float]) -> None:
    for process in observer.processes():
        peaks[process.role] = max(peaks[process.role], process.rss_mb)


def _observe(
    config: SessionConfig,
    paths: SessionPaths,
    observer: Observer,
    supervisor: Supervisor,
    peaks: dict[str, float],
    begin_ns: int,
    end_ns: int,
) -> Observed:
    risk = {i.instrument_id: observer.instrument_state(i) for i in observer.instruments}
    feed = observer.counters("feed")
    unread = sum(_depth(paths, name) for name in COUNTED_RINGS)
    return Observed(
        positions=[risk[i.instrument_id] for i in observer.instruments],
        tick_to_order=_latency(observer),
        processes={
            role: {"restarts": child.restarts, "rss_mb": round(peaks[role], 1)}
            for role, child in supervisor.children.items()
        },
        lost_records=unread + feed.get("gaps", 0) + feed.get("overflows", 0),
        begin_ns=begin_ns,
        end_ns=end_ns,
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


def print_summary(report: dict[str, Any]) -> None:
    """The report in a few lines."""
    latency = report["tick_to_order_us"]
    print(
        f"{report['duration_s']:.0f} s, {report['market']['events']} market records, "
        f"tick to order p50 {latency['p50']} us, p99 {latency['p99']} us"
    )
    for symbol, row in report["instruments"].items():
        orders, pnl = row["orders"], row["pnl"]
        print(
            f"  {symbol}: {orders['sent']} orders, fills {row['fills']['bid']} bid "
            f"{row['fills']['ask']} ask, position {row['position']}, realised {pnl['realised']}, "
            f"unrealised {pnl['unrealised']}, fees {pnl['fees']}, "
            f"two-sided {row['two_sided']:.1%}"
        )
