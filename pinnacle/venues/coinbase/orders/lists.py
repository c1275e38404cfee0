"""What Coinbase answers by REST about what there is: orders, fills, balances, fees."""

from collections.abc import Sequence
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any, TypeVar

import msgspec

from pinnacle.core.errors import DataError
from pinnacle.core.schema import Flag, Kind
from pinnacle.venues.coinbase.orders.bodies import Page
from pinnacle.venues.coinbase.orders.errors import first_word
from pinnacle.venues.coinbase.orders.states import (
    RESTING,
    SIDES,
    ZERO,
    State,
    States,
    number,
    optional_number,
    utc_ns,
)
from pinnacle.venues.orders.about import order_of, unknown
from pinnacle.venues.orders.fees import fee_report, rate_e8
from pinnacle.venues.orders.port import Answered, Balance, Call, Fees, Known, Order, Report, What
from pinnacle.venues.orders.records import execution_number
from pinnacle.venues.orders.terms import Terms

#: A page that ends so long before an order was made has it behind it nowhere.
CLOCKS_APART_NS = 60_000_000_000
_NOTHING, _NULL = msgspec.Raw(b'""'), msgspec.Raw(b"null")
T = TypeVar("T")


class Configuration(msgspec.Struct):
    """Of whatever kind of order."""

    base_size: msgspec.Raw = _NOTHING
    limit_price: msgspec.Raw = _NOTHING


class Edit(msgspec.Struct):
    price: msgspec.Raw = _NOTHING
    size: msgspec.Raw = _NOTHING
    replace_accept_timestamp: str | None = None


_KINDS: Any = dict[str, Configuration] | None
_EDITS: Any = list[Edit] | None


class OrderInfo(msgspec.Struct):
    """An order as requests have it; of others' it is not looked further into."""

    order_id: str
    status: str
    client_order_id: str = ""
    product_id: str = ""
    side: str = ""
    time_in_force: str = ""
    order_configuration: msgspec.Raw = _NULL
    created_time: str | None = None
    filled_size: msgspec.Raw = ZERO
    filled_value: msgspec.Raw = ZERO
    edit_history: msgspec.Raw = _NULL
    cancel_message: str | None = None
    reject_reason: str | None = None
    reject_message: str | None = None


class One(msgspec.Struct):
    order: OrderInfo


class Orders(msgspec.Struct):
    orders: list[OrderInfo]
    has_next: bool = False
    cursor: str | None = None


class Fill(msgspec.Struct):
    """An execution; `commission` is in the quote currency."""

    trade_id: str
    order_id: str
    product_id: str
    price: msgspec.Raw
    size: msgspec.Raw
    side: str
    commission: msgspec.Raw
    trade_type: str = "FILL"
    trade_time: str | None = None
    liquidity_indicator: str = ""
    size_in_quote: bool = False


class Fills(msgspec.Struct):
    fills: list[Fill]
    cursor: str | None = None


class Amount(msgspec.Struct):
    value: msgspec.Raw = ZERO


class Account(msgspec.Struct):
    currency: str
    available_balance: Amount
    hold: Amount | None = None


class Accounts(msgspec.Struct):
    accounts: list[Account]
    has_next: bool = False
    cursor: str | None = None


class Tier(msgspec.Struct):
    taker_fee_rate: msgspec.Raw
    maker_fee_rate: msgspec.Raw


class Summary(msgspec.Struct):
    fee_tier: Tier


def read(body: bytes | msgspec.Raw, kind: type[T]) -> T:
    """DataError if the body is not of that kind."""
    try:
        return msgspec.json.decode(body, type=kind)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise DataError(f"not Coinbase's answer: {error}: {bytes(body)[:80]!r}") from None


