"""What Coinbase Advanced Trade lists: GET /api/v3/brokerage/market/products."""

from decimal import Decimal

import msgspec

from pinnacle.venues.reference.listing import (
    Listing,
    Reference,
    Request,
    Status,
    decoded,
    moment_said,
    plain,
)
from pinnacle.venues.reference.offset import MILLISECOND_NS, Moment


class _Product(msgspec.Struct):
    product_id: str
    base_currency_id: str
    quote_currency_id: str
    base_increment: str
    quote_increment: str
    price_increment: str = ""
    base_min_size: str = ""
    quote_min_size: str = ""
    status: str = ""
    is_disabled: bool = False
    trading_disabled: bool = False
    view_only: bool = False
    cancel_only: bool = False
    limit_only: bool = False
    post_only: bool = False
    auction_mode: bool = False


class _Products(msgspec.Struct):
    products: list[_Product]


class _Price(msgspec.Struct):
    price: str


class _Clock(msgspec.Struct):
    epochMillis: str


_decoder = msgspec.json.Decoder(_Products)
_clock_decoder = msgspec.json.Decoder(_Clock)
_HALTING = ("is_disabled", "trading_disabled", "view_only", "cancel_only")
_LIMITING = ("limit_only", "post_only", "auction_mode")


class CoinbaseReference(Reference):
    VENUE = "Coinbase"
    PRICES = msgspec.json.Decoder(_Price)

    def path(self) -> str:
        return "/api/v3/brokerage/market/products"

    def listings(self, body: bytes) -> list[Listing]:
        return [_listing(row) for row in decoded(_decoder, body, self.VENUE).products]

    def price_request(self, symbol: str) -> Request:
        return f"/api/v3/brokerage/market/products/{symbol}", {}

    def clock_request(self, symbol: str) -> Request:
        return "/api/v3/brokerage/time", {}

    def moment(self, date: str, body: bytes) -> Moment:
        said = decoded(_clock_decoder, body, self.VENUE, "time")
        return moment_said(Decimal(plain(said.epochMillis)) / 1000, MILLISECOND_NS)


def _listing(row: _Product) -> Listing:
    halting = [name for name in _HALTING if getattr(row, name)]
    limiting = [name for name in _LIMITING if getattr(row, name)]
    status = Status.HALTED if halting else Status.LIMITED if limiting else Status.TRADING
    return Listing(
        symbol=row.product_id,
        base=row.base_currency_id,
        quote=row.quote_currency_id,
        tick=plain(row.price_increment or row.quote_increment),
        lot=plain(row.base_increment),
        quantity_min=plain(row.base_min_size) if row.base_min_size else "",
        value_min=plain(row.quote_min_size) if row.quote_min_size else "",
        status=status,
        words=", ".join([*halting, *limiting]) or row.status or "online",
    )
