"""P&L is exact in integers, whatever the fills and however they are split."""

from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from pinnacle.core.schema import Flag, Kind, Side
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
