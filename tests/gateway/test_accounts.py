"""What fills and fees make of balances, against the venue's count of them."""

from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pinnacle.core.instruments import table
from pinnacle.core.schema import FeeOf, Flag, Kind, Side
from pinnacle.gateway import accounts
from pinnacle.gateway.accounts import LAG_NS, MOMENTS_MAX, Accounts, parts, whole
from pinnacle.venues.orders.port import Balance
from pinnacle.venues.orders.terms import Terms
from tests.records import batch, event, instruments

S = 1_000_000_000
REQUEST_NS = S
#: Ticks of 0.01 and lots of 0.001: a tick x lot is 0.00001, finer than cents.
ROWS = table(instruments("BTC-USD", "ETH-BTC"))
TERMS = {
    0: Terms(ROWS[0], "BTC-USD", "BTC", "USD"),
    1: Terms(ROWS[1], "ETH-BTC", "ETH", "BTC"),
}


def fill(side, price, quantity, *, of=0, kind=Kind.FILL, flags=Flag.FEE_TOLD):
    return event(
        kind, instrument_id=of, side=side, price=price, quantity=quantity, flags=flags, aux=1
    )


def fee(of_what, amount, decimals, *, of=0, execution=1):
    return event(
        Kind.FEE, instrument_id=of, side=of_what, quantity=amount, price=decimals, aux=execution
    )


class Venue:
    """What it has, and an Accounts that is told of it."""

    def __init__(self, **held):
        self.accounts = Accounts(TERMS, {0: (10_000, 20_000), 1: (0, 0)}, REQUEST_NS)
        self.held = {name: Decimal(amount) for name, amount in held.items()}
        self.now_ns = 100 * S

    def told(self, *rows, **booked):
        """Decisions of the gateway; the venue has booked so much for them."""
        self.accounts.moved(batch(*rows), self.now_ns)
        self.booked(**booked)

    def booked(self, **changes):
        for name, change in changes.items():
            self.held[name] = self.held.get(name, Decimal(0)) + Decimal(change)

    def answers(self):
        self.accounts.look([Balance(n, held, held) for n, held in self.held.items()], self.now_ns)

    def judged(self, *, is_sure=True):
        self.now_ns += LAG_NS
        return self.accounts.judged(is_sure) if self.accounts.is_due(self.now_ns) else []

    def looked(self, **how):
        """A look at a time at which nothing has moved for long; what differs."""
        self.now_ns += 60 * S
        self.answers()
        return self.judged(**how)


def in_words(differences):
    return {each.currency: str(each.amount) for each in differences}


def test_what_is_bought_and_what_it_costs_is_where_it_should_be():
    venue = Venue(BTC="1", USD="1000")
    assert venue.looked() == []
    venue.told(fill(Side.BID, 6_000_000, 5), BTC="0.005", USD="-300")
    venue.told(fee(FeeOf.QUOTE, 30, 2), USD="-0.30")
    venue.told(
        fill(Side.ASK, 6_100_000, 1, flags=Flag.FEE_TOLD | Flag.MAKER), BTC="-0.001", USD="61"
    )
    assert [venue.looked(), venue.looked()] == [[], []]
    assert (venue.accounts.looks, venue.accounts.differences) == (3, 0)


def test_fees_are_taken_off_the_currency_that_they_were_paid_in():
    venue = Venue(BTC="1", USD="1000", BNB="2")
    venue.looked()
    venue.accounts.named(0, 1, "BNB")
    venue.told(fee(FeeOf.BASE, 15, 6), fee(FeeOf.OTHER, 7, 4), BTC="-0.000015", BNB="-0.0007")
    assert [venue.looked(), venue.looked()] == [[], []]
    assert "BNB" in venue.accounts.currencies


def test_what_the_last_fees_were_paid_in_is_known_however_many_were_told(monkeypatch):
    monkeypatch.setattr(accounts, "_NAMED_MAX", 4)
    venue = Venue(BTC="1", USD="1000", BNB="2")
    venue.looked()
    for execution in range(1, 10):
        venue.accounts.named(0, execution, "BNB")
    venue.told(fee(FeeOf.OTHER, 7, 4, execution=9), BNB="-0.0007")
    assert [venue.looked(), venue.looked()] == [[], []]
    assert len(venue.accounts._names) == 4 and "BNB" in venue.accounts.currencies


def test_a_rebate_of_a_third_currency_that_never_came_is_a_difference_of_that():
    venue = Venue(BTC="1", USD="1000")
    venue.looked()
    venue.accounts.named(0, 1, "BNB")
    venue.told(fee(FeeOf.OTHER, -7, 4))
    assert venue.looked() == []
    assert in_words(venue.looked()) == {"BNB": "-0.0007"}


def test_a_fill_that_is_taken_back_moves_nothing():
    venue = Venue(BTC="1", USD="1000")
    venue.looked()
    bought = {"side": Side.BID, "price": 6_000_000, "quantity": 5}
    venue.told(fill(**bought), fill(**bought, kind=Kind.FILL_BUSTED))
    assert [venue.looked(), venue.looked()] == [[], []]


