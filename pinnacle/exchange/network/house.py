"""The exchange itself: the matching engine with its traders, and the accounts of those outside.

Virtual time is the venue's clock. Whatever is asked happens at once, at the time that it is then;
what happens to orders is told to `events` in its order, what the public sees waits in `public`.
"""

import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from decimal import ROUND_HALF_EVEN, Decimal
from typing import NamedTuple

import numpy as np

from pinnacle.core.schema import (
    EVENT,
    Class,
    Flag,
    Kind,
    OrderType,
    Reason,
    Side,
    Source,
    TimeInForce,
    is_of,
    source_of,
)
from pinnacle.exchange.network.views import Views
from pinnacle.sim.market import Market
from pinnacle.venues.orders.terms import Terms
from pinnacle.venues.served.house import (
    Account,
    Event,
    Happening,
    House,
    HouseFill,
    HouseOrder,
    Key,
    NewOrder,
    Refusal,
    Status,
)

#: What a fee is rounded to.
FEE_UNIT = Decimal("1e-10")
#: A market order to buy must be able to pay so much more than the best price.
MARKET_MARGIN = Decimal("1.05")
_PARTICIPANT, _COUNTERPARTY = source_of(Source.GATEWAY, 0), source_of(Source.GATEWAY, 1)
#: Orders of who trades with ours on purpose are numbered from here.
_HITS = 1 << 40
_REFUSALS = {
    Reason.WOULD_TAKE: Refusal.WOULD_TAKE,
    Reason.CAPACITY: Refusal.CAPACITY,
    Reason.DUPLICATE_ORDER: Refusal.DUPLICATE,
    Reason.UNKNOWN_ORDER: Refusal.UNKNOWN_ORDER,
}


class Rules(NamedTuple):
    """Of one instrument. `fee_in`: quote, base (of what is bought, else quote), or a currency."""

    maker_e8: int
    taker_e8: int
    quantity_min: int = 1
    value_min: Decimal = Decimal(0)
    fee_in: str = "quote"
    fee_price: Decimal = Decimal(1)


