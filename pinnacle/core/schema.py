"""numpy dtypes derived from the C headers: a layout is never typed twice. Also records' enums."""

from collections.abc import Iterable
from typing import Any

import numpy as np

from pinnacle.core._native import ffi, lib
from pinnacle.core.enums import BalanceOf as BalanceOf
from pinnacle.core.enums import Class as Class
from pinnacle.core.enums import FeeOf as FeeOf
from pinnacle.core.enums import Flag as Flag
from pinnacle.core.enums import Kind as Kind
from pinnacle.core.enums import OrderType as OrderType
from pinnacle.core.enums import Reason as Reason
from pinnacle.core.enums import SelfTrade as SelfTrade
from pinnacle.core.enums import Side as Side
from pinnacle.core.enums import Source as Source
from pinnacle.core.enums import TextOf as TextOf
from pinnacle.core.enums import TimeInForce as TimeInForce
from pinnacle.core.enums import Venue as Venue

_PRIMITIVES = {
    "char": "S1",
    "int8_t": "i1",
    "uint8_t": "u1",
    "int16_t": "<i2",
    "uint16_t": "<u2",
    "int32_t": "<i4",
    "int": "<i4",
    "uint32_t": "<u4",
    "int64_t": "<i8",
    "uint64_t": "<u8",
    "size_t": "<u8",
    "double": "<f8",
}


def dtype_of(ctype: Any) -> np.dtype:
    """The numpy dtype of a C type: same names, offsets and size; char[n] becomes S<n>."""
    if ctype.kind == "primitive":
        return np.dtype(_PRIMITIVES[ctype.cname])
    if ctype.kind == "array":
        item = dtype_of(ctype.item)
        if item == np.dtype("S1"):
            return np.dtype(f"S{ctype.length}")
        return np.dtype((item, (ctype.length,)))
    if ctype.kind == "struct":
        fields = ctype.fields
        return np.dtype(
            {
                "names": [name for name, _ in fields],
                "formats": [dtype_of(field.type) for _, field in fields],
                "offsets": [field.offset for _, field in fields],
                "itemsize": ffi.sizeof(ctype),
            }
        )
    raise TypeError(f"no numpy dtype for {ctype.cname}")


EVENT = dtype_of(ffi.typeof("struct pmm_event"))
INSTRUMENT = dtype_of(ffi.typeof("struct pmm_instrument"))
STEPS = dtype_of(ffi.typeof("struct pmm_steps"))


def is_of(rows: np.ndarray, *classes: Class) -> np.ndarray:
    """Where a record's kind is of one of these classes; shape (n,), bool."""
    return np.isin(rows["kind"] >> np.uint8(lib.PMM_CLASS_SHIFT), classes)


def class_of(kind: int) -> int:
    """A Class, or a number that is none yet."""
    return kind >> lib.PMM_CLASS_SHIFT


#: Processes of one role.
NUMBERS_MAX: int = lib.PMM_NUMBERS_MAX


def source_of(role: Source, number: int) -> int:
    """What the records of a role's process of this number have as their source."""
    return role | number << lib.PMM_NUMBER_SHIFT


def role_of(source: int) -> Source:
    """The role in a source; ValueError if it is none."""
    return Source(source & 0xFF)


def number_of(source: int) -> int:
    """Which process of its role a source is, from 0."""
    return source >> lib.PMM_NUMBER_SHIFT


def owner_of(order_id: Any) -> Any:
    """The number of the strategy whose order this is, for an id or an array of them."""
    return order_id >> lib.PMM_OWNER_SHIFT & 0xFF


def instrument_set(ids: Iterable[int]) -> Any:
    """A struct pmm_set * of instrument ids; ValueError for one that no session has."""
    made: Any = ffi.new("struct pmm_set *")
    for i in ids:
        if not 0 <= i < lib.PMM_INSTRUMENTS_MAX:
            raise ValueError(f"no instrument has the id {i}")
        made.words[i // 64] |= 1 << i % 64
    return made


INSTRUMENT_ALL = lib.PMM_INSTRUMENT_ALL


class EventBuffer:
    """A fixed array of records that C and numpy share: no copy, no allocation in steady state.

    `array` has shape (capacity,) and dtype EVENT; `cdata` is the same memory as struct pmm_event *.
    Not `blank`: what they hold before they are written is anything.
    """

    def __init__(self, capacity: int, blank: bool = True):
        self.capacity = capacity
        self.array = (np.zeros if blank else np.empty)(capacity, dtype=EVENT)
        self.cdata = ffi.from_buffer("struct pmm_event[]", self.array)

    def __len__(self) -> int:
        return self.capacity


def in_words(reason: Reason) -> str:
    """As people read it."""
    return reason.name.replace("_", " ").lower()


def events_pointer(events: np.ndarray) -> Any:
    """A struct pmm_event * on a contiguous EVENT array; keep the array alive while it is used."""
    if events.dtype != EVENT or not events.flags.c_contiguous:
        raise ValueError("expected a contiguous array of dtype EVENT")
    return ffi.from_buffer("struct pmm_event[]", events)
