"""Every pre-trade check has its reason, refuses just beyond its limit and passes just within."""

import pytest

from pinnacle.core.errors import ConfigError
from pinnacle.core.schema import Flag, Kind, Reason, Side, Source
from pinnacle.risk.config import LimitsConfig, RiskConfig
from pinnacle.risk.gate import RiskGate
from tests.records import event, instruments, run
from tests.risk_desk import ASK, BID, PASSED, gate, new, only, refused, replace, report, top


def test_a_good_order_goes_to_the_gateway_as_it_came():
    decisions = run(gate().decided, new(7, flags=Flag.POST_ONLY, aux=5))
    assert only(decisions) == PASSED
    assert decisions[0]["order_id"] == 7
    assert decisions[0]["flags"] == Flag.POST_ONLY
    assert decisions[0]["aux"] == 5


def test_order_size_is_limited():
    assert only(run(gate().decided, new(1, quantity=1000))) == PASSED
    assert only(run(gate().decided, new(1, quantity=1001))) == refused(Reason.ORDER_SIZE)


@pytest.mark.parametrize(("side", "sign"), [(Side.BID, 1), (Side.ASK, -1)])
def test_the_worst_case_position_counts_every_open_order_of_that_side(side, sign):
    made = gate()
    for order_id in (1, 2, 3):
        assert only(run(made.decided, new(order_id, side))) == PASSED
    assert only(run(made.decided, new(4, side, quantity=1))) == refused(Reason.POSITION_LIMIT)
    other = Side.ASK if side == Side.BID else Side.BID
    assert only(run(made.decided, new(5, other))) == PASSED
    run(made.decided, report(Kind.CANCELLED, 1, side))
    assert only(run(made.decided, new(6, side))) == PASSED
    run(made.decided, report(Kind.FILL, 2, side), report(Kind.FILL, 3, side))
    assert made.book.position(0)["position"] == sign * 2000
    assert only(run(made.decided, new(7, side, quantity=1))) == refused(Reason.POSITION_LIMIT)


def test_the_collar_is_exact_at_its_edge():
    # middle 10005, one percent: 100.05 ticks either way
    assert only(run(gate().decided, new(1, price=9905))) == PASSED
    assert only(run(gate().decided, new(1, price=9904))) == refused(Reason.PRICE_COLLAR)
    assert only(run(gate().decided, new(1, price=10_105))) == PASSED
    assert only(run(gate().decided, new(1, price=10_106))) == refused(Reason.PRICE_COLLAR)


def test_without_a_trustworthy_reference_nothing_passes():
    made = gate()
    run(made.decided, top(flags=Flag.STALE))
    assert only(run(made.decided, new(1))) == refused(Reason.NO_REFERENCE)
    run(made.decided, top())
    assert only(run(made.decided, new(1))) == PASSED
    run(made.decided, event(Kind.PEER_LOST, aux=Source.FEED))
    assert only(run(made.decided, new(2))) == refused(Reason.NO_REFERENCE)


def test_open_orders_are_limited():
    made = gate(position_max="100")
    for order_id in range(1, 5):
        assert only(run(made.decided, new(order_id, quantity=1))) == PASSED
    assert only(run(made.decided, new(5, quantity=1))) == refused(Reason.OPEN_ORDERS)


def test_every_order_that_the_limits_of_sixty_four_instruments_allow_has_its_place():
    each, symbols = 48, [f"S{i}" for i in range(64)]
    limits = LimitsConfig(order_quantity_max="1", position_max="1", open_orders_max=each)
    config = RiskConfig(limits=dict.fromkeys(symbols, limits), messages_burst=100_000)
    made = RiskGate(instruments(*symbols), config)
    for i in range(64):
        reference = event(Kind.TOP, price=BID, quantity=5, order_id=ASK, aux=5, instrument_id=i)
        run(made.decided, reference)
    for i in range(64):
        ids = range(1 + i * each, 1 + (i + 1) * each)
        passed = run(made.decided, *(new(n, quantity=1, instrument_id=i) for n in ids))
        assert set(passed["kind"]) == {Kind.NEW} and len(passed) == each
    assert only(run(made.decided, new(9999, quantity=1))) == refused(Reason.OPEN_ORDERS)


