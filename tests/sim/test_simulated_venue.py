"""The simulated venue by the log's clock: what a pause of its process does, and does not, to it."""

import pytest

from pinnacle.core._native import ffi, lib
from pinnacle.core.errors import NativeError
from pinnacle.core.outlet import Outlet
from pinnacle.core.ring import RingReader, create_ring
from pinnacle.core.schema import EventBuffer, Kind, Reason, Side, Source, Venue
from pinnacle.sim.market import market_config, market_rows
from pinnacle.sim.simulated_venue import GAP_MAX_NS, SimulatedVenue
from tests.records import event, run
from tests.sim.simulated_market import params
from tests.sim.venue_log import LATENCY_NS, MS, SECOND, Log

MOST = lib.PMM_INSTRUMENTS_MAX
#: By the gateways of two exchanges: order id and source.
ORDERS = [(1, Source.GATEWAY | 1 << 8), (2, Source.GATEWAY | 2 << 8)]
HOUR, YEARS = 3600 * SECOND, 56 * 365 * 24 * 3600 * SECOND


@pytest.mark.parametrize("gap_ns", [2 * SECOND, HOUR, YEARS], ids=["2 s", "an hour", "since 1970"])
def test_a_pause_of_any_length_is_one_second_of_market_and_no_more(gap_ns):
    log = Log()
    log.turns(2 * SECOND)
    before = log.now
    _, in_a_second = log.turns(SECOND)
    log.now += gap_ns
    _, market = log.turn()
    assert 0 < len(market) < 3 * in_a_second
    assert log.venue.skipped_ns == gap_ns - GAP_MAX_NS
    # As many records as ever, and of a virtual time that goes on where it stood.
    _, after = log.turns(SECOND)
    assert in_a_second / 3 < after < 3 * in_a_second
    assert int(market["venue_ns"].max()) <= before + 2 * SECOND


def test_what_is_shorter_than_the_bound_is_lived_through():
    log = Log()
    log.turns(SECOND)
    log.now += GAP_MAX_NS
    log.turn()
    assert log.venue.skipped_ns == 0


def test_an_order_after_a_pause_is_acknowledged_as_soon_as_one_before_it():
    log = Log()
    log.turns(100 * MS)
    for order_id, gap_ns in ((1, 0), (2, HOUR), (3, 2 * HOUR)):
        log.now += gap_ns
        log.turn()
        sent = log.now
        reports, _ = log.turn(log.order(order_id))
        while not len(reports):
            log.now += LATENCY_NS // 4
            reports, _ = log.turn()
        assert [Kind(kind) for kind in reports["kind"]] == [Kind.ACK]
        assert log.now - sent == 2 * LATENCY_NS


def test_an_order_that_waited_through_the_pause_acts_behind_it():
    log = Log()
    log.turns(100 * MS)
    order = log.order(1)
    log.now += HOUR
    reports, _ = log.turn(order)
    assert [Kind(kind) for kind in reports["kind"]] == [Kind.ACK]


def test_a_venue_that_is_thawed_behind_a_pause_goes_on_as_the_one_that_was_frozen():
    log, other = Log(), Log()
    log.turns(100 * MS)
    log.now += HOUR
    log.turn()
    assert other.venue.thaw([bytes(piece) for piece in log.venue.freeze()])
    other.now = log.now
    assert other.venue.skipped_ns == log.venue.skipped_ns > 0
    for _ in range(200):
        log.now += MS
        other.now = log.now
        for mine, theirs in zip(
            log.turn(log.order(log.now)), other.turn(other.order(other.now)), strict=True
        ):
            assert mine.tobytes() == theirs.tobytes()


def test_a_clock_that_goes_back_stops_nothing_for_longer_than_it_is_back():
    """The log's clock is the latest stamp: the stage bounds its leaps (csrc/turn/stage.h)."""
    log = Log()
    log.turns(100 * MS)
    log.now -= 50 * MS
    _, market = log.turn()
    assert len(market) == 0
    assert log.turns(SECOND)[1] > 0


