"""What the terminal shows of a session, from real segments."""

import io

import pytest
from rich.console import Console

from pinnacle.core.observer import Observer
from pinnacle.core.paths import ROLES
from pinnacle.core.schema import Reason
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
    assert processes.startswith("demo: 90 s left, tick to order us: p50 ")
    assert "of 4, exchange=ready feed=ready" in processes
    assert "gateway=absent" in processes
    assert "HALTED" not in processes


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
        "trading allowed",
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
