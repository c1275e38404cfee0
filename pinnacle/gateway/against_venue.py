"""What a venue says of the account that no session of ours has made so: told, and trading halts
where the configuration says that it is to.
"""

from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any

import numpy as np

from pinnacle.core.errors import DataError
from pinnacle.core.instruments import Instrument
from pinnacle.core.schema import Kind, Reason
from pinnacle.gateway.accounts import Accounts, Difference
from pinnacle.venues.orders.config import OrdersConfig
from pinnacle.venues.orders.port import Balance, Fees, Report
from pinnacle.venues.orders.records import balance_parts
from pinnacle.venues.orders.terms import amount

#: What of the gateway's decisions moves money.
MOVES = (Kind.FILL, Kind.FILL_BUSTED, Kind.FEE)
_NOTHING = Decimal(0)
_TO_DO = (
    "nothing, if you have deposited, withdrawn or traded by hand: from now on this is the amount "
    "that is counted from; else hold the venue's list of fills against `pinnacle-replay cat`"
)


class AgainstVenue:
    """Balances, orders of others, fees of one gateway's account.

    instruments  in the order of rows
    halt         sets the kill switch
    """

    def __init__(
        self,
        accounts: Accounts,
        instruments: Sequence[Instrument],
        config: OrdersConfig,
        log: Any,
        halt: Callable[[Reason], object],
    ):
        self._accounts, self._instruments = accounts, instruments
        self._balances, self._foreign = config.balances, config.foreign
        self._log, self._halt = log, halt
        #: What has been told of each, so that only what is new is told.
        self._held: dict[str, Balance] = {}
        self._fees: dict[int, Fees] = {}

    def heard(self, reports: Sequence[Report]) -> None:
        """On their way into the log."""
        for report in reports:
            if report.kind == Kind.FEE and report.currency:
                of = self._instruments[report.row].instrument_id
                self._accounts.named(of, report.aux, report.currency)

    def moved(self, decisions: np.ndarray, now_ns: int) -> None:
        """Those of the kinds of MOVES that risk believes."""
        self._accounts.moved(decisions, now_ns)

    def doubted(self) -> None:
        """The venue is lost: what it has said last may not be all."""
        self._accounts.doubted()

    # Balances

    def balances(self, balances: Sequence[Balance], now_ns: int) -> list[Balance]:
        """The venue's answer; what of it is to stand in the log: all that the instruments need,
        and of the rest what has changed."""
        found = [self._countable(balance) for balance in balances]
        counted = [balance for balance in found if balance is not None]
        missing = {balance.currency for balance in balances} - {b.currency for b in counted}
        if not missing & self._accounts.currencies:
            self._accounts.look(counted, now_ns)
        ours = self._accounts.currencies
        told = {balance.currency: balance for balance in counted}
        for name in ours | self._held.keys():
            if name not in missing:
                told.setdefault(name, Balance(name, _NOTHING, _NOTHING))
        news = [b for name, b in told.items() if name in ours or b != self._held.get(name)]
        self._held.update(told)
        return news

    def _countable(self, balance: Balance) -> Balance | None:
        """As it can be counted; None if it cannot."""
        try:
            total, available = amount(balance.total), amount(balance.available)
            balance_parts(total)
            balance_parts(available)
        except DataError as error:
            self._log.error("a balance is left out", currency=balance.currency, why=str(error))
            return None
        return Balance(balance.currency, total, available)

    def look(self, now_ns: int, is_sure: Callable[[], bool]) -> None:
        """Tell what is new. `is_sure`: as Accounts.judged has it."""
        if self._accounts.is_due(now_ns):
            differences = self._accounts.judged(is_sure())
            for difference in differences:
                self._tell(difference)
            if differences and self._balances == "halt":
                self._halt(Reason.BALANCES)

    def _tell(self, difference: Difference) -> None:
        self._log.error(
            "the venue's balance is not what fills and fees make it",
            currency=difference.currency,
            difference=f"{difference.amount:+f}",
            expected=f"{difference.expected:f}",
            found=f"{difference.found:f}",
            what_to_do=_TO_DO,
        )

    # Orders of others

    def met(self, venue_id: str, client_id: str) -> None:
        """The account has an open order that no session of ours has made; once of each."""
        told = {"venue_order": venue_id, "client_order": client_id}
        if self._foreign == "halt":
            self._halt(Reason.FOREIGN_ORDER)
            self._log.error("an open order is not ours: trading halts", **told)
            return
        self._log.warning("an open order is not ours: it is left alone", **told)

    # Fees

    def fees(self, fees: Sequence[Fees]) -> None:
        """The venue's, against those that are counted with; each difference is told once."""
        for each in fees:
            instrument = self._instruments[each.row]
            if self._fees.get(each.row) == each:
                continue
            self._fees[each.row] = each
            ours = instrument.maker_fee_e8, instrument.taker_fee_e8
            if ours != (each.maker_e8, each.taker_e8):
                self._log.warning(
                    "the venue's fees are not those of the configuration, which stay in use",
                    instrument=instrument.label,
                    venue_maker_bps=each.maker_e8 / 1e4,
                    venue_taker_bps=each.taker_e8 / 1e4,
                    maker_fee_bps=ours[0] / 1e4,
                    taker_fee_bps=ours[1] / 1e4,
                )

    def counts(self) -> dict[str, int]:
        """For people."""
        differ = [
            each
            for row, each in self._fees.items()
            if (self._instruments[row].maker_fee_e8, self._instruments[row].taker_fee_e8)
            != (each.maker_e8, each.taker_e8)
        ]
        return {
            "balance_looks": self._accounts.looks,
            "balance_looks_skipped": self._accounts.skipped,
            "balance_differences": self._accounts.differences,
            "fee_differences": len(differ),
        }
