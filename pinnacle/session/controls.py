"""What the owner of a running session may do to its trading: halt, resume, take all orders back,
close all positions. Each says what came of it."""

import os
import time
from collections import Counter
from collections.abc import Callable
from typing import Any

import msgspec

from pinnacle.core.bell import Control
from pinnacle.core.config import load
from pinnacle.core.errors import UsageError
from pinnacle.core.instruments import Instrument, of_instrument, read_table
from pinnacle.core.paths import SessionPaths
from pinnacle.core.schema import Reason
from pinnacle.core.segment import Mode
from pinnacle.plan.config import SessionConfig
from pinnacle.risk.config import RiskConfig
from pinnacle.session.asking import Asker, NoAnswer, of_role

_STEP_S = 0.05
#: How long the end of what was asked for is waited for, at most.
_DONE_S = 10.0


class Done(msgspec.Struct, frozen=True, kw_only=True):
    """`orders`: how many were open, by instrument; `open`: how many still are; `positions`, `left`:
    those that were to be closed, and that are not closed, decimal text by strategy and instrument;
    `faults`: what went wrong."""

    session: str
    what: str
    orders: dict[str, int] = {}
    open: int = 0
    positions: dict[str, dict[str, str]] = {}
    left: dict[str, dict[str, str]] = {}
    faults: list[str] = []

    @property
    def whole(self) -> bool:
        """Whether it did all that was asked for."""
        return not (self.open or self.left or self.faults)


def kill_switch(paths: SessionPaths) -> Control:
    """To throw it; UsageError names the user who may."""
    path = paths.control
    if not os.access(path, os.W_OK):
        uid = path.stat().st_uid
        raise UsageError(f"{path}: only uid {uid} may write it: call this by sudo -u '#{uid}'")
    return Control(path, Mode.SHARED)


def halt(paths: SessionPaths, asker: Asker) -> Done:
    """Set the kill switch, whoever answers; then wait until nothing is open."""
    with kill_switch(paths) as control:
        control.kill(Reason.OPERATOR)
    risk = of_role(paths, "risk")[0]
    try:
        told = _until(
            lambda: asker.ask(risk, "halted"), lambda told: told["seen"] and not told["open"]
        )
    except NoAnswer as error:
        return Done(session=paths.runtime.name, what="halted", faults=[str(error)])
    name, what = paths.runtime.name, f"halted ({told['halted']})"
    return Done(session=name, what=what, orders=told["had"], open=told["open"])


def resume(paths: SessionPaths, asker: Asker) -> Done:
    """Clear the kill switch, and what a flatten has told the strategies."""
    with kill_switch(paths) as control:
        control.clear()
    faults = _each(of_role(paths, "strategy"), lambda name: asker.ask(name, "resume"))
    return Done(session=paths.runtime.name, what="resumed", faults=faults)


def cancel_all(paths: SessionPaths, asker: Asker) -> Done:
    """Take back every order that is open; strategies may quote again behind it."""
    orders = Counter[str]()
    open_now = 0

    def begin(name: str) -> None:
        orders.update(asker.ask(name, "cancel_all")["had"])

    def end(name: str) -> None:
        nonlocal open_now
        told = _until(
            lambda: asker.ask(name, "cancelled"),
            lambda told: not (told["open"] or told["going_on"]),
        )
        open_now += told["open"]
        if told["fault"]:
            raise NoAnswer(f"{name}: the venue's own cancel of all: {told['fault']}")

    gateways = of_role(paths, "gateway")
    faults = _each(gateways, begin)
    faults = list(dict.fromkeys(faults + _each(gateways, end)))
    what = "all orders taken back"
    return Done(
        session=paths.runtime.name, what=what, orders=dict(orders), open=open_now, faults=faults
    )


def flatten(
    paths: SessionPaths, asker: Asker, slippage_e8: int, tries: int, within_s: float
) -> Done:
    """Stop quoting, take all back, close every position; then halt, so that nothing begins anew.

    An order that closes trades at most `slippage_e8` x 1e-8 off the best price; `tries` in a row
    may fill nothing; it is over after `within_s` seconds whatever is left.
    """
    instruments = read_table(paths.instruments)
    limits = load(paths.running_config, SessionConfig, kept=True).risk
    strategies = of_role(paths, "strategy")
    positions: dict[str, dict[str, str]] = {}
    left: dict[str, dict[str, str]] = {}

    def begin(name: str) -> None:
        held = {}
        for instrument in instruments:
            most = _most(instrument, limits)
            about = {"instrument": instrument.label, "most": most}
            told = asker.ask(name, "flatten", **about, slippage_e8=slippage_e8, tries=tries)
            held[instrument.label] = told["position"] or 0
        note(positions, name, held)

    def note(where: dict[str, dict[str, str]], name: str, lots: dict[str, int]) -> None:
        texts = {i.label: i.quantity_text(lots[i.label]) for i in instruments if lots.get(i.label)}
        if texts:
            where[name] = texts

    deadline = time.monotonic() + within_s

    def end(name: str) -> None:
        left_s = deadline - time.monotonic()
        told = _until(
            lambda: asker.ask(name, "flattened"), lambda told: not told["closing"], left_s
        )
        note(left, name, told["left"])

    faults = _each(strategies, begin)
    faults += _each(strategies, end)
    halted = halt(paths, asker)

    def look_again(name: str) -> None:
        """What was on its way when the time was up has come to its end by now."""
        told = asker.ask(name, "flattened")
        del left[name]
        note(left, name, told["left"])

    faults += _each(list(left), look_again)
    is_flat = not (left or faults)
    return Done(
        session=paths.runtime.name,
        what="flattened, and halted" if is_flat else "halted, and not flattened",
        positions=positions,
        open=halted.open,
        left=left,
        faults=list(dict.fromkeys(faults + halted.faults)),
    )


def _most(instrument: Instrument, config: RiskConfig) -> int:
    """Lots of an order that risk lets pass."""
    limits = of_instrument(config.limits, instrument)
    text = limits.order_quantity_max if limits is not None else "1"
    return instrument.lot.positive(text, f"risk.limits.{instrument.label}.order_quantity_max")


def _each(names: list[str], act: Callable[[str], Any]) -> list[str]:
    """One that does not answer keeps nobody from being asked; what went wrong."""
    faults = []
    for name in names:
        try:
            act(name)
        except NoAnswer as error:
            faults.append(str(error))
    return faults


def _until(
    ask: Callable[[], dict[str, Any]],
    done: Callable[[dict[str, Any]], bool],
    within_s: float = _DONE_S,
) -> dict[str, Any]:
    """The first answer that is the last, or the one when the time is up."""
    deadline = time.monotonic() + within_s
    while True:
        told = ask()
        if done(told) or time.monotonic() > deadline:
            return told
        time.sleep(_STEP_S)
