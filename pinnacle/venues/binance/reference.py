"""What Binance lists: GET /api/v3/exchangeInfo."""

from collections.abc import Sequence
from decimal import Decimal

import msgspec

from pinnacle.venues.reference.listing import (
    Listing,
    Reference,
    Request,
    decoded,
    moment_said,
    plain,
    status_of,
)
from pinnacle.venues.reference.offset import MILLISECOND_NS, Moment


class _Filter(msgspec.Struct):
    filterType: str
    tickSize: str = ""
    stepSize: str = ""
    minQty: str = ""
    minNotional: str = ""


class _Symbol(msgspec.Struct):
    symbol: str
    status: str
    baseAsset: str
    quoteAsset: str
    filters: list[_Filter] = []


class _Info(msgspec.Struct):
    symbols: list[_Symbol]


class _Price(msgspec.Struct):
    price: str


class _Clock(msgspec.Struct):
    serverTime: int


_decoder = msgspec.json.Decoder(_Info)
_clock_decoder = msgspec.json.Decoder(_Clock)


class BinanceReference(Reference):
    VENUE = "Binance"
    PRICES = msgspec.json.Decoder(_Price)

    def path(self) -> str:
        return "/api/v3/exchangeInfo"

    def list_request(self, symbols: Sequence[str]) -> Request:
        """All of it is many MB."""
        return self.path(), {"symbols": msgspec.json.encode(list(symbols)).decode()}

    def listings(self, body: bytes) -> list[Listing]:
        return [_listing(row) for row in decoded(_decoder, body, self.VENUE).symbols]

    def price_request(self, symbol: str) -> Request:
        return "/api/v3/ticker/price", {"symbol": symbol}

    def clock_request(self, symbol: str) -> Request:
        return "/api/v3/time", {}

    def moment(self, date: str, body: bytes) -> Moment:
        said = decoded(_clock_decoder, body, self.VENUE, "time")
        return moment_said(Decimal(said.serverTime) / 1000, MILLISECOND_NS)


def _listing(row: _Symbol) -> Listing:
    filters = {found.filterType: found for found in row.filters}
    none = _Filter("")
    price, lot = filters.get("PRICE_FILTER", none), filters.get("LOT_SIZE", none)
    value = filters.get("NOTIONAL", filters.get("MIN_NOTIONAL", none)).minNotional
    return Listing(
        symbol=row.symbol,
        base=row.baseAsset,
        quote=row.quoteAsset,
        tick=plain(price.tickSize or "0"),
        lot=plain(lot.stepSize or "0"),
        quantity_min=plain(lot.minQty) if lot.minQty else "",
        value_min=plain(value) if value else "",
        status=status_of(row.status, ["TRADING"], ["CANCEL_ONLY"]),
        words=row.status,
    )
