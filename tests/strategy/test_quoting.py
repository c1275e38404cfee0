"""The quoting arithmetic against published values, and the bounds that it keeps."""

import hashlib
import math
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pinnacle.core._native import ffi, lib
from pinnacle.core.book import Book
from pinnacle.core.errors import NativeError
from pinnacle.core.schema import events_pointer
from pinnacle.quant.maker import FairValue, Maker, glft
from tests.records import book_of

SECOND = 1_000_000_000
PARAMS = {
    "risk_aversion": 0.01,
    "fill_decay_per_tick": 0.1,
    "fill_rate_per_s": 1.0,
    "volatility_halflife_s": 10.0,
    "volatility_floor": 1.0,
    "imbalance_lean_ticks": 0.0,
    "spread_min_ticks": 1.0,
    "spread_max_ticks": 1000.0,
    "edge_min_bps": 0.0,
    "level_spacing_ticks": 1.0,
    "quote_quantity": 10,
    "inventory_max": 100,
    "quantity_min": 1,
    "maker_fee_e8": 0,
    "levels": 1,
    "fair_value": FairValue.MID,
    "imbalance_levels": 5,
}


def book(bids, asks) -> Book:
    made = Book(0, 4096, 64)
    events = book_of(bids, asks)
    made.apply(events_pointer(events), len(events))
    return made


def quotes(maker, of, position=0, clock_ns=SECOND):
    out = ffi.new("struct pmm_quotes *")
    quoted = maker.quote(of.cdata, position, clock_ns, out)
    bids = [(out.bids[i].price, out.bids[i].quantity) for i in range(out.bid_count)]
    asks = [(out.asks[i].price, out.asks[i].quantity) for i in range(out.ask_count)]
    assert quoted or not (bids or asks)
    return bids, asks


WIDE = ([(10_000, 5)], [(10_200, 5)])


@pytest.mark.parametrize(
    ("gamma", "k", "rate", "sigma", "q", "bid", "ask"),
    [
        # Guéant, Lehalle, Fernandez-Tapia 2013, asymptotic closed form, the paper's parameters
        (0.01, 0.3, 0.9, 0.3, 0, 3.312915198564539, 3.312915198564539),
        (0.01, 0.3, 0.9, 0.3, 2, 3.4486468636263066, 3.177183533502771),
        # the same with Avellaneda and Stoikov's parameters
        (0.1, 1.5, 140, 2, 0, 0.6712438194366946, 0.6712438194366946),
        (0.1, 1.5, 140, 2, 2, 0.7746782516806267, 0.5678093871927627),
    ],
)
def test_the_closed_form_repeats_the_published_depths(gamma, k, rate, sigma, q, bid, ask):
    base, skew = glft(gamma, k, rate, sigma)
    assert base + (2 * q + 1) / 2 * skew == pytest.approx(bid, rel=1e-12)
    assert base - (2 * q - 1) / 2 * skew == pytest.approx(ask, rel=1e-12)


def test_the_quotes_are_the_closed_form_rounded_outward():
    base, skew = glft(0.01, 0.1, 1.0, 1.0)
    half = base + skew / 2
    bids, asks = quotes(Maker(**PARAMS), book(*WIDE))
    assert bids == [(math.floor(10_100 - half), 10)]
    assert asks == [(math.ceil(10_100 + half), 10)]


def test_inventory_leans_both_quotes_towards_getting_rid_of_it():
    flat = quotes(Maker(**PARAMS), book(*WIDE))
    long = quotes(Maker(**PARAMS), book(*WIDE), position=50)
    short = quotes(Maker(**PARAMS), book(*WIDE), position=-50)
    assert long[0][0][0] < flat[0][0][0] and long[1][0][0] < flat[1][0][0]
    assert short[0][0][0] > flat[0][0][0] and short[1][0][0] > flat[1][0][0]