def test_the_message_rate_refills_by_the_logs_clock():
    made = gate(position_max="1000", open_orders_max=100)
    kinds = [only(run(made.decided, new(i, quantity=1))) for i in range(1, 22)]
    assert kinds == [PASSED] * 20 + [refused(Reason.MESSAGE_RATE)]
    later = 100_000_000  # a tenth of a second at 10 a second: one message
    assert only(run(made.decided, new(50, quantity=1, recv_ns=later))) == PASSED
    assert only(run(made.decided, new(51, quantity=1, recv_ns=later))) == refused(
        Reason.MESSAGE_RATE
    )


def test_an_intent_that_is_too_old_is_refused():
    made = gate()
    run(made.decided, top(recv_ns=1_000_000_000))
    assert only(run(made.decided, new(1, recv_ns=899_999_999))) == refused(Reason.TOO_OLD)
    assert only(run(made.decided, new(1, recv_ns=900_000_000))) == PASSED


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"price": 0}, Reason.BAD_PRICE),
        ({"price": -5}, Reason.BAD_PRICE),
        ({"quantity": 0}, Reason.BAD_QUANTITY),
        ({"quantity": -1}, Reason.BAD_QUANTITY),
        ({"side": 0}, Reason.BAD_ORDER),
        ({"instrument_id": 1}, Reason.BAD_INSTRUMENT),
        ({"aux": 1 << 8}, Reason.BAD_ORDER),
        ({"aux": 2 << 8}, Reason.BAD_ORDER),
        ({"aux": 1 << 15}, Reason.BAD_ORDER),
        ({"price": 2**62}, Reason.PRICE_COLLAR),
        ({"quantity": 2**62}, Reason.ORDER_SIZE),
    ],
)
def test_an_order_that_makes_no_sense_is_refused(fields, reason):
    assert only(run(gate().decided, new(1, **fields))) == refused(reason)


def test_an_order_id_is_used_once_while_it_is_open():
    made = gate()
    run(made.decided, new(1))
    assert only(run(made.decided, new(1))) == refused(Reason.DUPLICATE_ORDER)


def test_the_kill_switch_cancels_everything_and_refuses_what_follows():
    made = gate()
    run(made.decided, new(1), new(2, Side.ASK, ASK))
    cancels = run(made.decided, event(Kind.HALT, reason=Reason.OPERATOR))
    assert sorted(cancels["order_id"]) == [1, 2]
    assert set(cancels["kind"]) == {Kind.CANCEL}
    assert set(cancels["reason"]) == {Reason.OPERATOR}
    assert only(run(made.decided, new(3))) == refused(Reason.KILL_SWITCH)
    run(made.decided, event(Kind.RESUME))
    assert only(run(made.decided, new(3))) == PASSED


def test_orders_of_a_strategy_that_died_are_cancelled():
    made = gate()
    run(made.decided, new(1))
    lost = event(Kind.PEER_LOST, aux=Source.STRATEGY)
    assert only(run(made.decided, lost)) == (Kind.CANCEL, Reason.PEER_LOST)
    assert len(run(made.decided, lost)) == 0, "the cancel is on its way already"
    assert only(run(made.decided, new(2))) == refused(Reason.PEER_LOST)
    run(made.decided, event(Kind.PEER_BACK, aux=Source.STRATEGY))
    assert only(run(made.decided, new(2))) == PASSED


def test_a_cancel_always_passes_and_an_unknown_one_is_told_so():
    made = gate(messages_burst=1)
    run(made.decided, new(1))
    for _ in range(5):
        assert only(run(made.decided, report(Kind.CANCEL, 1)))[0] == Kind.CANCEL
    assert only(run(made.decided, report(Kind.CANCEL, 99))) == (
        Kind.CANCEL_REJECTED,
        Reason.UNKNOWN_ORDER,
    )


