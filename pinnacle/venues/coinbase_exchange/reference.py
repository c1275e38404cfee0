"""What Coinbase Exchange lists: GET /products."""

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
    id: str
    base_currency: str
    quote_currency: str
    base_increment: str
    quote_increment: str
    min_market_funds: str = ""
    status: str = ""
    trading_disabled: bool = False
    cancel_only: bool = False
    limit_only: bool = False
    post_only: bool = False
    auction_mode: bool = False


class _Price(msgspec.Struct):
    price: str


class _Clock(msgspec.Struct):
    epoch: float


_decoder = msgspec.json.Decoder(list[_Product])
_clock_decoder = msgspec.json.Decoder(_Clock)
_LIMITING = ("limit_only", "post_only", "auction_mode")


class CoinbaseExchangeReference(Reference):
    VENUE = "Coinbase Exchange"
    PRICES = msgspec.json.Decoder(_Price)

    def path(self) -> str:
        return "/products"

    def listings(self, body: bytes) -> list[Listing]:
        return [_listing(row) for row in decoded(_decoder, body, self.VENUE)]

    def price_request(self, symbol: str) -> Request:
        return f"/products/{symbol}/ticker", {}

    def clock_request(self, symbol: str) -> Request:
        return "/time", {}

    def moment(self, date: str, body: bytes) -> Moment:
        said = decoded(_clock_decoder, body, self.VENUE, "time")
        return moment_said(said.epoch, MILLISECOND_NS)


def _listing(row: _Product) -> Listing:
    halting = [name for name in ("trading_disabled", "cancel_only") if getattr(row, name)]
    limiting = [name for name in _LIMITING if getattr(row, name)]
    online = row.status == "online" and not halting
    status = Status.HALTED if not online else Status.LIMITED if limiting else Status.TRADING
    return Listing(
        symbol=row.id,
        base=row.base_currency,
        quote=row.quote_currency,
        tick=plain(row.quote_increment),
        lot=plain(row.base_increment),
        quantity_min="",
        value_min=plain(row.min_market_funds) if row.min_market_funds else "",
        status=status,
        words=", ".join([*halting, *limiting]) or row.status,
    )
