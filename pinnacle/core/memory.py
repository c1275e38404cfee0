"""Memory of this process that C structures stand in."""

from typing import Any

import numpy as np

from pinnacle.core._native import ffi


def aligned_memory(size: int) -> Any:
    """`size` zero bytes that begin on a cache line, as a char pointer that keeps them alive."""
    block = np.zeros(size + 63, dtype=np.uint8)
    offset = -block.ctypes.data % 64
    return ffi.from_buffer("char[]", block[offset : offset + size])
