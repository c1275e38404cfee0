"""What Kraken's errors do to who asked: how long it waits, and what it takes to be lost."""

import pytest

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
