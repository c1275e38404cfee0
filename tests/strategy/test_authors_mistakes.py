"""A strategy author's mistakes stay his: refused or named with his line, never somebody else's."""

import re
import sys
from pathlib import Path

import numpy as np
import pytest

from pinnacle.core.errors import StrategyError
from pinnacle.core.schema import Kind, Side
from pinnacle.strategy.base import Market, Strategy
from pinnacle.strategy.config import StrategyConfig
from pinnacle.strategy.host import StrategyHost
from tests.records import book_of, event, instruments, run

HERE = Path(__file__).name


def hosting(on_book, **hooks) -> StrategyHost:
    """A host of a strategy with these hooks."""
    kind = type("Mine", (Strategy,), {"on_book": on_book} | hooks)
    return StrategyHost(instruments("X"), StrategyConfig(), kind)


def look(host, bid=100, recv_ns=1) -> np.ndarray:
    return run(host.decided, book_of([(bid, 5)], [(104, 5)], recv_ns=recv_ns))


def quoting(bids, asks) -> StrategyHost:
    return hosting(lambda self, market: market.quote(bids, asks))


def test_eight_levels_a_side_are_quoted():
    levels = [(90 - i, 1) for i in range(8)]
    assert len(look(quoting(levels, []))) == 8


@pytest.mark.parametrize("count", [9, 32, 100])
def test_more_levels_are_refused_with_the_line_that_asked_for_them(count):
    with pytest.raises(StrategyError, match=rf"{count} levels.*at most 8.*{HERE}:\d+"):
        look(quoting([(90 - i, 1) for i in range(count)], []))


def test_an_author_who_catches_the_refusal_wants_nothing_in_the_market():
    """Neither the ladder that was too long nor half of it, nor what stood there before."""

    def careful(self, market: Market) -> None:
        market.quote([(99, 1)], [(105, 1)])
        try:
            market.quote([(90 - i, 1) for i in range(100)], [(105, 1)])
        except ValueError:
            return

    assert len(look(hosting(careful))) == 0


@pytest.mark.parametrize("count", [-1, 9, 1_000_000, -(2**31)])
def test_a_count_that_was_written_past_the_ladder_pulls_the_quotes(count):
    """The struct is his to fill; its arrays are not read past their ends."""

    def wild(self, market: Market) -> None:
        market.quote([(99, 1)], [(105, 1)])
        market.row.wanted.bid_count = count
        market.row.wanted.ask_count = count

    assert len(look(hosting(wild))) == 0


@pytest.mark.parametrize("level", [(99.5, 1), ("99", 1), (None, 1), (99, 1.0), (2**70, 1), (99,)])
def test_what_is_no_whole_number_is_refused_by_its_line_and_nothing_is_wanted(level):
    seen = []

    def wrong(self, market: Market) -> None:
        seen.append(market)
        market.quote([(99, 1), level], [(105, 1)])

    with pytest.raises(StrategyError, match=rf"{HERE}:\d+ in wrong"):
        look(hosting(wrong))
    assert (seen[0].row.wanted.bid_count, seen[0].row.wanted.ask_count) == (0, 0)


@pytest.mark.parametrize("level", [(0, 1), (-5, 1), (99, 0), (99, -1)])
def test_a_level_that_no_venue_could_take_is_not_asked_for(level):
    decided = look(quoting([level, (98, 1)], []))
    assert decided["price"].tolist() == [98]


def fail(error):
    def hook(self, *arguments):
        raise error

    return hook


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (ZeroDivisionError("division by zero"), "ZeroDivisionError: division by zero"),
        (SystemExit(0), "SystemExit: 0"),
        (SystemExit(), "SystemExit"),
        (KeyError("x"), "KeyError: 'x'"),
        (MemoryError(), "MemoryError"),
    ],
    ids=repr,
)
def test_whatever_a_hook_raises_names_the_line_and_keeps_its_traceback(error, told):
    pattern = rf"strategy Mine: {re.escape(told)} \(.*{HERE}:\d+ in hook\)"
    with pytest.raises(StrategyError, match=pattern) as caught:
        look(hosting(fail(error)))
    assert caught.value.__cause__ is error
    assert caught.value.exit_code != 0


def test_every_hook_is_the_authors():
    timer = event(Kind.TIMER, recv_ns=2)
    trade = event(Kind.TRADE, price=100, quantity=1, side=Side.BID, recv_ns=2)
    fill = event(Kind.FILL, order_id=7, side=Side.BID, price=99, quantity=1, recv_ns=2)
    for hook, row in (("on_timer", timer), ("on_trade", trade), ("on_fill", fill)):
        kind = type("Mine", (Strategy,), {hook: fail(ValueError("mine"))})
        host = StrategyHost(instruments("X"), StrategyConfig(), kind)
        look(host)
        with pytest.raises(StrategyError, match="ValueError: mine"):
            run(host.decided, row)


@pytest.mark.parametrize("part", ["__init__", "makers"])
def test_a_strategy_that_cannot_be_made_names_its_line(part):
    kind = type("Mine", (Strategy,), {part: fail(SystemExit(0))})
    with pytest.raises(StrategyError, match=rf"SystemExit: 0 \(.*{HERE}:\d+"):
        StrategyHost(instruments("X"), StrategyConfig(), kind)


def test_a_state_that_cannot_be_given_or_taken_names_its_line():
    def broken(part):
        kind = type("Mine", (Strategy,), {"on_book": lambda s, m: None, part: fail(ValueError())})
        return StrategyHost(instruments("X"), StrategyConfig(), kind)

    with pytest.raises(StrategyError, match=rf"ValueError \(.*{HERE}:\d+"):
        broken("freeze").freeze()
    good = type("Mine", (Strategy,), {"freeze": lambda self: b""})
    frozen = StrategyHost(instruments("X"), StrategyConfig(), good)  # whose memory the parts are
    state = [bytes(part) for part in frozen.freeze()]
    with pytest.raises(StrategyError, match=rf"ValueError \(.*{HERE}:\d+"):
        broken("thaw").thaw(state)


def test_a_ctrl_c_is_nobodys_mistake():
    with pytest.raises(KeyboardInterrupt):
        look(hosting(fail(KeyboardInterrupt())))


def test_the_line_is_the_authors_and_not_the_one_it_called_into():
    line = sys._getframe().f_lineno + 3

    def calls(self, market: Market) -> None:
        market.quote([(99, 1)] * 9, [])

    with pytest.raises(StrategyError, match=rf"{HERE}:{line} in calls"):
        look(hosting(calls))
