"""What Binance's errors mean for what was asked."""

import re
from typing import Any, NamedTuple

import msgspec

from pinnacle.core.schema import Reason

#: The longest that the venue bans anybody, and the least that is waited when it does not say.
BAN_S_MAX, WAIT_S = 3 * 86_400.0, 1.0
#: Its firewall's turn: nothing says for how long.
FIREWALL_S = 30.0
#: Of these nobody knows what was done.
_UNKNOWN = frozenset({-1000, -1001, -1006, -1007, -1008, -1016})
#: The key is not (any more) one that may do this.
KEY_REFUSED = frozenset({-2014, -2015})
STALE, NO_ORDER, UNKNOWN_ORDER, ARCHIVED = -1021, -2013, -2011, -2026
NEW_REFUSED, ORDER_RATE = -2010, -1015
#: Whatever code they come with: in FIX it is another than by REST.
_BY_WORDS = (
    ("Unknown order sent", Reason.UNKNOWN_ORDER),
    ("Order does not exist", Reason.UNKNOWN_ORDER),
    ("Account has insufficient balance", Reason.FUNDS),
    ("Order would immediately match and take", Reason.WOULD_TAKE),
    ("Market is closed", Reason.MARKET_MODE),
    ("Filter failure: PRICE_FILTER", Reason.BAD_PRICE),
    ("Filter failure: PERCENT_PRICE", Reason.BAD_PRICE),
    ("Filter failure: LOT_SIZE", Reason.BAD_QUANTITY),
    ("Filter failure: MARKET_LOT_SIZE", Reason.BAD_QUANTITY),
    ("Filter failure: NOTIONAL", Reason.BAD_QUANTITY),
    ("Filter failure: MIN_NOTIONAL", Reason.BAD_QUANTITY),
    ("Filter failure: MAX_NUM", Reason.OPEN_ORDERS),
    ("Filter failure: EXCHANGE_MAX_NUM", Reason.OPEN_ORDERS),
    ("Parameter 'price' has too much precision", Reason.BAD_PRICE),
    ("Parameter 'quantity' has too much precision", Reason.BAD_QUANTITY),
)
_BY_CODE = {-1121: Reason.BAD_INSTRUMENT, STALE: Reason.TOO_OLD, NO_ORDER: Reason.UNKNOWN_ORDER}
#: A parameter is wrong, missing, or one too many.
_PARAMETERS = range(-1131, -1099)
_BANNED_UNTIL = re.compile(r"banned until ([0-9]{10,16})")


class VenueRefusal(msgspec.Struct, frozen=True):
    """Binance's error object; `data` differs by what was asked."""

    code: int
    msg: str = ""
    data: Any = None

    @property
    def words(self) -> str:
        return f"{self.code} {self.msg}"


class Meaning(NamedTuple):
    """Of an error.

    reason   why it was refused; None: nothing is known of it
    wait_s   the venue took no notice, and wants to be left alone for so long
    again    it took no notice: with another stamp, or as its order count allows, it may be asked
    """

    reason: Reason | None
    wait_s: float = 0.0
    again: bool = False


def meaning(status: int, refusal: VenueRefusal, retry_after_s: float, venue_ms: int) -> Meaning:
    """status: HTTP's, or the socket's, which are the same; venue_ms: the venue's time, for errors
    that name one."""
    if refusal.code == ORDER_RATE:
        return Meaning(Reason.RATE_LIMIT, again=True)
    if status in (418, 429) or refusal.code == -1003:
        return Meaning(None, _wait_s(refusal, retry_after_s, venue_ms))
    if status == 403:
        return Meaning(None, max(retry_after_s, FIREWALL_S))
    if status >= 500 or refusal.code in _UNKNOWN:
        return Meaning(None)
    if refusal.code == NEW_REFUSED and refusal.msg.startswith("Duplicate order sent"):
        # An order of this very id rests there: ours, for nobody else gives such ids.
        return Meaning(None)
    return Meaning(_reason(refusal), again=refusal.code == STALE)


def _reason(refusal: VenueRefusal) -> Reason:
    for begin, reason in _BY_WORDS:
        if refusal.msg.startswith(begin):
            return reason
    if refusal.code in _BY_CODE:
        return _BY_CODE[refusal.code]
    return Reason.BAD_ORDER if refusal.code in _PARAMETERS else Reason.VENUE


def _wait_s(refusal: VenueRefusal, retry_after_s: float, venue_ms: int) -> float:
    """The longest of what it says in its three ways."""
    data = refusal.data if isinstance(refusal.data, dict) else {}
    until = data.get("retryAfter")
    said = _BANNED_UNTIL.search(refusal.msg)
    untils = [until if isinstance(until, int) else 0, int(said[1]) if said else 0]
    waits = [min((until_ms - venue_ms) / 1000, BAN_S_MAX) for until_ms in untils if until_ms]
    return max([WAIT_S, retry_after_s, *waits])
