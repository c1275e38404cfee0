"""A private copy of the checkout in which one mutant at a time stands, is built and is tested."""

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from enum import StrEnum
from pathlib import Path

from tools.mutants.source import Mutant
from tools.mutants.tester import Tester

# Nothing that is built; the library's own is compiled here.
NOT_COPIED = shutil.ignore_patterns("__pycache__", "*.so", "_native.c", "*.o", "out")
PARTS = ["csrc", "pinnacle", "tests", "tools", "config", "systemd", "docs", "fuzz", "bench", ".ci"]
FILES = ["pyproject.toml", "setup.py", "Makefile", "README.md", "CHANGELOG.md", "MANIFEST.in"]
# Warnings are errors: what the compiler refuses, no test has to find.
FLAGS = ["-std=gnu11", "-O2", "-fPIC", "-pthread", "-ffp-contract=off", "-DNDEBUG", "-Icsrc"]
STRICT = ["-Wall", "-Wextra", "-Wshadow", "-Wno-unused-parameter", "-Werror"]

# What pytest returns where a test failed.
FAILED = 1

ENDLESS_S = 10.0
# Shorter tests are run whole, and not first by those of them that found the last mutants.
LONG_S = 2.0


class Verdict(StrEnum):
    KILLED = "killed"
    SURVIVED = "survived"
    REFUSED = "refused by the compiler"
    SAME = "the same program"


class BrokenBaseError(RuntimeError):
    """The tests fail without any mutant."""


