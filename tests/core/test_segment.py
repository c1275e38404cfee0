"""Segments: every refusal has its own error, and an owner can be told from a dead one."""

import os
import signal
import stat
import struct
import subprocess
import sys
import time
from pathlib import Path

import pytest

from pinnacle.core._native import ffi, lib
from pinnacle.core.clock import monotonic_ns
from pinnacle.core.errors import LayoutError, NativeError, NotReadyError, OwnedError
from pinnacle.core.journal import Journal
from pinnacle.core.schema import Source
from pinnacle.core.segment import (
    Mode,
    Segment,
    SegmentKind,
    create_segment,
    fingerprint,
    is_owned,
    is_segment,
    peek,
)

KIND = SegmentKind.COUNTERS
PRINT = fingerprint("a:0:8;")
PAYLOAD = 8192


@pytest.fixture
def path(tmp_path):
    target = tmp_path / "one"
    create_segment(target, KIND, PRINT, PAYLOAD, "first of its kind")
    return target


def code_of(path, *, kind=KIND, print_=PRINT, mode=Mode.READ):
    """The raw return code of an open, closed again at once."""
    segment = ffi.new("struct pmm_segment *")
    code = lib.pmm_segment_open(segment, os.fsencode(path), kind, print_, mode)
    lib.pmm_segment_close(segment)
    return code


def poke(path, name, text):
    """Overwrite a header field in the file."""
    with path.open("r+b") as file:
        file.seek(ffi.offsetof("struct pmm_segment_header", name))
        file.write(text)


def resident_kb(path):
    """What of a file's only mapping has pages in this process."""
    lines = Path("/proc/self/smaps").read_text(encoding="utf-8").splitlines()
    (at,) = [i for i, line in enumerate(lines) if line.endswith(str(path))]
    fields = dict(line.split(":") for line in lines[at + 1 : at + 20] if line.endswith("kB"))
    return int(fields["Rss"].split()[0]), int(fields["Size"].split()[0])


@pytest.mark.parametrize("mode", Mode)
def test_every_page_is_there_when_a_segment_is_open_and_holds_what_it_held(tmp_path, mode):
    path = tmp_path / "many"
    create_segment(path, KIND, PRINT, 1 << 20, "many pages")
    poke(path, "epoch", b"\x07\x00\x00\x00")
    before = path.read_bytes()
    with Segment(path, kind=KIND, fingerprint=PRINT, mode=mode):
        resident, size = resident_kb(path)
        assert resident == size
        assert path.read_bytes()[256:] == before[256:]


OWN_AND_WAIT = """
import sys, time
from pinnacle.core.segment import Mode, Segment
segment = Segment(sys.argv[1], mode=Mode.OWN)
print("owned", flush=True)
time.sleep(600)
"""


