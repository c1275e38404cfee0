"""What Binance's replies mean: of orders, executions, balances, fees, instruments."""

from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any

import msgspec

from pinnacle.core.errors import DataError
from pinnacle.core.schema import Kind
from pinnacle.venues.binance.orders.asking import TRADES_MAX, TRADES_MS, Asking, TradesPage
from pinnacle.venues.binance.orders.limits import RateLimit, RateLimits
from pinnacle.venues.binance.orders.rows import OrderRow, TradeRow, execution, state
from pinnacle.venues.orders.about import order_of, report
from pinnacle.venues.orders.fees import rate_e8
from pinnacle.venues.orders.names import whose_open
from pinnacle.venues.orders.port import Answered, Balance, Call, Fees, Known, Report, What
from pinnacle.venues.orders.terms import Terms, amount
from pinnacle.venues.reference.listing import decoded


class Held(msgspec.Struct):
    asset: str
    free: Decimal
    locked: Decimal


class Account(msgspec.Struct):
    balances: list[Held]


class Rates(msgspec.Struct, frozen=True):
    maker: Decimal
    taker: Decimal
    buyer: Decimal = Decimal(0)
    seller: Decimal = Decimal(0)

    def most(self, rate: Decimal) -> Decimal:
        """With what is taken from whoever buys, or sells, if that is more."""
        return amount(rate) + max(amount(self.buyer), amount(self.seller))


class Discount(msgspec.Struct, frozen=True):
    """Of the standard rates, where fees are paid in the venue's own currency."""

    enabledForAccount: bool = False
    enabledForSymbol: bool = False
    discount: Decimal = Decimal(1)


_NOTHING = Rates(Decimal(0), Decimal(0))


class Commission(msgspec.Struct):
    symbol: str
    standardCommission: Rates
    taxCommission: Rates = _NOTHING
    specialCommission: Rates = _NOTHING
    discount: Discount = Discount()


class Listed(msgspec.Struct):
    symbol: str
    baseAsset: str
    quoteAsset: str


class Info(msgspec.Struct):
    symbols: list[Listed]
    rateLimits: list[RateLimit] = []


_DECODERS: dict[What, "msgspec.json.Decoder[Any]"] = {
    What.NEW: msgspec.json.Decoder(OrderRow),
    What.CANCEL: msgspec.json.Decoder(OrderRow),
    What.QUERY: msgspec.json.Decoder(OrderRow),
    What.CANCEL_ALL: msgspec.json.Decoder(list[Any]),
    What.OPEN: msgspec.json.Decoder(list[OrderRow]),
    What.FILLS: msgspec.json.Decoder(list[TradeRow]),
    What.BALANCES: msgspec.json.Decoder(Account),
    What.FEES: msgspec.json.Decoder(Commission),
    What.NAMES: msgspec.json.Decoder(Info),
}


