"""What opening a journal reads: its ends, however old it is, and what that leaves to others."""

import os
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pinnacle.core._native import ffi, lib
from pinnacle.core.errors import CorruptError
from pinnacle.core.journal import Journal, Sync
from pinnacle.core.journal_reader import HEADER_BYTES, JournalReader, scan
from pinnacle.core.schema import EVENT, Source, events_pointer

PER_FILE = 64
#: Files that an open reads record by record.
NEWEST = lib.PMM_JOURNAL_OPEN_FILES
FILES = 6
RECORDS = FILES * PER_FILE - 20
UNREAD = (FILES - NEWEST) * PER_FILE
FILE_BYTES = HEADER_BYTES + PER_FILE * EVENT.itemsize


def open_journal(directory):
    return Journal.open(directory, "ends", Source.FEED, PER_FILE, Sync.NONE)


def make(directory, records=RECORDS):
    events = np.zeros(records, EVENT)
    events["recv_ns"] = np.arange(1, records + 1)
    with open_journal(directory) as journal:
        journal.append_array(events)
    return directory


@pytest.fixture
def old(tmp_path):
    return make(tmp_path / "feed")


def path_of(directory, record):
    return directory / f"{record // PER_FILE:06d}.pmj"


def flip(directory, record, byte=20):
    path = path_of(directory, record)
    content = bytearray(path.read_bytes())
    content[HEADER_BYTES + record % PER_FILE * EVENT.itemsize + byte] ^= 1
    path.write_bytes(content)


def test_a_file_that_was_cut_in_front_of_its_last_record_ends_there(tmp_path):
    records = 4096 // EVENT.itemsize + 1  # the last begins a page of its own
    with Journal.open(tmp_path, "ends", Source.FEED, records, Sync.NONE) as journal:
        journal.append_array(np.zeros(5 * records, EVENT))
    os.truncate(tmp_path / "000000.pmj", HEADER_BYTES + 4096)
    found = scan(tmp_path, end_only=True)
    assert (found.records, found.corrupt, found.missing_bytes) == (records - 1, True, 64)


def test_no_mapping_stays_behind_a_journal(old):
    open_journal(old).close()
    assert str(old) not in Path("/proc/self/maps").read_text(encoding="utf-8")


def test_no_more_records_are_checked_than_are_asked_for(old):
    reader = JournalReader(old)
    events = events_pointer(reader.array()[:3].copy())
    for n in (0, 1, 2, 3):
        assert lib.pmm_journal_check(events, n, reader.identity, 0) == n


def test_opening_reads_the_newest_files_alone_record_by_record(old):
    with open_journal(old) as journal:
        found = journal.reader().report
        assert (journal.count, found.records, found.unread) == (RECORDS, RECORDS, UNREAD)
        assert (found.first_ns, found.last_ns) == (1, RECORDS)
    assert scan(old).unread == 0


def test_a_reader_of_an_open_journal_checks_what_the_opening_left_and_nothing_twice(old):
    with open_journal(old) as journal:
        reader = journal.reader()
        read = np.concatenate(list(reader.checked(size=50)))
        assert read["recv_ns"].tolist() == list(range(1, RECORDS + 1))
        assert reader.looked_at == UNREAD
        behind = journal.reader()
        assert sum(map(len, behind.checked(UNREAD - 10))) == RECORDS - UNREAD + 10
        assert behind.looked_at == 10


@pytest.mark.parametrize("record", [0, 49, PER_FILE - 2, PER_FILE, UNREAD - 2])
def test_damage_that_an_opening_leaves_unread_is_found_by_who_reads_it_and_by_a_scan(old, record):
    flip(old, record)
    with open_journal(old) as journal:
        reader, seen = journal.reader(), 0
        with pytest.raises(CorruptError, match=f"{path_of(old, record).name}, record {record}, "):
            for chunk in reader.checked(size=50):
                seen += len(chunk)
        assert record - 50 < seen <= record
        assert sum(map(len, journal.reader().checked(UNREAD))) == RECORDS - UNREAD
    assert (scan(old).corrupt, scan(old).bad_record) == (True, record)