def start_owner(path):
    """A real process that owns the segment and does nothing."""
    process = subprocess.Popen(
        [sys.executable, "-c", OWN_AND_WAIT, str(path)], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout.readline() == "owned\n"
    return process


def end(process):
    process.send_signal(signal.SIGKILL)
    process.wait()
    process.stdout.close()


def test_a_new_segment_is_zero_filled_allocated_and_nobodys(path):
    header = peek(path)
    assert (header.kind, header.name) == ("counters", "first of its kind")
    assert (header.epoch, header.owner_pid, header.ready) == (0, 0, 1)
    assert header.bytes == path.stat().st_size == 256 + PAYLOAD
    assert path.stat().st_blocks * 512 >= header.bytes
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    with Segment(path) as segment:
        assert bytes(segment.payload) == bytes(PAYLOAD)
        assert not segment.owner_alive()


def test_creating_leaves_what_is_there_alone_and_no_temporary_file(path):
    before = path.read_bytes()
    with pytest.raises(NativeError, match="exists already") as caught:
        create_segment(path, KIND, PRINT, 64, "second")
    assert caught.value.code == lib.PMM_ERR_EXISTS
    assert path.read_bytes() == before
    assert [entry.name for entry in path.parent.iterdir()] == [path.name]


def test_a_name_that_does_not_fit_is_refused(tmp_path):
    with pytest.raises(NativeError, match="bad argument"):
        create_segment(tmp_path / "x", KIND, PRINT, 64, "n" * 64)


def test_a_missing_directory_is_a_system_error_that_names_the_path(tmp_path):
    with pytest.raises(NativeError, match=r"nowhere/x: No such file or directory"):
        create_segment(tmp_path / "nowhere" / "x", KIND, PRINT, 64, "n")


def test_a_path_that_is_not_there_is_not_ready(tmp_path):
    with pytest.raises(NotReadyError, match=r"absent: not ready yet"):
        Segment(tmp_path / "absent")


def test_a_half_made_file_is_not_ready(path, tmp_path):
    poke(path, "ready", bytes(4))
    assert code_of(path) == lib.PMM_ERR_NOT_READY
    blank = tmp_path / "blank"
    blank.write_bytes(bytes(4096))
    assert code_of(blank) == lib.PMM_ERR_NOT_READY
    blank.write_bytes(b"")
    assert code_of(blank) == lib.PMM_ERR_NOT_READY


def test_a_file_of_another_program_is_foreign(tmp_path):
    other = tmp_path / "other"
    for content in (b"#!/bin/sh\n", b"\x7fELF" + bytes(5000), b"PMMJRNL1" + bytes(5000)):
        other.write_bytes(content)
        if len(content) > 256:
            poke(other, "ready", b"\1\0\0\0")
        assert code_of(other) == lib.PMM_ERR_FOREIGN
    with pytest.raises(LayoutError, match="not a Pinnacle file"):
        Segment(other)


def test_a_directory_or_a_fifo_is_refused_at_once(tmp_path):
    os.mkfifo(tmp_path / "fifo")
    assert code_of(tmp_path / "fifo") == lib.PMM_ERR_FOREIGN
    assert code_of(tmp_path) == lib.PMM_ERR_FOREIGN


def test_another_format_version_is_refused(path):
    poke(path, "version", struct.pack("<I", lib.PMM_SEGMENT_VERSION + 1))
    assert code_of(path) == lib.PMM_ERR_VERSION


def test_another_layout_or_kind_is_refused_and_zero_accepts_any(path):
    assert code_of(path, print_=PRINT + 1) == lib.PMM_ERR_LAYOUT
    assert code_of(path, kind=SegmentKind.RING) == lib.PMM_ERR_LAYOUT
    assert code_of(path, kind=0, print_=0) == 0


def test_a_file_of_an_earlier_boot_is_stale(path):
    poke(path, "boot_id", struct.pack("<Q", peek(path).boot_id ^ 1))
    assert code_of(path) == lib.PMM_ERR_STALE


def test_a_shorter_file_is_truncated_and_a_longer_one_another_layout(path):
    whole = path.read_bytes()
    for size in (len(whole) - 1, 4096, 256, 255, 8, 3):
        path.write_bytes(whole[:size])
        assert code_of(path) == lib.PMM_ERR_TRUNCATED, size
    path.write_bytes(whole + b"\0")
    assert code_of(path) == lib.PMM_ERR_LAYOUT


def test_a_refused_file_is_not_changed(path):
    poke(path, "boot_id", b"12345678")
    before = path.read_bytes()
    assert code_of(path, mode=Mode.OWN) == lib.PMM_ERR_STALE
    assert path.read_bytes() == before


def test_a_symbolic_link_is_not_followed(path, tmp_path):
    link = tmp_path / "link"
    link.symlink_to(path)
    with pytest.raises(NativeError, match="symbolic links"):
        Segment(link)


def test_each_claim_bumps_the_epoch_and_an_orderly_close_clears_the_owner(path):
    for claims in (1, 2, 3):
        with Segment(path, mode=Mode.OWN) as segment:
            assert segment.epoch == claims
            assert segment.header.owner_pid == os.getpid()
            assert segment.owner_alive(10**9)
        assert peek(path).owner_pid == 0
        assert not Segment(path).owner_alive()


def test_a_segment_has_one_owner_at_a_time_even_within_a_process(path):
    with Segment(path, mode=Mode.OWN), pytest.raises(OwnedError, match="another live process"):
        Segment(path, mode=Mode.OWN)
    Segment(path, mode=Mode.OWN).close()


def test_a_segment_owned_by_another_process_can_be_shared_and_read_but_not_owned(path):
    owner = start_owner(path)
    try:
        assert code_of(path, mode=Mode.OWN) == lib.PMM_ERR_OWNED
        assert code_of(path, mode=Mode.SHARED) == 0
        with Segment(path) as segment:
            assert segment.header.owner_pid == owner.pid
            assert segment.owner_alive()
    finally:
        end(owner)


def test_a_killed_owner_is_seen_dead_before_and_after_it_is_reaped_and_can_be_followed(path):
    owner = start_owner(path)
    with Segment(path) as watcher:
        assert watcher.owner_alive()
        owner.send_signal(signal.SIGKILL)
        os.waitid(os.P_PID, owner.pid, os.WEXITED | os.WNOWAIT)
        assert not watcher.owner_alive(), "a zombie is not alive"
        end(owner)
        assert not watcher.owner_alive()
        assert watcher.header.owner_pid == owner.pid, "the dead do not clean up"
        with Segment(path, mode=Mode.OWN):
            assert watcher.owner_alive()
            assert watcher.epoch == 2


def test_the_lock_says_who_lives_and_never_a_pid(path):
    """The owner's pid may be of another namespace, where it is nobody's or somebody else's."""
    owner = start_owner(path)
    with Segment(path) as watcher:
        poke(path, "owner_pid", struct.pack("<I", 2**31 - 1))
        assert watcher.owner_alive() and is_owned(path)
        end(owner)
        poke(path, "owner_pid", struct.pack("<I", os.getpid()))
        assert not watcher.owner_alive() and not is_owned(path)


def test_a_file_that_is_no_segment_or_not_there_is_nobodys(tmp_path):
    assert not is_owned(tmp_path / "absent")
    other = tmp_path / "other"
    other.write_text("of somebody", encoding="utf-8")
    assert not is_owned(other)
    assert not is_segment(other)


def test_an_owner_of_another_layout_is_seen_too(path):
    owner = start_owner(path)
    poke(path, "version", struct.pack("<I", 99))
    assert is_owned(path) and is_segment(path)
    end(owner)


FORK_AND_WAIT = """
import os, sys, time
from pinnacle.core.journal import Journal
from pinnacle.core.schema import Source
from pinnacle.core.segment import Mode, Segment
segment = Segment(sys.argv[1], mode=Mode.OWN)
journal = Journal.open(sys.argv[2], "x", Source.RISK)
child = os.fork()
if child:
    print(child, flush=True)
time.sleep(600)
"""


def open_files():
    found = {int(path.name) for path in Path("/proc/self/fd").iterdir()}
    return {number for number in found if Path(f"/proc/self/fd/{number}").exists()}


def test_a_forked_child_keeps_no_lock_beyond_its_parents_end(path, tmp_path):
    command = [sys.executable, "-c", FORK_AND_WAIT, str(path), str(tmp_path / "journal")]
    owner = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    child = int(owner.stdout.readline())
    try:
        assert is_owned(path)
        end(owner)
        # The child may not have run since it was made: then it lets go a moment later.
        deadline = time.monotonic() + 20
        while is_owned(path) and time.monotonic() < deadline:
            time.sleep(0.01)
        assert Path(f"/proc/{child}").exists() and not is_owned(path)
        Segment(path, mode=Mode.OWN).close()
        Journal.open(tmp_path / "journal", "x", Source.RISK).close()
    finally:
        os.kill(child, signal.SIGKILL)


def test_an_owner_that_does_not_beat_grows_old(path):
    with Segment(path, mode=Mode.OWN) as segment:
        # No longer ago than the machine was started, which may be a minute.
        half = monotonic_ns() // 2
        poke(path, "heartbeat_ns", struct.pack("<Q", half))
        assert segment.owner_alive()
        assert not segment.owner_alive(half // 2)
        segment.beat()
        assert segment.owner_alive(half)


def test_a_fork_does_not_release_what_its_parent_owns(path):
    with Segment(path, mode=Mode.OWN) as segment:
        child = os.fork()
        if child == 0:
            segment.close()
            os._exit(0)
        os.waitpid(child, 0)
        assert segment.owner_alive()
        assert code_of(path, mode=Mode.OWN) == lib.PMM_ERR_OWNED


def test_a_forked_child_keeps_what_took_the_number_of_a_closed_lock(path, tmp_path):
    (tmp_path / "text").write_text("mine", encoding="utf-8")
    before = open_files()
    with Segment(path, mode=Mode.OWN):
        locked = open_files() - before
    later = [os.open(tmp_path / "text", os.O_RDONLY) for _ in range(len(locked) + 1)]
    assert locked <= set(later)
    child = os.fork()
    if child == 0:
        os._exit(sum(os.pread(fd, 4, 0) != b"mine" for fd in later))
    assert os.waitpid(child, 0)[1] == 0
    for fd in later:
        os.close(fd)


def test_a_closed_segment_says_so(path):
    segment = Segment(path)
    segment.close()
    segment.close()
    assert not segment.owner_alive()
    with pytest.raises(ValueError, match="closed"):
        _ = segment.header


def test_the_clocks_move_on():
    first, wall = monotonic_ns(), lib.pmm_clock_wall_ns()
    assert abs(wall - time.time_ns()) < 60 * 10**9
    assert monotonic_ns() >= first


def test_fingerprints_differ_with_the_layout():
    prints = {fingerprint(text) for text in ("", "a:0:8;", "a:0:4;", "b:0:8;", "a:0:8;b:8:8;")}
    assert len(prints) == 5
    assert 0 not in prints
