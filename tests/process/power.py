"""Cuts the power of a journal's disk, again and again; a program of its own.

The disk is an ext4 image behind a loop device, and the cut is EXT4_IOC_SHUTDOWN without a flush of
the log: what was not on the image is gone, as if the machine had stopped. It runs in a mount
namespace of its own (`unshare --mount`), so that whatever ends it unmounts everything.

usage: power.py FOLDER APPENDER SYNC CYCLES (writes one JSON object to standard output)
"""

import fcntl
import json
import os
import random
import shutil
import struct
import subprocess
import sys
import time
from pathlib import Path

import numpy as np

from pinnacle.core.errors import CorruptError
from pinnacle.core.journal import Journal, Sync
from pinnacle.core.journal_reader import JournalReader, scan
from pinnacle.core.schema import Source

SHUTDOWN = 0x8004587D  # _IOR('X', 125, u32)
NO_LOG_FLUSH = struct.pack("I", 2)
INTERVAL_NS = 5_000_000
GOLDEN = np.uint64(0x9E3779B97F4A7C15)


def run(*command: str | Path) -> None:
    subprocess.run([str(part) for part in command], check=True, capture_output=True)


def append_until_the_cut(
    arguments: list[str | Path], disk: Path, chance: random.Random
) -> tuple[int, int]:
    """The last count that the appender took for durable, and how it ended.

    Meanwhile the kernel writes back on its own account what nobody has synced, as in time it would.
    """
    with subprocess.Popen(arguments, stdout=subprocess.PIPE, bufsize=0) as process:
        told = process.stdout.read(8)
        os.set_blocking(process.stdout.fileno(), False)
        deadline = time.monotonic() + chance.uniform(0.001, 0.03)
        while time.monotonic() < deadline:
            if chance.random() < 0.1:
                run("sync", "-f", disk)
            told = (told + (process.stdout.read(1 << 16) or b""))[-16:]
            time.sleep(0.0005)
        folder = os.open(disk, os.O_RDONLY)
        # What is told later does not count: a machine without power says nothing, but here a sync
        # that the cut overtakes may still return 0.
        told = (told + (process.stdout.read(1 << 16) or b""))[-16:]
        fcntl.ioctl(folder, SHUTDOWN, NO_LOG_FLUSH)
        os.close(folder)
        time.sleep(0.002)  # it lives on a little, without a disk
        process.kill()
    return int.from_bytes(told[-8:], "little"), process.returncode


def records_are_the_ones_that_were_appended(directory: Path, count: int) -> bool:
    index = 0
    for chunk in JournalReader(directory, damaged_ok=True).chunks(0, count):
        expected = np.arange(index, index + len(chunk), dtype=np.uint64)
        if not np.array_equal(chunk["price"], (expected * GOLDEN).astype(np.int64)):
            return False
        index += len(chunk)
    return index == count


def recover(directory: Path, sync: int) -> dict:
    whole, end = scan(directory), scan(directory, end_only=True)
    count, refused = end.records, False
    try:
        with Journal.open(directory, "power", Source.FEED, 1024, Sync(sync)) as journal:
            count = journal.count
    except CorruptError:
        refused = True
    same = records_are_the_ones_that_were_appended(directory, whole.records)
    found = {"records": count, "scanned": end.records, "whole": whole.records, "same": same}
    return found | {"corrupt": whole.corrupt, "end_corrupt": end.corrupt, "refused": refused}


def main(folder: Path, appender: Path, sync: int, cycles: int) -> None:
    image, disk = folder / "image", folder / "disk"
    disk.mkdir()
    run("truncate", "-s", "64M", image)
    run("mkfs.ext4", "-q", "-F", image)
    chance, found = random.Random(sync), []
    for cycle in range(cycles):
        run("mount", "-o", "loop", image, disk)
        arguments = [appender, disk / "journal", str(sync), str(INTERVAL_NS), str(cycle)]
        durable, ended = append_until_the_cut(arguments, disk, chance)
        run("umount", disk)
        run("mount", "-o", "loop", image, disk)
        found.append({"durable": durable, "ended": ended} | recover(disk / "journal", sync))
        if found[-1]["corrupt"]:
            shutil.rmtree(disk / "journal")
        run("umount", disk)
    print(json.dumps(found))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4]))
