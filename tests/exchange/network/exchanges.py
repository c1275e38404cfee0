"""A served exchange for tests: Kraken's, over two instruments, with a clock that stands."""

from decimal import Decimal

from pinnacle.core.config import InstrumentConfig
from pinnacle.exchange.config import ExchangeConfig, TradersConfig
from pinnacle.exchange.network.config import HouseConfig, ServedConfig
from pinnacle.exchange.network.making import MadeExchange
from pinnacle.venues.registry import find

BTC = InstrumentConfig(
    symbol="BTC-USD", tick_size="0.1", lot_size="0.0001", maker_fee_bps=10.0, taker_fee_bps=20.0
)
ETH = InstrumentConfig(symbol="ETH-USD", tick_size="0.01", lot_size="0.001", maker_fee_bps=10.0)
#: Of a market in which nobody does anything but what is asked for.
STILL = {
    "limit_orders_per_s": 0.0,
    "market_orders_per_s": 0.0,
    "informed_looks_per_s": 0.0,
    "volatility_bps_per_sqrt_s": 0.0,
    "jumps_per_hour": 0.0,
    "cancel_near_per_s": 0.0,
    "cancel_stale_per_s": 0.0,
    "cancel_far_per_s": 1e-6,
    "floor_orders": 20,
}


def made(tmp_path, venue="kraken", *, keys=("main",), ledger=None, house=None, still=True):
    kind = find(venue)
    extra = STILL if still else {}
    traders = {
        "BTC-USD": TradersConfig(price="60000", **extra),
        "ETH-USD": TradersConfig(price="2500", **extra),
    }
    config = ServedConfig(
        instruments=[BTC, ETH],
        exchange=ExchangeConfig(traders=traders),
        house=house or HouseConfig(balances={"BTC": "10", "USD": "1000000", "ETH": "100"}),
    )
    given = {name: kind.exchange_side().new_key() for name in keys}
    return MadeExchange(kind, config, given, tmp_path / "certificates", ledger, 1)


def money(account):
    return {name: Decimal(amount) for name, amount in account.total.items()}
