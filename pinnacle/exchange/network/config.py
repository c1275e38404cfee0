"""[house]: the exchange that `pinnacle exchange serve` runs: whose money, which rules."""

import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Annotated

import msgspec
from msgspec import Meta

from pinnacle.core.config import DecimalText, InstrumentConfig, Section, joined
from pinnacle.core.errors import ConfigError
from pinnacle.core.instruments import Instrument
from pinnacle.exchange.config import ExchangeConfig, TradersConfig

Share = Annotated[float, Meta(ge=0, le=1)]
#: What a simulated market of a currency begins at, where nothing else is said; in dollars.
PRICES = {
    "BTC": "60000",
    "ETH": "2500",
    "SOL": "150",
    "XRP": "0.5",
    "LTC": "80",
    "ADA": "0.4",
    "DOGE": "0.12",
    "LINK": "12",
}
_AMOUNT = re.compile(r"[0-9]+(\.[0-9]*)?", re.ASCII)
DOLLARS = frozenset({"USD", "USDT", "USDC", "FDUSD", "EUR", "GBP"})


class HouseConfig(Section, frozen=True):
    """The exchange.

    balances    what each key's account has at first, by currency; not said: plenty
    value_min   the least that an order may be worth, in its quote currency
    fee_in      "quote"; "base": of what is bought in that; or a third currency's name
    fee_price   what one of that third currency is worth in quote currency
    """

    balances: dict[str, DecimalText] = msgspec.field(default_factory=dict)
    value_min: DecimalText = "0"
    fee_in: Annotated[str, Meta(min_length=2, max_length=12)] = "quote"
    fee_price: DecimalText = "300"

    def __post_init__(self) -> None:
        _check("value_min:", self.value_min)
        _check("fee_price:", self.fee_price)
        if not Decimal(self.fee_price):
            raise ValueError("fee_price: must be above 0: fees are divided by it")
        for currency, amount in self.balances.items():
            _check(f"balances: {currency}", amount)


def _check(what: str, text: str) -> None:
    if not _AMOUNT.fullmatch(text):
        raise ValueError(f"{what} must be a number without a sign or exponent, not {text!r}")


class VenueKey(msgspec.Struct, frozen=True):
    """Of one of several venues: whose protocol it is; its other keys are the session's."""

    kind: str


class ServedConfig(Section, frozen=True):
    """What of a session's configuration an exchange is made from; the rest is the session's."""

    instruments: list[InstrumentConfig]
    exchange: ExchangeConfig = ExchangeConfig()
    house: HouseConfig = HouseConfig()
    venues: dict[str, VenueKey] = {}


def with_traders(
    config: ExchangeConfig, instruments: Sequence[Instrument], bases: Mapping[str, tuple[str, str]]
) -> ExchangeConfig:
    """With a market for every instrument; `bases`: base and quote by symbol. ConfigError names the
    key of one whose price nobody knows."""
    traders = {symbol: each for symbol, each in config.traders.items() if symbol in bases}
    for instrument in instruments:
        if instrument.symbol in traders:
            continue
        base, quote = bases[instrument.symbol]
        if base not in PRICES or quote not in DOLLARS:
            where = joined("exchange.traders", instrument.symbol)
            raise ConfigError(f"{where}.price: missing: what the market begins at")
        steps = Decimal(PRICES[base]) / instrument.tick.size
        price = instrument.price_text(max(int(steps), 2))
        traders[instrument.symbol] = TradersConfig(price=price)
    return msgspec.structs.replace(config, kind="simulated", traders=traders)