class Lists:
    """Answers to questions; each raises DataError if the body is not the answer to its call."""

    def __init__(self, terms: Sequence[Terms], known: Known, states: States):
        self._terms, self._known, self._states = terms, known, states

    def one(self, call: Call, body: bytes) -> Answered:
        """To a QUERY by the venue's id."""
        order = order_of(call)
        return self._found(order, read(body, One).order)

    def page(self, call: Call, body: bytes, made_ns: int) -> Answered:
        """To a QUERY by our id: a page of all that there is. `made_ns`: when the order was, by the
        venue's clock; 0: nobody knows."""
        order, listed = order_of(call), read(body, Orders)
        for info in listed.orders:
            if info.client_order_id == order.client_id:
                return self._found(order, info)
        oldest = utc_ns(listed.orders[-1].created_time) if listed.orders else 0
        is_behind = made_ns and oldest and oldest < made_ns - CLOCKS_APART_NS
        if listed.has_next and not is_behind:
            return Answered(more=call._replace(page=following(listed.cursor, call.page)))
        return unknown(order)

    def _found(self, order: Order, info: OrderInfo) -> Answered:
        state = state_of(info)
        named = order._replace(venue_id=state.venue_id)
        reports = self._states.asked(state, order)
        filled = any(report.kind == Kind.FILLED_TOTAL for report in reports)
        return Answered(reports, more=Call(What.FILLS, named) if filled else None)

    def resting(self, call: Call, body: bytes) -> Answered:
        """To OPEN."""
        listed, at = read(body, Orders), Page.of(call)
        reports: list[Report] = []
        odd = []
        for info in listed.orders:
            state = state_of(info)
            try:
                reports += self._listed(state)
            except DataError as error:
                if self._states.order_id(state) is not None:
                    raise
                odd.append(f"an order of others, {state.venue_id}: {error}")
        after = after_page(listed, at)
        more = None if after is None else call._replace(page=after.text())
        return Answered(reports, more=more, odd="; ".join(odd))

    def _listed(self, state: State) -> list[Report]:
        if state.status not in RESTING:
            return []
        order_id = self._states.order_id(state)
        order = self._states.adopted(state) if order_id is None else self._known.order(order_id)
        return [] if order is None else self._states.asked(state, order)

    def fills(self, call: Call, body: bytes) -> Answered:
        """To FILLS, the oldest first."""
        listed = read(body, Fills)
        reports: list[Report] = []
        odd = []
        for fill in reversed(listed.fills):
            if fill.trade_type != "FILL":
                odd.append(f"{fill.order_id}: a trade of type {fill.trade_type}, {fill.trade_id}")
                continue
            reports += self._fill(fill, call.order)
        more = None
        if listed.cursor:
            more = call._replace(page=following(listed.cursor, call.page))
        return Answered(reports, more=more, odd="; ".join(odd))

    def _fill(self, fill: Fill, asked: Order | None) -> list[Report]:
        order_id = self._known.by_venue(fill.order_id)
        if order_id is None and asked is not None and asked.venue_id == fill.order_id:
            order_id = asked.order_id
        if order_id is None:
            return []
        order = self._known.order(order_id)
        row = self._states.row(fill.product_id) if order is None else order.row
        if row is None or fill.side not in SIDES:
            raise DataError(f"a fill of ours, {fill.trade_id}, is of no instrument or side of ours")
        terms = self._terms[row]
        # Whoever trades with himself has two fills of one trade.
        name = f"{fill.trade_id} {fill.order_id}"
        told = Report(
            Kind.FILL,
            order_id,
            row,
            SIDES[fill.side],
            terms.ticks(number(fill.price)),
            _lots(fill, terms),
            execution_number(name),
            flags=Flag.FEE_TOLD | (Flag.MAKER if fill.liquidity_indicator == "MAKER" else 0),
            venue_ns=utc_ns(fill.trade_time),
        )
        return [told, fee_report(told, terms.quote, number(fill.commission), terms)]

    def balances(self, call: Call, body: bytes) -> Answered:
        listed = read(body, Accounts)
        found = []
        for account in listed.accounts:
            available = number(account.available_balance.value)
            held = Decimal(0) if account.hold is None else number(account.hold.value)
            found.append(Balance(account.currency, available + held, available))
        more = None
        if listed.has_next:
            more = call._replace(page=following(listed.cursor, call.page))
        return Answered(balances=found, more=more)

    def fees(self, body: bytes) -> Answered:
        """One tier for all instruments."""
        tier = read(body, Summary).fee_tier
        told = tier.maker_fee_rate, tier.taker_fee_rate
        maker, taker = (rate_e8("Coinbase", number(rate)) for rate in told)
        return Answered(fees=[Fees(row, maker, taker) for row in range(len(self._terms))])


def following(cursor: str | None, before: str) -> str:
    """DataError if a list would never end."""
    if not cursor or cursor == before:
        raise DataError("Coinbase's list goes on and does not say where")
    return cursor


def after_page(listed: Orders, at: Page) -> Page | None:
    """None: that was the last one."""
    if listed.has_next:
        return Page(at.which, following(listed.cursor, at.cursor))
    return Page("open") if at.which == "queued" else None


def state_of(info: OrderInfo) -> State:
    """DataError if its numbers are none."""
    price, size = _terms_of(info)
    reject = first_word(info.reject_reason)
    if reject.endswith("_UNSPECIFIED"):
        reject = ""
    return State(
        info.order_id,
        info.client_order_id,
        info.product_id,
        info.side,
        info.status,
        info.time_in_force,
        price,
        size,
        number(info.filled_size),
        number(info.filled_value),
        info.cancel_message or info.reject_message or "",
        reject,
    )


def _terms_of(info: OrderInfo) -> tuple[Decimal | None, Decimal | None]:
    """Price and size as they are by now: the last edit's, where one was accepted."""
    edits: list[Edit] | None = read(info.edit_history, _EDITS)
    accepted = [each for each in edits or () if each.replace_accept_timestamp]
    if accepted:
        last = max(accepted, key=lambda each: each.replace_accept_timestamp or "")
        return optional_number(last.price), optional_number(last.size)
    kinds: dict[str, Configuration] | None = read(info.order_configuration, _KINDS)
    if not kinds:
        return None, None
    said = next(iter(kinds.values()))
    return optional_number(said.limit_price), optional_number(said.base_size)


def _lots(fill: Fill, terms: Terms) -> int:
    size = number(fill.size)
    if not fill.size_in_quote:
        return terms.lots(size)
    price = number(fill.price)
    if price <= 0:
        raise DataError(f"the fill {fill.trade_id} has the price {price}")
    whole = (size / price / terms.lot.size).to_integral_value(ROUND_HALF_EVEN)
    return terms.lots(whole * terms.lot.size)