def test_a_fill_whose_fee_is_not_told_costs_what_the_instrument_says():
    venue = Venue(BTC="1", USD="1000")
    venue.looked()
    venue.told(fill(Side.BID, 6_000_000, 5, flags=Flag.MAKER), BTC="0.005", USD="-300.03")
    venue.told(fill(Side.BID, 6_000_000, 5, flags=0), BTC="0.005", USD="-300.06")
    assert [venue.looked(), venue.looked()] == [[], []]


def test_a_difference_is_told_when_it_stands_in_two_looks_and_then_never_again():
    venue = Venue(BTC="1", USD="1000")
    venue.looked()
    venue.booked(USD="250.5")
    assert venue.looked() == []
    (found,) = venue.looked()
    assert found == ("USD", Decimal("250.5"), Decimal("1000"), Decimal("1250.5"))
    assert [venue.looked(), venue.looked()] == [[], []]
    assert venue.accounts.differences == 1


def test_a_difference_that_is_gone_at_the_next_look_was_none():
    venue = Venue(BTC="1", USD="1000")
    venue.looked()
    venue.booked(USD="250.5")
    assert venue.looked() == []
    venue.booked(USD="-250.5")
    assert [venue.looked() for _ in range(3)] == [[], [], []]


def test_a_difference_that_moves_is_told_when_it_stands_still():
    venue = Venue(BTC="1", USD="1000")
    venue.looked()
    for _ in range(3):
        venue.booked(USD="1")
        assert venue.looked() == []
    assert in_words(venue.looked()) == {"USD": "3"}


def test_trading_goes_on_between_the_two_looks_of_a_difference():
    venue = Venue(BTC="1", USD="1000")
    venue.looked()
    venue.booked(BTC="-0.25")
    assert venue.looked() == []
    venue.told(fill(Side.ASK, 6_000_000, 5), BTC="-0.005", USD="300")
    assert in_words(venue.looked()) == {"BTC": "-0.25"}


@pytest.mark.parametrize("booked_before", range(4))
def test_of_fills_around_a_look_any_part_may_be_in_it(booked_before):
    venue = Venue(BTC="1", USD="1000")
    venue.looked()
    trades = [(Side.BID, 6_000_000, 5), (Side.BID, 5_900_000, 7), (Side.ASK, 6_000_100, 3)]
    for number, (side, price, quantity) in enumerate(trades):
        way = 1 if side == Side.BID else -1
        change = {"BTC": f"{way * quantity}e-3", "USD": f"{-way * price * quantity}e-5"}
        if number == booked_before:
            venue.answers()
        venue.told(fill(side, price, quantity), **change)
    if booked_before == len(trades):
        venue.answers()
    assert venue.judged() == []
    assert [venue.looked(), venue.looked()] == [[], []]


def test_a_difference_is_found_in_a_market_that_never_rests():
    venue = Venue(BTC="10", USD="1000000")
    found = []
    for turn in range(40):
        side, price, quantity = (Side.BID, Side.ASK)[turn % 2], 6_000_000 + 7 * turn, 1 + turn % 5
        way = 1 if side == Side.BID else -1
        venue.told(
            fill(side, price, quantity),
            BTC=f"{way * quantity}e-3",
            USD=f"{-way * price * quantity}e-5",
        )
        if turn == 20:
            venue.booked(BTC="0.5")
        if turn % 8 == 0:
            venue.answers()
        venue.now_ns += S
        found += venue.accounts.judged(True) if venue.accounts.is_due(venue.now_ns) else []
    assert in_words(found) == {"BTC": "0.5"}


def test_a_fill_and_its_fee_are_one_moment_so_that_a_difference_is_told_as_it_is():
    venue = Venue(BTC="1", USD="1000")
    venue.looked()
    venue.booked(USD="-12.5")
    rows = fill(Side.BID, 6_000_000, 5), fee(FeeOf.QUOTE, 30, 2)
    venue.told(*rows, BTC="0.005", USD="-300.3")
    venue.answers()
    assert venue.judged() == []
    venue.answers()
    assert in_words(venue.judged()) == {"USD": "-12.5"}


def test_a_look_while_an_outcome_is_open_is_none():
    venue = Venue(BTC="1", USD="1000")
    venue.looked()
    venue.booked(USD="5")
    assert [venue.looked(is_sure=False) for _ in range(3)] == [[], [], []]
    assert (venue.accounts.looks, venue.accounts.skipped) == (1, 3)


def test_a_look_in_which_the_venue_was_lost_is_none():
    venue = Venue(BTC="1", USD="1000")
    venue.looked()
    venue.booked(USD="5")
    for _ in range(3):
        venue.answers()
        venue.accounts.doubted()
        assert venue.judged() == []
    assert venue.accounts.looks == 1


