"""Names: never a path, never too long for a header, and no two of them one file."""

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pinnacle.core.names import (
    CONFIGURED_BYTES_MAX,
    NAME_BYTES_MAX,
    SessionName,
    Symbol,
    file_name,
    is_stamped,
    stamped,
)
from pinnacle.core.paths import SessionPaths

NOT_NAMES = ["", ".", "..", "/", "/home/x", "a/b", "../x", "-x", ".x", "a\0b", "a\nb", "a b", "ä"]
NOT_SYMBOLS = ["", ".", "..", "../../x", "a/../b", "/a", "a/", "a//b", "-x", "a\0b", "a\nb", "a b"]


@pytest.mark.parametrize("text", [*NOT_NAMES, "n" * 32, "n" * 300, "x\n"])
def test_what_could_leave_the_folder_or_break_a_header_is_no_session_name(text):
    with pytest.raises(ValueError):
        SessionName(text)
    with pytest.raises(ValueError):
        SessionPaths.of("/r", "/d", text)


@pytest.mark.parametrize("text", ["demo", "btc-usd.2", "_x", "7", "n" * 31])
def test_letters_digits_and_three_signs_make_a_session_name(text):
    assert SessionName(text) == text
    assert SessionPaths.of("/r", "/d", text).runtime.parent.as_posix() == "/r"


@pytest.mark.parametrize("text", [*NOT_SYMBOLS, "n" * 32, "币" * 11, "a\u2028b", "\ud800"])
def test_what_is_empty_a_path_unprintable_or_too_long_is_no_symbol(text):
    with pytest.raises(ValueError):
        Symbol(text)


@pytest.mark.parametrize(
    "text",
    ["BTC-USD", "ETH/USD", "ETH_USD", "币安人生USDT", "BRK.B", "A%2FB", "n" * 31, "n" + "币" * 10],
)
def test_a_symbol_has_any_script(text):
    assert Symbol(text) == text


@given(st.text(st.sampled_from("AB/_%2F.ä币"), max_size=8), st.text(st.sampled_from("AB/_%2F.ä币")))
def test_no_two_symbols_share_a_file_and_none_leaves_the_folder(one, other):
    try:
        one, other = Symbol(one), Symbol(other)
    except ValueError:
        return
    assert (file_name(one) == file_name(other)) == (one == other)
    assert "/" not in file_name(one) and file_name(one).isascii()


@given(st.text(string.ascii_letters, min_size=1, max_size=CONFIGURED_BYTES_MAX), st.data())
def test_a_stamped_name_fits_and_sorts_as_time_goes(name, data):
    seconds = data.draw(st.lists(st.floats(1e9, 4e9), min_size=2, max_size=2).map(sorted))
    early, late = (stamped(name, at) for at in seconds)
    assert early <= late and len(late) == len(name) + 11 <= NAME_BYTES_MAX
    assert (early == late) == (int(seconds[0]) // 2 == int(seconds[1]) // 2)
    assert is_stamped(late, name) and not is_stamped(name, name)


def test_a_stamp_counts_the_double_seconds_of_its_day():
    midnight = 1_728_000_000
    assert stamped("demo", midnight) == "demo-241004-000"
    assert stamped("demo", midnight + 13 * 3600 + 47 * 60 + 33) == "demo-241004-j5m"
    assert stamped("demo", midnight + 86_399) == "demo-241004-xbz"


def test_a_name_that_only_begins_alike_is_not_a_stamped_one():
    assert not is_stamped("demo-2", "demo")
    assert not is_stamped("demo-261126-8lnx", "demo")
