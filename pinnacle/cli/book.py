"""`pinnacle-replay book`: the market as it was."""

import json
from itertools import zip_longest
from pathlib import Path
from typing import Any

import click


@click.command()
@click.argument("session", type=click.Path(path_type=Path))
@click.option(
    "--at",
    required=True,
    metavar="TIME",
    help="ISO 8601 (UTC), ns since 1970, or +seconds from the session's start.",
)
@click.option("--instrument", required=True, help="A symbol, or venue:symbol.")
@click.option(
    "--depth",
    default=10,
    show_default=True,
    type=click.IntRange(1, 100_000),
    help="Levels of each side.",
)
@click.option("--journal", help="Whose records to build from; its feed's if not given.")
@click.option("--json", "as_json", is_flag=True, help="The result as one JSON object.")
def book(
    session: Path, at: str, instrument: str, depth: int, journal: str | None, as_json: bool
) -> None:
    """Show the book of an instrument of SESSION as it was at a moment."""
    from pinnacle.cli.progress import progress_bar
    from pinnacle.replay.books import book_at, refuse_later
    from pinnacle.replay.recording import Recording
    from pinnacle.replay.times import parse_time

    recording = Recording.open(session)
    found = recording.instrument(instrument)
    at_ns = parse_time(at, recording.start_ns)
    journal = journal or recording.feed_of(found)
    reader = recording.reader(journal)
    refuse_later(reader, at_ns)
    with progress_bar(journal, reader.find_time(at_ns + 1)) as progress:
        picture = book_at(reader, found, at_ns, depth, progress)
    if as_json:
        click.echo(json.dumps(picture))
    else:
        _print(picture)


def _print(picture: dict[str, Any]) -> None:
    state = "valid" if picture["valid"] else f"INVALID: {picture['reason']}"
    click.echo(f"{picture['symbol']} at {picture['at']}: {state}")
    click.echo(f"last change {picture['changed'] or 'never'}, {picture['records']} records applied")
    click.echo(f"{'bid quantity':>16} {'bid':>14} | {'ask':<14} {'ask quantity':<16}")
    nothing = {"price": "", "quantity": ""}
    for bid, ask in zip_longest(picture["bids"], picture["asks"], fillvalue=nothing):
        left = f"{bid['quantity']:>16} {bid['price']:>14}"
        click.echo(f"{left} | {ask['price']:<14} {ask['quantity']:<16}".rstrip())
