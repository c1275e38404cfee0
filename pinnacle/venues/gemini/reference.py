"""What Gemini lists: GET /v1/symbols/details/all.

Its names are not what they seem: tick_size is the step of quantities, quote_increment of prices.
"""

import msgspec

from pinnacle.venues.reference.listing import (
    Listing,
    Reference,
    Request,
    decoded,
    plain,
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


class GeminiReference(Reference):
    VENUE = "Gemini"
    PRICES = msgspec.json.Decoder(_Price)

    def path(self) -> str:
        return "/v1/symbols/details/all"

    def listings(self, body: bytes) -> list[Listing]:
        return [_listing(row) for row in decoded(_decoder, body, self.VENUE)]

    def price_request(self, symbol: str) -> Request:
        return f"/v1/pubticker/{symbol.lower()}", {}


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
