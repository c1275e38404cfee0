"""Who is lost concerns his venue's instruments, or his strategy's orders, and no others."""

import pytest

from pinnacle.core._native import ffi, lib
from pinnacle.core.schema import Kind, Reason, Source, source_of
from tests.records import event
from tests.risk_book import Book
from tests.risk_desk import PASSED, new, only, refused, report, top

EVERYWHERE = 0xFFFFFFFF


def book(*venues, **options):
    """A risk book with an instrument at each of these venues, and a reference for it."""
    made = Book(count=len(venues), venues=venues, orders=64, **options)
    assert made.code == 0
    for instrument in range(len(venues)):
        reference = top()
        reference["instrument_id"] = instrument
        made.run(reference)
    return made


def owned(strategy, order_id):
    return strategy << lib.PMM_OWNER_SHIFT | order_id


def new_of(strategy, count, **fields):
    """An order of this strategy, as it sends it."""
    source = Source.STRATEGY | strategy << 8
    return new(owned(strategy, count), quantity=5, **{"source": source} | fields)


def lost(role, number, kind=Kind.PEER_LOST):
    return event(kind, aux=source_of(role, number), instrument_id=EVERYWHERE)


@pytest.mark.parametrize(
    ("role", "reason"),
    [(Source.GATEWAY, Reason.PEER_LOST), (Source.FEED, Reason.NO_REFERENCE)],
)
@pytest.mark.parametrize("gone", [0, 1, 31])
def test_a_gateway_or_feed_that_is_lost_is_that_of_its_venues_instruments(role, reason, gone):
    made = book(0, 1, 31)
    made.run(lost(role, gone))
    for instrument, venue in enumerate((0, 1, 31)):
        sent = new(1 + instrument, quantity=5, instrument_id=instrument)
        assert only(made.run(sent)) == (refused(reason) if venue == gone else PASSED)
    made.run(lost(role, gone, Kind.PEER_BACK))
    assert only(made.run(new(9, quantity=5, instrument_id=[0, 1, 31].index(gone)))) == PASSED


@pytest.mark.parametrize("gone", [0, 1, 2])
def test_a_feed_of_several_of_a_venue_is_that_of_its_own_instruments(gone):
    made = book(0, 0, 1, offsets=(0, 1, 1))
    made.run(lost(Source.FEED, gone))
    for instrument in range(3):
        sent = new(1 + instrument, quantity=5, instrument_id=instrument)
        passed = PASSED if instrument != gone else refused(Reason.NO_REFERENCE)
        assert only(made.run(sent)) == passed


def test_a_feed_that_no_session_has_is_refused():
    assert Book(venues=(1,), offsets=(31,)).code == lib.PMM_ERR_ARGUMENT
    assert Book(venues=(1,), offsets=(30,)).code == 0


@pytest.mark.parametrize("gone", [0, 1, 31])
def test_a_strategy_that_is_lost_takes_its_own_orders_with_it_and_may_send_no_others(gone):
    made = book(0)
    for strategy in (0, 1, 31):
        for count in (1, 2):
            assert only(made.run(new_of(strategy, count))) == PASSED
    cancelled = made.run(lost(Source.STRATEGY, gone))
    assert sorted(cancelled["order_id"].tolist()) == [owned(gone, 1), owned(gone, 2)]
    assert {(row["kind"], row["reason"]) for row in cancelled} == {(Kind.CANCEL, Reason.PEER_LOST)}
    for strategy in (0, 1, 31):
        answer = only(made.run(new_of(strategy, 3)))
        assert answer == (refused(Reason.PEER_LOST) if strategy == gone else PASSED)
    made.run(lost(Source.STRATEGY, gone, Kind.PEER_BACK))
    assert only(made.run(new_of(gone, 4))) == PASSED


