"""The journal: what is appended is there, in order, and nothing else ever is."""

import errno
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from pinnacle.core._native import ffi, lib
from pinnacle.core.errors import CorruptError, LayoutError, NativeError, OwnedError, UnreadableError
from pinnacle.core.journal import Journal, Sync
from pinnacle.core.journal_reader import HEADER_BYTES, JournalReader, scan
from pinnacle.core.schema import EVENT, Kind, Source

RECORD = EVENT.itemsize


def make_events(n: int, start: int = 0) -> np.ndarray:
    events = np.zeros(n, EVENT)
    events["recv_ns"] = 1_000 + np.arange(start, start + n)
    events["price"] = np.arange(start, start + n) * 7 - 3
    events["kind"] = Kind.DEPTH
    events["source"] = Source.FEED
    return events


def open_journal(path, records_per_file=64, sync=Sync.NONE, **options) -> Journal:
    return Journal.open(path, "test", Source.FEED, records_per_file, sync, **options)


def prepare_all(journal: Journal) -> None:
    while journal.prepare(0):
        pass


def wait_for(condition: Callable[[], bool]) -> None:
    while not condition():
        time.sleep(0.001)


def wait_for_keeper(journal: Journal) -> None:
    """Until the next file is there and those before the current one are let go."""
    state = journal.cdata
    wait_for(lambda: state.made == state.file_index + 2 and state.held == state.file_index)


def same(stored: np.ndarray, events: np.ndarray) -> bool:
    return all(
        np.array_equal(stored[name], events[name]) for name in EVENT.names if name != "commit"
    )


@pytest.fixture
def directory(tmp_path):
    return tmp_path / "feed"


@pytest.mark.parametrize("count", [1, 63, 64, 65, 128, 1000])
def test_what_was_appended_is_read_back_across_files(directory, count):
    events = make_events(count)
    with open_journal(directory) as journal:
        assert journal.append_array(events) == count
        assert journal.count == count
    reader = JournalReader(directory)
    assert len(reader) == count
    assert same(reader.array(), events)
    assert (reader.name, reader.source) == ("test", Source.FEED)
    assert scan(directory).records == count


def test_the_callers_records_are_not_touched(directory):
    events = make_events(10)
    before = events.copy()
    with open_journal(directory) as journal:
        journal.append_array(events)
    assert np.array_equal(events, before)


def test_a_reopened_journal_goes_on_where_it_ended(directory):
    for turn in range(5):
        with open_journal(directory, 64 + turn) as journal:
            assert journal.count == turn * 50
            journal.append_array(make_events(50, turn * 50))
    assert same(JournalReader(directory).array(), make_events(250))


def test_a_second_writer_is_refused_while_the_first_lives(directory):
    with open_journal(directory), pytest.raises(OwnedError, match="owned"):
        open_journal(directory)
    open_journal(directory).close()


def test_the_documented_one_liner_is_the_analysis_interface(directory):
    with open_journal(directory) as journal:
        journal.append_array(make_events(40))
    events = np.memmap(directory / "000000.pmj", dtype=EVENT, mode="r", offset=4096)
    events = events[: np.count_nonzero(events["commit"])]
    assert same(np.asarray(events), make_events(40))


def test_a_bad_magic_and_a_foreign_version_are_refused(directory):
    open_journal(directory).close()
    path = directory / "000000.pmj"
    good = path.read_bytes()
    for offset, text in ((0, "not a Pinnacle file"), (8, "version")):
        path.write_bytes(good[:offset] + b"\x77" + good[offset + 1 :])
        with pytest.raises(LayoutError, match=text):
            open_journal(directory)
        with pytest.raises(LayoutError, match=text):
            scan(directory)


