"""A slow, obvious matching engine: lists and sorted(), written from the rules of csrc/sim/match.h.

It keeps no index and no sums: whatever is asked is looked for in the list of open orders.
"""

from dataclasses import dataclass, field

import numpy as np

from pinnacle.core.schema import (
    EVENT,
    INSTRUMENT_ALL,
    Flag,
    Kind,
    OrderType,
    Reason,
    SelfTrade,
    Side,
    Source,
    TimeInForce,
    Venue,
)

PRICE_MAX = 2**60
QUANTITY_MAX = 2**40
RESTING = (TimeInForce.GTC, TimeInForce.DAY)


def opposite(side):
    return Side.ASK if side == Side.BID else Side.BID


@dataclass
class Order:
    order_id: int
    source: int
    side: int
    price: int
    leaves: int
    total: int
    arrival: int
    tif: int
    self_trade: int
    post_only: bool


@dataclass
class Oracle:
    """The same records in as the engine; run returns the records out, as an EVENT array."""

    instrument_id: int
    orders_max: int
    levels_max: int
    orders: list = field(default_factory=list)
    executions: int = 0
    market_data: int = 0
    trades: int = 0
    arrivals: int = 0

    # What is in the book.

    def queue(self, side):
        """A side's orders as they would be met."""
        sign = -1 if side == Side.BID else 1
        return sorted(
            (o for o in self.orders if o.side == side), key=lambda o: (sign * o.price, o.arrival)
        )

    def quantity(self, side, price):
        return sum(o.leaves for o in self.orders if (o.side, o.price) == (side, price))

    def levels(self, side):
        return {o.price for o in self.orders if o.side == side}

    def met(self, side, limit):
        """Resting orders that an order of `side` with this limit may meet, in order."""
        queue = self.queue(opposite(side))
        if limit is None:
            return queue
        return [o for o in queue if (o.price <= limit if side == Side.BID else o.price >= limit)]

    def has_place(self, side, price):
        levels = self.levels(side)
        return price in levels or len(levels) < self.levels_max

    def find(self, event):
        for order in self.orders:
            if order.order_id == event["order_id"] and order.source == event["source"]:
                return order
        return None

    # What goes out.

    def record(self, **fields):
        row = np.zeros((), dtype=EVENT)
        row["recv_ns"] = row["venue_ns"] = self.now
        row["instrument_id"] = self.instrument_id
        row["venue_id"] = Venue.SIMULATED
        for name, value in fields.items():
            row[name] = value
        self.out.append(row)

    def report(self, kind, order_id, source, side, price, quantity, reason=0, flags=0):
        self.executions += 1
        self.record(
            kind=kind,
            order_id=order_id,
            source=source,
            side=side,
            price=price,
            quantity=quantity,
            reason=reason,
            flags=flags,
            aux=self.executions,
        )

    def echo(self, kind, event, reason=0, quantity=None):
        quantity = event["quantity"] if quantity is None else quantity
        fields = (event["order_id"], event["source"], event["side"], event["price"], quantity)
        self.report(kind, *fields, reason)

    def report_order(self, kind, order, quantity, reason=0, flags=0, price=None):
        price = order.price if price is None else price
        fields = (order.order_id, order.source, order.side, price, quantity)
        self.report(kind, *fields, reason, flags)

    def publish(self, kind, side, price, quantity, order_id=0):
        self.market_data += 1
        self.record(
            kind=kind,
            source=Source.EXCHANGE,
            side=side,
            price=price,
            quantity=quantity,
            order_id=order_id,
            aux=self.market_data,
        )

    def touch(self, order):
        if (order.side, order.price) not in self.touched:
            self.touched.append((order.side, order.price))

    # Operations.

    def run(self, event):
        event = {name: int(event[name]) for name in EVENT.names}
        self.out, self.touched, self.now = [], [], event["recv_ns"]
        handler = {
            Kind.NEW: self.new,
            Kind.CANCEL: self.cancel,
            Kind.CANCEL_ALL: self.cancel_all,
            Kind.REPLACE: self.replace,
            Kind.QUERY: self.query,
        }.get(event["kind"])
        everywhere = event["instrument_id"] == INSTRUMENT_ALL and event["kind"] == Kind.CANCEL_ALL
        if handler and (event["instrument_id"] == self.instrument_id or everywhere):
            handler(event)
        return self.finish()

    def end_day(self, now):
        self.out, self.touched, self.now = [], [], now
        for order in self.queue(Side.BID) + self.queue(Side.ASK):
            if order.tif == TimeInForce.DAY:
                self.remove(order, Reason.DAY_END)
        return self.finish()

    def finish(self):
        for side, price in self.touched:
            self.publish(Kind.DEPTH, side, price, self.quantity(side, price))
        if self.touched:
            self.out[-1]["flags"] = Flag.LAST
        return np.array(self.out, dtype=EVENT)

    def remove(self, order, reason):
        self.report_order(Kind.CANCELLED, order, order.leaves, reason)
        self.touch(order)
        self.orders.remove(order)

    def cancel(self, event):
        order = self.find(event)
        if order is None:
            self.echo(Kind.CANCEL_REJECTED, event, Reason.UNKNOWN_ORDER)
        else:
            self.remove(order, Reason.REQUESTED)

    def cancel_all(self, event):
        for order in self.queue(Side.BID) + self.queue(Side.ASK):
            if order.source == event["source"]:
                self.remove(order, event["reason"] or Reason.REQUESTED)

    def query(self, event):
        order = self.find(event)
        if order is None:
            self.echo(Kind.REJECTED, event, Reason.UNKNOWN_ORDER)
        else:
            self.report_order(Kind.ORDER_STATUS, order, order.leaves)

    def fault(self, event, tif, kind, self_trade):
        if event["side"] not in (Side.BID, Side.ASK):
            return Reason.BAD_ORDER
        if tif > 3 or kind > 1 or self_trade > 3 or event["aux"] < 0 or event["aux"] >> 24:
            return Reason.BAD_ORDER
        post_only = event["flags"] & Flag.POST_ONLY
        if post_only and (kind == OrderType.MARKET or tif not in RESTING):
            return Reason.BAD_ORDER
        if not 1 <= event["quantity"] <= QUANTITY_MAX:
            return Reason.BAD_QUANTITY
        if kind == OrderType.LIMIT and not 1 <= event["price"] <= PRICE_MAX:
            return Reason.BAD_PRICE
        if any(o.order_id == event["order_id"] for o in self.orders):
            return Reason.DUPLICATE_ORDER
        limit = None if kind == OrderType.MARKET else event["price"]
        rests = kind == OrderType.LIMIT and tif in RESTING
        if self.met(event["side"], limit):
            return Reason.WOULD_TAKE if post_only else None
        full = len(self.orders) == self.orders_max
        if rests and (full or not self.has_place(event["side"], event["price"])):
            return Reason.CAPACITY
        return None

    def new(self, event):
        aux = int(event["aux"])
        tif, kind, self_trade = aux & 255, aux >> 8 & 255, aux >> 16 & 255
        fault = self.fault(event, tif, kind, self_trade)
        if fault:
            self.echo(Kind.REJECTED, event, fault)
            return
        self.echo(Kind.ACK, event)
        order = Order(
            int(event["order_id"]),
            int(event["source"]),
            int(event["side"]),
            int(event["price"]),
            int(event["quantity"]),
            int(event["quantity"]),
            0,
            tif,
            self_trade,
            bool(event["flags"] & Flag.POST_ONLY),
        )
        limit = None if kind == OrderType.MARKET else order.price
        if tif == TimeInForce.FOK and not self.can_fill(order, limit):
            self.echo(Kind.CANCELLED, event, Reason.FOK)
            return
        reason = self.take(order, limit)
        if order.leaves and not reason and (kind == OrderType.MARKET or tif not in RESTING):
            reason = Reason.NO_LIQUIDITY
        self.settle(order, reason)

    def settle(self, order, reason):
        """Rest what a taker has left, or cancel it."""
        if not order.leaves:
            return
        full = len(self.orders) == self.orders_max
        if not reason and (full or not self.has_place(order.side, order.price)):
            reason = Reason.CAPACITY
        if reason:
            self.report_order(Kind.CANCELLED, order, order.leaves, reason)
            return
        self.arrivals += 1
        order.arrival = self.arrivals
        self.orders.append(order)
        self.touch(order)

    def is_own(self, order, maker):
        return order.self_trade != SelfTrade.NONE and order.source == maker.source

    def can_fill(self, order, limit):
        available = 0
        for maker in self.met(order.side, limit):
            if self.is_own(order, maker):
                if order.self_trade != SelfTrade.CANCEL_OLDEST:
                    break
            else:
                available += maker.leaves
        return available >= order.leaves

    def take(self, order, limit):
        """Match; returns SELF_TRADE if that stopped it."""
        for maker in self.met(order.side, limit):
            if not order.leaves:
                break
            if self.is_own(order, maker):
                if order.self_trade != SelfTrade.CANCEL_NEWEST:
                    self.remove(maker, Reason.SELF_TRADE)
                if order.self_trade != SelfTrade.CANCEL_OLDEST:
                    return Reason.SELF_TRADE
                continue
            quantity = min(maker.leaves, order.leaves)
            self.report_order(Kind.FILL, maker, quantity, flags=Flag.MAKER)
            self.report_order(Kind.FILL, order, quantity, price=maker.price)
            self.trades += 1
            self.publish(Kind.TRADE, order.side, maker.price, quantity, self.trades)
            self.touch(maker)
            maker.leaves -= quantity
            order.leaves -= quantity
            if not maker.leaves:
                self.orders.remove(maker)
        return None

    def replace_fault(self, order, event):
        price, quantity = int(event["price"]), int(event["quantity"])
        if not 0 <= quantity <= QUANTITY_MAX:
            return Reason.BAD_QUANTITY
        if not 1 <= price <= PRICE_MAX:
            return Reason.BAD_PRICE
        if quantity <= order.total - order.leaves or price == order.price:
            return None
        if self.met(order.side, price):
            return Reason.WOULD_TAKE if order.post_only else None
        others = {o.price for o in self.orders if o.side == order.side and o is not order}
        return None if price in others or len(others) < self.levels_max else Reason.CAPACITY

    def replace(self, event):
        order = self.find(event)
        fault = self.replace_fault(order, event) if order else Reason.UNKNOWN_ORDER
        if fault:
            self.echo(Kind.REPLACE_REJECTED, event, fault)
            return
        price, quantity = int(event["price"]), int(event["quantity"])
        filled = order.total - order.leaves
        if quantity <= filled:
            self.remove(order, Reason.REQUESTED)
        elif price == order.price and quantity <= order.total:
            if quantity != order.total:
                self.touch(order)
            order.total, order.leaves = quantity, quantity - filled
            self.report_order(Kind.REPLACED, order, quantity)
        else:
            self.touch(order)
            self.orders.remove(order)
            order.price, order.total, order.leaves = price, quantity, quantity - filled
            self.report_order(Kind.REPLACED, order, quantity)
            self.settle(order, self.take(order, price))
