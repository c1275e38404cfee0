"""What risk's ledger must show after any fills and fees, in integers that have no end."""

from dataclasses import dataclass, field

from pinnacle.core.schema import FeeOf, Side

LAST = 2**63 - 1
AMOUNT_MAX = 2**125
BEYOND = {"cash": 1, "cost": 2, "realised": 4, "unrealised": 8, "fees": 16, "turnover": 32}


@dataclass
class Dust:
    """What fees in one currency leave below a unit of mantissa x 10^-decimals."""

    mantissa: int = 1
    decimals: int = 0
    left: int = 0  # of 10^-exponent

    @property
    def exponent(self) -> int:
        return max(self.decimals, 18)

    def after(self, amount: int, decimals: int) -> tuple[int, int] | None:
        """Units that are paid, and what is left; None if 128 bits do not hold it."""
        paid = amount * 10 ** (self.exponent - decimals)
        unit = self.mantissa * 10 ** (self.exponent - self.decimals)
        short = self.left - paid
        if not 0 < unit < 2**127 or not all(-(2**127) <= x < 2**127 for x in (paid, short)):
            return None
        return -(short // unit), short % unit

    def shown(self) -> int:
        return min(self.left * 10**18 // 10**self.exponent, LAST)


@dataclass
class Ledger:
    """One instrument's; amounts in ticks x lots. What a tick and a lot are its dust says."""

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
    base: Dust = field(default_factory=Dust)
    quote: Dust = field(default_factory=Dust)

    def fill(self, side: int, price: int, quantity: int, maker: bool, told: bool = False) -> None:
        """A fill, believed or not; told: a FEE says what it cost."""
        self._count(side, price, quantity, maker, told, 1)

    def bust(self, side: int, price: int, quantity: int, maker: bool, told: bool = False) -> None:
        """The same one is none."""
        self._count(side, price, quantity, maker, told, -1)

    def fee(self, of: int, amount: int, decimals: int) -> None:
        """amount x 10^-decimals of a currency; believed or not."""
        dust = {FeeOf.BASE: self.base, FeeOf.QUOTE: self.quote}.get(of)
        if of == FeeOf.OTHER and 0 <= decimals <= 18:
            return
        after = dust.after(amount, decimals) if dust and 0 <= decimals <= 18 else None
        if after is None:
            self.refused_reports += 1
            return
        units, left = after
        if of == FeeOf.QUOTE and abs(self.fees + units) <= AMOUNT_MAX:
            self.fees, self.quote.left = self.fees + units, left
        elif of == FeeOf.BASE and abs(units) <= LAST and abs(self.position - units) <= LAST:
            self._move(-units, 0)
            self.base.left = left
        else:
            self.refused_reports += 1

    def _count(
        self, side: int, price: int, quantity: int, maker: bool, told: bool, way: int
    ) -> None:
        if side not in (Side.BID, Side.ASK) or price <= 0 or quantity <= 0:
            self.refused_reports += 1
            return
        signed = way * (quantity if side == Side.BID else -quantity)
        notional = price * quantity
        holds = abs(self.position + signed) <= LAST
        holds &= abs(self.turnover + way * notional) <= AMOUNT_MAX
        holds &= abs(self.cash - signed * price) <= AMOUNT_MAX
        holds &= abs(self.fees) + notional <= AMOUNT_MAX
        if not holds:
            self.refused_reports += 1
            return
        self._move(signed, price)
        self.turnover += way * notional
        rate = self.maker_fee_e8 if maker else self.taker_fee_e8
        self.fees += 0 if told else way * -(-notional * rate // 10**8)
        bid = side == Side.BID
        self.bought = max(-LAST, min(self.bought + way * quantity * bid, LAST))
        self.sold = max(-LAST, min(self.sold + way * quantity * (not bid), LAST))
        self.bid_fills += way * bid
        self.ask_fills += way * (not bid)

    def _move(self, signed: int, price: int) -> None:
        held, closed = abs(self.position), 0
        if held and (self.position > 0) != (signed > 0):
            closed = min(held, abs(signed))
            share = abs(self.cost) * closed // held * (1 if self.cost > 0 else -1)
            self.realised += (closed if self.position > 0 else -closed) * price - share
            self.cost -= share
        opened = abs(signed) - closed
        self.cost += (opened if signed > 0 else -opened) * price
        self.position += signed
        self.cash -= signed * price

    @property
    def unrealised(self) -> int:
        return self.position * (self.twice_mark >> 1) - self.cost if self.twice_mark else 0

    def shown(self) -> dict[str, int]:
        """The fields of struct pmm_position that these move, narrowed as they are shown."""
        exact = {name: getattr(self, name) for name in BEYOND}
        shown = {name: max(-LAST, min(LAST, value)) for name, value in exact.items()}
        shown["beyond"] = sum(bit for name, bit in BEYOND.items() if shown[name] != exact[name])
        counts = ("position", "bought", "sold", "bid_fills", "ask_fills", "refused_reports")
        shown |= {name: getattr(self, name) for name in counts}
        return shown | {
            "base_dust_e18": self.base.shown(),
            "quote_dust_e18": self.quote.shown(),
        }
