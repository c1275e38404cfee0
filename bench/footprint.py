"""What a process of a session takes: time to import it, and memory of its own."""

from bench.harness.bench import Bench
from bench.harness.row import Row, Target, row
from bench.harness.session import recorded_session

NAME = "footprint"
HOT = ("feed", "strategy", "risk", "gateway")


def measure(bench: Bench) -> list[Row]:
    imports = bench.run_inside("imports")
    rows = [
        row(f"{NAME}, import of {role}", "s", imports[role], target=Target("value", 0.25))
        for role in HOT
    ]
    session = recorded_session(bench, "park")
    for role, memory in sorted(session.memory_mb.items()):
        rows.append(row(f"{NAME}, memory of {role}", "MB", [memory], target=Target("value", 60)))
    if session.memory_mb:
        rows[-1].note = "private pages but those of the session's mapped files, in a demo session"
    return rows
