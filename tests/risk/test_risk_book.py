"""What the C library is asked for risk: room, ranges and indices, each to its last one."""

import numpy as np
import pytest

from pinnacle.core._native import ffi, lib
from pinnacle.core.schema import Flag, Kind, Reason, Side, Source
from tests.records import event
from tests.risk_book import Book
from tests.risk_desk import ASK, BID, new, report, top

FEE_WHOLE = 10**8


@pytest.mark.parametrize("orders", [0, 2, 3, 5, 6, 12, 24])
def test_the_order_table_is_a_power_of_two_of_at_least_four(orders):
    assert Book(orders=orders).code == lib.PMM_ERR_ARGUMENT
    assert Book(orders=4).code == Book(orders=8).code == 0


def test_memory_that_is_a_byte_too_small_is_refused():
    assert Book(short=1).code == lib.PMM_ERR_ARGUMENT


def test_one_instrument_is_the_least_and_all_that_a_session_may_have_are_the_most():
    most = lib.PMM_INSTRUMENTS_MAX
    codes = [Book(count=n).code for n in (0, 1, most, most + 1)]
    assert codes == [lib.PMM_ERR_ARGUMENT, 0, 0, lib.PMM_ERR_ARGUMENT]


@pytest.mark.parametrize(
    "fees", [(FEE_WHOLE + 1, 0), (-FEE_WHOLE - 1, 0), (0, FEE_WHOLE + 1), (0, -FEE_WHOLE - 1)]
)
def test_a_fee_is_at_most_the_whole_amount(fees):
    assert Book(fees=fees).code == lib.PMM_ERR_ARGUMENT
    within = tuple(fee - (fee > 0) + (fee < 0) for fee in fees)
    assert Book(fees=within).code == 0


