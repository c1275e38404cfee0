"""Cores and pinned memory: in processes of their own, by what the kernel and their log say."""

import json
import os
import subprocess
import sys

import pytest

from pinnacle.core.segment import Segment, create_segment
from pinnacle.plan.checks import load_session
from pinnacle.runtime.placement import mapped_files
from pinnacle.session.create import create_session
from tests.sessions import ROOT, demo_config

#: A role of a session until it is ready; then what the kernel says of its memory and cores.
ROLE = """
import json, os, re, resource, sys
from pathlib import Path
from pinnacle.core.config import ProcessConfig
from pinnacle.runtime.log import setup
from pinnacle.core.paths import SessionPaths
from pinnacle.core.ring import RingWriter
from pinnacle.runtime.runtime import Runtime
from tests.seats import seat_of

given = json.loads(sys.argv[1])
paths = SessionPaths(Path(given["runtime"]), Path(given["data"]))
log = setup("strategy", as_json=True)
config = ProcessConfig(**given["process"])
with Runtime(seat_of("strategy", paths, config=config, log=log)) as runtime:
    threads = set(os.listdir("/proc/self/task"))
    runtime.open_journal()
    (keeper,) = set(os.listdir("/proc/self/task")) - threads
    cores = [sorted(os.sched_getaffinity(thread)) for thread in (0, int(keeper))]
    ring = RingWriter(paths.ring("intents"))
    pages = -(-paths.ring("intents").stat().st_size // 4096)
    if given["limited"]:
        resource.setrlimit(resource.RLIMIT_MEMLOCK, (4096, 4096))
        if os.geteuid() == 0:
            os.setuid(65534)  # root may pin what it likes
    runtime.ready("here")
    status = Path("/proc/self/status").read_text()
    pinned = int(re.search(r"VmLck:\\s+(\\d+) kB", status)[1]) * 1024
    smaps = Path("/proc/self/smaps").read_text().split(str(paths.ring("intents")))[1]
    resident = int(re.search(r"Rss:\\s+(\\d+) kB", smaps)[1]) * 1024
    print(json.dumps([pinned, resident, pages * 4096, *cores]))
"""


class Seen:
    """What a role's process printed: the kernel's figures, and its log by event."""

    def __init__(self, done):
        assert done.returncode == 0, done.stderr
        figures = json.loads(done.stdout)
        self.pinned, self.resident, self.ring_bytes, self.cores, self.keepers_cores = figures
        self.lines = [json.loads(line) for line in done.stderr.splitlines()]

    def said(self, event):
        return [line for line in self.lines if line["event"] == event]


@pytest.fixture
def role(tmp_path):
    config, paths = demo_config(tmp_path, "placement")
    create_session(load_session(config), paths)

    def start(limited=False, **process):
        given = {"runtime": str(paths.runtime), "data": str(paths.data)}
        given |= {"process": process, "limited": limited}
        command = [sys.executable, "-c", ROLE, json.dumps(given)]
        return Seen(subprocess.run(command, capture_output=True, text=True, cwd=ROOT))

    return start


def test_its_pages_are_there_and_nothing_is_pinned_unless_it_is_asked_for(role):
    seen = role()
    assert seen.pinned == 0
    assert seen.resident == seen.ring_bytes
    assert not seen.said("memory locked")
    assert not seen.said("cannot lock memory")


def test_a_process_that_may_pins_every_segment_that_it_has_mapped(role):
    seen = role(lock_memory=True)
    for line in seen.said("cannot lock memory"):
        assert os.geteuid() != 0 and line["limit"] < 2 * seen.ring_bytes, line
        return
    assert seen.pinned > seen.ring_bytes, "the ring, and the process's own segments"
    assert seen.resident == seen.ring_bytes
    assert [line["pinned"] for line in seen.said("memory locked")] == [seen.pinned]


def test_a_process_that_may_not_says_so_once_and_goes_on_with_its_pages_there(role):
    seen = role(lock_memory=True, limited=True)
    assert len(seen.said("cannot lock memory")) == 1
    assert seen.said("cannot lock memory")[0]["limit"] == 4096
    assert "Cannot allocate memory" in seen.said("cannot lock memory")[0]["error"]
    assert seen.resident == seen.ring_bytes
    assert len(seen.said("ready")) == 1


def test_a_process_runs_on_the_core_that_it_was_given_and_its_keeper_on_the_others(role):
    core = max(os.sched_getaffinity(0))
    seen = role(cpu=core)
    assert seen.cores == [core]
    others = sorted(os.sched_getaffinity(0) - {core})
    assert seen.keepers_cores == (others or [core])
    assert not seen.said("cannot pin to core")


def test_a_core_that_is_not_there_is_said_and_the_process_goes_on(role):
    seen = role(cpu=1000)
    (line,) = seen.said("cannot pin to core")
    assert line["cpu"] == 1000
    assert str(max(seen.cores)) in line["error"]
    assert len(seen.said("ready")) == 1


def test_only_the_mappings_below_the_folder_are_found(tmp_path):
    for name in ("in", "in-not"):
        (tmp_path / name).mkdir()
        create_segment(tmp_path / name / "x", 8, 1, 100_000, "x")
    with Segment(tmp_path / "in" / "x") as segment, Segment(tmp_path / "in-not" / "x"):
        ((address, size),) = mapped_files(tmp_path / "in")
        assert size >= segment.header.bytes
        assert address % 4096 == 0
    assert mapped_files(tmp_path / "in") == []