@pytest.mark.parametrize("record", [PER_FILE - 1, UNREAD - 1, *range(UNREAD, RECORDS - 1, 13)])
def test_damage_that_an_opening_reads_is_refused(old, record):
    flip(old, record)
    with pytest.raises(CorruptError, match=f"record {record}, "):
        open_journal(old)


def test_damage_at_the_very_end_is_a_torn_tail_as_ever(old):
    flip(old, RECORDS - 1)
    with open_journal(old) as journal:
        assert (journal.count, journal.torn_bytes > 0) == (RECORDS - 1, True)


@pytest.mark.parametrize("file", range(FILES))
def test_every_header_is_looked_at_whole(old, file):
    path = path_of(old, file * PER_FILE)
    content = bytearray(path.read_bytes())
    content[HEADER_BYTES - 1] ^= 1
    path.write_bytes(content)
    with pytest.raises(CorruptError, match=path.name):
        open_journal(old)


@pytest.mark.parametrize("file", range(FILES - 1))
def test_an_old_file_that_was_cut_is_refused(old, file):
    os.truncate(path_of(old, file * PER_FILE), FILE_BYTES - EVENT.itemsize)
    with pytest.raises(CorruptError, match=f"{file:06d}.pmj"):
        open_journal(old)


def test_an_old_file_of_another_journal_is_refused(tmp_path, old):
    other = make(tmp_path / "other")
    path_of(old, PER_FILE).write_bytes(path_of(other, PER_FILE).read_bytes())
    with pytest.raises(CorruptError, match=r"000001\.pmj"):
        open_journal(old)


@pytest.mark.parametrize("bytes_", [FILE_BYTES + 1, 1 << 40])
@pytest.mark.parametrize("file", range(FILES))
def test_a_file_that_is_too_long_is_named_and_not_read_through(old, file, bytes_):
    os.truncate(path_of(old, file * PER_FILE), bytes_)
    report = scan(old)
    assert (report.corrupt, report.bad_file) == (True, file)
    assert report.excess_bytes == bytes_ - FILE_BYTES
    records = min(RECORDS, (file + 1) * PER_FILE)
    assert report.records == records == len(JournalReader(old, damaged_ok=True))
    told = ffi.new("struct pmm_journal_report *")
    assert (lib.pmm_journal_scan(bytes(old), told), told.corrupt) == (0, 1)
    with pytest.raises(CorruptError, match=rf"{file:06d}\.pmj.*{bytes_ - FILE_BYTES} bytes too lo"):
        open_journal(old)


def test_a_file_without_a_header_and_longer_than_any_can_be_is_not_read_through(old):
    path = path_of(old, RECORDS - 1)
    path.unlink()
    with path.open("wb") as file:
        file.truncate(1 << 40)
    report = scan(old)
    assert (report.corrupt, report.bad_file, report.records) == (True, FILES - 1, 5 * PER_FILE)
    assert report.excess_bytes > 1 << 39
    with pytest.raises(CorruptError, match=r"000005\.pmj"):
        open_journal(old)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(0, 2 * PER_FILE), max_size=8), st.booleans())
def test_the_ends_of_a_whole_journal_say_what_all_of_it_says(tmp_path_factory, parts, ahead):
    directory = tmp_path_factory.mktemp("ends") / "feed"
    total = 0
    with open_journal(directory) as journal:
        for part in parts:
            journal.append_array(np.zeros(part, EVENT))
            total += part
            if ahead:
                journal.prepare(0)
        directories = [(scan(directory), scan(directory, end_only=True))]
    directories.append((scan(directory), scan(directory, end_only=True)))
    for whole, ends in directories:
        assert whole.unread == 0 and whole.records == total
        for name in whole.__struct_fields__:
            if name != "unread":
                assert getattr(whole, name) == getattr(ends, name), name
        assert ends.unread % PER_FILE == 0 and ends.unread <= total
