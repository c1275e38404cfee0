"""`pinnacle killer`: cancels everything at a venue when its gateway is silent."""

from pathlib import Path

import click

from pinnacle.cli.options import SESSION_NAME, Number


@click.command()
@click.argument("config", type=click.Path(path_type=Path))
@click.option("--name", type=SESSION_NAME, help="The session's name; the configured one if not.")
@click.option("--venue", help="Whose orders, where the session has several venues.")
@click.option(
    "--key", required=True, help="A key of its own in the vault, not the one that the gateway has."
)
@click.option(
    "--after",
    type=Number(min=0.2),
    default=2.0,
    show_default=True,
    help="Seconds that the gateway may be silent.",
)
def killer(config: Path, name: str | None, venue: str | None, key: str, after: float) -> int:
    """Watch a live session's gateway, and cancel everything of its account when it is silent.

    For venues without a dead man's switch of their own. It needs nothing of the session but the
    gateway's heartbeat, and ends with SIGTERM or Ctrl-C.
    """
    import asyncio

    from pinnacle.session.killing import watch

    return asyncio.run(watch(config, name, venue, key, after))
