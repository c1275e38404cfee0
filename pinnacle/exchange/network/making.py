"""A venue's exchange made from a configuration, on this machine."""

import random
import time
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

from pinnacle.core.instruments import Instrument, from_config, table
from pinnacle.exchange.config import market_params
from pinnacle.exchange.network.config import HouseConfig, ServedConfig, with_traders
from pinnacle.exchange.network.house import MatchingHouse, Rules
from pinnacle.exchange.network.ledger import Ledger
from pinnacle.sim.market import Market
from pinnacle.venues.orders.terms import Terms, all_terms
from pinnacle.venues.port import VenueKind
from pinnacle.venues.served.exchange_side import ExchangeSide, NewKey
from pinnacle.venues.served.house import Account, Event, Key
from pinnacle.venues.transport.certificates import make_certificates

#: What an account has, where nothing is said: in quote currency, and as much in each base.
PLENTY = Decimal(10_000_000)


class MadeExchange:
    """Ready to be opened. `keys`: those that were given, by what they are for."""

    def __init__(
        self,
        venue: VenueKind[Any],
        config: ServedConfig,
        keys: dict[str, NewKey],
        certificates: Path,
        ledger: Path | None,
        seed: int,
        port: int = 0,
    ):
        kind = {venue.name: venue.venue_id}
        self.instruments: list[Instrument] = from_config(config.instruments, kind)
        self.terms = _terms(venue, self.instruments)
        bases = {
            i.symbol: (t.base, t.quote) for i, t in zip(self.instruments, self.terms, strict=True)
        }
        traders = with_traders(config.exchange, self.instruments, bases)
        params = market_params(traders, self.instruments)
        market = Market(params, seed=seed, start_ns=time.time_ns())
        rules = [_rules(i, config.house) for i in self.instruments]
        account = Account("trader")
        _endow(account, self.terms, config.house, traders.traders, self.instruments)
        self.open_keys = [Key(key.name, key.kept, account) for key in keys.values()]
        self.account = account
        self.ledger = None if ledger is None else Ledger(ledger, self.terms)
        self._hears: list[Callable[[Event], None]] = []
        self.house = MatchingHouse(market, self.terms, rules, self.open_keys, self._told)
        # Whatever is there at first is in the books before anybody looks.
        self.house.advance()
        self.house.public.clear()
        rows = {
            terms.name: table([instrument])
            for terms, instrument in zip(self.terms, self.instruments, strict=True)
        }
        for name, row in rows.items():
            row["symbol"] = name.encode()
        self.side: ExchangeSide = venue.exchange_side()(self.house, rows)
        self.house.name_of = self.side.order_id
        self.ca_file, self.tls = make_certificates(certificates)
        self.random, self.port = random.Random(seed), port

    def told_to(self, hears: Callable[[Event], None]) -> None:
        """Whoever is to hear of everything."""
        self._hears.append(hears)

    def _told(self, event: Event) -> None:
        if self.ledger is not None:
            # The truth has no faults, nor has its clock.
            self.ledger.take(event._replace(at_ns=self.house.true_ns()))
        for hears in self._hears:
            hears(event)

    def close(self) -> None:
        """The ledger is finished."""
        if self.ledger is not None:
            house = self.house
            rest = [o for a in house.accounts for o in house.live(a)]
            self.ledger.close(house.accounts, rest)


def _terms(venue: VenueKind[Any], instruments: list[Instrument]) -> list[Terms]:
    names = [venue.name_of(i.symbol) for i in instruments]
    return all_terms(table(instruments), names)


def _rules(instrument: Instrument, config: HouseConfig) -> Rules:
    return Rules(
        instrument.maker_fee_e8,
        instrument.taker_fee_e8,
        instrument.quantity_min,
        Decimal(config.value_min),
        config.fee_in,
        Decimal(config.fee_price),
    )


def _endow(
    account: Account,
    terms: list[Terms],
    config: HouseConfig,
    traders: Any,
    instruments: list[Instrument],
) -> None:
    for each, instrument in zip(terms, instruments, strict=True):
        price = Decimal(traders[instrument.symbol].price)
        account.total.setdefault(each.quote, PLENTY)
        account.total.setdefault(each.base, (PLENTY / price).quantize(each.lot.size))
    if config.fee_in not in ("base", "quote"):
        account.total.setdefault(config.fee_in, PLENTY)
    for currency, amount in config.balances.items():
        account.total[currency] = Decimal(amount)
