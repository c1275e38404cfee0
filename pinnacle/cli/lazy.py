"""A click group whose commands are imported only when they are asked for.

`pinnacle risk` must not pay for flask, nor `--help` for the C library.
"""

import errno
import importlib
import io
import os
import sys
import traceback
from typing import Any

import click

INTERNAL_ERROR = 70
#: What a shell shows of a program that wrote to a reader who had left, as `| head` does.
READER_LEFT = 141
_NO_ROOM = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


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

    def invoke(self, ctx: click.Context) -> Any:
        try:
            result = super().invoke(ctx)
            sys.stdout.flush()
        except BrokenPipeError:
            # Here and not in `run`: click would make it exit 1, which means damaged data.
            _discard_output()
            ctx.exit(READER_LEFT)
        return result


def _discard_output() -> None:
    """What is still in the buffer of stdout goes nowhere: the interpreter's last flush is quiet."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)


def run(group: click.Group) -> None:
    """Run a command line: a PinnacleError becomes one line on stderr and its exit code."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        # A symbol that the terminal's encoding does not have is no reason to end.
        sys.stdout.reconfigure(errors="backslashreplace")
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
        if isinstance(error, OSError) and error.errno in _NO_ROOM:
            _discard_output()
            click.echo(f"error: the output cannot be written: {error.strerror}", err=True)
            sys.exit(INTERNAL_ERROR)
        if exit_code is None:
            traceback.print_exc()
            sys.exit(INTERNAL_ERROR)
        if getattr(error, "show_cause", False) and error.__cause__ is not None:
            traceback.print_exception(error.__cause__)
        click.echo(f"error: {error}", err=True)
        sys.exit(exit_code)
    sys.exit(code if isinstance(code, int) else 0)
