"""Clocks for the processes of a test that it can set while they run: see clock_shim.c."""

import os
import struct
import subprocess
from pathlib import Path

HERE = Path(__file__).parent


class WrongClocks:
    """`environment` is what a process is to be started with; `set` moves its clocks."""

    def __init__(self, folder: Path):
        library, self._file = folder / "clock_shim.so", folder / "clocks"
        source = HERE / "clock_shim.c"
        subprocess.run(["gcc", "-shared", "-fPIC", "-O2", "-o", library, source], check=True)
        self._file.write_bytes(bytes(24))
        self.environment = os.environ | {
            "LD_PRELOAD": str(library),
            "CLOCK_SHIM": str(self._file),
        }

    def set(self, wall_s: float = 0.0, asleep_s: float = 0.0) -> None:
        """The wall clock is `wall_s` ahead, and the machine has slept for `asleep_s` of that."""
        offsets = (round(wall_s * 1e9), 0, round(asleep_s * 1e9))
        with self._file.open("r+b") as file:
            # In one call: a reader sees a word whole, and looks at each by itself.
            os.pwrite(file.fileno(), struct.pack("<3q", *offsets), 0)
