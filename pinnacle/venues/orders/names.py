"""Orders by what a venue calls them: whose one is, and what waits until the venue has said it."""

from pinnacle.venues.orders.port import Known, Order, When


def whose(known: Known, venue_id: str, client_id: str) -> int | None:
    """The order's id, by our name for it or the venue's; None: none of this session's."""
    found = known.by_client(client_id) if client_id else None
    return known.by_venue(venue_id) if found is None else found


def whose_open(known: Known, venue_id: str, client_id: str) -> int | None:
    """The same of one that rests: a stranger's gets an id, if it is anybody's business."""
    found = whose(known, venue_id, client_id)
    return known.adopted(venue_id, client_id) if found is None else found


def named(known: Known, order: Order) -> Order:
    """With the venue's id, if it is known by now."""
    here = None if order.venue_id else known.order(order.order_id)
    return order if here is None else order._replace(venue_id=here.venue_id)


def when_named(known: Known, order: Order) -> When:
    """When something can be asked that the venue takes by its own id alone."""
    if order.venue_id:
        return When.NOW
    here = known.order(order.order_id)
    if here is None:
        return When.NEVER
    return When.NOW if here.venue_id else When.LATER