def test_damage_before_later_data_names_its_place_and_stops_everybody(directory):
    with open_journal(directory) as journal:
        journal.append_array(make_events(150))
    path = directory / "000001.pmj"
    content = bytearray(path.read_bytes())
    offset = HEADER_BYTES + 10 * RECORD
    content[offset + 17] ^= 4
    path.write_bytes(content)
    place = rf"000001\.pmj, record 74, byte {offset}"
    with pytest.raises(CorruptError, match=place):
        open_journal(directory)
    with pytest.raises(CorruptError, match=place):
        JournalReader(directory)
    assert len(JournalReader(directory, damaged_ok=True)) == 74
    report = scan(directory)
    assert (report.corrupt, report.records, report.later_valid) == (True, 74, 75)
    assert path.read_bytes() == bytes(content)


def test_a_missing_file_in_the_row_is_corruption(directory):
    with open_journal(directory) as journal:
        journal.append_array(make_events(150))
    (directory / "000001.pmj").unlink()
    with pytest.raises(CorruptError, match="000001"):
        open_journal(directory)
    assert scan(directory).later_valid == 22


@pytest.mark.parametrize("name", ["20261122090000.pmj", "999999999999999999.pmj"])
def test_a_stray_number_far_beyond_the_row_is_corruption_and_not_an_endless_search(directory, name):
    with open_journal(directory) as journal:
        journal.append_array(make_events(150))
    (directory / name).write_bytes((directory / "000002.pmj").read_bytes())
    with pytest.raises(CorruptError, match="000002"):
        open_journal(directory)
    assert scan(directory).records == 150


def test_old_bytes_of_another_journal_are_never_accepted(tmp_path):
    for name in ("old", "new"):
        with open_journal(tmp_path / name) as journal:
            journal.append_array(make_events(30 if name == "old" else 20))
    old = (tmp_path / "old" / "000000.pmj").read_bytes()
    path = tmp_path / "new" / "000000.pmj"
    at = HEADER_BYTES + 20 * RECORD
    path.write_bytes(path.read_bytes()[:at] + old[at:])
    report = scan(tmp_path / "new")
    assert (report.records, report.later_valid, report.corrupt) == (20, 0, False)
    assert report.torn_bytes > 0
    with open_journal(tmp_path / "new") as journal:
        assert (journal.count, journal.torn_bytes) == (20, report.torn_bytes)
    assert not any(path.read_bytes()[at:])


def test_a_records_own_copy_at_another_index_is_not_accepted(directory):
    with open_journal(directory) as journal:
        journal.append_array(make_events(20))
    path = directory / "000000.pmj"
    content = bytearray(path.read_bytes())
    at = HEADER_BYTES + 20 * RECORD
    content[at : at + RECORD] = content[at - RECORD : at]
    path.write_bytes(content)
    assert (scan(directory).records, scan(directory).later_valid) == (20, 0)


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"records_per_file": 63}, "records_per_file 63 is not in 64"),
        ({"records_per_file": (1 << 24) + 1}, "records_per_file"),
        ({"name": "x" * 32}, "longer than 31 bytes"),
        ({"source": Source.RISK}, "the journal of source feed, not risk"),
    ],
)
def test_a_bad_argument_is_explained(directory, options, text):
    open_journal(directory).close()
    arguments = {"name": "test", "source": Source.FEED, "records_per_file": 64} | options
    with pytest.raises(NativeError, match=text):
        Journal.open(directory, **arguments)
    open_journal(directory).close()


def test_a_journal_that_is_not_there_is_not_found(tmp_path):
    (tmp_path / "x000000.pmj").touch()
    for path in (tmp_path, tmp_path / "nowhere"):
        with pytest.raises(UnreadableError, match=r"no journal: no 000000\.pmj in it") as told:
            scan(path)
        assert told.value.exit_code == 1


def test_a_scan_tells_nothing_of_what_stood_in_its_report_before(directory):
    with open_journal(directory) as journal:
        journal.append_array(make_events(5))
    size = ffi.sizeof("struct pmm_journal_report")
    for look in (lib.pmm_journal_scan, lib.pmm_journal_scan_end):
        clean = ffi.new("struct pmm_journal_report *")
        used = ffi.new("struct pmm_journal_report *")
        ffi.memmove(used, b"\xff" * size, size)
        for report in (clean, used):
            assert look(str(directory).encode(), report) == 0
        assert bytes(ffi.buffer(used)) == bytes(ffi.buffer(clean))


