"""`pinnacle killer`: cancels everything at a venue when its gateway is silent."""

from pathlib import Path

import click

from pinnacle.cli.options import SESSION_NAME, Number


@click.command()
@click.argument("config", type=click.Path(path_type=Path))
@click.option(
    "--name",
    type=SESSION_NAME,
    help="The session's name, as `pinnacle run --name` has it; the configured one if not given.",
)
@click.option("--venue", help="Whose orders, where the session has several venues.")
@click.option(
    "--key",
    help="Its own in the vault, not the one that the gateway has; VENUE-killer if not given.",
)
@click.option(
    "--after",
    type=Number(min=0.2),
    default=2.0,
    show_default=True,
    help="Seconds that the gateway may be silent.",
)
@click.option("--log-json", is_flag=True, help="Log lines as JSON.")
def killer(
    config: Path,
    name: str | None,
    venue: str | None,
    key: str | None,
    after: float,
    log_json: bool,
) -> int:
    """Watch a live session's gateway, and cancel everything of its account when it is silent.

    For venues without a dead man's switch of their own, and beside those that have one. It needs
    nothing of the session but the gateway's heartbeat: start it before the session or behind it. It
    cancels again and again, as long as anything is listed as open and the gateway does not beat. A
    session that ends in order is left alone.

    \b
    Exit 0 at SIGTERM or Ctrl-C, whatever it has done: what it did is in its log.
         2 the command line cannot be carried out: no live venue, or several and no --venue
         3 the configuration or the vault is wrong, or has no such key
    A venue that does not take the key is an error in the log, each time that it is tried.
    """
    import asyncio

    from pinnacle.session.killing import watch

    return asyncio.run(watch(config, name, venue, key, after, log_json))
