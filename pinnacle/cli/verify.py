"""`pinnacle-replay verify`: does the session's past repeat itself?"""

import json
from pathlib import Path
from typing import Any

import click


@click.command()
@click.argument("session", type=click.Path(path_type=Path))
@click.option("--other-build", is_flag=True, help="Does this build repeat what another wrote?")
@click.option("--json", "as_json", is_flag=True, help="The result as one JSON object.")
def verify(session: Path, other_build: bool, as_json: bool) -> int:
    """Hold SESSION's journals against each other, and repeat every decision of every process.

    Exit 0 if all is identical. Exit 1, and what and where, if a journal is missing, damaged, cut,
    or of another configuration, instrument table or build; if the two ends of a ring differ; or if
    a decision is not repeated. May run beside the live session.
    """
    from rich.console import Console
    from rich.progress import Progress

    from pinnacle.core.paths import SessionPaths
    from pinnacle.replay.verify import verify_session

    paths = SessionPaths(Path(), session)
    console = Console(stderr=True)
    with Progress(console=console, disable=not console.is_terminal) as bar:
        tasks: dict[str, Any] = {}

        def progress(name: str, done: int, total: int) -> None:
            if name not in tasks:
                tasks[name] = bar.add_task(name, total=total)
            bar.update(tasks[name], completed=done)

        found = verify_session(paths, progress, other_build=other_build)
    result = found.as_dict()
    if as_json:
        click.echo(json.dumps(result))
    else:
        _print(result)
    return 0 if found.identical else 1


def _print(result: dict[str, Any]) -> None:
    for row in result["damage"]:
        click.echo("damaged: " + ", ".join(f"{key} {value}" for key, value in row.items()))
    for row in result["findings"]:
        click.echo("{journal} record {record}: {problem}: {detail}".format(**row))
    for row in result["details"]:
        click.echo(
            f"{row['journal']} record {row['record']}: {', '.join(row['fields']) or 'absent'}"
        )
        click.echo(f"  recorded {row['recorded']}")
        click.echo(f"  expected {row['expected']}")
    ends = ", ".join(f"{name} {how}" for name, how in result["ends"].items())
    click.echo(f"ended: {ends}")
    word = "identical" if result["identical"] else "NOT identical"
    found = f"{result['decisions']} decisions, {result['differences']} differences"
    for what in ("findings", "damage"):
        found += f", {len(result[what])} {what}" if result[what] else ""
    click.echo(f"{word}: {found}")
