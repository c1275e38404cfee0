"""The commands in processes of their own that begin with everything imported.

An interpreter and its imports take half a second, hundreds of times. Here they take it once for a
worker: each process is forked from one that has done nothing else. What such a one cannot show,
imports that are missing or go round, what happens at exit, locales, limits, what a shell does, is
tried with real ones.
"""

import importlib
import io
import multiprocessing
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

_ENTRIES = {
    "pinnacle": "pinnacle.cli.main",
    "pinnacle-replay": "pinnacle.cli.replay",
}
_context = multiprocessing.get_context("forkserver")
_context.set_forkserver_preload(
    [
        "__main__",
        "tests.warm",
        *_ENTRIES.values(),
        "pinnacle.cli.config",
        "pinnacle.cli.exchange",
        "pinnacle.cli.run",
        "pinnacle.cli.session",
        "pinnacle.cli.vault",
        "pinnacle.plan.checks",
        "pinnacle.plan.overview",
        "pinnacle.session.run",
        "pinnacle.venues.reference",
    ]
)


def run(
    *words: object,
    program: str = "pinnacle",
    cwd: Path | None = None,
    environment: Mapping[str, str] | None = None,
    timeout: float = 60,
) -> "subprocess.CompletedProcess[str]":
    """As subprocess.run with what the program writes captured, at no terminal and with nothing to
    read. `environment`: the caller's, if not given."""
    with tempfile.TemporaryDirectory() as folder:
        out, err = (Path(folder, name) for name in ("out", "err"))
        arguments = [program, *map(str, words)]
        places = str(cwd or Path.cwd()), str(out), str(err)
        given = dict(os.environ if environment is None else environment)
        process = _context.Process(target=_begin, args=(arguments, given, *places))
        process.start()
        process.join(timeout)
        if process.exitcode is None:
            process.kill()
            process.join()
            raise subprocess.TimeoutExpired(arguments, timeout)
        texts = [path.read_bytes().decode() for path in (out, err)]
        return subprocess.CompletedProcess(arguments, process.exitcode, *texts)


def _begin(arguments: list[str], environment: dict[str, str], cwd: str, out: str, err: str) -> None:
    """In the forked process: the world as a program that was begun finds it."""
    os.setsid()
    os.environ.clear()
    os.environ.update(environment)
    # An interpreter that begins looks there first.
    sys.path[:0] = filter(None, environment.get("PYTHONPATH", "").split(os.pathsep))
    os.chdir(cwd)
    for number, path in enumerate((os.devnull, out, err)):
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        os.dup2(descriptor, number)
        os.close(descriptor)
    sys.stdin = io.TextIOWrapper(os.fdopen(0, "rb", closefd=False), encoding="utf-8")
    for name, number in (("stdout", 1), ("stderr", 2)):
        stream = os.fdopen(number, "wb", buffering=0, closefd=False)
        errors = "backslashreplace" if name == "stderr" else "strict"
        wrapped = io.TextIOWrapper(stream, encoding="utf-8", errors=errors, write_through=True)
        setattr(sys, name, wrapped)
    sys.argv = arguments
    sys.exit(importlib.import_module(_ENTRIES[arguments[0]]).main())
