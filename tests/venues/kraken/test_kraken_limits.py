"""Kraken's counter of a pair: what orders cost of it by their age, and whom it holds back."""

import pytest

from pinnacle.core.schema import Kind, Reason, Side
from pinnacle.venues.kraken.orders.errors import LIMIT_WAIT_S
from pinnacle.venues.kraken.orders.limits import KrakenLimits
from pinnacle.venues.orders.port import Call, Order, What
from tests.venues.kraken.kraken_gateway import Gateway

#: Age, what a change costs besides its one, what a cancel costs; the venue's table.
TABLE = [
    (0.0, 3, 8),
    (4.9, 3, 8),
    (5.0, 2, 6),
    (9.9, 2, 6),
    (10.0, 1, 5),
    (14.9, 1, 5),
    (15.0, 0, 4),
    (44.9, 0, 4),
    (45.0, 0, 2),
    (89.9, 0, 2),
    (90.0, 0, 1),
    (299.9, 0, 1),
    (300.0, 0, 0),
]
RATES = ["EOrder:Rate limit exceeded", "EOrder:Domain rate limit exceeded"]


class Clock:
    now = 1000.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def limits(clock):
    return KrakenLimits("starter", clock)


@pytest.fixture
def gateway(tmp_path):
    made = Gateway(tmp_path)
    yield made
    made.entry.close()


def order(order_id=1, row=0):
    return Order(order_id, row, Side.BID, 100, 5, f"client {order_id}", f"O{order_id}")


def new(order_id=1, row=0):
    return Call(What.NEW, order(order_id, row))


def cancel(order_id=1, row=0):
    return Call(What.CANCEL, order(order_id, row))


def change(order_id=1, row=0):
    return Call(What.REPLACE, order(order_id, row), 101, 5)


def room(limits, row=0):
    """How many new orders of a pair may go at once; none of them does."""
    clock, begun = limits._clock, limits._clock.now
    count = 0
    while limits.wait(new(1000 + count, row)) == 0.0:
        limits.take(new(1000 + count, row))
        count += 1
    assert clock.now == begun
    return count


@pytest.mark.parametrize(("age", "changed", "cancelled"), TABLE)
@pytest.mark.parametrize("made", [change, cancel])
def test_what_is_done_to_an_order_costs_the_more_the_younger_it_is(
    limits, clock, age, changed, cancelled, made
):
    limits.take(new())
    clock.now += age
    limits.take(made())
    fell = max(1 - age, 0)
    left = 60 - fell - (cancelled if made is cancel else 1 + changed)
    assert room(limits) == int(left)


def test_a_cancel_that_is_asked_for_again_costs_nothing_more_until_its_order_is_changed(limits):
    limits.take(new())
    for _ in range(4):
        limits.take(cancel())
    limits.take(change())
    limits.take(cancel())
    assert room(limits) == 60 - 1 - 8 - 4 - 8


def test_a_change_makes_an_order_young_again(limits, clock):
    limits.take(new())
    clock.now += 1000
    limits.take(change())
    clock.now += 1.0
    limits.take(cancel())
    assert room(limits) == 60 - 8


def test_an_order_of_an_earlier_life_is_at_least_as_old_as_this_one(limits, clock):
    clock.now += 7
    limits.take(cancel(77))
    assert room(limits) == 60 - 6


def test_orders_that_cost_nothing_any_more_are_forgotten(limits, clock):
    for order_id in range(100):
        limits.take(new(order_id))
        clock.now += 10
        limits.take(cancel(order_id))
    assert len(limits._since) <= 31 and len(limits._cancelled) <= 31


def test_one_that_is_changed_again_and_again_keeps_no_other_from_being_forgotten(limits, clock):
    for order_id in range(100):
        limits.take(change(1000))
        limits.take(new(order_id))
        clock.now += 10
    assert len(limits._since) <= 32 and 1000 in limits._since


