"""What Kraken answers by REST: orders, trades, balances, fees, names of pairs and currencies."""

import math
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any, Generic, TypeVar

import msgspec

from pinnacle.core.errors import DataError
from pinnacle.core.schema import Flag, Kind, Reason
from pinnacle.venues.kraken.orders.private import side_of
from pinnacle.venues.kraken.orders.unnamed import GONE, Unnamed
from pinnacle.venues.orders.about import order_of, report, unknown
from pinnacle.venues.orders.fees import fee_report, rate_e8
from pinnacle.venues.orders.names import whose_open
from pinnacle.venues.orders.port import Answered, Balance, Call, Fees, Known, Report, What
from pinnacle.venues.orders.records import execution_number
from pinnacle.venues.orders.terms import Terms, amount

_CURRENCIES = {"XBT": "BTC", "XDG": "DOGE"}
T = TypeVar("T")


class Reply(msgspec.Struct, Generic[T]):
    error: list[str] = []
    result: T | None = None


class Description(msgspec.Struct):
    pair: str = ""
    type: str = ""
    ordertype: str = ""
    price: Decimal = Decimal(0)


class OrderInfo(msgspec.Struct):
    status: str
    descr: Description
    vol: Decimal
    vol_exec: Decimal = Decimal(0)
    cost: Decimal = Decimal(0)
    reason: str | None = None
    cl_ord_id: str = ""


class Open(msgspec.Struct):
    open: dict[str, OrderInfo]


class Closed(msgspec.Struct):
    """`count`: of all that there are, of which these are the last."""

    closed: dict[str, OrderInfo]
    count: int


class Trade(msgspec.Struct):
    ordertxid: str
    pair: str
    type: str
    price: Decimal
    fee: Decimal
    vol: Decimal
    time: float = 0.0
    maker: bool = False


class Trades(msgspec.Struct):
    trades: dict[str, Trade] = {}
    count: int = 0


class Held(msgspec.Struct):
    balance: Decimal
    hold_trade: Decimal = Decimal(0)


class Rate(msgspec.Struct):
    fee: Decimal


class Volume(msgspec.Struct):
    fees: dict[str, Rate] = {}
    fees_maker: dict[str, Rate] = {}


class Pair(msgspec.Struct):
    wsname: str = ""
    altname: str = ""


class Token(msgspec.Struct):
    token: str


Refused = Callable[[Call, str], Answered]


