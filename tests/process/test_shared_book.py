"""A shared book between real processes: never half a batch, and a dead writer is noticed."""

import os
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from pinnacle.core.book import SharedBookReader, SharedBookWriter, create_shared_book
from pinnacle.core.errors import OwnedError
from pinnacle.core.schema import EVENT, Kind, Reason, Side
from tests.process.book_writer import LEVELS, price_of

WRITER = Path(__file__).with_name("book_writer.py")


@pytest.fixture
def path(tmp_path):
    target = tmp_path / "book"
    create_shared_book(target, 0, window=4096, far_capacity=64)
    return target


@contextmanager
def writer(path, repeats=1):
    """A writer process at full speed; with `repeats` all states so often in one endless batch."""
    arguments = [sys.executable, WRITER, path, str(repeats)]
    process = subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout.readline() == "writing\n"
        yield process
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


def assert_whole_top(top):
    x = top.bid_quantity // 1000 - 1
    assert top.bid_quantity == top.ask_quantity == 1000 * (x + 1)
    assert (top.bid_price, top.ask_price) == (price_of(x) - 1, price_of(x) + 1)


def assert_whole_depth(depth, side):
    x = depth["quantity"][0] // 1000 - 1
    step = -1 if side == Side.BID else 1
    ranks = np.arange(LEVELS)
    assert depth["quantity"].tolist() == (1000 * (x + 1) + ranks).tolist()
    assert depth["price"].tolist() == (price_of(x) + step * (1 + ranks)).tolist()


def read_until(reader, changes):
    """Reads tops and depths, each whole, until both were seen to change so often."""
    tops = depths = 0
    last_version, last_quantity, side = None, None, Side.BID
    while tops < changes or depths < changes:
        top = reader.top()
        if top.valid:
            assert_whole_top(top)
            tops += top.version != last_version
            last_version = top.version
        else:
            assert top.reason in (Reason.STALE, Reason.STARTING)
        depth = reader.depth(side, LEVELS + 5)
        if depth is not None:
            assert_whole_depth(depth, side)
            depths += depth["quantity"][0] != last_quantity
            last_quantity = depth["quantity"][0]
            side = Side.ASK if side == Side.BID else Side.BID


def test_a_reader_beside_a_writer_at_full_speed_never_sees_half_a_batch(path):
    with SharedBookReader(path) as reader, writer(path):
        read_until(reader, 300)
        assert reader.segment.owner_alive()


def kill_inside_a_batch(path, reader):
    """Leaves the sequence odd: the writer is inside nearly always, so a few tries are plenty."""
    for _ in range(20):
        with writer(path, repeats=200) as process:
            time.sleep(0.05)
            process.send_signal(signal.SIGKILL)
            process.wait()
        if reader.top().version % 2 == 1:
            return
    raise AssertionError("the writer was never inside")


def begin_to_end():
    out = np.zeros(3, dtype=EVENT)
    out["kind"] = [Kind.BOOK_BEGIN, Kind.DEPTH, Kind.BOOK_END]
    out[1]["side"], out[1]["price"], out[1]["quantity"] = Side.BID, 7, 8
    return out


def test_a_writer_killed_inside_a_batch_leaves_a_stale_book_that_the_next_writer_repairs(path):
    with SharedBookReader(path) as reader:
        kill_inside_a_batch(path, reader)
        top = reader.top()
        assert (top.valid, top.reason) == (0, Reason.STALE)
        assert reader.depth(Side.BID, LEVELS) is None
        assert not reader.segment.owner_alive()

        with SharedBookWriter(path) as repaired:
            after = reader.top()
            assert (after.valid, after.reason) == (0, Reason.STARTING)
            assert after.version > top.version and after.version % 2 == 0
            assert repaired.stats().bid_levels == repaired.stats().ask_levels == 0
            repaired.apply_array(begin_to_end())
            assert reader.top()[:2] == (7, 8)
            assert reader.depth(Side.BID, LEVELS).tolist() == [(7, 8)]
            assert reader.depth(Side.ASK, LEVELS).tolist() == []
            assert reader.segment.epoch >= 2
        with writer(path):
            read_until(reader, 50)


def test_a_live_writer_keeps_others_out_and_a_killed_one_does_not(path):
    with writer(path) as process:
        with pytest.raises(OwnedError, match=os.fspath(path)):
            SharedBookWriter(path)
        process.kill()
        process.wait()
        with SharedBookWriter(path) as book:
            assert book.top().reason == Reason.STARTING


DAMAGE = """
import struct, sys
from pathlib import Path
from pinnacle.core.book import SharedBookReader

path = Path(sys.argv[1])
good = path.read_bytes()
bids = 256 + 128
valid = struct.pack("<I", 1)
far, blocks = struct.unpack_from("<II", good, bids + 60)
head = [(8, 8), (16, 8), (24, 4), (28, 4), (68, 4), (72, 8), (96, 4), (100, 4)]
directory = [(far + 8 * blocks * part, 8) for part in range(4)]
for field, width in head + directory:
    for pattern in (b"\\xff" * 8, b"\\xfe" * 8, b"\\xff" * 7 + b"\\x7f", b"\\0" * 7 + b"\\x80"):
        damaged = bytearray(good)
        damaged[256 + 48 : 256 + 52] = valid
        damaged[bids + 24 : bids + 32] = struct.pack("<II", 3, 3)
        damaged[bids + 96 : bids + 104] = struct.pack("<II", 1, 1)
        damaged[bids + field : bids + field + width] = pattern[-width:]
        path.write_bytes(damaged)
        with SharedBookReader(path) as reader:
            reader.depth(1, 50), reader.top(), reader.stats()
"""


def test_a_damaged_book_gives_a_reader_nonsense_and_never_leads_it_out_of_the_file(tmp_path):
    path = tmp_path / "book"
    create_shared_book(path, 0, 4096, 4)
    done = subprocess.run([sys.executable, "-c", DAMAGE, path], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
