"""Frames of a WebSocket between the loop that reads them and the task that takes them."""

import asyncio
from collections.abc import Callable

#: Far above any frame of the streams in use; without a bound a broken peer could fill memory.
FRAME_BYTES_MAX = 16 * 1024 * 1024
#: How many frames may be taken before other tasks of the loop get their turn.
FRAMES_PER_TURN = 64
_BYTES_LOW = FRAME_BYTES_MAX // 4


class Inbox:
    """What came and was not taken. Beyond `most` frames, or the bytes of one of the largest, the
    sender is held back until a quarter is left: the rest waits in the kernel, and TCP says so.

    hold, release   stop and go on reading; set by the owner before the first frame
    begun           the parts so far of a frame that comes in several
    why             it ended; None: it has not
    """

    def __init__(self, most: int):
        self.hold: Callable[[], object] = _nothing
        self.release: Callable[[], object] = _nothing
        self._most = most
        self._frames: list[bytes] = []
        self._bytes = 0
        self.begun: bytearray | None = None
        self.why: str | None = None
        self._held = self._unwanted = False
        self._waiter: asyncio.Future[None] | None = None

    def put(self, data: bytes, whole: bool = True) -> bool:
        """A frame, or a part of one if it is not `whole`; False if it has become too large."""
        if self._unwanted or self.why is not None:
            return True
        if self.begun is not None or not whole:
            if self.begun is None:
                self.begun = bytearray()
            self.begun += data
            if len(self.begun) > FRAME_BYTES_MAX:
                return False
            if not whole:
                return True
            data, self.begun = bytes(self.begun), None
        self._frames.append(data)
        self._bytes += len(data)
        if not self._held and (len(self._frames) > self._most or self._bytes > FRAME_BYTES_MAX):
            self._held = True
            self.hold()
        self._wake()
        return True

    def end(self, why: str) -> None:
        """Nothing more comes; what is said first of why holds."""
        if self.why is None:
            self.why = why
            self._wake()

    def discard(self) -> None:
        """Nobody takes any more: what comes from here is read and thrown away."""
        self._unwanted = True
        self._frames.clear()
        self._release()

    async def take(self) -> list[bytes]:
        """All frames that wait, FRAMES_PER_TURN at most; none when it has ended. One caller."""
        if self._frames:
            # A backlog must not keep the loop's other tasks from running.
            await asyncio.sleep(0)
        while not self._frames:
            if self.why is not None:
                return []
            self._waiter = asyncio.get_running_loop().create_future()
            try:
                await self._waiter
            finally:
                self._waiter = None
        taken = self._frames[:FRAMES_PER_TURN]
        del self._frames[:FRAMES_PER_TURN]
        self._bytes -= sum(map(len, taken))
        if self._held and len(self._frames) <= self._most // 4 and self._bytes <= _BYTES_LOW:
            self._release()
        return taken

    def _release(self) -> None:
        if self._held:
            self._held = False
            self.release()

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)


def _nothing() -> None:
    """Until there is something to hold."""
