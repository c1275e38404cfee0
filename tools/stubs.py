"""Writes what a type checker cannot see: stubs of the compiled library and of its enums.

Functions take and give what C declares (a pointer is Any: cffi checks it at the call), enums have
the members of today's headers. To be run when a public header has changed.

    .venv/bin/python tools/stubs.py           rewrite
    .venv/bin/python tools/stubs.py --check   exit 1 and name the files that are not current
"""

import enum
import sys
from pathlib import Path
from typing import Any

from pinnacle.core import enums
from pinnacle.core._native import ffi, lib

CORE = Path(__file__).resolve().parents[1] / "pinnacle" / "core"
HEAD = '"""Made by tools/stubs.py from the compiled library."""\n\n'
FLOATS = {"double", "float"}


def type_of(ctype: Any) -> str:
    if ctype.kind == "void":
        return "None"
    if ctype.kind == "primitive":
        return "float" if ctype.cname in FLOATS else "int"
    return "int" if ctype.kind == "enum" else "Any"


def function(name: str, ctype: Any) -> str:
    arguments = [f"_{i}: {type_of(argument)}" for i, argument in enumerate(ctype.args)]
    given = ", ".join([*arguments, "/"]) if arguments else ""
    return f"    @staticmethod\n    def {name}({given}) -> {type_of(ctype.result)}: ...\n"


def native() -> str:
    """The stub of pinnacle.core._native."""
    text = HEAD + "from typing import Any\n\nclass _Lib:\n"
    for name in sorted(dir(lib)):
        value = getattr(lib, name)
        ctype = None if isinstance(value, int) else ffi.typeof(value)
        if ctype is None or ctype.kind == "pointer":
            text += f"    {name}: {'int' if ctype is None else 'Any'}\n"
        else:
            text += function(name, ctype)
    return text + "\nffi: Any\nlib: _Lib\n"


def derived() -> str:
    """The stub of pinnacle.core.enums."""
    text = HEAD + "from enum import IntEnum, IntFlag\n"
    for name, value in vars(enums).items():
        if isinstance(value, type) and issubclass(value, enum.IntEnum | enum.IntFlag):
            base = "IntFlag" if issubclass(value, enum.IntFlag) else "IntEnum"
            if not len(value):  # a base of others
                continue
            members = value.__members__.items()
            text += f"\nclass {name}({base}):\n"
            text += "".join(f"    {member} = {int(number)}\n" for member, number in members)
    return text


def main() -> int:
    made = {CORE / "_native.pyi": native(), CORE / "enums.pyi": derived()}
    stale = [
        p for p, text in made.items() if not p.exists() or p.read_text(encoding="utf-8") != text
    ]
    if "--check" in sys.argv[1:]:
        print(*(f"not current: {path.name}" for path in stale), sep="\n", end="")
        return 1 if stale else 0
    for path in stale:
        path.write_text(made[path], encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