def test_a_look_is_not_judged_before_what_it_holds_has_been_told():
    venue = Venue(BTC="1", USD="1000")
    venue.answers()
    assert not venue.accounts.is_due(venue.now_ns + LAG_NS - 1)
    assert venue.accounts.is_due(venue.now_ns + LAG_NS)
    venue.accounts.judged(True)
    assert not venue.accounts.is_due(venue.now_ns + LAG_NS)


def test_a_look_with_more_fills_than_can_be_tried_is_none():
    venue = Venue(BTC="1", USD="1000")
    venue.told(*[fee(FeeOf.QUOTE, 1, 2, execution=n) for n in range(MOMENTS_MAX)])
    venue.answers()
    assert venue.judged() == []
    assert (venue.accounts.looks, venue.accounts.skipped) == (0, 1)


def test_a_venue_that_rounds_what_fills_are_worth_is_not_found_to_differ():
    venue = Venue(BTC="1", USD="1000.0000")
    venue.looked()
    for _ in range(10):  # worth 60.00001 each
        venue.told(fill(Side.BID, 6_000_001, 1), BTC="0.001", USD="-60.0000")
    assert [venue.looked(), venue.looked()] == [[], []]
    venue.booked(USD="-0.0001")
    assert [venue.looked(), in_words(venue.looked())] == [[], {"USD": "-0.0001"}]


def test_money_of_currencies_that_are_not_traded_is_the_users_own_affair():
    venue = Venue(BTC="1", USD="1000", DOGE="5")
    venue.looked()
    venue.booked(DOGE="1000")
    assert [venue.looked(), venue.looked()] == [[], []]


def test_a_currency_that_the_venue_does_not_name_is_there_with_nothing():
    venue = Venue(USD="1000")
    venue.looked()
    venue.told(fill(Side.BID, 6_000_000, 5), BTC="0.005", USD="-300")
    assert [venue.looked(), venue.looked()] == [[], []]
    del venue.held["BTC"]
    assert [venue.looked(), in_words(venue.looked())] == [[], {"BTC": "-0.005"}]


AMOUNTS = st.integers(-(10**6), 10**6)
FEES = st.tuples(st.sampled_from(FeeOf), AMOUNTS, st.integers(0, 10))
TRADES = st.tuples(
    st.sampled_from([0, 1]),
    st.sampled_from([Side.BID, Side.ASK]),
    st.integers(1, 10**8),
    st.integers(1, 10**5),
    st.lists(FEES, max_size=2),
)
STOLEN = st.dictionaries(
    st.sampled_from(["BTC", "USD", "ETH", "BNB"]),
    st.decimals("-5", "5", places=8).filter(bool),
)


@given(st.lists(st.lists(TRADES, max_size=6), min_size=1, max_size=5), STOLEN)
def test_what_moved_without_a_fill_is_found_to_the_last_digit_and_nothing_else(rounds, stolen):
    """The oracle counts in decimals, fill by fill, what the venue must have."""
    venue = Venue(BTC="10", USD="1000000", ETH="3", BNB="7.00000001")
    venue.accounts.named(0, 1, "BNB")
    venue.accounts.named(1, 1, "BNB")
    # A third currency is one of the account's from its first fee on.
    venue.told(fee(FeeOf.OTHER, 1, 8), BNB="-0.00000001")
    venue.looked()
    venue.held["USD"] += Decimal("0.0000000000")  # ten digits: nothing has to be rounded
    for trades in rounds:
        for of, side, price, quantity, fees in trades:
            terms, way = TERMS[of], 1 if side == Side.BID else -1
            worth = Decimal(price) * quantity * Decimal("0.00001")
            rows = [fill(side, price, quantity, of=of)]
            change = {terms.base: way * Decimal(quantity) / 1000}
            change[terms.quote] = change.get(terms.quote, 0) - way * worth
            names = {FeeOf.BASE: terms.base, FeeOf.QUOTE: terms.quote, FeeOf.OTHER: "BNB"}
            for of_what, amount, decimals in fees:
                rows.append(fee(of_what, amount, decimals, of=of))
                paid = Decimal(amount).scaleb(-decimals)
                change[names[of_what]] = change.get(names[of_what], 0) - paid
            venue.told(*rows, **change)
        assert venue.looked() == []
    venue.booked(**stolen)
    first, second = venue.looked(), venue.looked()
    assert first == []
    assert {d.currency: d.amount for d in second} == stolen
    assert all(d.found - d.expected == d.amount for d in second)


@given(
    st.decimals(
        allow_nan=False, allow_infinity=False, places=18, min_value=-(2**60), max_value=2**60
    )
)
def test_parts_of_an_amount_are_all_of_it(amount):
    assert whole(parts(amount)) == amount
    assert np.sign(parts(amount)) == np.sign(int(amount * 10**18))


@pytest.mark.parametrize("nothing", ["0", "0E-999", "-0E-41", "0E+999"])
def test_nothing_has_no_parts_however_it_is_written(nothing):
    assert parts(Decimal(nothing)) == 0
