"""Where an order's time went, by the stamps of a session's journals and of wire_stamped.py."""

from collections.abc import Sequence
from pathlib import Path

import msgspec
import numpy as np

from bench.inside.wire_stamped import FEED, ORDERS, read_stamps
from pinnacle.core.journal_reader import JournalReader
from pinnacle.core.paths import SessionPaths
from pinnacle.core.schema import Flag, Kind
from pinnacle.venues.orders.ids import ClientIds, session_tag

_CHUNK = 4096


class _Params(msgspec.Struct):
    newClientOrderId: str


class _Order(msgspec.Struct):
    params: _Params


#: In the order in which they are gone through; together they are the whole way.
LEGS = {
    "receive": "from before the exchange writes to the feed's stamp on the frame",
    "decode": "the frame into records",
    "feed+strategy": "journal, shared book, ring; it wakes, decides, gives; until risk looks at it",
    "risk+gateway": "both judge, journal and give; the gateway wakes; until its frame is made",
    "encode": "the venue's frame with its order",
    "send": "TLS, the kernel, and the exchange's read",
}


def legs(
    paths: SessionPaths, stamps: Path, trips: Sequence[tuple[int, int, bytes]]
) -> dict[str, list[int]]:
    """ns by leg, for each of (written, read, frame), monotonic. `stamps`: the session's folder."""
    orders, ahead_ns, ids = _journalled(paths)
    feed, encoded = read_stamps(stamps, FEED), read_stamps(stamps, ORDERS)
    found: dict[str, list[int]] = {leg: [] for leg in LEGS}
    for written, read, text in trips:
        order_id = ids.order_id(msgspec.json.decode(text, type=_Order).params.newClientOrderId)
        taken, judged = orders[order_id]
        if taken not in feed:
            continue  # caused by something else that came at the same time
        begins = [written, taken - ahead_ns, *feed[taken], judged - ahead_ns, *encoded[order_id]]
        for leg, begin, end in zip(LEGS, begins, [*begins[1:], read], strict=True):
            found[leg].append(end - begin)
    return found


def _journalled(paths: SessionPaths) -> tuple[dict[int, tuple[int, int]], int, ClientIds]:
    """When the market record that caused an order was received, and when risk looked at it, by its
    id; how far session time is ahead of the monotonic clock."""
    orders: dict[int, tuple[int, int]] = {}
    reader = JournalReader(paths.journal("gateway"))
    ahead = []
    for rows in reader.checked(0, _CHUNK):
        timers = rows[(rows["kind"] == Kind.TIMER) & (rows["order_id"] != 0)]
        ahead += (timers["recv_ns"] - timers["order_id"].astype(np.int64)).tolist()
        is_new = (rows["kind"] == Kind.NEW) & (rows["flags"] & Flag.DECISION == 0)
        for row in rows[is_new]:
            orders[int(row["order_id"])] = int(row["venue_ns"]), int(row["recv_ns"])
    tag = session_tag(paths.data.name, reader.identity)
    return orders, int(np.median(ahead)), ClientIds(tag)
