"""Events a second through feed, strategy and risk in their own processes, from a made market."""

import shutil
import subprocess
import sys
import time
from contextlib import contextmanager
from typing import NamedTuple

from bench.harness.bench import Bench
from bench.harness.build import ROOT
from bench.harness.latency import quantiles_us, tick_to_order
from bench.harness.program import ProgramError, run_program
from bench.harness.row import Row, Target, row
from bench.harness.session import environment, private_mb, raise_process, write_config
from pinnacle.core.ring import RingObserver
from pinnacle.plan.checks import load_session
from pinnacle.runtime.observer import Observer
from pinnacle.session.create import create_session
from pinnacle.session.place import remove_segments

NAME = "sustained"
ROLES = ("feed", "risk", "gateway", "strategy")
FIRST_RATE, FIRST_RATE_QUICK = 400_000, 800_000
#: A record that left later than this after its time shows that the chain holds its venue up.
LATE_MS = 100.0
#: Beyond this the long run only fills the disk: a minute of it is 3 GB of journals.
LONG_RATE_MAX = 400_000
STEPS, STEPS_QUICK = 6, 2


#: The rings that every record passes: the venue's to the feed, the feed's to the strategy.
MARKET, STRATEGY = "venue.market", "market.strategy"


class Deepest(NamedTuple):
    """The most records that a ring held at once, and when in the run."""

    ring: str
    records: int
    at_s: float


class Flow(NamedTuple):
    """One run of the made market. `losses`: records or events by where they were lost."""

    rate: float
    sent_per_s: float
    late_ms: float
    full_ms: float
    losses: dict[str, int]
    deepest: list[Deepest]
    p50_us: float
    p99_us: float

    @property
    def lost(self) -> int:
        return sum(self.losses.values())

    @property
    def kept_up(self) -> bool:
        return self.late_ms < LATE_MS and self.lost == 0

    @property
    def where(self) -> str:
        """What was lost where, and how near to it each ring came."""
        lost = [f"{name}: {n:,}" for name, n in self.losses.items()] or ["nothing lost"]
        deep = [f"{d.ring} held {d.records:,} at {d.at_s:.1f} s" for d in self.deepest]
        return "; ".join(lost + deep)


class Chain:
    """The four processes of the chain, and what they have counted."""

    def __init__(self, bench: Bench):
        self._bench = bench
        place = dict.fromkeys(ROLES, bench.cores[0])
        path = write_config(bench, "sustained", "park", place)
        self.config = load_session(path)
        self.paths = self.config.paths("sustained")
        shutil.rmtree(self.paths.data, ignore_errors=True)
        create_session(self.config, self.paths)
        self._processes = {role: self._start(role, str(path)) for role in ROLES}
        self._observer = Observer(self.paths)
        self._rings = {name: RingObserver(self.paths.ring(name)) for name in (MARKET, STRATEGY)}
        self._wait_ready()

    def _start(self, role: str, config: str) -> subprocess.Popen:
        words = [sys.executable, "-m", "pinnacle", "process", role]
        words += ["--config", config, "--name", "sustained"]
        with (self.paths.data / f"{role}.log").open("wb") as log:
            process = subprocess.Popen(
                words, cwd=ROOT, stdout=log, stderr=log, env=environment(), start_new_session=True
            )
        raise_process(process.pid)
        return process

    def _wait_ready(self) -> None:
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            states = {view.role: view.state for view in self._observer.processes()}
            if all(states[role] == "ready" for role in ROLES):
                return
            time.sleep(0.1)
        raise ProgramError(f"the chain did not get ready: {states}")

    def run(self, rate: float, seconds: float) -> Flow:
        """Send so many records a second for so long, and see what became of them."""
        bench = self._bench
        before, latency = self._counts(), tick_to_order(self._observer)
        program = bench.builder.program("flood")
        count = len(self.config.instruments)
        words = [program, "1", "1", bench.cores[1], bench.cores[1], bench.scratch]
        runs = run_program([*words, self.paths.runtime, count, rate, seconds], seconds + 60)
        time.sleep(0.3)
        for role, process in self._processes.items():
            if process.poll() is not None:
                raise ProgramError(f"{role} ended at {rate:.0f} records/s")
        moved = {name: n - before[name] for name, n in self._counts().items()}
        return Flow(
            rate,
            runs["sent"][0] / runs["seconds"][0],
            runs["late_ms"][0],
            runs["full_ms"][0],
            _losses(moved),
            [
                Deepest(name, int(runs[f"deepest.{name}"][0]), runs[f"deepest.{name}.at_s"][0])
                for name in self._rings
            ],
            *quantiles_us(tick_to_order(self._observer) - latency, 0.5, 0.99),
        )

    @property
    def capacity(self) -> int:
        """Records that each ring holds."""
        return self.config.session.ring_capacity

    def _counts(self) -> dict[str, int]:
        """How far the records have come: each figure read before the one that follows upon it."""
        market, strategy = self._rings[MARKET], self._rings[STRATEGY]
        given, taken = market.written, market.released
        feed = self._observer.counters("feed")
        return {
            "given": given,
            "taken": taken,
            "gaps": feed.get("gaps", 0),
            "published": feed.get("published", 0),
            "overflows": feed.get("overflows", 0),
            "written": strategy.written,
            "read": strategy.released,
        }

    def memory_mb(self) -> float:
        return sum(private_mb(process.pid) for process in self._processes.values())

    def stop(self) -> None:
        for role in ("strategy", "risk", "gateway", "feed"):
            self._processes[role].terminate()
        for process in self._processes.values():
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        self._observer.close()
        for ring in self._rings.values():
            ring.close()
        remove_segments(self.paths.runtime)
        shutil.rmtree(self.paths.data, ignore_errors=True)