class Lists:
    """What the replies to calls mean, whichever way they came.

    now_ms   the venue's time
    """

    def __init__(
        self,
        terms: Sequence[Terms],
        known: Known,
        asking: Asking,
        limits: RateLimits,
        now_ms: Callable[[], int],
    ):
        self._terms, self._known, self._asking = terms, known, asking
        self._limits, self._now_ms = limits, now_ms
        self._rows = {each.name: row for row, each in enumerate(terms)}

    def read(self, call: Call, result: bytes) -> Answered:
        """DataError if this is not the answer to the call."""
        what = What.FILLS if call.what is What.QUERY and call.page else call.what
        found = decoded(_DECODERS[what], result, "Binance", f"answer to {call.what.name}")
        match call.what:
            case What.NEW:
                return self._placed(call, found)
            case What.CANCEL:
                return self._cancelled(call, found)
            case What.CANCEL_ALL:
                return Answered(more=self.next_row(call))
            case What.QUERY:
                return self._executed(call, found) if call.page else self._asked(call, found)
            case What.OPEN:
                reports = [each for row in found for each in self._open(row)]
                more = None if self._asking.at_once else self.next_row(call)
                return Answered(reports, more=more)
            case What.FILLS if call.order is not None:
                return self._executed(call._replace(page=call.order.venue_id), found)
            case What.FILLS:
                return self._fills(call, found)
            case What.BALANCES:
                return Answered(balances=[_balance(row) for row in found.balances])
            case What.FEES:
                return Answered(fees=[self._fee(found)], more=self.next_row(call))
        self._names(found)
        return Answered()

    def next_row(self, call: Call) -> Call | None:
        """The same call of the next instrument."""
        row = int(call.page or 0) + 1
        return call._replace(page=str(row)) if row < len(self._terms) else None

    # One order

    def _placed(self, call: Call, row: OrderRow) -> Answered:
        order = order_of(call)
        if row.clientOrderId != order.client_id:
            raise DataError(f"Binance answers of another order: {row.clientOrderId!r:.60}")
        if self._known.order(order.order_id) is None:
            return Answered()  # the stream has told its end already
        ack = report(Kind.ACK, order)._replace(venue_id=row.venue_id, venue_ns=row.at_ns)
        if not row.status:
            return Answered([ack])
        state = self._state(row, order.order_id, order.row)
        if state and state[-1].kind == Kind.REJECTED:
            return Answered(state)
        return Answered([ack, *(each for each in state if each.kind != Kind.ORDER_STATUS)])

    def _cancelled(self, call: Call, row: OrderRow) -> Answered:
        """It has been cancelled when this is said, and the stream says so, too."""
        order = order_of(call)
        if order.venue_id not in ("", row.venue_id):
            raise DataError(f"Binance answers of another order: {row.venue_id}")
        state = self._state(row, order.order_id, order.row)
        if self._known.order(order.order_id) is None:
            state = []
        return Answered([each for each in state if each.kind != Kind.ORDER_STATUS])

    def _asked(self, call: Call, row: OrderRow) -> Answered:
        order = order_of(call)
        if row.venue_id != order.venue_id and row.client_id != order.client_id:
            raise DataError(f"Binance answers of another order: {row.venue_id}")
        state = self._state(row, order.order_id, order.row)
        # Its executions are not in it: those that the stream has lost are had here.
        is_filled = any(each.kind == Kind.FILLED_TOTAL for each in state)
        return Answered(state, more=call._replace(page=row.venue_id) if is_filled else None)

    def _executed(self, call: Call, rows: list[TradeRow]) -> Answered:
        order = order_of(call)
        terms = self._terms[order.row]
        reports: list[Report] = []
        for row in rows:
            if str(row.orderId) != call.page or row.symbol != terms.name:
                raise DataError(f"Binance answers of another order: {row.orderId}")
            reports += execution(row, order.order_id, order.row, terms)
        return Answered(reports)

    def _state(self, row: OrderRow, order_id: int, at: int) -> list[Report]:
        if row.symbol != self._terms[at].name:
            raise DataError(f"Binance answers of another instrument: {row.symbol!r:.40}")
        return state(row, order_id, at, self._terms[at])

    # Lists

    def _open(self, row: OrderRow) -> list[Report]:
        at = self._rows.get(row.symbol)
        if at is None:
            return []
        order_id = whose_open(self._known, row.venue_id, row.client_id)
        return [] if order_id is None else self._state(row, order_id, at)

    def _fills(self, call: Call, rows: list[TradeRow]) -> Answered:
        reports: list[Report] = []
        for row in sorted(rows, key=lambda row: row.id):
            at, order_id = self._rows.get(row.symbol), self._known.by_venue(str(row.orderId))
            if at is not None and order_id is not None:
                reports += execution(row, order_id, at, self._terms[at])
        following = self._following(call, rows)
        more = None if following is None else call._replace(page=following.text)
        return Answered(reports, more=more)

    def _following(self, call: Call, rows: list[TradeRow]) -> TradesPage | None:
        page = TradesPage.of(call)
        if len(rows) >= TRADES_MAX:
            return page._replace(first=max(row.id for row in rows) + 1)
        end_ms = page.begin_ms + TRADES_MS
        if page.first is None and end_ms <= self._now_ms():
            return page._replace(begin_ms=end_ms)
        if page.row + 1 < len(self._terms):
            return TradesPage.of(call._replace(page=""))._replace(row=page.row + 1)
        return None

    def _fee(self, row: Commission) -> Fees:
        at = self._rows.get(row.symbol)
        if at is None:
            raise DataError(f"Binance tells fees of another instrument: {row.symbol!r:.40}")
        discount = row.discount
        is_less = discount.enabledForAccount and discount.enabledForSymbol
        share = amount(discount.discount) if is_less else Decimal(1)
        standard, special, tax = row.standardCommission, row.specialCommission, row.taxCommission
        maker, taker = (
            share * standard.most(pick(standard))
            + special.most(pick(special))
            + tax.most(pick(tax))
            for pick in (_maker, _taker)
        )
        return Fees(at, rate_e8("Binance", maker), rate_e8("Binance", taker))

    def _names(self, info: Info) -> None:
        self._limits.listed(info.rateLimits)
        listed = {each.symbol: each for each in info.symbols}
        for terms in self._terms:
            if terms.name not in listed:
                raise DataError(f"Binance does not list {terms.name}")
            terms.base = listed[terms.name].baseAsset
            terms.quote = listed[terms.name].quoteAsset


def _balance(row: Held) -> Balance:
    free = amount(row.free)
    return Balance(row.asset, free + amount(row.locked), free)


def _maker(rates: Rates) -> Decimal:
    return rates.maker


def _taker(rates: Rates) -> Decimal:
    return rates.taker
