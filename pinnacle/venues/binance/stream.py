"""Frames and snapshots in, stamped records out: what a connection means, without the connection.

The connector feeds it from sockets, `pinnacle capture check` from a file; both get the same
records. Time is an argument: recv_ns is when the frame arrived, UTC nanoseconds.
"""

from collections.abc import Callable, Collection

import numpy as np

from pinnacle.core._native import lib
from pinnacle.core.schema import EventBuffer, Flag, Kind, Reason, Side, Source, Venue
from pinnacle.venues.binance.codec import Codec, FrameError, MessageKind, OddMessageError
from pinnacle.venues.binance.sync import BookSync, Diff
from pinnacle.venues.binance.top import TopWatch
from pinnacle.venues.port import Sink, Top

#: Bid price and quantity, ask price and quantity of a row's book; None while it is not valid.
TopOf = Callable[[int], Top | None]


#: Of a book that no bound ends.
_WHOLE = (-(2**63), 2**63)


class MarketStream:
    """The books of one connection, one BookSync an instrument.

    wanted      rows that wait for a REST snapshot; whoever owns the connection fetches it and
                calls `snapshot`
    renewing    rows that are live, and near the end of what their snapshot knew: the same
    message     what the last frame said besides its records (struct pmm_wire_message)
    frames, gaps, snapshots: how many so far
    dropped     depth updates that a live book had already
    odd         messages of one instrument that said what cannot be
    rounded     quantities finer than a lot, rounded down to lots: see csrc/wire/binance.h
    tops_compared, tops_different: of the venue's own tops with the rebuilt ones

    depth_limit is how many levels a side the snapshots were asked for: a side that is as long is
    known so far and no further. None: they are taken for whole, as they must be where no other
    can be had. `top_of` is how a row's book stands after what `sink` was given:
    with it, a book that differs from what the venue shows begins anew.
    """

    def __init__(
        self,
        instruments: np.ndarray,
        sink: Sink,
        depth_limit: int | None = None,
        top_of: TopOf | None = None,
    ):
        self.codec = Codec(instruments)
        self.message = self.codec.message
        self.syncs = [BookSync() for _ in self.codec.instruments]
        self.wanted: set[int] = set(range(len(self.syncs)))
        self.renewing: set[int] = set()
        self.frames = 0
        self.snapshots = 0
        self.odd = 0
        self.dropped = 0
        self.rounded = 0
        self.tops_compared = 0
        self.tops_different = 0
        self._sink = sink
        self._depth_limit = depth_limit
        self._top_of = top_of
        self._watches = [TopWatch() for _ in self.syncs]
        self._ranges = [_WHOLE] * len(self.syncs)
        self._notices = EventBuffer(len(self.syncs))

    @property
    def gaps(self) -> int:
        """Depth updates that did not join on, over all instruments."""
        return sum(sync.gaps for sync in self.syncs)

    @property
    def live(self) -> bool:
        """Whether every book is in step."""
        return not self.wanted

    def frame(self, frame: bytes, recv_ns: int) -> int:
        """Take a WebSocket frame; returns its MessageKind, OTHER for one that is a control message.

        OddMessageError and UnaskedError concern one instrument, whose book, if it was about that,
        begins anew; the stream goes on. Any other FrameError: the connection cannot be trusted.
        """
        self.frames += 1
        try:
            count = self.codec.scan(frame, recv_ns)
        except OddMessageError as error:
            self.odd += 1
            if error.kind == MessageKind.DEPTH:
                self.resync(error.row, Reason.CHECKSUM, recv_ns)
            raise
        if count < 0:
            return MessageKind.OTHER
        message = self.message
        kind = message.kind
        self.rounded += message.rounded
        if kind == MessageKind.DEPTH:
            self._depth(frame, count, recv_ns)
        elif kind == MessageKind.SNAPSHOT:
            raise FrameError(f"a snapshot in the stream of {self.codec.symbols[message.row]}")
        else:
            self._sink(self.codec.events.cdata, count)
            if kind == MessageKind.TOP:
                self._top(recv_ns)
        return kind

    def _depth(self, frame: bytes, count: int, recv_ns: int) -> None:
        message = self.message
        row, final = message.row, message.final_id
        verdict = self.syncs[row].on_diff(message.first_id, final, frame)
        if verdict is Diff.APPLY:
            if count:
                self._sink(self.codec.events.cdata, count)
            self._advance(row, final, recv_ns)
        elif verdict is Diff.DROP:
            self.dropped += 1
        elif verdict is Diff.GAP:
            self.wanted.add(row)
            self.renewing.discard(row)
            self._invalidate([row], Reason.SEQUENCE_GAP, recv_ns)

    def _top(self, recv_ns: int) -> None:
        """The venue's best bid and ask, just scanned."""
        row, event = self.message.row, self.codec.events.cdata[0]
        if not self.syncs[row].live:
            return
        shown = (event.price, event.quantity, event.order_id, event.aux)
        low, high = self._ranges[row]
        if shown[0] < low or shown[2] > high:
            self.renew(row)
        if self._top_of is not None:
            due = self._watches[row].show(self.message.final_id, shown)
            self._compare(row, due, recv_ns)

    def _advance(self, row: int, update_id: int, recv_ns: int) -> None:
        if self._top_of is not None:
            self._compare(row, self._watches[row].advance(update_id), recv_ns)

    def _compare(self, row: int, shown: Top | None, recv_ns: int) -> None:
        rebuilt = None if shown is None or self._top_of is None else self._top_of(row)
        if rebuilt is None:
            return
        self.tops_compared += 1
        if rebuilt != shown:
            self.tops_different += 1
            self.resync(row, Reason.CHECKSUM, recv_ns)

    def renew(self, row: int) -> None:
        """A live book comes to the end of what its snapshot knew: another, without a break."""
        if self.syncs[row].live:
            self.syncs[row].renew()
            self.renewing.add(row)

    def snapshot(self, row: int, body: bytes, recv_ns: int) -> bool:
        """Take a REST snapshot of an instrument; False if it is too old and another is needed.

        One that a live book is past already is passed over. Held updates follow it with its
        recv_ns: time never runs backwards in what is delivered. FrameError if it is none, or odd.
        """
        codec, sync = self.codec, self.syncs[row]
        count = codec.scan(body, recv_ns, row)
        if self.message.kind != MessageKind.SNAPSHOT or self.message.row != row:
            raise FrameError(f"not a depth snapshot of {codec.symbols[row]}: {body[:80]!r}")
        if sync.passes_over(self.message.final_id):
            return True
        kept = sync.on_snapshot(self.message.final_id)
        if kept is None:
            return False
        self.wanted.discard(row)
        self.renewing.discard(row)
        self.snapshots += 1
        self.rounded += self.message.rounded
        if self._depth_limit is not None:
            records = codec.events.array[:count]
            bound(records, {self._depth_limit})
            self._ranges[row] = _range(records)
        self._sink(codec.events.cdata, count)
        for frame in kept:
            count = codec.scan(frame, recv_ns)
            if count:
                self._sink(codec.events.cdata, count)
        self._watches[row].forget()
        self._advance(row, sync.last_id, recv_ns)
        return True

    def invalidate(self, reason: int, recv_ns: int) -> None:
        """Every book is unknown from here: a start, a lost connection."""
        rows = list(range(len(self.syncs)))
        for row in rows:
            self._forget(row)
        self._invalidate(rows, reason, recv_ns)

    def resync(self, row: int, reason: int, recv_ns: int) -> None:
        """One book is not to be trusted (crossed, asked for): begin it anew."""
        self._forget(row)
        self._invalidate([row], reason, recv_ns)

    def _forget(self, row: int) -> None:
        self.syncs[row].reset()
        self._watches[row].forget()
        self.wanted.add(row)
        self.renewing.discard(row)

    def _invalidate(self, rows: list[int], reason: int, recv_ns: int) -> None:
        notices = self._notices.array[: len(rows)]
        notices[:] = np.zeros(1, notices.dtype)
        notices["recv_ns"] = recv_ns
        notices["instrument_id"] = self.codec.instruments["instrument_id"][rows]
        notices["kind"] = Kind.BOOK_INVALID
        notices["reason"] = reason
        notices["flags"] = Flag.LAST
        notices["venue_id"] = Venue.BINANCE
        notices["source"] = Source.FEED
        self._sink(self._notices.cdata, len(rows))


