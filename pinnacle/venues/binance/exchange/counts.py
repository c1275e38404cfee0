"""What Binance counts of its clients, in windows cut by its clock, and when it has had enough."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from pinnacle.venues.binance.serving import RequestRefused
from pinnacle.venues.served.house import Account, House

_SECONDS = {"SECOND": 1, "MINUTE": 60, "DAY": 86_400}
#: What an order's first fill takes off its account's count.
MAKER_CREDIT, TAKER_CREDIT = 5, 1


class Limited(RequestRefused):
    """Too much was asked; `retry_after_s`: until the window ends."""

    def __init__(self, code: int, text: str, retry_after_s: int):
        super().__init__(code, text, 429)
        self.retry_after_s = retry_after_s


class Rule(NamedTuple):
    """So many in each `number` of an interval."""

    kind: str
    interval: str
    number: int
    limit: int

    @property
    def length_s(self) -> int:
        return _SECONDS[self.interval] * self.number

    @property
    def letters(self) -> str:
        """As in headers: 10S, 1M, 1D."""
        return f"{self.number}{self.interval[0]}"


WEIGHT, ORDERS = "REQUEST_WEIGHT", "ORDERS"
#: Room for whoever moves quotes with each change of the market.
RULES = (
    Rule(WEIGHT, "MINUTE", 1, 6000),
    Rule(ORDERS, "SECOND", 10, 1000),
    Rule(ORDERS, "DAY", 1, 2_000_000),
    Rule("RAW_REQUESTS", "MINUTE", 5, 300_000),
)


class Counts:
    """All clients are of one address; orders are counted by account."""

    def __init__(self, house: House, rules: Sequence[Rule] = RULES):
        self._house, self.rules = house, rules
        self._counts: dict[tuple[Rule, int], tuple[int, int]] = {}
        #: By account: executions that were seen.
        self._seen: dict[int, int] = {}

    def weigh(self, weight: int) -> None:
        """A request; Limited if it is one too many."""
        for rule in self.rules:
            if rule.kind == ORDERS:
                continue
            cost = weight if rule.kind == WEIGHT else 1
            if self._used(rule, 0) + cost > rule.limit:
                words = f"current limit is {rule.limit} request weight per {rule.number} "
                words = f"Too much request weight used; {words}{rule.interval}."
                raise Limited(-1003, words, self._left_s(rule))
        for rule in self.rules:
            if rule.kind != ORDERS:
                self._add(rule, 0, weight if rule.kind == WEIGHT else 1)

    def refund(self, weight: int) -> None:
        """It succeeded, and is of those that cost nothing then."""
        for rule in self.rules:
            if rule.kind == WEIGHT:
                self._add(rule, 0, -weight)

    def check_order(self, account: Account) -> None:
        """Limited if the account may not place another order."""
        self._credit(account)
        for rule in self._of_orders():
            if self._used(rule, id(account)) >= rule.limit:
                words = f"current limit is {rule.limit} orders per {rule.number} {rule.interval}."
                raise Limited(-1015, f"Too many new orders; {words}", self._left_s(rule))

    def placed(self, account: Account) -> None:
        """One more."""
        for rule in self._of_orders():
            self._add(rule, id(account), 1)

    def rows(self, account: Account | None) -> list[dict[str, Any]]:
        """As replies on the socket have them; orders' too, of an account."""
        found = []
        for rule in self.rules:
            if rule.kind == WEIGHT or (rule.kind == ORDERS and account is not None):
                used = self._used(rule, id(account) if rule.kind == ORDERS else 0)
                found.append(listed(rule) | {"count": used})
        return found

    def headers(self, account: Account | None) -> dict[str, str]:
        """The same, as replies of REST have them."""
        names = {WEIGHT: "X-MBX-USED-WEIGHT-", ORDERS: "X-MBX-ORDER-COUNT-"}
        return {
            f"{names[rule.kind]}{rule.letters}": str(
                self._used(rule, id(account) if rule.kind == ORDERS else 0)
            )
            for rule in self.rules
            if rule.kind == WEIGHT or (rule.kind == ORDERS and account is not None)
        }

    def _of_orders(self) -> list[Rule]:
        return [rule for rule in self.rules if rule.kind == ORDERS]

    def _credit(self, account: Account) -> None:
        """First fills since the last look give something back, in the window that is now."""
        fills = self._house.fills(account)
        fresh = fills[self._seen.get(id(account), 0) :]
        self._seen[id(account)] = len(fills)
        for fill in fresh:
            if fill.order.fills and fill.order.fills[0] is fill:
                for rule in self._of_orders():
                    self._add(rule, id(account), -(MAKER_CREDIT if fill.is_maker else TAKER_CREDIT))

    def _number(self, rule: Rule) -> int:
        return self._house.now_ns() // (rule.length_s * 1_000_000_000)

    def _used(self, rule: Rule, of: int) -> int:
        number, used = self._counts.get((rule, of), (-1, 0))
        return used if number == self._number(rule) else 0

    def _add(self, rule: Rule, of: int, count: int) -> None:
        self._counts[rule, of] = self._number(rule), max(self._used(rule, of) + count, 0)

    def _left_s(self, rule: Rule) -> int:
        length_ns = rule.length_s * 1_000_000_000
        return -(-(length_ns - self._house.now_ns() % length_ns) // 1_000_000_000)


def listed(rule: Rule) -> dict[str, Any]:
    """As exchangeInfo lists it."""
    return {
        "rateLimitType": rule.kind,
        "interval": rule.interval,
        "intervalNum": rule.number,
        "limit": rule.limit,
    }
