"""What becomes of an order by its reports, as the tally of a session follows it."""

import pytest

from pinnacle.core._native import ffi, lib
from pinnacle.core.errors import NativeError
from pinnacle.core.schema import INSTRUMENT_ALL, Flag, Kind, Reason, Side, events_pointer
from pinnacle.core.tally import Tally
from tests.records import batch, event


@pytest.fixture
def tally():
    return Tally(1, 8, 0)


def take(tally, *rows):
    rows = batch(*rows)
    tally.run(events_pointer(rows), len(rows))


def decided(kind, quantity=10):
    return told(kind, quantity=quantity, flags=Flag.DECISION)


def told(kind, quantity=10, **fields):
    return event(kind, order_id=1, side=Side.BID, price=100, quantity=quantity, **fields)


def rests(tally):
    return tally.instrument(0)["bids_resting"] == 1


def rest(tally):
    take(tally, decided(Kind.NEW), told(Kind.ACK))
    assert rests(tally)


def test_an_order_rests_until_nothing_of_it_is_left(tally):
    rest(tally)
    take(tally, told(Kind.FILL, 9))
    assert rests(tally)
    take(tally, told(Kind.FILL, 1))
    assert not rests(tally)
    assert tally.instrument(0)["filled"] == 1


def test_time_passes_by_the_orders_that_are_counted():
    both = Tally(2, 8, 0)
    fields = {"order_id": 1, "side": Side.BID, "price": 100, "instrument_id": 1}
    take(both, event(Kind.NEW, quantity=10, flags=Flag.DECISION, **fields))
    take(both, event(Kind.ACK, quantity=10, recv_ns=1, **fields))
    take(both, event(Kind.FILL, quantity=4, recv_ns=2, **fields))
    for at in range(1, 5):
        take(both, event(Kind.TIMER, recv_ns=at * 10**8, instrument_id=INSTRUMENT_ALL))
    take(both, event(Kind.FILL, quantity=6, recv_ns=5 * 10**8, **fields))
    assert both.instrument(1)["bids_resting"] == 0


@pytest.mark.parametrize("warm_up_ns", [0, 1, 2, 100])
def test_quotes_are_asked_for_from_the_end_of_the_warm_up_on(warm_up_ns):
    made = Tally(1, 8, warm_up_ns)
    for at in (1000, 1050, 1200):
        take(made, event(Kind.TIMER, recv_ns=at, instrument_id=INSTRUMENT_ALL))
    assert made.times()["asked_ns"] == 200 - warm_up_ns


def test_an_instrument_that_there_is_not_has_no_counts():
    made = Tally(3, 8, 0)
    assert made.instrument(2)["sent"] == 0
    for beyond in (3, 2**32 - 1):
        with pytest.raises(IndexError):
            made.instrument(beyond)


def test_an_order_that_fills_while_its_replace_is_in_flight_waits_for_the_answer(tally):
    rest(tally)
    take(tally, decided(Kind.REPLACE, 25), told(Kind.FILL, 10))
    assert rests(tally)
    take(tally, told(Kind.CANCEL_REJECTED, reason=Reason.TOO_LATE))
    assert rests(tally), "that was no answer to the replace"
    take(tally, told(Kind.REPLACED, 25), told(Kind.FILL, 14))
    assert rests(tally)
    take(tally, told(Kind.FILL, 1))
    assert not rests(tally)
    assert tally.instrument(0)["filled"] == 1


@pytest.mark.parametrize("answer", [Kind.REPLACED, Kind.REPLACE_REJECTED])
def test_an_answer_that_leaves_nothing_of_it_ends_an_order(tally, answer):
    rest(tally)
    take(tally, decided(Kind.REPLACE, 25), told(Kind.FILL, 10), told(answer, 10))
    assert not rests(tally)


@pytest.mark.parametrize("answer", [Kind.REPLACED, Kind.REPLACE_REJECTED])
def test_an_answered_replace_is_in_flight_no_more(tally, answer):
    rest(tally)
    take(tally, decided(Kind.REPLACE, 10), told(answer, 10), told(Kind.FILL, 10))
    assert not rests(tally)


@pytest.mark.parametrize("refusal", [Kind.REPLACE_REJECTED, Kind.CANCEL_REJECTED])
def test_only_a_refusal_of_what_is_not_known_ends_an_order(tally, refusal):
    rest(tally)
    take(tally, told(refusal, reason=Reason.TOO_LATE))
    assert rests(tally)
    take(tally, told(refusal, reason=Reason.UNKNOWN_ORDER))
    assert not rests(tally)


@pytest.mark.parametrize("end", [Kind.CANCELLED, Kind.REJECTED])
def test_an_order_whose_end_the_venue_tells_is_gone_whatever_is_left(tally, end):
    rest(tally)
    take(tally, decided(Kind.REPLACE), told(end))
    assert not rests(tally)


