"""A process that has imported what every test does, and forks for each run of some of them.

Most of a short run would be spent on imports. Nothing of the project is among them: a mutant may
stand in any of it, also in the library that is loaded.
"""

import importlib
import json
import os
import resource
import select
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

ALWAYS = ["pytest", "hypothesis", "hypothesis.strategies", "numpy", "numpy.random", "cffi"]
ALWAYS += ["msgspec", "structlog", "psutil", "pytest_timeout", "anyio", "websockets"]
# A killed run may have had children of its own; they get that long to let the pipe go.
KILLED_S = 10.0


class Tester:
    """Runs of pytest in `place`, one at a time; whatever one starts ends with it."""

    def __init__(self, place: Path, environment: dict[str, str]):
        self._place = place
        self._process = subprocess.Popen(
            [sys.executable, Path(__file__).resolve(), *ALWAYS],
            cwd=place, env=environment | {"OPENBLAS_NUM_THREADS": "1"}, text=True, bufsize=1,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
        )  # fmt: skip

    def run(self, arguments: list[str], seconds: float, output: Path) -> int:
        """Exit code; a run that takes longer, of the clock or of a processor, is killed."""
        assert self._process.stdin
        request = {"arguments": arguments, "seconds": seconds, "output": str(output)}
        self._process.stdin.write(json.dumps(request) + "\n")
        pid = int(self._answer(KILLED_S))
        try:
            code = int(self._answer(seconds))
        except TimeoutError:
            code = -signal.SIGALRM
            os.killpg(pid, signal.SIGKILL)
            self._answer(KILLED_S)
        with suppress(ProcessLookupError):
            os.killpg(pid, signal.SIGKILL)
        return code

    def _answer(self, seconds: float) -> str:
        assert self._process.stdout
        ready, _, _ = select.select([self._process.stdout], [], [], seconds)
        if not ready:
            raise TimeoutError(f"no answer within {seconds} s")
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"the process that runs tests is gone: {self._process.wait()}")
        return line

    def close(self) -> None:
        with self._process:
            pass


def serve() -> None:
    """Of the process itself: requests come by line, and so do a run's pid and its exit code."""
    sys.path[0] = str(Path.cwd())
    for name in sys.argv[1:]:
        with suppress(ImportError):
            importlib.import_module(name)
    for line in sys.stdin:
        request = json.loads(line)
        pid = os.fork()
        if pid == 0:
            os._exit(_test(request))
        print(pid, flush=True)
        print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), flush=True)


def _test(request: dict) -> int:
    import pytest

    os.setsid()
    bound = round(request["seconds"]) + 1
    resource.setrlimit(resource.RLIMIT_CPU, (bound, bound))
    nothing = os.open(os.devnull, os.O_RDONLY)
    output = os.open(request["output"], os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    for there, here in ((nothing, 0), (output, 1), (output, 2)):
        os.dup2(there, here)
    code = int(pytest.main(request["arguments"]))
    sys.stdout.flush()
    sys.stderr.flush()
    return code


if __name__ == "__main__":
    serve()
