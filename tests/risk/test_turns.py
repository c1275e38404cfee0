"""Risk's turn: the looks at the books that it logs, and what it takes, gives and times."""

from time import monotonic_ns

import pytest

from pinnacle.core._native import ffi, lib
from pinnacle.core.bell import Bell, Control, create_bell, create_control
from pinnacle.core.schema import Flag, Kind, Side, Source
from pinnacle.core.segment import Mode
from tests.records import event
from tests.risk_desk import ASK, BID, new, report
from tests.risk_turn import RiskTurn

LAST = lib.PMM_INSTRUMENTS_MAX - 1
LONG_NS = 20 * 10**9


def kinds(turn, first=0):
    return [Kind(kind) for kind in turn.log()["kind"][first:]]


def test_a_look_is_the_books_touch_as_it_stands_and_when_it_came(tmp_path):
    turn = RiskTurn(tmp_path, instrument_count=2)
    came = turn.quote()
    turn.send(report(Kind.FILL, 9, instrument_id=1))
    assert turn.run() == 2
    look = turn.log()[0]
    assert (look["kind"], look["source"], look["instrument_id"]) == (Kind.TOP, Source.RISK, 1)
    assert (look["price"], look["quantity"]) == (BID, 5)
    assert (look["order_id"], look["aux"]) == (ASK, 7)
    assert look["venue_ns"] == came <= look["recv_ns"]
    assert (look["flags"], look["reason"]) == (0, 0)


def test_a_look_stands_behind_its_own_records_and_before_the_polled_ones(tmp_path):
    turn = RiskTurn(tmp_path)
    turn.quote()
    turn.send(new(1, quantity=1), report(Kind.CANCEL, 1))
    assert turn.run(event(Kind.TIMER), event(Kind.RESUME)) == 5
    taken = [Kind.TIMER, Kind.RESUME, Kind.TOP, Kind.NEW, Kind.CANCEL]
    assert kinds(turn) == [*taken, Kind.NEW, Kind.CANCEL]


@pytest.mark.parametrize("kind", [Kind.NEW, Kind.REPLACE, Kind.FILL])
@pytest.mark.parametrize("instrument_id", [0, 5, LAST])
def test_what_depends_on_a_price_has_its_instrument_looked_at(tmp_path, kind, instrument_id):
    turn = RiskTurn(tmp_path, instrument_count=LAST + 1)
    turn.send(*[report(kind, 1, instrument_id=instrument_id)] * 2)
    assert turn.run() == 3
    looked = turn.log()[:3]
    assert looked["kind"].tolist() == [Kind.TOP, kind, kind]
    assert looked["instrument_id"].tolist() == [instrument_id] * 3


@pytest.mark.parametrize("kind", [Kind.CANCEL, Kind.ACK, Kind.CANCELLED, Kind.REJECTED])
def test_what_depends_on_no_price_looks_at_nothing(tmp_path, kind):
    turn = RiskTurn(tmp_path)
    turn.send(report(kind, 1))
    assert turn.run() == 1
    assert kinds(turn)[0] == kind


def test_what_an_earlier_turn_left_in_the_batch_is_not_looked_at(tmp_path):
    turn = RiskTurn(tmp_path)
    turn.quote()
    turn.send(new(1, quantity=1))
    turn.run()
    before = len(turn.log())
    turn.send(report(Kind.CANCEL, 1))
    turn.run()
    assert kinds(turn, first=before) == [Kind.CANCEL, Kind.CANCEL]


@pytest.mark.parametrize(
    ("count", "beyond"), [(1, 1), (5, LAST), (LAST, LAST), (LAST + 1, LAST + 1)]
)
def test_an_instrument_that_there_is_not_is_not_looked_at(tmp_path, count, beyond):
    turn = RiskTurn(tmp_path, instrument_count=count)
    turn.send(new(1, quantity=1, instrument_id=beyond))
    assert turn.run() == 1
    assert kinds(turn) == [Kind.NEW, Kind.REJECTED]


def test_each_instrument_is_looked_at_once_in_its_order(tmp_path):
    turn = RiskTurn(tmp_path, instrument_count=8)
    turn.send(*(new(i + 1, quantity=1, instrument_id=i) for i in (7, 2, 4, 2)))
    assert turn.run() == 7
    assert turn.log()["instrument_id"][:7].tolist() == [2, 4, 7, 7, 2, 4, 2]


def test_a_turn_takes_no_more_than_its_batch_holds_with_the_looks(tmp_path):
    turn = RiskTurn(tmp_path, instrument_count=2)
    turn.cdata.batch_max = 8
    turn.quote()
    turn.send(*(new(i + 1, quantity=1) for i in range(9)))
    assert turn.run(event(Kind.TIMER)) == 7, "its own, one look and five orders"
    assert turn.log()["order_id"][2:7].tolist() == [1, 2, 3, 4, 5]
    assert turn.run() == 5


