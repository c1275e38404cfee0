"""What a new order must be like for Bitstamp to take it, and what becomes of it."""

from collections.abc import Mapping
from decimal import Decimal

from pinnacle.core.errors import DataError
from pinnacle.core.schema import Reason, Side, TimeInForce
from pinnacle.venues.bitstamp.exchange.words import Refused, crossed_name, plain, refusal
from pinnacle.venues.orders.terms import amount
from pinnacle.venues.served.house import (
    House,
    HouseOrder,
    Key,
    NewOrder,
    Refusal,
    Status,
)

CLIENT_ID_MAX = 180
#: A price may be no further from the market.
FAR = Decimal("0.2")
_FLAGS = {
    "ioc_order": TimeInForce.IOC,
    "fok_order": TimeInForce.FOK,
    "daily_order": TimeInForce.DAY,
    "moc_order": TimeInForce.GTC,
    "gtd_order": TimeInForce.DAY,
}
_DAY_NS = 86_400_000_000_000
Form = Mapping[str, str]


class Placing:
    """Of the whole exchange."""

    def __init__(self, house: House):
        self._house = house
        #: Orders that would have taken: the venue takes them, and they are gone.
        self.crossed: list[HouseOrder] = []
        #: Orders that end with the day, and when, UTC ns.
        self._ends: dict[int, tuple[HouseOrder, int]] = {}

    def expire(self) -> None:
        """Orders whose day is over are gone."""
        now = self._house.now_ns()
        for number, (order, at_ns) in list(self._ends.items()):
            is_open = order.status is Status.OPEN
            if is_open and at_ns <= now:
                self._house.expire(order)
            if not is_open or at_ns <= now:
                del self._ends[number]

    def place(self, key: Key, row: int, side: Side, is_market: bool, form: Form) -> HouseOrder:
        """Refused, with the venue's words."""
        flags = [name for name in _FLAGS if form.get(name, "").lower() in ("true", "1")]
        if len(flags) > 1 or (is_market and flags):
            raise Refused("Only one of optional parameters can be set.", "400.024")
        client_id = form.get("client_order_id", "")
        if len(client_id) > CLIENT_ID_MAX:
            words = f"Ensure this value has at most {CLIENT_ID_MAX} characters."
            raise Refused(words, field="client_order_id")
        terms = self._house.terms[row]
        lots = _steps(form.get("amount"), terms.lot.size, "amount", terms.lot.decimals)
        price = 0
        if not is_market:
            price = _steps(form.get("price"), terms.tick.size, "price", terms.tick.decimals)
            self._check_price(row, price)
        tif = _FLAGS[flags[0]] if flags else TimeInForce.GTC
        is_moc = flags == ["moc_order"]
        new = NewOrder(row, side, price, lots, client_id, is_market, tif, is_moc)
        placed = self._house.place(key, new)
        if isinstance(placed, Refusal):
            return self._not_placed(placed, key, new)
        if tif == TimeInForce.DAY:
            end_ns = (self._house.now_ns() // _DAY_NS + 1) * _DAY_NS
            self._ends[placed.number] = placed, end_ns
        return placed

    def _check_price(self, row: int, price: int) -> None:
        for side, sign, way in ((Side.ASK, 1, "above"), (Side.BID, -1, "below")):
            best = self._house.depth(row, side, 1)
            if best and sign * (price - best[0][0]) > best[0][0] * FAR:
                raise Refused(f"Price is more than 20% {way} market price.", "400.021")

    def _not_placed(self, why: Refusal, key: Key, new: NewOrder) -> HouseOrder:
        if why is Refusal.WOULD_TAKE:
            return self._gone_at_once(key, new)
        terms = self._house.terms[new.row]
        lots, value = self._house.least(new.row)
        if why is Refusal.VALUE_MIN:
            raise Refused(f"Minimum order size is {plain(value)} {terms.quote}.", "400.020")
        if why is Refusal.QUANTITY_MIN:
            least = plain(terms.lot.size * lots)
            raise Refused(f"Minimum order amount is {least} {terms.base}.", "400.046")
        buys = new.side == Side.BID
        currency = terms.quote if buys else terms.base
        needed = terms.lot.size * new.quantity * (terms.tick.size * new.price if buys else 1)
        raise refusal(why, terms, needed, currency, key.account.available(currency))

    def _gone_at_once(self, key: Key, new: NewOrder) -> HouseOrder:
        """Accepted and cancelled: nobody is told of it."""
        number, now = len(self.crossed) + 1, self._house.now_ns()
        made = HouseOrder(
            number=-number,
            account=key.account,
            row=new.row,
            side=new.side,
            price=new.price,
            quantity=new.quantity,
            client_id=new.client_id,
            key=key.name,
            venue_id=crossed_name(number),
            post_only=True,
            status=Status.CANCELLED,
            reason=Reason.WOULD_TAKE,
            created_ns=now,
            updated_ns=now,
        )
        self.crossed.append(made)
        return made


def _steps(text: str | None, size: Decimal, field: str, decimals: int) -> int:
    if not text:
        raise Refused("This field is required.", field=field)
    try:
        steps = amount(text) / size
    except DataError:
        raise Refused("Enter a number.", field=field) from None
    if steps != int(steps):
        words = f"Ensure that there are no more than {decimals} decimal places."
        raise Refused(words, field=field)
    return int(steps)
