"""`12|book|TOY-A|100:5,99:7|101:2`, `13|depth|TOY-A|b:100:0`, `14|trade|TOY-A|s:100:1`."""

import numpy as np

from pinnacle.core.schema import EVENT, Flag, Kind, Side, Source, Venue

SIDES = {"b": Side.BID, "s": Side.ASK}


def encode_book(sequence: int, symbol: str, bids: dict[int, int], asks: dict[int, int]) -> str:
    sides = (",".join(f"{p}:{q}" for p, q in levels.items()) for levels in (bids, asks))
    return "|".join((str(sequence), "book", symbol, *sides))


def encode(sequence: int, kind: str, symbol: str, side: str, price: int, quantity: int) -> str:
    return f"{sequence}|{kind}|{symbol}|{side}:{price}:{quantity}"


def decode(frame: bytes) -> tuple[int, str, str, list[tuple[Kind, Side, int, int]]]:
    """(sequence, kind, symbol, (kind, side, price, quantity) of each record)."""
    sequence, kind, symbol, *parts = frame.decode().split("|")
    if kind == "book":
        levels = [
            (Kind.DEPTH, side, *map(int, level.split(":")))
            for side, text in zip((Side.BID, Side.ASK), parts, strict=True)
            for level in text.split(",")
        ]
        records = [(Kind.BOOK_BEGIN, Side.NONE, 0, 0), *levels, (Kind.BOOK_END, Side.NONE, 0, 0)]
    else:
        side, price, quantity = parts[0].split(":")
        kinds = {"depth": Kind.DEPTH, "trade": Kind.TRADE}
        records = [(kinds[kind], SIDES[side], int(price), int(quantity))]
    return int(sequence), kind, symbol, records


def records_of(parts: list[tuple], sequence: int, instrument_id: int, recv_ns: int) -> np.ndarray:
    records = np.zeros(len(parts), EVENT)
    for record, (kind, side, price, quantity) in zip(records, parts, strict=True):
        record["kind"], record["side"] = kind, side
        record["price"], record["quantity"] = price, quantity
    records["aux"] = records["order_id"] = sequence
    records["instrument_id"], records["recv_ns"] = instrument_id, recv_ns
    records["source"], records["venue_id"] = Source.FEED, Venue.OTHER
    if len(parts) > 1:
        records["flags"] = Flag.SNAPSHOT
    records["flags"][-1] |= Flag.LAST
    return records