class Lists:
    """`token`: the last that was given for the WebSocket."""

    def __init__(self, terms: Sequence[Terms], known: Known, unnamed: Unnamed):
        self._terms, self._known, self._unnamed = terms, known, unnamed
        self._rows = {each.name: row for row, each in enumerate(terms)}
        #: By every name that REST may use, and what orders are entered with.
        self._by_pair: dict[str, int] = {}
        self._pairs = [each.name.replace("/", "") for each in terms]
        #: The last body, what it was read as, and what it was.
        self._last: tuple[bytes, Any, Reply[Any]] = b"", None, Reply()
        self.token = ""

    def pair(self, row: int) -> str:
        """What REST calls an instrument."""
        return self._pairs[row]

    def read(self, call: Call, body: bytes, refused: Refused) -> Answered:
        """DataError if the body is not the answer to the call."""
        kinds: Mapping[What, Any] = {
            What.NAMES: dict[str, Pair],
            What.TOKEN: Token,
            What.OPEN: Open,
            What.QUERY: _asked_for(call),
            What.FILLS: Trades,
            What.BALANCES: dict[str, Held],
            What.FEES: Volume,
        }
        # A token is not for logs, whatever shape it came in.
        shown = "" if call.what is What.TOKEN else f": {body[:80]!r}"
        try:
            reply = self._decoded(body, kinds.get(call.what, Any))
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
            raise DataError(f"not Kraken's answer: {error}{shown}") from None
        if reply.error:
            return self._missed(call, reply.error, refused)
        if reply.result is None:
            raise DataError(f"not Kraken's answer{shown}")
        return self._meaning(call, reply.result)

    def _decoded(self, body: bytes, kind: Any) -> Reply[Any]:
        """One body may answer many calls, one behind the other."""
        body_before, kind_before, reply = self._last
        if body is not body_before or kind is not kind_before:
            reply = msgspec.json.decode(body, type=Reply[kind])
            self._last = body, kind, reply
        return reply

    def _missed(self, call: Call, errors: list[str], refused: Refused) -> Answered:
        words = ", ".join(errors)
        if call.what is What.QUERY and words.startswith("EOrder:Unknown order"):
            return unknown(order_of(call))
        return refused(call, words)

    def _meaning(self, call: Call, result: Any) -> Answered:
        match call.what:
            case What.NAMES:
                return self._names(result)
            case What.TOKEN:
                self.token = result.token
                return Answered()
            case What.OPEN:
                found = [r for name, row in result.open.items() for r in self._open(name, row)]
                return Answered(found)
            case What.QUERY:
                return self._query(call, result)
            case What.FILLS:
                return self._fills(call, result)
            case What.BALANCES:
                held = [
                    Balance(currency(name), amount(row.balance), _available(row))
                    for name, row in result.items()
                ]
                return Answered(balances=held)
            case What.FEES:
                return self._fees(result)
            case What.NEW:
                return self._placed(call, result)
        return Answered()

    def _names(self, pairs: dict[str, Pair]) -> Answered:
        for key, pair in pairs.items():
            base, _, quote = pair.wsname.partition("/")
            name = f"{_CURRENCIES.get(base, base)}/{_CURRENCIES.get(quote, quote)}"
            row = self._rows.get(name)
            if row is None:
                continue
            self._pairs[row] = pair.altname or key
            for alias in (key, pair.altname, pair.wsname, name):
                self._by_pair[alias] = row
        return Answered()

    def _placed(self, call: Call, result: Any) -> Answered:
        order = call.order
        ids = result.get("txid") if isinstance(result, dict) else None
        if order is None or not isinstance(ids, list) or not ids:
            raise DataError("Kraken's answer to an order names none")
        return Answered([report(Kind.ACK, order)._replace(venue_id=str(ids[0]))])

    def _open(self, venue_id: str, info: OrderInfo) -> list[Report]:
        row = self._by_pair.get(info.descr.pair)
        if row is None:
            return []
        order_id = whose_open(self._known, venue_id, info.cl_ord_id)
        return [] if order_id is None else self._state(order_id, row, venue_id, info)

    def _state(self, order_id: int, row: int, venue_id: str, info: OrderInfo) -> list[Report]:
        terms = self._terms[row]
        price = 0 if info.descr.ordertype == "market" else terms.ticks(info.descr.price)
        side = side_of(info.descr.type)
        left = terms.lots(info.vol) - terms.lots(info.vol_exec)
        told = Report(Kind.FILLED_TOTAL, order_id, row, side, price, terms.lots(info.vol_exec))
        told = told._replace(venue_id=venue_id)
        total = told._replace(aux=terms.notional(info.cost))
        if info.status in ("open", "pending"):
            status = told._replace(kind=Kind.ORDER_STATUS, quantity=left)
            return [total, status] if info.vol_exec else [status]
        if info.status == "closed":
            return [total]
        reason = Reason.EXPIRED if info.status == "expired" else Reason.VENUE
        end = told._replace(kind=Kind.CANCELLED, quantity=left, reason=reason)
        return [total, end._replace(words=info.reason or "")]

    def _query(self, call: Call, result: Any) -> Answered:
        """By what was asked for: the order itself, open ones, or a part of those that have gone."""
        if isinstance(result, Open):
            return self._found(call, result.open) or Answered(more=self._unnamed.behind(call))
        if not isinstance(result, Closed):
            return self._found(call, result) or unknown(order_of(call))
        found = self._found(call, result.closed)
        if found is None and call.page == GONE and len(result.closed) < result.count:
            return Answered(more=self._unnamed.behind(call))
        return found or unknown(order_of(call))

    def _found(self, call: Call, orders: dict[str, OrderInfo]) -> Answered | None:
        order = order_of(call)
        for venue_id, info in orders.items():
            if venue_id == order.venue_id or info.cl_ord_id == order.client_id:
                return Answered(self._state(order.order_id, order.row, venue_id, info))
        return None

    def _fills(self, call: Call, result: Trades) -> Answered:
        reports: list[Report] = []
        for name, trade in sorted(result.trades.items(), key=lambda item: item[1].time):
            row, order_id = self._by_pair.get(trade.pair), self._known.by_venue(trade.ordertxid)
            if row is None or order_id is None:
                continue
            terms = self._terms[row]
            fill = Report(
                Kind.FILL,
                order_id,
                row,
                side_of(trade.type),
                terms.ticks(trade.price),
                terms.lots(trade.vol),
                execution_number(name),
                flags=Flag.FEE_TOLD | (Flag.MAKER if trade.maker else 0),
                venue_ns=_ns(trade.time),
            )
            reports += [fill, fee_report(fill, terms.quote, trade.fee, terms)]
        begun = int(call.page or "0")
        more = begun + len(result.trades) < result.count and bool(result.trades)
        following = call._replace(page=str(begun + len(result.trades))) if more else None
        return Answered(reports, more=following)

    def _fees(self, result: Volume) -> Answered:
        found = []
        for pair, taker in result.fees.items():
            row = self._by_pair.get(pair)
            if row is not None:
                maker = result.fees_maker.get(pair, taker)
                percents = (amount(each.fee) for each in (maker, taker))
                found.append(Fees(row, *(rate_e8("Kraken", percent / 100) for percent in percents)))
        return Answered(fees=found)


def is_named(call: Call) -> bool:
    """Whether the venue can be asked for its order by its own name."""
    return call.order is not None and call.order.venue_id != ""


def _asked_for(call: Call) -> Any:
    """What answers a question."""
    if is_named(call):
        return dict[str, OrderInfo]
    return Closed if call.page else Open


def currency(name: str) -> str:
    """As v2 calls it: REST puts an X or a Z before some of three letters."""
    short = name[1:] if len(name) == 4 and name[0] in "XZ" else name
    return _CURRENCIES.get(short, short)


def _available(row: Held) -> Decimal:
    return amount(row.balance) - amount(row.hold_trade)


def _ns(seconds: float) -> int:
    """Of a time of REST's, whose digits end at 1e-6 s; 0 of what is none."""
    return int(seconds * 1e6) * 1000 if math.isfinite(seconds * 1e6) else 0
