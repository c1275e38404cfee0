"""What a gateway's journal says that became of its orders."""

from decimal import Decimal

import numpy as np
import pytest

from pinnacle.core.enums import FeeOf
from pinnacle.core.journal_reader import JournalReader
from pinnacle.core.paths import SessionPaths
from pinnacle.core.schema import Flag, Kind, Side, Source
from pinnacle.rehearsal.journals import believed
from pinnacle.runtime.topology import Process
from pinnacle.venues.orders.ids import ClientIds, session_tag
from tests.replay.recorded import event, write_journal

GATEWAY = Process("gateway", 0, (0,))
FIRST, SECOND = 101, 102


def decided(kind, at_ms, **fields):
    return event(kind, at_ms, source=Source.GATEWAY, flags=Flag.DECISION, **fields)


def fill(at_ms, order, price, quantity, kind=Kind.FILL):
    return decided(kind, at_ms, order_id=order, side=Side.BID, price=price, quantity=quantity)


def fee(at_ms, amount, decimals, of):
    return decided(Kind.FEE, at_ms, order_id=FIRST, side=of, price=decimals, quantity=amount)


@pytest.fixture
def told(tmp_path):
    """(what is believed of these records, the client ids of that journal)."""

    def read(*records):
        paths = SessionPaths(tmp_path / "run", tmp_path / "data" / "x")
        start = event(Kind.START, 0, source=Source.GATEWAY, order_id=1)
        write_journal(paths.journal("gateway"), Source.GATEWAY, np.concatenate([start, *records]))
        identity = JournalReader(paths.journal("gateway")).identity
        return believed(paths, GATEWAY), ClientIds(session_tag("x", identity))

    return read


def test_orders_that_it_sent_are_known_by_the_ids_that_the_venue_has_of_them(told):
    asked = event(Kind.NEW, 1, source=Source.RISK, order_id=SECOND)
    found, ids = told(asked, decided(Kind.NEW, 2, order_id=FIRST))
    assert found.sent == {ids.text(FIRST)} and not found.orders


def test_fills_add_up_and_those_that_are_taken_back_do_not_count(told):
    found, ids = told(
        fill(1, FIRST, 600, 4),
        fill(2, FIRST, 601, 5),
        fill(3, FIRST, 601, 5, Kind.FILL_BUSTED),
        fill(4, SECOND, 7, 1),
    )
    first, second = found.orders[ids.text(FIRST)], found.orders[ids.text(SECOND)]
    assert (first.filled, first.notional) == (4, 2400)
    assert (second.filled, second.notional) == (1, 7)


def test_what_came_from_the_venue_and_was_not_passed_on_is_not_believed(told):
    heard = event(Kind.FILL, 1, source=Source.EXCHANGE, order_id=FIRST, price=600, quantity=4)
    found, _ = told(heard)
    assert not found.orders


def test_fees_are_exact_and_apart_by_what_they_are_taken_in(told):
    found, _ = told(
        fee(1, 15, 1, FeeOf.QUOTE),
        fee(2, -1, 10, FeeOf.QUOTE),
        fee(3, 2, 4, FeeOf.BASE),
        fee(4, 3, 0, FeeOf.OTHER),
    )
    assert found.fees == {
        (0, "quote"): Decimal("1.4999999999"),
        (0, "base"): Decimal("0.0002"),
        (0, "other"): Decimal(3),
    }
