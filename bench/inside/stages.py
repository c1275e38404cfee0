"""The turns of feed, strategy and risk on recorded records, each timed by itself."""

import shutil
from pathlib import Path
from time import perf_counter_ns
from typing import Any

import msgspec
import numpy as np

from bench.inside.measure import Arguments, begin, emit_quantiles
from pinnacle.core._native import ffi, lib
from pinnacle.core.book import SharedBookReader
from pinnacle.core.clock import Clock, monotonic_ns
from pinnacle.core.counters import Counters
from pinnacle.core.errors import check
from pinnacle.core.journal import Journal, Sync
from pinnacle.core.journal_reader import JournalReader
from pinnacle.core.ring import RingReader, RingWriter
from pinnacle.core.schema import EVENT, EventBuffer, Flag, Kind, Source
from pinnacle.feed.publisher import Publisher
from pinnacle.plan.config import SessionConfig, load_session
from pinnacle.risk.gate import BATCH, RiskGate
from pinnacle.runtime.stage import ORDER_KINDS, REPORT_KINDS, Input, Output, Stage, kind_mask
from pinnacle.session.create import create_session
from pinnacle.session.place import remove_segments
from pinnacle.strategy.host import StrategyHost
from pinnacle.strategy.process import native_turn

WARM = 200
#: What a process puts into its own log: peers, kill word, timers.
OWN_FROM = Kind.START
REPORTERS = (Source.RISK, Source.GATEWAY, Source.EXCHANGE)


class Recorded:
    """The recorded session, and fresh segments of the same kind for one round."""

    def __init__(self, arguments: Arguments, name: str):
        data = Path(arguments.more[0])
        self.data = data
        config = load_session(data / "config.toml")
        section = msgspec.structs.replace(
            config.session,
            name=name,
            runtime_dir=str(arguments.scratch / "stages"),
            data_dir=str(arguments.scratch / "stages-data"),
        )
        # At full speed a minute's orders come in a blink: the rate alone is not the session's.
        risk = msgspec.structs.replace(
            config.risk, messages_per_s=1_000_000_000, messages_burst=1_000_000_000
        )
        self.config: SessionConfig = msgspec.structs.replace(config, session=section, risk=risk)
        self.paths = self.config.paths()
        create_session(self.config, self.paths)
        self.instruments = self.config.instrument_list()

    def records(self, role: str) -> np.ndarray:
        rows = JournalReader(self.data / role).array()
        return rows[rows["kind"] != Kind.START]

    def journal(self, role: str) -> Journal:
        """A fresh one whose pages are all there, as housekeeping leaves them."""
        journal = Journal.open(
            self.paths.journal(role), "stages", Source[role.upper()], 1 << 18, Sync.NONE
        )
        while journal.prepare(monotonic_ns()):
            pass
        return journal


def measure_feed(recorded: Recorded) -> list[int]:
    """Publish message by message. ns a message."""
    rows = recorded.records("feed")
    reader = RingReader(recorded.paths.ring("market.strategy"))
    journal = recorded.journal("feed")
    topology = recorded.config.topology()
    feed = topology.process("feed")
    publisher = Publisher(
        recorded.paths, feed, topology.publishes(feed), recorded.instruments, journal
    )
    publisher.resync_readers()
    drain, buffer = EventBuffer(8192), EventBuffer(len(rows))
    buffer.array[:] = rows
    ends = np.flatnonzero(rows["flags"] & Flag.LAST) + 1
    samples, start, publish = [], 0, publisher.publish
    for end in ends.tolist():
        events, n = buffer.cdata + start, end - start
        begun = perf_counter_ns()
        publish(events, n)
        samples.append(perf_counter_ns() - begun)
        start = end
        while reader.take(drain.cdata, 8192):
            reader.release()
    journal.close()
    return samples[WARM:]


def _batches(rows: np.ndarray) -> list[np.ndarray]:
    """The input batches of a journal, as its process took them."""
    inputs = rows[(rows["flags"] & Flag.DECISION) == 0]
    ends = np.flatnonzero(inputs["flags"] & Flag.BATCH_END) + 1
    return np.split(inputs, ends.tolist())[: len(ends)]


def _push(ring: RingWriter, rows: np.ndarray, buffer: EventBuffer) -> None:
    n = len(rows)
    buffer.array[:n] = rows
    ring.push(buffer.cdata, n)


class _Strategy:
    """The strategy process on recorded batches, its rings and its journal, without its loop."""

    def __init__(self, recorded: Recorded):
        paths = recorded.paths
        self.host = StrategyHost(recorded.instruments, recorded.config.strategy)
        self._market = RingWriter(paths.ring("market.strategy"))
        self._fills = RingWriter(paths.ring("fills"))
        self._intents = RingReader(paths.ring("intents"))
        self.journal = recorded.journal("strategy")
        self.stage = Stage(
            self.journal,
            Source.STRATEGY,
            [
                Input(RingReader(paths.ring("fills")), Source.RISK),
                Input(RingReader(paths.ring("market.strategy")), Source.FEED),
            ],
            [Output(RingWriter(paths.ring("intents")), None, kind_mask(ORDER_KINDS))],
            0,
        )
        self.batch, self._scratch = EventBuffer(65536), EventBuffer(65536)

    def offer(self, rows: np.ndarray) -> tuple[int, bool]:
        """Put a recorded batch where a turn finds it; (own records, whether market data is in)."""
        own = rows[rows["source"] == Source.STRATEGY]
        self.batch.array[: len(own)] = own
        market = rows[rows["source"] == Source.FEED]
        _push(self._fills, rows[np.isin(rows["source"], REPORTERS)], self._scratch)
        _push(self._market, market, self._scratch)
        return len(own), len(market) > 0

    def drain(self) -> int:
        """What the turn gave, taken away; how many records."""
        given = 0
        while n := self._intents.take(self._scratch.cdata, 65536):
            self._intents.release()
            given += n
        return given


