"""An exchange's venues: the simulated market with few and with all instruments, and paper's."""

from bench.harness.bench import Bench
from bench.harness.row import Row, Target, median, row

NAME = "simulated market"
FEW = 2


def measure(bench: Bench) -> list[Row]:
    runs = bench.run("venues")
    many = round(median(runs["instruments"]))

    def counted(instruments: int) -> float | None:
        return bench.instructions("venues", "pmm_market_advance", instruments)

    return [
        row(
            f"{NAME}, {FEW} instruments",
            "ns/record",
            runs["few"],
            instructions=counted(FEW),
            note="the traders' dice, their orders, the engine; a unit is a market record out",
        ),
        row(
            f"{NAME}, {many} instruments",
            "ns/record",
            runs["many"],
            peer=f"{FEW} instruments",
            peer_runs=runs["few"],
            target=Target("ratio", 6),
            instructions=counted(many),
            note="books and traders beyond any cache; whose turn it is costs a logarithm",
        ),
        row(
            "paper venue",
            "ns/record",
            runs["paper"],
            target=Target("value", 250),
            note="pmm_paper_venue_run on a market with an order of ours for every 200 records, "
            f"{median(runs['paper_reports']) * 1000:.0f} reports for 1,000",
        ),
    ]
