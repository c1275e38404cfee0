"""Records as people read them: names for enums, decimals for ticks and lots, UTC for times."""

from collections.abc import Iterator, Mapping
from decimal import Context, Decimal
from enum import IntEnum
from typing import Any

import numpy as np

from pinnacle.core._native import lib
from pinnacle.core.enums import Parameter
from pinnacle.core.instruments import Instrument
from pinnacle.core.schema import (
    EVENT,
    INSTRUMENT_ALL,
    BalanceOf,
    Class,
    FeeOf,
    Flag,
    Kind,
    OrderType,
    Reason,
    SelfTrade,
    Side,
    Source,
    TextOf,
    TimeInForce,
    Venue,
    class_of,
    number_of,
)
from pinnacle.quant.maker import parameter_value
from pinnacle.replay.times import format_time

_FIELDS = [name for name in EVENT.names or () if name != "commit"]
_NAMES: dict[type[IntEnum], dict[int, str]] = {
    kind: {member.value: member.name.lower() for member in kind}
    for kind in (
        Kind,
        Side,
        Reason,
        Source,
        Venue,
        TimeInForce,
        OrderType,
        SelfTrade,
        FeeOf,
        BalanceOf,
        TextOf,
    )
}
_FLAGS = [(flag.value, str(flag.name).lower()) for flag in Flag]
_TEXT_BYTES = slice(16, 48)
# No 64 bits before a point and digits behind it are more.
_EXACT = Context(prec=60)
# The kinds without a price and a quantity; of every other kind they are ticks and lots.
_UNPRICED = {Kind.NONE, Kind.BOOK_BEGIN, Kind.BOOK_END, Kind.BOOK_INVALID, Kind.CANCEL_ALL}
_RING_MARKS = (Kind.ATTACH, Kind.DETACH)
# Their `side` is none: a ring's end, a currency, what of a balance, a part of a text.
_SIDELESS = (*_RING_MARKS, Kind.FEE, Kind.BALANCE, Kind.TEXT)
_OUTPUT = 1 << 56  # an output's number stands above its cursor
_UNPRICED |= {Kind.QUERY, Kind.FEE, Kind.BALANCE}
_UNPRICED |= {kind for kind in Kind if class_of(kind) == Class.PROCESS}

#: Of what a process tells itself.
_OF_AN_INSTRUMENT = (Kind.HALT, Kind.RESUME, Kind.FLATTEN, Kind.PARAMETER)

#: What a row may have, in the order of a table; and which of it are numbers wherever they stand.
COLUMNS = (
    *("index", "time", "recv_ns", "venue_ns", "kind", "symbol", "side", "price", "quantity"),
    *("order_id", "aux", "reason", "flags", "venue", "source"),
    *("ask_price", "ask_quantity", "bids_down_to", "asks_up_to"),
    *("fee", "fee_of", "balance", "balance_of", "notional"),
    *("time_in_force", "type", "self_trade", "peer", "text", "text_of", "part"),
    *("monotonic_ns", "wall_ns"),
    *("epoch", "records_before", "configuration", "instruments", "build"),
    *("ring", "ring_created_ns", "cursor"),
    *("parameter", "value"),
)

Row = dict[str, Any]


def name_of(kind: type[IntEnum], value: int) -> str:
    """The lower-case name of an enum's value; the number itself if it has none."""
    return _NAMES[kind].get(value, str(value))


def source_name(source: int) -> str:
    """The role of a record's process, with its number behind it where it is not the first."""
    role, number = name_of(Source, source & 0xFF), number_of(source)
    return f"{role}#{number}" if number else role


def flag_names(flags: int) -> list[str]:
    """The names of the flags that are set."""
    return [name for bit, name in _FLAGS if flags & bit]


