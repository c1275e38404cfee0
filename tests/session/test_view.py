"""What the terminal shows of a session, from real segments."""

import io

import pytest
from rich.console import Console

from pinnacle.core.bell import Bell
from pinnacle.core.market_state import ConnectionState, MarketState
from pinnacle.core.notices import Level
from pinnacle.core.paths import ROLES
from pinnacle.core.schema import Reason
from pinnacle.core.segment import Mode
from pinnacle.runtime.observer import Observer
from pinnacle.session.view import LiveView
from tests.segments import Segments

ADDRESS = "http://127.0.0.1:8740/"


@pytest.fixture
def segments(tmp_path):
    made = Segments(tmp_path, owned=tuple(role for role in ROLES if role != "gateway"))
    yield made
    made.close()


@pytest.fixture
def observer(segments):
    opened = Observer(segments.paths)
    yield opened
    opened.close()


def shown(observer, remaining_s=90.0, updates=1, **console):
    """What a view wrote: to a file, or to a terminal with force_terminal."""
    written = io.StringIO()
    with LiveView(observer, ADDRESS, Console(file=written, width=140, **console)) as view:
        for _ in range(updates):
            view.update(remaining_s)
    return written.getvalue()


def test_without_a_terminal_there_is_a_line_for_each_instrument_and_one_for_the_processes(
    segments, observer
):
    segments.fill_all()
    bitcoin, ether, processes = shown(observer).splitlines()
    assert bitcoin == (
        "BTC-USD: market 10000.00 / 10000.03, quotes 9999.90 / 10000.03, position 2.500, "
        "P&L +10.00, fills 5/4, open orders 2, refused 3"
    )
    assert ether.startswith("ETH-USD: market 2000.00 / 2000.01, quotes - / -, position -0.100")
    assert processes.startswith(
        "demo: 90 s left, NOT READY: gateway absent, tick to order us: p50 "
    )
    assert "of 4, exchange=ready feed=ready" in processes
    assert "gateway=absent" in processes
    assert "HALTED" not in processes


def show_venue(segments, **more):
    now_ns = segments.control.now_ns()
    state = MarketState(ConnectionState.SNAPSHOT, Reason.SEQUENCE_GAP, now_ns, now_ns, 500, 1)
    shown = {f"market.{name}": value for name, value in state._asdict().items()}
    segments.ready()
    segments.count("feed", **(shown | {"market.gaps": 7, "market.resyncs": 6} | more))


def test_each_venue_has_a_line_of_how_it_stands(segments, observer):
    show_venue(segments)
    (line,) = (line for line in shown(observer).splitlines() if line.startswith("simulated:"))
    assert line.startswith("simulated: snapshot (sequence gap) for ")
    for text in ("0 messages/s", "gaps 7", "resyncs 6", "checksum failures 0"):
        assert text in line
    assert line.endswith("clock ahead -, stamp to record p50 - p99 -")


def test_a_clock_and_the_latency_by_it_are_shown_once_they_are_known(segments, observer):
    segments.counters["feed"].histogram("venue_to_record").record(5_000_000)
    show_venue(segments, clock_ahead_ns=-1_500_000, clock_error_ns=20_000_000)
    assert "clock ahead -1.5 ± 20.0 ms, stamp to record p50 5" in shown(observer)


def test_a_terminal_has_a_table_of_venues_that_gets_narrower_with_it(segments, observer):
    show_venue(segments)
    wide = shown(observer, force_terminal=True)
    for text in ("snapshot (sequence gap)", "resyncs", "clock ahead", "stamp to record", "p99"):
        assert text in wide, text
    written = io.StringIO()
    console = Console(file=written, width=70, force_terminal=True)
    with LiveView(observer, ADDRESS, console) as view:
        view.update(None)
    assert "snapshot (sequence gap)" in written.getvalue() and "…" not in written.getvalue()


def test_lines_come_every_few_seconds_however_often_it_is_called(segments, observer):
    segments.fill_all()
    assert len(shown(observer, updates=50).splitlines()) == 3


