"""What a process was made from is told apart by its contents, part by part."""

import msgspec

from pinnacle.runtime.origin import build_id, origin_of
from tests.records import instruments


class Settings(msgspec.Struct):
    """A section of a configuration."""

    levels: int = 3


def test_the_same_configuration_and_instruments_are_the_same_origin():
    one, other = (origin_of(Settings(), instruments("X")) for _ in range(2))
    assert one == other and one.differing(other) == []
    assert one.build == build_id() and 0 not in one


def test_another_value_of_the_same_length_is_another_configuration():
    one, other = (origin_of(Settings(levels), instruments("X")) for levels in (3, 4))
    assert one.differing(other) == ["configuration"]


def test_another_symbol_of_the_same_length_is_another_table():
    one, other = (origin_of(Settings(), instruments(symbol)) for symbol in "XY")
    assert one.differing(other) == ["instruments"]
