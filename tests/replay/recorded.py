"""A small session on disk, written with the real journal writer."""

from pathlib import Path

import numpy as np

from pinnacle.core.instruments import Instrument, write_list
from pinnacle.core.journal import Journal, Sync
from pinnacle.core.schema import EVENT, Flag, Kind, OrderType, Side, Source, TimeInForce, Venue
from pinnacle.core.units import Step

START_NS = 1_700_000_000_123_456_789
MS = 1_000_000
BTC = Instrument(0, "BTC-USD", Venue.SIMULATED, Step(5, 1), Step(1, 3), 1, -100, 500, "simulated")
ETH = Instrument(1, "ETH-USD", Venue.SIMULATED, Step(1, 2), Step(1, 2), 1, 0, 0, "simulated")


def event(kind: Kind, at_ms: float, **fields: int) -> np.ndarray:
    row = np.zeros(1, EVENT)
    row["kind"] = kind
    row["recv_ns"] = START_NS + int(at_ms * MS)
    for name, value in fields.items():
        row[name] = value
    return row


def market(kind: Kind, at_ms: float, sequence: int, side: int = 0, **fields: int) -> np.ndarray:
    common = {"source": Source.FEED, "venue_id": Venue.SIMULATED, "aux": sequence}
    return event(kind, at_ms, side=side, **common | fields)


def feed_records() -> np.ndarray:
    """Ten milliseconds: a snapshot, four changes, a trade, a gap, and a second instrument."""
    depth, bid, ask = Kind.DEPTH, Side.BID, Side.ASK
    snapshot = {"flags": Flag.SNAPSHOT}
    return np.concatenate(
        [
            event(Kind.START, 0, source=Source.FEED, order_id=1),
            market(Kind.BOOK_BEGIN, 1, 10),
            market(depth, 1, 10, bid, price=200, quantity=1500, **snapshot),
            market(depth, 1, 10, bid, price=199, quantity=7, **snapshot),
            market(depth, 1, 10, ask, price=202, quantity=2000, **snapshot),
            market(Kind.BOOK_END, 1, 10, flags=Flag.SNAPSHOT | Flag.LAST),
            market(depth, 2, 11, bid, price=201, quantity=250, flags=Flag.LAST),
            market(depth, 3, 12, ask, price=202, quantity=0, flags=Flag.LAST),
            market(depth, 4, 13, ask, price=203, quantity=10, flags=Flag.LAST),
            market(depth, 5, 1, bid, price=3001, quantity=5, instrument_id=1, flags=Flag.LAST),
            market(Kind.TRADE, 6, 14, ask, price=201, quantity=50, order_id=77, flags=Flag.LAST),
            market(depth, 8, 16, bid, price=198, quantity=1, flags=Flag.LAST),
            market(Kind.BOOK_INVALID, 9, 16, reason=2),
        ]
    )


def order_records() -> np.ndarray:
    gateway = {"source": Source.GATEWAY}
    decided = {"source": Source.STRATEGY, "flags": Flag.DECISION | Flag.POST_ONLY}
    aux = TimeInForce.IOC | OrderType.LIMIT << 8
    text = event(Kind.TEXT, 7.5, **gateway)
    text.view(np.uint8)[16:48] = np.frombuffer(b"no such order".ljust(32, b"\0"), np.uint8)
    return np.concatenate(
        [
            event(Kind.START, 0.5, source=Source.STRATEGY, order_id=1),
            event(
                Kind.NEW, 3.5, side=1, price=201, quantity=100, order_id=9001, aux=aux, **decided
            ),
            event(Kind.ACK, 4.5, side=1, price=201, quantity=100, order_id=9001, aux=1, **gateway),
            event(Kind.FILL, 6.5, side=1, price=201, quantity=40, order_id=9001, aux=2, **gateway),
            event(Kind.CANCEL_REJECTED, 7.5, order_id=9002, reason=39, **gateway),
            text,
        ]
    )


def write_journal(directory: Path, source: Source, events: np.ndarray, per_file: int = 64) -> None:
    directory.parent.mkdir(parents=True, exist_ok=True)
    with Journal.open(directory, "recorded", source, per_file, Sync.NONE) as journal:
        journal.append_array(np.ascontiguousarray(events))


def write_session(directory: Path) -> Path:
    write_journal(directory / "feed", Source.FEED, feed_records())
    write_journal(directory / "strategy", Source.STRATEGY, order_records())
    write_list(directory / "instruments.json", [BTC, ETH])
    return directory


def flip_bit(path: Path, offset: int, bit: int = 0) -> None:
    content = bytearray(path.read_bytes())
    content[offset] ^= 1 << bit
    path.write_bytes(content)
