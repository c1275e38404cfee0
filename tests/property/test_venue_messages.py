"""Whatever a venue's messages look like, the scanner reads what a plain decoder reads."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pinnacle.core._native import lib
from pinnacle.venues.market.codec import Codec, FrameError
from tests.venues.messages import FETCHED, SYMBOLS, books, messages, written
from tests.venues.plain import DECODERS
from tests.venues.wire import decoded, table

pytestmark = pytest.mark.long

CODECS = {
    name: Codec(getattr(lib, f"PMM_WIRE_{name}"), table(symbols, 8, 8), records_max=64)
    for name, symbols in SYMBOLS.items()
}


def texts(venue):
    return messages(venue).flatmap(written)


def by_side(part):
    """A message may have its asks first: each side's own order is what counts."""
    *said, records = part
    return *said, sorted(records, key=lambda record: record[:2])


@pytest.mark.parametrize("venue", SYMBOLS)
@settings(deadline=None)
@given(st.data())
def test_a_message_in_any_shape_is_what_plain_python_makes_of_it(venue, data):
    frames = data.draw(st.lists(texts(venue), min_size=1, max_size=4))
    codec = CODECS[venue]
    assert codec.scan(frames, 3) == len(frames)
    assert not any(part.code for part in codec.last_parts())
    expected = [part for frame in frames for part in DECODERS[venue](frame)]
    assert [by_side(part) for part in decoded(codec)] == [by_side(part) for part in expected]
    numbers = [part.frame for part in codec.last_parts()]
    assert numbers == sorted(numbers) and set(numbers) == set(range(len(frames)))


@pytest.mark.parametrize("venue", FETCHED)
@settings(deadline=None)
@given(st.data())
def test_a_fetched_book_in_any_shape_is_what_plain_python_makes_of_it(venue, data):
    body, codec = data.draw(books(venue).flatmap(written)), CODECS[venue]
    assert codec.scan_snapshot(body, 3, 1) == 1
    assert not any(part.code for part in codec.last_parts())
    (part,) = DECODERS[venue](body)
    (found,) = decoded(codec)
    assert by_side(found) == by_side((SYMBOLS[venue][1], *part[1:]))


@pytest.mark.parametrize("venue", SYMBOLS)
@settings(deadline=None, max_examples=20)
@given(st.data())
def test_a_message_that_is_cut_anywhere_is_none(venue, data):
    frame = data.draw(texts(venue)).rstrip()
    codec = CODECS[venue]
    for length in range(len(frame)):
        with pytest.raises(FrameError, match="does not parse"):
            codec.scan((frame[:length],), 3)
        assert codec.part_count == codec.count == 0


@pytest.mark.parametrize("venue", SYMBOLS)
@settings(deadline=None)
@given(st.data())
def test_a_damaged_message_is_read_refused_or_costs_one_part_each(venue, data):
    frame = bytearray(data.draw(texts(venue)))
    for at in data.draw(st.lists(st.integers(0, len(frame) - 1), min_size=1, max_size=3)):
        frame[at] = data.draw(st.sampled_from(list(b'"{}[],:.\\-0e9u ')))
    codec = CODECS[venue]
    try:
        codec.scan((bytes(frame),), 3)
    except FrameError:
        assert codec.part_count == codec.count == 0
        return
    ends = [(part.first, part.first + part.count) for part in codec.last_parts() if not part.code]
    assert all(first <= end <= codec.count for first, end in ends)
    for part in codec.last_parts():
        assert part.code in (0, lib.PMM_ERR_RANGE, lib.PMM_ERR_SYNTAX)
        assert part.code == 0 or (part.count == 0 and part.offset <= len(frame))
