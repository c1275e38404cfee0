"""`pinnacle`: every command but the readers of a finished session."""

import click

from pinnacle import __version__
from pinnacle.cli.lazy import LazyGroup, start

COMMANDS: dict[str, str] = {
    "run": "pinnacle.cli.run:run",
    "config": "pinnacle.cli.config:config",
    "session": "pinnacle.cli.session:session",
    "orders": "pinnacle.cli.holds:orders",
    "fills": "pinnacle.cli.holds:fills",
    "positions": "pinnacle.cli.holds:positions",
    "halt": "pinnacle.cli.controls:halt",
    "resume": "pinnacle.cli.controls:resume",
    "cancel-all": "pinnacle.cli.controls:cancel_all",
    "reload": "pinnacle.cli.reload:reload",
    "flatten": "pinnacle.cli.controls:flatten",
    "rehearse": "pinnacle.cli.rehearse:rehearse",
    "report": "pinnacle.cli.report:report",
    "process": "pinnacle.cli.process:process",
    "capture": "pinnacle.cli.capture:capture",
    "instruments": "pinnacle.cli.instruments:instruments",
    "vault": "pinnacle.cli.vault:vault",
    "exchange": "pinnacle.cli.exchange:exchange",
    "killer": "pinnacle.cli.killer:killer",
    "simulate": "pinnacle.cli.simulate:simulate",
}


@click.group(cls=LazyGroup, lazy=COMMANDS, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__)
def pinnacle() -> None:
    """A market-making system: isolated processes over shared memory, journalled and replayed."""


def main() -> None:
    start(pinnacle)
