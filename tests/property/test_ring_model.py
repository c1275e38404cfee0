"""A ring does what a bounded deque does, whatever is done to it in whatever order."""

import tempfile
from collections import deque
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from pinnacle.core.ring import RingReader, RingWriter, create_ring
from pinnacle.core.schema import EventBuffer

CAPACITY = 8
COUNTS = st.integers(0, CAPACITY + 3)


class RingAgainstDeque(RuleBasedStateMachine):
    """`waiting` holds what is committed and not released, `taken` how many of it were taken."""

    def __init__(self):
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.path = Path(self.folder.name) / "ring"
        create_ring(self.path, CAPACITY, "model")
        self.writer = RingWriter(self.path)
        self.reader = RingReader(self.path)
        self.buffer = EventBuffer(CAPACITY + 3)
        self.waiting = deque()
        self.taken = 0
        self.sent = 0
        self.attaches = 1

    def _fill(self, n):
        self.buffer.array["aux"][:n] = range(self.sent, self.sent + n)
        return self.buffer.cdata

    def _sent(self, n):
        self.waiting.extend(range(self.sent, self.sent + n))
        self.sent += n

    @rule(n=COUNTS)
    def push_burst(self, n):
        fits = min(n, CAPACITY - len(self.waiting))
        assert self.writer.push(self._fill(n), n) == fits
        self._sent(fits)

    @rule(n=st.integers(0, CAPACITY))
    def push_bulk(self, n):
        fits = n <= CAPACITY - len(self.waiting)
        assert self.writer.push_all(self._fill(n), n) is fits
        if fits:
            self._sent(n)

    @rule(n=COUNTS)
    def take(self, n):
        expected = list(self.waiting)[self.taken : self.taken + n]
        got = self.reader.take(self.buffer.cdata, n)
        assert self.buffer.array["aux"][:got].tolist() == expected
        self.taken += got

    @rule(n=COUNTS)
    def skip(self, n):
        expected = min(n, len(self.waiting) - self.taken)
        assert self.reader.skip(n) == expected
        self.taken += expected

    @rule()
    def release(self):
        self.reader.release()
        for _ in range(self.taken):
            self.waiting.popleft()
        self.taken = 0

    @rule()
    def restart_reader(self):
        self.reader.close()
        self.reader = RingReader(self.path)
        self.taken = 0
        self.attaches += 1
        assert self.reader.cursor == self.sent - len(self.waiting)

    @rule()
    def restart_writer(self):
        self.writer.close()
        self.writer = RingWriter(self.path)
        assert self.writer.cursor == self.sent

    @rule()
    def request_resync(self):
        self.reader.request_resync()
        self.attaches += 1

    @invariant()
    def both_sides_agree(self):
        assert self.writer.depth() == self.reader.depth() == len(self.waiting)
        assert self.reader.ready() is (self.taken < len(self.waiting))
        assert self.writer.resync_requests() == self.attaches

    def teardown(self):
        self.writer.close()
        self.reader.close()
        self.folder.cleanup()


TestRing = RingAgainstDeque.TestCase
TestRing.settings = settings(max_examples=60, stateful_step_count=60, deadline=None)
