"""Decimal text and whole steps, exactly."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pinnacle.core.errors import ConfigError
from pinnacle.core.units import Step, fee_e8, money


@given(st.integers(1, 9999), st.integers(0, 12), st.integers(-(10**15), 10**15))
def test_text_and_count_are_inverse_for_any_step(mantissa, decimals, count):
    step = Step.parse(f"{Decimal(mantissa).scaleb(-decimals):f}", "tick")
    assert step.count(step.text(count), "price") == count


def test_a_step_above_one_counts_in_itself():
    assert Step.parse("50", "tick").count("150", "price") == 3
    assert Step.parse("50", "tick").text(3) == "150"


@pytest.mark.parametrize("text", ["0", "-0.1", "abc", "NaN", "Infinity", ""])
def test_a_step_that_makes_no_sense_is_refused_by_name(text):
    with pytest.raises(ConfigError, match=r"instruments\[0\].tick_size"):
        Step.parse(text, "instruments[0].tick_size")


def test_an_amount_between_steps_is_refused():
    with pytest.raises(ConfigError, match=r"not a multiple of 0\.05"):
        Step.parse("0.05", "tick").count("0.07", "price")


def test_fees_are_exact_to_a_ten_thousandth_of_a_basis_point():
    assert fee_e8(10, "fee") == 100_000
    assert fee_e8(-0.25, "fee") == -2_500
    with pytest.raises(ConfigError, match="finer"):
        fee_e8("0.00001", "fee")


def test_money_is_ticks_times_lots_in_the_quote_currency():
    assert Decimal(money(3 * 7, Step.parse("0.01", ""), Step.parse("0.001", ""))) == Decimal(
        "0.00021"
    )
