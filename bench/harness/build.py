"""Compiles the measuring programs with the project's own C sources, as a build compiles them."""

import hashlib
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CSRC = ROOT / "csrc"
PROGRAMS = ROOT / "bench" / "c"


def _flags() -> list[str]:
    """The very flags of the default build, from the module that builds it."""
    source = (ROOT / "tools" / "cffi_build.py").read_text(encoding="utf-8")
    source = source.partition("\nffi = FFI()")[0]
    names: dict = {}
    exec(compile(source, "tools/cffi_build.py", "exec"), names)
    return names["compile_arguments"]()


class Builder:
    """Builds into one folder; what has been built from the same sources is used again."""

    def __init__(self, folder: Path):
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self._c_flags = _flags()
        self._library = self._build_library()

    def library(self, name: str) -> Path:
        """As `program`, for a measuring program in Python to load."""
        return self.program(name, options=("-shared", "-fPIC"))

    def program(
        self,
        name: str,
        *libraries: str,
        defines: tuple[str, ...] = (),
        options: tuple[str, ...] = (),
    ) -> Path:
        """The path of a program of bench/c; RuntimeError with the compiler's words."""
        source = next(PROGRAMS.glob(f"{name}.c*"))
        words = [*options, *(f"-l{library}" for library in libraries)]
        words += [f"-D{define}" for define in defines]
        key = _digest([source, PROGRAMS / "measure.h"], [self._library.name, *words])
        made = self._folder / f"{name}-{key}"
        if made.exists():
            return made
        plain = [flag for flag in self._c_flags if flag != "-std=gnu11"]
        compiler = (
            ["g++", "-std=gnu++17", "-pthread", "-Wno-missing-field-initializers"]
            if source.suffix == ".cc"
            else ["gcc", "-std=gnu11", "-D_GNU_SOURCE"]
        )
        command = [*compiler, *plain, f"-I{CSRC}", f"-I{PROGRAMS}", source, self._library]
        _run([*command, *words, "-lm", "-o", made])
        return made

    def _build_library(self) -> Path:
        sources = sorted(CSRC.glob("*/*.c"))
        key = _digest(sorted(CSRC.glob("*/*.[ch]")), self._c_flags)
        made = self._folder / f"libpmm-{key}.a"
        if made.exists():
            return made
        with ThreadPoolExecutor(4) as pool:
            objects = list(pool.map(lambda source: self._compile(source, key), sources))
        _run(["ar", "rcs", made, *objects])
        return made

    def _compile(self, source: Path, key: str) -> Path:
        made = self._folder / f"{source.stem}-{key}.o"
        _run(["gcc", *self._c_flags, "-fPIC", f"-I{CSRC}", "-c", source, "-o", made])
        return made


def _digest(files: list[Path], words: list[str]) -> str:
    digest = hashlib.sha256(" ".join(words).encode())
    for file in files:
        digest.update(file.read_bytes())
    return digest.hexdigest()[:12]


def _run(command: list) -> None:
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"{' '.join(map(str, command))}\n{done.stderr}")
