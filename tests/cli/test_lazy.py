"""What the command line makes of what its commands raise."""

import errno
import os

import click
import pytest

from pinnacle.cli.lazy import run
from pinnacle.core.errors import StrategyError, UsageError


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
    ("number", "words"),
    [(errno.EMFILE, "ulimit -n"), (errno.EAGAIN, "ulimit -u"), (errno.ENOMEM, "memory")],
)
def test_a_limit_of_the_machine_is_one_line_that_says_which(capsys, number, words):
    def go():
        raise OSError(number, os.strerror(number))

    code, errors = ended(capsys, go)
    assert code == 70
    assert errors.startswith("error: this needs more ") and words in errors
    assert errors.count("\n") == 1 and os.strerror(number) in errors
