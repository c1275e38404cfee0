"""Real sessions for tests: the shipped demo configuration, in a folder of the test's own."""

import contextlib
import json
import re
import shutil
import signal
import subprocess
import sys
import time
import tomllib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import numpy as np
import psutil

from pinnacle.core.journal_reader import JournalReader
from pinnacle.core.paths import SessionPaths
from pinnacle.core.schema import Kind
from pinnacle.core.toml import toml_text
from pinnacle.runtime.observer import Observer, ProcessView
from tests import warm

ROOT = Path(__file__).resolve().parents[1]
#: Tables that have one of their own for each instrument.
SECTIONS_BY_SYMBOL = (("exchange", "traders"), ("strategy", "market_maker"), ("risk", "limits"))


def demo_config(
    folder: Path,
    name: str,
    source: str = "demo.toml",
    extra: str = "",
    change: Callable[[str], str] = str,
) -> tuple[Path, SessionPaths]:
    """A copy of a shipped configuration whose files are all below `folder`; and its paths."""
    text = (ROOT / "config" / source).read_text(encoding="utf-8")
    places = f'runtime_dir = "{folder / "run"}"\ndata_dir = "{folder / "data"}"\n'
    text = re.sub(r"^\[session\]\n", "[session]\n" + places, text, flags=re.M)
    path = folder / source
    path.write_text(change(text + extra), encoding="utf-8")
    for strategies in (ROOT / "config").glob("*.py"):
        shutil.copy(strategies, folder)
    return path, SessionPaths.of(str(folder / "run"), str(folder / "data"), name)


#: Instruments that one strategy may have.
DESK = 64


def many_instruments(text: str, count: int) -> str:
    """The demo's text with its first instrument so many times, each with a quiet market, and as
    many strategies as they need.
    """
    tables = tomllib.loads(text)
    symbols = [f"S{i}-USD" for i in range(count)]
    first = tables["instruments"][0]
    tables["instruments"] = [first | {"symbol": symbol} for symbol in symbols]
    for section, table in SECTIONS_BY_SYMBOL:
        tables[section][table] = dict.fromkeys(symbols, tables[section][table][first["symbol"]])
    # The shipped rate is for two instruments.
    tables["risk"] |= {"messages_per_s": 20_000, "messages_burst": 20_000}
    quiet = {"limit_orders_per_s": 12, "market_orders_per_s": 1, "orders_max": 4000}
    for traders in tables["exchange"]["traders"].values():
        traders |= quiet
    if count > DESK:
        makers = tables.pop("strategy")["market_maker"]
        parts = [symbols[i : i + DESK] for i in range(0, count, DESK)]
        tables["strategies"] = {
            f"part{i}": {
                "instruments": part,
                "market_maker": {symbol: makers[symbol] for symbol in part},
            }
            for i, part in enumerate(parts)
        }
    return toml_text(tables)


