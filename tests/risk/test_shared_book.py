"""What risk cannot read of the shared book goes into the log as STALE, and judges nothing."""

import pytest

from pinnacle.core._native import ffi
from pinnacle.core.schema import Flag, Kind, Reason
from tests.records import event
from tests.risk_desk import new
from tests.risk_turn import RiskTurn


def judged(turn):
    """(the look at the book, the decision) of one order."""
    turn.send(new(1, quantity=1))
    assert turn.run() == 2
    look, _, decision = turn.log()
    assert look["kind"] == Kind.TOP
    return look, decision


@pytest.fixture
def turn(tmp_path):
    made = RiskTurn(tmp_path)
    made.quote()
    return made


def test_a_good_book_is_a_reference(turn):
    look, decision = judged(turn)
    assert not look["flags"] & Flag.STALE
    assert decision["kind"] == Kind.NEW


def invalid(turn):
    turn.writer.apply_array(event(Kind.BOOK_INVALID, reason=Reason.DISCONNECTED))


def absent(turn):
    turn.cdata.books[0] = ffi.NULL


def left_inside(turn):
    """Its writer died in the middle of a change: the sequence stays odd."""
    ffi.cast("uint64_t *", turn.writer.cdata)[0] += 1


def test_why_a_book_is_not_valid_goes_into_the_log_too(turn):
    invalid(turn)
    look, _ = judged(turn)
    assert look["reason"] == Reason.DISCONNECTED


@pytest.mark.parametrize("harm", [invalid, absent, left_inside])
def test_a_book_that_cannot_be_read_is_no_reference(turn, harm):
    harm(turn)
    look, decision = judged(turn)
    assert look["flags"] & Flag.STALE
    assert (decision["kind"], decision["reason"]) == (Kind.REJECTED, Reason.NO_REFERENCE)
