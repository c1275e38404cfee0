"""CRC32 is zlib's."""

import zlib

from hypothesis import given
from hypothesis import strategies as st

from pinnacle.core._native import ffi, lib

TABLES = ffi.new("struct pmm_crc32 *")
lib.pmm_crc32_init(TABLES)


def test_the_published_check_value_comes_out():
    assert lib.pmm_crc32(TABLES, 0, b"123456789", 9) == 0xCBF43926


def test_the_tables_are_whole_whatever_stood_there():
    tables = ffi.new("struct pmm_crc32 *")
    ffi.memmove(tables, b"\xa5" * ffi.sizeof(tables[0]), ffi.sizeof(tables[0]))
    lib.pmm_crc32_init(tables)
    assert bytes(ffi.buffer(tables)) == bytes(ffi.buffer(TABLES))


@given(st.binary(max_size=300), st.binary(max_size=20))
def test_it_is_zlibs_over_any_pieces(first, second):
    begun = lib.pmm_crc32(TABLES, 0, first, len(first))
    assert begun == zlib.crc32(first)
    assert lib.pmm_crc32(TABLES, begun, second, len(second)) == zlib.crc32(first + second)
