"""CRC32C: the published values, and one value from both implementations."""

from hypothesis import given
from hypothesis import strategies as st

from pinnacle.core._native import lib


def test_the_published_check_values_come_out():
    assert lib.pmm_crc32c(0, b"123456789", 9) == 0xE3069283
    assert lib.pmm_crc32c(0, bytes(32), 32) == 0x8A9136AA  # RFC 3720, B.4
    assert lib.pmm_crc32c(0, b"\xff" * 32, 32) == 0x62A8AB43
    assert lib.pmm_crc32c(0, bytes(range(32)), 32) == 0x46DD794E
    assert lib.pmm_crc32c(0, b"", 0) == 0


@given(st.binary(max_size=300), st.integers(0, 2**32 - 1))
def test_the_hardware_path_and_the_table_agree(data, start):
    assert lib.pmm_crc32c(start, data, len(data)) == lib.pmm_crc32c_table(start, data, len(data))


@given(st.binary(max_size=100), st.binary(max_size=100))
def test_a_crc_continues_over_the_pieces_of_its_data(first, second):
    whole = first + second
    begun = lib.pmm_crc32c(0, first, len(first))
    assert lib.pmm_crc32c(begun, second, len(second)) == lib.pmm_crc32c(0, whole, len(whole))
