"""What Kraken lists: GET /0/public/AssetPairs, by the names of its WebSocket v2."""

import msgspec

from pinnacle.core.errors import DataError
from pinnacle.venues.reference import Digits, Listing, Reference, decoded, plain, status_of, step

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


_decoder = msgspec.json.Decoder(_Pairs)


class KrakenReference(Reference):
    def path(self) -> str:
        return "/0/public/AssetPairs"

    def listings(self, body: bytes) -> list[Listing]:
        pairs = decoded(_decoder, body, "Kraken")
        if pairs.error:
            raise DataError(f"Kraken: {', '.join(pairs.error)}")
        if pairs.result is None:
            raise DataError(f"not Kraken's list of instruments: {body[:80]!r}")
        return [_listing(row) for row in pairs.result.values()]


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
