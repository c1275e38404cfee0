"""`pinnacle-replay verify`: does the session's past repeat itself?"""

import json
from pathlib import Path
from typing import Any

import click


@click.command()
@click.argument("session", type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="The result as one JSON object.")
def verify(session: Path, as_json: bool) -> int:
    """Check SESSION's journals and repeat every decision of its strategy and risk.

    Exit 0 if all is identical; exit 1 if a byte is damaged or a decision differs, and says where.
    """
    from rich.console import Console
    from rich.progress import Progress

    from pinnacle.core.paths import SessionPaths
    from pinnacle.replay.verify import verify_session

    paths = SessionPaths(Path(), session)
    console = Console(stderr=True)
    with Progress(console=console, disable=not console.is_terminal) as bar:
        tasks: dict[str, Any] = {}

        def progress(role: str, done: int, total: int) -> None:
            if role not in tasks:
                tasks[role] = bar.add_task(role, total=total)
            bar.update(tasks[role], completed=done)

        found = verify_session(paths, progress)
    result = found.as_dict()
    if as_json:
        click.echo(json.dumps(result))
    else:
        _print(result)
    return 0 if found.identical else 1


def _print(result: dict[str, Any]) -> None:
    for row in result["damage"]:
        click.echo("damaged: " + ", ".join(f"{key} {value}" for key, value in row.items()))
    for row in result["details"]:
        click.echo(
            f"{row['journal']} record {row['record']}: {', '.join(row['fields']) or 'absent'}"
        )
        click.echo(f"  recorded {row['recorded']}")
        click.echo(f"  expected {row['expected']}")
    word = "identical" if result["identical"] else "NOT identical"
    click.echo(f"{word}: {result['decisions']} decisions, {result['differences']} differences")