def test_a_cancel_waits_for_nothing_and_new_orders_of_its_pair_wait_for_it(limits):
    for order_id in range(20):
        limits.take(new(order_id))
        assert limits.wait(cancel(order_id)) == 0.0
        limits.take(cancel(order_id))
    assert limits.wait(new(50)) == pytest.approx(20 * 9 + 1 - 60)
    assert limits.wait(change(50)) > 0.0
    assert limits.wait(new(50, row=1)) == 0.0


def test_a_full_counter_of_requests_holds_no_order(limits):
    limits.requests_full()
    assert limits.wait(Call(What.OPEN)) == pytest.approx(1 / 0.33)
    assert limits.wait(Call(What.TOKEN)) == pytest.approx(1 / 0.33)
    assert limits.wait(new()) == limits.wait(cancel()) == 0.0


def test_a_venue_that_wants_to_be_left_alone_says_nothing_of_its_counters(limits):
    limits.full(5.0)
    assert limits.wait(Call(What.OPEN)) == limits.wait(Call(What.FILLS)) == 0.0


def test_requests_wait_where_the_venue_says_that_their_counter_is_full(gateway):
    question = Call(What.OPEN)
    gateway.refuse(question, "EGeneral:Temporary lockout")
    assert gateway.entry.limits.wait(question) == 0.0
    refused = gateway.refuse(question, "EAPI:Rate limit exceeded")
    assert refused.again and not refused.wait_s, "what is asked on the socket goes on"
    assert gateway.entry.limits.wait(question) > 2.0
    assert gateway.entry.limits.wait(new()) == gateway.entry.limits.wait(cancel()) == 0.0


@pytest.mark.parametrize("words", RATES)
@pytest.mark.parametrize(
    ("what", "kind"), [(What.NEW, Kind.REJECTED), (What.REPLACE, Kind.REPLACE_REJECTED)]
)
def test_a_pair_whose_counter_is_full_lets_all_others_and_cancels_and_requests_pass(
    gateway, words, what, kind
):
    one, other = gateway.new(), gateway.new(2, row=1)
    call, limits = Call(what, one, 600_001, 100), gateway.entry.limits
    by_rest = gateway.refuse(call, words)
    (_, by_socket), *more = gateway.refuse_on_socket(call, words).answers
    assert by_rest == by_socket and not more
    assert by_rest.again and not by_rest.wait_s and not by_rest.fault
    assert [(r.kind, r.reason, r.words) for r in by_rest.reports] == [
        (kind, Reason.RATE_LIMIT, words)
    ]
    assert 0.5 < limits.wait(call) <= 5.0
    assert limits.wait(Call(What.NEW, other)) == limits.wait(Call(What.OPEN)) == 0.0
    assert limits.wait(Call(What.CANCEL, one)) == 0.0


def test_a_cancel_that_is_refused_for_the_rate_goes_again_a_little_later_and_no_other_waits(
    gateway,
):
    one, other = gateway.new(), gateway.new(2)
    call, limits = Call(What.CANCEL, one), gateway.entry.limits
    answered = gateway.refuse(call, RATES[0])
    assert answered.again and not answered.wait_s
    assert answered.reports[0].kind == Kind.CANCEL_REJECTED
    assert 0.5 < limits.wait(call) <= LIMIT_WAIT_S
    assert limits.wait(Call(What.CANCEL, other)) == 0.0
    limits.take(call)
    assert limits.wait(call) == 0.0


def test_other_limits_still_silence_everything_for_a_while(gateway):
    for words in ("Exceeded msg rate", "EGeneral:Too many requests", "EGeneral:Temporary lockout"):
        answered = gateway.refuse(Call(What.NEW, gateway.new()), words)
        assert answered.wait_s >= LIMIT_WAIT_S and not answered.reports


def test_questions_about_orders_leave_enough_for_what_trust_needs(limits, clock):
    question, fills = Call(What.QUERY, order()), Call(What.FILLS)
    while limits.wait(question) == 0.0:
        limits.take(question)
    assert limits.wait(fills) == 0.0
    limits.take(fills)
    assert limits.wait(fills) < limits.wait(question)
