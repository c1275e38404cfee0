"""What Gemini answers by REST: orders, trades, balances, fees, instruments."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import msgspec

from pinnacle.core.errors import DataError
from pinnacle.core.schema import Kind
from pinnacle.venues.gemini.orders.asking import TRADES_MAX, TradesPage
from pinnacle.venues.gemini.orders.rows import (
    Id,
    OrderRow,
    TradeRow,
    execution,
    in_order,
    is_same,
    state,
)
from pinnacle.venues.orders.about import order_of, report, unknown
from pinnacle.venues.orders.fees import rate_e8
from pinnacle.venues.orders.names import whose, whose_open
from pinnacle.venues.orders.port import Answered, Balance, Call, Fees, Known, Order, Report, What
from pinnacle.venues.orders.terms import Terms, amount
from pinnacle.venues.reference.listing import decoded

#: The kind of balance that orders are paid from.
_EXCHANGE = "exchange"
#: Of those that were not cancelled.
_NAMED_MAX = 10


class Cancelled(msgspec.Struct):
    cancelRejects: list[Id] = []


class AllCancelled(msgspec.Struct):
    result: str
    details: Cancelled


class Beat(msgspec.Struct):
    result: str


class Held(msgspec.Struct):
    type: str
    currency: str
    amount: Decimal
    available: Decimal


class Volume(msgspec.Struct):
    """Fees in basis points, and how much was traded."""

    api_maker_fee_bps: Decimal
    api_taker_fee_bps: Decimal


class Listed(msgspec.Struct):
    symbol: str
    base_currency: str
    quote_currency: str


_DECODERS: dict[What, "msgspec.json.Decoder[Any]"] = {
    What.NEW: msgspec.json.Decoder(OrderRow),
    What.CANCEL: msgspec.json.Decoder(OrderRow),
    What.CANCEL_ALL: msgspec.json.Decoder(AllCancelled),
    What.QUERY: msgspec.json.Decoder(OrderRow | list[OrderRow]),
    What.OPEN: msgspec.json.Decoder(list[OrderRow]),
    What.FILLS: msgspec.json.Decoder(list[TradeRow]),
    What.BALANCES: msgspec.json.Decoder(list[Held]),
    What.FEES: msgspec.json.Decoder(Volume),
    What.KEEP_ALIVE: msgspec.json.Decoder(Beat),
    What.NAMES: msgspec.json.Decoder(list[Listed]),
}


class Lists:
    """What the bodies of replies mean."""

    def __init__(self, terms: Sequence[Terms], known: Known):
        self._terms, self._known = terms, known
        self._rows = {each.name: row for row, each in enumerate(terms)}

    def read(self, call: Call, body: bytes) -> Answered:
        """DataError if this is not the answer to the call."""
        is_of_one = call.what is What.FILLS and call.order is not None
        what = What.QUERY if is_of_one else call.what
        found = decoded(_DECODERS[what], body, "Gemini", f"answer to {call.what.name}")
        match call.what:
            case What.NEW:
                return self._placed(order_of(call), found)
            case What.CANCEL:
                return self._cancelled(order_of(call), found)
            case What.CANCEL_ALL:
                return _all_cancelled(found)
            case What.QUERY:
                return self._asked(order_of(call), found)
            case What.OPEN:
                return Answered([each for row in found for each in self._open(row)])
            case What.FILLS:
                return (
                    self._fills_of(order_of(call), found) if is_of_one else self._fills(call, found)
                )
            case What.BALANCES:
                return Answered(balances=_balances(found))
            case What.FEES:
                return Answered(fees=self._fees(found))
            case What.KEEP_ALIVE if found.result != "ok":
                raise DataError(f"Gemini does not take the heartbeat: {found.result!r:.40}")
            case What.NAMES:
                self._names(found)
        return Answered()

    # One order

    def _placed(self, order: Order, row: OrderRow) -> Answered:
        terms = self._terms[order.row]
        if row.client_order_id != order.client_id or not is_same(row, order, terms):
            raise DataError(f"Gemini answers of another order: {row.client_order_id!r:.60}")
        if self._known.order(order.order_id) is None:
            return Answered()  # the stream has told its end already
        told = state(row, order.order_id, order.row, terms, is_named=False)
        if [each.kind for each in told] == [Kind.REJECTED]:
            return Answered(told)
        rests = [each for each in told if each.kind != Kind.ORDER_STATUS]
        return Answered([report(Kind.ACK, order)._replace(venue_id=row.venue_id), *rests])

    def _cancelled(self, order: Order, row: OrderRow) -> Answered:
        """Its state, in which alone the cancel shows."""
        terms = self._terms[order.row]
        self._check(row, order, terms)
        if row.is_live:
            return Answered()
        if not row.is_cancelled:
            return Answered(more=Call(What.QUERY, order))  # it was too late: with what it traded
        if self._known.order(order.order_id) is None:
            return Answered()
        return Answered(state(row, order.order_id, order.row, terms, is_named=True))

    def _asked(self, order: Order, found: OrderRow | list[OrderRow]) -> Answered:
        terms = self._terms[order.row]
        if isinstance(found, OrderRow):
            self._check(found, order, terms)
            return Answered(self._state(order, found, terms))
        named = [row for row in found if row.client_order_id == order.client_id]
        same = [row for row in named if is_same(row, order, terms)]
        odd = f"{len(named)} orders are called {order.client_id}" if len(named) > 1 else ""
        if not same:
            if named:
                odd = f"{order.client_id} is another order there: {named[0].venue_id}"
            return unknown(order)._replace(odd=odd)
        return Answered(self._state(order, same[0], terms), odd=odd)

    def _check(self, row: OrderRow, order: Order, terms: Terms) -> None:
        if row.venue_id != order.venue_id or row.symbol.upper() != terms.name:
            raise DataError(f"Gemini answers of another order: {row.venue_id} {row.symbol!r:.20}")

    def _state(self, order: Order, row: OrderRow, terms: Terms) -> list[Report]:
        here = self._known.order(order.order_id)
        named = here is not None and bool(here.venue_id)
        told = state(row, order.order_id, order.row, terms, named)
        # That an order ended is said once.
        return [r for r in told if here is not None or r.kind != Kind.CANCELLED]

    def _open(self, row: OrderRow) -> list[Report]:
        at = self._rows.get(row.symbol.upper())
        if at is None:
            return []
        order_id = whose_open(self._known, row.venue_id, row.client_order_id)
        if order_id is None:
            return []
        return state(row, order_id, at, self._terms[at], is_named=True)

    # Trades

    def _fills_of(self, order: Order, found: OrderRow | list[OrderRow]) -> Answered:
        told = self._asked(order, found)
        kinds = (Kind.FILL, Kind.FEE, Kind.FILL_BUSTED, Kind.FILLED_TOTAL)
        return told._replace(reports=[r for r in told.reports if r.kind in kinds])

    def _fills(self, call: Call, rows: list[TradeRow]) -> Answered:
        page, reports, odd = TradesPage.of(call), list[Report](), ""
        terms = self._terms[page.row]
        for row in in_order(rows):
            order_id = whose(self._known, str(row.order_id), row.client_order_id)
            if order_id is None or (row.symbol and row.symbol.upper() != terms.name):
                continue
            reports += execution(row, order_id, page.row, terms)
            if row.broken == "full":
                odd = f"the venue has taken trade {row.tid} back"
        return Answered(reports, more=self._following(call, rows), odd=odd)

    def _following(self, call: Call, rows: list[TradeRow]) -> Call | None:
        """A full page goes on from its newest trade on, which comes again; then the next
        instrument."""
        page, newest_ms = TradesPage.of(call), max((row.timestampms for row in rows), default=0)
        if len(rows) >= TRADES_MAX and newest_ms > page.since_ms:
            return call._replace(page=page._replace(since_ms=newest_ms).text)
        if page.row + 1 < len(self._terms):
            begun = TradesPage.of(call._replace(page=""))
            return call._replace(page=begun._replace(row=page.row + 1).text)
        return None

    # What is of no order

    def _fees(self, volume: Volume) -> list[Fees]:
        told = volume.api_maker_fee_bps, volume.api_taker_fee_bps
        maker, taker = (rate_e8("Gemini", amount(bps) / 10**4) for bps in told)
        return [Fees(row, maker, taker) for row in range(len(self._terms))]

    def _names(self, rows: list[Listed]) -> None:
        listed = {row.symbol.upper(): row for row in rows}
        for terms in self._terms:
            if terms.name not in listed:
                raise DataError(f"Gemini does not list {terms.name}")
            terms.base = listed[terms.name].base_currency.upper()
            terms.quote = listed[terms.name].quote_currency.upper()


def _all_cancelled(found: AllCancelled) -> Answered:
    if found.result != "ok":
        raise DataError(f"Gemini does not cancel all orders: {found.result!r:.40}")
    left = ", ".join(str(each) for each in found.details.cancelRejects[:_NAMED_MAX])
    return Answered(odd=f"not cancelled: {left}" if left else "")


def _balances(rows: list[Held]) -> list[Balance]:
    return [
        Balance(row.currency.upper(), amount(row.amount), amount(row.available))
        for row in rows
        if row.type == _EXCHANGE
    ]
