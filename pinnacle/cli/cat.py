"""`pinnacle-replay cat`: records as text, or as JSON lines."""

import json
from collections.abc import Iterator
from heapq import merge
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from pinnacle.replay.recording import Recording
    from pinnacle.replay.select import Selection

_TIME = "ISO 8601 (UTC), ns since 1970, or +seconds from the session's start."


@click.command()
@click.argument("session", type=click.Path(path_type=Path))
@click.option("--journal", help="Only this one (feed, strategy, ...); all, merged by time, if not.")
@click.option("--kind", help="Kinds, separated by commas: depth,trade,fill,...")
@click.option("--instrument", help="A symbol.")
@click.option("--from", "from_text", metavar="TIME", help=_TIME)
@click.option("--to", "to_text", metavar="TIME", help="The same, inclusive.")
@click.option("--order", "order_id", metavar="ID", help="A client order id, decimal or 0x...")
@click.option("--decisions/--inputs", default=None, help="Only what the process made, or took in.")
@click.option("--limit", type=click.IntRange(min=0), help="Stop after so many.")
@click.option("--raw", is_flag=True, help="Ticks and lots as integers; needs no instrument list.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
def cat(
    session: Path,
    journal: str | None,
    limit: int | None,
    raw: bool,
    as_json: bool,
    **filters: Any,
) -> int:
    """Print the records of SESSION (its folder, or one journal's directory).

    A journal that is damaged, torn or cut is printed up to there, which stderr names; the exit is
    then 1.
    """
    from pinnacle.cli.damage import tell_damage
    from pinnacle.replay.readable import line
    from pinnacle.replay.recording import Recording

    recording = Recording.open(session)
    names = [journal] if journal else list(recording.journals)
    selection = _selection(recording, raw=raw, **filters)
    streams = [_stream(recording, name, selection, raw) for name in names]
    for name, row in islice(merge(*streams, key=lambda pair: pair[1]["recv_ns"]), limit):
        click.echo(json.dumps({"journal": name} | row) if as_json else line(row, name))
    return tell_damage(recording, names)


def _selection(
    recording: "Recording",
    raw: bool,
    kind: str | None,
    instrument: str | None,
    from_text: str | None,
    to_text: str | None,
    order_id: str | None,
    decisions: bool | None,
) -> "Selection":
    from pinnacle.core.errors import UsageError
    from pinnacle.replay.select import Selection, parse_kinds
    from pinnacle.replay.times import parse_time

    if not raw:
        _ = recording.instruments
    from_ns, to_ns = (
        parse_time(text, recording.start_ns) if text else None for text in (from_text, to_text)
    )
    if from_ns is not None and to_ns is not None and to_ns < from_ns:
        raise UsageError(f"--to {to_text} is before --from {from_text}: nothing lies between")
    return Selection(
        kinds=parse_kinds(kind) if kind else None,
        instrument_id=recording.instrument(instrument).instrument_id if instrument else None,
        from_ns=from_ns,
        to_ns=to_ns,
        order_id=_order_id(order_id) if order_id else None,
        decisions=decisions,
    )


def _order_id(text: str) -> int:
    from pinnacle.core.errors import UsageError

    try:
        value = int(text, 0)
    except ValueError:
        value = -1
    if not 0 <= value < 1 << 64:
        raise UsageError(f"{text!r} is not an order id: 0 to 2^64 - 1, decimal or 0x...")
    return value


def _stream(
    recording: "Recording", name: str, selection: "Selection", raw: bool
) -> Iterator[tuple[str, dict[str, Any]]]:
    from pinnacle.replay.readable import rows

    instruments = None if raw else recording.instruments
    for first, chunk, at in selection.chunks(recording.reader(name, damaged_ok=True)):
        for row in rows(chunk, first, at, instruments):
            yield name, row