def _losses(moved: dict[str, int]) -> dict[str, int]:
    """By where they were lost. What the feed sends again is written and not published."""
    found = {
        f"left in {MARKET}": moved["given"] - moved["taken"],
        "gaps in the venue's sequence": moved["gaps"],
        "taken and not published": moved["taken"] - moved["published"],
        f"overflows of {STRATEGY}": moved["overflows"],
        f"published and not written into {STRATEGY}": moved["published"] - moved["written"],
        f"left in {STRATEGY}": moved["written"] - moved["read"],
    }
    return {name: n for name, n in found.items() if n > 0}


@contextmanager
def _chain(bench: Bench):
    chain = Chain(bench)
    try:
        yield chain
    finally:
        chain.stop()


def _try(chain: Chain, rate: float, seconds: float) -> Flow:
    """The better of two goes: another program on the chain's core is not the chain's limit."""
    flow = chain.run(rate, seconds)
    return flow if flow.kept_up else chain.run(rate, seconds)


def _saturation(chain: Chain, quick: bool) -> tuple[float, str]:
    """The highest rate tried that the chain kept up with, and why no higher one."""
    good, bad, why = 0.0, 0.0, "no rate was too high"
    rate = float(FIRST_RATE_QUICK if quick else FIRST_RATE)
    for _ in range(STEPS_QUICK if quick else STEPS):
        flow = _try(chain, rate, 1.0 if quick else 2.0)
        if flow.kept_up:
            good = rate
            rate = rate * 2 if not bad else (good + bad) / 2
        else:
            bad = rate
            why = f"at {rate:,.0f} {flow.late_ms:.0f} ms late, {flow.where}"
            rate = (good + bad) / 2
    if not good:
        raise ProgramError(f"the chain kept up with no rate down to {bad:.0f} records/s")
    return good, why


def measure(bench: Bench) -> list[Row]:
    bench.need_two_cores()
    with _chain(bench) as chain:
        saturation, why = _saturation(chain, bench.quick)
        rate = min(0.8 * saturation, LONG_RATE_MAX)
        before = chain.memory_mb()
        flow = chain.run(rate, 10 if bench.quick else 60)
        growth = chain.memory_mb() - before
        capacity = chain.capacity
    deepest = max(flow.deepest, key=lambda found: found.records)
    return [
        row(
            f"{NAME}, saturation",
            "records/s",
            [saturation],
            better="more",
            note=f"the highest rate tried without loss or {LATE_MS:.0f} ms of delay; {why}. The "
            "chain on one core, a made market in the exchange's place on the other",
        ),
        row(
            f"{NAME}, the long run",
            "records/s",
            [flow.sent_per_s],
            better="more",
            target=Target("value", 200_000),
            note=f"{flow.late_ms:.1f} ms late at most, of which {flow.full_ms:.1f} ms for want of "
            f"room in a ring; memory {growth:+.1f} MB",
        ),
        row(
            f"{NAME}, tick-to-order meanwhile",
            "us",
            [flow.p50_us],
            quantiles={"p50": [flow.p50_us], "p99": [flow.p99_us]},
        ),
        row(
            f"{NAME}, records lost",
            "records",
            [flow.lost],
            target=Target("value", 0),
            note=flow.where,
        ),
        row(
            f"{NAME}, deepest ring",
            "records",
            [deepest.records],
            target=Target("value", capacity / 2),
            note=f"of {capacity:,} in {deepest.ring}: what gathered in the longest pause of its "
            f"reader or its writer, {deepest.records / rate * 1e3:.0f} ms at this rate",
        ),
        row(f"{NAME}, growth of memory", "MB", [max(growth, 0.0)], target=Target("value", 4)),
    ]
