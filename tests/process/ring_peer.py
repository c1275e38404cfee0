"""One end of a ring as a process of its own, for test_ring_processes: it may be killed at any time.

    ring_peer.py write RING BELL PROGRESS LIMIT   LIMIT 0: until killed, -1: only attach
    ring_peer.py read RING BELL LOG STRATEGY

A record is a function of its cursor, so either end can be started again and still be checked.
The writer notes its cursor in PROGRESS after each push. The reader appends (first, count) to LOG
after each take and before it releases, so a restarted one knows what to skip.
"""

import mmap
import os
import struct
import sys
from pathlib import Path

import numpy as np

from pinnacle.core.bell import Bell, Wait
from pinnacle.core.ring import RingReader, RingWriter
from pinnacle.core.schema import EventBuffer, Kind
from pinnacle.core.segment import Mode

BATCH = 256
ODD = 0x9E3779B97F4A7C15
LOG_ENTRY = struct.Struct("<QQ")


def fill(array, first):
    """Make each record what its cursor says, in the first and in the last bytes of the payload."""
    cursors = np.arange(first, first + len(array), dtype=np.uint64)
    array["recv_ns"] = cursors
    array["order_id"] = cursors * np.uint64(ODD)
    array["aux"] = cursors
    array["source"] = cursors & np.uint64(0xFFFF)
    array["kind"] = Kind.TRADE


def write(ring, bell_path, progress_path, limit):
    buffer = EventBuffer(BATCH)
    with RingWriter(ring) as writer, Bell(bell_path, Mode.SHARED) as bell:
        print(writer.cursor, flush=True)
        with Path(progress_path).open("r+b") as file:
            progress = mmap.mmap(file.fileno(), 8)
        cursor = writer.cursor
        while not limit or cursor < limit:
            n = 1 + cursor * 31 % BATCH
            n = min(n, limit - cursor) if limit else n
            fill(buffer.array[:n], cursor)
            if cursor + n == limit:
                buffer.array[n - 1]["kind"] = Kind.STOP
            sent = 0
            while sent < n:
                pushed = writer.push(buffer.cdata + sent, n - sent)
                bell.ring()
                sent += pushed
                cursor += pushed
                progress[:] = struct.pack("<Q", cursor)
                if not pushed:
                    os.sched_yield()


def logged_end(log_path):
    """Where the log says that the last take ended; a torn last entry does not count."""
    whole = log_path.read_bytes()
    entries = len(whole) // LOG_ENTRY.size
    if not entries:
        return 0
    return sum(LOG_ENTRY.unpack_from(whole, (entries - 1) * LOG_ENTRY.size))


def read(ring, bell_path, log_path, strategy):
    buffer, expected = EventBuffer(BATCH), EventBuffer(BATCH)
    end = logged_end(log_path)
    with (
        RingReader(ring) as reader,
        Bell(bell_path, Mode.OWN) as bell,
        log_path.open("ab", 0) as log,
    ):
        bell.watch([reader])
        handled = end - reader.cursor
        if handled < 0 or reader.skip(handled) != handled:
            sys.exit(f"the log ends at {end}, the ring begins at {reader.cursor}")
        print(reader.cursor, flush=True)
        stopped = False
        while not stopped:
            bell.wait(Wait[strategy], 2_000, 200_000_000)
            first = reader.cursor
            n = reader.take(buffer.cdata, BATCH)
            if not n:
                continue
            got = buffer.array[:n]
            fill(expected.array[:n], first)
            stopped = got[-1]["kind"] == Kind.STOP
            for name in ("recv_ns", "order_id", "aux", "source"):
                if not np.array_equal(got[name], expected.array[name][:n]):
                    sys.exit(f"{name} differs within {first}..{first + n}: {got[name]}")
            log.write(LOG_ENTRY.pack(first, n))
            reader.release()
        print(reader.cursor, flush=True)


if __name__ == "__main__":
    role, ring, bell, *rest = sys.argv[1:]
    if role == "write":
        write(ring, bell, rest[0], int(rest[1]))
    else:
        read(ring, bell, Path(rest[0]), rest[1])
