"""The order table at its ends: full, of nonsense, two questions at once; peers and executions."""

import pytest

from pinnacle.core._native import ffi, lib
from pinnacle.core.errors import NativeError
from pinnacle.core.memory import aligned_memory
from pinnacle.core.schema import EventBuffer, Kind, Reason, Source, events_pointer
from pinnacle.execution.orders import OrderState, OrderTable
from tests.gateway_orders import SECOND, from_risk, from_venue, live, new_table, said
from tests.records import batch, event, run


@pytest.fixture
def table():
    return new_table()


def test_an_order_that_finds_no_room_is_refused_and_the_others_stay():
    table = new_table(orders_max=2)
    live(table, 1), live(table, 2)
    assert said(run(table.decided, from_risk(Kind.NEW, 3))) == [("REJECTED", "CAPACITY")]
    assert said(run(table.decided, from_risk(Kind.NEW, 2))) == [("REJECTED", "DUPLICATE_ORDER")]
    assert list(table.orders) == [1, 2]
    run(table.decided, from_venue(Kind.CANCELLED, 1))
    assert said(run(table.decided, from_risk(Kind.NEW, 3))) == [("NEW", "NONE")]
    assert list(table.orders) == [2, 3]


def test_every_order_is_found_whichever_of_the_others_are_gone():
    table, ids = new_table(orders_max=100), [7 * i**3 % 2**64 for i in range(1, 101)]
    for order_id in ids:
        run(table.decided, from_risk(Kind.NEW, order_id))
    for gone in (ids[::3], ids[1::3]):
        for order_id in gone:
            assert order_id in table.orders
            run(table.decided, from_venue(Kind.CANCELLED, order_id))
            assert order_id not in table.orders
    assert list(table.orders) == ids[2::3] and len(table.orders) == 33


@pytest.mark.parametrize(
    ("age_ns", "timeout_ns", "orders_max"),
    [(-1, 1, 1), (1, -1, 1), (1, 1, 0), (1, 1, lib.PMM_ORDERS_CAPACITY_MAX + 1)],
)
def test_a_table_of_nonsense_is_not_made(age_ns, timeout_ns, orders_max):
    with pytest.raises(NativeError, match="order table"):
        OrderTable(age_ns, timeout_ns, orders_max)


def test_a_table_is_made_of_the_least_and_of_the_most():
    assert OrderTable(0, 0, 1).orders == {}
    assert OrderTable(0, 0, lib.PMM_ORDERS_CAPACITY_MAX).orders == {}


def test_a_table_is_not_made_in_less_memory_than_it_needs():
    terms = ffi.new("struct pmm_orders_terms *", [1, 1, 0, 1, 4])
    size = lib.pmm_orders_memsize(terms)
    memory = aligned_memory(size)
    orders = ffi.cast("struct pmm_orders *", memory)
    assert lib.pmm_orders_init(orders, size - 1, terms) == lib.PMM_ERR_ARGUMENT
    assert lib.pmm_orders_init(orders, size, terms) == 0


def test_a_batch_without_room_for_its_decisions_has_not_happened(table):
    live(table, 1), live(table, 2)
    rows = batch(event(Kind.HALT, reason=Reason.OPERATOR, recv_ns=SECOND), from_risk(Kind.NEW, 3))
    events, before = events_pointer(rows), bytes(table.freeze()[0])
    room = lib.pmm_orders_room(table.cdata, events, 2)
    assert room == 8 * 2 + 4 * (2 + 2), "eight a record; four an order for a sweep over them all"
    out = EventBuffer(room)
    assert lib.pmm_orders_run(table.cdata, events, 2, out.cdata, room - 1) == lib.PMM_ERR_FULL
    assert bytes(table.freeze()[0]) == before
    assert lib.pmm_orders_run(table.cdata, events, 2, out.cdata, room) == 3


@pytest.mark.parametrize("number", [0, 3])
def test_a_peer_is_known_by_its_role(table, number):
    live(table)
    run(table.decided, event(Kind.PEER_LOST, aux=Source.EXCHANGE | number << 8, recv_ns=SECOND))
    assert said(run(table.decided, from_risk(Kind.NEW, 2))) == [("REJECTED", "PEER_LOST")]
    back = event(Kind.PEER_BACK, aux=Source.EXCHANGE | number << 8, recv_ns=SECOND)
    assert said(run(table.decided, back)) == [("QUERY", "NONE")]
    assert said(run(table.decided, from_risk(Kind.NEW, 2))) == [("NEW", "NONE")]


def test_a_fill_of_an_instrument_that_cannot_be_passes_on_and_counts_for_nothing(table):
    live(table)
    nonsense = from_venue(Kind.FILL, aux=1, instrument_id=lib.PMM_INSTRUMENTS_MAX)
    assert said(run(table.decided, nonsense, nonsense)) == [("FILL", "NONE")] * 2
    assert (table.orders[1].filled, table.unknown_fills, table.duplicates) == (0, 0, 0)
    last = from_venue(Kind.FILL, aux=1, instrument_id=lib.PMM_INSTRUMENTS_MAX - 1, quantity=4)
    run(table.decided, last)
    assert table.orders[1].filled == 4


def test_each_instruments_executions_are_numbered_apart(table):
    live(table)
    run(table.decided, from_venue(Kind.FILL, quantity=1, aux=9))
    assert len(run(table.decided, from_venue(Kind.FILL, quantity=1, aux=1, instrument_id=1))) == 1
    assert len(run(table.decided, from_venue(Kind.FILL, quantity=1, aux=8))) == 0
    assert (table.orders[1].filled, table.duplicates) == (2, 1)


def test_a_replace_stays_unanswered_whatever_is_asked_after_it(table):
    live(table)
    run(table.decided, from_risk(Kind.REPLACE, quantity=25), from_risk(Kind.CANCEL))
    run(table.decided, from_venue(Kind.FILL, quantity=10, aux=1))
    assert table.orders[1].state is OrderState.PENDING_CANCEL, "there may be more of it"
    refused = from_venue(Kind.CANCEL_REJECTED, reason=Reason.TOO_LATE)
    assert said(run(table.decided, refused)) == [("CANCEL_REJECTED", "TOO_LATE")]
    assert table.orders[1].state is OrderState.PENDING_REPLACE
    run(table.decided, from_venue(Kind.REPLACED, quantity=25))
    assert table.orders[1].state is OrderState.LIVE
    run(table.decided, from_venue(Kind.FILL, quantity=15, aux=2))
    assert not table.orders and table.unknown_fills == 0


def test_a_refused_replace_does_not_answer_the_cancel_behind_it(table):
    live(table)
    run(table.decided, from_risk(Kind.REPLACE, quantity=25), from_risk(Kind.CANCEL))
    refused = from_venue(Kind.REPLACE_REJECTED, reason=Reason.TOO_LATE)
    assert said(run(table.decided, refused)) == [("REPLACE_REJECTED", "TOO_LATE")]
    assert table.orders[1].state is OrderState.PENDING_CANCEL
    assert not table.orders[1].replacing
    late = event(Kind.TIMER, recv_ns=2 * SECOND + 1)
    assert said(run(table.decided, late)) == [("QUERY", "NONE")]
