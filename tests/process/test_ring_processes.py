"""Two real processes over one ring: nothing lost, doubled or reordered, whoever is killed when."""

import random
import signal
import struct
import subprocess
import sys
import time
from pathlib import Path

import pytest

from pinnacle.core.bell import create_bell
from pinnacle.core.ring import RingObserver, create_ring

PEER = Path(__file__).with_name("ring_peer.py")
LOG_ENTRY = struct.Struct("<QQ")


class Session:
    """A ring with its reader's bell, and the processes on either end."""

    def __init__(self, folder, capacity):
        self.ring, self.bell = folder / "ring", folder / "bell"
        self.progress, self.log = folder / "progress", folder / "log"
        create_ring(self.ring, capacity, "writer to reader")
        create_bell(self.bell, "reader")
        self.progress.write_bytes(bytes(8))
        self.log.touch()
        self.processes = []

    def start(self, role, *arguments):
        """A peer, and the cursor that it started from."""
        command = [sys.executable, PEER, role, self.ring, self.bell, *arguments]
        process = subprocess.Popen(
            list(map(str, command)), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        self.processes.append(process)
        first = process.stdout.readline()
        assert first, process.stderr.read()
        return process, int(first)

    def write(self, limit=0):
        return self.start("write", self.progress, limit)

    def read(self, strategy):
        return self.start("read", self.log, strategy)

    def kill(self, process):
        process.send_signal(signal.SIGKILL)
        process.communicate()
        assert process.returncode == -signal.SIGKILL

    def finish(self, process):
        """Wait for an orderly end; its last line."""
        out, err = process.communicate()
        assert process.returncode == 0, err
        return out

    def written(self):
        with RingObserver(self.ring) as observer:
            return observer.written

    def close(self):
        for process in self.processes:
            if process.poll() is None:
                process.kill()
            process.communicate()

    def check_log(self, total):
        """Each record was handled once, in order."""
        end = 0
        for first, count in LOG_ENTRY.iter_unpack(self.log.read_bytes()):
            assert first == end
            end += count
        assert end == total


@pytest.fixture
def session(tmp_path):
    made = Session(tmp_path, 1024)
    yield made
    made.close()


@pytest.mark.parametrize("strategy", ["SPIN", "YIELD", "PARK"])
def test_two_processes_exchange_bursts_and_nothing_is_lost_doubled_or_reordered(session, strategy):
    total = 300_000
    reader, _ = session.read(strategy)
    writer, _ = session.write(total)
    session.finish(writer)
    assert int(session.finish(reader)) == total
    session.check_log(total)


@pytest.mark.parametrize("strategy", ["PARK", pytest.param("YIELD", marks=pytest.mark.long)])
def test_a_writer_killed_at_random_moments_is_followed_by_one_that_continues(session, strategy):
    moments = random.Random(strategy)
    reader, _ = session.read(strategy)
    for _ in range(8):
        writer, _ = session.write()
        time.sleep(moments.uniform(0.001, 0.06))
        session.kill(writer)
        (noted,) = struct.unpack("<Q", session.progress.read_bytes())
        follower, first = session.write(-1)
        session.finish(follower)
        assert first >= noted, "what a killed writer had published is still there"
    total = session.written() + 20_000
    writer, _ = session.write(total)
    session.finish(writer)
    assert int(session.finish(reader)) == total
    session.check_log(total)


@pytest.mark.parametrize("strategy", ["PARK", pytest.param("YIELD", marks=pytest.mark.long)])
def test_a_reader_killed_at_random_moments_is_followed_by_one_that_misses_nothing(
    session, strategy
):
    moments = random.Random(strategy)
    writer, _ = session.write()
    for _ in range(8):
        reader, _ = session.read(strategy)
        time.sleep(moments.uniform(0.001, 0.06))
        session.kill(reader)
    session.kill(writer)
    reader, _ = session.read(strategy)
    total = session.written() + 20_000
    writer, _ = session.write(total)
    session.finish(writer)
    assert int(session.finish(reader)) == total
    session.check_log(total)
