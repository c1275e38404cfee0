"""Bitstamp's orders from its own side: what keys may ask by REST, and tokens for its channels."""

import secrets
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from pinnacle.core.schema import Side
from pinnacle.venues.bitstamp.exchange.gate import Gate
from pinnacle.venues.bitstamp.exchange.history import History
from pinnacle.venues.bitstamp.exchange.placing import Form, Placing
from pinnacle.venues.bitstamp.exchange.words import (
    TYPES,
    USER,
    Refused,
    market_name,
    plain,
    raw,
    stamp,
    state,
    trade_name,
)
from pinnacle.venues.served.dialect import Reply
from pinnacle.venues.served.exchange_side import Asked
from pinnacle.venues.served.house import Account, House, HouseFill, HouseOrder, Key, Status
from pinnacle.venues.served.serving import JSON, encode

BASE = "/api/v2/"
TOKEN_S = 60
PAGE, PAGE_MAX = 100, 1000
_SIDES = {"buy": Side.BID, "sell": Side.ASK}
_NOT_FOUND = Reply(404, JSON, b'{"status":"error","reason":"Not found"}')
_TOO_MUCH = Reply(429, JSON, b'{"status":"error","reason":"Too many requests"}')


class BitstampDesk:
    """What any number of connections share."""

    def __init__(self, house: House, gate: Gate):
        self._house, self._gate = house, gate
        self._rows = {terms.name: row for row, terms in enumerate(house.terms)}
        self._tokens: dict[str, tuple[Key, int]] = {}
        self.placing, self.history = Placing(house), History(house)
        self._said: dict[str, Callable[[Key, Sequence[str], Form], Any]] = {
            "buy": lambda key, at, form: self._placed(key, Side.BID, at, form),
            "sell": lambda key, at, form: self._placed(key, Side.ASK, at, form),
            "cancel_order": self._cancelled,
            "cancel_all_orders": self._all_cancelled,
            "order_status": self._status,
            "open_orders": self._open,
            "user_transactions": self._transactions,
            "account_balances": self._balances,
            "fees": self._fees,
            "websockets_token": self._token,
            "account_order_data": self._events,
        }

    def account_of(self, token: str) -> Account | None:
        """None: it is none, or too old."""
        found = self._tokens.get(token)
        if found is None or self._house.now_ns() > found[1]:
            return None
        return found[0].account

    def rest(self, asked: Asked) -> Reply:
        """To a request with a key."""
        key = self._gate.key_of(asked)
        if isinstance(key, Reply):
            return key
        if self._gate.is_too_much(key):
            return _TOO_MUCH
        path = urlsplit(asked.target).path.removeprefix(BASE).strip("/").split("/")
        says = self._said.get(path[0])
        if says is None or asked.method != "POST":
            return _NOT_FOUND
        form = dict(parse_qsl(asked.body.decode(errors="replace")))
        try:
            reply = Reply(200, JSON, encode(says(key, path[1:], form)))
        except Refused as refused:
            reply = refused.reply()
        return self._gate.signed(asked, key, reply)

    # What changes orders

    def _placed(self, key: Key, side: Side, at: Sequence[str], form: Form) -> dict[str, str]:
        is_market = at[:1] == ["market"]
        row = self._row(at[1:] if is_market else at)
        order = self.placing.place(key, row, side, is_market, form)
        terms = self._house.terms[row]
        said = {
            "id": order.venue_id,
            "market": market_name(terms),
            "datetime": stamp(order.created_ns),
            "type": TYPES[side],
            "price": terms.price(order.price),
            "amount": terms.quantity(order.quantity),
        }
        return said | ({"client_order_id": order.client_id} if order.client_id else {})

    def _cancelled(self, key: Key, at: Sequence[str], form: Form) -> dict[str, Any]:
        order = _named(self._house.live(key.account), form)
        if order is None or self._house.cancel(order) is not None:
            raise Refused("Order not found", "404.002", status=404)
        return self._short(order) | {"status": "Canceled"}

    def _all_cancelled(self, key: Key, at: Sequence[str], form: Form) -> dict[str, Any]:
        wanted = self._wanted(at)
        orders = [each for each in self._house.live(key.account) if each.row in wanted]
        done = [each for each in orders if self._house.cancel(each) is None]
        return {
            "canceled": [self._short(each) for each in done],
            "success": len(done) == len(orders),
        }

    def _short(self, order: HouseOrder) -> dict[str, Any]:
        terms = self._house.terms[order.row]
        return {
            "id": raw(order.venue_id),
            "amount": raw(terms.quantity(order.leaves)),
            "price": raw(terms.price(order.price)),
            "type": int(TYPES[order.side]),
            "market": market_name(terms),
        }

    # What there is

    def _status(self, key: Key, at: Sequence[str], form: Form) -> dict[str, Any]:
        mine = (each for each in self.placing.crossed if each.account is key.account)
        seen = (e for e in self._house.orders(key.account) if e.status is not Status.REJECTED)
        order = _named([*mine, *seen], form)
        if order is None:
            raise Refused("Order not found", "404.002", status=404)
        terms = self._house.terms[order.row]
        said = {
            "id": raw(order.venue_id),
            "datetime": stamp(order.created_ns),
            "type": TYPES[order.side],
            "status": state(order),
            "market": market_name(terms),
            "transactions": [self._transaction(fill) for fill in order.fills],
            "amount_remaining": terms.quantity(order.leaves),
        }
        if form.get("omit_transactions", "").lower() == "true":
            said.pop("transactions")
        return said | ({"client_order_id": order.client_id} if order.client_id else {})

    def _transaction(self, fill: HouseFill) -> dict[str, Any]:
        terms = self._house.terms[fill.order.row]
        value = terms.tick.size * terms.lot.size * fill.price * fill.quantity
        return {
            "tid": trade_name(fill.number),
            "price": terms.price(fill.price),
            terms.base.lower(): terms.quantity(fill.quantity),
            terms.quote.lower(): plain(value),
            "fee": plain(fill.fee),
            "datetime": stamp(fill.at_ns),
            "type": 2,
        }

    def _open(self, key: Key, at: Sequence[str], form: Form) -> list[dict[str, Any]]:
        wanted = self._wanted(at)
        orders = self._house.open_orders(key.account)
        return [self._open_row(each) for each in orders if each.row in wanted]

    def _open_row(self, order: HouseOrder) -> dict[str, Any]:
        terms = self._house.terms[order.row]
        return {
            "id": order.venue_id,
            "datetime": stamp(order.created_ns),
            "type": TYPES[order.side],
            "price": terms.price(order.price),
            "amount": terms.quantity(order.leaves),
            "amount_at_create": terms.quantity(order.quantity),
            "market": market_name(terms),
            "client_order_id": order.client_id or None,
        }

    def _transactions(self, key: Key, at: Sequence[str], form: Form) -> list[dict[str, Any]]:
        wanted, since_id = self._wanted(at), _whole(form, "since_id", 0)
        since_ns = _whole(form, "since_timestamp", 0) * 10**9
        fills = [
            each
            for each in self._house.fills(key.account)
            if each.order.row in wanted
            and trade_name(each.number) >= since_id
            and each.at_ns >= since_ns
        ]
        if form.get("sort", "desc") != "asc":
            fills.reverse()
        begin = _whole(form, "offset", 0)
        limit = PAGE_MAX if since_id else min(_whole(form, "limit", PAGE), PAGE_MAX)
        return [self._trade(each) for each in fills[begin : begin + limit]]

    def _trade(self, fill: HouseFill) -> dict[str, Any]:
        terms = self._house.terms[fill.order.row]
        base, quote = terms.base.lower(), terms.quote.lower()
        value = terms.tick.size * terms.lot.size * fill.price * fill.quantity
        buys = fill.order.side == Side.BID
        lots, paid = terms.quantity(fill.quantity), plain(value)
        return {
            "id": trade_name(fill.number),
            "datetime": stamp(fill.at_ns),
            "type": "2",
            "fee": plain(fill.fee),
            "order_id": raw(fill.order.venue_id),
            base: lots if buys else f"-{lots}",
            quote: f"-{paid}" if buys else paid,
            f"{base}_{quote}": raw(terms.price(fill.price)),
        }

    def _balances(self, key: Key, at: Sequence[str], form: Form) -> list[dict[str, str]]:
        owner = key.account
        return [
            {
                "currency": name.lower(),
                "total": plain(total),
                "available": plain(owner.available(name)),
                "reserved": plain(owner.held.get(name, Decimal(0))),
            }
            for name, total in sorted(owner.total.items())
        ]

    def _fees(self, key: Key, at: Sequence[str], form: Form) -> Any:
        wanted = self._wanted(at[1:])
        found = [self._rates(row) for row in sorted(wanted)]
        return found[0] if at[1:] else found

    def _rates(self, row: int) -> dict[str, Any]:
        maker, taker = (Decimal(rate) / 10**6 for rate in self._house.rates_e8(row))
        name = self._house.terms[row].name
        rates = {"maker": plain(maker), "taker": plain(taker)}
        return {"currency_pair": name, "market": name, "fees": rates}

    def _token(self, key: Key, at: Sequence[str], form: Form) -> dict[str, Any]:
        token = secrets.token_urlsafe(24)
        self._tokens[token] = key, self._house.now_ns() + TOKEN_S * 10**9
        return {"token": token, "valid_sec": TOKEN_S, "user_id": USER}

    def _events(self, key: Key, at: Sequence[str], form: Form) -> Sequence[dict[str, Any]]:
        row = self._rows.get(form.get("market", "").replace("/", "").lower())
        if row is None or form.get("order_source") not in ("orderbook", "stop_order"):
            raise Refused("Invalid request.", "400.001")
        if form["order_source"] == "stop_order":
            return []
        found = self.history.since(row, form.get("since_id", ""), form.get("until_id", ""))
        return [{k: v for k, v in each.items() if k != "pre_event_id"} for each in found]

    # By name

    def _row(self, at: Sequence[str]) -> int:
        row = self._rows.get(at[0]) if len(at) == 1 else None
        if row is None:
            raise Refused("Invalid currency pair.", "400.004", status=404)
        return row

    def _wanted(self, at: Sequence[str]) -> set[int]:
        return set(self._rows.values()) if not at or at == ["all"] else {self._row(at)}


def _named(orders: Any, form: Form) -> HouseOrder | None:
    """The newest of these that is called so."""
    name, client_id = form.get("id", ""), form.get("client_order_id", "")
    if not name and not client_id:
        raise Refused("Either id or client_order_id is required.", "400.001")
    found = [
        each for each in orders if (each.venue_id == name if name else each.client_id == client_id)
    ]
    return max(found, key=lambda order: order.created_ns, default=None)


def _whole(form: Form, name: str, default: int) -> int:
    text = form.get(name, "")
    if not text:
        return default
    if not (text.isascii() and text.isdigit()):
        raise Refused("Enter a whole number.", field=name)
    return int(text)
