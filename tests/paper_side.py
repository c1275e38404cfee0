"""What a plain paper venue remembers of a market: see tests/paper_oracle.py."""

from dataclasses import dataclass, field

from pinnacle.core._native import lib
from pinnacle.core.enums import Cancel
from pinnacle.core.schema import Side

MOST = 2**63 - 1
LEVELS = lib.PMM_PAPER_LEVELS


@dataclass
class Order:
    order_id: int
    price: int
    total: int
    leaves: int
    source: int
    venue_id: int
    flags: int
    self_trade: int
    ahead: int = 0
    unseen: int = 0
    credit: int = 0
    since_ns: int = 0


@dataclass
class Account:
    price: int
    traded: int = 0
    traded_ns: int = 0
    unexplained: int = 0
    depth_ns: int = 0
    taken: int = 0


@dataclass
class Half:
    """One side of a market: the book's levels, our orders (best, then oldest) and the accounts."""

    side: int
    levels: dict = field(default_factory=dict)
    bound: int | None = None
    orders: list = field(default_factory=list)
    accounts: list = field(default_factory=list)

    def better(self, a, b):
        return a > b if self.side == Side.BID else a < b

    def reached(self, limit, price):
        """Whether an order of the other side with this limit gets to our price."""
        return not self.better(limit, price)

    def displayed(self):
        """(price, quantity) of the best levels; more are out of reach."""
        best = sorted(self.levels.items(), reverse=self.side == Side.BID)
        return best[:LEVELS]

    def knows(self, price):
        return self.bound is None or not self.better(self.bound, price)

    def hides(self, price):
        shown = self.displayed()
        return not shown or self.better(shown[-1][0], price)

    def at(self, price):
        return [order for order in self.orders if order.price == price]

    def account(self, price):
        return next((a for a in self.accounts if a.price == price), None)

    def clear_credit(self, price):
        for order in self.at(price):
            order.credit = 0

    def forget(self, i):
        self.clear_credit(self.accounts[i].price)
        self.accounts[i] = self.accounts[-1]
        self.accounts.pop()

    def make_account(self, price):
        """None if all that there may be remember what we took."""
        if found := self.account(price):
            return found
        if len(self.accounts) == LEVELS:
            free = [i for i, account in enumerate(self.accounts) if not account.taken]
            if not free:
                return None
            self.forget(free[0])
        self.accounts.append(Account(price))
        return self.accounts[-1]

    def available(self):
        """[price, quantity] of what is displayed and not taken yet."""
        taken = {account.price: account.taken for account in self.accounts}
        return [[p, max(q - taken.get(p, 0), 0)] for p, q in self.displayed()]

    def take(self, price, quantity):
        account = self.make_account(price)
        if account:
            account.taken = min(account.taken + quantity, MOST)
        return account is not None

    def settle(self, now, settle_ns):
        for i in reversed(range(len(self.accounts))):
            account = self.accounts[i]
            if now - account.traded_ns > settle_ns:
                account.traded = 0
            if account.unexplained and now - account.depth_ns > settle_ns:
                account.unexplained = 0
                self.clear_credit(account.price)
            if not (account.traded or account.unexplained or account.taken):
                self.forget(i)

    def see(self, price, quantity):
        for order in self.at(price):
            if order.unseen:
                order.unseen, order.ahead = 0, min(order.ahead, quantity)

    def rest(self, order, depth_ns):
        order.credit, order.since_ns = 0, depth_ns
        order.ahead = self.levels.get(order.price, 0)
        order.unseen = int(order.ahead == 0 and self.hides(order.price))
        if order.unseen:
            order.ahead = MOST
        else:
            self.see(order.price, order.ahead)
        behind = [i for i, o in enumerate(self.orders) if self.better(order.price, o.price)]
        self.orders.insert(behind[0] if behind else len(self.orders), order)


def lose_sight(order):
    order.unseen, order.credit = int(order.ahead > 0), 0


def share(rule, cancelled, ahead, level):
    """How much of what was cancelled stood ahead."""
    behind = max(level - ahead, 0)
    if cancelled == 0 or ahead == 0 or rule == Cancel.BEHIND:
        return 0
    if rule == Cancel.AHEAD:
        return min(cancelled, ahead)
    if rule == Cancel.SQUARE:  # of no more than 31 bits each
        bits = max(ahead.bit_length() - 31, behind.bit_length() - 31, 0)
        front, back = (ahead >> bits) ** 2, (behind >> bits) ** 2
    else:
        front, back = ahead, behind
    return min(front * cancelled // (front + back), ahead)


@dataclass
class Market:
    instrument_id: int
    valid: bool = False
    loading: bool = False
    sequence: int = 0
    depth_ns: int = 0
    halves: tuple = ()

    def __post_init__(self):
        self.halves = Half(Side.BID), Half(Side.ASK)

    def half(self, side):
        return self.halves[side - 1]

    def other(self, side):
        return self.halves[2 - side]

    def find(self, order_id, source=0):
        for half in self.halves:
            for order in half.orders:
                if order.order_id == order_id and source in (0, order.source):
                    return half, order
        return None, None

    def best(self, side):
        shown = self.half(side).displayed()
        return shown[0] if shown else (0, 0)

    def look_for_flaws(self):
        (bid, bids), (ask, asks) = self.best(Side.BID), self.best(Side.ASK)
        ended = any(half.bound is not None and not half.levels for half in self.halves)
        if ended or (bids and asks and bid >= ask):
            self.valid = self.loading = False
