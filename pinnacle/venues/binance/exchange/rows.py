"""Orders, executions and accounts as Binance's replies write them."""

from decimal import Decimal
from typing import Any

from pinnacle.venues.binance.exchange.placing import SELF_TRADE_DEFAULT
from pinnacle.venues.binance.exchange.words import (
    NAMES,
    TIF_NAMES,
    milliseconds,
    status_of,
    text,
    type_of,
)
from pinnacle.venues.orders.terms import Terms
from pinnacle.venues.served.house import Account, HouseFill, HouseOrder

_ZERO = text(Decimal(0))


def order_row(order: HouseOrder, terms: Terms) -> dict[str, Any]:
    """An order as it stands."""
    return {
        "symbol": terms.name,
        "orderId": int(order.venue_id),
        "orderListId": -1,
        "clientOrderId": order.client_id,
        "price": text(terms.tick.size * order.price),
        "origQty": text(terms.lot.size * order.quantity),
        "executedQty": text(terms.lot.size * order.filled),
        "origQuoteOrderQty": _ZERO,
        "cummulativeQuoteQty": text(terms.tick.size * terms.lot.size * order.notional),
        "status": status_of(order),
        "timeInForce": TIF_NAMES.get(order.time_in_force, "GTC"),
        "type": type_of(order),
        "side": NAMES[order.side],
        "selfTradePreventionMode": SELF_TRADE_DEFAULT,
    }


def order_times(order: HouseOrder) -> dict[str, Any]:
    """What a question and a list have besides."""
    created = milliseconds(order.created_ns)
    return {
        "stopPrice": _ZERO,
        "icebergQty": _ZERO,
        "time": created,
        "updateTime": milliseconds(order.updated_ns),
        "isWorking": True,
        "workingTime": created,
    }


def trade_row(fill: HouseFill, terms: Terms) -> dict[str, Any]:
    """An execution as lists have it."""
    worth = terms.tick.size * terms.lot.size * fill.price * fill.quantity
    return {
        "symbol": terms.name,
        "id": fill.number,
        "orderId": int(fill.order.venue_id),
        "orderListId": -1,
        "price": text(terms.tick.size * fill.price),
        "qty": text(terms.lot.size * fill.quantity),
        "quoteQty": text(worth),
        "commission": f"{fill.fee:f}",
        "commissionAsset": fill.currency,
        "time": milliseconds(fill.at_ns),
        "isBuyer": NAMES[fill.order.side] == "BUY",
        "isMaker": fill.is_maker,
        "isBestMatch": True,
    }


def fill_row(fill: HouseFill, terms: Terms) -> dict[str, Any]:
    """As the answer to a new order has it."""
    row = trade_row(fill, terms)
    names = ("price", "qty", "commission", "commissionAsset")
    return {name: row[name] for name in names} | {"tradeId": fill.number}


def account_row(
    account: Account, rates_e8: tuple[int, int], now_ns: int, only_held: bool
) -> dict[str, Any]:
    """What an account has; `only_held`: not what it has none of."""
    balances = [
        {
            "asset": name,
            "free": text(account.available(name)),
            "locked": text(account.held.get(name, Decimal(0))),
        }
        for name, total in sorted(account.total.items())
        if total or not only_held
    ]
    maker, taker = rates_e8
    return {
        "makerCommission": maker // 10_000,
        "takerCommission": taker // 10_000,
        "buyerCommission": 0,
        "sellerCommission": 0,
        "canTrade": True,
        "canWithdraw": False,
        "canDeposit": False,
        "updateTime": milliseconds(now_ns),
        "accountType": "SPOT",
        "balances": balances,
        "permissions": ["SPOT"],
    }


def commission_row(symbol: str, rates_e8: tuple[int, int]) -> dict[str, Any]:
    """What executions cost."""
    zero = dict.fromkeys(("maker", "taker", "buyer", "seller"), _ZERO)
    maker, taker = (text(Decimal(rate).scaleb(-8)) for rate in rates_e8)
    return {
        "symbol": symbol,
        "standardCommission": zero | {"maker": maker, "taker": taker},
        "specialCommission": zero,
        "taxCommission": zero,
        "discount": {
            "enabledForAccount": False,
            "enabledForSymbol": False,
            "discountAsset": "BNB",
            "discount": "0.75000000",
        },
    }
