"""`pinnacle-replay`: look into what a session left behind."""

import click

from pinnacle import __version__
from pinnacle.cli.lazy import LazyGroup, start

COMMANDS: dict[str, str] = {
    "inspect": "pinnacle.cli.inspect:inspect",
    "cat": "pinnacle.cli.cat:cat",
    "verify": "pinnacle.cli.verify:verify",
    "book": "pinnacle.cli.book:book",
    "export": "pinnacle.cli.export:export",
}


@click.group(cls=LazyGroup, lazy=COMMANDS, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__)
def replay() -> None:
    """Inspect, print, verify and export the journals of a session."""


def main() -> None:
    start(replay)


if __name__ == "__main__":
    main()
