"""What Coinbase's words for what it does not do mean for an order."""

from pinnacle.core.schema import Reason

#: By the venue's word, without PREVIEW_ before it: it says most of them in both ways.
_REASONS = {
    "INSUFFICIENT_FUND": Reason.FUNDS,
    "INSUFFICIENT_FUNDS": Reason.FUNDS,
    "INVALID_LIMIT_PRICE_POST_ONLY": Reason.WOULD_TAKE,
    "INVALID_PRICE_PRECISION": Reason.BAD_PRICE,
    "INVALID_LIMIT_PRICE": Reason.BAD_PRICE,
    "LIMIT_PRICE_TOO_FAR_FROM_MARKET": Reason.BAD_PRICE,
    "INVALID_EDITED_PRICE": Reason.BAD_PRICE,
    "INVALID_SIZE_PRECISION": Reason.BAD_QUANTITY,
    "INVALID_BASE_SIZE_TOO_SMALL": Reason.BAD_QUANTITY,
    "INVALID_BASE_SIZE_TOO_LARGE": Reason.BAD_QUANTITY,
    "INVALID_QUOTE_SIZE_TOO_SMALL": Reason.BAD_QUANTITY,
    "INVALID_QUOTE_SIZE_TOO_LARGE": Reason.BAD_QUANTITY,
    "INVALID_EDITED_SIZE": Reason.BAD_QUANTITY,
    "CANNOT_EDIT_TO_BELOW_FILLED_SIZE": Reason.BAD_QUANTITY,
    "ORDER_ENTRY_DISABLED": Reason.MARKET_MODE,
    "UNTRADABLE_PRODUCT": Reason.MARKET_MODE,
    "PRODUCT_TRADING_HALTED": Reason.MARKET_MODE,
    "POST_ONLY_NOT_ALLOWED_WITH_FOK": Reason.BAD_ORDER,
    "FOK_ONLY_ALLOWED_ON_LIMIT_ORDERS": Reason.BAD_ORDER,
    "UNSUPPORTED_ORDER_CONFIGURATION": Reason.BAD_ORDER,
    "ONLY_LIMIT_ORDER_EDITS_SUPPORTED": Reason.BAD_ORDER,
    "INVALID_SIDE": Reason.BAD_ORDER,
    "INVALID_PRODUCT_ID": Reason.BAD_INSTRUMENT,
    "INELIGIBLE_PAIR": Reason.BAD_INSTRUMENT,
    "UNKNOWN_CANCEL_ORDER": Reason.UNKNOWN_ORDER,
    "ORDER_NOT_FOUND": Reason.UNKNOWN_ORDER,
    "ORDER_IS_FULLY_FILLED": Reason.TOO_LATE,
    "ONLY_OPEN_ORDERS_CAN_BE_EDITED": Reason.TOO_LATE,
    "CANNOT_EDIT_ORDER_PENDING_CANCEL": Reason.TOO_LATE,
    "ORDER_IS_ALREADY_BEING_REPLACED": Reason.TOO_LATE,
}
#: Codes of an HTTP error behind which anything may have happened.
UNKNOWN_OUTCOMES = frozenset({"INTERNAL", "UNKNOWN", "UNAVAILABLE", "DEADLINE_EXCEEDED"})
#: Codes that say of an order that was asked for that there is none.
NOT_FOUND = frozenset({"NOT_FOUND", "INVALID_ARGUMENT"})


def says_nothing(word: str) -> bool:
    """What stands where the venue has no reason to name, beside success too."""
    return not word or (word.startswith("UNKNOWN_") and word.endswith("_REASON"))


def reason_of(word: str) -> Reason:
    """VENUE of a word that has no meaning of its own here."""
    return _REASONS.get(word.removeprefix("PREVIEW_"), Reason.VENUE)


def first_word(*words: str | None) -> str:
    """The first that says something; "" if none does."""
    return next((word for word in words if word and not says_nothing(word)), "")


def end_reason(words: str, time_in_force: str) -> Reason:
    """Why an order was cancelled, by the venue's words and how long it was to live."""
    text = words.lower()
    if "self" in text and "trade" in text:
        return Reason.SELF_TRADE
    if "user" in text:
        return Reason.REQUESTED
    ends = {"IMMEDIATE_OR_CANCEL": Reason.NO_LIQUIDITY, "FILL_OR_KILL": Reason.FOK}
    return ends.get(time_in_force, Reason.VENUE)
