"""The check of a paper venue's invariants: it passes what is right, and notices each thing that is
not."""

import pytest

from pinnacle.core.errors import CorruptError
from pinnacle.core.schema import Kind
from tests.paper_desk import ASK, BID, PaperDesk
from tests.paper_side import LEVELS
from tests.sim.paper_inside import Inside

HUGE = 2**62


class Venue:
    """Orders 1, 2 and 3 queue at a side's best price behind 4, 5 and 6 lots; 4 stands at a worse
    price behind 7; three levels have accounts. The other side and the other market have orders."""

    def __init__(self, market, side):
        desk = PaperDesk(instruments=(3, 5), orders=8)
        best, behind, far = (100, 99, 98) if side == BID else (102, 103, 104)
        for instrument in (3, 5):
            desk.instrument = instrument
            desk.snapshot([(100, 4), (99, 7)], [(102, 4), (103, 7)])
            for i in range(3):
                desk.depth(side, best, 4 + i)
                desk.new(1 + i, side, best, 5)
            desk.depth(side, best, 10)
            desk.new(4, side, behind, 5)
            desk.new(5, BID + ASK - side, 101, 1)
        self.paper, self.best, self.behind = desk.paper, best, behind
        inside = Inside(desk.paper)
        self.config, self.market = inside.paper.config, inside.markets[market]
        self.side, self.orders = inside.side(market, side), inside.orders(market, side)
        for i, price in enumerate((best, behind, far)):
            self.side.account[i].price = price
        self.side.accounts = 3
        assert [self.orders[i].order_id for i in range(4)] == [1, 2, 3, 4]
        assert self.intact

    @property
    def intact(self):
        try:
            self.paper.check()
        except CorruptError:
            return False
        return True


@pytest.fixture(params=[(0, BID), (0, ASK), (1, BID), (1, ASK)])
def venue(request):
    return Venue(*request.param)


@pytest.mark.parametrize(
    ("at", "fields", "right"),
    [
        (0, {"leaves": 0}, False),
        (0, {"leaves": -1}, False),
        (0, {"leaves": 1}, True),
        (0, {"leaves": 6}, False),
        (3, {"leaves": 6}, False),
        (0, {"total": 4}, False),
        (0, {"ahead": -1}, False),
        (0, {"ahead": 0}, True),
        (0, {"credit": -1}, False),
        (0, {"credit": 0}, True),
        (0, {"credit": 2**62}, True),
        (0, {"unseen": 1, "ahead": 0}, False),
        (0, {"unseen": 1, "ahead": 1}, True),
        (1, {"ahead": 3}, False),
        (1, {"ahead": 4}, True),
        (2, {"ahead": 4}, False),
        (2, {"ahead": 1, "unseen": 1}, True),
        (2, {"ahead": 10}, True),
        (2, {"ahead": 11}, False),
        (2, {"ahead": 11, "unseen": 1}, True),
        (3, {"ahead": 7}, True),
        (3, {"ahead": 8}, False),
    ],
)
def test_an_order_that_cannot_be_is_noticed(venue, at, fields, right):
    for name, value in fields.items():
        setattr(venue.orders[at], name, value)
    assert venue.intact == right


@pytest.mark.parametrize(("price", "right"), [(1, True), (0, False), (-1, False)])
@pytest.mark.parametrize("market", [0, 1])
def test_a_price_below_one_is_noticed(market, price, right):
    for side, at in ((BID, 3), (ASK, 0)):
        venue = Venue(market, side)
        venue.orders[at].price, venue.orders[at].ahead = price, 0
        assert venue.intact == right


@pytest.mark.parametrize("at", [1, 2, 3])
def test_a_better_price_behind_a_worse_one_is_noticed(venue, at):
    for i in range(4):
        venue.orders[i].ahead, venue.orders[i].price = 0, venue.best if i == at else venue.behind
    assert not venue.intact
    venue.orders[at].price = venue.behind
    assert venue.intact


def test_what_lies_before_the_first_order_is_none(venue):
    venue.orders[-1].price = venue.best
    venue.orders[-1].ahead = HUGE
    assert venue.intact
    venue.orders[-1].price = -HUGE if venue.best == 100 else HUGE
    assert venue.intact


def test_more_ahead_than_is_displayed_is_right_where_that_is_not_known(venue):
    venue.orders[3].ahead = 8
    assert not venue.intact
    venue.market.valid = 0
    assert venue.intact


@pytest.mark.parametrize("side", [BID, ASK])
def test_more_ahead_than_is_displayed_is_right_beyond_a_bound(side):
    desk = PaperDesk()
    desk.send(Kind.BOOK_BEGIN, quantity=3, price=100, order_id=102)
    desk.depth(BID, 100, 5, last=False)
    desk.depth(ASK, 102, 5, last=False)
    desk.send(Kind.BOOK_END)
    desk.new(1, side, 95 if side == BID else 107, 5)
    order = Inside(desk.paper).orders(0, side)[0]
    assert order.unseen
    order.unseen, order.ahead = 0, 9
    desk.paper.check()


def test_more_orders_than_there_are_places_are_noticed(venue):
    venue.config.orders = 4
    assert venue.intact
    venue.config.orders = 3
    assert not venue.intact


@pytest.mark.parametrize("name", ["traded", "unexplained", "taken"])
@pytest.mark.parametrize("at", [0, 2])
def test_an_account_of_less_than_nothing_is_noticed(venue, at, name):
    setattr(venue.side.account[at], name, 1)
    assert venue.intact
    setattr(venue.side.account[at], name, -1)
    assert not venue.intact


@pytest.mark.parametrize(("a", "b"), [(0, 1), (1, 2), (0, 2)])
def test_two_accounts_of_one_level_are_noticed(venue, a, b):
    venue.side.account[b].price = venue.side.account[a].price
    assert not venue.intact
    venue.side.accounts = b
    assert venue.intact


def test_more_accounts_than_there_are_places_are_noticed(venue):
    for i in range(LEVELS):
        venue.side.account[i].price = 1000 + i
    venue.side.accounts = LEVELS
    assert venue.intact
    venue.side.accounts = LEVELS + 1
    assert not venue.intact