def test_an_unusable_book_and_a_halt_are_said(segments, observer):
    segments.ready()
    segments.control.kill(Reason.PEER_LOST)
    bitcoin, _, processes = shown(observer, None).splitlines()
    assert bitcoin.startswith("BTC-USD: market - / - (starting), quotes - / -")
    assert processes.startswith("demo: until stopped, HALTED: peer lost, tick to order: no order")


def test_a_terminal_gets_a_screen_with_everything(segments, observer):
    segments.fill_all()
    screen = shown(observer, 200.0, force_terminal=True)
    for text in (
        "demo",
        "3 min 20 s left",
        ADDRESS,
        "NOT READY: gateway absent",
        "BTC-USD",
        "10000.03",
        "+10.00",
        "5/4",
        "p99.9",
        "gateway",
        "absent",
    ):
        assert text in screen, text


def test_a_halt_is_on_the_screen(segments, observer):
    segments.control.kill(Reason.OPERATOR)
    assert "HALTED: operator" in shown(observer, force_terminal=True)


def test_a_narrow_terminal_still_shows_every_figure_whole(segments, observer):
    segments.fill_all()
    written = io.StringIO()
    console = Console(file=written, width=80, force_terminal=True)
    with LiveView(observer, ADDRESS, console) as view:
        view.update(None)
    for text in ("BTC-USD", "10000.00", "10000.03", "9999.90", "+10.00", "-0.100", "-0.75"):
        assert text in written.getvalue(), text
    assert "…" not in written.getvalue()


def test_a_very_narrow_terminal_leaves_out_columns_and_never_a_symbol_or_half_a_price(
    segments, observer
):
    segments.fill_all()
    for width in (60, 40):
        written = io.StringIO()
        console = Console(file=written, width=width, force_terminal=True)
        with LiveView(observer, ADDRESS, console) as view:
            view.update(None)
        for text in ("BTC-USD", "ETH-USD", "10000.00", "10000.03", "2000.01", "gateway"):
            assert text in written.getvalue(), (width, text)
        assert "…" not in written.getvalue()
    assert "refused" not in written.getvalue()


def test_a_terminal_that_cannot_move_its_cursor_gets_lines(segments, observer, monkeypatch):
    monkeypatch.setenv("TERM", "dumb")
    segments.fill_all()
    bitcoin, ether, processes = shown(observer, force_terminal=True).splitlines()
    assert bitcoin.startswith("BTC-USD: market 10000.00 / 10000.03")
    assert ether.startswith("ETH-USD: ") and processes.startswith("demo: ")


@pytest.mark.parametrize("kind", [{}, {"force_terminal": True}], ids=["lines", "screen"])
def test_warnings_and_errors_are_told_once_and_stay(segments, observer, kind):
    segments.fill_all()
    segments.tell("feed", Level.WARNING, "binance: [SSL] certificate has expired")
    segments.tell("strategy", Level.ERROR, "ended: KeyError: 'x' (mine.py, line 7, in on_book)")
    written = io.StringIO()
    with LiveView(observer, ADDRESS, Console(file=written, width=140, **kind)) as view:
        for _ in range(30):
            view.update(None)
            view.tell()
        segments.tell("gateway", Level.WARNING, "in the last moment")
    text = written.getvalue()
    assert text.count("warning: feed: binance: [SSL] certificate has expired") == 1
    assert text.count("error: strategy: ended: KeyError: 'x' (mine.py, line 7, in on_book)") == 1
    assert text.count("warning: gateway: in the last moment") == 1


def test_a_session_that_is_fit_says_so(segments, observer):
    with Bell(segments.paths.process("gateway"), Mode.OWN) as gateway:
        segments.bells["gateway"] = gateway
        segments.fill_all()
        assert "trading allowed" in shown(observer, force_terminal=True)


def test_quotes_of_a_silent_strategy_are_not_shown_as_if_it_wanted_them(segments, observer):
    segments.fill_all()
    segments.silence("strategy")
    bitcoin, _, processes = shown(observer).splitlines()
    assert "quotes - / -" in bitcoin
    assert "strategy=hung" in processes
    assert "NOT READY: strategy hung: silent for " in processes