def test_volatility_widens_the_quotes():
    calm, wild = Maker(**PARAMS), Maker(**PARAMS)
    for i in range(200):
        at = (i + 1) * SECOND // 10
        quotes(calm, book(*WIDE), clock_ns=at)
        jump = 30 * (i % 2)
        quotes(wild, book([(10_000 + jump, 5)], [(10_200 + jump, 5)]), clock_ns=at)
    at = 30 * SECOND
    calm_bids, calm_asks = quotes(calm, book(*WIDE), clock_ns=at)
    wild_bids, wild_asks = quotes(wild, book(*WIDE), clock_ns=at)
    assert wild_asks[0][0] - wild_bids[0][0] > calm_asks[0][0] - calm_bids[0][0] + 10


@pytest.mark.parametrize("halflife_s", [0.001, 0.37, 10.0, 1e6])
def test_a_look_weighs_what_the_half_life_forgets_in_its_span(halflife_s):
    floor, jump = 1e-9, 1000
    for step in range(60):
        span_ns = int(1_000_000 * 1.31**step)
        maker = Maker(**PARAMS | {"volatility_halflife_s": halflife_s, "volatility_floor": floor})
        quotes(maker, book(*WIDE))
        moved = book([(10_000 + jump, 5)], [(10_200 + jump, 5)])
        quotes(maker, moved, clock_ns=SECOND + span_ns)
        weight = 1 - (-Decimal(2).ln() * span_ns / SECOND / Decimal(halflife_s)).exp()
        seen = Decimal(jump**2) * SECOND / span_ns
        variance = (1 - weight) * Decimal(floor) ** 2 + weight * seen
        assert abs(Decimal(maker.cdata.variance_per_s) / variance - 1) < 2.0**-50


def test_looks_within_one_instant_do_not_count_as_volatility():
    maker = Maker(**PARAMS)
    for i in range(1000):
        quotes(maker, book([(10_000 + 30 * (i % 2), 5)], [(10_200, 5)]), clock_ns=SECOND + i)
    assert maker.cdata.variance_per_s == 1.0


def test_a_heavier_side_pulls_fair_value():
    leaning = PARAMS | {"imbalance_lean_ticks": 10.0}
    heavy_bid = book([(10_000, 90)], [(10_200, 10)])
    plain = quotes(Maker(**PARAMS), heavy_bid)
    lean = quotes(Maker(**leaning), heavy_bid)
    assert lean[0][0][0] == plain[0][0][0] + 8
    assert lean[1][0][0] == plain[1][0][0] + 8


def test_the_microprice_weighs_each_price_with_the_other_sides_quantity():
    micro = Maker(**PARAMS | {"fair_value": FairValue.MICROPRICE})
    quotes(micro, book([(10_000, 30)], [(10_200, 10)]))
    assert micro.cdata.fair == pytest.approx((10_000 * 10 + 10_200 * 30) / 40)


def test_the_microprice_is_pulled_by_a_heavier_side_as_well():
    sizes = book([(10_000, 90)], [(10_200, 10)])
    plain, lean = (
        Maker(**PARAMS | {"fair_value": FairValue.MICROPRICE, "imbalance_lean_ticks": ticks})
        for ticks in (0.0, 10.0)
    )
    quotes(plain, sizes)
    quotes(lean, sizes)
    assert lean.cdata.fair == pytest.approx(plain.cdata.fair + 8)


@pytest.mark.parametrize("lean", [-500.0, 500.0])
def test_a_quote_never_takes_however_far_fair_value_leans(lean):
    maker = Maker(**PARAMS | {"imbalance_lean_ticks": lean})
    bids, asks = quotes(maker, book([(10_000, 90)], [(10_005, 10)]))
    if lean > 0:
        assert (bids[0][0], asks[0][0] > 10_300) == (10_004, True), "just below the best ask"
    else:
        assert (bids[0][0] < 9_700, asks[0][0]) == (True, 10_001), "just above the best bid"


def test_each_side_keeps_its_edge_over_the_fee():
    maker = Maker(**PARAMS | {"edge_min_bps": 20.0, "maker_fee_e8": 100_000})
    bids, asks = quotes(maker, book(*WIDE))
    assert bids[0][0] <= 10_100 * (1 - 0.003) and asks[0][0] >= 10_100 * (1 + 0.003)


