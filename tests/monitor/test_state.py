"""The state document, from real segments and a real journal."""

import msgspec
import numpy as np
import pytest

from pinnacle.core.counters import BUCKET_FLOORS
from pinnacle.core.listings import Listed, Listing, ListingTable
from pinnacle.core.market_state import ConnectionState, MarketState
from pinnacle.core.notices import Level
from pinnacle.core.paths import ROLES
from pinnacle.core.schema import Flag, Kind, Reason, Side
from pinnacle.core.segment import Mode
from pinnacle.monitor.document import coarse, common_currency, symbol_currencies
from pinnacle.monitor.state import State
from pinnacle.monitor.tail import FILLS_KEPT
from pinnacle.runtime.observer import Observer
from tests.records import batch, book_of, event
from tests.segments import FILL_NS, MONEY, Segments


@pytest.fixture
def segments(tmp_path):
    made = Segments(tmp_path)
    yield made
    made.close()


@pytest.fixture
def state(segments):
    observer = Observer(segments.paths)
    yield State(observer, history_s=20)
    observer.close()


def document(state):
    return msgspec.json.decode(state.sample().body)


def test_a_session_that_has_not_begun_is_shown_as_it_is(state):
    seen = document(state)
    assert seen["session"] == "demo" and seen["venue"] == "simulated"
    assert not seen["ready"]
    assert not seen["kill"]["set"]
    assert [row["book"]["valid"] for row in seen["instruments"]] == [False, False]
    assert seen["latency"] == {
        "count": 0, "p50_us": 0, "p99_us": 0, "p999_us": 0, "max_us": 0, "buckets": [],
    }  # fmt: skip
    assert seen["fills"] == [] and seen["journal_trouble"]
    assert seen["instruments"][0]["quotes"] == {"bid": None, "ask": None, "width": None}


def test_an_instrument_is_shown_in_decimal_text(segments, state):
    segments.fill_all()
    bitcoin, ether = document(state)["instruments"]
    assert bitcoin["book"] == {
        "valid": True,
        "reason": "",
        "bids": [["10000.00", "1.500"], ["9999.90", "0.020"]],
        "asks": [["10000.03", "0.700"]],
        "mid": "10000.015",
        "spread": "0.03",
    }
    assert bitcoin["quotes"] == {"bid": "9999.90", "ask": "10000.03", "width": "0.13"}
    assert bitcoin["position"] == "2.500"
    assert bitcoin["pnl"] == {
        "realised": "12.00000",
        "unrealised": "-3.00000",
        "fees": "-1.00000",
        "total": "10.00000",
    }
    assert bitcoin["turnover"] == "99.00000"
    assert bitcoin["open_orders"] == 2
    assert bitcoin["fills"] == {"bid": 5, "ask": 4}
    assert bitcoin["refusals"] == {"price_collar": 3}
    assert ether["position"] == "-0.100"
    assert ether["pnl"]["total"] == "-0.75000"
    assert ether["book"]["mid"] == "2000.005"


def test_a_venue_is_shown_as_its_feed_stands_with_it(segments, state):
    segments.ready()
    assert document(state)["venues"] == []
    stands = MarketState(ConnectionState.LIVE, Reason.NONE, 1, 2, 500, 1)
    shown = {f"market.{name}": value for name, value in stands._asdict().items()}
    segments.count("feed", published=9, **shown, **{"market.gaps": 7, "market.checksums_bad": 2})
    seen = document(state)
    (venue,) = seen["venues"]
    assert (venue["name"], venue["state"], venue["reason"], venue["live"]) == (
        "simulated", "live", "", True,
    )  # fmt: skip
    assert (venue["gaps"], venue["resyncs"], venue["checksum_failures"]) == (7, 0, 2)
    assert venue["clock_ahead_ms"] is venue["latency_p50_us"] is None
    assert "market.state" not in seen["feed"] and seen["feed"]["market.gaps"] == 7
    segments.counters["feed"].histogram("venue_to_record").record(2_000_000)
    known = {"clock_ahead_ns": -1_234_567, "clock_error_ns": 9_876_543}
    segments.count("feed", **known, **{"market.messages": 10**9})
    (venue,) = document(state)["venues"]
    assert (venue["clock_ahead_ms"], venue["clock_error_ms"]) == (-1.235, 9.877)
    assert 2000 <= venue["latency_p50_us"] <= venue["latency_p99_us"] < 2100
    assert venue["messages_per_s"] > 1e6 and not known.keys() & document(state)["feed"].keys()


