"""What a return code of the C library becomes, and what is nobody's fault."""

import errno
import os

import pytest

from pinnacle.core._native import ffi, lib
from pinnacle.core.errors import (
    DataError,
    LayoutError,
    NativeError,
    NotReadyError,
    ShortageError,
    check,
    is_shortage,
)


@pytest.mark.parametrize("number", [errno.EMFILE, errno.ENFILE, errno.ENOMEM])
def test_what_the_machine_is_out_of_is_a_shortage(number):
    ffi.errno = number
    with pytest.raises(ShortageError) as told:
        check(lib.PMM_ERR_SYSTEM, "a file")
    assert str(told.value) == f"a file: {os.strerror(number)}"
    assert told.value.errno == number
    assert is_shortage(told.value) and is_shortage(OSError(number, ""))


def test_what_came_from_a_shortage_is_one_and_nothing_else_is():
    made = DataError("a file: not a journal")
    assert not is_shortage(made)
    made.__cause__ = ValueError("what was asked")
    assert not is_shortage(made)
    made.__cause__.__cause__ = MemoryError()
    assert is_shortage(made)


def test_any_other_trouble_of_the_system_is_no_shortage():
    ffi.errno = errno.ENOSPC
    with pytest.raises(NativeError, match=f"a file: {os.strerror(errno.ENOSPC)}") as told:
        check(lib.PMM_ERR_SYSTEM, "a file")
    assert not is_shortage(told.value)


@pytest.mark.parametrize("name", ["FOREIGN", "VERSION", "LAYOUT", "STALE", "TRUNCATED"])
def test_a_file_that_is_of_another_make_is_one_of_another_layout(name):
    with pytest.raises(LayoutError, match="a file: "):
        check(getattr(lib, f"PMM_ERR_{name}"), "a file")


def test_a_failure_of_nothing_that_has_a_name_is_told_alone():
    assert check(0) == 0
    with pytest.raises(NotReadyError) as told:
        check(lib.PMM_ERR_NOT_READY)
    assert str(told.value) == ffi.string(lib.pmm_strerror(lib.PMM_ERR_NOT_READY)).decode()
