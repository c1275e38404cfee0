"""What is asked of Coinbase by REST: targets and bodies, and where lists go on."""

from collections.abc import Sequence
from typing import Any, NamedTuple
from urllib.parse import quote, urlencode

import msgspec

from pinnacle.core.schema import Side, TimeInForce
from pinnacle.venues.coinbase.orders.states import stamp
from pinnacle.venues.orders.port import Call, Order, What
from pinnacle.venues.orders.terms import Terms

BASE = "/api/v3/brokerage"
#: Rows of a page; of what is cancelled together the venue takes no more.
PAGE, CANCELLED_TOGETHER = 250, 100
#: What lists of OPEN orders leave out and can still trade; OPEN cannot be asked for with others.
_QUEUED = ("PENDING", "QUEUED", "EDIT_QUEUED", "CANCEL_QUEUED")
_SIDES = {Side.BID: "BUY", Side.ASK: "SELL"}
_DAY_NS = 86_400_000_000_000
_encode = msgspec.json.Encoder().encode


class Asked(NamedTuple):
    """One request before it is signed; the token is of method and path."""

    method: str
    path: str
    query: str = ""
    body: bytes = b""

    @property
    def target(self) -> str:
        return f"{self.path}?{self.query}" if self.query else self.path


class Page(msgspec.Struct, array_like=True, frozen=True):
    """Where a list goes on, as a Call's `page`.

    which    "queued", then "open": an order that rests meanwhile is in one of them
    cursor   the venue's; "" at the beginning
    found    of CANCEL_ALL: what was on the last page and is to be cancelled first
    """

    which: str = "queued"
    cursor: str = ""
    found: list[str] = []

    @classmethod
    def of(cls, call: Call) -> "Page":
        return msgspec.json.decode(call.page, type=Page) if call.page else Page()

    def text(self) -> str:
        return _encode(self).decode()


def new(order: Order, terms: Terms, now_ns: int) -> Asked:
    """`now_ns`: the venue's time."""
    body = {
        "client_order_id": order.client_id,
        "product_id": terms.name,
        "side": _SIDES[order.side],
        "order_configuration": configuration(order, terms, now_ns),
    }
    return Asked("POST", f"{BASE}/orders", body=_encode(body))


def configuration(order: Order, terms: Terms, now_ns: int) -> dict[str, dict[str, Any]]:
    """How the order is to trade, by the venue's name for that."""
    said: dict[str, Any] = {"base_size": terms.quantity(order.quantity)}
    if order.is_market:
        return {"market_market_ioc": said}
    said["limit_price"] = terms.price(order.price)
    match order.time_in_force:
        case TimeInForce.IOC | TimeInForce.FOK if order.post_only:
            # There is no such order: said so that the venue refuses it, and does not let it take.
            return {"limit_limit_fok": said | {"post_only": True}}
        case TimeInForce.IOC:
            return {"sor_limit_ioc": said}
        case TimeInForce.FOK:
            return {"limit_limit_fok": said}
        case TimeInForce.DAY:
            end = stamp((now_ns // _DAY_NS + 1) * _DAY_NS)
            return {"limit_limit_gtd": said | {"end_time": end, "post_only": order.post_only}}
    return {"limit_limit_gtc": said | {"post_only": order.post_only}}


def edit(venue_id: str, price: str, size: str) -> Asked:
    """`size` is the order's new total; without either the venue reads 0."""
    body = {"order_id": venue_id, "price": price, "size": size}
    return Asked("POST", f"{BASE}/orders/edit", body=_encode(body))


def cancel(venue_ids: Sequence[str]) -> Asked:
    """CANCELLED_TOGETHER at most."""
    body = {"order_ids": list(venue_ids)}
    return Asked("POST", f"{BASE}/orders/batch_cancel", body=_encode(body))


def one(venue_id: str) -> Asked:
    """One order, by the venue's id."""
    return Asked("GET", f"{BASE}/orders/historical/{quote(venue_id, safe='')}")


def listed(cursor: str) -> Asked:
    """All orders of any state, the newest first: the only way to one of whom the venue's id is
    not known."""
    return _list("historical/batch", [], cursor)


def resting(page: Page, limit: int = PAGE) -> Asked:
    """Those that rest, or may soon."""
    statuses = _QUEUED if page.which == "queued" else ("OPEN",)
    return _list(
        "historical/batch", [("order_status", each) for each in statuses], page.cursor, limit
    )


def fills(call: Call, venue_id: str) -> Asked:
    """Of one order, or all since a time."""
    of = ("order_ids", venue_id) if call.order is not None else _since(call.since_ns)
    return _list("historical/fills", [of], call.page, CANCELLED_TOGETHER)


def accounts(cursor: str) -> Asked:
    return Asked("GET", f"{BASE}/accounts", _query([], cursor, PAGE))


def plain(what: What) -> Asked:
    """What has no parameters."""
    assert what is What.FEES, "what else there is has its own"
    return Asked("GET", f"{BASE}/transaction_summary")


def _since(since_ns: int) -> tuple[str, str]:
    return "start_sequence_timestamp", stamp(max(since_ns, 0))


def _list(path: str, said: list[tuple[str, str]], cursor: str, limit: int = PAGE) -> Asked:
    return Asked("GET", f"{BASE}/orders/{path}", _query(said, cursor, limit))


def _query(said: list[tuple[str, str]], cursor: str, limit: int) -> str:
    more = [("cursor", cursor)] if cursor else []
    return urlencode([*said, ("limit", str(limit)), *more])