def test_the_totals_add_up_where_there_is_one_currency(segments, state):
    segments.fill_all()
    totals = document(state)["totals"]
    assert totals["currency"] == "USD" and totals["pnl"] == "9.25000"
    assert (totals["fills"], totals["open_orders"], totals["refusals"]) == (9, 2, 3)
    assert totals["records"] == 1234


@pytest.mark.parametrize(
    ("symbols", "currency"),
    [
        (["BTC-USD", "ETH-USD"], "USD"),
        (["BTC/EUR"], "EUR"),
        (["BTC-USD", "ETH-EUR"], None),
        (["BTCUSDT", "ETHUSDT"], None),
        (["BTC-USD", "ETHUSD"], None),
        (["-USD", "-USD"], None),
    ],
)
def test_money_is_added_only_if_every_symbol_names_the_same_currency(symbols, currency):
    assert common_currency(symbol_currencies(symbol)[1] for symbol in symbols) == currency


def test_what_the_venue_says_of_its_currencies_counts_and_before_that_the_symbol(segments, state):
    segments.ready()
    before, _ = document(state)["instruments"]
    assert (before["listed"], before["base"], before["quote"]) == ("unknown", "BTC", "USD")
    with ListingTable(segments.paths.instruments, Mode.SHARED) as table:
        table.write(0, Listing(Listed.HALTED, "XBT", "USDT"))
        seen = document(state)
        after, _ = seen["instruments"]
        assert (after["listed"], after["base"], after["quote"]) == ("halted", "XBT", "USDT")
        assert seen["totals"]["currency"] is None
        table.write(1, Listing(Listed.TRADING, "ETH", "USDT"))
        assert document(state)["totals"]["currency"] == "USDT"


def test_readiness_names_each_process_that_is_not_ready(tmp_path):
    alive = tuple(role for role in ROLES if role != "gateway")
    segments = Segments(tmp_path, owned=alive)
    observer = Observer(segments.paths)
    state = State(observer, 20)
    segments.fill_all()
    assert state.sample().not_ready == {"gateway": "absent"}
    seen = {process["role"]: process for process in document(state)["processes"]}
    assert seen["gateway"]["state"] == "absent" and not seen["gateway"]["alive"]
    assert seen["risk"]["state"] == "ready" and seen["risk"]["rss_mb"] > 1
    observer.close()
    segments.close()


def test_readiness_is_to_be_fit_to_trade_and_says_why_not(segments, state):
    segments.fill_all()
    assert state.sample().not_ready == {} and document(state)["ready"]
    lost = event(Kind.BOOK_INVALID, instrument_id=1, reason=Reason.DISCONNECTED)
    segments.books[1].apply_array(batch(lost))
    assert state.sample().not_ready == {"market ETH-USD": "disconnected"}
    segments.books[0].apply_array(book_of([(1000000, 1500)], []))
    segments.control.kill(Reason.PEER_LOST)
    segments.silence("strategy")
    seen = document(state)
    assert not seen["ready"]
    why = seen["not_ready"]
    assert why.pop("strategy").startswith("hung: silent for ")
    assert why == {
        "market BTC-USD": "no asks",
        "market ETH-USD": "disconnected",
        "trading": "halted: peer lost",
    }


