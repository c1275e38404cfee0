"""What Kraken's errors mean for an order."""

import re
from typing import NamedTuple

from pinnacle.core.schema import Reason
from pinnacle.venues.transport.patience import RETRY_AFTER_MAX_S


class Meaning(NamedTuple):
    """Of an error.

    reason   why the order was refused; None: nothing is known of it
    wait_s   the venue took no notice and wants to be left alone for so long
    again    it took no notice, and may be asked again as the counter of the pair allows
    is_of_requests  the same, as the counter of requests allows
    """

    reason: Reason | None
    wait_s: float = 0.0
    again: bool = False
    is_of_requests: bool = False


#: How long a limit of the venue's takes to let something pass again.
LIMIT_WAIT_S, LOCKOUT_WAIT_S = 1.0, 5.0
_THROTTLED = re.compile(r"EService: ?Throttled: ?(\d+)")
#: What may stand behind such words nobody knows.
_UNKNOWN: tuple[str, ...] = (
    "EService:Unavailable",
    "EService:Busy",
    "EService:Timeout",
    "EGeneral:Internal error",
)
_REASONS = (
    ("EOrder:Insufficient funds", Reason.FUNDS),
    ("EOrder:Post only order", Reason.WOULD_TAKE),
    ("EOrder:Unknown order", Reason.UNKNOWN_ORDER),
    ("EOrder:Order minimum not met", Reason.BAD_QUANTITY),
    ("EOrder:Cost minimum not met", Reason.BAD_QUANTITY),
    ("EGeneral:Invalid arguments:volume", Reason.BAD_QUANTITY),
    ("EOrder:Tick size check failed", Reason.BAD_PRICE),
    ("EOrder:Invalid price", Reason.BAD_PRICE),
    ("EGeneral:Invalid arguments:price", Reason.BAD_PRICE),
    ("EOrder:Orders limit exceeded", Reason.OPEN_ORDERS),
    ("EService:Market in", Reason.MARKET_MODE),
    ("EService:Deadline elapsed", Reason.TOO_OLD),
    ("EOrder:Duplicate", Reason.DUPLICATE_ORDER),
)
#: Of the counter of the order's pair, of which other pairs, cancels and requests know nothing.
_COUNTERS = ("EOrder:Rate limit exceeded", "EOrder:Domain rate limit exceeded")
_REQUESTS = "EAPI:Rate limit exceeded"
_LIMITS = (
    "Exceeded msg rate",
    "EGeneral:Too many requests",
)


def meaning(words: str, now_s: float) -> Meaning:
    """`now_s`: the venue's time, for errors that name one."""
    throttled = _THROTTLED.match(words)
    if throttled is not None:
        # Of milliseconds in the place of seconds it would be years.
        wait_s = min(float(throttled[1]) - now_s, RETRY_AFTER_MAX_S)
        return Meaning(Reason.RATE_LIMIT, max(wait_s, LIMIT_WAIT_S))
    if words.startswith(_COUNTERS):
        return Meaning(Reason.RATE_LIMIT, again=True)
    if words.startswith(_REQUESTS):
        return Meaning(Reason.RATE_LIMIT, is_of_requests=True)
    if words.startswith(_LIMITS):
        return Meaning(Reason.RATE_LIMIT, LIMIT_WAIT_S)
    if words.startswith("EGeneral:Temporary lockout"):
        return Meaning(Reason.RATE_LIMIT, LOCKOUT_WAIT_S)
    if words.startswith("EAPI:Invalid nonce"):
        # It counts towards a lockout: once more, and not at once again and again.
        return Meaning(None, LIMIT_WAIT_S)
    if words.startswith(_UNKNOWN):
        return Meaning(None)
    found = (reason for begin, reason in _REASONS if words.startswith(begin))
    return Meaning(next(found, Reason.VENUE))
