"""No frame of a venue that is not of the market does more than end its connection."""

import numpy as np
import pytest

from pinnacle.core.errors import DataError
from pinnacle.core.schema import INSTRUMENT
from pinnacle.venues.registry import VENUES, find
from tests.venues.listed import LISTED

DEEP = b"[" * 100_000
FRAMES = {
    "nested without end": b'{"params":' + DEEP,
    "wrapped and nested": b'{"stream":"x","data":{"e":' + DEEP,
    "no JSON": b"<html>",
    "no object": b"5",
    "not UTF-8": b'{"type":"\xff","method":"\xff","e":"\xff"}',
    "cut": b'{"type":"error","mess',
}


@pytest.mark.parametrize("frame", FRAMES.values(), ids=FRAMES)
@pytest.mark.parametrize("venue", VENUES)
def test_a_control_frame_that_cannot_be_read_is_told_as_that(venue, frame):
    rows = np.zeros(1, INSTRUMENT)
    rows["symbol"] = LISTED[venue][0].encode()
    rows["tick_mantissa"] = rows["lot_mantissa"] = 1
    kind = find(venue)
    connector = kind.market_data(kind.section(), rows, lambda *_: None, lambda: 1, lambda _: None)
    with pytest.raises(DataError, match="unreadable control frame"):
        connector.control(frame)
