"""A book as a venue has shown it so far: what its snapshots say, and what its updates must."""

from collections.abc import Sequence

import numpy as np

from pinnacle.core.schema import Kind, Side
from pinnacle.venues.orders.terms import Terms

#: (price, quantity) in ticks and lots.
Level = tuple[int, int]


class ShownBook:
    """All levels of both sides, or the best `depth` of each."""

    known = True

    def __init__(self, terms: Terms, depth: int | None = None):
        self.terms = terms
        self._depth = depth
        self._sides: dict[int, dict[int, int]] = {Side.BID: {}, Side.ASK: {}}

    def follow(self, records: np.ndarray) -> list[tuple[int, int, int]]:
        """What DEPTH records change: (side, ticks, lots), a quantity of 0 removes."""
        rows = records[records["kind"] == Kind.DEPTH]
        changes = list(
            zip(
                rows["side"].tolist(),
                rows["price"].tolist(),
                rows["quantity"].tolist(),
                strict=True,
            )
        )
        for side, price, quantity in changes:
            if quantity:
                self._sides[side][price] = quantity
            else:
                self._sides[side].pop(price, None)
        return changes

    def become(self, side: int, levels: Sequence[Level]) -> list[Level]:
        """The side is these, the best first; what has changed, a quantity of 0 removes."""
        before, now = self._sides[side], dict(levels)
        gone = [(price, 0) for price in before if price not in now]
        changed = [(price, lots) for price, lots in now.items() if before.get(price) != lots]
        self._sides[side] = now
        return gone + changed

    def best(self, side: int, limit: int | None = None) -> list[Level]:
        """The best first."""
        levels = sorted(self._sides[side].items(), reverse=side == Side.BID)
        return levels[: self._depth if limit is None else limit]

    def levels(
        self, side: int, limit: int | None = None, decimals: tuple[int, int] | None = None
    ) -> list[tuple[str, str]]:
        """The same as decimal text; `decimals`: how many are written of each at least."""
        price_zeros, lot_zeros = 0, 0
        if decimals is not None:
            price_zeros = decimals[0] - self.terms.tick.decimals
            lot_zeros = decimals[1] - self.terms.lot.decimals
        return [
            (padded(self.terms.price(p), price_zeros), padded(self.terms.quantity(q), lot_zeros))
            for p, q in self.best(side, limit)
        ]

    def sides(self) -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
        """Bids and asks."""
        return self.levels(Side.BID), self.levels(Side.ASK)


def padded(text: str, zeros: int) -> str:
    """With so many zeros more behind the point."""
    if zeros <= 0:
        return text
    return f"{text}{'' if '.' in text else '.'}{'0' * zeros}"
