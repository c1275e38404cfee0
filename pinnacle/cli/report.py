"""`pinnacle report`: what a session did and earned, from its folder."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from pinnacle.core.paths import SessionPaths


@click.command()
@click.argument("session", type=click.Path(path_type=Path))
@click.option(
    "--out", type=click.Path(path_type=Path), help="Write the report as JSON here; -: print it."
)
@click.option("--json", "as_json", is_flag=True, help="Print the report as JSON.")
def report(session: Path, out: Path | None, as_json: bool) -> int:
    """Tell what SESSION (its folder) did and earned: orders, fills, positions, P&L.

    Made from the journals, at any time: while it runs, after its end, after a crash. Fees are what
    was paid, negative where rebates were earned; total = realised + unrealised - fees. Exit 1 if a
    process's journal is missing, damaged or cut short: each is named, and counted as far as it is
    good.
    """
    from pinnacle.core.paths import SessionPaths

    made = tell_report(SessionPaths(Path(), session), out, as_json)
    return 1 if made["missing"] or any(row["damage"] for row in made["journals"]) else 0


def tell_report(paths: "SessionPaths", out: Path | None, as_json: bool = False) -> dict[str, Any]:
    """Make the report, with progress, write it to `out`, print it; returns it."""
    from pinnacle.cli.progress import progress_bar
    from pinnacle.core.output import check_output, is_standard_output
    from pinnacle.session.report import (
        build_report,
        records_to_read,
        report_text,
        summary,
        write_report,
    )

    if out is not None:
        check_output(out)
    try:
        with progress_bar("report", records_to_read(paths)) as progress:
            made = build_report(paths, progress)
    except KeyboardInterrupt:
        click.echo(f"no report yet: `pinnacle report {paths.data}` makes it", err=True)
        raise
    apart = out is not None and is_standard_output(out)
    if as_json and not apart:
        click.echo(report_text(made), nl=False)
    else:
        click.echo(summary(made), err=apart)
    # Last: what people read is there though this fails.
    if out is not None:
        write_report(out, made)
        if not apart:
            click.echo(f"report: {out}", err=as_json)
    return made
