"""What has happened to orders, as Bitstamp numbers it: each event names the one before it.

An event has the same id for everybody who is told of it, however often, and for who asks for those
that he has missed.
"""

from collections import OrderedDict, defaultdict
from collections.abc import Sequence
from typing import Any

from pinnacle.core.schema import TimeInForce
from pinnacle.venues.bitstamp.exchange.words import NO_PRICE, TYPES, USER, raw
from pinnacle.venues.served.house import Event, Happening, House, HouseOrder

#: Of each market: so many can be asked for.
KEPT = 4096
_NONE = "00000000-0000-7000-8000-000000000000"
_SUBTYPES: dict[int, int] = {TimeInForce.DAY: 8, TimeInForce.IOC: 4, TimeInForce.FOK: 6}
Row = dict[str, Any]


class History:
    """Of one account: there is one."""

    def __init__(self, house: House):
        self._house = house
        self._rows: defaultdict[int, list[Row]] = defaultdict(list)
        self._last: dict[int, str] = {}
        self._told: OrderedDict[int, tuple[Event, Row]] = OrderedDict()
        self._count = 0

    def of(self, event: Event) -> Row:
        """The frame's members, without its channel."""
        found = self._told.get(id(event))
        if found is not None and found[0] is event:
            return found[1]
        made = self._made(event)
        self._told[id(event)] = event, made
        if len(self._told) > KEPT:
            self._told.popitem(last=False)
        rows = self._rows[event.order.row]
        rows.append(made)
        del rows[: max(len(rows) - KEPT, 0)]
        return made

    def since(self, row: int, since_id: str, until_id: str) -> Sequence[Row]:
        """From the one on until before the other; "" is the first and the last."""
        found = [each for each in self._rows[row] if each["event_id"] >= since_id]
        return [each for each in found if not until_id or each["event_id"] < until_id]

    def _made(self, event: Event) -> Row:
        row, before = event.order.row, self._last.get(event.order.row, _NONE)
        self._last[row] = name = self._name()
        head = {"event": _kind(event), "event_id": name, "pre_event_id": before}
        data = self._data(event)
        return head | {"order_source": "orderbook", "trade_account_id": USER, "data": data}

    def _name(self) -> str:
        self._count += 1
        digits = f"{self._count:022x}"
        return f"019f4ac8-{digits[:4]}-7{digits[4:7]}-8{digits[7:10]}-{digits[10:]}"

    def _data(self, event: Event) -> Row:
        order = event.order
        terms = self._house.terms[order.row]
        is_new, traded = event.what is Happening.ACCEPTED, 0
        if event.fill is not None:
            traded = event.fill.quantity
        left, created = event.quantity - event.filled, event.quantity
        price = terms.price(order.price)
        if order.is_market and is_new:
            left = created = 0
        if order.is_market:
            price = NO_PRICE[order.side]
        if order.is_market and event.fill is not None:
            price = terms.price(event.fill.price)
        amounts = terms.quantity(left), terms.quantity(traded), terms.quantity(created)
        said = {
            "id": raw(order.venue_id),
            "id_str": order.venue_id,
            "order_type": int(TYPES[order.side]),
            "order_subtype": _subtype(order),
            "datetime": str(event.at_ns // 10**9),
            "microtimestamp": str(event.at_ns // 1000),
            "amount": raw(amounts[0]),
            "amount_str": amounts[0],
            "amount_traded": amounts[1],
            "amount_at_create": amounts[2],
            "price": raw(price),
            "price_str": price,
            "is_liquidation": False,
            "trade_account_id": USER,
        }
        return said | ({"client_order_id": order.client_id} if order.client_id else {})


def _kind(event: Event) -> str:
    if event.what is Happening.ACCEPTED:
        return "order_created"
    is_over = event.what is Happening.CANCELLED or event.filled >= event.quantity
    return "order_deleted" if is_over else "order_changed"


def _subtype(order: HouseOrder) -> int:
    """2 market, 4 IOC, 6 FOK, 8 until a time, 0 any other."""
    if order.is_market:
        return 2
    return _SUBTYPES.get(order.time_in_force, 0)
