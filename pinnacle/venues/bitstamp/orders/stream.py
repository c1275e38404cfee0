"""Events and trades of the private channels as Reports; what has no name yet is held for it.

That an order is over is all that its last event says: how much of it was filled stands in what
remains, and in its trades; that it was cancelled, in the answer to a question.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from pinnacle.core.schema import Kind, Reason
from pinnacle.venues.bitstamp.orders import fills
from pinnacle.venues.bitstamp.orders.fills import Execution
from pinnacle.venues.bitstamp.orders.private import CHANGED, CREATED, DELETED, OrderEvent
from pinnacle.venues.bitstamp.orders.watches import Watches
from pinnacle.venues.orders.about import report
from pinnacle.venues.orders.port import Call, Desk, Order, Report, What
from pinnacle.venues.orders.terms import Terms

#: Orders of others have trades, too, and nobody will ever name them.
HELD_MAX = 4096
_SAYS_GONE = "the stream says that it is gone"


@dataclass
class Meant:
    """What something means, as a Heard has it."""

    reports: list[Report] = field(default_factory=list)
    ask: list[Call] = field(default_factory=list)
    odd: list[str] = field(default_factory=list)

    def add(self, other: "Meant") -> None:
        """What comes behind it."""
        self.reports += other.reports
        self.ask += other.ask
        self.odd += other.odd


class Stream:
    """Of all instruments."""

    def __init__(self, terms: Sequence[Terms], desk: Desk, watches: Watches):
        self._terms, self._known, self._clock = terms, desk.known, desk.clock
        self._watches = watches
        #: By the venue's id of the order.
        self._held: dict[str, list[Execution | OrderEvent]] = {}

    def trade(self, found: Execution, client_id: str) -> Meant:
        """It may come before anything that says whose it is."""
        order_id = self._watches.order_id(found.venue_id, client_id)
        if order_id is None:
            self._hold(found.venue_id, found)
            return Meant()
        return Meant(self._fill(found, order_id))

    def event(self, found: OrderEvent) -> Meant:
        """DataError: in no whole lots."""
        if self._watches.is_second(found.venue_id, found.client_id):
            return self._second(found)
        order_id = self._watches.order_id(found.venue_id, found.client_id)
        if order_id is None:
            if not found.client_id:
                self._hold(found.venue_id, found)
            return Meant()
        order, told = self._known.order(order_id), Meant()
        self._watches.named(order_id, found.venue_id)
        if order is None:
            return told  # it has gone by what was said before
        if not order.venue_id:
            order = order._replace(venue_id=found.venue_id)
            ack = report(Kind.ACK, order)._replace(venue_id=found.venue_id)
            told.reports.append(ack)
            told.add(self.released(order))
        told.add(self._event(found, order))
        return told

    def released(self, order: Order) -> Meant:
        """The order has its name now: what was held for it."""
        told = Meant()
        for found in self._held.pop(order.venue_id, ()):
            if isinstance(found, Execution):
                told.reports += self._fill(found, order.order_id)
            else:
                told.add(self._event(found, order))
        return told

    def _event(self, found: OrderEvent, order: Order) -> Meant:
        watch, told = self._watches.of(order.order_id), Meant()
        if found.what in (CREATED, CHANGED):
            watch.created_us = watch.created_us or found.at_us or 1
        terms = self._terms[order.row]
        created = None if found.created is None else terms.lots(found.created)
        left = terms.lots(found.left)
        is_whole = created == order.quantity and 0 <= left <= order.quantity
        filled = order.quantity - left if is_whole and found.what != CREATED else 0
        if filled:
            total = report(Kind.FILLED_TOTAL, order, filled)
            told.reports.append(total._replace(venue_ns=found.at_us * 1000))
        if found.what == DELETED:
            watch.ended_us = found.at_us or 1
            watch.ended_ns = self._clock()
        if found.what not in (CREATED, CHANGED) and (filled < order.quantity or not is_whole):
            doubt = report(Kind.UNSURE, order, 0)
            doubt = doubt._replace(reason=Reason.UNLISTED, words=_SAYS_GONE)
            told.reports.append(doubt)
            told.ask.append(Call(What.QUERY, order))
        if found.what not in (CREATED, CHANGED, DELETED):
            told.odd.append(f"order {found.venue_id}: {found.what}, which nobody here asked for")
        return told

    def _second(self, found: OrderEvent) -> Meant:
        """Another order under a client id of ours: it is taken back."""
        if found.what != CREATED:
            return Meant()
        order_id = self._known.adopted(found.venue_id, found.client_id)
        first_id = self._known.by_client(found.client_id)
        first = None if first_id is None else self._known.order(first_id)
        told = Meant(odd=[f"order {found.venue_id} has the client id of another one"])
        if order_id is not None and first is not None:
            left = self._terms[found.row].lots(found.left)
            there = report(Kind.ORDER_STATUS, first, left)
            told.reports.append(there._replace(order_id=order_id, venue_id=found.venue_id))
        return told

    def _fill(self, found: Execution, order_id: int) -> list[Report]:
        watch = self._watches.of(order_id)
        return fills.reports(found, order_id, watch, self._terms[found.row])

    def _hold(self, venue_id: str, found: Execution | OrderEvent) -> None:
        if venue_id not in self._held and len(self._held) >= HELD_MAX:
            del self._held[next(iter(self._held))]
        self._held.setdefault(venue_id, []).append(found)
