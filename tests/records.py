"""Records for tests: `event(Kind.NEW, price=..)` and arrays of them."""

from dataclasses import replace
from typing import Any

import numpy as np

from pinnacle.core.config import InstrumentConfig
from pinnacle.core.instruments import Instrument, from_config
from pinnacle.core.schema import EVENT, Flag, Kind, Side, Source, Venue, events_pointer
from pinnacle.runtime.origin import Origin

#: Of a process that a test plays.
ORIGIN = Origin(configuration=1, instruments=2, build=3)


def event(kind: Kind, **fields: Any) -> np.ndarray:
    """One record as an array of length 1."""
    row = np.zeros(1, EVENT)
    row["kind"] = kind
    for name, value in fields.items():
        row[name] = value
    return row


def batch(*rows: np.ndarray) -> np.ndarray:
    """Records in order, contiguous."""
    return np.ascontiguousarray(np.concatenate(rows))


def run(decide: Any, *rows: np.ndarray) -> np.ndarray:
    """What `decided(events, n)` makes of the rows, copied."""
    events = batch(*rows)
    return decide(events_pointer(events), len(events)).copy()


def book_of(
    bids: list[tuple[int, int]],
    asks: list[tuple[int, int]],
    instrument_id: int = 0,
    recv_ns: int = 0,
) -> np.ndarray:
    """A whole book as BOOK_BEGIN, DEPTH..., BOOK_END from the feed."""
    common = {"instrument_id": instrument_id, "recv_ns": recv_ns, "source": Source.FEED}
    rows = [event(Kind.BOOK_BEGIN, **common)]
    for side, levels in ((Side.BID, bids), (Side.ASK, asks)):
        rows += [
            event(Kind.DEPTH, side=side, price=p, quantity=q, flags=Flag.SNAPSHOT, **common)
            for p, q in levels
        ]
    rows.append(event(Kind.BOOK_END, flags=Flag.LAST, **common))
    return batch(*rows)


def instruments(*symbols: str, maker_bps: float = 0.0, taker_bps: float = 0.0) -> list[Instrument]:
    """Simulated instruments with a tick of 0.01 and a lot of 0.001."""
    configs = [
        InstrumentConfig(
            symbol=symbol,
            tick_size="0.01",
            lot_size="0.001",
            maker_fee_bps=maker_bps,
            taker_fee_bps=taker_bps,
        )
        for symbol in symbols
    ]
    return from_config(configs, {"simulated": Venue.SIMULATED})


def instruments_at(places: dict[int, int], least: int = 1) -> list[Instrument]:
    """An instrument of each id, at the venue of the number that it is given."""
    return [
        replace(
            row,
            instrument_id=number,
            venue_number=venue,
            venue_name=f"venue {venue}",
            quantity_min=least,
        )
        for row, (number, venue) in zip(
            instruments(*(f"S{number}" for number in places)), places.items(), strict=True
        )
    ]