def test_the_spread_stays_between_its_bounds():
    narrow = Maker(**PARAMS | {"spread_max_ticks": 4.0})
    wide = Maker(**PARAMS | {"spread_min_ticks": 150.0})
    bids, asks = quotes(narrow, book(*WIDE))
    assert asks[0][0] - bids[0][0] == 4
    bids, asks = quotes(wide, book(*WIDE))
    assert asks[0][0] - bids[0][0] == 150


@pytest.mark.parametrize(
    ("spacing", "behind"), [(1.0, [0, 1, 2, 3]), (2.0, [0, 2, 4, 6]), (1.3, [0, 2, 3, 4])]
)
def test_a_ladder_keeps_its_shape_in_whole_ticks_wherever_fair_value_is(spacing, behind):
    for lean in (0.0, 0.3, 0.7):
        ladder = {"levels": 4, "level_spacing_ticks": spacing, "imbalance_lean_ticks": lean}
        bids, asks = quotes(Maker(**PARAMS | ladder), book([(10_000, 9)], [(10_200, 1)]))
        assert [bids[0][0] - price for price, _ in bids] == behind
        assert [price - asks[0][0] for price, _ in asks] == behind


@pytest.mark.parametrize("least", [2, 4])
@pytest.mark.parametrize("room", range(0, 41))
def test_room_for_less_than_the_venue_takes_is_room_for_nothing(room, least):
    maker = Maker(**PARAMS | {"levels": 3, "quantity_min": least})
    bids, asks = quotes(maker, book(*WIDE), position=100 - room)
    whole, rest = divmod(min(room, 30), 10)
    assert [q for _, q in bids] == [10] * whole + ([rest] if rest >= least else [])
    assert [q for _, q in asks] == [10, 10, 10]
    bids, asks = quotes(maker, book(*WIDE), position=room - 100)
    assert [q for _, q in asks] == [10] * whole + ([rest] if rest >= least else [])


def test_where_the_venue_takes_any_quantity_the_last_lot_is_quoted_and_no_lot_is_not():
    maker = Maker(**PARAMS | {"quantity_min": 0})
    assert [q for _, q in quotes(maker, book(*WIDE), position=99)[0]] == [1]
    assert quotes(maker, book(*WIDE), position=100)[0] == []
    assert [q for _, q in quotes(maker, book(*WIDE), position=-99)[1]] == [1]
    assert quotes(maker, book(*WIDE), position=-100)[1] == []


def test_a_position_that_no_sum_holds_is_worked_off_with_a_whole_ladder():
    maker = Maker(**PARAMS | {"levels": 3})
    bids, asks = quotes(maker, book(*WIDE), position=-(2**63))
    assert ([q for _, q in bids], asks) == ([10, 10, 10], [])
    bids, asks = quotes(maker, book(*WIDE), position=2**63 - 1)
    assert (bids, [q for _, q in asks]) == ([], [10, 10, 10])


@pytest.mark.parametrize("levels", [1, 2, 3, 8])
def test_no_bid_stands_at_a_price_of_nothing(levels):
    # mid 3, half a spread of two ticks: the best bid is 1 and there is nothing behind it
    wide = PARAMS | {"levels": levels, "spread_min_ticks": 4.0, "spread_max_ticks": 4.0}
    bids, asks = quotes(Maker(**wide), book([(2, 5)], [(4, 5)]))
    assert [price for price, _ in bids] == [1]
    assert len(asks) == levels
    wider = wide | {"spread_min_ticks": 6.0, "spread_max_ticks": 6.0}
    bids, asks = quotes(Maker(**wider), book([(2, 5)], [(4, 5)]))
    assert bids == [], "0 is no price"
    assert len(asks) == levels


