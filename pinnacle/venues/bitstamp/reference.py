"""What Bitstamp lists: GET /api/v2/markets/."""

import msgspec

from pinnacle.venues.reference.listing import (
    Digits,
    Listing,
    Reference,
    Request,
    decoded,
    plain,
    status_of,
    step,
)


class _Market(msgspec.Struct):
    name: str
    market_symbol: str
    base_decimals: Digits
    counter_decimals: Digits
    trading: str
    minimum_order_amount: str | float = ""
    minimum_order_value: str | float = ""
    tick_size: str | float = ""


class _Price(msgspec.Struct):
    price: str = msgspec.field(name="last")


_decoder = msgspec.json.Decoder(list[_Market])


class BitstampReference(Reference):
    VENUE = "Bitstamp"
    PRICES = msgspec.json.Decoder(_Price)

    def path(self) -> str:
        return "/api/v2/markets/"

    def listings(self, body: bytes) -> list[Listing]:
        return [_listing(row) for row in decoded(_decoder, body, self.VENUE)]

    def price_request(self, symbol: str) -> Request:
        return f"/api/v2/ticker/{symbol}/", {}


def _listing(row: _Market) -> Listing:
    base, _, quote = row.name.partition("/")
    amount, value = row.minimum_order_amount, row.minimum_order_value
    return Listing(
        symbol=row.market_symbol,
        base=base,
        quote=quote,
        tick=plain(row.tick_size) if row.tick_size != "" else step(row.counter_decimals),
        lot=step(row.base_decimals),
        quantity_min=plain(amount) if amount != "" else "",
        value_min=plain(value) if value != "" else "",
        status=status_of(row.trading, ["Enabled"]),
        words=row.trading,
    )
