"""Tick to trade over the wire: from a frame of the market to the order frame that it causes."""

import importlib.util

from bench.harness.bench import Bench
from bench.harness.program import Runs
from bench.harness.row import Row, Target, missing, row
from bench.inside.wire_legs import LEGS

NAME = "wire"
TRANSPORTS = {"websockets": 100, "picows": 70}


PEER = "fastmm-engine"


def measure(bench: Bench) -> list[Row]:
    bench.need_two_cores()
    found = [name for name in TRANSPORTS if name == "websockets" or _is_there(name)]
    has_peer = _is_there("fastmm_live") and _is_there("numba")
    data = bench.cache / "sessions"
    who = ",".join([*found, *(["fastmm"] if has_peer else [])])
    runs = bench.run_inside("wire", data, who, timeout_s=600)
    rows = [made for name in found for made in _rows(runs, name)]
    if "picows" not in found:
        rows.append(missing(f"{NAME}, picows", "us", "pip install 'pinnacle-mm[fast]'"))
    if not has_peer:
        rows.append(missing(f"{NAME}, {PEER}", "us", "pip install 'fastmm-engine[live,hot]'"))
    note = "the same two sockets, a bare loop that answers each frame: the exchange's own part too"
    return [*rows, _row("bare sockets", runs, "limit", note)]


def _is_there(module: str) -> bool:
    return importlib.util.find_spec(module) is not None


def _rows(runs: Runs, name: str) -> list[Row]:
    new = "the asks come back, two orders leave: from before the write to the first one's read"
    cancel = "the asks go, two cancels leave"
    tail = [value / 1e3 for value in runs[f"{name}.new.p99"]]
    what, bound = f"{name}, tick to order", TRANSPORTS[name]
    return [
        _row(what, runs, f"{name}.new", new, "fastmm.new", Target("value", bound)),
        row(f"{NAME}, {what}, p99", "us", tail, target=Target("value", 1000)),
        _row(f"{name}, tick to cancel", runs, f"{name}.cancel", cancel, "fastmm.cancel"),
        *(_row(f"{name}, leg {leg}", runs, f"{name}.{leg}", words) for leg, words in LEGS.items()),
    ]


def _row(
    what: str, runs: Runs, key: str, note: str, peer: str = "", target: Target | None = None
) -> Row:
    def us(name: str) -> list[float]:
        return [value / 1e3 for value in runs.get(name, [])]

    return row(
        f"{NAME}, {what}",
        "us",
        us(f"{key}.p50"),
        peer=PEER if peer else None,
        peer_runs=us(f"{peer}.p50"),
        target=target,
        quantiles={q: us(f"{key}.{q}") for q in ("p50", "p99", "p99_9")},
        note=note,
    )
