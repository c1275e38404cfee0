"""The orders that a session has open: what its gateways know of them."""

from pathlib import Path
from typing import cast

import msgspec

from pinnacle.core.schema import Side, owner_of
from pinnacle.execution.orders import Order, OrderTable
from pinnacle.replay.logics import Session
from pinnacle.replay.present import logic_now
from pinnacle.venues.orders.ids import ClientIds, session_tag


class OpenOrder(msgspec.Struct, frozen=True, kw_only=True):
    """One of them; prices and quantities are decimal text.

    `client_id` is what the venue was told to call it, `venue_id` what it calls it itself: both are
    empty where a venue is reached through rings. `asked_s` is how long ago it was last asked for:
    sent, changed, cancelled or looked for.
    """

    order_id: int
    client_id: str
    venue_id: str
    strategy: str
    venue: str
    instrument: str
    side: str
    price: str
    quantity: str
    filled: str
    state: str
    asked_s: float


def open_orders(session: Session, data: Path) -> list[OpenOrder]:
    """Of all gateways, in the order in which they came; times are by each one's log. Errors as
    `logic_now`."""
    found: list[OpenOrder] = []
    for gateway in session.topology.of_role("gateway"):
        logic, journal = logic_now(session, data, gateway)
        table = cast(OrderTable, logic)
        ids = None
        if session.is_live(gateway):
            ids = ClientIds(session_tag(data.name, journal.identity))
        at_ns = table.clock_ns
        found += [_told(session, ids, at_ns, order) for order in table.orders.values()]
    return found


def _told(session: Session, ids: ClientIds | None, at_ns: int, order: Order) -> OpenOrder:
    instrument = session.instruments[order.instrument_id]
    return OpenOrder(
        order_id=order.order_id,
        client_id=ids.text(order.order_id) if ids else "",
        venue_id=order.venue_id,
        strategy=strategy_name(session, owner_of(order.order_id)),
        venue=str(instrument.venue_name),
        instrument=str(instrument.label),
        side="buy" if order.side == Side.BID else "sell",
        price=instrument.price_text(order.price),
        quantity=instrument.quantity_text(order.quantity),
        filled=instrument.quantity_text(order.filled),
        state=order.state.name.lower().replace("_", " "),
        asked_s=round((at_ns - order.asked_ns) / 1e9, 3),
    )


def strategy_name(session: Session, owner: int) -> str:
    """What the strategy of this number is called; "?" if the session has none: somebody else's."""
    for process in session.topology.of_role("strategy"):
        if process.number == owner:
            return process.name
    return "?"
