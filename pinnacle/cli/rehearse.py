"""`pinnacle rehearse`: what a user runs before going live."""

import json
import os
import time
from pathlib import Path

import click

from pinnacle.cli.options import Number


@click.command()
@click.argument("venue", required=False)
@click.option(
    "--config",
    type=click.Path(path_type=Path),
    help="Your session's configuration; config/live-VENUE.toml if not given. Where it connects to, "
    "and its vault, are replaced.",
)
@click.option("--duration", type=Number(min=5), default=60, show_default=True, help="Seconds.")
@click.option("--faults", help="all, or names with commas; `--list-faults` says which there are.")
@click.option(
    "--kills",
    type=click.IntRange(0, 5),  # one more, and the supervisor gives the session up
    default=0,
    help="Kill the session's gateways so often, with SIGKILL, at instants by the seed.",
)
@click.option("--seed", type=click.IntRange(0, 2**63 - 1), help="The time if not given.")
@click.option("--list-faults", is_flag=True, help="What can be done to the session, and end.")
@click.option("--json", "as_json", is_flag=True, help="The result as one JSON object.")
@click.option(
    "--dir",
    "folder",
    type=click.Path(path_type=Path),
    help="Where all of it is kept; data/rehearsal-VENUE-TIME-PID if not given.",
)
def rehearse(
    venue: str | None,
    config: Path | None,
    duration: float,
    faults: str | None,
    kills: int,
    seed: int | None,
    list_faults: bool,
    as_json: bool,
    folder: Path | None,
) -> int:
    """Run your session against an exchange of our own that speaks VENUE's protocol, and compare.

    VENUE is binance, bitstamp, coinbase, gemini or kraken; all: one for each of the session's
    venues.

    Exit 0 if positions, fills and fees are those of the exchange's ledger, no order is there twice
    or lost, and the journals repeat; 1 if not, with a line for each problem.
    """
    from pinnacle.core.errors import UsageError
    from pinnacle.exchange.network.faults import FAULTS, check_names, time_needed
    from pinnacle.rehearsal.places import default_config
    from pinnacle.rehearsal.rehearse import ALL, WARM_UP_S, Wanted
    from pinnacle.rehearsal.rehearse import rehearse as run
    from pinnacle.venues.registry import find_traded

    if list_faults and as_json:
        click.echo(json.dumps({name: fault.words for name, fault in FAULTS.items()}))
        return 0
    if list_faults:
        for name, fault in FAULTS.items():
            click.echo(f"{name:24} {fault.words}")
        return 0
    if venue is None:
        raise UsageError("VENUE is wanted: whose protocol?")
    try:
        never = frozenset() if venue == ALL else find_traded(venue).exchange_side().never
    except ValueError as error:
        raise UsageError(f"VENUE: {error}") from None
    names = faults.split(",") if faults else []
    if faults == "all":
        names = [name for name in FAULTS if name not in never]
    check_names(names, never)
    config = config or default_config("all-venues" if venue == ALL else venue)
    seed = int(time.time()) if seed is None else seed
    mine = f"{time.strftime('%y%m%d-%H%M%S')}-{os.getpid()}"  # two may begin in one second
    folder = folder or Path("data") / f"rehearsal-{venue}-{mine}"
    click.echo(f"seed {seed}", err=True)
    if names and duration < (needed_s := time_needed(names, WARM_UP_S)):
        click.echo(f"not every fault has its turn: all of them take {needed_s:.0f} s", err=True)
    wanted = Wanted(venue, config, folder.absolute(), duration, names, kills, seed)
    found = run(wanted, lambda words: click.echo(words, err=True))
    if as_json:
        import msgspec

        shown = msgspec.to_builtins(found)
        click.echo(json.dumps(shown if venue == ALL else shown[0]))
    else:
        for each in found:
            _print(each)
    return 0 if all(each.good for each in found) else 1


def _print(found: object) -> None:
    import msgspec

    for name, value in msgspec.to_builtins(found).items():
        if name != "problems":
            click.echo(f"{name:20} {value}")
    for problem in getattr(found, "problems", []):
        click.echo(f"problem: {problem}")
