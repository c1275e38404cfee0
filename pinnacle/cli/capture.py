"""`pinnacle capture`: raw recordings of venues, judged or played back as a venue."""

from pathlib import Path

import click

from pinnacle.core.errors import DataError

VENUES = click.Choice(["binance"])
FILES = click.argument(
    "files", nargs=-1, required=True, metavar="FILE...", type=click.Path(path_type=Path)
)
VENUE = click.option("--venue", type=VENUES, required=True, help="Whose format the files are in.")


@click.group()
def capture() -> None:
    """Check raw captures of a venue, or serve them as if they were the venue."""


@capture.command()
@FILES
@VENUE
@click.option("--json", "as_json", is_flag=True, help="Print the report as JSON.")
def check(files: tuple[Path, ...], venue: str, as_json: bool) -> None:
    """Rebuild the order book from each FILE and compare it with what the venue itself says.

    Exit code 1 if a file is damaged, an update is missing, the book crosses, or a top of book or
    a checksum differs.
    """
    import msgspec

    from pinnacle.venues.binance.check import check_capture

    reports = [check_capture(path).report for path in files]
    if as_json:
        click.echo(msgspec.json.encode({"files": reports}))
    else:
        _print_table(reports)
    bad = [report.file for report in reports if not report.good]
    if bad:
        raise DataError(f"not whole: {', '.join(bad)}")


def _print_table(reports: list) -> None:
    columns = ("frames", "events", "gaps", "crossed", "trades", "levels", "top_compared")
    columns += ("top_different", "seconds")
    rows = [("symbol", *columns)]
    rows += [(r.symbol, *(str(getattr(r, name)) for name in columns)) for r in reports]
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    for row in rows:
        click.echo("  ".join(cell.rjust(width) for cell, width in zip(row, widths, strict=True)))