class LiveSession:
    """A session under `pinnacle run`, observed from outside."""

    def __init__(
        self,
        folder: Path,
        name: str,
        source: str,
        extra: str,
        environment: Mapping[str, str] | None,
        change: Callable[[str], str],
    ):
        self.config, self.paths = demo_config(folder, name, source, extra, change)
        self.name = name
        self._report = folder / "report.json"
        self._out = folder / "out.txt"
        command = [sys.executable, "-m", "pinnacle", "run", str(self.config), "--name", name]
        command += ["--report", str(self._report), "--port", "0"]
        with self._out.open("wb") as out:
            self.run = subprocess.Popen(command, stdout=out, stderr=out, env=environment)
        until(self.paths.control.exists, 60, "segments")
        self.observer = Observer(self.paths)

    def process(self, name: str) -> ProcessView:
        return next(p for p in self.observer.processes() if p.name == name)

    def ready(self) -> bool:
        return all(p.state == "ready" for p in self.observer.processes())

    def command(self, word: str) -> None:
        """`pinnacle session` with this word, of this session."""
        done = warm.run("session", word, "--config", self.config, "--name", self.name)
        assert done.returncode == 0, done.stderr

    def open_orders(self) -> list[int]:
        return [self.observer.position(i).open_orders for i in self.observer.instruments]

    def quoting(self) -> bool:
        """Both sides of every instrument, as risk counts them."""
        return self.ready() and min(self.open_orders()) >= 2

    def resting(self) -> dict[int, int]:
        """Our orders in the market and their leaves, by the exchange's own journal."""
        return resting_at_the_end(journalled(self.paths, "exchange"))

    def in_the_market(self) -> bool:
        """Quoting, and as many orders at the venue. A process that was just started again shows
        what its predecessor counted, and orders may still be under way."""
        return self.quoting() and len(self.resting()) >= sum(self.open_orders()) > 0

    def finish(self) -> dict:
        """Ctrl-C, and the report."""
        self.run.send_signal(signal.SIGINT)
        assert self.run.wait(40) == 0, self.output()
        return self.report()

    def report(self) -> dict:
        return json.loads(self._report.read_text(encoding="utf-8"))

    def output(self) -> str:
        """What it has shown so far."""
        return self._out.read_text(encoding="utf-8")

    def close(self) -> None:
        self.observer.close()
        if self.run.poll() is None:
            self.run.terminate()
            self.run.wait(40)


@contextlib.contextmanager
def running_demo(
    folder: Path,
    name: str,
    source: str = "demo.toml",
    extra: str = "",
    environment: Mapping[str, str] | None = None,
    change: Callable[[str], str] = str,
) -> Iterator[LiveSession]:
    """A live session, ended whatever happens; `extra` is added to its configuration."""
    live = LiveSession(folder, name, source, extra, environment, change)
    try:
        until(live.ready, 60, "all processes ready")
        yield live
    finally:
        live.close()


def until(condition: Callable[[], bool], seconds: float, what: str) -> None:
    """Wait for something that must happen; fail by its name if it does not."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"waited {seconds} s for: {what}"
        time.sleep(0.02)


def is_dead(pid: int) -> bool:
    """A killed process lives, with its locks, until the kernel has ended it."""
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def journalled(paths: SessionPaths, role: str) -> np.ndarray:
    """All records of a process's journal."""
    return JournalReader(paths.journal(role)).array()


def verify(paths: SessionPaths) -> tuple[dict, int]:
    """What `pinnacle-replay verify` says of a session, and its exit code."""
    done = warm.run("verify", paths.data, "--json", program="pinnacle-replay", timeout=100)
    assert done.stdout, done.stderr
    return json.loads(done.stdout), done.returncode


def assert_repeats(paths: SessionPaths) -> None:
    """The session is identical, and decided something."""
    result, code = verify(paths)
    assert code == 0, result["details"] or result
    assert result["identical"] and result["differences"] == 0
    assert result["decisions"] > 100


#: By order id what it is for in all, and what of it was filled.
Resting = dict[int, tuple[int, int]]


def resting_at_the_end(rows: np.ndarray) -> dict[int, int]:
    """Open orders and their leaves after an exchange's records."""
    resting: Resting = {}
    for row in rows[(rows["kind"] >= Kind.ACK) & (rows["kind"] <= Kind.REJECTED)]:
        rest(resting, row)
    return {order: total - filled for order, (total, filled) in resting.items()}


def rest(resting: Resting, row: np.void) -> None:
    """Apply one execution report."""
    order, kind, quantity = int(row["order_id"]), row["kind"], int(row["quantity"])
    if kind == Kind.ACK:
        resting[order] = (quantity, 0)
    elif kind in (Kind.CANCELLED, Kind.REJECTED):
        resting.pop(order, None)
    elif order in resting and kind in (Kind.FILL, Kind.REPLACED):
        total, filled = resting[order]
        resting[order] = (total, filled + quantity) if kind == Kind.FILL else (quantity, filled)
        total, filled = resting[order]
        if filled >= total:
            del resting[order]