def test_a_replace_is_judged_by_what_it_adds():
    made = gate()
    run(made.decided, new(1), new(2), new(3, quantity=500))
    assert only(run(made.decided, replace(3, 1000))) == (Kind.REPLACE, Reason.NONE)
    run(made.decided, report(Kind.REPLACED, 3, quantity=1000))
    assert made.book.position(0)["open_bid"] == 3000
    assert only(run(made.decided, new(4, quantity=1))) == refused(Reason.POSITION_LIMIT)
    assert only(run(made.decided, replace(3, 200))) == (Kind.REPLACE, Reason.NONE)
    assert made.book.position(0)["open_bid"] == 3000, "until it is answered the larger one counts"
    run(made.decided, report(Kind.REPLACED, 3, quantity=200))
    assert made.book.position(0)["open_bid"] == 2200


def test_a_refused_replace_leaves_the_order_as_it_was():
    made = gate()
    run(made.decided, new(1, quantity=500))
    run(made.decided, replace(1, 1000))
    run(made.decided, report(Kind.REPLACE_REJECTED, 1))
    assert made.book.position(0)["open_bid"] == 500
    assert only(run(made.decided, replace(9, 1))) == (Kind.REPLACE_REJECTED, Reason.UNKNOWN_ORDER)


def test_reports_pass_on_to_the_strategy_and_close_orders():
    made = gate()
    run(made.decided, new(1))
    assert only(run(made.decided, report(Kind.ACK, 1)))[0] == Kind.ACK
    run(made.decided, report(Kind.FILL, 1, quantity=400))
    assert made.book.open_orders() == 1
    assert only(run(made.decided, report(Kind.FILL, 1, quantity=600)))[0] == Kind.FILL
    assert made.book.open_orders() == 0


def test_a_fill_of_an_unknown_order_counts_in_the_position_and_is_noted():
    made = gate()
    run(made.decided, report(Kind.FILL, 77, quantity=10))
    position = made.book.position(0)
    assert (position["position"], position["unknown_fills"]) == (10, 1)


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"price": 0}, "BAD_PRICE"),
        ({"price": -5}, "BAD_PRICE"),
        ({"quantity": 0}, "BAD_QUANTITY"),
        ({"quantity": -400}, "BAD_QUANTITY"),
        ({"side": Side.NONE}, "BAD_ORDER"),
        ({"side": 7}, "BAD_ORDER"),
    ],
    ids=str,
)
def test_a_fill_that_no_venue_could_mean_is_refused_and_its_order_goes_on_counting(fields, reason):
    made = gate()
    run(made.decided, new(1))
    before = made.book.position(0)
    assert len(run(made.decided, report(Kind.FILL, 1, **fields))) == 0
    assert made.book.refused(0) == {reason: 1}
    after = made.book.position(0)
    assert after.pop("refused_reports") == 1 and before.pop("refused_reports") == 0
    assert after == before
    run(made.decided, report(Kind.FILL, 1))
    assert (made.book.position(0)["position"], made.book.open_orders()) == (1000, 0)


def test_a_fill_that_cannot_be_counted_is_refused():
    made = gate()
    most = 2**63 - 1
    assert len(run(made.decided, report(Kind.FILL, 9, quantity=most, price=1))) == 1
    for quantity in (1, 2, most):
        assert len(run(made.decided, report(Kind.FILL, 9, quantity=quantity, price=1))) == 0
    position = made.book.position(0)
    assert (position["position"], position["refused_reports"]) == (most, 3)
    run(made.decided, report(Kind.FILL, 9, Side.ASK, quantity=most, price=1))
    run(made.decided, report(Kind.FILL, 9, Side.ASK, quantity=most, price=1))
    assert len(run(made.decided, report(Kind.FILL, 9, Side.ASK, quantity=1, price=1))) == 0
    assert made.book.position(0)["position"] == -most


@pytest.mark.parametrize("fields", [{"quantity": 0}, {"quantity": -1}, {"price": 0}], ids=str)
def test_a_replacement_that_no_venue_could_mean_settles_nothing(fields):
    made = gate()
    run(made.decided, new(1, quantity=500), replace(1, 800))
    assert len(run(made.decided, report(Kind.REPLACED, 1, **fields))) == 0
    position = made.book.position(0)
    assert (position["open_bid"], position["refused_reports"]) == (800, 1)
    run(made.decided, report(Kind.REPLACED, 1, quantity=800))
    assert only(run(made.decided, replace(1, 600))) == (Kind.REPLACE, Reason.NONE)


