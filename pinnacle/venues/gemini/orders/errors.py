"""What Gemini's words mean for an order: why it was refused, or ended."""

import re

import msgspec

from pinnacle.core.schema import Reason

#: By the venue's word; REST, the WebSocket and order events share them.
REASONS = {
    "InsufficientFunds": Reason.FUNDS,
    "OrderNotFound": Reason.UNKNOWN_ORDER,
    "InvalidPrice": Reason.BAD_PRICE,
    "LimitPriceOffTick": Reason.BAD_PRICE,
    "InvalidStopPrice": Reason.BAD_PRICE,
    "ExceedsPriceLimits": Reason.BAD_PRICE,
    "InvalidQuantity": Reason.BAD_QUANTITY,
    "InvalidTotalSpend": Reason.BAD_QUANTITY,
    "InvalidSymbol": Reason.BAD_INSTRUMENT,
    "UnknownInstrument": Reason.BAD_INSTRUMENT,
    "MarketNotOpen": Reason.MARKET_MODE,
    "MarketClosed": Reason.MARKET_MODE,
    "TradingClosed": Reason.MARKET_MODE,
    "DuplicateOrder": Reason.DUPLICATE_ORDER,
    "ClientOrderIdTooLong": Reason.BAD_ORDER,
    "ConflictingOptions": Reason.BAD_ORDER,
    "UnsupportedOption": Reason.BAD_ORDER,
    "InvalidOrderType": Reason.BAD_ORDER,
    "InvalidSide": Reason.BAD_ORDER,
    "MakerOrCancelWouldTake": Reason.WOULD_TAKE,
    "ImmediateOrCancelWouldPost": Reason.NO_LIQUIDITY,
    "InsufficientLiquidity": Reason.NO_LIQUIDITY,
    "FillOrKillWouldNotFill": Reason.FOK,
    "SelfCrossPrevented": Reason.SELF_TRADE,
    "Requested": Reason.REQUESTED,
}
WOULD_TAKE = "MakerOrCancelWouldTake"
#: Another nonce, and it may be asked again; nothing was done.
BAD_NONCE, RATE_LIMIT = "InvalidNonce", "RateLimit"
#: How long a limit of the venue's takes to let something pass again, where it does not say.
LIMIT_WAIT_S = 1.0
_GONE = re.compile(r"not found|already (filled|cancell?ed)", re.IGNORECASE)
_WORD = re.compile(r"[A-Za-z]+")
_BAD_REQUEST = (-1013, -1020)
_TOO_MUCH, _KEY = -1003, -1002


class RestError(msgspec.Struct):
    """The body of a request that was refused."""

    result: str
    reason: str
    message: str = ""

    @property
    def words(self) -> str:
        return f"{self.reason}: {self.message}" if self.message else self.reason


class SocketError(msgspec.Struct):
    """The same on the WebSocket."""

    code: int = 0
    msg: str = ""

    @property
    def words(self) -> str:
        return f"{self.code} {self.msg}".strip()

    @property
    def is_of_rate(self) -> bool:
        """The venue took no notice, and wants to be left alone for a while."""
        return self.code == _TOO_MUCH

    @property
    def is_of_key(self) -> bool:
        """It takes nothing more from this connection."""
        return self.code == _KEY

    @property
    def reason(self) -> Reason:
        """Why something was refused, as far as its words name it."""
        if _GONE.search(self.msg):
            return Reason.UNKNOWN_ORDER
        named = (REASONS[word] for word in _WORD.findall(self.msg) if word in REASONS)
        return next(named, Reason.BAD_ORDER if self.code in _BAD_REQUEST else Reason.VENUE)


def reason_of(word: str) -> Reason:
    """VENUE if nobody knows the word."""
    return REASONS.get(word, Reason.VENUE)


def refusal_of(word: str) -> Reason:
    """The same of a new order: whatever is not found then, it is not the order."""
    reason = reason_of(word)
    return Reason.VENUE if reason == Reason.UNKNOWN_ORDER else reason