def test_a_turn_without_records_writes_nothing_and_one_that_decides_nothing_is_counted(tmp_path):
    turn = RiskTurn(tmp_path)
    assert turn.run() == 0
    assert turn.run(event(Kind.TIMER)) == 1
    assert kinds(turn) == [Kind.TIMER]


def test_the_time_from_the_market_to_an_order_is_taken_where_the_market_was_its_cause(tmp_path):
    turn = RiskTurn(tmp_path)
    turn.cdata.tick_to_order = turn.histogram
    turn.quote()
    cause = turn.clock.session_ns() - 10**9
    turn.send(
        new(2, quantity=1),
        new(1, quantity=1, venue_ns=cause),
        new(3, quantity=5000, venue_ns=cause),
        report(Kind.CANCEL, 2, venue_ns=cause),
        report(Kind.REPLACE, 1, quantity=2, venue_ns=cause),
    )
    turn.run()
    given = [Kind.NEW, Kind.NEW, Kind.REJECTED, Kind.CANCEL, Kind.REPLACE]
    assert kinds(turn, first=6) == given
    assert turn.histogram.count == 2
    assert 10**9 <= turn.histogram.max <= turn.clock.session_ns() - cause
    assert turn.histogram.sum <= 2 * turn.histogram.max
    turn.send(new(4, quantity=1, venue_ns=cause))
    turn.run()
    assert turn.histogram.count == 3, (
        "what an earlier turn has left in the room for decisions is over"
    )


def test_a_reader_of_orders_that_stopped_is_an_error(tmp_path):
    turn = RiskTurn(tmp_path, orders=4)
    turn.quote()
    turn.send(*(new(i + 1, quantity=1) for i in range(5)))
    assert turn.run() == lib.PMM_ERR_FULL


def test_room_for_too_few_decisions_is_an_error(tmp_path):
    turn = RiskTurn(tmp_path)
    turn.cdata.decisions_max = 1
    assert turn.run(event(Kind.TIMER)) == lib.PMM_ERR_ARGUMENT


@pytest.fixture
def loop(tmp_path):
    create_bell(tmp_path / "bell", "risk")
    create_control(tmp_path / "control")
    with Bell(tmp_path / "bell", Mode.OWN) as bell, Control(tmp_path / "control") as control:
        made = ffi.new("struct pmm_loop *")
        made.bell, made.control = bell.handle, control.handle
        yield made


def test_turns_come_back_with_all_that_they_took(tmp_path, loop):
    turn = RiskTurn(tmp_path)
    loop.clock = turn.clock.cdata
    turn.send(new(1, Side.ASK, ASK, 1), new(2, quantity=1))
    assert lib.pmm_risk_turns(turn.cdata, 0, loop) == 3
    assert loop.turns == 1


def test_a_turn_that_finds_nothing_ends_no_turns(tmp_path, loop):
    turn = RiskTurn(tmp_path)
    loop.clock, loop.until_ns = turn.clock.cdata, monotonic_ns() + 50_000_000
    turn.send(new(1, quantity=1))
    assert lib.pmm_risk_turns(turn.cdata, 0, loop) == 2


def test_own_records_are_of_the_first_turn_alone_and_an_error_ends_the_turns(tmp_path, loop):
    turn = RiskTurn(tmp_path, orders=4)
    loop.clock, loop.until_ns = turn.clock.cdata, monotonic_ns() + LONG_NS
    turn.cdata.batch_max = 4
    turn.quote()
    turn.send(*(new(i + 1, quantity=1) for i in range(9)))
    turn.batch.array[0] = event(Kind.TIMER)[0]
    assert lib.pmm_risk_turns(turn.cdata, 1, loop) == lib.PMM_ERR_FULL
    log = turn.log()
    assert (log["kind"] == Kind.TIMER).sum() == 1
    assert log["order_id"][log["kind"] == Kind.NEW].tolist() == [1, 2, 1, 2, 3, 4, 5, 3, 4, 5]


def test_a_look_where_there_is_no_book_shows_nothing_of_another(tmp_path):
    turn = RiskTurn(tmp_path, instrument_count=2)
    turn.quote()
    turn.cdata.books[1] = ffi.NULL
    turn.send(*(new(i + 1, quantity=1, instrument_id=i) for i in range(2)))
    assert turn.run() == 4
    found, nothing = turn.log()[:2]
    assert (found["price"], found["flags"]) == (BID, 0)
    for name in ("venue_ns", "price", "quantity", "order_id", "aux", "reason"):
        assert nothing[name] == 0, name
    assert nothing["flags"] & Flag.STALE


@pytest.mark.parametrize(("batch_max", "code"), [(3, lib.PMM_ERR_ARGUMENT), (4, 1)])
def test_a_batch_without_room_beside_own_records_and_looks_is_refused(tmp_path, batch_max, code):
    turn = RiskTurn(tmp_path, instrument_count=2)
    turn.cdata.batch_max = batch_max
    assert turn.run(event(Kind.TIMER)) == code
