"""`pinnacle reload`: other parameters for the market makers of a session that runs."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from pinnacle.cli.options import SESSION_NAME, Number
from pinnacle.cli.which import meant

if TYPE_CHECKING:
    from pinnacle.session.reloading import Reloaded

_FILE = click.Path(path_type=Path)


@click.command()
@click.argument("config", type=_FILE)
@click.option(
    "--session",
    "--name",
    "name",
    type=SESSION_NAME,
    help="Its name, with or without the time; that of CONFIG if not given.",
)
@click.option("--runtime-dir", type=_FILE, help="The folder that has the sessions' segments.")
@click.option(
    "--within",
    default=2.0,
    show_default=True,
    type=Number(0.1, 600),
    help="Seconds that a process may take to answer.",
)
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
def reload(
    config: Path, name: str | None, runtime_dir: Path | None, within: float, as_json: bool
) -> int:
    """Let a running session quote by the market makers' parameters of CONFIG, its changed file.

    Each value that differs is written to the strategy's journal and shown. Nothing is changed if
    CONFIG is wrong, or says anything else that the session does not run with; its name, mode and
    folders, and the page's port, are not compared. Exit 1 if a strategy does not answer.
    """
    import msgspec

    from pinnacle.session.asking import asking
    from pinnacle.session.reloading import reload

    found = meant(config, runtime_dir, name)
    with asking(found.paths, within) as asker:
        done = reload(found.paths, asker, config)
    if as_json:
        click.echo(msgspec.json.encode(done))
    else:
        _print(done)
    return 0 if done.whole else 1


def _print(done: "Reloaded") -> None:
    count = sum(len(keys) for by in done.changed.values() for keys in by.values())
    values = "value was" if count == 1 else "values were"
    click.echo(f"{done.session}: {count or 'no'} {values} changed")
    for strategy, instruments in done.changed.items():
        for instrument, keys in instruments.items():
            for key, (was, now) in keys.items():
                click.echo(f"  {strategy} {instrument} {key}: {was} -> {now}")
    for fault in done.faults:
        click.echo(f"  {fault}", err=True)
