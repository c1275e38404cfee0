"""`pinnacle`: every command but the readers of a finished session."""

import click

from pinnacle import __version__
from pinnacle.cli.lazy import LazyGroup, run

COMMANDS: dict[str, str] = {
    "capture": "pinnacle.cli.capture:capture",
}


@click.group(
    cls=LazyGroup, lazy=COMMANDS, context_settings={"help_option_names": ["-h", "--help"]}
)
@click.version_option(__version__)
def pinnacle() -> None:
    """A market-making system: isolated processes over shared memory, journalled and replayed."""


def main() -> None:
    run(pinnacle)
