"""What Bitstamp lists: markets, open orders, transactions, balances, fees; and the token."""

from collections.abc import Sequence

import msgspec

from pinnacle.core.errors import DataError
from pinnacle.core.schema import Kind
from pinnacle.venues.bitstamp.orders import fills
from pinnacle.venues.bitstamp.orders.bodies import PAGE
from pinnacle.venues.bitstamp.orders.rows import (
    NULL,
    ident,
    number,
    optional_number,
    pair_of,
    read,
    side,
    text,
)
from pinnacle.venues.bitstamp.orders.watches import Watches
from pinnacle.venues.orders.fees import rate_e8
from pinnacle.venues.orders.port import Answered, Balance, Call, Fees, Known, Report
from pinnacle.venues.orders.terms import Terms


class Market(msgspec.Struct):
    name: str
    market_symbol: str


class OpenRow(msgspec.Struct):
    """An open order; `amount` is what remains. Rows of old have no amount_at_create."""

    id: msgspec.Raw
    type: msgspec.Raw
    price: msgspec.Raw
    amount: msgspec.Raw
    market: str = ""
    currency_pair: str = ""
    amount_at_create: msgspec.Raw = NULL
    client_order_id: msgspec.Raw = NULL


class Held(msgspec.Struct):
    currency: str
    total: msgspec.Raw
    available: msgspec.Raw


class Rates(msgspec.Struct):
    maker: msgspec.Raw
    taker: msgspec.Raw


class FeeRow(msgspec.Struct):
    fees: Rates
    market: str = ""
    currency_pair: str = ""


class Token(msgspec.Struct):
    """Of `websockets_token`; the channels' names end with the user's id."""

    token: str
    user_id: msgspec.Raw


_markets = msgspec.json.Decoder(list[Market])
_open = msgspec.json.Decoder(list[OpenRow])
_held = msgspec.json.Decoder(list[Held])
_fees = msgspec.json.Decoder(list[FeeRow])
_tokens = msgspec.json.Decoder(Token)


class Lists:
    """`token`, `user`: the last that were given for the private channels."""

    def __init__(self, terms: Sequence[Terms], known: Known, watches: Watches):
        self._terms, self._known, self._watches = terms, known, watches
        self._rows = {each.name: row for row, each in enumerate(terms)}
        self.markets = [f"{each.base}/{each.quote}" for each in terms]
        self.token = self.user = ""

    def row(self, market: str) -> int | None:
        """Of `BTC/USD` or `btcusd`; None of an instrument that is not ours."""
        return self._rows.get(pair_of(market))

    def names(self, body: bytes) -> Answered:
        """What two currencies a pair is of."""
        for market in read(_markets, body, "markets"):
            row = self.row(market.market_symbol)
            base, slash, quote = market.name.partition("/")
            if row is not None and slash:
                self.markets[row] = market.name
                self._terms[row].base, self._terms[row].quote = base, quote
        return Answered()

    def tokens(self, body: bytes) -> Answered:
        """The next connection's."""
        try:
            found = read(_tokens, body, "token")
            self.token, self.user = found.token, ident(found.user_id)
        except DataError:
            # What is wrong with it is told with what came, and that is not for logs.
            raise DataError("not Bitstamp's token, or without the user's id") from None
        return Answered()

    def open(self, body: bytes) -> Answered:
        """ORDER_STATUS of each, and what of it is filled."""
        reports, odd = list[Report](), list[str]()
        for row in read(_open, body, "open orders"):
            venue_id, client_id = ident(row.id), text(row.client_order_id)
            at = self.row(row.market or row.currency_pair)
            if at is None:
                continue
            if self._watches.is_second(venue_id, client_id):
                odd.append(f"order {venue_id} has the client id of another one: {client_id}")
            order_id = self._watches.order_id(venue_id, client_id)
            if order_id is None:
                order_id = self._known.adopted(venue_id, client_id)
            if order_id is not None:
                reports += self._rests(order_id, at, venue_id, row)
        return Answered(reports, odd="; ".join(odd))

    def _rests(self, order_id: int, at: int, venue_id: str, row: OpenRow) -> list[Report]:
        terms = self._terms[at]
        price, left = terms.ticks(number(row.price)), terms.lots(number(row.amount))
        status = Report(Kind.ORDER_STATUS, order_id, at, side(row.type), price, left)
        status = status._replace(venue_id=venue_id)
        self._watches.named(order_id, venue_id)
        created = optional_number(row.amount_at_create)
        filled = terms.lots(created) - left if created is not None else 0
        total = status._replace(kind=Kind.FILLED_TOTAL, quantity=filled)
        return [total, status] if filled > 0 else [status]

    def fills(self, call: Call, body: bytes) -> Answered:
        """Those of orders of ours; a page that is full has more behind it."""
        rows, reports = read(fills.rows, body, "transactions"), list[Report]()
        last = ""
        for row in rows:
            last = ident(row.get("id"))
            order_id = self._known.by_venue(text(row.get("order_id")))
            found = None if order_id is None else fills.of_account(row, self._terms)
            if found is not None and order_id is not None:
                watch, terms = self._watches.of(order_id), self._terms[found.row]
                reports += fills.reports(found, order_id, watch, terms)
        goes_on = len(rows) >= PAGE and last != call.page
        return Answered(reports, more=call._replace(page=last) if goes_on else None)

    def balances(self, body: bytes) -> Answered:
        return Answered(
            balances=[
                Balance(row.currency.upper(), number(row.total), number(row.available))
                for row in read(_held, body, "balances")
            ]
        )

    def fees(self, body: bytes) -> Answered:
        """They come in percent."""
        found = []
        for each in read(_fees, body, "fees"):
            row = self.row(each.market or each.currency_pair)
            if row is not None:
                told = each.fees.maker, each.fees.taker
                maker, taker = (rate_e8("Bitstamp", number(percent) / 100) for percent in told)
                found.append(Fees(row, maker, taker))
        return Answered(fees=found)
