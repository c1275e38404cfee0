"""What the command line makes of what its commands raise."""

import errno

import click
import pytest

from pinnacle.cli.lazy import run
from pinnacle.core.errors import ShortageError, StrategyError, UsageError


def ended(capsys, command) -> tuple[int, str]:
    """(exit code, stderr) of a group with one command, called as a user calls it."""
    group = click.Group(commands={"go": click.Command("go", callback=command)})
    group.main = lambda **kwargs: click.Group.main(group, ["go"], **kwargs)
    with pytest.raises(SystemExit) as caught:
        run(group)
    return caught.value.code, capsys.readouterr().err


def test_an_error_for_the_user_is_one_line(capsys):
    def go():
        raise UsageError("no such thing")

    assert ended(capsys, go) == (2, "error: no such thing\n")


def test_a_strategys_author_sees_how_his_code_got_there(capsys):
    def his_hook():
        return 1 // 0

    def go():
        try:
            his_hook()
        except ZeroDivisionError as error:
            raise StrategyError("strategy Mine: ZeroDivisionError") from error

    code, errors = ended(capsys, go)
    assert code == 70
    assert "in his_hook" in errors
    assert errors.endswith("error: strategy Mine: ZeroDivisionError\n")


@pytest.mark.parametrize(
    ("raised", "words"),
    [
        (OSError(errno.EMFILE, "x"), "ulimit -n` allows: Too many open files"),
        (ShortageError(errno.EMFILE, "f: x"), "ulimit -n` allows: Too many open files"),
        (OSError(errno.ENFILE, "x"), "this machine allows: Too many open files in system"),
        (OSError(errno.EAGAIN, "x"), "(ulimit -u): Resource temporarily unavailable"),
        (RuntimeError("can't start new thread"), "(ulimit -u): Resource temporarily unavailable"),
        (OSError(errno.ENOMEM, "x"), "memory is needed than there is: Cannot allocate memory"),
        (MemoryError("x"), "memory is needed than there is: Cannot allocate memory"),
        (OSError(errno.ENOSPC, "x"), "the output cannot be written: No space left on device"),
    ],
    ids=repr,
)
def test_what_the_machine_is_out_of_is_one_line_that_says_it(capsys, raised, words):
    def go():
        raise raised

    code, errors = ended(capsys, go)
    assert code == 70
    assert errors.startswith("error: ") and errors.endswith(f"{words}\n")
    assert errors.count("\n") == 1


@pytest.mark.parametrize("raised", [RuntimeError("x"), OSError(errno.EIO, "x"), KeyError("x")])
def test_what_nobody_expected_is_shown_whole(capsys, raised):
    def go():
        raise raised

    code, errors = ended(capsys, go)
    assert code == 70 and "Traceback" in errors
