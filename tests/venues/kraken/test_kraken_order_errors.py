"""What Kraken's errors do to who asked: how long it waits, and what it takes to be lost."""

import pytest

from pinnacle.core.schema import Kind, Reason
from pinnacle.venues.kraken.orders.errors import LIMIT_WAIT_S
from pinnacle.venues.orders.port import Answered, Call, What
from pinnacle.venues.transport.patience import RETRY_AFTER_MAX_S
from tests.venues.kraken.kraken_gateway import NOW_S, Gateway

CANARY = "canary0123456789"


@pytest.fixture
def gateway(tmp_path):
    made = Gateway(tmp_path)
    yield made
    made.entry.close()


@pytest.mark.parametrize(
    ("until", "wait_s"),
    [
        (NOW_S + 20, 20.0),
        (NOW_S - 20, LIMIT_WAIT_S),
        (NOW_S + 86_400, RETRY_AFTER_MAX_S),
        (NOW_S * 1000 + 20_000, RETRY_AFTER_MAX_S),
        ("9" * 400, RETRY_AFTER_MAX_S),
    ],
)
def test_who_is_throttled_waits_until_the_time_that_is_named_and_never_for_long(
    gateway, until, wait_s
):
    answered = gateway.refuse(Call(What.BALANCES), f"EService:Throttled: {until}")
    assert answered == Answered(wait_s=wait_s)


ENDED = "ESession:Invalid session"


@pytest.mark.parametrize(
    ("what", "kind"), [(What.NEW, Kind.REJECTED), (What.REPLACE, Kind.REPLACE_REJECTED)]
)
def test_a_token_that_has_ended_ends_the_connection_and_nothing_was_done(gateway, what, kind):
    heard = gateway.refuse_on_socket(Call(what, gateway.new(), 600_001, 100), ENDED)
    assert ENDED in heard.lost
    ((_, answered),) = heard.answers
    (report,) = answered.reports
    assert (report.kind, report.reason, report.words) == (kind, Reason.VENUE, ENDED)
    assert not answered.fault and not answered.again


def test_a_cancel_whose_token_has_ended_goes_again(gateway):
    heard = gateway.refuse_on_socket(Call(What.CANCEL, gateway.new()), ENDED)
    assert ENDED in heard.lost
    assert heard.answers == [(1, Answered(again=True, fault=ENDED))]


def test_the_dead_mans_switch_with_a_token_that_has_ended_ends_the_connection(gateway):
    heard = gateway.refuse_on_socket(Call(What.KEEP_ALIVE), ENDED)
    assert ENDED in heard.lost and heard.answers == [(1, Answered(fault=ENDED))]


def test_another_error_leaves_the_connection_as_it_is(gateway):
    heard = gateway.refuse_on_socket(Call(What.NEW, gateway.new()), "EOrder:Insufficient funds")
    assert not heard.lost and heard.answers


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (200, {"error": None, "result": {"token": CANARY}}),
        (200, {"error": [], "result": {"value": CANARY}}),
        (200, {"error": [], "result": None, "token": CANARY}),
        (200, {"result": {"token": [CANARY]}}),
        (200, f'"{CANARY}'.encode()),
        (201, {"error": [], "result": {"token": CANARY}}),
        (502, CANARY.encode()),
    ],
)
def test_a_token_in_an_answer_that_is_none_is_shown_to_nobody(gateway, status, body):
    answered = gateway.ask(Call(What.TOKEN), body, status)
    assert answered.fault and CANARY not in str(answered)


def test_what_came_in_the_place_of_any_other_answer_is_shown(gateway):
    for status in (200, 502):
        assert "<html>" in gateway.ask(Call(What.OPEN), b"<html>", status).fault