def test_a_calm_market_is_quoted_as_if_it_moved_by_the_floor():
    restless, floor = 0.05, Maker(**PARAMS | {"volatility_floor": 4.0})
    calm = [floor, Maker(**PARAMS | {"volatility_floor": restless})]
    for maker in calm:
        for i in range(100):  # a thousand half-lives without a move
            bids, asks = quotes(maker, book(*WIDE), clock_ns=(i + 1) * 100 * SECOND)
        assert maker.cdata.variance_per_s < 1e-12
        base, skew = glft(0.01, 0.1, 1.0, maker.cdata.params.volatility_floor)
        assert bids == [(math.floor(10_100 - base - skew / 2), 10)]
        assert asks == [(math.ceil(10_100 + base + skew / 2), 10)]
    long = quotes(floor, book(*WIDE), position=50, clock_ns=20_000 * SECOND)
    base, skew = glft(0.01, 0.1, 1.0, 4.0)
    assert long[0] == [(math.floor(10_100 - base - 11 * skew / 2), 10)]


def test_a_one_sided_or_invalid_book_is_not_quoted():
    assert quotes(Maker(**PARAMS), book([(100, 1)], [])) == ([], [])
    assert quotes(Maker(**PARAMS), Book(0, 4096, 64)) == ([], [])


def test_a_book_that_cannot_be_quoted_leaves_nothing_of_the_ladder_before():
    maker, out = Maker(**PARAMS), ffi.new("struct pmm_quotes *")
    two_sided, one_sided = book(*WIDE), book([(100, 1)], [])
    assert maker.quote(two_sided.cdata, 0, SECOND, out)
    assert (out.bid_count, out.ask_count) == (1, 1)
    assert not maker.quote(one_sided.cdata, 0, 2 * SECOND, out)
    assert (out.bid_count, out.ask_count) == (0, 0)


def test_markets_from_the_first_tick_to_the_last_that_a_double_holds_are_quoted():
    last = 1 << 52
    for bid, ask, quoted in (
        (1, 3, True),
        (0, 2, False),
        (last - 2, last, True),
        (last - 1, last + 1, False),
    ):
        assert (quotes(Maker(**PARAMS), book([(bid, 1)], [(ask, 1)])) != ([], [])) == quoted


def test_a_maker_that_is_made_anew_has_seen_nothing():
    used, params = Maker(**PARAMS), ffi.new("struct pmm_maker_params *", PARAMS)
    for i in range(3):
        quotes(used, book([(10_000 + 9 * i, 5)], [(10_200, 5)]), 50, (i + 1) * SECOND)
    assert lib.pmm_maker_init(used.cdata, params) == 0
    new = Maker(**PARAMS)
    assert bytes(ffi.buffer(used.cdata)) == bytes(ffi.buffer(new.cdata))


@pytest.mark.parametrize(
    "wrong",
    [
        {"risk_aversion": 0.0},
        {"levels": 0},
        {"levels": 9},
        {"spread_min_ticks": 10.0, "spread_max_ticks": 5.0},
        {"quote_quantity": 0},
        {"quote_quantity": 0, "quantity_min": 0},
        {"quote_quantity": 10, "quantity_min": 11},
    ],
)
def test_parameters_that_make_no_sense_are_refused(wrong):
    with pytest.raises(NativeError, match="market maker parameters"):
        Maker(**PARAMS | wrong)


FAR = float(lib.PMM_QUOTE_DISTANCE_MAX)
LOTS = 1 << 53
#: The least and the most of each parameter, the others being PARAMS.
RANGES = {
    "risk_aversion": (1e-12, 1e6),
    "fill_decay_per_tick": (1e-12, 1e3),
    "fill_rate_per_s": (1e-9, 1e9),
    "volatility_halflife_s": (1e-3, 1e9),
    "volatility_floor": (1e-9, 1e9),
    "imbalance_lean_ticks": (-FAR, FAR),
    "spread_min_ticks": (1.0, PARAMS["spread_max_ticks"]),
    "spread_max_ticks": (PARAMS["spread_min_ticks"], FAR),
    "edge_min_bps": (-1e4, 1e4),
    "level_spacing_ticks": (1.0, FAR),
    "quote_quantity": (1, LOTS),
    "inventory_max": (1, LOTS),
    "quantity_min": (0, PARAMS["quote_quantity"]),
    "maker_fee_e8": (-(10**8), 10**8),
    "levels": (1, 8),
    "fair_value": (FairValue.MID, FairValue.MICROPRICE),
    "imbalance_levels": (1, 8),
}