def test_a_reader_follows_a_journal_that_is_still_written(directory):
    with open_journal(directory) as journal:
        reader = JournalReader(directory)
        assert [len(chunk) for chunk in reader.follow()] == []
        for start in range(0, 400, 40):
            journal.append_array(make_events(40, start))
            got = np.concatenate([chunk.copy() for chunk in reader.follow()])
            assert same(got, make_events(40, start))
            journal.prepare(0)
        assert scan(directory).corrupt is False


def test_views_are_not_copies_and_cannot_be_written(directory):
    with open_journal(directory) as journal:
        journal.append_array(make_events(100))
    for chunk in JournalReader(directory).chunks():
        assert not chunk.flags.owndata
        assert not chunk.flags.writeable


def test_chunks_respect_their_bounds(directory):
    with open_journal(directory) as journal:
        journal.append_array(make_events(300))
    reader = JournalReader(directory)
    sizes = [len(chunk) for chunk in reader.chunks(10, 200, 50)]
    assert sizes == [50, 4, 50, 14, 50, 14, 8]
    assert same(reader.array(10, 200), make_events(190, 10))
    assert int(reader[299]["recv_ns"]) == int(reader[-1]["recv_ns"]) == 1299
    with pytest.raises(IndexError):
        reader[300]


def test_a_time_is_found_by_bisection(directory):
    with open_journal(directory) as journal:
        journal.append_array(make_events(300))
    reader = JournalReader(directory)
    assert [reader.find_time(ns) for ns in (0, 1000, 1001, 1150, 1299, 1300)] == [
        0, 0, 1, 150, 299, 300,
    ]  # fmt: skip


def test_batch_policy_has_everything_on_disk_when_append_returns(directory):
    with open_journal(directory, sync=Sync.BATCH) as journal:
        for start in range(0, 200, 20):
            journal.append_array(make_events(20, start))
            assert journal.synced == journal.count == start + 20


def test_interval_policy_syncs_when_the_interval_has_passed(directory):
    with open_journal(directory, sync=Sync.INTERVAL, interval_ns=1000) as journal:
        journal.append_array(make_events(10))
        journal.prepare(5000)
        assert journal.synced == 10
        journal.append_array(make_events(10, 10))
        journal.prepare(5999)
        assert journal.synced == 10
        journal.prepare(6000)
        assert journal.synced == 20


def test_the_next_file_is_there_before_it_is_needed_and_gone_after_an_orderly_end(directory):
    with open_journal(directory) as journal:
        prepare_all(journal)
        assert (directory / "000001.pmj").stat().st_size == HEADER_BYTES + 64 * RECORD
        journal.append_array(make_events(64))
        assert scan(directory).files == 2
        journal.append_array(make_events(1, 64))
        prepare_all(journal)
        assert scan(directory).files == 3
    assert sorted(path.name for path in directory.iterdir()) == ["000000.pmj", "000001.pmj", "lock"]


def test_a_keeper_makes_the_next_file_and_lets_go_of_the_full_one(directory):
    with open_journal(directory) as journal:
        journal.keep()
        for start in range(0, 5 * 64, 64):
            journal.append_array(make_events(64, start))
            wait_for_keeper(journal)
            assert (directory / f"{start // 64 + 1:06d}.pmj").exists()
    assert same(JournalReader(directory).array(), make_events(5 * 64))
    assert Path("/proc/self/maps").read_text(encoding="utf-8").count(str(directory)) == 0


def test_a_keeper_syncs_when_the_interval_has_passed(directory):
    with open_journal(directory, sync=Sync.INTERVAL, interval_ns=1000) as journal:
        journal.keep()
        journal.append_array(make_events(100))
        wait_for(lambda: journal.synced == 100)