def rows(
    records: np.ndarray, first: int, at: np.ndarray, instruments: Mapping[int, Instrument] | None
) -> Iterator[Row]:
    """The records at the positions `at` as dicts; `first` is the journal index of records[0].

    With `instruments`, prices and quantities are decimal text; without, ticks and lots. A field
    that is 0 where its kind gives it no meaning is left out.
    """
    kept = records[at]
    columns = [kept[name].tolist() for name in _FIELDS]
    for position, values in zip(at.tolist(), zip(*columns, strict=True), strict=True):
        fields = dict(zip(_FIELDS, values, strict=True))
        text = ""
        if fields["kind"] == Kind.TEXT:
            text = text_of(records[position])
        yield _row(first + position, fields, instruments, text)


def text_of(record: np.void) -> str:
    """The text that a TEXT record carries."""
    return record.tobytes()[_TEXT_BYTES].rstrip(b"\0").decode(errors="replace")


def _row(index: int, fields: Row, instruments: Mapping[int, Instrument] | None, text: str) -> Row:
    kind = fields["kind"]
    instrument = (instruments or {}).get(fields["instrument_id"])
    row: Row = {
        "index": index,
        "time": format_time(fields["recv_ns"]),
        "recv_ns": fields["recv_ns"],
    }
    row["kind"] = name_of(Kind, kind)
    row["symbol"] = _symbol(kind, fields["instrument_id"], instrument)
    if fields["side"] and kind not in _SIDELESS:
        row["side"] = name_of(Side, fields["side"])
    row |= _text(fields, text) if kind == Kind.TEXT else _values(fields, instrument)
    if fields["reason"] and kind not in (Kind.TEXT, Kind.PARAMETER):
        row["reason"] = name_of(Reason, fields["reason"])
    row["flags"] = flag_names(fields["flags"]) or None
    row["venue"] = name_of(Venue, fields["venue_id"]) if fields["venue_id"] else None
    row["source"] = source_name(fields["source"])
    return {key: value for key, value in row.items() if value is not None}


def _symbol(kind: int, instrument_id: int, instrument: Instrument | None) -> str | int | None:
    if instrument_id == INSTRUMENT_ALL:
        return "*"
    if class_of(kind) >= Class.PROCESS and kind not in _OF_AN_INSTRUMENT:
        return None
    return instrument.label if instrument else instrument_id


def _text(fields: Row, text: str) -> Row:
    """A text, what it is where it is not the venue's words, and which part of it."""
    what = name_of(TextOf, fields["reason"]) if fields["reason"] else None
    return {"text": text, "text_of": what, "part": fields["side"] or None}


def _parameter(fields: Row) -> Row:
    try:
        parameter = Parameter(fields["reason"])
    except ValueError:  # of a damaged record
        return {"parameter": fields["reason"], "value": fields["price"]}
    value = parameter_value(parameter, fields["price"])
    return {"parameter": parameter.name.lower(), "value": value}


def _values(fields: Row, instrument: Instrument | None) -> Row:
    """What price, quantity, order_id, aux and venue_ns mean for the record's kind."""
    kind = fields["kind"]
    if kind in _RING_MARKS:
        return _ring_mark(fields)
    if kind in (Kind.START, Kind.END):
        return _run_mark(fields)
    if kind == Kind.PARAMETER:
        return _parameter(fields)
    out = {name: fields[name] or None for name in ("price", "quantity", "order_id", "aux")}
    out["venue_ns"] = fields["venue_ns"] or None
    if kind not in _UNPRICED:
        out["price"] = _price(fields["price"], instrument)
        out["quantity"] = _quantity(fields["quantity"], instrument)
    if kind == Kind.TOP:
        del out["order_id"], out["aux"]
        out["ask_price"] = _price(fields["order_id"], instrument)
        out["ask_quantity"] = _quantity(fields["aux"], instrument)
    elif kind == Kind.NEW:
        aux = out.pop("aux") or 0
        out["time_in_force"] = name_of(TimeInForce, aux & 0xFF)
        out["type"] = name_of(OrderType, aux >> 8 & 0xFF)
        out["self_trade"] = name_of(SelfTrade, aux >> 16 & 0xFF)
    elif kind == Kind.FEE:
        out |= _fee(fields)
    elif kind == Kind.BALANCE:
        out |= _balance(fields)
    elif kind == Kind.FILLED_TOTAL:
        notional = out.pop("aux")
        out["notional"] = instrument.money_text(notional) if instrument and notional else notional
        out["price"] = None
    elif kind == Kind.TIMER:
        out["monotonic_ns"], out["wall_ns"] = out.pop("order_id"), out.pop("aux")
    elif kind == Kind.BOOK_BEGIN:
        out |= _bounds(fields, instrument)
    elif kind in (Kind.PEER_LOST, Kind.PEER_BACK):
        out["peer"] = source_name(out.pop("aux") or 0)
    return out