def measure_decisions(recorded: Recorded) -> list[int]:
    """Decisions on batches with market data, ns."""
    strategy, samples = _Strategy(recorded), []
    events, decisions = strategy.batch.cdata, strategy.host.desk.decisions.cdata
    for rows in _batches(recorded.records("strategy")):
        own, market = strategy.offer(rows)
        n = strategy.stage.take(strategy.batch, own)
        begun = perf_counter_ns()
        count = strategy.host.decide(events, n)
        taken = perf_counter_ns() - begun
        strategy.stage.give(decisions, count)
        if market:
            samples.append(taken)
        strategy.drain()
    strategy.journal.close()
    return samples[WARM:]


def measure_strategy_turns(recorded: Recorded) -> list[int]:
    """Whole turns that led to orders, as the process takes them, ns."""
    strategy, samples = _Strategy(recorded), []
    turn = native_turn(strategy.stage, strategy.host, strategy.batch)
    run_turn = lib.pmm_strategy_run_turn
    for rows in _batches(recorded.records("strategy")):
        own, _ = strategy.offer(rows)
        begun = perf_counter_ns()
        n = run_turn(turn, own)
        taken = perf_counter_ns() - begun
        check(n, "strategy turn")
        if strategy.drain():
            samples.append(taken)
    strategy.journal.close()
    return samples[WARM:]


def _risk_turn(recorded: Recorded, gate: RiskGate, stage: Stage, batch: EventBuffer) -> Any:
    """struct pmm_risk_turn as the risk process sets it up."""
    turn = ffi.new("struct pmm_risk_turn *")
    books = [SharedBookReader(recorded.paths.book(i.symbol)) for i in recorded.instruments]
    counters = Counters(recorded.paths.counters("risk"))
    histogram = counters.histogram("tick_to_order")
    turn.stage, turn.risk = stage.cdata, gate.book.cdata
    turn.tick_to_order = histogram.cdata
    clock = Clock()
    turn.clock = clock.cdata
    turn.batch, turn.batch_max = batch.cdata, BATCH
    turn.decisions, turn.decisions_max = gate.decisions.cdata, gate.decisions.capacity
    for i, book in enumerate(books):
        turn.books[i] = book.cdata
    return turn, (books, counters, histogram, clock)


def measure_risk(recorded: Recorded) -> list[int]:
    """Turns of one recorded intent each, ns."""
    paths, gate = recorded.paths, RiskGate(recorded.instruments, recorded.config.risk)
    intents_in, reports_in = RingWriter(paths.ring("intents")), RingWriter(paths.ring("reports"))
    orders, fills = RingReader(paths.ring("orders")), RingReader(paths.ring("fills"))
    journal = recorded.journal("risk")
    stage = Stage(
        journal,
        Source.RISK,
        [
            Input(RingReader(paths.ring("reports")), Source.GATEWAY),
            Input(RingReader(paths.ring("intents")), Source.STRATEGY),
        ],
        [
            Output(RingWriter(paths.ring("orders")), None, kind_mask(ORDER_KINDS)),
            Output(RingWriter(paths.ring("fills")), None, kind_mask(REPORT_KINDS)),
        ],
        0,
    )
    batch, scratch = EventBuffer(BATCH), EventBuffer(BATCH)
    turn, keep = _risk_turn(recorded, gate, stage, batch)
    run_turn, samples, decided = lib.pmm_risk_run_turn, [], 0
    one = np.zeros(1, EVENT)
    rows = recorded.records("risk")
    rows = rows[((rows["flags"] & Flag.DECISION) == 0) & (rows["kind"] != Kind.TOP)]
    for i in range(len(rows)):
        one[0] = rows[i]
        one["recv_ns"] = keep[-1].session_ns()
        own = int(one["kind"][0] >= OWN_FROM)
        intent = not own and one["source"][0] == Source.STRATEGY
        if own:
            batch.array[0] = one[0]
        else:
            _push(intents_in if intent else reports_in, one, scratch)
        begun = perf_counter_ns()
        n = run_turn(turn, own)
        taken = perf_counter_ns() - begun
        check(n, "risk turn")
        if intent:
            samples.append(taken)
        for ring in (orders, fills):
            while k := ring.take(scratch.cdata, BATCH):
                decided += k
                ring.release()
    journal.close()
    assert keep and decided >= len(samples)
    refused = sum(sum(gate.book.refused(i.instrument_id).values()) for i in recorded.instruments)
    assert refused <= len(samples) // 20, f"{refused} of {len(samples)} intents were refused"
    return samples[WARM:]


def main() -> None:
    arguments = begin()
    for round_ in range(arguments.rounds):
        # A set of segments each where they share a ring: it has one writer and one reader.
        first, second, third = (Recorded(arguments, f"{round_}-{part}") for part in "abc")
        samples = {
            "decide": measure_decisions(first),
            "turn": measure_strategy_turns(second),
            "publish": measure_feed(third),
            "risk": measure_risk(third),
        }
        for name, found in samples.items():
            emit_quantiles(name, np.array(found) / 1e3)
        for recorded in (first, second, third):
            remove_segments(recorded.paths.runtime)
            shutil.rmtree(recorded.paths.data)


main()
