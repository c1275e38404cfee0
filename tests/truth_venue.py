"""An exchange of a few orders that knows what happened: what it says of it may be lost, late, told
twice, in another order, or older than what it has said."""

from dataclasses import dataclass, field
from fractions import Fraction

from pinnacle.core.schema import FeeOf, Flag, Kind, Reason, Side, Source
from tests.gateway_orders import text
from tests.records import event

#: Of the orders that it may say it does not have, though it has.
LIES = 2


@dataclass
class Execution:
    number: int
    order_id: int
    side: int
    price: int
    lots: int
    fee: tuple  # currency, amount, decimals
    is_busted: bool = False

    @property
    def signed(self):
        return self.lots if self.side == Side.BID else -self.lots


@dataclass
class VenueOrder:
    order_id: int
    side: int
    price: int
    quantity: int
    is_open: bool = True
    filled: int = 0
    executions: list = field(default_factory=list)

    @property
    def left(self):
        return self.quantity - self.filled if self.is_open else 0


class Message(list):
    """Records that come together; `order_id` is whose they are, `again` whether they may repeat."""

    def __init__(self, order_id, *rows, again=True):
        super().__init__(rows)
        self.order_id, self.again = order_id, again

    def tells_total(self):
        return any(row["kind"][0] == Kind.FILLED_TOTAL for row in self)


class TruthVenue:
    def __init__(self):
        self.orders, self.executions, self.refused, self.lies = {}, [], set(), {}

    # What it does

    def take_new(self, row):
        """An order that is sent; `messages` of it."""
        order_id = int(row["order_id"][0])
        assert order_id not in self.orders, "sent twice"
        made = VenueOrder(order_id, *(int(row[n][0]) for n in ("side", "price", "quantity")))
        self.orders[order_id] = made
        return [Message(order_id, self.row(made, Kind.ACK), *text(b"V-%d" % order_id))]

    def refuse(self, row):
        order_id = int(row["order_id"][0])
        self.refused.add(order_id)
        fields = {name: row[name][0] for name in ("side", "price", "quantity")}
        row = event(Kind.REJECTED, order_id=order_id, reason=Reason.FUNDS, **fields)
        return [Message(order_id, row)]

    def replace(self, row):
        order = self.orders.get(int(row["order_id"][0]))
        if order is None or not order.is_open:
            return [self.no(row, Kind.REPLACE_REJECTED, Reason.UNKNOWN_ORDER)]
        if row["quantity"][0] <= order.filled:
            return [self.no(row, Kind.REPLACE_REJECTED, Reason.TOO_LATE)]
        order.price, order.quantity = int(row["price"][0]), int(row["quantity"][0])
        return [Message(order.order_id, self.row(order, Kind.REPLACED), again=False)]

    def cancel(self, row):
        order = self.orders.get(int(row["order_id"][0]))
        if order is None or not order.is_open:
            return [self.no(row, Kind.CANCEL_REJECTED, Reason.UNKNOWN_ORDER)]
        return [self.end(order)]

    def busy(self, row):
        """It does not do what was asked, and says so."""
        kinds = {Kind.CANCEL: Kind.CANCEL_REJECTED, Kind.REPLACE: Kind.REPLACE_REJECTED}
        return [self.no(row, kinds[Kind(int(row["kind"][0]))], Reason.RATE_LIMIT)]

    def end(self, order):
        left, order.is_open = order.left, False
        done = self.row(order, Kind.CANCELLED, quantity=left, reason=Reason.EXPIRED)
        return Message(order.order_id, *self.total(order), done)

    def fill(self, order, lots, price, fee):
        """A trade of an open order; what the stream says of it."""
        lots = min(lots, order.left)
        made = Execution(len(self.executions) + 1, order.order_id, order.side, price, lots, fee)
        order.filled += lots
        order.executions.append(made)
        self.executions.append(made)
        order.is_open = order.filled < order.quantity
        return self.told(made)

    def bust(self, execution):
        execution.is_busted = True
        return self.told(execution)

    # What it says

    def row(self, order, kind, **fields):
        said = {"side": order.side, "price": order.price, "quantity": order.quantity}
        return event(kind, order_id=order.order_id, source=Source.EXCHANGE, **said | fields)

    def no(self, row, kind, reason):
        order_id = int(row["order_id"][0])
        fields = {name: row[name][0] for name in ("side", "price", "quantity")}
        row = event(kind, order_id=order_id, reason=reason, **fields)
        return Message(order_id, row, again=False)

    def told(self, execution):
        """A fill with its fee; with its end, where it is none."""
        order = self.orders[execution.order_id]
        fields = {"price": execution.price, "quantity": execution.lots, "aux": execution.number}
        fields |= {"flags": Flag.FEE_TOLD}
        of, amount, decimals = execution.fee
        fee = {"side": of, "quantity": amount, "price": decimals, "aux": execution.number}
        rows = [self.row(order, Kind.FILL, **fields), self.row(order, Kind.FEE, **fee)]
        if execution.is_busted:
            rows.append(self.row(order, Kind.FILL_BUSTED, **fields))
        return Message(order.order_id, *rows)

    def total(self, order, reason=Reason.NONE):
        told = [e for e in order.executions if not e.is_busted]
        lots, notional = sum(e.lots for e in told), sum(e.lots * e.price for e in told)
        return [self.row(order, Kind.FILLED_TOTAL, quantity=lots, aux=notional, reason=reason)] * (
            lots > 0
        )

    def status(self, order_id, like):
        """What it answers to a question about an order; `like` is a record of it."""
        order = self.orders.get(order_id)
        if order is None:
            return self.no(like, Kind.REJECTED, Reason.UNKNOWN_ORDER)
        if order.is_open:
            leaves = self.row(order, Kind.ORDER_STATUS, quantity=order.left)
            return Message(order_id, *self.total(order), leaves)
        if order.filled == 0:
            # One that was cancelled without a fill is purged.
            return self.no(like, Kind.REJECTED, Reason.UNKNOWN_ORDER)
        done = self.row(order, Kind.CANCELLED, quantity=order.quantity - order.filled)
        return Message(order_id, *self.total(order), done)

    def listed(self, order):
        """One of the list of open orders; what was filled of it stands before it."""
        rows = [row for execution in order.executions for row in self.told(execution)]
        leaves = self.row(order, Kind.ORDER_STATUS, quantity=order.left)
        return Message(order.order_id, *rows, leaves)

    # The truth

    def owned(self, busts=None):
        """Lots that it traded for us; of what is taken back those numbers only, all if None."""
        return sum(
            e.signed
            for e in self.executions
            if not (e.is_busted and (busts is None or e.number in busts))
        )

    def cash(self):
        return -sum(e.signed * e.price for e in self.executions if not e.is_busted)

    def paid(self, of, numbers=None):
        """Fees in a currency, as a fraction of it; those of these executions only."""
        return sum(
            Fraction(e.fee[1], 10 ** e.fee[2])
            for e in self.executions
            if e.fee[0] == of and (numbers is None or e.number in numbers)
        )


#: A quarter of a basis point, odd digits; in lots of the base currency; in a third one.
FEES = (
    (FeeOf.QUOTE, 123_457, 7),
    (FeeOf.QUOTE, -31, 5),
    (FeeOf.BASE, 15_000_001, 10),
    (FeeOf.OTHER, 7, 2),
)
