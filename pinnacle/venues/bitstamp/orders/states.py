"""What Bitstamp says of one order when it is asked: state, what remains, all of its fills."""

from collections.abc import Sequence

import msgspec

from pinnacle.core.errors import DataError
from pinnacle.core.schema import Kind, Reason
from pinnacle.venues.bitstamp.orders import fills
from pinnacle.venues.bitstamp.orders.rows import NULL, ident, optional_number, read, text
from pinnacle.venues.bitstamp.orders.watches import Watch, Watches
from pinnacle.venues.orders.about import report
from pinnacle.venues.orders.port import Answered, Order, Report
from pinnacle.venues.orders.terms import Terms

#: An order that has ended is not opened again by answers, which may be older, for so long.
OLDER_NS = 60_000_000_000
_RESTING = frozenset({"open", "in queue", "cancel pending"})
_ENDS = frozenset({"canceled", "cancelled", "expired"})
_FINISHED = "finished"
#: What a record holds.
_MOST = 2**63 - 1


class StatusRow(msgspec.Struct):
    """`order_status`."""

    id: msgspec.Raw
    status: str
    transactions: list[dict[str, msgspec.Raw]] | None = None
    amount_remaining: msgspec.Raw = NULL
    client_order_id: msgspec.Raw = NULL


_states = msgspec.json.Decoder(StatusRow | list[StatusRow])


class States:
    """`now_ns`, where it is asked for, is session time."""

    def __init__(self, terms: Sequence[Terms], watches: Watches):
        self._terms, self._watches = terms, watches

    def read(self, order: Order, body: bytes, now_ns: int) -> Answered:
        """Of a question about an order. DataError: the answer is none, or of another order."""
        found = read(_states, body, "state of an order")
        rows = found if isinstance(found, list) else [found]
        mine = [row for row in rows if self._is_of(row, order)]
        if not mine:
            raise DataError(f"Bitstamp answers with another order: {body[:80]!r}")
        name = order.venue_id or self._watches.name(order.order_id)
        mine.sort(key=lambda row: (ident(row.id) != name, int(ident(row.id))))
        others = [ident(row.id) for row in mine[1:]]
        # They are listed as open if they are: then they are taken back.
        odd = f"{order.client_id}: more orders are called so: {', '.join(others)}" if others else ""
        return Answered(self._reports(order, mine[0], now_ns), odd=odd)

    def _is_of(self, row: StatusRow, order: Order) -> bool:
        if order.venue_id and ident(row.id) == order.venue_id:
            return True
        client_id = text(row.client_order_id)
        return client_id == order.client_id or (not order.venue_id and not client_id)

    def _reports(self, order: Order, row: StatusRow, now_ns: int) -> list[Report]:
        venue_id, watch = ident(row.id), self._watches.of(order.order_id)
        watch.venue_id = venue_id
        first = [] if order.venue_id else [report(Kind.ACK, order)]
        executions, total = self._filled(order, row, watch)
        seen = [each._replace(venue_id=venue_id) for each in first] + executions + total
        filled = total[0].quantity if total else 0
        return [*seen, *self._end(order, row, watch, filled, now_ns)]

    def _filled(
        self, order: Order, row: StatusRow, watch: Watch
    ) -> tuple[list[Report], list[Report]]:
        terms, found = self._terms[order.row], list[Report]()
        for each in row.transactions or ():
            found += fills.reports(fills.of_order(each, order, terms), order.order_id, watch, terms)
        told = [each for each in found if each.kind == Kind.FILL]
        lots = sum(each.quantity for each in told)
        remaining = optional_number(row.amount_remaining)
        if remaining is not None:
            lots = max(lots, order.quantity - terms.lots(remaining))
        elif row.status.lower() == _FINISHED:
            lots = order.quantity
        if lots <= 0:
            return found, []
        if lots > _MOST:
            raise DataError(f"{watch.venue_id}: {lots} lots of it cannot be filled")
        whole = sum(each.quantity for each in told) == lots
        notional = sum(each.price * each.quantity for each in told) if whole else 0
        notional = notional if notional <= _MOST else 0
        return found, [report(Kind.FILLED_TOTAL, order, lots)._replace(aux=notional)]

    def _end(
        self, order: Order, row: StatusRow, watch: Watch, filled: int, now_ns: int
    ) -> list[Report]:
        status = row.status.lower()
        left = max(order.quantity - filled, 0)
        if status in _RESTING:
            watch.created_us = watch.created_us or 1
            if watch.ended_ns and now_ns - watch.ended_ns < OLDER_NS:
                return []  # it is older than what the venue has said by itself
            rests = report(Kind.ORDER_STATUS, order, left)
            return [rests._replace(venue_id=watch.venue_id)]
        if status not in _ENDS and status != _FINISHED:
            raise DataError(f"{watch.venue_id}: an order's status {row.status!r:.40} is none")
        if status == _FINISHED and left == 0:
            return []
        reason = Reason.EXPIRED if status == "expired" else watch.why(filled)
        return [report(Kind.CANCELLED, order, left)._replace(reason=reason, words=row.status)]
