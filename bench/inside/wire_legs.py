"""Where an order's time went, by the stamps that a session's journals have of it."""

from collections.abc import Sequence

import msgspec
import numpy as np

from pinnacle.core.journal_reader import JournalReader
from pinnacle.core.paths import SessionPaths
from pinnacle.core.schema import Flag, Kind
from pinnacle.venues.orders.ids import ClientIds, session_tag

_CHUNK = 4096


class _Params(msgspec.Struct):
    newClientOrderId: str


class _Order(msgspec.Struct):
    params: _Params


def legs(paths: SessionPaths, trips: Sequence[tuple[int, int, bytes]]) -> dict[str, list[int]]:
    """ns by leg, for each of (written, read, frame), monotonic.

    receive   until the feed has the frame
    decide    the frame read, its book published, the strategy's decision, until risk looks at it
    send      risk's judgement, the gateway, its journal, the frame made and written, and read there
    """
    orders, ahead_ns, ids = _stamps(paths)
    found: dict[str, list[int]] = {"receive": [], "decide": [], "send": []}
    for written, read, text in trips:
        name = msgspec.json.decode(text, type=_Order).params.newClientOrderId
        taken, judged = orders[ids.order_id(name)]
        if not taken:
            continue  # caused by something else that came at the same time
        found["receive"].append(taken - (written + ahead_ns))
        found["decide"].append(judged - taken)
        found["send"].append(read + ahead_ns - judged)
    return found


def _stamps(paths: SessionPaths) -> tuple[dict[int, tuple[int, int]], int, ClientIds]:
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
