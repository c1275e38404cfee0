"""The gateway's orders by what the venue calls them."""

from collections.abc import Callable
from typing import Any

from pinnacle.core.schema import Flag, OrderType, Side
from pinnacle.execution.orders import OrderTable
from pinnacle.venues.orders.ids import ClientIds, is_ours
from pinnacle.venues.orders.port import Order
from pinnacle.venues.orders.records import execution_number

#: Orders of others get ids that no strategy of ours has.
_FOREIGN_OWNER = 0xFE << 48
#: Of orders that are gone, whose late fills must still find them, and of strangers.
_GONE_MAX = 65_536
#: By its number.
_SIDES = tuple(sorted(Side))
#: Numbers: members of an enumeration take their time to be compared.
_MARKET, _POST_ONLY = int(OrderType.MARKET), int(Flag.POST_ONLY)


def _passed_over(venue_id: str, client_id: str) -> None:
    """Nobody minds."""


class KnownOrders:
    """A view of an OrderTable (venues/orders/port.py Known).

    What a NEW says and the table does not keep, its terms, is kept here for the calls about it; the
    venue's ids come from the table, which has them from the log, and from what is told since.
    """

    def __init__(
        self,
        table: OrderTable,
        ids: ClientIds,
        rows: dict[int, int],
        foreign: str,
        met: Callable[[str, str], None] = _passed_over,
    ):
        """met: hears once of each order that is nobody's here: the venue's id and its client's."""
        self._table, self._ids, self._rows, self._foreign = table, ids, rows, foreign
        self._met = met
        self._by_venue: dict[str, int] = {}
        #: The other way round: what was told a moment ago the table has yet to read in its log.
        self._names: dict[int, str] = {}
        self.strangers: dict[str, str] = {}
        for order in (*reversed([*table.gone()]), *table.orders.values()):
            self.called(order.order_id, order.venue_id)

    def called(self, order_id: int, venue_id: str) -> None:
        """The venue has a name for it from here on."""
        is_known = (
            self._names.get(order_id) == venue_id and self._by_venue.get(venue_id) == order_id
        )
        if not venue_id or is_known:
            return
        if len(self._by_venue) >= _GONE_MAX:
            for old in list(self._by_venue)[: _GONE_MAX // 4]:
                if self._by_venue[old] not in self._table.orders:
                    self._names.pop(self._by_venue.pop(old), None)
        self._by_venue[venue_id] = order_id
        self._names[order_id] = venue_id

    def by_client(self, text: str) -> int | None:
        return self._ids.order_id(text)

    def by_venue(self, text: str) -> int | None:
        return self._by_venue.get(text)

    def text(self, order_id: int) -> str:
        """Our own name for it."""
        return self._ids.text(order_id)

    def order(self, order_id: int) -> Order | None:
        found = self._table.find(order_id)
        if found is None:
            return None
        return Order(
            order_id,
            self._rows[found.instrument_id],
            _SIDES[found.side],
            found.price,
            found.quantity,
            self._ids.text(order_id),
            self._names.get(order_id, ""),
            found.filled,
        )

    def of_record(self, e: Any) -> Order:
        """Of a NEW that goes out; a struct pmm_event."""
        order_id, terms = e.order_id, e.aux
        return Order(
            order_id,
            self._rows[e.instrument_id],
            _SIDES[e.side],
            e.price,
            e.quantity,
            self._ids.text(order_id),
            is_market=(terms >> 8 & 0xFF) == _MARKET,
            time_in_force=terms & 0xFF,
            post_only=bool(e.flags & _POST_ONLY),
        )

    def adopted(self, venue_id: str, client_id: str) -> int | None:
        if not is_ours(client_id) and self._foreign != "cancel":
            if len(self.strangers) >= _GONE_MAX and venue_id not in self.strangers:
                del self.strangers[next(iter(self.strangers))]
            is_new = venue_id not in self.strangers
            self.strangers[venue_id] = client_id
            if is_new:
                self._met(venue_id, client_id)
            return None
        known = self._by_venue.get(venue_id)
        if known is None:
            known = _FOREIGN_OWNER | (execution_number(f"order {venue_id}") & ((1 << 48) - 1))
            self.called(known, venue_id)
        return known