def test_a_hung_process_is_hung_and_its_last_wishes_are_not_shown_as_current(segments, state):
    segments.fill_all()
    assert document(state)["instruments"][0]["quotes"]["bid"] == "9999.90"
    segments.silence("strategy")
    seen = document(state)
    process = next(p for p in seen["processes"] if p["role"] == "strategy")
    assert process["state"] == "hung" and process["alive"]
    assert seen["instruments"][0]["quotes"] == {"bid": None, "ask": None, "width": None}


def test_warnings_and_errors_of_all_processes_are_shown_newest_first(segments, state):
    segments.fill_all()
    assert document(state)["notices"] == []
    segments.tell("feed", Level.WARNING, "binance: certificate has expired")
    segments.tell("supervisor", Level.ERROR, "strategy ended")
    seen = document(state)
    assert [(n["process"], n["level"], n["text"]) for n in seen["notices"]] == [
        ("supervisor", "error", "strategy ended"),
        ("feed", "warning", "binance: certificate has expired"),
    ]
    assert seen["notice_count"] == 2 and seen["lost_log_lines"] == 0
    for i in range(100):
        segments.tell("risk", Level.WARNING, f"number {i}")
    seen = document(state)
    assert seen["notice_count"] == 102
    assert len(seen["notices"]) == 50 and seen["notices"][0]["text"] == "number 99"


def test_the_kill_switch_is_shown_with_its_reason(segments, state):
    segments.control.kill(Reason.OPERATOR)
    assert document(state)["kill"] == {"set": True, "reason": "operator"}
    segments.control.clear()
    assert not document(state)["kill"]["set"]


def test_latencies_are_in_microseconds_and_their_buckets_hold_every_value(segments, state):
    segments.fill_all()
    latency = document(state)["latency"]
    assert latency["count"] == 4
    assert latency["max_us"] == 900.0
    assert 20.0 <= latency["p50_us"] <= 22.0
    assert sum(count for _, count in latency["buckets"]) == pytest.approx(4, abs=0.02)
    floors = [floor for floor, _ in latency["buckets"]]
    assert floors == sorted(floors) and floors[0] <= 20.0 < floors[1]
    assert latency["buckets"][-1][1] == 0, "the last bucket closes the one before"


def test_wide_buckets_lose_no_count_and_keep_the_order_of_magnitude():
    counts = np.arange(len(BUCKET_FLOORS), dtype=np.uint64)
    made = coarse(counts)
    assert sum(count for _, count in made) == pytest.approx(counts.sum(), abs=0.5)
    floors = [floor for floor, _ in made]
    assert floors == sorted(set(floors))
    assert coarse(np.zeros_like(counts)) == []


@pytest.mark.parametrize("bucket", [0, 1, 31, 32, 800, 831, 1151])
def test_a_value_falls_into_the_wide_buckets_around_its_own(bucket):
    counts = np.zeros(len(BUCKET_FLOORS), dtype=np.uint64)
    counts[bucket] = 7
    *held, (end_us, closing) = coarse(counts)
    assert sum(count for _, count in held) == pytest.approx(7) and closing == 0
    begin_ns = BUCKET_FLOORS[bucket]
    assert held[0][0] * 1000 <= begin_ns * 1.0001 + 1 and end_us * 1000 >= begin_ns * 0.9999


def test_fills_are_followed_newest_first(segments, state):
    segments.journal_fills(100, 3)
    fills = document(state)["fills"]
    assert [fill["price"] for fill in fills] == ["1.02", "1.01", "1.00"]
    assert fills[0] == {
        "record": 6,
        "time_ms": FILL_NS // 1_000_000,
        "symbol": "BTC-USD",
        "side": "ask",
        "price": "1.02",
        "quantity": "0.020",
        "maker": True,
    }
    segments.journal_fills(103, 1, instrument_id=1)
    newest, *older = document(state)["fills"]
    assert (newest["symbol"], newest["side"], newest["record"]) == ("ETH-USD", "bid", 9)
    assert older == fills


