"""Kraken's private frames: executions, and the answers to what was asked on the same socket."""

from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any

import msgspec

from pinnacle.core.errors import DataError
from pinnacle.core.schema import Flag, Kind, Reason, Side
from pinnacle.venues.orders.fees import fee_report
from pinnacle.venues.orders.names import whose, whose_open
from pinnacle.venues.orders.port import Known, Report, Snapshot
from pinnacle.venues.orders.records import execution_number
from pinnacle.venues.orders.terms import Terms

#: How many trades the channel begins with at most.
SNAPSHOT_TRADES = 50
_SIDES = {"buy": Side.BID, "sell": Side.ASK}
_ENDS = {
    "user": Reason.REQUESTED,
    "cancel_all_orders_after": Reason.CANCEL_ON_DISCONNECT,
    "post only": Reason.WOULD_TAKE,
    "self trade": Reason.SELF_TRADE,
}


class Fee(msgspec.Struct):
    asset: str
    qty: Decimal


class Execution(msgspec.Struct, rename={"state": "order_status"}):
    """A row of `executions`. Which fields it has depends on what happened."""

    exec_type: str
    order_id: str
    state: str = ""
    cl_ord_id: str = ""
    symbol: str = ""
    side: str = ""
    exec_id: str = ""
    last_qty: Decimal = Decimal(0)
    last_price: Decimal = Decimal(0)
    cum_qty: Decimal = Decimal(0)
    cum_cost: Decimal = Decimal(0)
    order_qty: Decimal = Decimal(0)
    limit_price: Decimal = Decimal(0)
    liquidity_ind: str = ""
    fees: list[Fee] | None = None
    reason: str = ""
    timestamp: str = ""


class Result(msgspec.Struct):
    """Of an answer; fields of several methods."""

    channel: str = ""
    order_id: str = ""
    cl_ord_id: str = ""
    count: int = 0
    maxratecount: int = 0


class Frame(msgspec.Struct):
    """Any frame of the socket."""

    method: str = ""
    req_id: int | None = None
    success: bool | None = None
    error: str | None = None
    result: Any = None
    channel: str = ""
    type: str = ""
    sequence: int = 0
    data: msgspec.Raw = msgspec.Raw(b"")


_frames = msgspec.json.Decoder(Frame)
_rows = msgspec.json.Decoder(list[Execution])


def read_frame(frame: bytes) -> Frame:
    """DataError if it is none."""
    try:
        return _frames.decode(frame)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise DataError(f"not a frame of Kraken's: {error}: {frame[:80]!r}") from None


def side_of(word: str) -> Side:
    """DataError if it is none."""
    found = _SIDES.get(word)
    if found is None:
        raise DataError(f"not a side of Kraken's: {word!r:.20}")
    return found


def result_of(frame: Frame) -> Result:
    """Of an answer that has one; an empty one of any other."""
    try:
        return msgspec.convert(frame.result or {}, Result)
    except msgspec.ValidationError:
        return Result()


class Executions:
    """Rows of the channel as Reports."""

    def __init__(self, terms: Sequence[Terms], known: Known, time_ns: Callable[[str], int]):
        self._terms, self._known, self._time_ns = terms, known, time_ns
        self._rows = {each.name: row for row, each in enumerate(terms)}
        self._last = 0

    def begin(self) -> None:
        """A subscription counts from one."""
        self._last = 0

    def read(self, frame: Frame) -> tuple[list[Report], Snapshot | None, bool]:
        """The reports of a frame, or what the channel begins with; whether one before it was lost.
        DataError."""
        lost = frame.sequence != self._last + 1 and self._last != 0
        self._last = frame.sequence
        try:
            rows = _rows.decode(frame.data)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
            raise DataError(f"not executions of Kraken's: {error}") from None
        if frame.type == "snapshot":
            return [], self._snapshot(rows), lost
        return [report for row in rows for report in self._reports(row)], None, lost

    def _snapshot(self, rows: Sequence[Execution]) -> Snapshot:
        trades = [row for row in rows if row.exec_type == "trade"]
        orders = [row for row in rows if row.exec_type != "trade"]
        fills = [report for row in trades for report in self._reports(row)]
        oldest_ns = min((self._time_ns(row.timestamp) for row in trades), default=0)
        since_ns = oldest_ns if len(trades) >= SNAPSHOT_TRADES else 0
        found = (self._status(row) for row in orders)
        return Snapshot([status for status in found if status is not None], fills, since_ns)

    def _status(self, row: Execution) -> Report | None:
        at = self._rows.get(row.symbol)
        if at is None:
            return None  # of an instrument of others: nobody here has to know of it
        order_id = whose_open(self._known, row.order_id, row.cl_ord_id)
        if order_id is None:
            return None
        terms, side = self._terms[at], side_of(row.side)
        left = terms.lots(row.order_qty) - terms.lots(row.cum_qty)
        price = terms.ticks(row.limit_price)
        status = Report(Kind.ORDER_STATUS, order_id, at, side, price, left)
        return status._replace(venue_id=row.order_id)

    def _reports(self, row: Execution) -> list[Report]:
        order_id = whose(self._known, row.order_id, row.cl_ord_id)
        at = self._row(row, order_id)
        if order_id is None or at is None:
            return []
        base = Report(
            Kind.ACK,
            order_id,
            at,
            _SIDES.get(row.side, Side.NONE),
            venue_ns=self._time_ns(row.timestamp),
        )
        terms = self._terms[at]
        match row.exec_type:
            case "new":
                return [self._acknowledged(base, row)]
            case "trade":
                return self._trade(base, row, terms)
            case "filled":
                return [self._total(base, row, terms)]
            case "canceled" | "expired":
                reason = Reason.EXPIRED if row.exec_type == "expired" else Reason.VENUE
                known = (why for words, why in _ENDS.items() if words in row.reason.lower())
                end = base._replace(kind=Kind.CANCELLED, reason=next(known, reason))
                return [self._total(base, row, terms), end._replace(words=row.reason)]
        return []

    def _row(self, row: Execution, order_id: int | None) -> int | None:
        if row.symbol:
            return self._rows.get(row.symbol)
        order = None if order_id is None else self._known.order(order_id)
        return None if order is None else order.row

    def _acknowledged(self, base: Report, row: Execution) -> Report:
        order = self._known.order(base.order_id)
        if order is not None:
            base = base._replace(side=order.side, price=order.price, quantity=order.quantity)
        return base._replace(venue_id=row.order_id)

    def _trade(self, base: Report, row: Execution, terms: Terms) -> list[Report]:
        """DataError if it does not say all: half of it would count, and never be told again."""
        said = row.exec_id and row.last_qty and row.last_price and row.side in _SIDES
        if not said or row.fees is None:
            raise DataError(f"a trade of Kraken's that does not say all: {row.exec_id[:40]!r}")
        number = execution_number(row.exec_id)
        maker = Flag.MAKER if row.liquidity_ind == "m" else 0
        fill = base._replace(
            kind=Kind.FILL,
            price=terms.ticks(row.last_price),
            quantity=terms.lots(row.last_qty),
            aux=number,
            flags=maker | Flag.FEE_TOLD,
        )
        fees = [fee_report(fill, fee.asset, fee.qty, terms) for fee in row.fees]
        return [fill, *fees, self._total(base, row, terms)]

    def _total(self, base: Report, row: Execution, terms: Terms) -> Report:
        quantity, notional = terms.lots(row.cum_qty), terms.notional(row.cum_cost)
        return base._replace(kind=Kind.FILLED_TOTAL, quantity=quantity, aux=notional)
