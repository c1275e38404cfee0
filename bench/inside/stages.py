"""The turns of feed, strategy and risk on recorded records, each timed by itself."""

from time import perf_counter_ns

import numpy as np

from bench.inside.measure import begin, emit_quantiles
from bench.inside.recorded import RISK_BATCH, Recorded, Risk, Strategy
from pinnacle.core._native import lib
from pinnacle.core.errors import check
from pinnacle.core.ring import RingReader, RingWriter
from pinnacle.core.schema import EVENT, EventBuffer, Flag, Kind, Source

WARM = 200
#: What a process puts into its own log: peers, kill word, timers.
OWN_FROM = Kind.START
REPORTERS = (Source.RISK, Source.GATEWAY, Source.EXCHANGE)


def measure_feed(recorded: Recorded) -> list[int]:
    """Publish message by message. ns a message."""
    rows = recorded.records("feed")
    # At the session's end the venue goes: the books are to stay for who judges by them.
    rows = rows[rows["kind"] != Kind.BOOK_INVALID]
    reader = RingReader(recorded.paths.ring("market.strategy"))
    publisher = recorded.publisher(recorded.runtime("feed"))
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


class _Strategy(Strategy):
    """The strategy process on recorded batches, and the other ends of its rings."""

    def __init__(self, recorded: Recorded):
        super().__init__(recorded)
        paths = recorded.paths
        self._market = RingWriter(paths.ring("market.strategy"))
        self._fills = RingWriter(paths.ring("fills"))
        self._intents = RingReader(paths.ring("intents"))
        self._scratch = EventBuffer(65536)

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
    return samples[WARM:]


def measure_strategy_turns(recorded: Recorded) -> list[int]:
    """Whole turns that led to orders, as the process takes them, ns."""
    strategy, samples = _Strategy(recorded), []
    run_turn = lib.pmm_strategy_run_turn
    for rows in _batches(recorded.records("strategy")):
        own, _ = strategy.offer(rows)
        begun = perf_counter_ns()
        n = run_turn(strategy.turn, own)
        taken = perf_counter_ns() - begun
        check(n, "strategy turn")
        if strategy.drain():
            samples.append(taken)
    return samples[WARM:]


def measure_risk(recorded: Recorded) -> list[int]:
    """Turns of one recorded intent each, ns."""
    paths, risk = recorded.paths, Risk(recorded)
    intents_in, reports_in = RingWriter(paths.ring("intents")), RingWriter(paths.ring("reports"))
    orders, fills = RingReader(paths.ring("orders")), RingReader(paths.ring("fills"))
    batch, scratch, turn = risk.batch, EventBuffer(RISK_BATCH), risk.turn
    run_turn, samples, decided = lib.pmm_risk_run_turn, [], 0
    one = np.zeros(1, EVENT)
    rows = recorded.records("risk")
    rows = rows[((rows["flags"] & Flag.DECISION) == 0) & (rows["kind"] != Kind.TOP)]
    for i in range(len(rows)):
        one[0] = rows[i]
        one["recv_ns"] = risk.runtime.clock.session_ns()
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
            while k := ring.take(scratch.cdata, RISK_BATCH):
                decided += k
                ring.release()
    assert decided >= len(samples)
    refused = risk.refused(len(recorded.instruments))
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
            recorded.remove()


main()