def _range(snapshot: np.ndarray) -> tuple[int, int]:
    """Best bid and best ask beyond which most of what a bounded snapshot knows is used up."""
    low, high = _WHOLE
    bounded = int(snapshot[0]["quantity"])
    if bounded & lib.PMM_BOUND_BIDS:
        best = int(snapshot["price"][snapshot["side"] == Side.BID].max())
        worst = int(snapshot[0]["price"])
        low = worst + (best - worst) // 4
    if bounded & lib.PMM_BOUND_ASKS:
        best = int(snapshot["price"][snapshot["side"] == Side.ASK].min())
        worst = int(snapshot[0]["order_id"])
        high = worst - (worst - best) // 4
    return low, high


def bound(snapshot: np.ndarray, limits: Collection[int]) -> None:
    """Say in a snapshot's BOOK_BEGIN how far it knows: see PMM_BOUND_* in csrc/base/event.h.

    A side with just one of the `limits` of levels has more behind it.
    """
    begin = snapshot[:1]
    for side, flag, field in (
        (Side.BID, lib.PMM_BOUND_BIDS, "price"),
        (Side.ASK, lib.PMM_BOUND_ASKS, "order_id"),
    ):
        prices = snapshot["price"][snapshot["side"] == side]
        if len(prices) in limits:
            begin["quantity"] |= flag
            begin[field] = prices.min() if side == Side.BID else prices.max()
