"""What goes wrong is told once, and a flood of it a few times."""

import pytest
import structlog

from pinnacle.venues.transport import troubles
from pinnacle.venues.transport.troubles import TOLD_AGAIN_S, TOLD_NEXT_S, Troubles, words_of


class Time:
    """A clock that the test sets."""

    def __init__(self, monkeypatch):
        self.now_s = 1000.0
        monkeypatch.setattr(troubles.time, "monotonic", lambda: self.now_s)


def told(tell):
    with structlog.testing.capture_logs() as said:
        tell()
    return [(line["event"].removeprefix("venue: "), line.get("untold", 0)) for line in said]


def test_the_same_words_are_told_once_and_again_after_a_while(monkeypatch):
    time, of = Time(monkeypatch), Troubles("venue")

    def tell():
        for _ in range(5):
            of.failed_of("BTC", "no")
            time.now_s += TOLD_AGAIN_S / 4

    assert told(tell) == [("BTC: no", 0)] * 2
    assert of.last == "BTC: no"


def test_a_flood_of_other_words_is_told_now_and_then_with_how_many_there_were(monkeypatch):
    time, of = Time(monkeypatch), Troubles("venue")

    def tell():
        for number in range(30):
            of.failed_of("BTC", f"byte {number}")
            time.now_s += TOLD_NEXT_S / 10

    assert told(tell) == [("BTC: byte 0", 0), ("BTC: byte 10", 9), ("BTC: byte 20", 9)]
    assert of.last == "BTC: byte 29"


def test_each_is_told_for_itself_and_a_lost_connection_each_time(monkeypatch):
    Time(monkeypatch)
    of = Troubles("venue")
    assert told(lambda: [of.failed_of(name, "no") for name in ("BTC", "ETH", "BTC")]) == [
        ("BTC: no", 0),
        ("ETH: no", 0),
    ]
    with structlog.testing.capture_logs() as said:
        of.failed("gone")
        of.failed("gone")
    assert [line["event"] for line in said] == ["venue: gone"] * 2


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (TimeoutError(), "TimeoutError: late"),
        (
            TimeoutError(110, "Connection timed out"),
            "TimeoutError: [Errno 110] Connection timed out",
        ),
        (ConnectionResetError(), "ConnectionResetError: the other side ended the connection"),
        (ValueError(), "ValueError"),
        (OSError("no"), "OSError: no"),
    ],
    ids=repr,
)
def test_only_a_time_that_ran_out_is_late(error, told):
    assert words_of(error, "late") == told
