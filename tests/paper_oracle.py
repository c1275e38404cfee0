"""A slow, plain paper venue, written from the rules of csrc/sim/paper.h, its state in the open.

Its books are dicts, its sides are lists and its numbers have no limits but the ones that are told.
"""

from pinnacle.core.schema import (
    INSTRUMENT_ALL,
    Flag,
    Kind,
    OrderType,
    Reason,
    SelfTrade,
    Side,
    TimeInForce,
)
from tests.paper_queue_oracle import Queues
from tests.paper_side import LEVELS, MOST, Order

PRICE_MAX, QUANTITY_MAX = 2**60, 2**40


class Oracle(Queues):
    """The same records in as the venue; run returns the reports, as tuples of EVENT's fields."""

    def run(self, event):
        self.event, self.out = event, []
        self.market = self.markets.get(event["instrument_id"])
        kind = event["kind"]
        orders = {
            Kind.NEW: self.on_new,
            Kind.REPLACE: self.on_replace,
            Kind.CANCEL: self.on_cancel,
            Kind.CANCEL_ALL: self.on_cancel_all,
            Kind.QUERY: self.on_query,
        }
        market_data = {
            Kind.TRADE: self.on_trade,
            Kind.DEPTH: self.on_depth,
            Kind.BOOK_BEGIN: self.on_begin,
            Kind.BOOK_END: self.on_end,
            Kind.BOOK_INVALID: self.on_invalid,
        }
        if kind in orders:
            orders[kind]()
        elif self.market and kind in market_data:
            market_data[kind]()
        return self.out

    def asked(self):
        e = self.event
        total, aux = e["quantity"], e["aux"]
        rule, post_only = aux >> 16 & 0xFF, e["flags"] & Flag.POST_ONLY
        return Order(
            e["order_id"], e["price"], total, total, e["source"], e["venue_id"], post_only, rule
        )

    def refuse(self, kind, reason):
        order = self.asked()
        self.report(kind, self.event["side"], order, order.price, order.total, reason)

    def would_take(self, side, price):
        other = self.market.other(side)
        met = [order.price for order in other.orders] + list(other.levels)
        return any(other.reached(price, p) for p in met)

    def refusal(self):
        e, market = self.event, self.market
        tif, kind, rule = e["aux"] & 0xFF, e["aux"] >> 8 & 0xFF, e["aux"] >> 16
        rests = kind == OrderType.LIMIT and tif in (TimeInForce.GTC, TimeInForce.DAY)
        if not market:
            return Reason.BAD_INSTRUMENT
        known = e["side"] in (Side.BID, Side.ASK) and tif <= 3 and kind <= 1 and 0 <= rule <= 3
        if not known or (e["flags"] & Flag.POST_ONLY and not rests):
            return Reason.BAD_ORDER
        if not 1 <= e["quantity"] <= QUANTITY_MAX:
            return Reason.BAD_QUANTITY
        if kind == OrderType.LIMIT and not 1 <= e["price"] <= PRICE_MAX:
            return Reason.BAD_PRICE
        if market.find(e["order_id"])[0]:
            return Reason.DUPLICATE_ORDER
        if not market.valid:
            return Reason.NO_REFERENCE
        if rests and self.would_take(e["side"], e["price"]):
            return Reason.WOULD_TAKE if e["flags"] & Flag.POST_ONLY else 0
        return 0 if not rests or self.has_room() else Reason.CAPACITY

    def has_room(self):
        return sum(len(half.orders) for half in self.market.halves) < self.orders

    def met_own(self, side, source, price):
        other = self.market.other(side)
        mine = (o for o in other.orders if o.source == source and other.reached(price, o.price))
        return next(mine, None)

    def meet_own(self, side, order, price):
        """The self-trade rule for all that is met so far; whether the order goes on."""
        other = self.market.other(side)
        while order.self_trade and (own := self.met_own(side, order.source, price)):
            if order.self_trade != SelfTrade.CANCEL_NEWEST:
                self.cancel_order(other, own, Reason.SELF_TRADE)
            if order.self_trade != SelfTrade.CANCEL_OLDEST:
                left = order.leaves
                self.report(Kind.CANCELLED, side, order, order.price, left, Reason.SELF_TRADE)
                return False
        return True

    def take(self, side, order, limit):
        other = self.market.other(side)
        for price, quantity in other.available():
            part = min(order.leaves, quantity)
            if not order.leaves or not other.reached(limit, price):
                break
            if part == 0:
                continue
            if not self.meet_own(side, order, price):
                return False
            if not other.take(price, part):
                break
            order.leaves -= part
            self.report(Kind.FILL, side, order, price, part)
        return order.leaves == 0 or self.meet_own(side, order, limit)

    def takeable(self, side, order, limit):
        other, total = self.market.other(side), 0
        taken = {account.price for account in other.accounts if account.taken}
        blocks = order.self_trade in (SelfTrade.CANCEL_NEWEST, SelfTrade.CANCEL_BOTH)
        for price, quantity in other.available():
            if not other.reached(limit, price):
                break
            if blocks and self.met_own(side, order.source, price):
                break
            if quantity and price not in taken:
                if len(taken) == LEVELS:
                    break
                taken.add(price)
            total += quantity
            if total >= order.leaves:
                break
        return total

    def on_new(self):
        if reason := self.refusal():
            self.refuse(Kind.REJECTED, reason)
            return
        order, side = self.asked(), self.event["side"]
        tif, kind = self.event["aux"] & 0xFF, self.event["aux"] >> 8 & 0xFF
        limit = order.price
        if kind == OrderType.MARKET:
            limit = MOST if side == Side.BID else -MOST
        self.report(Kind.ACK, side, order, order.price, order.total)
        if tif == TimeInForce.FOK and self.takeable(side, order, limit) < order.total:
            self.report(Kind.CANCELLED, side, order, order.price, order.total, Reason.FOK)
            return
        if not self.take(side, order, limit) or order.leaves == 0:
            return
        rests = kind == OrderType.LIMIT and tif <= TimeInForce.DAY
        if rests and self.has_room():
            self.market.half(side).rest(order, self.market.depth_ns)
        else:
            reason = Reason.CAPACITY if rests else Reason.NO_LIQUIDITY
            self.report(Kind.CANCELLED, side, order, order.price, order.leaves, reason)

    def cancel_order(self, half, order, reason):
        self.report(Kind.CANCELLED, half.side, order, order.price, order.leaves, reason)
        half.orders.remove(order)

    def on_replace(self):
        e, market = self.event, self.market
        half, order = market.find(e["order_id"], e["source"]) if market else (None, None)
        if not half:
            return self.refuse(Kind.REPLACE_REJECTED, Reason.UNKNOWN_ORDER)
        price, total, filled = e["price"], e["quantity"], order.total - order.leaves
        if not 0 <= total <= QUANTITY_MAX:
            return self.refuse(Kind.REPLACE_REJECTED, Reason.BAD_QUANTITY)
        if not 1 <= price <= PRICE_MAX:
            return self.refuse(Kind.REPLACE_REJECTED, Reason.BAD_PRICE)
        if total <= filled:
            return self.cancel_order(half, order, Reason.REQUESTED)
        stays = price == order.price and total <= order.total
        if not stays and not market.valid:
            return self.refuse(Kind.REPLACE_REJECTED, Reason.NO_REFERENCE)
        if not stays and order.flags and self.would_take(half.side, price):
            return self.refuse(Kind.REPLACE_REJECTED, Reason.WOULD_TAKE)
        order.price, order.total, order.leaves = price, total, total - filled
        self.report(Kind.REPLACED, half.side, order, price, total)
        if not stays:
            half.orders.remove(order)
            if self.take(half.side, order, price) and order.leaves:
                half.rest(order, market.depth_ns)
        return None

    def on_cancel(self):
        e = self.event
        half, order = self.market.find(e["order_id"], e["source"]) if self.market else (None, None)
        if half:
            self.cancel_order(half, order, Reason.REQUESTED)
        else:
            self.refuse(Kind.CANCEL_REJECTED, Reason.UNKNOWN_ORDER)

    def on_query(self):
        e = self.event
        half, order = self.market.find(e["order_id"], e["source"]) if self.market else (None, None)
        if half:
            self.report(Kind.ORDER_STATUS, half.side, order, order.price, order.leaves)
        else:
            self.refuse(Kind.REJECTED, Reason.UNKNOWN_ORDER)

    def on_cancel_all(self):
        e = self.event
        for market in self.markets.values():
            if e["instrument_id"] not in (INSTRUMENT_ALL, market.instrument_id):
                continue
            self.market = market
            for half in market.halves:
                for order in [o for o in half.orders if o.source == e["source"]]:
                    self.cancel_order(half, order, e["reason"] or Reason.REQUESTED)