@pytest.mark.parametrize("kind", [Kind.HALT, Kind.STOP, Kind.START])
def test_what_concerns_the_session_cancels_the_orders_of_every_strategy(kind):
    made = book(0, 1)
    made.run(*(new_of(i, 1, instrument_id=i) for i in range(2)))
    cancelled = made.run(event(kind, reason=Reason.OPERATOR, instrument_id=EVERYWHERE))
    assert sorted(cancelled["order_id"].tolist()) == [1, owned(1, 1)]


@pytest.mark.parametrize("aux", [0, 9, -1, 1 << 16 | Source.STRATEGY, 32 << 8 | Source.STRATEGY])
def test_the_loss_of_what_is_no_process_changes_nothing(aux):
    made = book(0)
    made.run(new(1, quantity=5))
    assert len(made.run(event(Kind.PEER_LOST, aux=aux, instrument_id=EVERYWHERE))) == 0
    assert only(made.run(new(2, quantity=5))) == PASSED


@pytest.mark.parametrize(("owner", "passes"), [(0, True), (31, True), (32, False), (255, False)])
def test_an_order_of_a_strategy_that_there_may_not_be_is_refused(owner, passes):
    answer = only(book(0).run(new_of(owner, 1)))
    assert answer == (PASSED if passes else refused(Reason.PEER_LOST))


@pytest.mark.parametrize(("owner", "sender"), [(0, 1), (1, 0), (31, 30)])
def test_an_order_under_another_strategys_number_is_refused_whatever_is_asked_of_it(owner, sender):
    made, source = book(0), Source.STRATEGY | sender << 8
    assert only(made.run(new_of(owner, 1, source=source))) == refused(Reason.BAD_ORDER)
    assert only(made.run(new_of(owner, 1))) == PASSED
    made.run(report(Kind.ACK, owned(owner, 1), quantity=5))
    for kind, answer in (
        (Kind.REPLACE, Kind.REPLACE_REJECTED),
        (Kind.CANCEL, Kind.CANCEL_REJECTED),
    ):
        told = only(made.run(new_of(owner, 1, source=source, kind=kind)))
        assert told == (answer, Reason.BAD_ORDER)
    assert lib.pmm_risk_open_orders(made.cdata) == 1
    assert only(made.run(new_of(owner, 1, kind=Kind.CANCEL))) == (Kind.CANCEL, Reason.NONE)


@pytest.mark.parametrize("kind", [Kind.CANCEL_ALL, Kind.QUERY, Kind.QUERY + 1, 31])
def test_an_intent_that_no_strategy_has_is_refused(kind):
    assert only(book(0).run(new_of(0, 1, kind=kind))) == refused(Reason.BAD_ORDER)


def test_an_instrument_that_there_is_not_has_no_gateway_that_could_be_lost():
    made = book(0)
    made.run(lost(Source.GATEWAY, 0))
    assert only(made.run(new(1, instrument_id=1))) == refused(Reason.BAD_INSTRUMENT)


@pytest.mark.parametrize(("number", "taken"), [(31, True), (32, False)])
def test_a_venue_has_a_number_that_a_process_may_have(number, taken):
    assert Book(venues=[number]).code == (0 if taken else lib.PMM_ERR_ARGUMENT)


def test_its_memory_is_of_the_instruments_that_there_are_and_none_reaches_into_another():
    most = lib.PMM_INSTRUMENTS_MAX
    sizes = [lib.pmm_risk_memsize(4, count) for count in (1, 2, most)]
    each = sizes[1] - sizes[0]
    assert sizes[2] - sizes[0] == (most - 1) * each and sizes[0] < 2 * each
    made = book(*[0] * most)
    last = most - 1
    made.run(
        new(1, quantity=5, instrument_id=last), report(Kind.FILL, 1, quantity=5, instrument_id=last)
    )
    shown = ffi.new("struct pmm_position *")
    for instrument in range(most):
        assert lib.pmm_risk_position(made.cdata, instrument, shown) == 0
        assert shown.position == (5 if instrument == last else 0)
    assert lib.pmm_risk_position(made.cdata, most, shown) == lib.PMM_ERR_NOT_FOUND
