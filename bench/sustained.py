"""Events a second through feed, strategy and risk in their own processes, from a made market."""

import shutil
import subprocess
import sys
import time
from contextlib import contextmanager
from typing import NamedTuple

import numpy as np

from bench.harness.bench import Bench
from bench.harness.build import ROOT
from bench.harness.program import ProgramError, run_program
from bench.harness.row import Row, Target, row
from bench.harness.session import environment, private_mb, raise_process, write_config
from pinnacle.core.counters import BUCKET_FLOORS
from pinnacle.core.observer import Observer
from pinnacle.session.config import load_session
from pinnacle.session.create import create_session, remove_runtime

NAME = "sustained"
ROLES = ("feed", "risk", "gateway", "strategy")
FIRST_RATE, FIRST_RATE_QUICK = 400_000, 800_000
#: A record that left later than this after its time shows that the chain holds its venue up.
LATE_MS = 100.0
#: Beyond this the long run only fills the disk: a minute of it is 3 GB of journals.
LONG_RATE_MAX = 400_000
STEPS, STEPS_QUICK = 6, 2


class Flow(NamedTuple):
    """One run of the made market."""

    rate: float
    sent_per_s: float
    late_ms: float
    lost: int
    p50_us: float
    p99_us: float

    @property
    def kept_up(self) -> bool:
        return self.late_ms < LATE_MS and self.lost == 0


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
        self._wait_ready()

    def _start(self, role: str, config: str) -> subprocess.Popen:
        words = [sys.executable, "-m", "pinnacle", role, "--config", config, "--name", "sustained"]
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
        before, latency = self._counts(), self._latency()
        program = bench.builder.program("flood")
        count = len(self.config.instruments)
        words = [program, "1", "1", bench.cores[1], bench.cores[1], bench.scratch]
        runs = run_program([*words, self.paths.runtime, count, rate, seconds], seconds + 60)
        time.sleep(0.3)
        for role, process in self._processes.items():
            if process.poll() is not None:
                raise ProgramError(f"{role} ended at {rate:.0f} records/s")
        counts = self._counts() - before
        lost = counts[:2].sum() + np.maximum(runs["sent"][0] - counts[2:], 0).sum()
        return Flow(
            rate,
            runs["sent"][0] / runs["seconds"][0],
            runs["late_ms"][0],
            int(lost),
            *_quantiles(self._latency() - latency),
        )

    def _counts(self) -> np.ndarray:
        """Gaps, overflows, records that the feed has published, records that the strategy took."""
        feed, strategy = self._observer.counters("feed"), self._observer.counters("strategy")
        found = [feed.get(name, 0) for name in ("gaps", "overflows", "published")]
        return np.array([*found, strategy.get("records", 0)])

    def _latency(self) -> np.ndarray:
        found = self._observer.histograms("risk").get("tick_to_order")
        return found.buckets() if found else np.zeros(len(BUCKET_FLOORS), np.uint64)

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
        remove_runtime(self.paths)
        shutil.rmtree(self.paths.data, ignore_errors=True)


def _quantiles(buckets: np.ndarray) -> tuple[float, float]:
    """p50 and p99 in us of what has been counted into these buckets."""
    total = buckets.sum()
    if total == 0:
        return float("nan"), float("nan")
    places = np.searchsorted(np.cumsum(buckets), [total * 0.5, total * 0.99])
    p50, p99 = (float(BUCKET_FLOORS[place]) / 1e3 for place in places)
    return p50, p99


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
            why = f"at {rate:,.0f} {flow.lost} lost, {flow.late_ms:.0f} ms late"
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
            note=f"{flow.lost} lost, {flow.late_ms:.1f} ms late at most, memory {growth:+.1f} MB",
        ),
        row(
            f"{NAME}, tick-to-order meanwhile",
            "us",
            [flow.p50_us],
            quantiles={"p50": [flow.p50_us], "p99": [flow.p99_us]},
        ),
        row(f"{NAME}, records lost", "records", [flow.lost], target=Target("value", 0)),
        row(f"{NAME}, growth of memory", "MB", [max(growth, 0.0)], target=Target("value", 4)),
    ]
