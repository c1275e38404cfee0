"""Orders and trades as Gemini's own side writes them: by REST, and as order events."""

from decimal import Decimal
from typing import Any

from pinnacle.core.schema import Side
from pinnacle.venues.gemini.exchange.words import (
    ENDS,
    WORDS,
    decimal,
    is_cancelled,
    price,
    quantity,
    trade_id,
    without_nothing,
)
from pinnacle.venues.served.house import (
    Event,
    Happening,
    House,
    HouseFill,
    HouseOrder,
    NewOrder,
    Refusal,
    Status,
)

_OPTIONS = {2: ["immediate-or-cancel"], 3: ["fill-or-kill"]}


def status_row(house: House, order: HouseOrder, with_trades: bool = False) -> dict[str, Any]:
    """An order's state by REST."""
    terms = house.terms[order.row]
    average = Decimal(0)
    if order.filled:
        average = terms.tick.size * order.notional / order.filled
    row: dict[str, Any] = {
        "order_id": order.venue_id,
        "id": order.venue_id,
        "symbol": terms.name.lower(),
        "exchange": "gemini",
        "avg_execution_price": f"{average:.{terms.tick.decimals}f}",
        "side": "buy" if order.side == Side.BID else "sell",
        "type": "exchange market" if order.is_market else "exchange limit",
        "timestamp": str(order.created_ns // 1_000_000_000),
        "timestampms": order.created_ns // 1_000_000,
        "is_live": order.status is Status.OPEN,
        "is_cancelled": is_cancelled(order),
        "is_hidden": False,
        "was_forced": False,
        "executed_amount": decimal(terms.lot.size * order.filled),
        "client_order_id": order.client_id,
        "options": _options(order),
        "price": terms.price(order.price),
        "original_amount": decimal(terms.lot.size * order.quantity),
        "remaining_amount": decimal(terms.lot.size * order.leaves),
    }
    if not order.client_id:
        del row["client_order_id"]
    if is_cancelled(order):
        row["reason"] = ENDS.get(order.reason, order.reason.name)
    if with_trades:
        row["trades"] = [trade_row(house, fill) for fill in reversed(order.fills)]
    return row


def trade_row(house: House, fill: HouseFill) -> dict[str, Any]:
    """One of the account's, by REST."""
    order, terms = fill.order, house.terms[fill.order.row]
    return {
        "price": terms.price(fill.price),
        "amount": decimal(terms.lot.size * fill.quantity),
        "timestamp": fill.at_ns // 1_000_000_000,
        "timestampms": fill.at_ns // 1_000_000,
        "type": "Buy" if order.side == Side.BID else "Sell",
        "aggressor": not fill.is_maker,
        "fee_currency": fill.currency,
        "fee_amount": decimal(fill.fee),
        "tid": trade_id(fill),
        "order_id": order.venue_id,
        "exchange": "gemini",
        "is_auction_fill": False,
        "is_clearing_fill": False,
        "symbol": terms.name,
        "client_order_id": order.client_id,
    }


def event_rows(house: House, event: Event) -> list[dict[str, Any]]:
    """Order events of something that happened."""
    if event.what is Happening.FILLED:
        return [_filled(house, event)]
    row = _head(house, event)
    if event.what is Happening.CANCELLED:
        terms = house.terms[event.order.row]
        end = ENDS.get(event.order.reason, event.order.reason.name)
        left = quantity(terms, event.quantity - event.filled)
        filled = quantity(terms, event.filled) if event.filled else ""
        return [without_nothing(row | {"X": "CANCELED", "z": left, "Z": filled, "r": end})]
    if event.what is Happening.REPLACED:
        return [without_nothing(row | {"X": "MODIFIED"})]
    left = quantity(house.terms[event.order.row], event.quantity)
    placed = without_nothing(row | {"X": "NEW", "z": left})
    order = event.order
    rests = order.status is Status.OPEN and not order.filled and not order.is_market
    return [placed, placed | {"X": "OPEN"}] if rests else [placed]


def refused_row(house: House, order: NewOrder, refusal: Refusal, name: str) -> dict[str, Any]:
    """The order event of an order that never was; one that would have taken is cancelled."""
    terms, word = house.terms[order.row], WORDS[refusal][0]
    state = "CANCELED" if refusal is Refusal.WOULD_TAKE else "REJECTED"
    row = {
        "E": house.now_ns(),
        "s": terms.name,
        "i": name,
        "c": order.client_id,
        "S": "BUY" if order.side == Side.BID else "SELL",
        "o": "MARKET" if order.is_market else "LIMIT",
        "X": state,
        "p": price(terms, order.price) if order.price else "",
        "q": quantity(terms, order.quantity),
        "z": quantity(terms, order.quantity),
        "r": word,
        "T": house.now_ns(),
    }
    return without_nothing(row)


def _head(house: House, event: Event) -> dict[str, Any]:
    order, terms = event.order, house.terms[event.order.row]
    return {
        "E": house.now_ns(),
        "s": terms.name,
        "i": order.venue_id,
        "c": order.client_id,
        "S": "BUY" if order.side == Side.BID else "SELL",
        "o": "MARKET" if order.is_market else "LIMIT",
        "p": price(terms, order.price) if order.price else "",
        "q": quantity(terms, event.quantity),
        "T": event.at_ns,
    }


def _filled(house: House, event: Event) -> dict[str, Any]:
    """`Z` is of this fill alone. A fee is in quote currency, or not told."""
    fill, terms = event.fill, house.terms[event.order.row]
    assert fill is not None, "something has filled it"
    left = event.quantity - event.filled
    row = without_nothing(
        _head(house, event)
        | {
            "X": "PARTIALLY_FILLED" if left else "FILLED",
            "z": quantity(terms, left) if left else "",
            "Z": quantity(terms, fill.quantity),
            "L": price(terms, fill.price),
            "t": trade_id(fill),
            "m": fill.is_maker,
        }
    )
    return row | ({"n": decimal(fill.fee)} if fill.currency == terms.quote else {})


def _options(order: HouseOrder) -> list[str]:
    return ["maker-or-cancel"] if order.post_only else _OPTIONS.get(order.time_in_force, [])
