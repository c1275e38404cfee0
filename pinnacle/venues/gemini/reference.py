"""What Gemini lists: GET /v1/symbols/details/all.

Its names are not what they seem: tick_size is the step of quantities, quote_increment of prices.
"""

from decimal import Decimal

import msgspec

from pinnacle.venues.reference.listing import (
    Listing,
    Reference,
    Request,
    decoded,
    plain,
    price_said,
    status_of,
)


class _Details(msgspec.Struct):
    symbol: str
    base_currency: str
    quote_currency: str
    tick_size: float | str
    quote_increment: float | str
    min_order_size: str
    status: str


class _Price(msgspec.Struct):
    price: str = msgspec.field(name="last")


_decoder = msgspec.json.Decoder(list[_Details])
_price_decoder = msgspec.json.Decoder(_Price)


class GeminiReference(Reference):
    def path(self) -> str:
        return "/v1/symbols/details/all"

    def listings(self, body: bytes) -> list[Listing]:
        return [_listing(row) for row in decoded(_decoder, body, "Gemini")]

    def price_request(self, symbol: str) -> Request:
        return f"/v1/pubticker/{symbol.lower()}", {}

    def price(self, body: bytes) -> Decimal:
        return price_said(_price_decoder, body, "Gemini")


def _listing(row: _Details) -> Listing:
    return Listing(
        symbol=row.symbol.upper(),
        base=row.base_currency,
        quote=row.quote_currency,
        tick=plain(row.quote_increment),
        lot=plain(row.tick_size),
        quantity_min=plain(row.min_order_size),
        value_min="",
        status=status_of(row.status, ["open"], ["limit_only", "post_only"]),
        words=row.status,
    )
