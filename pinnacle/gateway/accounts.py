"""The gateway's count of money against the venue's: what fills and fees have moved, exactly.

Whatever was there when a run began, less what has moved since, must come out the same at every look
at the venue's balances. Of a look nobody knows which of the fills around it the venue had booked by
then: a look allows as many opening balances as there are moments within it, one if nothing moved.
What the looks so far allow, and this one too, is what was there. A look that allows none of it is a
doubt; the next one that allows what the doubt did, and nothing of what was there, makes it a
difference. From then on what the doubt allows is what was there: a difference is told once.
"""

from collections import defaultdict, deque
from collections.abc import Mapping, Sequence
from decimal import Decimal
from itertools import product
from typing import NamedTuple

import numpy as np

from pinnacle.core._native import lib
from pinnacle.core.schema import FeeOf, Flag, Kind, Side
from pinnacle.venues.orders.port import Balance
from pinnacle.venues.orders.terms import Terms

#: Amounts are whole numbers of so small parts: no tick x lot, fee or balance has smaller ones.
_DIGITS = 40
#: What the venue tells may be behind what it has booked by so much, or ahead of it.
LAG_NS = 2_000_000_000
#: A look at more moments than that says nothing.
MOMENTS_MAX = 128
#: A venue rounds what a fill is worth to no fewer digits; balances show to how many.
_WORTH_DIGITS_MIN = 4
#: Names of currencies that fees were paid in, until the fee itself has been counted.
_NAMED_MAX = 4096


class Difference(NamedTuple):
    """The venue has so much more of a currency than fills and fees make it."""

    currency: str
    amount: Decimal
    expected: Decimal
    found: Decimal


class _Change(NamedTuple):
    currency: str
    amount: int
    is_worth: bool = False


class _Move(NamedTuple):
    at_ns: int
    of: tuple[int, int]
    changes: Sequence[_Change]


class _Moment(NamedTuple):
    """What had moved by then: amounts by currency, and how many of them were worths of fills."""

    moved: Mapping[str, int]
    worths: Mapping[str, int]


class _Look(NamedTuple):
    """What the venue had, and the moments that it may be of."""

    found: Mapping[str, int]
    moments: Sequence[_Moment]

    def openings(self, names: Sequence[str]) -> list[tuple[int, ...]]:
        """What was there before anything moved, at each moment, if it is of that."""
        there = [(name, self.found.get(name, 0)) for name in names]
        return [
            tuple(found - moment.moved.get(name, 0) for name, found in there)
            for moment in self.moments
        ]


