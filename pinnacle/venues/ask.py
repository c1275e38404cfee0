"""What a venue says of its instruments, asked once over HTTPS: for commands, not for sessions."""

import ssl
from decimal import Decimal
from typing import Any

from pinnacle.core.errors import DataError, UsageError
from pinnacle.venues.port import VenueKind
from pinnacle.venues.reference import Listing, Request
from pinnacle.venues.transport.fetching import Problem, get

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
    try:
        tls = ssl.create_default_context(cafile=config.ca_file)
    except OSError as error:
        raise UsageError(f"ca_file {config.ca_file}: {error.strerror or error}") from None
    body = await get(url, query, tls, TIMEOUT_S)
    if isinstance(body, Problem):
        raise DataError(f"{url}: {body.text}")
    return body
