"""Risk's orders: what is open counts until it is gone, and none is lost."""

import random

import pytest

from pinnacle.core.schema import Kind, Reason, Side
from pinnacle.risk.config import LimitsConfig, RiskConfig
from pinnacle.risk.gate import RiskGate
from tests.records import event, instruments, run
from tests.risk_desk import ASK, BID, PASSED, gate, new, only, refused, replace, report, top


def two_gate(**session):
    """Two instruments with wide limits and their tops."""
    limits = LimitsConfig(order_quantity_max="10", position_max="100", open_orders_max=1000)
    config = RiskConfig(limits={"X": limits, "Y": limits}, **session)
    made = RiskGate(instruments("X", "Y"), config)
    run(
        made.decided,
        top(),
        event(Kind.TOP, price=BID, quantity=5, order_id=ASK, aux=5, instrument_id=1),
    )
    return made


@pytest.mark.parametrize("fields", [{"instrument_id": 1}, {"side": Side.ASK}], ids=str)
def test_a_replace_may_not_name_another_instrument_or_side(fields):
    made = two_gate()
    run(made.decided, new(1, quantity=500))
    moved = replace(1, 800)
    for name, value in fields.items():
        moved[name] = value
    assert only(run(made.decided, moved)) == (Kind.REPLACE_REJECTED, Reason.UNKNOWN_ORDER)
    assert made.book.position(0)["open_bid"] == 500
    assert [made.book.position(i)["open_ask"] for i in (0, 1)] == [0, 0]
    assert only(run(made.decided, replace(1, 800))) == (Kind.REPLACE, Reason.NONE)


def test_a_replace_is_refused_while_one_is_in_flight():
    made = gate()
    run(made.decided, new(1, quantity=500), replace(1, 800))
    assert only(run(made.decided, replace(1, 900))) == (Kind.REPLACE_REJECTED, Reason.TOO_LATE)
    assert made.book.position(0)["open_bid"] == 800
    run(made.decided, report(Kind.REPLACED, 1, quantity=800))
    assert only(run(made.decided, replace(1, 900))) == (Kind.REPLACE, Reason.NONE)


def test_a_replace_is_refused_while_the_order_is_being_cancelled():
    made = gate()
    run(made.decided, new(1, quantity=500), report(Kind.CANCEL, 1))
    assert only(run(made.decided, replace(1, 800))) == (Kind.REPLACE_REJECTED, Reason.TOO_LATE)


def test_an_order_whose_cancel_was_refused_is_an_order_like_any_other():
    made = gate()
    run(made.decided, new(1, quantity=500), report(Kind.CANCEL, 1))
    run(made.decided, report(Kind.CANCEL_REJECTED, 1, reason=Reason.TOO_LATE))
    assert only(run(made.decided, replace(1, 800))) == (Kind.REPLACE, Reason.NONE)
    run(made.decided, report(Kind.REPLACED, 1, quantity=800), report(Kind.CANCEL, 1))
    run(made.decided, report(Kind.CANCEL_REJECTED, 1, reason=Reason.TOO_LATE))
    halt = event(Kind.HALT, reason=Reason.OPERATOR)
    assert only(run(made.decided, halt)) == (Kind.CANCEL, Reason.OPERATOR)


def test_no_order_has_the_id_of_an_empty_place():
    made = gate()
    assert only(run(made.decided, new(0))) == refused(Reason.DUPLICATE_ORDER)
    assert (made.book.open_orders(), made.book.position(0)["open_bid"]) == (0, 0)


def test_a_replace_counts_what_is_left_of_its_total_and_not_what_is_filled():
    made = gate(order_quantity_max="2", position_max="1.4")
    run(made.decided, new(1), report(Kind.FILL, 1, quantity=600))
    assert only(run(made.decided, replace(1, 1401))) == (
        Kind.REPLACE_REJECTED,
        Reason.POSITION_LIMIT,
    )
    assert only(run(made.decided, replace(1, 1400))) == (Kind.REPLACE, Reason.NONE)
    assert made.book.position(0)["open_bid"] == 800


def test_an_order_that_fills_while_its_replace_is_in_flight_is_not_forgotten():
    made = gate()
    run(made.decided, new(1, quantity=400), replace(1, 1000))
    run(made.decided, report(Kind.FILL, 1, quantity=400))
    position = made.book.position(0)
    assert (made.book.open_orders(), position["open_bid"]) == (1, 600)
    run(made.decided, report(Kind.REPLACED, 1, quantity=1000))
    assert made.book.position(0)["open_bid"] == 600, "the venue has it"
    run(made.decided, report(Kind.FILL, 1, quantity=600))
    position = made.book.position(0)
    assert (made.book.open_orders(), position["open_bid"], position["unknown_fills"]) == (0, 0, 0)


def test_more_filled_than_was_ordered_makes_no_room():
    made = gate()
    run(made.decided, new(1), new(2, quantity=300), replace(1, 500))
    run(made.decided, report(Kind.FILL, 1, quantity=1400))
    assert made.book.position(0)["open_bid"] == 300
    assert made.book.position(0)["position"] == 1400


@pytest.mark.parametrize("seed", range(3))
def test_no_order_is_lost_in_the_table_whoever_leaves_it(seed):
    made = two_gate(messages_per_s=10**6, messages_burst=10**6)
    draw = random.Random(seed)
    # The table is found by a multiplication: few bits of an id are as good as many.
    ids = draw.sample(range(1, 10**4), 900)
    for order_id in ids:
        assert only(run(made.decided, new(order_id, quantity=1))) == PASSED
    for left in (600, 300, 0):
        gone, ids = ids[left:], ids[:left]
        run(made.decided, *(report(Kind.CANCELLED, i, quantity=1) for i in gone))
        assert made.book.open_orders() == left == made.book.position(0)["open_bid"]
        answers = run(made.decided, *(report(Kind.CANCEL, i) for i in ids + gone))
        assert [Kind(k) for k in answers["kind"]] == [Kind.CANCEL] * left + [
            Kind.CANCEL_REJECTED
        ] * len(gone)


def test_a_place_that_an_order_left_is_empty_for_good():
    """However many have come and gone: a search ends at an empty place, and there are some."""
    made = gate(open_orders_max=4, messages_per_s=10**6, messages_burst=10**6)
    for order_id in range(1, 2000):
        assert only(run(made.decided, new(order_id, quantity=1))) == PASSED
        run(made.decided, report(Kind.CANCELLED, order_id, quantity=1))
    answer = run(made.decided, report(Kind.CANCEL, 10**6))
    assert [Kind(kind) for kind in answer["kind"]] == [Kind.CANCEL_REJECTED]
