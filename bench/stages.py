"""Each stage of the chain alone, in one process, on records that a real session left."""

from bench.harness.bench import Bench
from bench.harness.program import ProgramError
from bench.harness.row import Row, Target, median, row
from bench.harness.session import recorded_session

NAME = "tick-to-order, stages"


def measure(bench: Bench) -> list[Row]:
    runs = bench.run_inside("stages", recorded_session(bench, "park").data)
    stages = {
        "feed publish": ("publish", 1, "a message of the venue: journal, book, ring"),
        "strategy decision": ("decide", 6, "a turn's records that hold market data"),
        "risk turn": (
            "risk",
            1,
            "one intent: poll, look at the book, journal, check, journal, push",
        ),
    }
    rows = []
    for words, (key, bound, note) in stages.items():
        rows.append(
            row(
                f"{NAME}, {words}",
                "us",
                runs[f"{key}.p50"],
                target=Target("value", bound),
                quantiles={q: runs[f"{key}.{q}"] for q in ("p50", "p99", "p99_9")},
                note=note,
            )
        )
    rows.append(
        row(
            f"{NAME}, strategy turn",
            "us",
            runs["turn.p50"],
            quantiles={q: runs[f"turn.{q}"] for q in ("p50", "p99", "p99_9")},
            note="take, decide and give, for turns that led to orders",
        )
    )
    rows.append(_projection(bench, runs))
    return rows


def _projection(bench: Bench, runs: dict[str, list[float]]) -> Row:
    """The sum of measured stages and two hops: never measured as a whole."""
    try:
        bench.need("g++", "boost", "moodycamel")
        bench.need_two_cores()
        hop = median(bench.run("ring_round_trip")["ours"]) / 2e3
        words = "two hops of half a measured ring round trip"
    except ProgramError:
        hop, words = 0.0, "without the hops, which need two cores"
    parts = [median(runs[key]) for key in ("publish.p50", "turn.p50", "risk.p50")]
    return row(
        "tick-to-order, a core each (projection)",
        "us",
        [sum(parts) + 2 * hop],
        note=f"not measured: feed publish + strategy turn + risk turn + {words}",
    )