def test_an_explicit_sync_covers_files_that_were_let_go_of_unsynced(directory):
    with open_journal(directory) as journal:
        journal.append_array(make_events(64 * 5))
        prepare_all(journal)
        assert journal.synced == 0
        journal.sync()
        assert journal.synced == 64 * 5


def test_a_half_made_next_file_is_swept_away(directory):
    with open_journal(directory) as journal:
        journal.append_array(make_events(40))
    (directory / "next.tmp").write_bytes(b"half of a header")
    with open_journal(directory) as journal:
        assert journal.count == 40
        assert not (directory / "next.tmp").exists()
        journal.append_array(make_events(40, 40))
    assert same(JournalReader(directory).array(), make_events(80))


@pytest.mark.parametrize(("count", "files"), [(40, 1), (64, 2)])
def test_a_next_file_that_was_made_and_never_taken_is_swept_away_or_taken(directory, count, files):
    with open_journal(directory) as journal:
        journal.append_array(make_events(count))
        prepare_all(journal)
        left = (directory / "000001.pmj").read_bytes()
    (directory / "000001.pmj").write_bytes(left)  # as a killed process leaves it
    assert (scan(directory).files, scan(directory).records) == (2, count)
    with open_journal(directory, 100) as journal:
        assert len(list(directory.glob("*.pmj"))) == files
        journal.append_array(make_events(64, count))
    assert same(JournalReader(directory).array(), make_events(count + 64))


def test_large_files_are_let_go_and_hold_every_record(directory):
    per_file = 1 << 16
    with open_journal(directory, per_file) as journal:
        for start in range(0, 3 * per_file, per_file // 4):
            journal.append_array(make_events(per_file // 4, start))
            journal.prepare(0)
        prepare_all(journal)
        mapped = Path("/proc/self/maps").read_text(encoding="utf-8").count(str(directory))
        assert mapped <= 3
    assert same(JournalReader(directory).array(), make_events(3 * per_file))
    assert Path("/proc/self/maps").read_text(encoding="utf-8").count(str(directory)) == 0


def test_nothing_is_appended_after_close(directory):
    journal = open_journal(directory)
    journal.close()
    journal.close()
    with pytest.raises(NativeError):
        journal.append_array(make_events(1))


def test_nothing_is_appended_to_a_journal_that_was_not_opened():
    journal, events = ffi.new("struct pmm_journal *"), ffi.new("struct pmm_event[1]")
    assert lib.pmm_journal_open(journal, b"", b"test", 2, 64, 0, 0) == lib.PMM_ERR_ARGUMENT
    assert lib.pmm_journal_append(journal, events, 1) == lib.PMM_ERR_SYSTEM
    assert ffi.errno == errno.EBADF


def test_a_reader_of_a_new_journal_follows_what_is_appended_to_it(directory):
    with open_journal(directory) as journal:
        reader = journal.reader()
        assert (reader.identity, reader.source) == (journal.identity, Source.FEED)
        journal.append_array(make_events(5))
        assert reader.refresh() == 5
        assert same(reader.array(), make_events(5))


def test_no_descriptor_stays_open_behind_a_journal(directory):
    before = set(Path("/proc/self/fd").iterdir())
    open_journal(directory).close()
    (directory / "lock").unlink()
    open_journal(directory).close()
    scan(directory)
    assert set(Path("/proc/self/fd").iterdir()) == before


def test_a_journal_is_opened_and_read_where_standard_input_is_closed(directory):
    program = (
        "import os; from pinnacle.core.journal import Journal, Sync; os.close(0); "
        "from pinnacle.core.journal_reader import scan; "
        f"Journal.open({str(directory)!r}, 'test', 2, 64, Sync.BATCH).close(); "
        f"scan({str(directory)!r})"
    )
    for _ in ("made", "recovered"):
        subprocess.run([sys.executable, "-c", program], check=True)
    assert scan(directory).files == 1
