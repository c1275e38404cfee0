"""Coinbase's replies that are of no order, and what of an account's a request asks for."""

from urllib.parse import parse_qs, urlsplit

from pinnacle.venues.orders.port import What
from pinnacle.venues.served.dialect import Reply
from pinnacle.venues.served.exchange_side import Asked, Trouble
from pinnacle.venues.served.serving import JSON, encode

BASE = "/api/v3/brokerage/"
UNAUTHORIZED = Reply(401, {"Content-Type": "text/plain"}, b"Unauthorized\n")
_TOO_MUCH = {"errors": [{"id": "rate_limit_exceeded", "message": "Too many requests"}]}
TOO_MUCH = Reply(429, JSON, encode(_TOO_MUCH))
TROUBLES = {
    Trouble.RATE_LIMIT: TOO_MUCH,
    Trouble.BAN: TOO_MUCH._replace(headers=JSON | {"Retry-After": "2"}),
    Trouble.BAD_NONCE: UNAUTHORIZED,
    Trouble.SESSION_EXPIRED: UNAUTHORIZED,
    Trouble.UNKNOWN: Reply(503, {"Content-Type": "text/plain"}, b"Service Unavailable"),
}
_ASKED = {
    ("POST", "orders"): What.NEW,
    ("POST", "orders/edit"): What.REPLACE,
    ("POST", "orders/batch_cancel"): What.CANCEL,
    ("GET", "orders/historical/fills"): What.FILLS,
    ("GET", "accounts"): What.BALANCES,
    ("GET", "transaction_summary"): What.FEES,
}


def path_of(asked: Asked) -> str:
    """Behind what all of the venue's have in common."""
    return urlsplit(asked.target).path.removeprefix(BASE)


def asked_for(asked: Asked) -> What | None:
    """None: nothing of an account's."""
    path = path_of(asked)
    if path == "orders/historical/batch":
        query = parse_qs(urlsplit(asked.target).query)
        return What.OPEN if "order_status" in query else What.QUERY
    found = _ASKED.get((asked.method, path))
    return What.QUERY if found is None and path.startswith("orders/historical/") else found


def refusal(status: int, word: str, words: str) -> Reply:
    """An error by HTTP."""
    return Reply(status, JSON, encode({"error": word, "error_details": words, "message": words}))
