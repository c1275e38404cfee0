"""What is remembered of each order besides what the gateway's table knows, and whose is whose.

A client id is no proof at Bitstamp: nothing keeps a second order from having the same one. So an
order is the one that the venue named first, and any other under its client id is a stranger.
"""

from dataclasses import dataclass

from pinnacle.core.schema import Reason, TimeInForce
from pinnacle.venues.orders.port import Known, Order

#: Of orders that may be long gone.
WATCHES_MAX = 65_536
#: An order that ends so soon after it began has never rested.
AT_ONCE_US = 1_000


@dataclass
class Watch:
    """Of one order.

    created_us, ended_us   when it began and ended by the stream's word; 0: it has not said so
    ended_ns               session time when the end was heard, from the stream or the answer to a
                           cancel; 0: it was not
    """

    venue_id: str = ""
    post_only: bool = False
    is_market: bool = False
    time_in_force: int = 0
    cancelling: bool = False
    created_us: int = 0
    ended_us: int = 0
    ended_ns: int = 0

    def why(self, filled: int) -> Reason:
        """Why it has ended with something left, of which the venue says nothing."""
        if self.cancelling:
            return Reason.REQUESTED
        if self.time_in_force == TimeInForce.FOK:
            return Reason.FOK
        if self.is_market or self.time_in_force == TimeInForce.IOC:
            return Reason.NO_LIQUIDITY
        at_once = self.ended_us and self.ended_us - self.created_us < AT_ONCE_US
        if self.post_only and not filled and (at_once or not self.created_us):
            return Reason.WOULD_TAKE
        return Reason.VENUE


class Watches:
    """By order id."""

    def __init__(self, known: Known):
        self._known = known
        self._watches: dict[int, Watch] = {}

    def of(self, order_id: int) -> Watch:
        """Made where there is none."""
        found = self._watches.get(order_id)
        if found is None:
            if len(self._watches) >= WATCHES_MAX:
                del self._watches[next(iter(self._watches))]
            found = self._watches[order_id] = Watch()
        return found

    def begin(self, order: Order) -> None:
        """It goes out now."""
        watch = self.of(order.order_id)
        watch.post_only, watch.is_market = order.post_only, order.is_market
        watch.time_in_force = order.time_in_force

    def named(self, order_id: int, venue_id: str) -> None:
        """The venue calls it so."""
        self.of(order_id).venue_id = venue_id

    def order_id(self, venue_id: str, client_id: str) -> int | None:
        """None: none of this session's, or another one with the client id of one of these."""
        found = self._known.by_venue(venue_id)
        if found is not None or not client_id:
            return found
        found = self._known.by_client(client_id)
        if found is None or self.name(found) not in ("", venue_id):
            return None
        return found

    def is_second(self, venue_id: str, client_id: str) -> bool:
        """Whether it has the client id of another order of this session."""
        first = self._known.by_client(client_id) if client_id else None
        return first is not None and self.order_id(venue_id, client_id) is None

    def name(self, order_id: int) -> str:
        """What the venue calls it; "" if it has not said."""
        watch = self._watches.get(order_id)
        if watch is not None and watch.venue_id:
            return watch.venue_id
        order = self._known.order(order_id)
        return "" if order is None else order.venue_id
