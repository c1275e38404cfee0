"""What a venue says of itself, asked by request."""

from decimal import Decimal
from typing import Any

from pinnacle.core.errors import ConfigError, DataError, UsageError
from pinnacle.venues.port import VenueKind
from pinnacle.venues.reference.listing import Listing, Request
from pinnacle.venues.transport.access import access_of
from pinnacle.venues.transport.config import RestConfig
from pinnacle.venues.transport.fetching import Problem, get

TIMEOUT_S = 30.0


async def asked(config: RestConfig, request: Request) -> bytes | Problem:
    """The reply, as soon as the venue wants to hear anything; ConfigError if its authorities
    cannot be read."""
    path, query = request
    access = access_of(config)
    await access.patience.over()
    return await get(access, f"{config.rest_url}{path}", query, TIMEOUT_S)


async def listings(venue: VenueKind[Any], config: RestConfig) -> list[Listing]:
    """All that the venue lists; DataError with the address if it cannot be had."""
    reference = venue.reference()
    return reference.listings(await _had(config, (reference.path(), {})))


async def price(venue: VenueKind[Any], config: RestConfig, symbol: str) -> Decimal:
    """What the venue's own `symbol` was traded at last; DataError as above."""
    reference = venue.reference()
    return reference.price(await _had(config, reference.price_request(symbol)))


async def _had(config: RestConfig, request: Request) -> bytes:
    try:
        body = await asked(config, request)
    except ConfigError as error:  # of an option, here
        raise UsageError(str(error)) from None
    if isinstance(body, Problem):
        raise DataError(f"{config.rest_url}{request[0]}: {body.text}")
    return body
