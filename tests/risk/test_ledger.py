"""The ledger against integers without an end, wherever 64 bits are too few and wherever they do."""

import random

import pytest

from pinnacle.core.schema import Flag, Kind, Side
from tests.ledger_oracle import LAST, Ledger
from tests.records import event
from tests.risk_book import Book

#: About 2^15, 2^31 and 2^63 as products, and what has nothing in common with any of them.
SIZES = [1, 2, 3, 7, 181, 46_341, 10**6 + 3, 3_037_000_500, 2**32 + 1, 2**40 + 9, 2**53 + 1, 2**61]
FEES = [-(10**8), -2000, -1, 0, 1, 4000, 10**8]


def shown(book: Book, names: list[str]) -> dict[str, int]:
    position = book.position()
    return {name: getattr(position, name) for name in names}


@pytest.mark.parametrize("seed", range(8))
def test_whatever_is_filled_the_ledger_is_exact_or_at_the_end_of_its_own_sign(seed):
    draw = random.Random(seed)
    fees = draw.choice(FEES), draw.choice(FEES)
    book, oracle = Book(fees=fees), Ledger(*fees)
    sizes = SIZES[: draw.choice((5, 7, len(SIZES)))] + [LAST] * (seed > 5)
    for _ in range(150):
        side, maker = draw.choice((Side.BID, Side.ASK)), draw.random() < 0.5
        price, quantity = draw.choice(sizes), min(draw.choice(sizes) + draw.randrange(3) - 1, LAST)
        oracle.fill(side, price, quantity, maker)
        flags = Flag.MAKER if maker else 0
        book.run(event(Kind.FILL, side=side, price=price, quantity=quantity, flags=flags))
        mark = draw.choice(sizes)
        oracle.twice_mark = 2 * mark
        book.run(event(Kind.TOP, price=mark, quantity=1, order_id=mark, aux=1))
        expected = oracle.shown()
        assert shown(book, list(expected)) == expected


def test_the_last_amount_that_64_bits_hold_is_shown_as_it_is():
    for side, cash in ((Side.BID, -LAST), (Side.ASK, LAST)):
        book = Book()
        book.run(event(Kind.FILL, side=side, price=1, quantity=LAST))
        position = book.position()
        assert (position.cash, position.turnover, position.beyond) == (cash, LAST, 0)


def test_lots_bought_and_sold_stay_at_the_last_number_that_there_is():
    book = Book()
    for side, quantity in ((Side.BID, LAST), (Side.ASK, LAST), (Side.BID, 1), (Side.ASK, 1)):
        assert len(book.run(event(Kind.FILL, side=side, price=1, quantity=quantity))) == 1
    position = book.position()
    assert (position.bought, position.sold, position.position) == (LAST, LAST, 0)