class MatchingHouse(House):
    """The House over a Market whose instruments stand in the order of `terms`.

    name_of   what the venue calls the order with this number
    told      hears every Event as it happens
    """

    def __init__(
        self,
        market: Market,
        terms: Sequence[Terms],
        rules: Sequence[Rules],
        keys: Sequence[Key],
        told: Callable[[Event], None],
        clock: Callable[[], int] = time.time_ns,
    ):
        self.terms, self.rules = terms, list(rules)
        self._market, self._clock, self._told = market, clock, told
        self.skew_ns = 0
        self._keys = {key.name: key for key in keys}
        self.accounts = list({id(key.account): key.account for key in keys}.values())
        self.name_of: Callable[[int], str] = str
        self._rows = {terms.instrument_id: row for row, terms in enumerate(self.terms)}
        self._orders: dict[int, HouseOrder] = {}
        self._of: defaultdict[int, list[HouseOrder]] = defaultdict(list)
        self._fills: defaultdict[int, list[HouseFill]] = defaultdict(list)
        self._timers: dict[int, int] = {}
        self.views = Views()
        for account in self.accounts:
            self.views.of(self._of[id(account)], self._fills[id(account)])
        self._numbers = self._executions = self._hits = 0
        #: What each order holds, by its number.
        self._holding: dict[int, tuple[str, Decimal]] = {}
        self._refused = Reason.NONE
        self.public: list[np.ndarray] = []

    # Time

    def now_ns(self) -> int:
        return self._clock() + self.skew_ns

    def advance(self) -> None:
        """The market up to now: its traders trade, some of them with us; timers run out."""
        self._run(np.empty(0, EVENT))
        now = self._clock()
        for account in self.accounts:
            due = self._timers.get(id(account), 0)
            if due and now >= due:
                del self._timers[id(account)]
                self.cancel_all(account, Reason.CANCEL_ON_DISCONNECT)

    def dead_man(self, account: Account, after_s: float) -> None:
        self._timers.pop(id(account), None)
        if after_s:
            self._timers[id(account)] = self._clock() + int(after_s * 1e9)

    # What is asked

    def key(self, name: str) -> Key | None:
        return self._keys.get(name)

    def place(self, key: Key, order: NewOrder) -> HouseOrder | Refusal:
        refusal = self._fault(key.account, order)
        if refusal is not None:
            return refusal
        made = self._made(key, order)
        new = np.zeros(1, EVENT)
        new["kind"], new["order_id"] = Kind.NEW, made.number
        new["price"], new["quantity"], new["side"] = made.price, made.quantity, made.side
        kind = OrderType.MARKET if made.is_market else OrderType.LIMIT
        new["aux"] = order.time_in_force | kind << 8 | order.self_trade << 16
        new["flags"] = Flag.POST_ONLY if order.post_only else 0
        self._hold(made)
        self._run(self._stamped(new, made.row))
        if made.status is Status.REJECTED:
            return _REFUSALS.get(made.reason, Refusal.BAD_ORDER)
        return made

    def cancel(self, order: HouseOrder) -> Refusal | None:
        return self._cancelled(order, Reason.REQUESTED)

    def expire(self, order: HouseOrder) -> None:
        self._cancelled(order, Reason.EXPIRED)

    def cancel_all(self, account: Account, reason: Reason = Reason.REQUESTED) -> list[HouseOrder]:
        """Those that were open, as an operator of the venue may do it, too."""
        found = [order for order in self._of[id(account)] if order.status is Status.OPEN]
        for order in found:
            self._cancelled(order, reason)
        return found

    def _cancelled(self, order: HouseOrder, reason: Reason) -> Refusal | None:
        if order.status is not Status.OPEN:
            return Refusal.UNKNOWN_ORDER
        order.reason = reason
        ask = np.zeros(1, EVENT)
        ask["kind"], ask["order_id"] = Kind.CANCEL, order.number
        self._run(self._stamped(ask, order.row))
        return None if order.status is not Status.OPEN else Refusal.UNKNOWN_ORDER

    def replace(self, order: HouseOrder, price: int, quantity: int) -> Refusal | None:
        if order.status is not Status.OPEN:
            return Refusal.UNKNOWN_ORDER
        if price <= 0 or quantity <= 0:
            return Refusal.BAD_ORDER
        asked = np.zeros(1, EVENT)
        asked["kind"], asked["order_id"] = Kind.REPLACE, order.number
        asked["price"], asked["quantity"], asked["side"] = price, quantity, order.side
        self._refused = Reason.NONE
        self._run(self._stamped(asked, order.row))
        return _REFUSALS.get(self._refused, Refusal.BAD_ORDER) if self._refused else None

    def hit(self, order: HouseOrder, leave: int = 0) -> None:
        """Somebody trades with it, and with all that stands before it, but for so many lots."""
        lots = order.leaves - leave
        if lots <= 0 or order.status is not Status.OPEN or order.is_market:
            return
        engine = self._market.engines[order.row]
        ahead = engine.queue_ahead(order.number)
        better = order.price.__lt__ if order.side == Side.BID else order.price.__gt__
        ahead += sum(q for p, q in self.depth(order.row, order.side, 1000) if better(p))
        self._hits += 1
        taker = np.zeros(1, EVENT)
        taker["kind"], taker["order_id"] = Kind.NEW, _HITS + self._hits
        taker["price"], taker["quantity"] = order.price, ahead + lots
        taker["side"] = Side.ASK if order.side == Side.BID else Side.BID
        taker["aux"] = TimeInForce.IOC
        row = self._stamped(taker, order.row)
        row["source"] = _COUNTERPARTY
        self._run(row)

    # What is seen

    def orders(self, account: Account) -> Iterable[HouseOrder]:
        return reversed(self.views.orders(self._of[id(account)], self.now_ns()))

    def open_orders(self, account: Account) -> Iterable[HouseOrder]:
        return self.views.open_orders(self._of[id(account)], self.now_ns())

    def live(self, account: Account) -> Iterable[HouseOrder]:
        return [order for order in self._of[id(account)] if order.status is Status.OPEN]

    def fills(self, account: Account) -> Sequence[HouseFill]:
        return self.views.fills(self._fills[id(account)])

    def true_ns(self) -> int:
        """The time, whatever the venue's clock says."""
        return self._clock()

    def depth(self, row: int, side: int, levels: int) -> Sequence[tuple[int, int]]:
        found = self._market.engines[row].depth(Side(side), levels)
        return list(zip(found["price"].tolist(), found["quantity"].tolist(), strict=True))

    def snapshot(self, row: int) -> np.ndarray:
        """BOOK_BEGIN, DEPTH..., BOOK_END of an instrument as it is now."""
        return self._market.snapshot(row, self._market.now)

    def rates_e8(self, row: int) -> tuple[int, int]:
        return self.rules[row].maker_e8, self.rules[row].taker_e8

    def least(self, row: int) -> tuple[int, Decimal]:
        return self.rules[row].quantity_min, self.rules[row].value_min

    # Within

    def _fault(self, account: Account, order: NewOrder) -> Refusal | None:
        terms, rules = self.terms[order.row], self.rules[order.row]
        if order.quantity < rules.quantity_min:
            return Refusal.QUANTITY_MIN
        if not order.is_market and order.price <= 0:
            return Refusal.PRICE_STEP
        quantity = terms.lot.size * order.quantity
        price = terms.tick.size * order.price
        if order.is_market:
            best = self.depth(order.row, Side.ASK if order.side == Side.BID else Side.BID, 1)
            price = terms.tick.size * best[0][0] * MARKET_MARGIN if best else Decimal(0)
        if price * quantity < rules.value_min:
            return Refusal.VALUE_MIN
        buys = order.side == Side.BID
        currency, needed = (terms.quote, price * quantity) if buys else (terms.base, quantity)
        return Refusal.FUNDS if account.available(currency) < needed else None

    def _made(self, key: Key, order: NewOrder) -> HouseOrder:
        self._numbers += 1
        now = self.now_ns()
        made = HouseOrder(
            number=self._numbers,
            account=key.account,
            row=order.row,
            side=order.side,
            price=order.price,
            quantity=order.quantity,
            client_id=order.client_id,
            key=key.name,
            venue_id=self.name_of(self._numbers),
            is_market=order.is_market,
            time_in_force=order.time_in_force,
            post_only=order.post_only,
            created_ns=now,
            updated_ns=now,
        )
        self._orders[made.number] = made
        self._of[id(key.account)].append(made)
        return made

    def _stamped(self, row: np.ndarray, instrument: int) -> np.ndarray:
        row["instrument_id"] = self.terms[instrument].instrument_id
        row["source"], row["recv_ns"] = _PARTICIPANT, self._clock()
        return row

    def _run(self, rows: np.ndarray) -> None:
        until = max(self._clock(), self._market.now)
        out = self._market.run_to(until, rows)
        if not len(out):
            return
        is_ours = out["source"] == _PARTICIPANT
        public = out[is_of(out, Class.MARKET)]
        if len(public):
            self.public.append(public.copy())
        for report in out[is_ours]:
            self._report(report)

    def _report(self, report: np.void) -> None:
        order = self._orders.get(int(report["order_id"]))
        if order is None:
            return
        kind = Kind(int(report["kind"]))
        order.updated_ns = self.now_ns()
        match kind:
            case Kind.ACK:
                self._tell(Happening.ACCEPTED, order)
            case Kind.FILL:
                self._fill(order, report)
            case Kind.CANCELLED:
                reason = Reason(int(report["reason"]))
                order.reason = order.reason or reason
                order.status = Status.CANCELLED
                self._release(order)
                self._tell(Happening.CANCELLED, order)
            case Kind.REJECTED:
                order.status, order.reason = Status.REJECTED, Reason(int(report["reason"]))
                self._release(order)
            case Kind.REPLACED:
                self._release(order)
                order.price, order.quantity = int(report["price"]), int(report["quantity"])
                self._hold(order)
                self._tell(Happening.REPLACED, order)
            case Kind.REPLACE_REJECTED | Kind.CANCEL_REJECTED:
                self._refused = Reason(int(report["reason"]))

    def _fill(self, order: HouseOrder, report: np.void) -> None:
        terms, rules = self.terms[order.row], self.rules[order.row]
        price, lots = int(report["price"]), int(report["quantity"])
        is_maker = bool(int(report["flags"]) & Flag.MAKER)
        quantity, value = terms.lot.size * lots, terms.tick.size * price * terms.lot.size * lots
        rate = Decimal(rules.maker_e8 if is_maker else rules.taker_e8) / 10**8
        currency, fee = terms.quote, value * rate
        if rules.fee_in == "base" and order.side == Side.BID:
            currency, fee = terms.base, quantity * rate
        elif rules.fee_in not in ("base", "quote"):
            currency, fee = rules.fee_in, value * rate / rules.fee_price
        fee = fee.quantize(FEE_UNIT, ROUND_HALF_EVEN)
        self._release(order)
        order.filled += lots
        order.notional += price * lots
        if order.filled >= order.quantity:
            order.status = Status.FILLED
        self._hold(order)
        self._executions += 1
        now = self.now_ns()
        fill = HouseFill(self._executions, order, price, lots, fee, currency, is_maker, now)
        order.fills.append(fill)
        self._fills[id(order.account)].append(fill)
        total, sign = order.account.total, 1 if order.side == Side.BID else -1
        for name, change in (
            (terms.base, sign * quantity),
            (terms.quote, -sign * value),
            (currency, -fee),
        ):
            total[name] = total.get(name, Decimal(0)) + change
        self._tell(Happening.FILLED, order, fill)

    def _held(self, order: HouseOrder) -> tuple[str, Decimal]:
        terms = self.terms[order.row]
        left = terms.lot.size * order.leaves
        if order.status is not Status.OPEN or order.is_market:
            return terms.base, Decimal(0)
        buys = order.side == Side.BID
        return (terms.quote, terms.tick.size * order.price * left) if buys else (terms.base, left)

    def _hold(self, order: HouseOrder) -> None:
        currency, amount = self._held(order)
        held = order.account.held
        held[currency] = held.get(currency, Decimal(0)) + amount
        self._holding[order.number] = (currency, amount)

    def _release(self, order: HouseOrder) -> None:
        currency, amount = self._holding.pop(order.number, ("", Decimal(0)))
        if currency:
            order.account.held[currency] -= amount

    def _tell(self, what: Happening, order: HouseOrder, fill: HouseFill | None = None) -> None:
        event = Event(
            what, order, order.updated_ns, fill, order.filled, order.notional, order.quantity
        )
        self._told(event)
