"""An execution that was told is not told again by a list; whatever differs is another."""

import pytest

from pinnacle.core.schema import Flag, Kind, Side
from pinnacle.venues.orders import told as module
from pinnacle.venues.orders.port import Report
from pinnacle.venues.orders.told import ToldExecutions

FILL = Report(Kind.FILL, 7, 0, Side.BID, 100, 5, aux=9, flags=Flag.FEE_TOLD)
FEE = Report(Kind.FEE, 7, 0, 2, 2, 30, aux=9)


def test_what_was_told_is_no_news_whenever_it_is_said_to_have_been():
    told = ToldExecutions()
    assert told.news([FILL, FEE]) == [FILL, FEE]
    told.note([FILL, FEE])
    assert told.news([FILL._replace(venue_ns=5), FEE._replace(venue_ns=6)]) == []


@pytest.mark.parametrize(
    "change",
    [
        {"aux": 10}, {"order_id": 8}, {"row": 1}, {"side": Side.ASK}, {"price": 101},
        {"quantity": 6}, {"kind": Kind.FILL_BUSTED}, {"flags": Flag.MAKER}, {"currency": "BNB"},
    ],
)  # fmt: skip
def test_another_execution_or_another_word_of_it_is_news(change):
    told = ToldExecutions()
    told.note([FILL])
    assert told.news([FILL._replace(**change)])


def test_what_is_none_of_an_execution_is_always_news():
    told, total = ToldExecutions(), Report(Kind.FILLED_TOTAL, 7, 0, quantity=5)
    told.note([total])
    assert told.news([total]) == [total]


def test_the_oldest_are_forgotten_and_told_once_more(monkeypatch):
    monkeypatch.setattr(module, "TOLD_MAX", 3)
    told = ToldExecutions()
    fills = [FILL._replace(aux=number) for number in range(1, 5)]
    told.note(fills)
    assert told.news(fills) == fills[:1]


def test_what_one_way_says_of_fees_to_come_makes_no_other_execution_of_it():
    told = ToldExecutions()
    told.note([FILL])
    assert told.news([FILL._replace(flags=0)]) == []
