"""What Bitstamp's refusals mean for an order: three shapes of them, and words where codes lack."""

import re
from typing import NamedTuple

import msgspec

from pinnacle.core.errors import DataError
from pinnacle.core.schema import Reason
from pinnacle.venues.bitstamp.orders.rows import NULL, ident, text

#: How long to be silent where a limit was passed and no time is named, and before a request goes
#: once more with another nonce and stamp.
LIMIT_WAIT_S, NONCE_WAIT_S = 1.0, 0.5
#: The venue does not know what became of the order.
TIMED_OUT = "500.016"
_LIMITS = frozenset({"400.002", "400.067", "400.068"})
_NONCES = frozenset({"API0004", "API0017"})
_CODES = {
    "400.003": Reason.MARKET_MODE,
    "400.009": Reason.FUNDS,
    "400.019": Reason.DUPLICATE_ORDER,
    "400.020": Reason.BAD_QUANTITY,
    "400.021": Reason.BAD_PRICE,
    "400.024": Reason.BAD_ORDER,
    "400.046": Reason.BAD_QUANTITY,
    "404.002": Reason.UNKNOWN_ORDER,
}
_WORDS = (
    (re.compile(r"order not found", re.I), Reason.UNKNOWN_ORDER),
    (re.compile(r"you (need|have only) ", re.I), Reason.FUNDS),
    (re.compile(r"(minimum|maximum) order (size|amount|value)", re.I), Reason.BAD_QUANTITY),
    (re.compile(r"^price\b.*decimal", re.I), Reason.BAD_PRICE),
    (re.compile(r"^amount\b.*decimal", re.I), Reason.BAD_QUANTITY),
    (re.compile(r"price is (more|less) than", re.I), Reason.BAD_PRICE),
    (re.compile(r"only one of", re.I), Reason.BAD_ORDER),
    (re.compile(r"trading .*(disabled|halted)|market .*disabled", re.I), Reason.MARKET_MODE),
)
_TIMED_OUT = re.compile(r"timed out before order confirmation", re.I)


class Refusal(NamedTuple):
    """What a body says instead of an answer.

    words      the venue's, all of them
    code       "API0004", "400.009"; "" if there is none
    order_id   that it names to look for; ""
    """

    words: str
    code: str = ""
    order_id: str = ""

    @property
    def is_of_key(self) -> bool:
        """It is about who asks, and nothing was done."""
        return self.code.startswith("API")

    @property
    def is_unknown(self) -> bool:
        """What became of the order the venue cannot say."""
        return self.code == TIMED_OUT or bool(_TIMED_OUT.search(self.words))

    @property
    def reason(self) -> Reason:
        """Why; VENUE where nothing else is known."""
        found = (reason for words, reason in _WORDS if words.search(self.words))
        return _CODES.get(self.code) or next(found, Reason.VENUE)

    @property
    def is_stale(self) -> bool:
        """By the venue's clock the request is not of now."""
        return self.code in _NONCES

    @property
    def wait_s(self) -> float:
        """The venue took no notice, and may be asked again after so long; 0: it did."""
        if self.code in _LIMITS:
            return LIMIT_WAIT_S
        return NONCE_WAIT_S if self.is_stale else 0.0


class _Body(msgspec.Struct):
    """Members of all shapes. `status` of an order is none of "error"."""

    status: str = ""
    reason: msgspec.Raw = NULL
    error: msgspec.Raw = NULL
    code: msgspec.Raw = NULL
    response_code: str = ""
    response_explanation: str = ""
    order_id: msgspec.Raw = NULL


_bodies = msgspec.json.Decoder(_Body)
_fields = msgspec.json.Decoder(dict[str, list[str] | str] | str)


def refusal(body: bytes) -> Refusal | None:
    """None: it is none, whatever else it is."""
    try:
        said = _bodies.decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None
    code = said.response_code or text(said.code)
    if said.status != "error" and not text(said.error) and not code:
        return None
    parts = [_words(said.reason), _words(said.error), said.response_explanation]
    words = ": ".join(dict.fromkeys(part for part in parts if part))
    try:
        named = ident(said.order_id)
    except DataError:
        named = ""
    return Refusal(words or f"refused {code}".strip(), code, named)


def _words(raw: msgspec.Raw) -> str:
    """Text, or an object of lists of it: `__all__` is of no field."""
    try:
        said = _fields.decode(raw)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return text(raw)
    if isinstance(said, str):
        return said
    found = []
    for field, words in said.items():
        told = words if isinstance(words, str) else " ".join(words)
        found.append(told if field == "__all__" else f"{field}: {told}")
    return "; ".join(found)
