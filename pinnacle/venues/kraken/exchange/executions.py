"""Kraken's channel of executions: what one connection hears of its account's orders."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from pinnacle.venues.kraken.exchange.counts import TIER
from pinnacle.venues.kraken.exchange.words import (
    NAMES,
    REASONS,
    Refused,
    exec_name,
    raw,
    stamp,
    times,
)
from pinnacle.venues.served.house import (
    Account,
    Event,
    Happening,
    House,
    HouseFill,
    HouseOrder,
)
from pinnacle.venues.served.serving import encode

SNAPSHOT_TRADES = 50


class Executions:
    """What one connection hears of its account's orders."""

    def __init__(self, account_of: Callable[[object], Account], house: House):
        self._account_of, self._house = account_of, house
        self._account: Account | None = None
        self._number = 0

    def subscribe(self, head: dict[str, Any], params: Mapping[str, Any]) -> Sequence[bytes]:
        said = head | times(self._house.now_ns())
        try:
            account = self._account_of(params.get("token"))
        except Refused as refused:
            return [encode(said | {"success": False, "error": str(refused)})]
        if head["method"] == "unsubscribe":
            self._account = None
            return [encode(said | {"success": True, "result": {"channel": "executions"}})]
        self._account, self._number = account, 0
        result = {"channel": "executions", "maxratecount": int(TIER.pair_most), "snapshot": True}
        rows = [self._order(order, "new") for order in self._house.open_orders(account)]
        if params.get("snap_trades"):
            rows += [self._traded(fill) for fill in self._house.fills(account)[-SNAPSHOT_TRADES:]]
        return [encode(said | {"success": True, "result": result}), self._frame("snapshot", rows)]

    def event(self, event: Event) -> Sequence[bytes]:
        if event.order.account is not self._account:
            return ()
        return [self._frame("update", [row]) for row in self._rows(event)]

    def skip(self) -> None:
        """The next frame has the number behind its own."""
        self._number += 1

    def _rows(self, event: Event) -> list[dict[str, Any]]:
        order, at = event.order, stamp(event.at_ns)
        head = {"order_id": order.venue_id, "cl_ord_id": order.client_id, "timestamp": at}
        match event.what:
            case Happening.ACCEPTED:
                return [
                    self._order(order, "pending_new"),
                    {"exec_type": "new", "order_status": "new"} | head,
                ]
            case Happening.FILLED if event.fill is not None:
                rows = [self._fill(event, event.fill, head)]
                if event.filled >= event.quantity:
                    done = {"exec_type": "filled", "order_status": "filled"} | head
                    rows.append(self._with_totals(done, event))
                return rows
            case Happening.CANCELLED:
                reason = REASONS.get(order.reason, "")
                end = {"exec_type": "canceled", "order_status": "canceled", "reason": reason}
                return [self._with_totals(end | head, event)]
            case Happening.REPLACED:
                row = self._order(order, "amended") | {"amended": True, "timestamp": at}
                return [row]
        return []

    def _fill(self, event: Event, fill: HouseFill, head: dict[str, Any]) -> dict[str, Any]:
        terms = self._house.terms[fill.order.row]
        row = {
            "exec_type": "trade",
            "order_status": "partially_filled",
            "exec_id": exec_name(fill),
            "trade_id": fill.number,
            "symbol": terms.name,
            "side": NAMES[fill.order.side],
            "last_qty": raw(terms.quantity(fill.quantity)),
            "last_price": raw(terms.price(fill.price)),
            "liquidity_ind": "m" if fill.is_maker else "t",
            "fees": [{"asset": fill.currency, "qty": raw(f"{fill.fee:f}")}],
        }
        return self._with_totals(row | head, event)

    def _traded(self, fill: HouseFill) -> dict[str, Any]:
        order = fill.order
        event = Event(
            Happening.FILLED, order, fill.at_ns, fill, order.filled, order.notional, order.quantity
        )
        head = {"order_id": order.venue_id, "cl_ord_id": order.client_id}
        return self._fill(event, fill, head | {"timestamp": stamp(fill.at_ns)})

    def _with_totals(self, row: dict[str, Any], event: Event) -> dict[str, Any]:
        terms = self._house.terms[event.order.row]
        cost = terms.tick.size * terms.lot.size * event.notional
        row["symbol"] = terms.name
        row["cum_qty"], row["cum_cost"] = raw(terms.quantity(event.filled)), raw(f"{cost:f}")
        return row

    def _order(self, order: HouseOrder, exec_type: str) -> dict[str, Any]:
        terms = self._house.terms[order.row]
        return {
            "exec_type": exec_type,
            "order_status": "pending_new" if exec_type == "pending_new" else "new",
            "order_id": order.venue_id,
            "cl_ord_id": order.client_id,
            "symbol": terms.name,
            "side": NAMES[order.side],
            "order_qty": raw(terms.quantity(order.quantity)),
            "limit_price": raw(terms.price(order.price)),
            "cum_qty": raw(terms.quantity(order.filled)),
            "timestamp": stamp(order.updated_ns),
        }

    def _frame(self, kind: str, rows: list[dict[str, Any]]) -> bytes:
        self._number += 1
        body = {"channel": "executions", "type": kind, "data": rows, "sequence": self._number}
        return encode(body)
