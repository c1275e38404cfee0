"""What a rehearsal finds between a session and the exchange's ledger: each difference, and none."""

from decimal import Decimal

import pytest

from pinnacle.core.instruments import Instrument
from pinnacle.core.paths import SessionPaths
from pinnacle.core.schema import Venue
from pinnacle.core.units import Step
from pinnacle.rehearsal.compare import KILLED, Rehearsal, compare, hold
from pinnacle.rehearsal.journals import Believed, BelievedOrder
from pinnacle.rehearsal.ledger import read_ledger
from tests.rehearsal.written import LedgerFile

#: Ticks of 0.1, lots of 0.0001.
BTC = Instrument(0, "BTC-USD", Venue.KRAKEN, Step(1, 1), Step(1, 4), 1, 0, 0, "kraken")
TICKS, LOTS = 600_000, 1000


class Case:
    """One that is exact: two orders rest, one of each side, and each is filled with 0.1."""

    def __init__(self, path):
        self.ledger = LedgerFile(path)
        self.told = Believed()
        self.lots, self.dust = 0, Decimal(0)
        self.trade("1", "buy", 1)
        self.trade("2", "sell", 1)
        self.ledger.order("V3", "C3", at_s=1, side="buy")
        self.told.sent.add("C3")

    def trade(self, number, side, at_s):
        self.ledger.order(f"V{number}", f"C{number}", at_s=at_s, side=side)
        self.ledger.fill(f"V{number}", at_s=at_s + 100, fee="1.5")
        self.told.sent.add(f"C{number}")
        self.told.orders[f"C{number}"] = BelievedOrder(0, 1, LOTS, TICKS * LOTS)
        self.told.fees[0, "quote"] += Decimal("1.5")
        self.lots += LOTS if side == "buy" else -LOTS

    def found(self):
        self.ledger.cancel("V3", at_s=101)
        found = Rehearsal("kraken", 1, 60.0)
        here = {0: (self.lots, self.dust)}
        hold(found, read_ledger(self.ledger.path), self.told, here, {"BTC/USD": BTC})
        return found


@pytest.fixture
def case(tmp_path):
    return Case(tmp_path / "ledger.jsonl")


def only(found):
    """The one problem that there is."""
    (problem,) = found.problems
    assert not found.good
    return problem


def test_an_exact_session_has_no_problem(case):
    found = case.found()
    assert found.good and found.problems == []
    assert (found.orders, found.fills) == (3, 2)
    assert found.ledger_equal and found.fees_equal
    assert (found.wrong_positions, found.duplicate_orders, found.lost_orders) == (0, 0, 0)


def test_a_wrong_position_is_found(case):
    case.lots += 1
    found = case.found()
    assert found.wrong_positions == 1 and found.ledger_equal
    assert only(found) == "BTC/USD: 0 at the exchange, 0.0001 in the session"


def test_a_position_that_is_wrong_below_a_lot_is_found(case):
    case.dust = Decimal("1e-10")
    assert case.found().wrong_positions == 1


def test_a_fee_in_the_base_currency_is_part_of_the_position(case):
    case.trade("4", "buy", 2)
    case.ledger.order("V5", "C5", at_s=3)
    case.ledger.fill("V5", at_s=4, fee="0.0002", currency="BTC")
    case.told.sent.add("C5")
    case.told.orders["C5"] = BelievedOrder(0, 1, LOTS, TICKS * LOTS)
    case.told.fees[0, "base"] = Decimal("0.0002")
    case.lots += LOTS - 2
    assert case.found().good


def test_an_order_that_is_two_at_the_exchange_is_found(case):
    case.ledger.order("V4", "C3", at_s=2)
    case.ledger.cancel("V4", at_s=3)
    found = case.found()
    assert found.duplicate_orders == 1
    assert only(found) == "C3 is two orders at the exchange"


def test_an_order_that_nobody_decided_is_found(case):
    case.told.sent.discard("C3")
    found = case.found()
    assert found.duplicate_orders == 1
    assert only(found) == "C3 was never decided, and is at the exchange"


def test_an_order_that_rests_at_the_end_is_lost(case):
    case.ledger.order("V4", "C4", at_s=2)
    case.told.sent.add("C4")
    case.ledger.write("open", order="V4")
    found = case.found()
    assert found.lost_orders == 1
    assert only(found) == "V4 is open at the exchange, and nobody knows it"


def test_an_order_of_somebody_else_is_nobodys_to_lose(case):
    case.ledger.order("V4", "", at_s=2)
    case.ledger.write("open", order="V4")
    assert case.found().good


@pytest.mark.parametrize(
    ("filled", "notional"), [(LOTS - 1, TICKS * (LOTS - 1)), (LOTS, TICKS * LOTS + 1), (0, 0)]
)
def test_fills_that_are_others_here_are_found(case, filled, notional):
    case.told.orders["C1"] = BelievedOrder(0, 1, filled, notional)
    found = case.found()
    assert not found.ledger_equal and only(found).startswith("V1: filled 0.1 for 6000")


def test_a_fill_of_an_order_that_the_exchange_does_not_have_is_found(case):
    case.told.orders["C9"] = BelievedOrder(0, 1, LOTS, TICKS * LOTS)
    found = case.found()
    assert not found.ledger_equal
    assert only(found) == "C9: filled in the session, unknown at the exchange"


