"""A process that appends is killed without warning, again and again."""

import random
import subprocess
import time
from pathlib import Path

import numpy as np
import pytest

from pinnacle.core.journal import Journal, Sync
from pinnacle.core.journal_reader import JournalReader, scan
from pinnacle.core.schema import Source
from pinnacle.replay.health import check_journal
from tests.c.sources import CSRC, sources

HERE = Path(__file__).parent
GOLDEN = np.uint64(0x9E3779B97F4A7C15)


@pytest.fixture(scope="module")
def appender(tmp_path_factory):
    program = tmp_path_factory.mktemp("build") / "journal_appender"
    files = [HERE / "journal_appender.c", *sources("journal*", "crc32c", "clock", "locks", "pages")]
    subprocess.run(["gcc", "-std=gnu11", "-O2", f"-I{CSRC}", "-o", program, *files], check=True)
    return program


def run_and_kill(
    program: Path, directory: Path, sync: int, seed: int, seconds: float, *more: str
) -> int:
    """Start it, kill it, and return the last count that it acknowledged (0 if none)."""
    arguments = [program, directory, str(int(sync)), str(seed), *more]
    with subprocess.Popen(arguments, stdout=subprocess.PIPE, bufsize=0) as process:
        deadline = time.monotonic() + seconds
        acknowledged = b""
        try:
            while time.monotonic() < deadline:
                acknowledged = process.stdout.read(1 << 16) or acknowledged
        finally:
            process.kill()
        while rest := process.stdout.read(1 << 16):
            acknowledged = acknowledged[-8:] + rest
    assert process.returncode == -9
    return int.from_bytes(acknowledged[-8:], "little")


def assert_records_are_the_ones_that_were_appended(directory: Path) -> int:
    reader = JournalReader(directory)
    index = 0
    for chunk in reader.chunks():
        expected = np.arange(index, index + len(chunk), dtype=np.uint64)
        assert np.array_equal(chunk["recv_ns"], expected.astype(np.int64) + 1)
        assert np.array_equal(chunk["price"], (expected * GOLDEN).astype(np.int64))
        index += len(chunk)
    return index


@pytest.mark.parametrize("keeper", [[], ["kept"]], ids=["alone", "kept"])
@pytest.mark.parametrize(
    ("sync", "kills"), [(Sync.NONE, 30), (Sync.INTERVAL, 15), (Sync.BATCH, 10)]
)
def test_what_was_acknowledged_survives_every_kill(appender, tmp_path, sync, kills, keeper):
    chance = random.Random(7 + int(sync))
    directory = tmp_path / "journal"
    count = 0
    for turn in range(kills):
        seconds = chance.uniform(0.001, 0.03)
        acknowledged = run_and_kill(appender, directory, sync, turn, seconds, *keeper)
        if not directory.exists():
            continue
        report = scan(directory) if list(directory.glob("*.pmj")) else None
        with Journal.open(directory, "kill", Source.FEED, 256, sync) as journal:
            assert journal.count >= max(acknowledged, count)
            assert report is None or journal.count == report.records
            count = journal.count
    assert count > 0
    assert assert_records_are_the_ones_that_were_appended(directory) == count


def test_a_live_journal_is_scanned_and_followed_without_a_false_alarm(appender, tmp_path):
    directory = tmp_path / "journal"
    arguments = [appender, directory, str(int(Sync.NONE)), "1", "kept"]
    with subprocess.Popen(arguments, stdout=subprocess.DEVNULL) as process:
        try:
            watch(directory, 20_000)
        finally:
            process.kill()


def watch(directory: Path, records: int) -> None:
    """Scan and follow until so many records were seen."""
    while not (directory / "000000.pmj").exists():
        time.sleep(0.001)
    reader, before = JournalReader(directory), 0
    while len(reader) < records:
        report = scan(directory)
        assert not report.corrupt
        assert report.records >= before
        before = report.records
        assert check_journal("feed", directory) == []
        for chunk in reader.follow():
            assert chunk["recv_ns"][-1] - chunk["recv_ns"][0] == len(chunk) - 1