class Accounts:
    """Of one gateway.

    terms       of its instruments, by instrument id
    fees_e8     maker's and taker's of each, for fills whose fees are not told
    request_ns  how old an answer may be at most when it comes
    """

    def __init__(
        self,
        terms: Mapping[int, Terms],
        fees_e8: Mapping[int, tuple[int, int]],
        request_ns: int,
    ):
        self._terms, self._fees_e8 = terms, fees_e8
        self._before_ns = request_ns + LAG_NS
        self._ours = {name for each in terms.values() for name in (each.base, each.quote)}
        self._paid_in: set[str] = set()
        self._names: dict[tuple[int, int], str] = {}
        self._digits = dict.fromkeys((each.quote for each in terms.values()), _WORTH_DIGITS_MIN)
        #: Those of the last while one by one, the rest as sums.
        self._moves: deque[_Move] = deque()
        self._sum: dict[str, int] = {}
        self._worths: dict[str, int] = {}
        self._waiting: tuple[int, dict[str, int]] | None = None
        self._known: _Look | None = None
        self._doubt: _Look | None = None
        self.looks = self.skipped = self.differences = 0

    @property
    def currencies(self) -> frozenset[str]:
        """Whose amounts are counted: those of the instruments, and what fees were paid in."""
        return frozenset(self._ours | self._paid_in)

    # What moves

    def named(self, instrument_id: int, execution: int, currency: str) -> None:
        """A fee of a third currency is on its way into the log, and its name with it."""
        if len(self._names) >= _NAMED_MAX:
            del self._names[next(iter(self._names))]
        self._names[instrument_id, execution] = currency

    def moved(self, decisions: np.ndarray, now_ns: int) -> None:
        """FILL, FILL_BUSTED, FEE as risk gets them; there is none of another kind."""
        for e in decisions:
            terms = self._terms[int(e["instrument_id"])]
            changes = self._fee(e, terms) if e["kind"] == Kind.FEE else self._fill(e, terms)
            of = terms.instrument_id, int(e["aux"])
            # A venue books a fill and what it costs at once.
            if e["kind"] == Kind.FEE and self._moves and self._moves[-1].of == of:
                changes = [*self._moves.pop().changes, *changes]
            self._moves.append(_Move(now_ns, of, changes))
        self._settle(now_ns - self._before_ns - 2 * LAG_NS)

    def _fill(self, e: np.void, terms: Terms) -> list[_Change]:
        price, quantity, flags = int(e["price"]), int(e["quantity"]), int(e["flags"])
        is_told = int(e["kind"]) == Kind.FILL
        way = 1 if (int(e["side"]) == Side.BID) == is_told else -1
        unit = parts(terms.tick.size * terms.lot.size)
        changes = [
            _Change(terms.base, way * quantity * parts(terms.lot.size)),
            _Change(terms.quote, -way * price * quantity * unit, is_worth=True),
        ]
        if not flags & Flag.FEE_TOLD:
            maker, taker = self._fees_e8[terms.instrument_id]
            paid = int(lib.pmm_fee(price, quantity, maker if flags & Flag.MAKER else taker)) * unit
            changes.append(_Change(terms.quote, -paid if is_told else paid, is_worth=True))
        return changes

    def _fee(self, e: np.void, terms: Terms) -> list[_Change]:
        match int(e["side"]):
            case FeeOf.BASE:
                currency = terms.base
            case FeeOf.QUOTE:
                currency = terms.quote
            case _:
                currency = self._names.get((terms.instrument_id, int(e["aux"])), "")
                self._paid_in |= {currency} - {""}
        return [_Change(currency, -parts(Decimal(int(e["quantity"])).scaleb(-int(e["price"]))))]

    def _settle(self, before_ns: int) -> None:
        """What is older counts as a sum."""
        while self._moves and self._moves[0].at_ns < before_ns:
            self._add(self._moves.popleft(), self._sum, self._worths)

    def _add(self, move: _Move, moved: dict[str, int], worths: dict[str, int]) -> None:
        for currency, amount, is_worth in move.changes:
            moved[currency] = moved.get(currency, 0) + amount
            # The venue must have rounded it.
            if is_worth and amount % 10 ** (_DIGITS - self._digits[currency]):
                worths[currency] = worths.get(currency, 0) + 1

    # What the venue says

    def look(self, balances: Sequence[Balance], now_ns: int) -> None:
        """The venue has answered, in amounts that a BALANCE holds; judged a while later, when what
        it had booked has been told."""
        found: dict[str, int] = {}
        for balance in balances:
            found[balance.currency] = found.get(balance.currency, 0) + parts(balance.total)
            digits = -int(balance.total.as_tuple().exponent)
            if self._digits.get(balance.currency, digits) < digits:
                self._digits[balance.currency] = digits
        self._waiting = now_ns, found

    def doubted(self) -> None:
        """What is told may lack something: the look that waits is none."""
        if self._waiting is not None:
            self._waiting = None
            self.skipped += 1

    def is_due(self, now_ns: int) -> bool:
        """Whether a look has waited for as long as a venue may lag."""
        return self._waiting is not None and now_ns >= self._waiting[0] + LAG_NS

    def judged(self, is_sure: bool) -> list[Difference]:
        """What differs for certain, once, by the look that is due. `is_sure`: no order's outcome
        is open, and all fills that the venue has counted are told."""
        assert self._waiting is not None, "none is due"
        (at_ns, found), self._waiting = self._waiting, None
        moments = self._moments(at_ns - self._before_ns) if is_sure else []
        if not 0 < len(moments) <= MOMENTS_MAX:
            self.skipped += 1
            return []
        self.looks += 1
        return self._compared(_Look(found, moments))

    def _moments(self, since_ns: int) -> list[_Moment]:
        self._settle(since_ns)
        moved, worths = dict(self._sum), dict(self._worths)
        moments = [_Moment(dict(moved), dict(worths))]
        for move in self._moves:
            self._add(move, moved, worths)
            moments.append(_Moment(dict(moved), dict(worths)))
        return moments

    def _compared(self, look: _Look) -> list[Difference]:
        if self._known is None:
            self._known = look
            return []
        agreed = self._agreed(self._known, look)
        if agreed:
            self._known, self._doubt = look._replace(moments=agreed), None
            return []
        stands = [] if self._doubt is None else self._agreed(self._doubt, look)
        if not stands:
            self._doubt = look
            return []
        known, look = self._known, look._replace(moments=stands)
        self._known, self._doubt = look, None
        self.differences += 1
        return self._between(known, look)

    def _agreed(self, known: _Look, look: _Look) -> list[_Moment]:
        """The moments of the look at which it allows what the other one allows."""
        names = sorted(self.currencies)
        slack = self._slack(names, [*known.moments, *look.moments])
        # All that must be the same finds what may be it: these are looked at one by one.
        exact = [at for at, most in enumerate(slack) if most == 0]
        index: defaultdict[tuple[int, ...], list[tuple[int, ...]]] = defaultdict(list)
        for was in known.openings(names):
            index[tuple(was[at] for at in exact)].append(was)
        agreed = []
        for moment, now in zip(look.moments, look.openings(names), strict=True):
            found = index.get(tuple(now[at] for at in exact), ())
            if any(_apart(was, now, slack) == 0 for was in found):
                agreed.append(moment)
        return agreed

    def _slack(self, names: Sequence[str], moments: Sequence[_Moment]) -> list[int]:
        """What rounding can make of each: one in the venue's last digit for each worth that was
        rounded between these moments."""
        slack = []
        for name in names:
            worths = [moment.worths.get(name, 0) for moment in moments]
            rounded = max(worths) - min(worths)
            slack.append(rounded * 10 ** (_DIGITS - self._digits.get(name, 0)) if rounded else 0)
        return slack

    def _between(self, known: _Look, look: _Look) -> list[Difference]:
        """By currency, of the moments that are the least apart in as many currencies as can be."""
        names = sorted(self.currencies)
        slack = self._slack(names, [*known.moments, *look.moments])
        pairs = product(known.openings(names), look.openings(names))
        was, now = min(pairs, key=lambda pair: _apart(pair[0], pair[1], slack))
        found = []
        for name, before, after, most in zip(names, was, now, slack, strict=True):
            if abs(after - before) > most:
                there = look.found.get(name, 0)
                amounts = (after - before, there - after + before, there)
                found.append(Difference(name, *map(whole, amounts)))
        return found


def _apart(was: Sequence[int], now: Sequence[int], slack: Sequence[int]) -> int:
    """In how many currencies."""
    return sum(abs(b - a) > most for a, b, most in zip(was, now, slack, strict=True))


def parts(amount: Decimal) -> int:
    """An amount in its smallest parts, exactly."""
    if not amount:
        return 0
    sign, digits, exponent = amount.as_tuple()
    assert isinstance(exponent, int) and exponent >= -_DIGITS, "no venue counts so finely"
    count = int("".join(map(str, digits))) * 10 ** (_DIGITS + exponent)
    return -count if sign else count


def whole(count: int) -> Decimal:
    """The amount of so many parts."""
    digits = tuple(map(int, str(abs(count))))
    exponent = -_DIGITS
    while len(digits) > 1 and digits[-1] == 0 and exponent < 0:
        digits, exponent = digits[:-1], exponent + 1
    return Decimal((int(count < 0), digits, exponent))