def test_what_the_venue_says_of_an_orders_state_ends_nothing(tally):
    rest(tally)
    take(tally, told(Kind.ORDER_STATUS, 0, reason=Reason.UNKNOWN_ORDER))
    assert rests(tally)


def test_an_acknowledgement_ends_nothing_even_of_an_order_of_nothing(tally):
    take(tally, decided(Kind.NEW, 0), told(Kind.ACK, 0))
    assert rests(tally)


@pytest.mark.parametrize("kind", [Kind.FILL, Kind.REPLACED])
def test_a_report_that_no_venue_could_mean_changes_nothing(tally, kind):
    rest(tally)
    take(tally, told(kind, -20))
    counts = tally.instrument(0)
    assert (rests(tally), counts["filled"], counts["bid_fills"]) == (True, 0, 0)


def test_fills_beyond_what_is_counted_do_not_wrap(tally):
    take(tally, decided(Kind.NEW, 2**63 - 1), told(Kind.ACK), told(Kind.FILL, 2**62))
    assert rests(tally)
    take(tally, told(Kind.FILL, 2**62), told(Kind.FILL, 2**62))
    assert not rests(tally)


ORDERS_MAX = 2**24
MOST = lib.PMM_INSTRUMENTS_MAX


@pytest.mark.parametrize(
    ("instruments", "orders"), [(0, 8), (MOST + 1, 8), (1, 0), (1, ORDERS_MAX + 1)]
)
def test_a_tally_of_nothing_or_of_too_much_is_not_made(instruments, orders):
    with pytest.raises(NativeError, match="tally"):
        Tally(instruments, orders, 0)


LAST = 2**63 - 1
#: Twice the middle that a TOP of these prices has.
TOPS = {2: (1, 1), -(2**63): (-(2**62), 2**64 - 2**62), LAST: (2**62, 2**62 - 1)}


@pytest.mark.parametrize("twice_mid", TOPS)
@pytest.mark.parametrize("side", [Side.BID, Side.ASK])
def test_the_spread_is_exact_and_without_the_fills_that_it_cannot_hold(tally, twice_mid, side):
    bid, ask = TOPS[twice_mid]
    take(tally, event(Kind.TOP, price=bid, order_id=ask))
    sum_ = 0
    for price, quantity in [(LAST, LAST), (LAST, LAST), (1, LAST), (LAST, 1), (7, 3)] * 2:
        take(tally, event(Kind.FILL, side=side, price=price, quantity=quantity))
        twice = (twice_mid - 2 * price) * (1 if side == Side.BID else -1) * quantity
        if -(2**127) <= twice < 2**127 and -(2**127) <= sum_ + twice < 2**127:
            sum_ += twice
        assert tally.instrument(0)["spread"] == sum_ // 2


def test_a_tally_is_made_of_the_least_and_of_the_most():
    assert Tally(MOST, 1, 0).instrument(MOST - 1)["sent"] == 0
    assert lib.pmm_tally_memsize(ORDERS_MAX, 1) > 0


def test_a_tally_is_made_where_there_is_room_for_it_and_nowhere_else():
    size = lib.pmm_tally_memsize(4, 1)
    memory = ffi.new("char[]", size + 8)
    tally = ffi.cast("struct pmm_tally *", memory)
    assert lib.pmm_tally_init(tally, size, 4, 1, 0) == 0
    assert lib.pmm_tally_init(tally, size - 1, 4, 1, 0) == lib.PMM_ERR_ARGUMENT
    assert lib.pmm_tally_init(ffi.NULL, size, 4, 1, 0) == lib.PMM_ERR_ARGUMENT
    askew = ffi.cast("struct pmm_tally *", memory + 4)
    assert lib.pmm_tally_init(askew, size, 4, 1, 0) == lib.PMM_ERR_ARGUMENT


def test_an_order_beyond_the_table_counts_as_sent_and_is_not_followed():
    tally = Tally(1, 1, 0)
    take(tally, decided(Kind.NEW), event(Kind.NEW, order_id=2, flags=Flag.DECISION))
    assert (tally.instrument(0)["sent"], tally.times()["untracked"]) == (2, 1)
    take(tally, told(Kind.CANCELLED), event(Kind.NEW, order_id=2, flags=Flag.DECISION))
    assert tally.times()["untracked"] == 1


def test_a_tally_begins_with_its_first_record(tally):
    take(tally, event(Kind.TIMER, recv_ns=7), event(Kind.TIMER, recv_ns=5))
    assert (tally.times()["first_ns"], tally.times()["last_ns"]) == (7, 7)


def test_a_reason_beyond_those_that_are_counted_is_counted_nowhere():
    tally = Tally(2, 8, 0)
    take(tally, told(Kind.REJECTED, flags=Flag.DECISION, reason=lib.PMM_REASONS))
    assert tally.instrument(1)["sent"] == 0, "what stands behind the reasons"
