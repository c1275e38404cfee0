"""What a venue says of its instruments, asked once over HTTPS: for commands, not for sessions."""

from decimal import Decimal
from typing import Any

from pinnacle.core.errors import ConfigError, DataError, UsageError
from pinnacle.venues.port import VenueKind
from pinnacle.venues.reference import Listing, Request
from pinnacle.venues.transport.fetching import Problem, get
from pinnacle.venues.transport.route import route_of

TIMEOUT_S = 30.0


async def listings(venue: VenueKind[Any], config: Any) -> list[Listing]:
    """All that the venue lists; DataError with the address if it cannot be had."""
    reference = venue.reference()
    return reference.listings(await _get(config, (reference.path(), {})))


async def price(venue: VenueKind[Any], config: Any, symbol: str) -> Decimal:
    """What the venue's own `symbol` was traded at last; DataError as above."""
    reference = venue.reference()
    return reference.price(await _get(config, reference.price_request(symbol)))


async def _get(config: Any, request: Request) -> bytes:
    path, query = request
    url = f"{config.rest_url}{path}"
    route = route_of(config)
    try:
        route.tls(url)
    except ConfigError as error:
        raise UsageError(str(error)) from None
    body = await get(route, url, query, TIMEOUT_S)
    if isinstance(body, Problem):
        raise DataError(f"{url}: {body.text}")
    return body
