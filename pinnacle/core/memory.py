"""Memory of this process that C structures stand in."""

from typing import Any

import numpy as np

from pinnacle.core._native import ffi


def aligned_memory(size: int) -> Any:
    """`size` zero bytes that begin on a cache line, as a char pointer that keeps them alive."""
    block = np.zeros(size + 63, dtype=np.uint8)
    offset = -block.ctypes.data % 64
    return ffi.from_buffer("char[]", block[offset : offset + size])


class OneBlock:
    """Logic whose whole state stands in one block of memory, with no pointer in it."""

    #: The block as a writable buffer.
    memory: Any

    def freeze(self) -> list[Any]:
        """The block where it stands: it holds until the next turn."""
        return [self.memory]

    def thaw(self, state: list[bytes]) -> bool:
        """Take what `freeze` gave; False, and unchanged, if it is of another size."""
        if [len(piece) for piece in state] != [len(self.memory)]:
            return False
        self.memory[:] = state[0]
        return True
