"""`pinnacle-replay export`: a journal for other tools."""

from pathlib import Path

import click


@click.command()
@click.argument("session", type=click.Path(path_type=Path))
@click.option("--journal", help="feed, strategy, ...; may be left out if there is only one.")
@click.option(
    "--format",
    "kind",
    required=True,
    type=click.Choice(["npy", "csv", "parquet"]),
    help="parquet needs the extra `export`.",
)
@click.option(
    "--out",
    required=True,
    type=click.Path(path_type=Path),
    help="The file to write; it appears when it is whole. -: standard output.",
)
@click.option("--raw", is_flag=True, help="csv: ticks and lots as integers.")
def export(session: Path, journal: str | None, kind: str, out: Path, raw: bool) -> int:
    """Write one journal of SESSION to a file.

    A journal that is torn or cut is written up to there, stderr says so, and the exit is 1.
    """
    from pinnacle.cli.damage import tell_damage
    from pinnacle.cli.progress import progress_bar
    from pinnacle.core.errors import UsageError
    from pinnacle.core.output import check_output
    from pinnacle.replay.export import export_journal
    from pinnacle.replay.recording import Recording

    check_output(out)
    recording = Recording.open(session)
    if journal is None and len(recording.journals) > 1:
        raise UsageError(f"--journal is needed, one of: {', '.join(recording.journals)}")
    name = journal or next(iter(recording.journals))
    reader = recording.reader(name)
    needs_list = kind == "csv" and not raw
    instruments = None
    if needs_list or (recording.has_instruments and not raw):
        instruments = recording.instruments
    with progress_bar(name, len(reader)) as progress:
        count = export_journal(reader, kind, out, instruments, progress)
    click.echo(f"{count} records of {name} in {out}", err=True)
    return tell_damage(recording, [name])
