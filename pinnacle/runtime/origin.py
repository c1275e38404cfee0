"""What a process was made from, in three numbers: its configuration, its instruments, its build.

Every START record carries them, and every checkpoint: a journal is repeated, and a state taken
back, only by what wrote it.
"""

from collections.abc import Sequence
from functools import cache
from hashlib import blake2b
from pathlib import Path
from typing import NamedTuple

import msgspec

from pinnacle.core import _native
from pinnacle.core.instruments import Instrument, table

_PACKAGE = Path(__file__).parent.parent


class Origin(NamedTuple):
    """Signed 64-bit numbers, as START holds them (price, quantity, venue_ns); none is ever 0."""

    configuration: int
    instruments: int
    build: int

    def differing(self, other: "Origin") -> list[str]:
        """The names of the parts in which the two are not the same."""
        return [name for name in self._fields if getattr(self, name) != getattr(other, name)]


def origin_of(settings: object, instruments: Sequence[Instrument], code: bytes = b"") -> Origin:
    """`settings`: the section of the configuration that the process's logic is made from.

    `code`: what decides in it besides this package.
    """
    return Origin(
        configuration=_number(msgspec.json.encode(settings)),
        instruments=instruments_id(instruments),
        build=_number(build_id().to_bytes(8, "little", signed=True), code) if code else build_id(),
    )


def instruments_id(instruments: Sequence[Instrument]) -> int:
    """Of an instrument table."""
    return _number(table(instruments).tobytes())


@cache
def build_id() -> int:
    """Of the compiled library and every module of the package: what could decide otherwise."""
    files = [Path(_native.__file__), *sorted(_PACKAGE.rglob("*.py"))]
    return _number(*(part for file in files for part in (file.name.encode(), file.read_bytes())))


def _number(*parts: bytes) -> int:
    digest = blake2b(digest_size=8)
    for part in parts:
        digest.update(len(part).to_bytes(8, "little"))
        digest.update(part)
    return int.from_bytes(digest.digest(), "little", signed=True) or 1
