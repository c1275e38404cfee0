"""Times that venues write as text are what the calendar makes of them, or none."""

import re
from datetime import UTC, datetime, timedelta

from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.venues.samples import text
from tests.venues.wire import codec_of, only

FORM = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.(\d{1,9}))?Z", flags=re.ASCII | re.DOTALL
)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
FIRST, LAST = datetime(1969, 12, 31), datetime(2262, 1, 1, 23, 59, 59)
CODEC = codec_of("COINBASE_EXCHANGE")


def instant(written):
    """UTC ns; None for what is no time of the years 1970 to 2261."""
    found = FORM.fullmatch(written)
    if not found:
        return None
    *whole, fraction = found.groups()
    try:
        at = datetime(*map(int, whole), tzinfo=UTC)
    except ValueError:
        return None
    if not 1970 <= at.year <= 2261:
        return None
    return (at - EPOCH) // timedelta(seconds=1) * 10**9 + int((fraction or "").ljust(9, "0"))


def read(written):
    row = {"type": "l2update", "product_id": "BTC-USD", "changes": [], "time": written}
    part = only(CODEC, text(row))
    assert part.code in ("", "SYNTAX")
    return None if part.code else part.event_ns


@st.composite
def times(draw):
    at = draw(st.datetimes(FIRST, LAST))
    places = draw(st.integers(0, 10))
    fraction = f".{draw(st.integers(0, 10**places - 1)):0{places}d}" if places else ""
    return f"{at:%Y-%m-%dT%H:%M:%S}{fraction}Z"


@settings(max_examples=150)
@given(times())
@example("1970-01-01T00:00:00Z")
@example("1969-12-31T23:59:59.999999999Z")
@example("2261-12-31T23:59:59.999999999Z")
@example("2262-01-01T00:00:00Z")
@example("2000-02-29T23:59:59Z")
@example("2100-02-28T23:59:59.1Z")
@example("2024-03-01T00:00:00Z")
def test_a_time_is_that_of_the_calendar(written):
    assert read(written) == instant(written)


def test_every_day_of_four_centuries_less_a_few_is_in_its_place():
    for day in range(0, 106_651, 17):
        at = EPOCH + timedelta(days=day)
        assert read(f"{at:%Y-%m-%d}T00:00:00Z") == day * 86_400 * 10**9


@settings(max_examples=250)
@given(
    times(),
    st.lists(st.tuples(st.integers(0, 40), st.sampled_from("0123456789-T:.Z /:+ ")), max_size=3),
)
def test_what_is_written_a_little_otherwise_is_that_of_the_calendar_or_none(written, changes):
    for at, letter in changes:
        at %= len(written)
        written = written[:at] + letter + written[at + 1 :]
    assert read(written) == instant(written)


def test_a_field_that_is_one_too_large_or_too_small_makes_no_time():
    whole = "2023-02-28T23:59:59Z"
    for at, wrong in (
        (5, "00"),
        (5, "13"),
        (8, "00"),
        (8, "29"),
        (11, "24"),
        (14, "60"),
        (17, "60"),
    ):
        written = whole[:at] + wrong + whole[at + 2 :]
        assert instant(written) is None and read(written) is None
    for at in (5, 8, 11, 14, 17):
        for tens, ones in ("/0", ":0", "0/", "0:"):
            assert read(whole[:at] + tens + ones + whole[at + 2 :]) is None
    for length in range(len(whole)):
        assert read(whole[:length]) is None
        assert read(whole[:length] + "Z") is None or length == len(whole) - 1
    for more in ("", ".", ".1234567890", ",5", ".5.", "x", " "):
        assert read(whole[:-1] + more + "Z") == (None if more else instant(whole))
