"""One of Kraken's books by the words of its documentation, in dicts and Decimals."""

from decimal import Decimal

from pinnacle.core.schema import Side


class Shown:
    """So many levels a side, by price."""

    def __init__(self, depth: int):
        self.depth = depth
        self.sides: dict[Side, dict] = {Side.BID: {}, Side.ASK: {}}
        self.most = 0

    def take(self, snapshot: bool, levels: list[tuple]) -> list[tuple[Side, int]]:
        """The whole message, then zeros go, then what is beyond the depth, the worst first."""
        if snapshot:
            self.clear()
        self.most = 0
        for side, price, quantity in levels:
            held = self.sides[side]
            held[price] = quantity
            if not quantity:
                del held[price]
            self.most = max(self.most, len(held))
        fell = [
            (side, price) for side in self.sides for price in self.best(side)[: self.depth - 1 : -1]
        ]
        for side, price in fell:
            del self.sides[side][price]
        return fell

    def clear(self) -> None:
        for held in self.sides.values():
            held.clear()

    def best(self, side: Side) -> list:
        """Prices, the best first."""
        return sorted(self.sides[side], reverse=side is Side.BID)

    def text(self, price_unit: Decimal, quantity_unit: Decimal, places: tuple[int, int]) -> bytes:
        """What the checksum is of; in units, each written with so many places."""
        found = []
        for side in (Side.ASK, Side.BID):
            for price in self.best(side)[:10]:
                for value, decimals in (
                    (price * price_unit, places[0]),
                    (self.sides[side][price] * quantity_unit, places[1]),
                ):
                    found.append(f"{value:.{decimals}f}".replace(".", "").lstrip("0"))
        return "".join(found).encode()
