"""Tick to trade over the wire: from a frame of the market to the order frame that it causes."""

import importlib.util

from bench.harness.bench import Bench
from bench.harness.program import Runs
from bench.harness.row import Row, Target, missing, row

NAME = "wire"
TRANSPORTS = {"websockets": 100, "picows": 70}
LEGS = {
    "receive": "from before the exchange writes to the feed's stamp on the frame",
    "decide": "from there over codec, shared book and strategy to risk's look at the book",
    "send": "from there over risk, the gateway, its journal and the frame to the exchange's read",
}


def measure(bench: Bench) -> list[Row]:
    bench.need_two_cores()
    found = importlib.util.find_spec("picows") is not None
    transports = [name for name in TRANSPORTS if name != "picows" or found]
    data = bench.cache / "sessions"
    runs = bench.run_inside("wire", data, ",".join(transports), timeout_s=600)
    rows = [made for name in transports for made in _rows(runs, name)]
    if not found:
        rows.append(missing(f"{NAME}, picows", "us", "pip install 'pinnacle-mm[fast]'"))
    return rows


def _rows(runs: Runs, name: str) -> list[Row]:
    def us(key: str) -> list[float]:
        return [value / 1e3 for value in runs[f"{name}.{key}"]]

    def beside(what: str, key: str, note: str, target: Target | None = None) -> Row:
        return row(
            f"{NAME}, {name}, {what}",
            "us",
            us(f"{key}.p50"),
            peer="bare sockets" if key in ("new", "cancel") else None,
            peer_runs=[v / 1e3 for v in runs["limit.p50"]] if key in ("new", "cancel") else (),
            target=target,
            quantiles={q: us(f"{key}.{q}") for q in ("p50", "p99", "p99_9")},
            note=note,
        )

    new = "the asks come back, two orders leave: from before the write to the first one's read"
    return [
        beside("tick to order", "new", new, Target("value", TRANSPORTS[name])),
        row(
            f"{NAME}, {name}, tick to order, p99",
            "us",
            us("new.p99"),
            target=Target("value", 1000),
        ),
        beside("tick to cancel", "cancel", "the asks go, two cancels leave"),
        *(beside(f"leg {leg}", leg, words) for leg, words in LEGS.items()),
    ]