def test_the_books_are_sent_with_the_time_of_the_market(tmp_path):
    log = Log()
    log.now += HOUR
    log.turn()
    create_ring(tmp_path / "ring", 4096, "venue")
    outlet = Outlet(tmp_path / "ring", None, [0], Source.EXCHANGE, Venue.SIMULATED)
    with RingReader(tmp_path / "ring") as reader:
        log.venue.resync(outlet)
        out = EventBuffer(4096)
        book = out.array[: reader.take(out.cdata, 4096)]
    assert [Kind(k) for k in book["kind"][[0, 1, -1]]] == [
        Kind.BOOK_INVALID,
        Kind.BOOK_BEGIN,
        Kind.BOOK_END,
    ]
    assert set(book["venue_ns"][1:].tolist()) == {log.now - log.venue.skipped_ns - LATENCY_NS}


def venue_of(*rows, way_in=LATENCY_NS, way_out=LATENCY_NS, **fields):
    return SimulatedVenue(rows or (params(),), 1, way_in, way_out, **fields)


@pytest.mark.parametrize(
    "fields",
    [
        {"way_in": -1},
        {"way_out": -1},
        {"way_in": 2**61},
        {"way_out": 2**61},
        {"pending": 0},
        {"pending": 2**20 + 1},
        {"number": 32},
    ],
)
def test_what_no_venue_can_be_made_of_is_refused(fields):
    with pytest.raises(ValueError, match="out of its range"):
        venue_of(**fields)
    venue_of(way_in=2**61 - 1, way_out=2**61 - 1, pending=1, number=31)
    with pytest.raises(ValueError, match="out of its range"):
        venue_of(params(1), params(1))


def test_a_venue_of_a_second_exchange_serves_its_gateway_and_cancels_for_no_other():
    venue = venue_of(params(70 % MOST), params(9), number=1)
    mine, other = Source.GATEWAY | 1 << 8, Source.GATEWAY | 2 << 8
    now = SECOND
    assert venue.simulation is None
    run(venue.decided, event(Kind.TIMER, recv_ns=now))
    assert set(venue.market["source"].tolist()) <= {Source.EXCHANGE | 1 << 8}
    resting = {"side": Side.BID, "price": 9_000, "quantity": 1, "instrument_id": 9}
    rows = [event(Kind.NEW, order_id=i, recv_ns=now, source=s, **resting) for i, s in ORDERS]
    now += 2 * LATENCY_NS
    reports = run(venue.decided, *rows, event(Kind.TIMER, recv_ns=now))
    assert reports["order_id"].tolist() == [1, 2]
    assert reports["source"].tolist() == [mine, other]
    for lost in (Source.FEED, Source.GATEWAY, mine):
        gone = event(Kind.PEER_LOST, aux=int(lost), recv_ns=now)
        now += 2 * LATENCY_NS
        reports = run(venue.decided, gone, event(Kind.TIMER, recv_ns=now))
        assert reports["order_id"].tolist() == ([1] if lost == mine else [])
    assert (reports["reason"] == Reason.CANCEL_ON_DISCONNECT).all()
    assert set(venue.market["source"].tolist()) <= {Source.EXCHANGE | 1 << 8}
    engine = venue.simulation.engines[1]
    assert [len(engine.orders(source)) for source in (mine, other)] == [0, 1]


def test_orders_of_one_turn_act_in_the_order_of_their_sending_and_those_of_two_turns_do_not():
    venue = venue_of(params(), way_in=10 * MS, way_out=0)
    now = SECOND
    run(venue.decided, event(Kind.TIMER, recv_ns=now))
    resting = {"side": Side.BID, "price": 9_000, "quantity": 1, "source": Source.GATEWAY}
    for first, ids in ((5, (3, 1, 2)), (0, (6, 4, 5))):
        at = now + first * MS
        rows = [event(Kind.NEW, order_id=i, recv_ns=at + i, **resting) for i in ids]
        run(venue.decided, *rows, event(Kind.TIMER, recv_ns=now + 6 * MS))
    reports = run(venue.decided, event(Kind.TIMER, recv_ns=now + 60 * MS))
    assert reports["order_id"].tolist() == [1, 2, 3, 4, 5, 6]


