"""The simulated market: deterministic however it is called, two-sided, its rates the set ones."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pinnacle.core._native import ffi, lib
from pinnacle.core.errors import NativeError
from pinnacle.core.schema import (
    EVENT,
    INSTRUMENT_ALL,
    EventBuffer,
    Flag,
    Kind,
    Side,
    Source,
    events_pointer,
)
from pinnacle.sim.market import PARAMS, Market, market_config, market_rows
from tests.sim.simulated_market import SECOND, START, market, order, params

MOST = lib.PMM_INSTRUMENTS_MAX


def test_every_parameter_is_named():
    assert set(params()) == set(PARAMS)


def test_the_same_seed_gives_the_same_market_and_another_seed_another():
    until = START + 20 * SECOND
    first, same, other = (market(seed=seed).run_to(until) for seed in (1, 1, 2))
    assert first.tobytes() == same.tobytes()
    assert first[:1000].tobytes() != other[:1000].tobytes()


def test_an_instrument_does_not_depend_on_its_neighbours():
    until = START + 5 * SECOND
    alone = market(params(3)).run_to(until)
    both = market(params(2, fair_ticks=500.0), params(3)).run_to(until)
    assert both[both["instrument_id"] == 3].tobytes() == alone.tobytes()


inputs = st.lists(
    st.tuples(
        st.integers(0, 3 * SECOND),
        st.sampled_from([Kind.NEW, Kind.NEW, Kind.NEW, Kind.CANCEL, Kind.REPLACE, Kind.CANCEL_ALL]),
        st.sampled_from([Side.BID, Side.ASK]),
        st.integers(-15, 15),
        st.integers(1, 2000),
        st.integers(1, 8),
        st.integers(0, 1),
    ),
    max_size=30,
)


def input_events(rows):
    events = [
        order(
            START + at,
            order_id,
            side,
            10_000 + offset,
            quantity,
            kind=kind,
            instrument_id=INSTRUMENT_ALL if kind == Kind.CANCEL_ALL else instrument,
        )
        for at, kind, side, offset, quantity, order_id, instrument in sorted(rows)
    ]
    return np.concatenate(events) if events else np.empty(0, dtype=EVENT)


def run_in_pieces(engine, events, until, steps, room):
    """As a process would: each turn with its inputs, and little room for the output."""
    buffer, parts, done = EventBuffer(room), [], 0
    for step in [*sorted(steps), until - START]:
        turn = START + step
        ready = int(np.searchsorted(events["recv_ns"], turn, side="right"))
        while True:
            n = max(ready - done, 0)
            written, consumed = engine.advance(
                turn, events_pointer(events) + done, n, buffer.cdata, room
            )
            done += consumed
            parts.append(buffer.array[:written].copy())
            if engine.now >= turn:
                break
    assert done == len(events)
    return np.concatenate(parts)


@settings(max_examples=40, deadline=None)
@given(
    inputs,
    st.lists(st.integers(0, 3 * SECOND), max_size=20),
    st.integers(1, 50),
    st.sampled_from([0, 1, 200_000, SECOND // 2]),
    st.integers(1, 5),
)
def test_the_output_does_not_depend_on_how_the_calls_are_cut(rows, steps, room, latency, pending):
    events, until = input_events(rows), START + 4 * SECOND
    fields = {"latency_in_ns": latency, "pending": 4096}
    pair = params(0), params(1, takes_per_s=10.0)
    whole = market(*pair, **fields).run_to(until, events)
    pieces = run_in_pieces(market(*pair, **fields), events, until, steps, room)
    assert pieces.tobytes() == whole.tobytes()
    few = market(*pair, **fields | {"pending": pending}).run_to(until, events)
    assert few.tobytes() == whole.tobytes()


def test_it_stays_two_sided_and_uncrossed_and_its_feed_adds_up():
    engine = market()
    seen = {Side.BID: {}, Side.ASK: {}}
    sequence = 0
    for second in range(60):
        out = engine.run_to(START + second * SECOND)
        assert (out["recv_ns"] == out["venue_ns"]).all()
        assert (np.diff(out["recv_ns"]) >= 0).all()
        for row in out[np.isin(out["kind"], [Kind.DEPTH, Kind.TRADE])]:
            sequence += 1
            assert row["aux"] == sequence
            if row["kind"] == Kind.DEPTH:
                seen[row["side"]][int(row["price"])] = int(row["quantity"])
            if row["flags"] & Flag.LAST:
                bids = [p for p, q in seen[Side.BID].items() if q]
                asks = [p for p, q in seen[Side.ASK].items() if q]
                assert not bids or not asks or max(bids) < min(asks)
        engine.engines[0].check()
        top = engine.engines[0].top()
        assert top.bid_quantity > 0 and top.ask_quantity > 0
        assert min(len(engine.engines[0].depth(side, 100)) for side in (1, 2)) > 10
    for side, levels in seen.items():
        assert dict(engine.engines[0].depth(side, 5000).tolist()) == {
            p: q for p, q in levels.items() if q
        }


def test_the_traders_reports_stay_inside_and_nothing_else_does():
    out = market().run_to(START + 5 * SECOND)
    assert set(out["kind"].tolist()) == {Kind.DEPTH, Kind.TRADE}
    assert set(out["source"].tolist()) == {Source.EXCHANGE}


def test_rates_are_the_configured_ones():
    engine, seconds = market(), 600
    out = engine.run_to(START + seconds * SECOND)
    stats = engine.stats(0)
    for counted, rate in (
        (stats.limits, 100.0),
        (stats.takes, 3.0),
        (stats.informed_looks, 5.0),
        (stats.jumps, 0.05),
    ):
        expected = rate * seconds
        assert abs(counted - expected) < 5 * expected**0.5
    placed, fillers = stats.limits, stats.fillers
    depth = out[out["kind"] == Kind.DEPTH]
    operations = placed + fillers + stats.cancels
    assert len(depth) >= operations
    assert stats.live == engine.engines[0].order_count
    assert placed + fillers - stats.cancels >= stats.live


def test_the_book_is_full_from_the_first_nanosecond():
    engine = market()
    engine.run_to(START)
    assert engine.stats(0).fillers == engine.stats(0).live > 100
    later = market()
    later.run_to(START + 120 * SECOND)
    assert 0.4 < later.stats(0).live / engine.stats(0).live < 1.6


def test_passive_fills_lose_when_the_fair_value_moves_and_not_when_it_does_not():
    def markout(**changes):
        """Mean over trades of what the maker is ahead of the mid two seconds later, in ticks."""
        engine = market(params(takes_per_s=0.0, **changes))
        trades, mids = [], []
        for step in range(600):
            out = engine.run_to(START + step * SECOND // 2)
            top = engine.engines[0].top()
            mids.append((top.bid_price + top.ask_price) / 2)
            for trade in out[out["kind"] == Kind.TRADE]:
                sign = -1 if trade["side"] == Side.BID else 1
                trades.append((step, sign, int(trade["price"])))
        late = [(s, sign, p) for s, sign, p in trades if s + 4 < len(mids)]
        return [sign * (mids[s + 4] - p) for s, sign, p in late]

    moved = markout(volatility_per_sqrt_s=4e-4)
    assert len(moved) > 100
    assert np.mean(moved) < -1
    assert markout(volatility_per_sqrt_s=0.0, jumps_per_s=0.0) == []


def test_a_snapshot_continues_with_the_feed():
    engine = market()
    out = engine.run_to(START + SECOND)
    snapshot = engine.snapshot(0, 123)
    assert snapshot["kind"][[0, -1]].tolist() == [Kind.BOOK_BEGIN, Kind.BOOK_END]
    assert (snapshot["aux"] == out["aux"].max()).all()
    assert (snapshot["recv_ns"] == 123).all()


def test_a_snapshot_waits_until_the_feed_before_it_is_out():
    engine, buffer = market(), EventBuffer(1)
    none = ffi.NULL
    while engine.advance(START + SECOND, none, 0, buffer.cdata, 1)[0] and engine.now < START:
        pass
    for _ in range(200):
        engine.advance(START + SECOND, none, 0, buffer.cdata, 1)
        try:
            engine.snapshot(0, 0)
        except NativeError:
            return
    raise AssertionError("no operation left more than one record behind")


def test_what_stood_in_its_memory_before_is_nothing_to_a_market():
    engine, again = market(), market()
    again.memory[:] = b"\xa5" * len(again.memory)
    config = market_config(seed=1, start_ns=START, instruments=1, pending=4096)
    rows = market_rows([params()])
    assert lib.pmm_market_init(again._memory, len(again.memory) - 1, config, rows) < 0
    assert lib.pmm_market_init(again._memory + 8, len(again.memory), config, rows) < 0
    assert lib.pmm_market_init(again._memory, len(again.memory), config, rows) == 0
    until = START + SECOND
    assert again.run_to(until).tobytes() == engine.run_to(until).tobytes()


def test_a_market_may_be_made_before_it_is_known_when_it_begins():
    until = START + SECOND
    pair = params(2), params(0, fair_step_ns=30_000_000)
    for made in (0, START + SECOND, START - 1):
        later = Market(pair, 1, made)
        assert lib.pmm_market_begin(later.cdata, START) == 0
        whole = market(*pair)
        assert (later.now, later.next_ns) == (whole.now, whole.next_ns)
        assert later.run_to(until).tobytes() == whole.run_to(until).tobytes()
        assert bytes(later.memory) == bytes(whole.memory)
    for never in (-1, 2**61):
        assert lib.pmm_market_begin(market().cdata, never) == lib.PMM_ERR_ARGUMENT
    assert lib.pmm_market_begin(ffi.NULL, START) == lib.PMM_ERR_ARGUMENT


def test_pieces_of_a_book_are_asked_for_by_the_instruments_id():
    ids = (MOST - 1, 3, MOST // 2)
    engine, buffer = market(*(params(i) for i in ids), number=1), EventBuffer(4096)
    engine.run_to(START + SECOND)
    for index, instrument in enumerate(ids):
        place = ffi.new("struct pmm_place *")
        arguments = engine.cdata, instrument, 123, place, buffer.cdata
        rows = []
        for room in (1, 7, 2, 4000):
            buffer.array["source"] = 77
            written = lib.pmm_market_part(*arguments, room)
            rows.append(buffer.array[:written].copy())
            assert (buffer.array["source"][written:] == 77).all()
        assert np.concatenate(rows).tobytes() == engine.snapshot(index, 123).tobytes()
    for stranger in (0, MOST, 2**32 - 1):
        place = ffi.new("struct pmm_place *")
        code = lib.pmm_market_part(engine.cdata, stranger, 123, place, buffer.cdata, 9)
        assert code == lib.PMM_ERR_ARGUMENT


def test_now_and_next_say_how_far_it_is():
    engine = market()
    assert engine.now == START - 1
    engine.run_to(START + SECOND)
    assert engine.now == START + SECOND
    assert START + SECOND < engine.next_ns <= START + SECOND + 50_000_000


def test_a_copy_of_the_bytes_is_a_copy_of_the_market():
    engine, copy = market(), market(seed=9)
    engine.run_to(START + SECOND)
    ffi.buffer(copy._memory)[:] = ffi.buffer(engine._memory)[:]
    until = START + 3 * SECOND
    assert copy.run_to(until).tobytes() == engine.run_to(until).tobytes()


@pytest.mark.parametrize(
    "changes",
    [
        {"fair_ticks": 0.0},
        {"fair_ticks": float("nan")},
        {"limits_per_s": -1.0},
        {"cancel_far_per_s": 0.0},
        {"distance_exponent": 1.0},
        {"touch_fraction": 1.5},
        {"fair_step_ns": 0},
        {"orders": 0},
        {"window": 5000},
        {"floor_orders": 2000},
    ],
)
def test_parameters_out_of_range_are_refused(changes):
    with pytest.raises(ValueError, match="out of its range"):
        market(params(**changes))


@pytest.mark.parametrize(
    "ids", [(1, 1), (MOST,), (2**32 - 1,), range(MOST + 1)], ids=["twice", "beyond", "all", "many"]
)
def test_instruments_that_a_session_cannot_have_are_refused(ids):
    with pytest.raises(ValueError, match="out of its range"):
        market(*(params(i) for i in ids))


SMALL = {"orders": 64, "far_levels": 64, "floor_orders": 2, "limits_per_s": 20.0}


@pytest.mark.parametrize(
    "ids", [range(MOST), range(MOST // 2, MOST), (9, 3, 40, 0, 17)], ids=["all", "upper", "some"]
)
def test_any_number_of_instruments_trade_as_each_would_alone(ids):
    until = START + 2 * SECOND
    rows = [params(i, **SMALL) for i in ids]
    out = market(*rows).run_to(until)
    assert (np.diff(out["recv_ns"]) >= 0).all()
    assert set(out["instrument_id"].tolist()) == set(ids)
    for row in (rows[0], rows[1], rows[-2], rows[-1]):
        mine = out[out["instrument_id"] == row["instrument_id"]]
        assert mine.tobytes() == market(row).run_to(until).tobytes()


def test_of_two_events_at_one_time_that_of_the_earlier_instrument_is_first():
    # Each fills its book at the first nanosecond.
    for ids in ((5, 2, 7), (0, 1, 2, 3, 4)):
        filled = market(*(params(i) for i in ids)).run_to(START)
        seen = filled["instrument_id"][filled["recv_ns"] == START]
        assert list(dict.fromkeys(seen.tolist())) == list(ids)
        assert (np.diff([ids.index(i) for i in seen]) >= 0).all()


def test_each_instrument_needs_as_much_memory_as_any_other_and_the_largest_room_for_results():
    def size(*rows):
        fields = {"seed": 1, "instruments": len(rows), "pending": 1}
        return lib.pmm_market_memsize(market_config(**fields), market_rows(rows))

    alike = [size(*(params(i) for i in range(n))) for n in (1, 2, 3, MOST)]
    each = alike[1] - alike[0]
    assert [alike[2] - alike[0], alike[3] - alike[0]] == [2 * each, (MOST - 1) * each]
    small, large = params(0, orders=64), params(1, orders=2048)
    assert size(small, large) == size(large, small) < size(small) + size(large)
    assert size(large) - size(small) > (2048 - 64) * 4 * EVENT.itemsize


def test_a_market_is_made_of_the_last_value_of_each_range_and_of_no_other():
    def size(**changes):
        fields = {"seed": 1, "instruments": 1, "pending": 1, "start_ns": START} | changes
        return lib.pmm_market_memsize(market_config(**fields), market_rows([params()]))

    most = {
        "pending": lib.PMM_MARKET_PENDING_MAX,
        "start_ns": (2**63 - 1) // 4,
        "latency_in_ns": (2**63 - 1) // 4,
        "number": 31,
    }
    for name, last in most.items():
        assert size(**{name: last}) and not size(**{name: last + 1}), name


def test_what_a_market_is_asked_for_is_one_of_its_instruments():
    engine = market(params(4), params(2))
    assert [engine.stats(i).live > 0 for i in (0, 1)] == [False, False]
    engine.run_to(START + SECOND)
    for i in (0, 1):
        top = engine.engines[i].top()
        assert abs(engine.stats(i).fair_ticks - (top.bid_price + top.ask_price) / 2) < 50
        assert engine.snapshot(i, 1)["instrument_id"][0] == (4, 2)[i]
    stats = ffi.new("struct pmm_market_stats *")
    room = EventBuffer(8)
    assert lib.pmm_market_get_stats(engine.cdata, 2, stats) == lib.PMM_ERR_ARGUMENT
    assert lib.pmm_market_snapshot(engine.cdata, 2, 1, room.cdata, 8) == lib.PMM_ERR_ARGUMENT
    assert lib.pmm_market_engine(engine.cdata, 2) == ffi.NULL


def test_a_call_without_what_it_needs_is_refused():
    engine, rows, taken = market(), EventBuffer(2), ffi.new("size_t *")
    call = {"market": engine.cdata, "until": START, "in": rows.cdata, "n": 1}
    call |= {"taken": taken, "out": rows.cdata, "max": 1}
    for name in ("market", "in", "taken", "out"):
        wrong = (call | {name: ffi.NULL}).values()
        assert lib.pmm_market_advance(*wrong) == lib.PMM_ERR_ARGUMENT, name
    nothing = call | {"in": ffi.NULL, "n": 0, "out": ffi.NULL, "max": 0}
    assert lib.pmm_market_advance(*nothing.values()) == 0


def test_market_data_says_of_which_exchange_it_is():
    engine = market(number=3)
    rows = np.concatenate([engine.run_to(START + SECOND), engine.snapshot(0, 1)])
    assert set(rows["source"].tolist()) == {Source.EXCHANGE | 3 << 8}
    with pytest.raises(ValueError, match="out of its range"):
        market(number=32)