class Workshop:
    def __init__(self, root: Path, place: Path, seconds_max: float):
        self.place, self._seconds_max = place, seconds_max
        for part in PARTS:
            shutil.copytree(root / part, place / part, ignore=NOT_COPIED)
        for file in [*FILES, "LICENSE"]:
            shutil.copy(root / file, place)
        self._objects: dict[str, bytes] = {}
        self._users: dict[str, list[str]] = {}  # of every source and header, what compiles it
        self._seconds: dict[str, float] = {}
        # A file's last mutants were found by these tests, of each function one, and so is the next.
        self._finders: dict[tuple[str, tuple[str, ...]], dict[str, str]] = {}
        self._environment = os.environ | {
            "PYTHONPATH": str(place),
            "PYTHONDONTWRITEBYTECODE": "1",
            "TMPDIR": str(place / "tmp"),
        }
        self._build()
        # By hash: two mutants may stand in a file within one second.
        compiled = ["compileall", "-q", "--invalidation-mode", "checked-hash"]
        self._must([sys.executable, "-m", *compiled, "pinnacle", "tests", "tools"])
        self._tester = Tester(place, self._environment)

    def close(self) -> None:
        self._tester.close()

    def _run(self, command: list[str], seconds: float = 300) -> tuple[int, str]:
        """Exit code (a timeout is one too) and output; nothing that it started stays behind.

        Its processor time is bounded too: what spins ends even if this process is killed meanwhile.
        """
        bounded = ["sh", "-c", f'ulimit -t {seconds + 1:.0f}; exec "$@"', "sh", *command]
        with self._temporary(), (self.place / "output").open("w+", encoding="utf-8") as output:
            process = subprocess.Popen(
                bounded, cwd=self.place, env=self._environment, stdin=subprocess.DEVNULL,
                stdout=output, stderr=subprocess.STDOUT, start_new_session=True,
            )  # fmt: skip
            try:
                code = process.wait(seconds)
            except subprocess.TimeoutExpired:
                code = -signal.SIGALRM
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            output.seek(0)
            text = output.read()
        return code, text

    @contextmanager
    def _temporary(self) -> Iterator[None]:
        """A folder for what a run leaves behind."""
        (self.place / "tmp").mkdir(exist_ok=True)
        yield
        shutil.rmtree(self.place / "tmp", ignore_errors=True)

    def _must(self, command: list[str]) -> None:
        code, text = self._run(command)
        if code:
            raise BrokenBaseError(f"{' '.join(command[:3])} ...: {text}")

    def _build(self) -> None:
        """Every object once; a mutant compiles what has its file in it, and links."""
        emit = "from tools.cffi_build import ffi; ffi.emit_c_code('_native.c')"
        self._must([sys.executable, "-c", emit])
        include = "import sysconfig; print(sysconfig.get_path('include'))"
        python = subprocess.check_output([sys.executable, "-c", include], text=True).strip()
        self._must(["gcc", *FLAGS, f"-I{python}", "-DPy_LIMITED_API", "-c", "_native.c"])
        for path in sorted((self.place / "csrc").glob("*/*.c")):
            name = str(path.relative_to(self.place))
            code, text = self._compile(name)
            if code:
                raise BrokenBaseError(text)
            self._objects[name] = self._object(name).read_bytes()
            for source in self._object(name).with_suffix(".d").read_text("utf-8").split():
                self._users.setdefault(source, []).append(name)
        self._link()

    def _object(self, name: str) -> Path:
        return self.place / Path(name).with_suffix(".o").name

    def _compile(self, name: str) -> tuple[int, str]:
        object_ = self._object(name).name
        return self._run(["gcc", *FLAGS, *STRICT, *_machine(), "-MMD", "-c", name, "-o", object_])

    def _link(self) -> None:
        objects = ["_native.o", *(self._object(name).name for name in self._objects)]
        library = "pinnacle/core/_native.abi3.so"
        self._must(["gcc", "-shared", "-pthread", "-o", library, *objects, "-lm"])

    def base(self, test: str) -> float:
        """The seconds of a test as it is: it must pass, and says how long a mutant may take."""
        if test not in self._seconds:
            begin = time.monotonic()
            code, text = self._test((test,), self._seconds_max)
            if code == -signal.SIGALRM:
                within = f"within the budget of {self._seconds_max:g} s: give a larger one"
                raise BrokenBaseError(f"{test} is not done {within}")
            if code:
                raise BrokenBaseError(f"{test} fails without a mutant:\n{text[-3000:]}")
            self._seconds[test] = time.monotonic() - begin
        return self._seconds[test]

    def judge(self, mutant: Mutant, tests: tuple[str, ...]) -> Verdict:
        """Put the mutant in, look, and take it out again."""
        for test in tests:
            self.base(test)
        path = self.place / mutant.file
        source = path.read_bytes()
        path.write_bytes(mutant.apply(source))
        users = self._users.get(mutant.file, [])
        linked = False
        try:
            if any(self._compile(name)[0] for name in users):
                return Verdict.REFUSED
            if users:
                if all(self._object(name).read_bytes() == self._objects[name] for name in users):
                    return Verdict.SAME
                self._link()
                linked = True
            return self._look(mutant, tests)
        finally:
            path.write_bytes(source)
            for name in users:
                self._object(name).write_bytes(self._objects[name])
            if linked:
                self._link()

    def _look(self, mutant: Mutant, tests: tuple[str, ...]) -> Verdict:
        """Test by test, so that one that never ends is known soon."""
        finders = self._finders.setdefault((mutant.file, tests), {})
        own = finders.get(mutant.function)
        nearest = sorted(set(finders.values()), key=lambda test: test != own)
        # Where nobody knows how long they may take, only a test that failed has found it.
        ask = nearest and self.base(tests[0]) > LONG_S
        if ask and self._test(tuple(nearest), ENDLESS_S)[0] == FAILED:
            return Verdict.KILLED

        def unlikely(test: str) -> tuple[bool, bool]:
            """What found this function's last mutant stands first, then what found the file's."""
            return not (own or "").startswith(test), not any(f.startswith(test) for f in nearest)

        for test in sorted(tests, key=unlikely):
            code, text = self._test((test,), ENDLESS_S + 4 * self.base(test))
            if failed := re.search(r"^FAILED (.+?)(?: - |$)", text, re.MULTILINE):
                finders[mutant.function] = failed[1]
            if code:
                return Verdict.KILLED
        return Verdict.SURVIVED

    def _test(self, tests: tuple[str, ...], seconds: float) -> tuple[int, str]:
        """The same examples each time: a mutant is killed or it is not."""
        arguments = ["-x", "-m", "not long", "--assert=plain"]
        arguments += ["-p", "no:cacheprovider", "-p", "no:xdist", "--hypothesis-seed=1"]
        arguments += ["--hypothesis-profile=mutants"]
        arguments += ["-o", f"timeout={seconds:.0f}"]
        output = self.place / "output"
        with self._temporary():
            code = self._tester.run([*arguments, *tests], seconds, output)
        return code, output.read_text("utf-8", "replace")


def _machine() -> list[str]:
    return ["-march=x86-64-v2"] if os.uname().machine == "x86_64" else []
