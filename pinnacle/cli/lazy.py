"""A click group whose commands are imported only when they are asked for.

`pinnacle risk` must not pay for flask, nor `--help` for the C library.
"""

import importlib
import sys
import traceback
from typing import Any

import click

INTERNAL_ERROR = 70


class LazyGroup(click.Group):
    """A group made from {command name: "module:attribute"}."""

    def __init__(self, *args: Any, lazy: dict[str, str], **kwargs: Any):
        super().__init__(*args, **kwargs)
        self._lazy = lazy

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self._lazy)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        target = self._lazy.get(name)
        if target is None:
            return None
        module, attribute = target.split(":")
        return getattr(importlib.import_module(module), attribute)


def run(group: click.Group) -> None:
    """Run a command line: a PinnacleError becomes one line on stderr and its exit code."""
    try:
        code = group.main(standalone_mode=False)
    except click.exceptions.Exit as stop:
        sys.exit(stop.exit_code)
    except click.Abort:
        sys.exit(130)
    except click.ClickException as error:
        error.show()
        sys.exit(2)
    except Exception as error:
        exit_code = getattr(error, "exit_code", None)
        if exit_code is None:
            traceback.print_exc()
            sys.exit(INTERNAL_ERROR)
        click.echo(f"error: {error}", err=True)
        sys.exit(exit_code)
    sys.exit(code if isinstance(code, int) else 0)
