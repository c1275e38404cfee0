"""C programs of tests, made from objects that are compiled once.

Most programs are the same sources under the same sanitizers, behind another `main`. An object is
kept by what it was made from, so a source that a test has broken is compiled anew, and alone.
"""

import contextlib
import functools
import hashlib
import os
import re
import subprocess
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from tests.c.sources import CSRC

HERE = Path(__file__).parent
FUZZ = HERE.parents[1] / "fuzz"
KEPT = HERE.parents[1] / "build" / "test-objects"
KEPT_S = 7 * 86_400
_INCLUDED = re.compile(rb'#include "([^"]+\.c)"')

WARNED = ["-std=gnu11", "-O1", "-g", "-Wall", "-Wextra", "-Wshadow", "-Werror", "-pthread"]
#: Addresses, undefined behaviour, and what C lets pass although nobody means it.
ADDRESS = [*WARNED, "-fsanitize=address,undefined,float-cast-overflow", "-fno-sanitize-recover=all"]
#: -fno-builtin: a memcpy that becomes plain moves is not seen by ThreadSanitizer.
THREAD = [*WARNED, "-fsanitize=thread", "-Wno-tsan", "-fno-builtin"]


def built(
    path: Path,
    files: Sequence[Path],
    flags: Sequence[str] = ADDRESS,
    *,
    tree: Path = CSRC,
    link: Sequence[str] = (),
) -> Path:
    """The program made from these files, at `path`; CalledProcessError if the compiler refuses."""
    objects = [_object(file, flags, tree) for file in files]
    subprocess.run(["gcc", *flags, *objects, "-o", path, "-lm", *link], check=True)
    return path


def _object(source: Path, flags: Sequence[str], tree: Path) -> Path:
    made = hashlib.blake2b(digest_size=16)
    given = (os.environ.get(name, "") for name in ("CPATH", "C_INCLUDE_PATH"))
    parts = (*flags, *given, _compiler(), _headers(tree), source.read_text(encoding="utf-8"))
    for part in parts:
        made.update(part.encode() + b"\0")
    path = KEPT / f"{source.stem}-{made.hexdigest()}.o"
    with contextlib.suppress(FileNotFoundError):  # also where another worker forgets it just now
        os.utime(path)
        return path
    _forget_old()
    folders = [f"-I{folder}" for folder in (tree, HERE, FUZZ)]
    folders.append(f"-ffile-prefix-map={tree}=csrc")
    # Two may make the same at once: whoever is last puts what the other has put.
    with tempfile.TemporaryDirectory(dir=KEPT) as folder:
        new = Path(folder, path.name)
        subprocess.run(["gcc", *flags, *folders, "-c", source, "-o", new], check=True)
        new.replace(path)
    return path


@functools.cache
def _compiler() -> str:
    return subprocess.run(["gcc", "--version"], capture_output=True, text=True, check=True).stdout


@functools.cache
def _headers(tree: Path) -> str:
    """Of all that a source may include: headers, and sources that one of these includes."""
    made = hashlib.blake2b(digest_size=16)
    texts = {
        (folder, file): file.read_bytes()
        for folder in (tree, HERE, FUZZ)
        for file in sorted(folder.rglob("*.[ch]"))
    }
    named = {f"/{name.decode()}" for text in texts.values() for name in _INCLUDED.findall(text)}
    for (folder, file), text in texts.items():
        if file.suffix == ".h" or file.as_posix().endswith(tuple(named)):
            made.update(str(file.relative_to(folder)).encode() + b"\0" + text)
    return made.hexdigest()


@functools.cache
def _forget_old() -> None:
    KEPT.mkdir(parents=True, exist_ok=True)
    for path in KEPT.glob("*.o"):
        try:
            if time.time() - path.stat().st_mtime > KEPT_S:
                path.unlink()
        except FileNotFoundError:
            pass  # another worker was first
