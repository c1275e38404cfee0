"""Other parameters for a maker that quotes: what changes, what stays, what is refused."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pinnacle.core._native import lib
from pinnacle.core.config import DecimalText
from pinnacle.core.enums import FairValue, Parameter
from pinnacle.core.errors import NativeError
from pinnacle.core.schema import Kind, events_pointer
from pinnacle.quant.maker import Maker, parameter_bits, parameter_value
from pinnacle.strategy.config import MarketMakerConfig, StrategyConfig
from pinnacle.strategy.host import StrategyHost
from pinnacle.strategy.tuning import changed
from tests.records import batch, book_of, event, instruments
from tests.strategy.test_quoting import PARAMS, SECOND, book, quotes

MARKETS = [book([(10_000 + i, 5 + i)], [(10_200 + 2 * i, 9)]) for i in range(4)]
OTHERS = {
    "risk_aversion": 0.5,
    "fill_decay_per_tick": 0.01,
    "fill_rate_per_s": 7.0,
    "volatility_halflife_s": 1.0,
    "volatility_floor": 30.0,
    "imbalance_lean_ticks": 4.0,
    "spread_min_ticks": 60.0,
    "spread_max_ticks": 3.0,
    "edge_min_bps": 80.0,
    "level_spacing_ticks": 6.5,
    "quote_quantity": 25,
    "inventory_max": 12,
    "levels": 3,
    "fair_value": FairValue.MICROPRICE,
    "imbalance_levels": 1,
}
TWO_LEVELS = PARAMS | {"levels": 2, "imbalance_lean_ticks": 1.0}


def seen(params) -> Maker:
    """A maker that has seen the market move."""
    maker = Maker(**params)
    for i, market in enumerate(MARKETS):
        quotes(maker, market, clock_ns=SECOND * (i + 1))
    return maker


def test_every_parameter_that_a_table_of_the_configuration_has_can_be_set():
    assert {p.name.lower() for p in Parameter} == set(MarketMakerConfig.__struct_fields__)
    assert set(OTHERS) == set(MarketMakerConfig.__struct_fields__)


@pytest.mark.parametrize("name", OTHERS)
def test_a_maker_that_is_set_is_one_that_was_made_so_and_has_seen_the_same(name):
    maker, parameter = seen(TWO_LEVELS), Parameter[name.upper()]
    before = quotes(maker, MARKETS[0], position=3, clock_ns=5 * SECOND)
    maker.set(parameter, OTHERS[name])
    assert maker.parameter(parameter) == OTHERS[name]
    made = Maker(**TWO_LEVELS | {name: OTHERS[name]})
    # What was learnt of the market: the variance, and the mid and its time.
    made.cdata.variance_per_s = maker.cdata.variance_per_s
    made.cdata.mid, made.cdata.mid_ns = maker.cdata.mid, maker.cdata.mid_ns
    assert maker.cdata.variance_per_s > 0 and maker.cdata.mid_ns == 5 * SECOND
    for i, market in enumerate(MARKETS):
        clock_ns = (6 + i) * SECOND
        told = [quotes(each, market, position=3, clock_ns=clock_ns) for each in (maker, made)]
        assert told[0] == told[1]
    if name not in ("volatility_halflife_s", "imbalance_levels"):
        fresh = seen(TWO_LEVELS)
        quotes(fresh, MARKETS[0], position=3, clock_ns=5 * SECOND)
        fresh.set(parameter, OTHERS[name])
        assert quotes(fresh, MARKETS[0], position=3, clock_ns=5 * SECOND) != before


BAD = {
    "risk_aversion": (0.0, math.nan, 1e7),
    "fill_decay_per_tick": (0.0, 1e4),
    "fill_rate_per_s": (-1.0, math.inf),
    "volatility_halflife_s": (0.0,),
    "volatility_floor": (0.0,),
    "imbalance_lean_ticks": (1e10, -math.inf),
    "spread_min_ticks": (0.5, 1001.0),
    "spread_max_ticks": (0.5, math.nan),
    "edge_min_bps": (2e4,),
    "level_spacing_ticks": (0.0,),
    "quote_quantity": (0, 2**60),
    "inventory_max": (0, 2**60),
    "levels": (0, 9, 2**32 + 1, -1),
    "fair_value": (2, -1, 2**32),
    "imbalance_levels": (0, 9, 2**32 + 1),
}


@pytest.mark.parametrize(("name", "value"), [(n, v) for n in BAD for v in BAD[n]])
def test_a_value_out_of_its_range_is_refused_and_changes_nothing(name, value):
    maker = seen(PARAMS)
    before = bytes(maker.memory)
    with pytest.raises(NativeError, match=name.upper()):
        maker.set(Parameter[name.upper()], value)
    assert bytes(maker.memory) == before


def test_a_parameter_that_there_is_not_changes_nothing():
    maker = seen(PARAMS)
    before = bytes(maker.memory)
    for number in (15, 2**32 - 1):
        assert lib.pmm_maker_set(maker.cdata, number, 1) == lib.PMM_ERR_ARGUMENT
    assert bytes(maker.memory) == before


@given(st.floats(allow_nan=False), st.integers(-(2**63), 2**63 - 1))
def test_a_record_says_a_parameter_to_its_last_bit(number, whole):
    for parameter in Parameter:
        value = whole if parameter > Parameter.LEVEL_SPACING_TICKS else number
        told = parameter_value(parameter, parameter_bits(parameter, value))
        assert told == value and type(told) is type(value)


def parameters(maker: Maker) -> dict[Parameter, float]:
    return {p: maker.parameter(p) for p in Parameter}


widths = st.integers(1, 50).map(float)


@given(st.tuples(widths, widths), st.tuples(widths, widths))
def test_changes_come_in_an_order_in_which_each_is_valid(was, now):
    low, high = sorted(was)
    maker = Maker(**PARAMS | {"spread_min_ticks": low, "spread_max_ticks": high})
    low, high = sorted(now)
    wanted = PARAMS | {"spread_min_ticks": low, "spread_max_ticks": high, "levels": 4}
    wanted = {p: wanted[p.name.lower()] for p in Parameter}
    for parameter, (before, after) in changed(parameters(maker), wanted).items():
        assert maker.parameter(parameter) == before != after
        maker.set(parameter, after)
    assert (
        changed(parameters(maker), wanted) == {}
        and maker.parameter(Parameter.SPREAD_MAX_TICKS) == high
    )


MAKER = MarketMakerConfig(quote_quantity=DecimalText("0.01"), inventory_max=DecimalText("0.1"))
CONFIG = StrategyConfig(market_maker={"X": MAKER, "Y": MAKER})


def host() -> StrategyHost:
    made = StrategyHost(instruments("X", "Y"), CONFIG)
    run(made, *(book_of([(10_000, 5)], [(10_200, 5)], instrument_id=i, recv_ns=1) for i in (0, 1)))
    return made


def run(of: StrategyHost, *rows) -> np.ndarray:
    events = batch(*rows)
    return of.decided(events_pointer(events), len(events)).copy()


def set_to(name: str, value: float, instrument_id: int = 0) -> np.ndarray:
    parameter = Parameter[name.upper()]
    bits = parameter_bits(parameter, value)
    return event(
        Kind.PARAMETER, instrument_id=instrument_id, reason=int(parameter), price=bits, recv_ns=2
    )


def spread(of: StrategyHost, row: int) -> int:
    wanted = of.desk.rows[row].wanted
    return int(wanted.asks[0].price - wanted.bids[0].price)


def test_a_record_changes_the_quotes_of_its_instrument_and_of_no_other():
    one = host()
    before = [spread(one, row) for row in (0, 1)]
    run(one, set_to("spread_min_ticks", 90.0))
    assert before[0] == before[1] == spread(one, 1) < 90 <= spread(one, 0)


@pytest.mark.parametrize(
    "row", [set_to("levels", 0), set_to("levels", 2, 7), set_to("levels", 2, 255)]
)
def test_a_record_that_says_nothing_possible_or_is_of_nobody_changes_nothing(row):
    one = host()
    run(one, row)
    assert [one.strategy.makers()[i].cdata.params.levels for i in (0, 1)] == [1, 1]


def test_a_strategy_that_is_thawed_quotes_by_what_was_set():
    one, two = host(), StrategyHost(instruments("X", "Y"), CONFIG)
    run(one, set_to("spread_min_ticks", 90.0))
    assert two.thaw([bytes(part) for part in one.freeze()])
    moved = book_of([(10_010, 5)], [(10_210, 5)], instrument_id=0, recv_ns=3)
    assert run(one, moved).tobytes() == run(two, moved).tobytes()
    assert spread(two, 0) >= 90
