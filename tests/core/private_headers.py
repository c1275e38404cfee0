"""Structures of private headers, for tests that look into memory or damage it."""

import re
from pathlib import Path

from cffi import FFI

from pinnacle.core._native import lib

SOURCES = Path(__file__).resolve().parents[2] / "csrc"


def private_ffi(headers: dict[str, tuple[str, ...]], numbers: tuple[str, ...] = ()) -> FFI:
    """An FFI that knows the structures named by header, and these #defines of the library."""
    texts = [f"#define {name} {getattr(lib, name)}" for name in numbers]
    for header, names in headers.items():
        (path,) = SOURCES.glob(f"*/{header}")
        text = path.read_text(encoding="utf-8")
        for name in names:
            found = re.search(rf"^struct {name} \{{.*?^\}};", text, re.MULTILINE | re.DOTALL)
            texts.append(found[0])
    ffi = FFI()
    ffi.cdef("\n".join(texts))
    return ffi
