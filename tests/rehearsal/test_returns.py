"""What a gateway knows when it is back, held against what an exchange had."""

from decimal import Decimal

import pytest

from pinnacle.core.config import InstrumentConfig
from pinnacle.core.instruments import from_config
from pinnacle.core.schema import Venue
from pinnacle.rehearsal.ledger import LedgerFault, LedgerOrder, ReadLedger
from pinnacle.rehearsal.returns import Return, unlike

CONFIG = InstrumentConfig(symbol="BTC-USD", tick_size="0.1", lot_size="0.5")
NAMES = {"BTC/USD": from_config([CONFIG], {"kraken": Venue.KRAKEN})[0]}
SECOND = 1_000_000_000
#: It was started at 100 s, and knew its venue at 102 s.
STARTED, BACK = 100 * SECOND, 102 * SECOND


def order(accepted_s=90.0, ended_s=0.0, fills=(), client_id="mine"):
    """`fills`: (second, quantity) each."""
    made = LedgerOrder("V-1", client_id, "BTC/USD", "buy", Decimal(9), at(accepted_s), at(ended_s))
    made.trades = [(at(second), Decimal(quantity)) for second, quantity in fills]
    return made


def at(second):
    return int(second * SECOND)


def problems(one, filled=0, is_live=True, faults=()):
    """Of a gateway that was told of so many lots, and has it resting (None: not at all)."""
    table = {} if is_live is None else {"mine": is_live}
    back = Return(STARTED, BACK, {"mine": filled}, table)
    ledger = ReadLedger(orders={"V-1": one}, faults=list(faults))
    return list(unlike(back, ledger, NAMES))


def test_a_gateway_that_knows_all_is_like_the_exchange():
    assert problems(order(fills=[(95, "1.5")]), filled=3) == []
    assert problems(order(ended_s=99), is_live=None) == []


@pytest.mark.parametrize(("filled", "words"), [(2, "knew of 1.0"), (4, "knew of 2.0")])
def test_a_fill_that_it_does_not_know_or_that_there_is_not_is_told(filled, words):
    (problem,) = problems(order(fills=[(95, "1.5")]), filled=filled)
    assert problem == f"V-1: 1.5 to 1.5 were filled when its gateway came back, and it {words}"


@pytest.mark.parametrize("filled", [0, 3])
def test_what_happens_while_it_compares_it_may_know_or_not(filled):
    assert problems(order(fills=[(101, "1.5")]), filled=filled) == []


def test_an_order_that_rests_and_is_not_in_its_table_is_told():
    (problem,) = problems(order(), is_live=None)
    assert problem == "V-1 rested when its gateway came back, and it did not know it"


def test_an_order_that_it_doubts_is_one_that_it_knows():
    assert problems(order(), is_live=False) == []
    assert problems(order(ended_s=99), is_live=False) == []


def test_an_order_that_had_ended_and_that_it_takes_to_rest_is_told():
    (problem,) = problems(order(ended_s=99))
    assert problem == "V-1 had ended when its gateway came back, and it took it to rest"
    assert problems(order(ended_s=101)) == []


def test_an_order_that_it_sends_before_it_knows_the_venue_is_told():
    (problem,) = problems(order(accepted_s=101), is_live=False)
    assert problem == "V-1 was sent by a gateway that had not read the venue's orders"
    assert problems(order(accepted_s=103), is_live=False) == []


def test_what_a_venue_shows_late_on_purpose_cannot_be_known():
    lag = LedgerFault("rest_lag", at(94), at(101))
    assert problems(order(fills=[(95, "1.5")]), faults=[lag]) == []
    assert len(problems(order(fills=[(93, "1.5")]), faults=[lag])) == 1
    over = LedgerFault("rest_lag", at(94), at(99))
    assert len(problems(order(fills=[(95, "1.5")]), faults=[over])) == 1


def test_an_order_that_a_venue_hides_while_it_is_new_cannot_be_known():
    hidden = LedgerFault("not_found_at_first", at(98))
    assert problems(order(accepted_s=98), is_live=None, faults=[hidden]) == []
    assert len(problems(order(accepted_s=96), is_live=None, faults=[hidden])) == 1


def test_an_order_of_somebody_else_is_nobodys_business():
    assert problems(order(client_id="", fills=[(95, "1.5")]), is_live=None) == []