def test_a_venue_with_room_for_one_order_takes_one_after_the_other():
    wide, narrow = venue_of(pending=64), venue_of(pending=1)
    resting = {"side": Side.BID, "price": 9_000, "quantity": 1, "source": Source.GATEWAY}
    now = SECOND
    for turn in range(4):
        rows = [event(Kind.NEW, order_id=3 * turn + i, recv_ns=now, **resting) for i in (1, 2, 3)]
        for venue in (wide, narrow):
            run(venue.decided, *rows, event(Kind.TIMER, recv_ns=now))
        now += 2 * LATENCY_NS
    for venue in (wide, narrow):
        run(venue.decided, event(Kind.TIMER, recv_ns=now))
        engine = venue.simulation.engines[0]
        assert sorted(engine.orders(Source.GATEWAY)["order_id"].tolist()) == list(range(1, 13))
        engine.check()


def test_what_stood_in_its_memory_before_is_nothing_to_a_venue():
    venue, again = venue_of(), venue_of()
    config = market_config(seed=1, latency_in_ns=LATENCY_NS, instruments=1, pending=4096)
    rows, size = market_rows([params()]), len(again.memory)
    again.memory[:] = b"\xa5" * size
    init = lib.pmm_simulated_venue_init
    assert init(again._memory, size - 1, config, rows, LATENCY_NS) < 0
    assert init(again._memory + 8, size, config, rows, LATENCY_NS) < 0
    assert init(again._memory, size, config, rows, LATENCY_NS) == 0
    assert again.simulation is None and again.skipped_ns == 0
    for at in (SECOND, 2 * SECOND):
        timer = event(Kind.TIMER, recv_ns=at)
        assert run(again.decided, timer).tobytes() == run(venue.decided, timer).tobytes()
        assert again.market.tobytes() == venue.market.tobytes()


def test_a_log_that_no_market_can_begin_with_is_refused():
    venue = venue_of()
    for at in (LATENCY_NS - 1, 2**62):
        with pytest.raises(NativeError):
            run(venue.decided, event(Kind.TIMER, recv_ns=at))
    run(venue.decided, event(Kind.TIMER, recv_ns=LATENCY_NS))
    assert venue.simulation.now == 0
    records, taken = EventBuffer(1), ffi.new("size_t *")
    call = {"venue": venue._venue, "in": records.cdata, "n": 1, "out": records.cdata, "max": 1}
    call["taken"] = taken
    for name in ("venue", "in", "out", "taken"):
        wrong = (call | {name: ffi.NULL}).values()
        assert lib.pmm_simulated_venue_run(*wrong) == lib.PMM_ERR_ARGUMENT, name


def test_a_venue_begins_with_its_log_whatever_its_market_was_told_of_a_beginning():
    rows, sizes = market_rows([params()]), []
    for start_ns in (0, -1, 2**62):
        config = market_config(seed=1, instruments=1, pending=64, start_ns=start_ns)
        sizes.append(lib.pmm_simulated_venue_memsize(config, rows, 0))
    assert sizes[0] > 0 and len(set(sizes)) == 1


def test_a_refused_log_is_not_taken():
    venue, records, taken = venue_of(), EventBuffer(1), ffi.new("size_t *", 7)
    call = (venue._venue, records.cdata, 1, records.cdata, 1, taken)
    assert lib.pmm_simulated_venue_run(*call) == lib.PMM_ERR_ARGUMENT
    assert taken[0] == 0


def test_a_market_of_the_very_first_moment_has_reached_it():
    venue = venue_of(way_out=0)
    run(venue.decided, event(Kind.TIMER, recv_ns=0))
    assert venue.simulation.now == 0


def test_a_turn_may_be_of_more_events_than_one_call_of_the_market_takes():
    events = 2 * lib.PMM_MARKET_STEPS_MAX
    busy = params(fair_step_ns=1_000)
    by_ms, at_once = venue_of(busy, way_out=0), venue_of(busy, way_out=0)
    markets = {by_ms: [], at_once: []}
    for venue, step in ((by_ms, 1), (at_once, events // 1_000)):
        for ms in range(0, events // 1_000 + 1, step):
            run(venue.decided, event(Kind.TIMER, recv_ns=SECOND + ms * MS))
            markets[venue].append(venue.market.tobytes())
    assert len(markets[at_once]) == 2
    assert b"".join(markets[at_once]) == b"".join(markets[by_ms])
