"""What Kraken lists: GET /0/public/AssetPairs, by the names of its WebSocket v2."""

import msgspec

from pinnacle.core.errors import DataError
from pinnacle.venues.reference.listing import (
    Digits,
    Listing,
    Reference,
    Request,
    decoded,
    moment_said,
    plain,
    status_of,
    step,
)
from pinnacle.venues.reference.offset import SECOND_NS, Moment

#: What REST calls otherwise than v2.
_CURRENCIES = {"XBT": "BTC", "XDG": "DOGE"}


class _Pair(msgspec.Struct):
    wsname: str
    pair_decimals: Digits
    lot_decimals: Digits
    ordermin: str = ""
    costmin: str = ""
    tick_size: str = ""
    status: str = ""


class _Pairs(msgspec.Struct):
    error: list[str] = []
    result: dict[str, _Pair] | None = None


class _Ticker(msgspec.Struct):
    #: Price and quantity.
    c: tuple[str, str]


class _Price(msgspec.Struct):
    error: list[str] = []
    result: dict[str, _Ticker] = {}

    @property
    def price(self) -> str:
        if self.error:
            raise DataError(f"Kraken: {', '.join(self.error)}")
        return next((ticker.c[0] for ticker in self.result.values()), "0")


class _Time(msgspec.Struct):
    unixtime: int


class _Clock(msgspec.Struct):
    result: _Time


_decoder = msgspec.json.Decoder(_Pairs)
_clock_decoder = msgspec.json.Decoder(_Clock)


class KrakenReference(Reference):
    VENUE = "Kraken"
    PRICES = msgspec.json.Decoder(_Price)

    def path(self) -> str:
        return "/0/public/AssetPairs"

    def listings(self, body: bytes) -> list[Listing]:
        pairs = decoded(_decoder, body, self.VENUE)
        if pairs.error:
            raise DataError(f"Kraken: {', '.join(pairs.error)}")
        if pairs.result is None:
            raise DataError(f"not Kraken's list of instruments: {body[:80]!r}")
        return [_listing(row) for row in pairs.result.values()]

    def price_request(self, symbol: str) -> Request:
        return "/0/public/Ticker", {"pair": symbol.replace("/", "")}

    def clock_request(self, symbol: str) -> Request:
        return "/0/public/Time", {}

    def moment(self, date: str, body: bytes) -> Moment:
        said = decoded(_clock_decoder, body, self.VENUE, "time")
        return moment_said(said.result.unixtime, SECOND_NS)


def _listing(row: _Pair) -> Listing:
    base, _, quote = row.wsname.partition("/")
    base, quote = _CURRENCIES.get(base, base), _CURRENCIES.get(quote, quote)
    return Listing(
        symbol=f"{base}/{quote}",
        base=base,
        quote=quote,
        tick=plain(row.tick_size) if row.tick_size else step(row.pair_decimals),
        lot=step(row.lot_decimals),
        quantity_min=plain(row.ordermin) if row.ordermin else "",
        value_min=plain(row.costmin) if row.costmin else "",
        status=status_of(row.status, ["online"], ["limit_only", "post_only", "reduce_only"]),
        words=row.status,
    )