def beside(end, direction):
    """The next value that the parameter's type has."""
    return math.nextafter(end, direction * math.inf) if isinstance(end, float) else end + direction


@pytest.mark.parametrize("name", PARAMS)
def test_the_ends_of_each_range_are_taken_and_nothing_beyond_them(name):
    for end, outwards in zip(RANGES[name], (-1, 1), strict=True):
        Maker(**PARAMS | {name: end})
        with pytest.raises(NativeError, match="market maker parameters"):
            Maker(**PARAMS | {name: beside(end, outwards)})


@given(
    bid=st.integers(50, 100_000),
    spread=st.integers(1, 500),
    sizes=st.tuples(st.integers(1, 1000), st.integers(1, 1000)),
    position=st.integers(-150, 150),
    levels=st.integers(1, 8),
    lean=st.floats(-50, 50),
)
def test_a_ladder_never_takes_never_crosses_and_never_passes_the_inventory_limit(
    bid, spread, sizes, position, levels, lean
):
    maker = Maker(**PARAMS | {"levels": levels, "imbalance_lean_ticks": lean})
    ask = bid + spread
    bids, asks = quotes(maker, book([(bid, sizes[0])], [(ask, sizes[1])]), position)
    assert all(price < ask for price, _ in bids)
    assert all(price > bid for price, _ in asks)
    assert position + sum(q for _, q in bids) <= max(position, 100)
    assert position - sum(q for _, q in asks) >= min(position, -100)
    assert [p for p, _ in bids] == sorted({p for p, _ in bids}, reverse=True)
    assert [p for p, _ in asks] == sorted({p for p, _ in asks})
    if bids and asks:
        assert bids[0][0] < asks[0][0]


@pytest.mark.parametrize(
    ("fair_value", "bits"),
    [(FairValue.MID, "7e6e49f501e14aa7"), (FairValue.MICROPRICE, "a2b6488733c90482")],
)
def test_a_look_has_the_same_bits_whoever_built_it(fair_value, bits):
    """Others would make another replay of every log that there is."""
    maker = Maker(
        **PARAMS
        | {"fair_value": fair_value, "levels": 3, "imbalance_lean_ticks": 1.3, "edge_min_bps": 0.7}
        | {"level_spacing_ticks": 1.7, "maker_fee_e8": -1_300, "volatility_halflife_s": 3.7}
    )
    digest, at_ns = hashlib.sha256(), SECOND
    for i in range(300):
        at_ns += 1_000_003 * (1 + i * i % 47)
        mid = 60_000 + i * 7919 % 37
        sizes = book([(mid - 1 - i % 3, 1 + i % 7)], [(mid + 1 + i % 2, 1 + i % 5)])
        digest.update(repr(quotes(maker, sizes, i % 41 - 20, at_ns)).encode())
        now = maker.cdata
        for number in (now.variance_per_s, now.half_spread, now.fair, now.skew):
            digest.update(number.hex().encode())
    assert digest.hexdigest()[:16] == bits


def test_the_weight_of_a_look_has_the_same_bits_whoever_built_it():
    digest = hashlib.sha256()
    for i in range(200):
        maker = Maker(**PARAMS | {"volatility_halflife_s": 1.0, "volatility_floor": 1e-9})
        quotes(maker, book(*WIDE))
        quotes(maker, book([(11_000, 5)], [(11_200, 5)]), clock_ns=SECOND + (1 + i) * 1_000_003)
        digest.update(maker.cdata.variance_per_s.hex().encode())
    assert digest.hexdigest()[:16] == "f333fae78589498e"
