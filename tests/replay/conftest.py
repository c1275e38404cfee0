import subprocess
import sys

import pytest

from tests.replay.recorded import write_session


@pytest.fixture
def session(tmp_path):
    return write_session(tmp_path / "monday")


@pytest.fixture
def replay():
    """Runs `pinnacle-replay` with arguments in a process of its own."""

    def run(*arguments: object) -> subprocess.CompletedProcess:
        command = [sys.executable, "-c", "from pinnacle.cli.replay import main; main()"]
        return subprocess.run(
            [*command, *map(str, arguments)], capture_output=True, text=True, timeout=60
        )

    return run
