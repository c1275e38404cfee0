"""P&L is exact in integers, whatever the fills and however they are split."""

from fractions import Fraction

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from pinnacle.core.schema import FeeOf, Flag, Kind, Side
from pinnacle.risk.config import LimitsConfig, RiskConfig
from pinnacle.risk.gate import RiskGate
from tests.records import event, instruments, run

FILLS = st.lists(
    st.tuples(
        st.sampled_from([Side.BID, Side.ASK]),
        st.integers(1, 10**7),
        st.integers(1, 10**6),
        st.booleans(),
    ),
    min_size=1,
    max_size=30,
)


def gate() -> RiskGate:
    limits = {"X": LimitsConfig(order_quantity_max="1", position_max="1")}
    return RiskGate(instruments("X", maker_bps=-0.5, taker_bps=4), RiskConfig(limits=limits))


def fill(side, price, quantity, maker):
    flags = Flag.MAKER if maker else 0
    return event(Kind.FILL, side=side, price=price, quantity=quantity, flags=flags)


@given(FILLS, st.integers(1, 10**7))
def test_cash_and_inventory_at_any_mark_equal_realised_and_unrealised(fills, mark):
    made = gate()
    for each in fills:
        run(made.decided, fill(*each))
        run(made.decided, event(Kind.TOP, price=mark, quantity=1, order_id=mark, aux=1))
        p = made.book.position(0)
        assert p["cash"] + p["position"] * mark == p["realised"] + p["unrealised"]


@given(FILLS)
def test_position_cash_and_fees_are_the_plain_sums(fills):
    made = gate()
    for each in fills:
        run(made.decided, fill(*each))
    signed = [(q if side == Side.BID else -q, price) for side, price, q, _ in fills]
    p = made.book.position(0)
    assert p["position"] == sum(q for q, _ in signed)
    assert p["cash"] == -sum(q * price for q, price in signed)
    exact = [
        Fraction(price * q * (-5000 if maker else 40_000), 10**8) for _, price, q, maker in fills
    ]
    assert p["fees"] == sum(-((-x.numerator) // x.denominator) for x in exact)


FEES = st.lists(
    st.tuples(
        st.sampled_from([FeeOf.BASE, FeeOf.QUOTE, FeeOf.OTHER]),
        st.integers(-(10**12), 10**12),
        st.integers(0, 18),
    ),
    max_size=30,
)


@given(FEES)
def test_lots_and_cash_with_their_dust_are_what_was_paid_to_the_last_digit(fees):
    made = gate()
    paid = {FeeOf.BASE: Fraction(0), FeeOf.QUOTE: Fraction(0), FeeOf.OTHER: Fraction(0)}
    for of, amount, decimals in fees:
        fee = event(Kind.FEE, side=of, quantity=amount, price=decimals)
        refused = made.book.position(0)["refused_reports"]
        run(made.decided, fee)
        if made.book.position(0)["refused_reports"] == refused:
            paid[of] += Fraction(amount, 10**decimals)
        p = made.book.position(0)
        lot, tick_lot = Fraction(1, 10**3), Fraction(1, 10**5)
        assert p["position"] * lot + Fraction(p["base_dust_e18"], 10**18) == -paid[FeeOf.BASE]
        assert p["fees"] * tick_lot - Fraction(p["quote_dust_e18"], 10**18) == paid[FeeOf.QUOTE]
        assert 0 <= p["base_dust_e18"] < lot * 10**18
        assert 0 <= p["quote_dust_e18"] < tick_lot * 10**18
        assert p["cash"] == p["realised"] == 0, "lots that went for nothing had cost nothing"


@given(FILLS, st.data(), st.integers(1, 10**7))
def test_a_fill_that_is_taken_back_leaves_what_is_owned_and_owed_as_if_it_had_never_been(
    fills, data, mark
):
    kept, made = gate(), gate()
    gone = data.draw(st.integers(0, len(fills) - 1))
    told = data.draw(st.booleans())
    for i, each in enumerate(fills):
        row = fill(*each)
        row["flags"] |= np.uint8(Flag.FEE_TOLD if told else 0)
        run(made.decided, row)
        if i != gone:
            run(kept.decided, row)
        else:
            back = row.copy()
            back["kind"] = Kind.FILL_BUSTED
    run(made.decided, back)
    for one in (kept, made):
        run(one.decided, event(Kind.TOP, price=mark, quantity=1, order_id=mark, aux=1))
    a, b = kept.book.position(0), made.book.position(0)
    names = ("position", "cash", "fees", "turnover", "bought", "sold", "bid_fills", "ask_fills")
    assert [a[name] for name in names] == [b[name] for name in names]
    assert a["realised"] + a["unrealised"] == b["realised"] + b["unrealised"]


@given(FILLS)
def test_the_average_cost_is_that_of_exact_fractions_to_a_tick_lot_per_fill(fills):
    made = gate()
    position, cost, realised = 0, Fraction(0), Fraction(0)
    for side, price, quantity, maker in fills:
        run(made.decided, fill(side, price, quantity, maker))
        signed = quantity if side == Side.BID else -quantity
        if position and (position > 0) != (signed > 0):
            closed = min(quantity, abs(position))
            share = cost * closed / abs(position)
            realised += (closed if position > 0 else -closed) * price - share
            cost -= share
            quantity -= closed
        cost += (quantity if signed > 0 else -quantity) * price
        position += signed
    p = made.book.position(0)
    assert abs(p["realised"] - realised) <= len(fills)
    assert abs(p["cost"] - cost) <= len(fills)
    if position == 0:
        assert p["cost"] == 0


@given(FILLS, st.integers(0, 29))
def test_a_fill_in_parts_at_one_price_moves_the_position_like_the_whole(fills, which):
    whole, parts = gate(), gate()
    for i, (side, price, quantity, maker) in enumerate(fills):
        run(whole.decided, fill(side, price, quantity, maker))
        if i == which and quantity > 1:
            run(parts.decided, fill(side, price, quantity // 2, maker))
            run(parts.decided, fill(side, price, quantity - quantity // 2, maker))
        else:
            run(parts.decided, fill(side, price, quantity, maker))
    a, b = whole.book.position(0), parts.book.position(0)
    assert (a["position"], a["cash"]) == (b["position"], b["cash"])
    assert abs(a["realised"] - b["realised"]) <= 2