def test_only_the_last_fills_are_kept_over_files_of_the_journal(segments, state):
    segments.journal_fills(1, 20)
    document(state)
    segments.journal_fills(21, 60)
    fills = document(state)["fills"]
    assert len(fills) == FILLS_KEPT
    assert [fill["price"] for fill in fills] == [f"0.{n:02d}" for n in range(80, 30, -1)]


def test_a_damaged_journal_is_told_and_the_rest_still_shown(segments, state):
    segments.journal_fills(1, 40)
    segments.journal.close()
    file = segments.paths.journal("risk") / "000000.pmj"
    content = bytearray(file.read_bytes())
    content[4096 + 5 * 64] ^= 1
    file.write_bytes(content)
    seen = document(state)
    assert "000000.pmj" in seen["journal_trouble"]
    assert seen["fills"] == [] and len(seen["instruments"]) == 2


def test_a_journal_file_that_cannot_be_opened_is_told_too(segments, state):
    segments.journal_fills(1, 21)
    assert len(document(state)["fills"]) == 21
    segments.journal.append_array(event(Kind.TIMER))
    segments.journal.close()
    following = segments.paths.journal("risk") / "000001.pmj"
    following.unlink(missing_ok=True)
    following.mkdir()
    seen = document(state)
    assert "000001.pmj" in seen["journal_trouble"]
    assert len(seen["fills"]) == 21


def test_a_fill_of_an_unknown_instrument_is_passed_over(segments, state):
    segments.journal_fills(1, 1)
    segments.journal.append_array(event(Kind.FILL, instrument_id=9, price=5, quantity=1))
    assert len(document(state)["fills"]) == 1


def test_our_resting_orders_are_known_by_what_the_venue_reported(segments, state):
    segments.journal_fills(1, 1)

    def report(kind, order_id, price=0, quantity=0, side=Side.BID, flags=0, instrument_id=0):
        segments.journal.append_array(
            event(
                kind,
                order_id=order_id,
                price=price,
                quantity=quantity,
                side=side,
                flags=flags,
                instrument_id=instrument_id,
            )
        )

    def resting():
        return document(state)["instruments"][0]["resting"]

    report(Kind.ACK, 1, 999_000, 20)
    report(Kind.ACK, 2, 999_100, 20)
    report(Kind.ACK, 3, 999_100, 5)
    report(Kind.ACK, 4, 999_300, 20, Side.ASK)
    report(Kind.ACK, 5, 999_200, 20, Side.ASK)
    report(Kind.ACK, 6, 5, 5, instrument_id=1)
    report(Kind.NEW, 7, 999_000, 20)
    report(Kind.ACK, 8, 999_000, 20, flags=Flag.DECISION)
    assert resting() == {
        "bids": [["9991.00", "0.025"], ["9990.00", "0.020"]],
        "asks": [["9992.00", "0.020"], ["9993.00", "0.020"]],
    }
    report(Kind.FILL, 2, 999_100, 15)
    report(Kind.REPLACED, 2, 999_150, 30)
    report(Kind.CANCELLED, 3)
    report(Kind.FILL, 4, 999_300, 20, Side.ASK)
    report(Kind.REJECTED, 5)
    assert resting() == {"bids": [["9991.50", "0.015"], ["9990.00", "0.020"]], "asks": []}


def test_the_history_remembers_the_profit_of_each_instrument(segments, state):
    segments.fill_all()
    history = document(state)["pnl_history"]
    assert history["series"] == {"BTC-USD": [10.0], "ETH-USD": [-0.75]}
    assert len(history["time_s"]) == 1
    segments.show_position(0, realised=20 * MONEY)
    assert document(state)["pnl_history"] == history, "one point a second"


def test_the_same_state_has_the_same_tag_and_another_one_another(segments, state):
    first = state.sample()
    assert state.latest is first
    segments.fill_all()
    assert state.sample().etag != first.etag
