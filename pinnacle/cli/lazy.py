"""A click group whose commands are imported only when they are asked for.

`pinnacle process risk` must not pay for flask, nor `--help` for the C library.
"""

import errno
import importlib
import os
import sys
import traceback
from typing import Any

import click

from pinnacle.core.stream import INTERNAL_ERROR, READER_LEFT, Output, OutputError, text_over

_FULL = "the output cannot be written"
#: What the system may be out of, in words that say what to look at.
_SYSTEM = {
    errno.ENOSPC: _FULL,
    errno.EDQUOT: _FULL,
    errno.EFBIG: _FULL,
    errno.EMFILE: "more open files are needed than `ulimit -n` allows",
    errno.ENFILE: "more open files are needed than this machine allows",
    errno.EAGAIN: "more processes or threads are needed than allowed (ulimit -u)",
    errno.ENOMEM: "more memory is needed than there is",
}


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
        command: click.Command = getattr(importlib.import_module(module), attribute)
        return command

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except BrokenPipeError:
            # Here and not in `run`: click would make it exit 1, which means damaged data.
            ctx.exit(READER_LEFT)


def start(group: click.Group) -> None:
    """Run this process's command line. Output is its purpose; telling of an error never fails."""
    encoding = sys.stderr.encoding if sys.stderr else "utf-8"
    sys.stderr = text_over(Output(2, forgiving=True), encoding)
    if sys.stdout is None:  # who closed it: the next file that is opened would have its number
        click.echo(f"error: {_FULL}: it is closed", err=True)
        sys.exit(INTERNAL_ERROR)
    sys.stdout = text_over(Output(1, forgiving=False), sys.stdout.encoding)
    run(group)


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
    except OutputError as error:
        if not error.silent:
            click.echo(f"error: {error}", err=True)
        sys.exit(error.exit_code)
    except Exception as error:
        exit_code = getattr(error, "exit_code", None)
        if (number := _out_of(error)) in _SYSTEM:
            click.echo(f"error: {_SYSTEM[number]}: {os.strerror(number)}", err=True)
            sys.exit(INTERNAL_ERROR)
        if exit_code is None:
            traceback.print_exc()
            sys.exit(INTERNAL_ERROR)
        if getattr(error, "show_cause", False) and error.__cause__ is not None:
            traceback.print_exception(error.__cause__)
        click.echo(f"error: {error}", err=True)
        sys.exit(exit_code)
    sys.exit(code if isinstance(code, int) else 0)


def _out_of(error: Exception) -> int:
    """Its errno; 0 if it has none. Of threads and memory Python raises no OSError."""
    if isinstance(error, MemoryError):
        return errno.ENOMEM
    if isinstance(error, RuntimeError) and "start new thread" in str(error):
        return errno.EAGAIN
    return getattr(error, "errno", None) or 0
