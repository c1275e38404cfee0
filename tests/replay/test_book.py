"""`pinnacle-replay book`."""

import json
import os

import pytest

from pinnacle.core.journal import Journal
from pinnacle.core.schema import Source

FIRST = {"bids": [("100.0", "1.500"), ("99.5", "0.007")], "asks": [("101.0", "2.000")]}


def picture(replay, session, at, *arguments):
    result = replay("book", session, "--at", at, "--instrument", "BTC-USD", "--json", *arguments)
    assert result.returncode == 0, result.stderr
    return json.loads(result.stdout)


def levels(found):
    return {
        side: [(level["price"], level["quantity"]) for level in found[side]]
        for side in ("bids", "asks")
    }


def test_the_book_is_as_it_was_after_each_change(replay, session):
    assert levels(picture(replay, session, "+0.001")) == FIRST
    better = [("100.5", "0.250"), *FIRST["bids"]]
    found = picture(replay, session, "+0.002")
    assert levels(found) == {"bids": better, "asks": FIRST["asks"]}
    assert (found["valid"], found["dropped"]) == (True, 0)
    found = picture(replay, session, "+0.0045")
    assert levels(found) == {"bids": better, "asks": [("101.5", "0.010")]}
    assert found["changed"] == "2023-11-14T22:13:20.127456789Z"


def test_a_nanosecond_before_a_change_is_before_it(replay, session):
    assert levels(picture(replay, session, "+0.001999999")) == FIRST


def test_a_book_that_is_not_there_yet_or_lost_a_message_says_so(replay, session):
    found = picture(replay, session, "+0")
    assert (found["valid"], found["reason"], found["bids"]) == (False, "starting", [])
    found = picture(replay, session, "+1")
    assert (found["valid"], found["reason"]) == (False, "sequence_gap")
    result = replay("book", session, "--at", "+1", "--instrument", "BTC-USD")
    assert "INVALID: sequence_gap" in result.stdout


def test_of_a_moment_that_no_record_tells_of_any_more_no_book_is_shown(replay, session):
    asked = ("book", session, "--instrument", "BTC-USD", "--at")
    path = session / "feed" / "000000.pmj"
    os.truncate(path, 4096 + 8 * 64)
    assert replay(*asked, "+0.002").returncode == 0
    done = replay(*asked, "+0.005")
    assert done.returncode == 1 and done.stdout == ""
    assert "cut at record 8: nothing is known of later" in done.stderr


def test_of_a_moment_that_is_still_to_come_no_book_is_shown(replay, session):
    with Journal.open(session / "feed", "recorded", Source.FEED):
        done = replay("book", session, "--instrument", "BTC-USD", "--at", "+1")
    assert done.returncode == 2 and done.stdout == ""
    assert "ends at 2023-11-14T22:13:20.132456789Z so far" in done.stderr


def test_depth_bounds_the_levels_and_text_shows_both_sides(replay, session):
    assert len(picture(replay, session, "+0.002", "--depth", "1")["bids"]) == 1
    result = replay("book", session, "--at", "+0.001", "--instrument", "BTC-USD")
    rows = [line.split() for line in result.stdout.splitlines()[3:]]
    assert rows == [["1.500", "100.0", "|", "101.0", "2.000"], ["0.007", "99.5", "|"]]


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (("--at", "+1", "--instrument", "XRP"), "no instrument 'XRP'"),
        (("--at", "soon", "--instrument", "BTC-USD"), "'soon' is not a time"),
        (("--at", "+1", "--instrument", "BTC-USD", "--journal", "x"), "no journal 'x'"),
    ],
)
def test_mistakes_are_explained(replay, session, arguments, text):
    result = replay("book", session, *arguments)
    assert result.returncode == 2
    assert text in result.stderr
