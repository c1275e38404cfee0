"""A strategy's turns: all in C, or with the hooks of its author between taking and giving."""

from collections.abc import Callable
from typing import Any

from pinnacle.core._native import lib
from pinnacle.core.schema import EventBuffer
from pinnacle.runtime.stage import Stage
from pinnacle.strategy.host import StrategyHost

Turns = Callable[[int, Any], int]


def native_turns(stage: Stage, host: StrategyHost, batch: EventBuffer) -> Turns:
    """Turns of a host without hooks: of (own records in the batch, struct pmm_loop *), all in C."""
    turn, run = native_turn(stage, host, batch), lib.pmm_strategy_turns
    checked = stage.journal.check
    return lambda own, loop: checked(run(turn, own, loop), "strategy")


def native_turn(stage: Stage, host: StrategyHost, batch: EventBuffer) -> Any:
    """struct pmm_strategy_turn * of these three, which must outlive it."""
    turn = stage.turn("struct pmm_strategy_turn", batch, host.desk.decisions)
    turn.desk = host.desk.cdata
    for row in range(len(host.markets)):
        turn.makers[row] = host.makers[row]
    return turn


def hooked_turns(stage: Stage, host: StrategyHost, batch: EventBuffer) -> Turns:
    """The same with the strategy's hooks between taking and giving."""
    events, decisions = batch.cdata, host.desk.decisions.cdata
    take, give, decide, again = stage.take, stage.give, host.decide, lib.pmm_loop_again

    def turns(own: int, loop: Any) -> int:
        taken = 0
        while True:
            n = take(batch, own)
            if n:
                give(decisions, decide(events, n))
            taken += n
            own = 0
            if not again(loop, n):
                return taken

    return turns
