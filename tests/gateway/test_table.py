"""What a gateway of a venue outside believes of executions and of orders that are not there.

Execution numbers of Binance, Kraken and others rise or do not; no venue's are believed to: a fill
that the stream has lost comes behind later ones, and would be taken for one that was told.
"""

import pytest

from pinnacle.core.schema import Kind, Reason
from pinnacle.gateway.config import GatewayConfig
from pinnacle.gateway.table import make_table
from pinnacle.venues.orders.records import execution_number
from tests.gateway_orders import SECOND, from_risk, from_venue, live, said, told_fills
from tests.records import event, run

#: Of three executions in a row, as each venue names them.
NAMES = {
    "binance": ["28457", "28458", "28459"],
    "coinbase": ["22222222-2222-2222-2222-222222222222 a", "11111111-1111 a", "33333333-3333 a"],
    "kraken": ["TXID3A-AAAAA-BBBBBB", "TXID1A-AAAAA-BBBBBB", "TXID2A-AAAAA-BBBBBB"],
    "gemini": ["107317526", "107317527", "107317528"],
    "bitstamp": ["175920171", "175920172", "175920173"],
}


def fill_of(name):
    return from_venue(Kind.FILL, price=100, quantity=2, aux=execution_number(name))


@pytest.mark.parametrize("venue", NAMES)
def test_a_fill_that_is_told_late_counts_and_one_that_is_told_again_does_not(venue):
    table = make_table(GatewayConfig(), live=True)
    live(table)
    first, lost, last = map(fill_of, NAMES[venue])
    told = run(table.decided, first, last, lost, first, last, lost)
    assert told_fills(told) == (6, 600)
    assert table.duplicates == 3


def test_an_order_is_not_there_when_the_venue_has_said_so_thrice_and_for_ten_seconds():
    table = make_table(GatewayConfig(), live=True)
    run(table.decided, from_risk(Kind.NEW), from_venue(Kind.UNSURE))
    ends = []
    for at_s in (2, 5, 8, 11, 12):
        run(table.decided, event(Kind.TIMER, recv_ns=at_s * SECOND))
        answer = from_venue(Kind.REJECTED, reason=Reason.UNKNOWN_ORDER, recv_ns=at_s * SECOND)
        ends.append(("REJECTED", "NOT_SENT") in said(run(table.decided, answer)))
    assert ends == [False, False, False, False, True]


def test_a_venue_behind_rings_is_believed_at_once():
    table = make_table(GatewayConfig())
    live(table)
    first, lost, last = map(fill_of, NAMES["binance"])
    assert told_fills(run(table.decided, first, last, lost)) == (4, 400)