def test_an_unequal_fee_is_found(case):
    case.told.fees[0, "quote"] += Decimal("0.0000000001")
    found = case.found()
    assert not found.fees_equal
    assert only(found) == (
        "BTC/USD: fees in quote: 3.0 at the exchange, 3.0000000001 in the session"
    )


def test_a_fee_that_is_equal_in_another_currency_is_unequal(case):
    case.told.fees[0, "other"] = case.told.fees.pop((0, "quote"))
    found = case.found()
    assert not found.fees_equal and len(found.problems) == 2


@pytest.mark.parametrize("name", ["disconnect", "market_disconnect", "refuse_connections"])
def test_quotes_that_stay_for_longer_than_a_second_after_trust_is_lost_are_found(case, name):
    case.ledger.order("V4", "C4", at_s=10)
    case.told.sent.add("C4")
    case.ledger.fault(name, 90, 95)
    case.ledger.cancel("V4", at_s=90.9)
    found = case.found()
    # V1 to V3 rest until the very end of it.
    assert found.quotes_gone_ms_max == 11_000
    assert only(found) == f"{name}: quotes stayed for 11000 ms after it began"


@pytest.mark.parametrize(
    ("killed", "back", "stayed_ms"),
    [
        (89.9, 92, 9000),
        (90.5, 95, 6000),
        (90.9, 100.5, 500),
        (90.5, 0, 0),
        (91.0, 92, 11_000),
        (80, 90.0, 11_000),
    ],
)
def test_a_gateway_that_is_not_there_has_its_second_when_it_is_back(case, killed, back, stayed_ms):
    case.ledger.fault("disconnect", 90, 95)
    case.ledger.fault(KILLED, killed, back)
    found = case.found()
    assert found.quotes_gone_ms_max == stayed_ms
    assert any("quotes stayed" in each for each in found.problems) == (stayed_ms > 1000)


def test_quotes_that_go_within_a_second_are_no_problem(case):
    case.ledger.fault("disconnect", 100.5, 101)
    found = case.found()
    assert found.good and found.quotes_gone_ms_max == 500


def test_a_fault_that_takes_no_trust_lets_quotes_stay(case):
    case.ledger.fault("ack_delayed", 2, 95)
    assert case.found().good


def hole(case, begin_s, end_s):
    """From then to then the only order to sell is gone."""
    for number, (since, until) in enumerate([(102, begin_s), (end_s, end_s + 10)], 10):
        for side in ("buy", "sell"):
            name = f"{number}{side}"
            case.ledger.order(f"V{name}", f"C{name}", at_s=since, side=side)
            case.told.sent.add(f"C{name}")
            is_last = number == 11 or side == "sell"
            case.ledger.cancel(f"V{name}", at_s=until if is_last else end_s + 10)


def test_a_hole_in_two_sided_quoting_is_found(case):
    hole(case, 120, 131)
    found = case.found()
    assert found.hole_s_max == 11
    assert only(found) == "BTC/USD: no quotes of both sides for 11.0 s, and nothing was done"


def test_a_hole_while_something_is_done_to_the_session_is_none(case):
    hole(case, 120, 131)
    case.ledger.fault("ban", 119, 125)
    found = case.found()
    assert found.good and found.hole_s_max == 1


def test_a_short_hole_is_measured_and_no_problem(case):
    hole(case, 120, 124)
    found = case.found()
    assert found.good and found.hole_s_max == 4


def gap(case, begin_s, end_s):
    """From then to then nothing rests."""
    for number, (since, until) in enumerate([(102, begin_s), (end_s, end_s + 10)], 10):
        for side in ("buy", "sell"):
            name = f"{number}{side}"
            case.ledger.order(f"V{name}", f"C{name}", at_s=since, side=side)
            case.told.sent.add(f"C{name}")
            case.ledger.cancel(f"V{name}", at_s=until)


def test_nothing_that_rests_again_within_ten_seconds_of_a_fault_is_a_problem(case):
    gap(case, 119.5, 132)
    case.ledger.fault("disconnect", 119, 121)
    found = case.found()
    assert found.requote_ms_max == pytest.approx(11_000)
    assert only(found) == "disconnect: nothing rested for 11.0 s after it ended"


def test_how_long_it_takes_is_counted_behind_the_last_fault_that_hinders(case):
    gap(case, 119.5, 132)
    case.ledger.fault("disconnect", 119, 121)
    case.ledger.fault("ban", 124, 126)
    case.ledger.fault("dust_left", 128, 129)
    found = case.found()
    assert found.good and found.requote_ms_max == pytest.approx(6_000)


def test_what_hinders_when_something_rests_again_excuses_nothing_before(case):
    gap(case, 119.5, 132)
    case.ledger.fault("disconnect", 119, 121)
    case.ledger.fault("ban", 133, 134)
    assert only(case.found()) == "disconnect: nothing rested for 11.0 s after it ended"


def test_a_session_that_never_began_is_one_problem_and_no_more(tmp_path):
    found = Rehearsal("kraken", 1, 5.0)
    ledger = LedgerFile(tmp_path / "ledger.jsonl")
    compare(found, SessionPaths(tmp_path, tmp_path / "data" / "x"), "", ledger.path)
    assert only(found).endswith("data/x: the session has left nothing: it never began")
