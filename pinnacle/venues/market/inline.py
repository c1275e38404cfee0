"""Streams of venues that send each book's snapshot ahead of its updates."""

from typing import Any

from pinnacle.core.schema import Reason
from pinnacle.venues.market.codec import NO_SEQUENCE, MessageKind
from pinnacle.venues.market.stream import MarketStream


class InlineStream(MarketStream):
    """Of a venue that sends each book's snapshot in its stream, ahead of the updates."""

    def accept(self, part: Any, frame: bytes, recv_ns: int) -> bool:
        if part.kind == MessageKind.SNAPSHOT:
            self.wanted.discard(part.row)
            self.tallies[part.row].snapshots += 1
        elif part.kind == MessageKind.DEPTH and part.row in self.wanted:
            self.tallies[part.row].early += 1
            return False
        return True


class SequencedStream(InlineStream):
    """The same, of a venue that numbers all frames of a connection: 0, 1, 2..."""

    SEQUENCED = True

    def begin(self) -> None:
        super().begin()
        self.following.sequence = NO_SEQUENCE

    def follows(self, sequence: int, recv_ns: int) -> bool:
        last = self.following.sequence
        if sequence == NO_SEQUENCE:
            return True
        is_first = last == NO_SEQUENCE
        if not is_first and sequence <= last:
            self.own.dropped += 1
            return False
        self.following.sequence = sequence
        if not is_first and sequence != last + 1 and not self.broken:
            self.own.gaps += 1
            self._tell("the stream", f"frame {sequence} came after {last}")
            self.lose(Reason.SEQUENCE_GAP, recv_ns)
        return True
