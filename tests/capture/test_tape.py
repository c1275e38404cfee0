"""Recordings as one tape, as a server plays it."""

import json

import pytest

from pinnacle.capture.instruments import known_dialects
from pinnacle.capture.tape import Tape
from pinnacle.core.errors import DataError
from tests.venues.samples import SAMPLES, text

BITSTAMP = next(dialect for dialect in known_dialects() if dialect.venue == "bitstamp")
BOOK = text(
    {
        "timestamp": "1641343695",
        "microtimestamp": "1641343695564720",
        "bids": [["10.5", "1.25"]],
        "asks": [["10.75", "3.00"]],
    }
).decode()
REFUSED = ["<html>", '{"error":"busy"}', "", '{"bids":[],"asks":5}']


def tape(folder, *bodies):
    url = "https://x/api/v2/order_book/btcusd/"
    replies = [json.dumps({"t": "http", "ns": 5, "url": url, "data": body}) for body in bodies]
    path = folder / "capture"
    diff = next(frame.decode() for frame in SAMPLES["BITSTAMP"] if b'"diff_' in frame)
    path.write_text("\n".join([*replies, f"6 {diff}"]) + "\n", encoding="utf-8")
    return Tape((path,), BITSTAMP)


@pytest.mark.parametrize("refused", REFUSED)
def test_a_request_that_was_refused_gives_no_book(tmp_path, refused):
    found = tape(tmp_path, refused, BOOK)
    assert found.firsts == {"btcusd": BOOK.encode()}
    assert next(found.play()).frame == BOOK.encode()


def test_a_tape_on_which_all_were_refused_cannot_be_played(tmp_path):
    with pytest.raises(DataError, match="no depth snapshot"):
        tape(tmp_path, *REFUSED)
