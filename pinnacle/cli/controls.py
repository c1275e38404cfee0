"""`pinnacle halt`, `resume`, `cancel-all`, `flatten`: what an owner does to a session's trading."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pinnacle.cli.options import Number
from pinnacle.cli.which import meant, which

if TYPE_CHECKING:
    from pinnacle.core.paths import SessionPaths
    from pinnacle.session.asking import Asker
    from pinnacle.session.controls import Done


def _controls(command: Callable[..., Any]) -> Callable[..., Any]:
    """Which session, how long an answer may take, and how it is shown."""
    within = click.option(
        "--within",
        default=2.0,
        show_default=True,
        type=Number(0.1, 600),
        help="Seconds that a process may take to answer.",
    )
    as_json = click.option("--json", "as_json", is_flag=True, help="As JSON.")
    return which(within(as_json(command)))


@click.command()
@_controls
def halt(**options: Any) -> int:
    """Set the kill switch: every order is cancelled, nothing new is sent.

    The switch is set whatever answers. Then risk is asked what was open and still is. Exit 1 if it
    does not answer, or something is still open.
    """
    from pinnacle.session.controls import halt

    return _do(halt, **options)


@click.command()
@_controls
def resume(**options: Any) -> int:
    """Clear the kill switch, and end a flatten: trading may go on.

    Exit 1 if a strategy does not answer.
    """
    from pinnacle.session.controls import resume

    return _do(resume, **options)


@click.command(name="cancel-all")
@_controls
def cancel_all(**options: Any) -> int:
    """Take back every order that is open; strategies may quote again behind it.

    At a live venue its own request to cancel everything is sent too. Exit 1 if something is still
    open.
    """
    from pinnacle.session.controls import cancel_all

    return _do(cancel_all, **options)


@click.command()
@_controls
@click.option(
    "--slippage-bps",
    default=10.0,
    show_default=True,
    type=Number(0, 1000),
    help="How far off the best price an order may trade.",
)
@click.option(
    "--tries",
    default=5,
    show_default=True,
    type=click.IntRange(1, 1000),
    help="Orders in a row that may fill nothing.",
)
@click.option(
    "--for",
    "within_s",
    default=30.0,
    show_default=True,
    type=Number(1, 3600),
    help="Seconds after which it is over, whatever is left.",
)
def flatten(slippage_bps: float, tries: int, within_s: float, **options: Any) -> int:
    """Stop quoting, take all orders back, close every position; then halt.

    Positions are closed by the strategies that have them, with orders that only reduce (IOC, at
    most as large as risk allows). `pinnacle resume` lets them quote again. Exit 1 if something is
    left.
    """
    from pinnacle.session.controls import flatten

    slippage_e8 = round(slippage_bps * 10_000)
    return _do(lambda paths, asker: flatten(paths, asker, slippage_e8, tries, within_s), **options)


def _do(
    act: "Callable[[SessionPaths, Asker], Done]",
    config: Path | None,
    runtime_dir: Path | None,
    name: str | None,
    within: float,
    as_json: bool,
) -> int:
    import msgspec

    from pinnacle.session.asking import asking

    found = meant(config, runtime_dir, name)
    with asking(found.paths, within) as asker:
        done = act(found.paths, asker)
    if as_json:
        click.echo(msgspec.json.encode(done))
    else:
        _print(done)
    return 0 if done.whole else 1


def _print(done: "Done") -> None:
    click.echo(f"{done.session}: {done.what}")
    if done.orders:
        by_instrument = ", ".join(f"{name} {count}" for name, count in done.orders.items())
        click.echo(f"  orders that were open: {sum(done.orders.values())} ({by_instrument})")
    if done.open:
        click.echo(f"  orders that still are: {done.open}")
    for strategy, positions in done.positions.items():
        click.echo(f"  {strategy} had {_held(positions)}")
    for strategy, positions in done.left.items():
        click.echo(f"  {strategy} is left with {_held(positions)}")
    if done.positions and not (done.left or done.faults):
        click.echo("  all of it is closed")
    for fault in done.faults:
        click.echo(f"  {fault}", err=True)


def _held(positions: dict[str, str]) -> str:
    return ", ".join(f"{name} {text}" for name, text in positions.items())