def _fee(fields: Row) -> Row:
    """What was paid, in which of the instrument's currencies."""
    decimals = fields["price"]
    known = 0 <= decimals <= lib.PMM_FEE_DECIMALS_MAX
    amount = Decimal(fields["quantity"]).scaleb(-decimals) if known else None
    paid = f"{amount:f}" if amount is not None else f"{fields['quantity']}e{-decimals}"
    return {"price": None, "quantity": None, "fee": paid, "fee_of": name_of(FeeOf, fields["side"])}


def _balance(fields: Row) -> Row:
    """An amount of the currency that follows, and what of the account's money it is."""
    held = balance_amount(fields["quantity"], fields["aux"])
    of = name_of(BalanceOf, fields["side"])
    return {"quantity": None, "aux": None, "balance": f"{held:f}", "balance_of": of}


def balance_amount(quantity: int, aux: int) -> Decimal:
    """The amount that a BALANCE with these fields tells."""
    return Decimal(quantity * 10**18 + aux).scaleb(-18, _EXACT).normalize(_EXACT)


def _run_mark(fields: Row) -> Row:
    """Where a run of the process begins, and what it was made from; or where it ends."""
    if fields["kind"] == Kind.END:
        return {"epoch": fields["order_id"]}
    made_from = {"configuration": "price", "instruments": "quantity", "build": "venue_ns"}
    hashes = {what: f"{fields[name] % (1 << 64):016x}" for what, name in made_from.items()}
    return {"epoch": fields["order_id"], "records_before": fields["aux"], **hashes}


def _ring_mark(fields: Row) -> Row:
    """Where the process stood in a ring: one that it reads, or one of its outputs by number."""
    number, cursor = divmod(fields["aux"], _OUTPUT) if fields["side"] else (None, fields["aux"])
    ring = "input" if number is None else f"output {number}"
    return {"ring": ring, "ring_created_ns": fields["order_id"], "cursor": cursor}


def _bounds(fields: Row, instrument: Instrument | None) -> Row:
    """To which price a snapshot knows each side; what it shows to its end has none."""
    bounded, worst_ask = fields["quantity"], fields["order_id"]
    worst_ask -= (worst_ask >> 63) << 64  # stored as a whole number of 64 bits with a sign
    bids, asks = bounded & lib.PMM_BOUND_BIDS, bounded & lib.PMM_BOUND_ASKS
    return {
        "price": None,
        "quantity": None,
        "order_id": None,
        "bids_down_to": _price(fields["price"], instrument) if bids else None,
        "asks_up_to": _price(worst_ask, instrument) if asks else None,
    }


def _price(ticks: int, instrument: Instrument | None) -> str | int:
    return instrument.price_text(ticks) if instrument else ticks


def _quantity(lots: int, instrument: Instrument | None) -> str | int:
    return instrument.quantity_text(lots) if instrument else lots


def line(row: Row, journal: str) -> str:
    """A row as one aligned line: index, time, journal, kind, symbol, side, price, size, rest."""
    shown = dict(row)
    cells = [
        f"{shown.pop('index'):>9}",
        shown.pop("time"),
        f"{journal:<8}",
        f"{shown.pop('kind'):<16}",
        f"{shown.pop('symbol', ''):<10}",
        f"{shown.pop('side', ''):<4}",
        f"{shown.pop('price', ''):>14}",
        f"{shown.pop('quantity', ''):>14}",
    ]
    del shown["recv_ns"]
    flags = shown.pop("flags", None)
    rest = [f"{key}={value}" for key, value in shown.items()]
    if flags:
        rest.append("flags=" + ",".join(flags))
    return " ".join([*cells, *rest]).rstrip()
