"""What risk's ledger must show after any fills, in integers that have no end."""

from dataclasses import dataclass

from pinnacle.core.schema import Side

LAST = 2**63 - 1
BEYOND = {"cash": 1, "cost": 2, "realised": 4, "unrealised": 8, "fees": 16, "turnover": 32}


@dataclass
class Ledger:
    """One instrument's; amounts in ticks x lots."""

    maker_fee_e8: int = 0
    taker_fee_e8: int = 0
    position: int = 0
    cash: int = 0
    cost: int = 0
    realised: int = 0
    fees: int = 0
    turnover: int = 0
    bought: int = 0
    sold: int = 0
    bid_fills: int = 0
    ask_fills: int = 0
    refused_reports: int = 0
    twice_mark: int = 0

    def fill(self, side: int, price: int, quantity: int, maker: bool) -> None:
        """A fill, believed or not."""
        signed = quantity if side == Side.BID else -quantity
        sound = side in (Side.BID, Side.ASK) and price > 0 and quantity > 0
        counted = abs(self.position + signed) <= LAST and self.turnover + price * quantity <= 2**125
        if not sound or not counted:
            self.refused_reports += 1
            return
        held, closed = abs(self.position), 0
        if held and (self.position > 0) != (signed > 0):
            closed = min(held, quantity)
            share = abs(self.cost) * closed // held * (1 if self.cost > 0 else -1)
            self.realised += (closed if self.position > 0 else -closed) * price - share
            self.cost -= share
        opened = quantity - closed
        self.cost += (opened if signed > 0 else -opened) * price
        self.position += signed
        self.cash -= signed * price
        self.turnover += quantity * price
        rate = self.maker_fee_e8 if maker else self.taker_fee_e8
        self.fees += -(-quantity * price * rate // 10**8)
        self.bought = min(self.bought + max(signed, 0), LAST)
        self.sold = min(self.sold + max(-signed, 0), LAST)
        self.bid_fills += signed > 0
        self.ask_fills += signed < 0

    @property
    def unrealised(self) -> int:
        return self.position * (self.twice_mark >> 1) - self.cost if self.twice_mark else 0

    def shown(self) -> dict[str, int]:
        """The fields of struct pmm_position that fills move, narrowed as they are shown."""
        exact = {name: getattr(self, name) for name in BEYOND}
        shown = {name: max(-LAST, min(LAST, value)) for name, value in exact.items()}
        shown["beyond"] = sum(bit for name, bit in BEYOND.items() if shown[name] != exact[name])
        counts = ("position", "bought", "sold", "bid_fills", "ask_fills", "refused_reports")
        return shown | {name: getattr(self, name) for name in counts}
