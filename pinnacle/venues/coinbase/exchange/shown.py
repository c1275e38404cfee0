"""Orders, fills and balances as Coinbase shows them: by REST, and on the user channel."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from pinnacle.core.schema import TimeInForce
from pinnacle.venues.coinbase.exchange.words import (
    NAMES,
    NO_TIME,
    decimal,
    end_words,
    name_of,
    stamp,
    status,
    time_in_force,
)
from pinnacle.venues.served.house import Account, Event, Happening, House, HouseFill, HouseOrder

#: What an average is rounded to.
_AVERAGE = Decimal("1e-16")
_KINDS = {
    TimeInForce.GTC: "limit_limit_gtc",
    TimeInForce.DAY: "limit_limit_gtd",
    TimeInForce.IOC: "sor_limit_ioc",
    TimeInForce.FOK: "limit_limit_fok",
}


def order_row(house: House, order: HouseOrder) -> dict[str, Any]:
    """As requests have it."""
    terms = house.terms[order.row]
    value = terms.tick.size * terms.lot.size * order.notional
    filled = terms.lot.size * order.filled
    fees = sum((fill.fee for fill in order.fills), Decimal(0))
    return {
        "order_id": order.venue_id,
        "product_id": terms.name,
        "order_configuration": _configuration(house, order),
        "side": NAMES[order.side],
        "client_order_id": order.client_id,
        "status": status(order),
        "time_in_force": time_in_force(order),
        "created_time": stamp(order.created_ns),
        "completion_percentage": _percent(order.filled, order.quantity),
        "filled_size": decimal(filled),
        "average_filled_price": _average(value, filled),
        "number_of_fills": str(len(order.fills)),
        "filled_value": decimal(value),
        "pending_cancel": False,
        "size_in_quote": False,
        "total_fees": decimal(fees),
        "size_inclusive_of_fees": False,
        "order_type": "MARKET" if order.is_market else "LIMIT",
        "reject_reason": "REJECT_REASON_UNSPECIFIED",
        "settled": False,
        "product_type": "SPOT",
        "reject_message": "",
        "cancel_message": end_words(order),
        "order_placement_source": "RETAIL_ADVANCED",
        "last_fill_time": stamp(order.fills[-1].at_ns) if order.fills else None,
        "edit_history": [],
    }


def _configuration(house: House, order: HouseOrder) -> dict[str, Any]:
    terms = house.terms[order.row]
    size = {"base_size": decimal(terms.lot.size * order.quantity)}
    if order.is_market:
        return {"market_market_ioc": size}
    said: dict[str, Any] = size | {"limit_price": terms.price(order.price)}
    kind = _KINDS[TimeInForce(order.time_in_force)]
    if order.time_in_force in (TimeInForce.GTC, TimeInForce.DAY):
        said["post_only"] = order.post_only
    return {kind: said}


def fill_row(house: House, fill: HouseFill) -> dict[str, Any]:
    terms = house.terms[fill.order.row]
    at = stamp(fill.at_ns)
    return {
        "entry_id": name_of("entry", fill.number),
        "trade_id": name_of("trade", fill.number),
        "order_id": fill.order.venue_id,
        "trade_time": at,
        "trade_type": "FILL",
        "price": terms.price(fill.price),
        "size": decimal(terms.lot.size * fill.quantity),
        "commission": decimal(fill.fee),
        "product_id": terms.name,
        "sequence_timestamp": at,
        "liquidity_indicator": "MAKER" if fill.is_maker else "TAKER",
        "size_in_quote": False,
        "side": NAMES[fill.order.side],
    }


def account(owner: Account, currency: str) -> dict[str, Any]:
    """What there is of one currency."""

    def of(amount: Decimal) -> dict[str, str]:
        return {"value": decimal(amount), "currency": currency}

    held = owner.held.get(currency, Decimal(0))
    return {
        "uuid": name_of(f"account {currency}", 0),
        "name": f"{currency} Wallet",
        "currency": currency,
        "available_balance": of(owner.available(currency)),
        "default": False,
        "active": True,
        "type": "ACCOUNT_TYPE_CRYPTO",
        "ready": True,
        "hold": of(held),
    }


def user_rows(house: House, event: Event) -> list[dict[str, Any]]:
    """What the user channel shows of something that happened, state by state."""
    order = event.order
    if event.what is Happening.ACCEPTED:
        return [user_row(house, event, state) for state in ("PENDING", "OPEN")]
    if event.what is Happening.CANCELLED:
        return [user_row(house, event, status(order))]
    is_full = event.what is Happening.FILLED and event.filled >= event.quantity
    return [user_row(house, event, "FILLED" if is_full else "OPEN")]


def user_row(house: House, event: Event, state: str) -> dict[str, Any]:
    """An order as it was when that happened."""
    order = event.order
    terms = house.terms[order.row]
    filled = terms.lot.size * event.filled
    value = terms.tick.size * terms.lot.size * event.notional
    fills = _first(order.fills, event.filled)
    fees = sum((fill.fee for fill in fills), Decimal(0))
    rests = state in ("PENDING", "OPEN")
    left = terms.lot.size * (event.quantity - event.filled) if rests else Decimal(0)
    return {
        "avg_price": _average(value, filled),
        "cancel_reason": end_words(order) if state in ("CANCELLED", "EXPIRED") else "",
        "client_order_id": order.client_id,
        "completion_percentage": _percent(event.filled, event.quantity),
        "contract_expiry_type": "UNKNOWN_CONTRACT_EXPIRY_TYPE",
        "cumulative_quantity": decimal(filled),
        "filled_value": decimal(value),
        "leaves_quantity": decimal(left),
        "limit_price": "" if order.is_market else terms.price(order.price),
        "number_of_fills": str(len(fills)),
        "order_id": order.venue_id,
        "order_side": NAMES[order.side],
        "order_type": "Market" if order.is_market else "Limit",
        "outstanding_hold_amount": "0",
        "post_only": "true" if order.post_only else "false",
        "product_id": terms.name,
        "product_type": "SPOT",
        "reject_reason": "",
        "status": state,
        "stop_price": "",
        "time_in_force": time_in_force(order),
        "total_fees": decimal(fees),
        "total_value_after_fees": decimal(value + fees),
        "trigger_status": "INVALID_ORDER_TYPE",
        "creation_time": stamp(order.created_ns),
        "end_time": NO_TIME,
        "start_time": NO_TIME,
    }


def now(order: HouseOrder) -> Event:
    """As if it had just happened: for who begins to listen."""
    return Event(
        Happening.REPLACED,
        order,
        order.updated_ns,
        None,
        order.filled,
        order.notional,
        order.quantity,
    )


def _first(fills: Sequence[HouseFill], lots: int) -> list[HouseFill]:
    """Those that make up so much."""
    found = []
    for fill in fills:
        if lots <= 0:
            break
        lots -= fill.quantity
        found.append(fill)
    return found


def _average(value: Decimal, filled: Decimal) -> str:
    return decimal((value / filled).quantize(_AVERAGE)) if filled else "0"


def _percent(filled: int, quantity: int) -> str:
    return decimal((Decimal(100 * filled) / quantity).quantize(Decimal("0.01")))
