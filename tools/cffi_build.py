"""Builds pinnacle.core._native from the headers that the C compiler reads.

The public headers of csrc/ are written so that cffi can parse them: fixed-width types, enums,
plain structs, integer #defines, prototypes. This strips the preprocessor's lines and inline
functions and hands over the rest, so that a layout is typed once, in C, and nowhere else.
"""

import os
import platform
import re
from pathlib import Path

from cffi import FFI

CSRC = Path("csrc")
# Order matters: a header may use only what stands before it.
HEADERS = [
    "base/error.h",
    "base/event.h",
    "base/position.h",
    "base/source.h",
    "base/set.h",
    "base/clock.h",
    "base/crc32.h",
    "base/crc32c.h",
    "base/secrecy.h",
    "shared/segment.h",
    "shared/ring.h",
    "shared/bell.h",
    "turn/loop.h",
    "shared/counters.h",
    "shared/notices.h",
    "shared/rows.h",
    "shared/listing.h",
    "book/book.h",
    "journal/journal.h",
    "sim/match.h",
    "book/l3book.h",
    "book/l3levels.h",
    "sim/market.h",
    "sim/simulated_venue.h",
    "sim/paper.h",
    "sim/paper_venue.h",
    "base/decimal.h",
    "wire/message.h",
    "wire/tops.h",
    "wire/follow.h",
    "capture/judge.h",
    "wire/binance.h",
    "wire/bitstamp.h",
    "wire/coinbase.h",
    "wire/coinbase_exchange.h",
    "wire/gemini.h",
    "wire/kraken.h",
    "wire/kraken_book.h",
    "wire/steps.h",
    "turn/stage.h",
    "turn/outlet.h",
    "trade/quote.h",
    "trade/desk.h",
    "trade/orders.h",
    "risk/risk.h",
    "turn/turn.h",
    "turn/show.h",
    "report/tally.h",
]
INLINE = re.compile(r"^static inline [^\n]*?(?:\}$|\{$.*?^\}$)", re.MULTILINE | re.DOTALL)
INTEGER_DEFINE = re.compile(r"^#define\s+(PMM_\w+)\s+(-?\d+|0x[0-9A-Fa-f]+)\s*(/\*.*)?$")


def cdef_of(header: str) -> str:
    """The part of a header that cffi understands."""
    kept = []
    text = INLINE.sub("", (CSRC / header).read_text(encoding="utf-8"))
    for line in text.splitlines():
        define = INTEGER_DEFINE.match(line)
        if define:
            kept.append(f"#define {define[1]} {define[2]}")
        elif not line.lstrip().startswith("#"):
            kept.append(line)
        elif define is None and "/*" in line and "*/" not in line:
            raise SystemExit(f"{header}: a comment begins on a preprocessor line: {line}")
    return "\n".join(kept)


def compile_arguments() -> list[str]:
    """Flags of a default build: any x86-64-v2 or ARMv8 machine; NATIVE=1 and LTO=1 narrow it."""
    flags = ["-std=gnu11", "-O3", "-DNDEBUG", "-fno-omit-frame-pointer", "-ffp-contract=off"]
    flags += ["-pthread", "-Wall", "-Wextra", "-Wshadow", "-Wno-unused-parameter"]
    if os.environ.get("NATIVE") == "1":
        flags.append("-march=native")
    elif platform.machine() == "x86_64":
        flags.append("-march=x86-64-v2")
    elif platform.machine() == "aarch64":
        flags.append("-march=armv8-a+crc")
    if os.environ.get("LTO") == "1":
        flags.append("-flto=auto")
    return flags


ffi = FFI()
for name in HEADERS:
    ffi.cdef(cdef_of(name))
ffi.set_source(
    "pinnacle.core._native",
    "\n".join(f'#include "{name}"' for name in HEADERS),
    sources=sorted(str(path) for path in CSRC.glob("*/*.c")),
    include_dirs=[str(CSRC)],
    depends=sorted(str(path) for path in CSRC.glob("*/*.h")),
    extra_compile_args=compile_arguments(),
    extra_link_args=["-flto=auto"] if os.environ.get("LTO") == "1" else [],
    libraries=["m"],
)

if __name__ == "__main__":
    # What this would leave has a name that Python prefers to that of every later build.
    raise SystemExit("tools/cffi_build.py is read by setup.py: run `make build`")
