"""What the market does to orders that rest: the half of tests/paper_oracle.py that nobody asks."""

from dataclasses import dataclass

from pinnacle.core._native import lib
from pinnacle.core.schema import EVENT, Flag, Kind, Side
from tests.paper_side import MOST, Market, lose_sight, share

SIDES = (Side.BID, Side.ASK)
BOUNDS = {Side.BID: (lib.PMM_BOUND_BIDS, "price"), Side.ASK: (lib.PMM_BOUND_ASKS, "order_id")}
BOOK_PRICE_MAX = 2**62


def time_of(event):
    return event["venue_ns"] or event["recv_ns"]


@dataclass
class Queues:
    instruments: tuple
    orders: int
    cancel: int
    settle_ns: int
    sequence: int = 0

    def __post_init__(self):
        self.markets = {i: Market(i) for i in self.instruments}

    def report(self, kind, side, order, price, quantity, reason=0, flags=0):
        counted = self.market or self
        counted.sequence += 1
        fields = dict.fromkeys(EVENT.names, 0) | {
            "recv_ns": self.event["recv_ns"],
            "venue_ns": self.event["recv_ns"],
            "price": price,
            "quantity": quantity,
            "order_id": order.order_id,
            "aux": counted.sequence,
            "instrument_id": (
                self.market.instrument_id if self.market else self.event["instrument_id"]
            ),
            "reason": reason,
            "kind": kind,
            "side": side,
            "venue_id": order.venue_id,
            "source": order.source,
            "flags": flags,
        }
        self.out.append(tuple(int(fields[name]) for name in EVENT.names))

    def fill(self, half, order, quantity):
        if quantity:
            order.leaves -= quantity
            self.report(Kind.FILL, half.side, order, order.price, quantity, flags=Flag.MAKER)

    # The book.

    def on_begin(self):
        e, market = self.event, self.market
        for side, (flag, price) in BOUNDS.items():
            half = market.half(side)
            half.levels = {}
            half.bound = e[price] if e["quantity"] & flag else None
        market.valid, market.loading = False, True

    def on_invalid(self):
        self.market.valid = self.market.loading = False

    def set_level(self):
        """Whether the record could be right."""
        e, market = self.event, self.market
        if e["side"] not in SIDES or e["quantity"] < 0 or abs(e["price"]) > BOOK_PRICE_MAX:
            market.valid = market.loading = False
            return False
        half = market.half(e["side"])
        half.levels.pop(e["price"], None)
        if e["quantity"] and half.knows(e["price"]):
            half.levels[e["price"]] = e["quantity"]
        return True

    def on_end(self):
        market = self.market
        if market.loading:
            market.look_for_flaws()
            market.valid, market.loading = market.loading, False
        elif market.valid and self.event["flags"] & Flag.LAST:
            market.look_for_flaws()
        if market.valid:
            self.resync()
            self.look_around()

    def on_depth(self):
        e, market = self.event, self.market
        half = market.half(e["side"]) if e["side"] in SIDES else None
        before = half.levels.get(e["price"], 0) if half else 0
        was_valid = market.valid
        if not self.set_level() or not was_valid:
            return
        if half.knows(e["price"]):
            self.change_level(half, before, e["quantity"])
        else:
            for order in half.at(e["price"]):
                order.ahead = min(order.ahead, e["quantity"])
                lose_sight(order)
        if e["flags"] & Flag.LAST:
            market.look_for_flaws()
            if market.valid:
                self.look_around()

    # The queue ahead.

    def change_level(self, half, before, now):
        e, price = self.event, self.event["price"]
        account, decrease, explained = half.account(price), max(before - now, 0), 0
        if account:
            explained = min(decrease, account.traded)
            account.traded -= explained
            if time_of(e) >= account.traded_ns:
                account.traded = 0
            account.taken = 0
        if not half.at(price):
            return
        cancelled = decrease - explained
        if cancelled:
            account = half.make_account(price)
        self.decrease(half, before - explained, cancelled, now)
        if cancelled and account:
            account.unexplained = min(account.unexplained + cancelled, MOST)
            account.depth_ns = time_of(e)
        elif cancelled:
            half.clear_credit(price)

    def decrease(self, half, before, cancelled, now):
        price, first = self.event["price"], 0
        for order in half.at(price):
            if not order.unseen:
                left = order.ahead - share(self.cancel, cancelled, order.ahead, before)
                left = min(max(left, first), now)
                order.credit = min(order.credit + min(order.ahead - left, cancelled), MOST)
                order.ahead = first = left
        if now:
            half.see(price, now)

    def resync(self):
        market = self.market
        market.depth_ns = self.event["venue_ns"]
        for half in market.halves:
            half.accounts = []
            for order in half.orders:
                order.credit, order.since_ns = 0, market.depth_ns
                displayed = half.levels.get(order.price, 0)
                if displayed == 0 and half.hides(order.price):
                    lose_sight(order)
                else:
                    order.unseen, order.ahead = 0, min(order.ahead, displayed)

    def look_around(self):
        """At the end of a venue's message."""
        e, market = self.event, self.market
        market.depth_ns = max(market.depth_ns, e["venue_ns"])
        for half in market.halves:
            half.settle(time_of(e), self.settle_ns)
            price, quantity = market.best(half.side)
            for order in half.orders:
                if not half.knows(order.price):
                    lose_sight(order)
                elif quantity and half.better(order.price, price):
                    order.unseen = order.ahead = 0
        for half in market.halves:
            self.cross(half)

    # Fills.

    def on_trade(self):
        e, market = self.event, self.market
        if e["side"] not in SIDES or not market.valid or e["quantity"] < 1:
            return
        half, gone, unexplained = market.other(e["side"]), 0, 0
        if 0 < e["venue_ns"] < market.depth_ns:
            account = half.account(e["price"])
            if account and e["venue_ns"] <= account.depth_ns:
                unexplained = account.unexplained
                gone = min(e["quantity"], unexplained)
                account.unexplained -= gone
        elif account := half.make_account(e["price"]):
            account.traded = min(account.traded + e["quantity"], MOST)
            account.traded_ns = time_of(e)
        self.eat(half, gone, unexplained)
        half.orders = [order for order in half.orders if order.leaves]

    def eat(self, half, gone, unexplained):
        """The trade goes through the queues ahead and our orders, from the best."""
        e, first = self.event, 0
        left = e["quantity"]
        for order in half.orders:
            if not left or half.better(e["price"], order.price):
                break
            if 0 < e["venue_ns"] < order.since_ns:
                continue
            eaten = 0
            if order.price != e["price"]:
                order.unseen = order.ahead = order.credit = 0
            elif order.unseen:
                continue
            else:
                back = 0
                if gone:  # rounded up
                    back = -(-min(order.credit, unexplained) * gone // unexplained)
                order.credit -= back
                queue = min(order.ahead + back, MOST)
                eaten = min(queue, left)
                order.ahead = first = min(order.ahead, max(queue - eaten, first))
            if order.ahead == 0:
                filled = min(order.leaves, left - eaten)
                self.fill(half, order, filled)
                left -= filled

    def cross(self, half):
        other = self.market.other(half.side)
        levels = other.available()
        for order in half.orders:
            filled = 0
            while levels and other.reached(order.price, levels[0][0]):
                price, quantity = levels[0]
                part = min(order.leaves - filled, quantity)
                if part and not other.take(price, part):
                    part = 0
                filled += part
                levels[0][1] -= part
                if filled == order.leaves:
                    break
                levels.pop(0)
            self.fill(half, order, filled)
        half.orders = [order for order in half.orders if order.leaves]
