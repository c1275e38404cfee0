"""Hosts a strategy: records in, decisions out. Pure: the same records give the same decisions."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from pinnacle.core._native import ffi, lib
from pinnacle.core.book import Book
from pinnacle.core.errors import ConfigError
from pinnacle.core.instruments import Instrument
from pinnacle.core.schema import EVENT, Class, Kind, is_of
from pinnacle.execution.desk import INSTRUMENTS_MAX, Desk
from pinnacle.runtime.topology import Process
from pinnacle.strategy.author import AuthorsCode
from pinnacle.strategy.base import Market, Strategy
from pinnacle.strategy.chosen import chosen
from pinnacle.strategy.config import StrategyConfig, section_key

BATCH = 4096
HOOKS = ("on_events", "on_book", "on_trade", "on_fill", "on_orders", "on_timer")


class StrategyHost:
    """The desk, the strategy's hooks, and the decisions that follow.

    `key` is that of its section, for what is wrong in it; `owner` is the strategy's number, which
    its orders carry. `kind` stands in for the strategy that the configuration names; it gets the
    same parameters. ConfigError for more instruments than a desk has room for.
    """

    def __init__(
        self,
        instruments: Sequence[Instrument],
        config: StrategyConfig,
        kind: type[Strategy] | None = None,
        *,
        key: str = "strategy",
        owner: int = 0,
    ):
        if len(instruments) > INSTRUMENTS_MAX:
            raise ConfigError(
                f"{key}: quotes at most {INSTRUMENTS_MAX} instruments, not {len(instruments)}"
            )
        self._books = [Book(i.instrument_id) for i in instruments]
        self.desk = Desk(
            instruments,
            self._books,
            stale_ns=config.desk.stale_ms * 1_000_000,
            reject_rest_ns=config.desk.reject_rest_ms * 1_000_000,
            requote_ticks=config.desk.requote_ticks,
            replace=config.desk.replace,
            owner=owner,
        )
        self.markets = [
            Market(instrument, self.desk, self.desk.rows[row])
            for row, instrument in enumerate(instruments)
        ]
        named, params = chosen(config, key)
        kind = kind or named
        self._authors_code = AuthorsCode(kind.__name__)
        try:
            with self._authors_code:
                self.strategy = kind(self.markets, params)
                makers = self.strategy.makers()
                handles = {number: maker.cdata for number, maker in makers.items()}
        except ConfigError as error:
            raise ConfigError(f"{key}.{error}") from None
        #: struct pmm_maker *[], by the desk's row, for whoever turns in C.
        self.makers: Any = ffi.new("struct pmm_maker *[]", INSTRUMENTS_MAX)
        for number, handle in handles.items():
            self.makers[self.desk.row_of(number)] = handle
        #: The hooks that its author wrote; without any the makers are all that there is.
        self.hooks = {hook for hook in HOOKS if getattr(kind, hook) is not getattr(Strategy, hook)}
        self._tune, self._quote = lib.pmm_desk_tune, lib.pmm_desk_quote

    def usable(self, instrument_id: int) -> bool:
        """Whether the desk's book of it is valid."""
        return bool(self._books[self.desk.row_of(instrument_id)].top().valid)

    def decide(self, events: Any, n: int) -> int:
        """Take a batch of n records (struct pmm_event *); the decisions are in desk.decisions."""
        desk = self.desk
        desk.apply(events, n)
        self._tune(desk.cdata, self.makers, events, n)
        self._quote(desk.cdata, self.makers)
        if self.hooks:
            with self._authors_code:
                self._run_hooks(events, n)
        return desk.decide()

    def _run_hooks(self, events: Any, n: int) -> None:
        state, hooks = self.desk.cdata, self.hooks
        changed = state.changed
        # Before any hook: what one sends may take the slot of an order that has just ended.
        answers = self._answers(events, n) if "on_orders" in hooks and changed else ()
        if "on_events" in hooks:
            self.strategy.on_events(_rows(events, n))
        for market, reports in answers:
            self.strategy.on_orders(market, reports)
        if ("on_trade" in hooks and state.traded) or ("on_fill" in hooks and state.filled):
            self._tell_events(events, n, state.traded, state.filled)
        if "on_timer" in hooks and not changed and not state.traded:
            self.strategy.on_timer(state.clock_ns)
        on_book = self.strategy.on_book
        while changed:
            lowest = changed & -changed
            on_book(self.markets[lowest.bit_length() - 1])
            changed ^= lowest

    def _answers(self, events: Any, n: int) -> list[tuple[Market, np.ndarray]]:
        """The reports of orders beside the quotes, by market."""
        rows = _rows(events, n)
        rows = rows[is_of(rows, Class.REPORT)]
        sent = self.desk.sent["order_id"]
        rows = rows[np.isin(rows["order_id"], sent[sent != 0])]
        told = (
            (market, rows[rows["instrument_id"] == market.instrument.instrument_id])
            for market in self.markets
        )
        return [(market, reports) for market, reports in told if len(reports)]

    def decided(self, events: Any, n: int) -> np.ndarray:
        """`decide` for a replay: the decisions as an array."""
        return self.desk.decisions.array[: self.decide(events, n)]

    def _tell_events(self, events: Any, n: int, traded: int, filled: int) -> None:
        rows = _rows(events, n)
        for row, market in enumerate(self.markets):
            mine = rows["instrument_id"] == market.instrument.instrument_id
            bit = 1 << row
            if "on_trade" in self.hooks and traded & bit:
                self.strategy.on_trade(market, rows[mine & (rows["kind"] == Kind.TRADE)])
            if "on_fill" in self.hooks and filled & bit:
                self.strategy.on_fill(market, rows[mine & (rows["kind"] == Kind.FILL)])

    def freeze(self) -> list[Any] | None:
        """The desk, its books and the strategy; None if the strategy cannot be frozen."""
        with self._authors_code:
            own = self.strategy.freeze()
        return None if own is None else [own, *self.desk.freeze()]

    def thaw(self, state: list[bytes]) -> bool:
        """Take what `freeze` gave; False, and unchanged, if it is of another host."""
        own, *desk = state
        if not self.desk.fits(desk):
            return False
        with self._authors_code:
            taken = self.strategy.thaw(own)
        if not taken:
            return False
        self.desk.thaw(desk)
        return True

    @property
    def idle(self) -> bool:
        """Nothing of ours is in the market."""
        return self.desk.working() == 0


def make_host(
    process: Process, instruments: Sequence[Instrument], config: StrategyConfig
) -> StrategyHost:
    """The logic of a session's strategy process."""
    return StrategyHost(instruments, config, key=key_of(process), owner=process.number)


def key_of(process: Process) -> str:
    """Of the section that a strategy's process has."""
    return section_key(process.name.partition(".")[2])


def _rows(events: Any, n: int) -> np.ndarray:
    """A view of n records."""
    return np.frombuffer(ffi.buffer(events, n * EVENT.itemsize), dtype=EVENT)
