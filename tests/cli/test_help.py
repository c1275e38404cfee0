"""Every command explains itself."""

import subprocess
import sys
from pathlib import Path

import click
import pytest

from pinnacle.cli.main import pinnacle
from pinnacle.cli.replay import replay
from tests import warm

SCRIPTS = Path(sys.executable).parent


def walk(path, command):
    """(words of the command line, click command) of a group and all below it."""
    yield path, command
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            yield from walk([*path, name], command.get_command(context, name))


COMMANDS = [*walk(["pinnacle"], pinnacle), *walk(["pinnacle-replay"], replay)]
NAMES = [" ".join(path) for path, _ in COMMANDS]


@pytest.mark.parametrize("path", [path for path, _ in COMMANDS], ids=NAMES)
def test_help_answers_with_the_usage_and_nothing_on_stderr(path):
    done = warm.run(*path[1:], "--help", program=path[0])
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith(f"Usage: {' '.join(path)} ")


@pytest.mark.long
@pytest.mark.parametrize("path", [path for path, _ in COMMANDS], ids=NAMES)
def test_as_it_is_installed_it_imports_what_it_needs_by_itself(path):
    done = subprocess.run(
        [SCRIPTS / path[0], *path[1:], "--help"], capture_output=True, text=True, timeout=60
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith(f"Usage: {' '.join(path)} ")


@pytest.mark.parametrize("command", [command for _, command in COMMANDS], ids=NAMES)
def test_a_command_and_each_of_its_options_have_a_help_text(command):
    assert command.help and command.help.strip()
    options = [param for param in command.params if isinstance(param, click.Option)]
    assert [option.opts for option in options if not option.hidden and not option.help] == []


@pytest.mark.parametrize("script", ["pinnacle", "pinnacle-replay"])
def test_an_unknown_command_is_a_usage_error_without_a_traceback(script):
    done = subprocess.run([SCRIPTS / script, "nonsense"], capture_output=True, text=True)
    assert done.returncode == 2
    assert "nonsense" in done.stderr and "Traceback" not in done.stderr