@pytest.mark.parametrize(
    ("of", "name", "most"),
    [
        ("limits", "order_quantity_max", 2**60),
        ("limits", "position_max", 2**60),
        ("limits", "collar_e4", 10_000),
        ("limits", "open_orders_max", 1000),
        ("session", "messages_per_s", 10**9),
        ("session", "messages_burst", 10**9),
        ("session", "intent_age_max_ns", (2**63 - 1) // 4),
    ],
)
def test_each_limit_holds_from_one_to_its_most(of, name, most):
    codes = [Book(**{of: {name: value}}).code for value in (0, 1, most, most + 1)]
    assert codes == [lib.PMM_ERR_ARGUMENT, 0, 0, lib.PMM_ERR_ARGUMENT]


@pytest.mark.parametrize(("orders", "held"), [(4, 3), (8, 6), (64, 48)])
def test_a_quarter_of_the_order_table_stays_empty(orders, held):
    made = Book(orders=orders)
    made.run(top())
    asked = made.run(*(new(i + 1, quantity=1) for i in range(orders)))
    assert asked["kind"].tolist() == [Kind.NEW] * held + [Kind.REJECTED] * (orders - held)
    assert set(asked["reason"][held:]) == {Reason.OPEN_ORDERS}
    assert lib.pmm_risk_open_orders(made.cdata) == made.position().open_orders == held


@pytest.mark.parametrize("order_id", range(1, 17))
def test_a_halt_and_a_start_find_an_order_wherever_it_stands_in_the_table(order_id):
    made = Book()
    made.run(top(), new(order_id, quantity=1))
    assert made.run(event(Kind.HALT))["order_id"].tolist() == [order_id]
    (again,) = made.run(event(Kind.START))
    assert (again["order_id"], again["reason"]) == (order_id, Reason.PEER_LOST)


def test_a_cancel_of_everything_names_each_order_as_it_stands_and_nothing_of_its_cause():
    made = Book(count=2)
    reference = top()
    reference["instrument_id"] = 1
    made.run(reference, new(5, Side.ASK, ASK, 7, instrument_id=1))
    made.run(report(Kind.REPLACE, 5, Side.ASK, ASK + 1, 9, instrument_id=1))
    made.run(report(Kind.REPLACED, 5, Side.ASK, ASK + 1, 9, instrument_id=1))
    cause = {"venue_ns": 77, "aux": 3, "price": 1, "quantity": 1, "recv_ns": 50}
    (cancel,) = made.run(
        event(Kind.HALT, reason=Reason.OPERATOR, flags=Flag.BATCH_END | Flag.DECISION, **cause)
    )
    told = {name: int(cancel[name]) for name in ("order_id", "instrument_id", "side", "price")}
    assert told == {"order_id": 5, "instrument_id": 1, "side": Side.ASK, "price": ASK + 1}
    assert (cancel["kind"], cancel["reason"]) == (Kind.CANCEL, Reason.OPERATOR)
    assert (cancel["quantity"], cancel["recv_ns"]) == (9, 50)
    assert (cancel["venue_ns"], cancel["aux"], cancel["flags"]) == (0, 0, 0)
    assert len(made.run(event(Kind.HALT))) == 0, "it is on its way"


@pytest.mark.parametrize("n", [1, 3])
def test_the_room_for_decisions_is_two_a_record_and_the_order_table(n):
    made, rows = Book(), [event(Kind.TIMER)] * n
    assert len(made.run(*rows, room=2 * n + 8)) == 0
    assert made.run(*rows, room=2 * n + 7) == lib.PMM_ERR_ARGUMENT


@pytest.mark.parametrize("count", [1, 64])
def test_an_instrument_that_is_one_too_far_is_nobodys(count):
    made = Book(count=count)
    before = bytes(ffi.buffer(made.memory))
    beyond = {"instrument_id": count}
    assert (
        len(made.run(report(Kind.FILL, 1, **beyond), report(Kind.FILL, 1, price=0, **beyond))) == 0
    )
    assert len(made.run(event(Kind.TOP, price=BID, quantity=5, order_id=ASK, aux=5, **beyond))) == 0
    (refused,) = made.run(new(1, **beyond))
    assert (refused["kind"], refused["reason"]) == (Kind.REJECTED, Reason.BAD_INSTRUMENT)
    assert bytes(ffi.buffer(made.memory)) == before
    position = ffi.new("struct pmm_position *")
    assert lib.pmm_risk_position(made.cdata, count - 1, position) == 0
    assert lib.pmm_risk_position(made.cdata, count, position) == lib.PMM_ERR_NOT_FOUND
    refused = ffi.new("int64_t[]", lib.PMM_REASONS)
    assert lib.pmm_risk_refused(made.cdata, count, refused) == lib.PMM_ERR_NOT_FOUND
    assert not any(refused)


@pytest.mark.parametrize(
    ("least", "quantity", "passes"),
    [(0, 0, False), (0, 1, True), (5, 4, False), (5, 5, True), (5, -5, False)],
)
def test_an_order_is_of_a_lot_and_of_what_the_venue_takes(least, quantity, passes):
    made = Book(least=least)
    made.run(top())
    (answer,) = made.run(new(1, quantity=quantity))
    assert (answer["kind"] == Kind.NEW) == passes
    assert passes or answer["reason"] == Reason.BAD_QUANTITY


def test_a_price_of_one_tick_is_a_price():
    made = Book()
    made.run(top(1, 1))
    (answer,) = made.run(new(1, price=1, quantity=1))
    assert answer["kind"] == Kind.NEW


def test_refusals_are_told_of_the_instruments_that_there_are():
    made, counts = Book(), ffi.new("int64_t[]", lib.PMM_REASONS)
    assert lib.pmm_risk_refused(made.cdata, 0, counts) == 0
    assert lib.pmm_risk_refused(made.cdata, 1, counts) == lib.PMM_ERR_NOT_FOUND


def test_an_instrument_that_does_not_exist_was_never_refused_whatever_stands_behind_the_others():
    limits = {"order_quantity_max": 2**41, "position_max": 2**60}
    made = Book(orders=64, count=64, limits=limits)
    made.run(top())
    made.run(*(new(2**40 + i, quantity=2**40 + i) for i in range(48)))
    assert lib.pmm_risk_open_orders(made.cdata) == 48
    refused = ffi.new("int64_t[]", lib.PMM_REASONS)
    assert lib.pmm_risk_refused(made.cdata, 64, refused) == lib.PMM_ERR_NOT_FOUND
    assert not any(refused)


@pytest.mark.parametrize(
    ("fields", "passes"),
    [
        ({"quantity": 1, "aux": 1}, True),
        ({"quantity": 0, "aux": 1}, False),
        ({"quantity": 1, "aux": 0}, False),
        ({"quantity": 1, "aux": 1, "flags": Flag.STALE}, False),
    ],
    ids=str,
)
def test_a_reference_has_a_lot_on_both_sides_and_is_not_stale(fields, passes):
    made = Book()
    made.run(event(Kind.TOP, price=BID, order_id=ASK, **fields))
    shown = made.position()
    assert (shown.bid_price, shown.ask_price) == ((BID, ASK) if passes else (0, 0))
    (decided,) = made.run(new(1, quantity=1))
    assert (decided["kind"] == Kind.NEW) == passes


def test_a_replacement_to_what_is_filled_already_is_the_end_of_the_order():
    made = Book()
    made.run(top(), new(1, quantity=500), report(Kind.FILL, 1, quantity=200))
    made.run(report(Kind.REPLACE, 1, quantity=200), report(Kind.REPLACED, 1, quantity=200))
    assert lib.pmm_risk_open_orders(made.cdata) == 0
    assert (made.position().open_bid, made.position().open_orders) == (0, 0)


@pytest.mark.parametrize("kind", [Kind.CANCELLED, Kind.REJECTED])
def test_an_order_that_the_venue_ends_is_open_no_more(kind):
    made = Book()
    made.run(top(), new(1, quantity=500))
    assert made.run(report(kind, 1))["kind"].tolist() == [kind]
    assert lib.pmm_risk_open_orders(made.cdata) == 0


def test_a_report_of_an_order_that_nobody_knows_passes_on_and_changes_nothing():
    made = Book()
    made.run(top(), new(1, quantity=500))
    kinds = [Kind.ACK, Kind.REPLACED, Kind.REPLACE_REJECTED, Kind.CANCELLED, Kind.CANCEL_REJECTED]
    assert made.run(*(report(kind, 2) for kind in kinds))["kind"].tolist() == kinds
    assert (made.position().open_bid, lib.pmm_risk_open_orders(made.cdata)) == (500, 1)


def test_a_peer_that_comes_back_while_another_is_gone_is_not_enough():
    made = Book()
    made.run(top(), event(Kind.PEER_LOST, aux=Source.GATEWAY))
    made.run(event(Kind.PEER_LOST, aux=Source.FEED), event(Kind.PEER_BACK, aux=Source.FEED))
    (refused,) = made.run(new(1))
    assert refused["reason"] == Reason.PEER_LOST


def test_what_comes_back_to_the_bucket_within_a_nanosecond_counts():
    made = Book(session={"messages_burst": 1})
    made.run(top())
    decided = made.run(*(new(i + 1, quantity=1, recv_ns=i) for i in range(3)))
    assert decided["kind"].tolist() == [Kind.NEW] * 3


@pytest.mark.parametrize("per_s", [1, 10])
def test_the_bucket_is_empty_to_the_nanosecond(per_s):
    made = Book(session={"messages_per_s": per_s, "messages_burst": 2})
    asks = [new(i + 1, quantity=1) for i in range(3)]
    assert made.run(top(), *asks)["kind"].tolist() == [Kind.NEW, Kind.NEW, Kind.REJECTED]
    one = 10**9 // per_s

    def passes(order_id, recv_ns):
        return made.run(new(order_id, quantity=1, recv_ns=recv_ns))[0]["kind"] == Kind.NEW

    assert not passes(4, one - 1)
    assert passes(4, one)
    assert not passes(5, 2 * one - 1)
    assert [passes(5 + i, 9 * one) for i in range(3)] == [True, True, False]


def test_the_collar_is_exact_where_it_is_a_whole_number_of_ticks():
    made = Book()
    made.run(top(9990, 10_010))
    prices = np.array([9899, 9900, 10_100, 10_101])
    decided = made.run(*(new(i + 1, price=p, quantity=1) for i, p in enumerate(prices)))
    assert (decided["kind"] == Kind.NEW).tolist() == [False, True, True, False]


@pytest.mark.parametrize("quantity", [300, 400, 999])
def test_a_replace_to_less_passes_at_the_limit_of_the_position(quantity):
    made = Book()
    made.run(top(), new(1, quantity=1000), report(Kind.FILL, 1, quantity=400))
    assert made.position().position + made.position().open_bid == 1000
    assert made.run(report(Kind.REPLACE, 1, quantity=quantity))["kind"].tolist() == [Kind.REPLACE]


def test_fills_are_counted_by_side_and_a_position_of_one_lot_is_closed_like_any_other():
    made = Book()
    made.run(report(Kind.FILL, 1, price=100, quantity=1))
    first = made.position()
    assert first.unrealised == 0, "nothing to mark it by"
    assert (first.bid_fills, first.ask_fills, first.bought, first.sold) == (1, 0, 1, 0)
    made.run(report(Kind.FILL, 2, Side.ASK, 110, 1))
    assert (made.position().realised, made.position().cost) == (10, 0)
    made.run(report(Kind.FILL, 2, Side.ASK, 110, 1), report(Kind.FILL, 3, price=90, quantity=1))
    shown = made.position()
    assert (shown.realised, shown.cost, shown.position) == (10 + 20, 0, 0)
    assert (shown.bid_fills, shown.ask_fills, shown.bought, shown.sold) == (2, 2, 2, 2)
    assert (shown.turnover, shown.cash) == (410, 30)


def test_the_turnover_is_counted_to_a_hundred_and_twenty_five_bits():
    made = Book()
    most = {"price": 2**62, "quantity": 2**62}
    sides = (Side.BID, Side.ASK)
    assert len(made.run(*(report(Kind.FILL, 1, side, **most) for side in sides))) == 2
    assert len(made.run(report(Kind.FILL, 1, price=1, quantity=1))) == 0
    assert (made.position().position, made.position().refused_reports) == (0, 1)
