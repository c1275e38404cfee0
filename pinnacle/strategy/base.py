"""What a strategy is: hooks, and quotes and orders given as intents."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar

import numpy as np

from pinnacle.core._native import ffi, lib
from pinnacle.core.config import Section
from pinnacle.core.instruments import Instrument
from pinnacle.core.schema import Side, TimeInForce, dtype_of
from pinnacle.execution.desk import Desk
from pinnacle.quant.maker import Maker

#: What a strategy of a user's own needs of this package.
__all__ = ["Market", "Section", "Strategy"]

LEVELS_MAX: int = lib.PMM_QUOTE_LEVELS_MAX

Level = tuple[int, int]


@dataclass(frozen=True)
class Market:
    """One instrument as its strategy sees it. Prices in ticks, quantities in lots.

    `row` is the desk's struct for the instrument: `row.position` is the inventory, and
    `row.wanted` the struct pmm_quotes that `quote` fills. C code may fill it directly; whoever
    does so calls `desk.look`.
    """

    instrument: Instrument
    desk: Desk
    row: Any

    @property
    def book(self) -> Any:
        """The strategy's own book (pinnacle.core.book.Book), built from its input log."""
        return self.desk.books[self.desk.row_of(self.instrument.instrument_id)]

    @property
    def position(self) -> int:
        """Inventory in lots, from every fill so far."""
        return self.row.position

    @property
    def clock_ns(self) -> int:
        """The log's clock, UTC ns. There is no other time for a strategy."""
        return self.desk.cdata.clock_ns

    def quote(self, bids: Sequence[Level], asks: Sequence[Level]) -> None:
        """State what should be in the market: (price, quantity), best first, at most 8 a side.

        The desk sends the least set of orders that gets there. An empty side is pulled. ValueError
        for more levels and TypeError for what is no whole number: then nothing is wanted.
        """
        self.pull()
        if len(bids) > LEVELS_MAX or len(asks) > LEVELS_MAX:
            most = max(len(bids), len(asks))
            raise ValueError(f"{most} levels on a side: a ladder has at most {LEVELS_MAX}")
        wanted = self.row.wanted
        for side, levels in ((wanted.bids, bids), (wanted.asks, asks)):
            for i, (price, quantity) in enumerate(levels):
                side[i].price, side[i].quantity = price, quantity
        wanted.bid_count, wanted.ask_count = len(bids), len(asks)

    @property
    def wanted(self) -> np.ndarray:
        """What `quote` states, to be written in place: a view of struct pmm_quotes, shape ().

        Fields bid_count and ask_count, bids and asks: 8 levels of price and quantity, best first.
        Asked for in every hook that writes it: the desk looks where it was asked for.
        """
        self.desk.look(self.instrument.instrument_id)
        return self._wanted

    @cached_property
    def _wanted(self) -> np.ndarray:
        place = ffi.buffer(ffi.addressof(self.row, "wanted"))
        return np.frombuffer(place, dtype_of(ffi.typeof("struct pmm_quotes"))).reshape(())

    def pull(self) -> None:
        """Nothing should be in the market."""
        self.row.wanted.bid_count = self.row.wanted.ask_count = 0
        self.desk.look(self.instrument.instrument_id)

    def send(
        self,
        side: Side,
        quantity: int,
        price: int | None = None,
        time_in_force: TimeInForce = TimeInForce.IOC,
        *,
        post_only: bool = False,
    ) -> int:
        """Send one order beside the quotes, which leave it alone; a market order without a price.

        Its order id, or 0 if nothing can be sent now: trading is halted or stops, a process that
        it needs is lost, 64 such orders are out, or a market order has no book to trust. Risk may
        still refuse it: `on_orders` tells what becomes of it. ValueError for what no order can be
        (a quantity below the least, a price that is not positive), TypeError for what is no whole
        number.
        """
        number = self.instrument.instrument_id
        return self.desk.send(number, side, quantity, price, time_in_force, post_only)

    def cancel(self, order_id: int) -> bool:
        """Cancel an order that `send` gave. False if it is gone already.

        One that was sent in this turn is gone at once, and no report tells.
        """
        return self.desk.cancel(order_id)


class Strategy:
    """Base class. Override what you need; each hook gets the Market that it is about.

    What it raises as a ConfigError begins with the key below its own section.

    Hooks run after a whole batch has been applied, so the book is the latest one; they must not
    look at anything but their Market and their own state, or a replay would not repeat them.
    """

    #: What the parameters are: a Section, or whatever else msgspec makes of a table.
    Params: ClassVar[Any] = dict[str, Any]

    def __init__(self, markets: Sequence[Market], params: Any):
        self.markets = markets
        self.params = params

    def makers(self) -> dict[int, Maker]:
        """Instruments, by id, that are quoted in C before the hooks run; asked for once.

        A strategy that overrides no hook is nothing but its makers, and its process turns in C.
        """
        return {}

    def on_events(self, events: np.ndarray) -> None:
        """All records of this batch as they came, dtype EVENT; before the other hooks."""

    def on_book(self, market: Market) -> None:
        """The book, or whether it can be trusted, has changed."""

    def on_trade(self, market: Market, trades: np.ndarray) -> None:
        """Public trades of this batch: records of dtype EVENT."""

    def on_fill(self, market: Market, fills: np.ndarray) -> None:
        """Own fills of this batch: records of dtype EVENT; the position has them already."""

    def on_orders(self, market: Market, reports: np.ndarray) -> None:
        """Reports of this batch of orders that `market.send` gave, fills too; dtype EVENT."""

    def freeze(self) -> bytes | None:
        """All of the strategy's own state, for checkpoints; None: it cannot, and a restart replays
        the whole log."""
        return None

    def thaw(self, state: bytes) -> bool:
        """Take what `freeze` gave; False, and unchanged, if it is not of this strategy."""
        return False

    def on_timer(self, clock_ns: int) -> None:
        """The clock of the log has moved without a market (about every 50 ms)."""