def test_maker_and_taker_fees_are_told_apart():
    made = gate()
    run(made.decided, report(Kind.FILL, 1, price=10_000, quantity=1000, flags=Flag.MAKER))
    assert made.book.position(0)["fees"] == -1000  # one basis point back
    run(made.decided, report(Kind.FILL, 1, price=10_000, quantity=1000))
    assert made.book.position(0)["fees"] == -1000 + 5000


def test_refusals_are_counted_by_reason():
    made = gate()
    run(made.decided, new(1, quantity=5000), new(2, quantity=5000), new(3, price=0))
    assert made.book.refused(0) == {"ORDER_SIZE": 2, "BAD_PRICE": 1}


def test_an_instrument_without_limits_is_a_configuration_error():
    with pytest.raises(ConfigError, match=r"risk.limits.Y: missing"):
        RiskGate(
            instruments("X", "Y"),
            RiskConfig(limits={"X": LimitsConfig(order_quantity_max="1", position_max="1")}),
        )


# ---- the session ----


def test_without_a_gateway_nothing_passes():
    made = gate()
    run(made.decided, event(Kind.PEER_LOST, aux=Source.GATEWAY))
    assert only(run(made.decided, new(1))) == refused(Reason.PEER_LOST)
    run(made.decided, event(Kind.PEER_BACK, aux=Source.GATEWAY))
    assert only(run(made.decided, new(1))) == PASSED


def test_after_a_stop_nothing_new_passes():
    made = gate()
    run(made.decided, new(1))
    assert only(run(made.decided, event(Kind.STOP))) == (Kind.CANCEL, Reason.SHUTDOWN)
    assert only(run(made.decided, new(2))) == refused(Reason.KILL_SWITCH)
    run(made.decided, event(Kind.START))
    assert only(run(made.decided, new(2))) == PASSED


@pytest.mark.parametrize("idle_s", [3, 3600])
def test_the_burst_is_the_limit_however_long_nothing_was_said(idle_s):
    made = gate(position_max="1000", open_orders_max=100)
    run(made.decided, *(new(i, quantity=1) for i in range(1, 6)))
    later = idle_s * 1_000_000_000
    kinds = [only(run(made.decided, new(i, quantity=1, recv_ns=later))) for i in range(10, 31)]
    assert kinds == [PASSED] * 20 + [refused(Reason.MESSAGE_RATE)]


@pytest.mark.parametrize("source", [-1, 0, 9, 35, -29, 2**40, -(2**63)])
def test_a_peer_that_nobody_knows_is_nobodys_loss(source):
    made = gate()
    assert len(run(made.decided, event(Kind.PEER_LOST, aux=source))) == 0
    assert only(run(made.decided, new(1))) == PASSED
    run(made.decided, event(Kind.PEER_LOST, aux=Source.GATEWAY), event(Kind.PEER_BACK, aux=source))
    assert only(run(made.decided, new(2))) == refused(Reason.PEER_LOST)


@pytest.mark.parametrize("kind", [Kind.CANCEL_REJECTED, Kind.REPLACE_REJECTED])
def test_an_order_that_the_gateway_does_not_have_makes_room(kind):
    # Its NEW, or the report of its end, was in a ring that is gone.
    made = gate()
    for order_id in (1, 2, 3):
        assert only(run(made.decided, new(order_id))) == PASSED
    assert only(run(made.decided, new(4, quantity=1))) == refused(Reason.POSITION_LIMIT)
    run(made.decided, report(kind, 2, reason=Reason.UNKNOWN_ORDER))
    assert only(run(made.decided, new(5, quantity=1))) == PASSED
    again = run(made.decided, event(Kind.CANCEL, order_id=2))
    assert only(again) == (Kind.CANCEL_REJECTED, Reason.UNKNOWN_ORDER)


def test_what_is_open_at_a_start_is_cancelled_also_what_was_being_cancelled():
    made = gate()
    for order_id in (1, 2):
        assert only(run(made.decided, new(order_id))) == PASSED
    run(made.decided, event(Kind.CANCEL, order_id=2))
    started = run(made.decided, event(Kind.START, source=Source.RISK, instrument_id=0xFFFFFFFF))
    assert sorted((row["kind"], row["order_id"]) for row in started) == [
        (Kind.CANCEL, 1),
        (Kind.CANCEL, 2),
    ]
