"""A decimal text and a count of units are the same number, or the text is refused."""

from decimal import Decimal, localcontext

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pinnacle.core._native import ffi, lib
from pinnacle.core.errors import NativeError
from tests.decimal_text import format_units, parse_units

INT64_MAX = 2**63 - 1
MANTISSAS = st.one_of(st.just(1), st.integers(1, 1000), st.just(25))
DECIMALS = st.integers(0, 18)


def code_of(text: str, mantissa: int = 1, decimals: int = 2) -> int:
    raw = text.encode()
    return lib.pmm_decimal_parse(raw, len(raw), mantissa, decimals, ffi.new("int64_t *"))


@given(st.integers(-INT64_MAX, INT64_MAX), MANTISSAS, DECIMALS)
def test_what_is_formatted_is_the_exact_product_and_parses_back(units, mantissa, decimals):
    text = format_units(units, mantissa, decimals)
    assert Decimal(text) == Decimal(units) * mantissa / 10**decimals
    if abs(units) * mantissa <= INT64_MAX:
        assert parse_units(text, mantissa, decimals) == units


@given(st.from_regex(r"\A-?[0-9]{1,22}(\.[0-9]{1,20})?\Z"), MANTISSAS, DECIMALS)
@example("61737.63000000", 1, 2)
@example("9223372036854775807", 1, 0)
@example("9223372036854775808", 1, 0)
@example("92233720368.54775808", 1, 8)
@example("4294967295.99999999", 1, 8)
@example("4294967296.99999999", 1, 8)
def test_every_decimal_is_converted_exactly_or_refused_as_out_of_range(text, mantissa, decimals):
    with localcontext(prec=100):
        scaled = Decimal(text).scaleb(decimals)
    whole = scaled == int(scaled) and int(scaled) % mantissa == 0
    if whole and abs(int(scaled)) <= INT64_MAX:
        assert parse_units(text, mantissa, decimals) == int(scaled) // mantissa
    else:
        assert code_of(text, mantissa, decimals) == lib.PMM_ERR_RANGE


@given(
    st.from_regex(r"\A-?[0-9]{1,9}\.[0-9]{7,9}\Z"),
    MANTISSAS,
    DECIMALS,
    st.sampled_from(['"', '","0.00000000"],["1.5', "]", "x" * 20, ""]),
)
@example("0.00000001", 1, 8, "x" * 20)
@example("9999999.99999999", 1, 8, "x" * 20)
@example("61737.63000000", 1, 2, "x" * 20)
@example("61737.63100000", 1, 2, "x" * 20)
def test_a_decimal_inside_a_text_is_what_it_is_alone(text, mantissa, decimals, rest):
    """The usual shape takes a shorter way where enough text follows: it must not show."""
    raw, units = (text + rest).encode(), ffi.new("int64_t *")
    used = lib.pmm_decimal_scan(raw, len(raw), mantissa, decimals, units)
    alone = code_of(text, mantissa, decimals)
    if alone == 0:
        assert (used, units[0]) == (len(text), parse_units(text, mantissa, decimals))
    else:
        assert used == alone


@given(st.text("0123456789.-+eE \x00x", max_size=12))
def test_text_of_another_shape_is_refused(text):
    whole, _, fraction = text.removeprefix("-").partition(".")
    shaped = whole.isdigit() and ("." not in text or fraction.isdigit())
    if not shaped:
        assert code_of(text) in (lib.PMM_ERR_SYNTAX, lib.PMM_ERR_RANGE)


@pytest.mark.parametrize(
    "text", ["", "-", ".", "1.", ".5", "+1", "1e3", " 1", "1 ", "--1", "1.2.3"]
)
def test_malformed_text_is_a_syntax_error(text):
    assert code_of(text) == lib.PMM_ERR_SYNTAX


def test_a_unit_that_makes_no_sense_is_the_callers_mistake():
    assert code_of("1", mantissa=0) == lib.PMM_ERR_ARGUMENT
    assert code_of("1", decimals=19) == lib.PMM_ERR_ARGUMENT
    with pytest.raises(NativeError, match=r"decimal '0\.005'"):
        parse_units("0.005", 1, 2)


def test_a_format_that_does_not_fit_is_refused_and_the_widest_does():
    out = ffi.new("char[4]")
    assert lib.pmm_decimal_format(1234, 1, 0, out, 4) == lib.PMM_ERR_FULL
    assert lib.pmm_decimal_format(123, 1, 0, out, 4) == 3
    assert len(format_units(-INT64_MAX, INT64_MAX, 18)) < lib.PMM_DECIMAL_TEXT_BYTES
