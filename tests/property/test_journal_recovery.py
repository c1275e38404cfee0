"""Recovery: whatever happens to the bytes, the result is a prefix that has everything before the
damage, or a refusal; nothing is lost in silence and nothing is invented."""

import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pinnacle.core.errors import CorruptError, LayoutError
from pinnacle.core.journal import Journal, Sync
from pinnacle.core.journal_reader import HEADER_BYTES, JournalReader, scan
from pinnacle.core.schema import EVENT, Source

RECORD = EVENT.itemsize
PER_FILE = 64
MEMORY = Path("/dev/shm")


def make_events(n: int, start: int = 0) -> np.ndarray:
    """Records without a zero byte, so that every byte of a torn one counts."""
    index = np.arange(start, start + n) % 251 + 1
    return np.repeat(index.astype(np.uint8), RECORD).view(EVENT)


def open_journal(directory: Path) -> Journal:
    return Journal.open(directory, "property", Source.FEED, PER_FILE, Sync.NONE)


def payload(events: np.ndarray) -> bytes:
    return np.ascontiguousarray(events).view(np.uint8).reshape(-1, RECORD)[:, :60].tobytes()


def assert_prefix(directory: Path, count: int) -> None:
    reader = JournalReader(directory)
    assert len(reader) == count
    assert payload(reader.array()) == payload(make_events(count))


@pytest.fixture
def scratch():
    with tempfile.TemporaryDirectory(dir=MEMORY if MEMORY.is_dir() else None) as path:
        yield Path(path)


def write_journal(directory: Path, count: int) -> list[bytes]:
    with open_journal(directory) as journal:
        journal.append_array(make_events(count))
    return [path.read_bytes() for path in sorted(directory.glob("*.pmj"))]


def reset(directory: Path, files: list[bytes]) -> None:
    for path in directory.glob("*.pmj"):
        path.unlink()
    for index, content in enumerate(files):
        (directory / f"{index:06d}.pmj").write_bytes(content)


def test_the_last_file_cut_at_every_length_keeps_every_whole_record(scratch):
    files = write_journal(scratch, PER_FILE + 3)
    for length in range(HEADER_BYTES, HEADER_BYTES + 4 * RECORD + 1):
        reset(scratch, [files[0], files[1][:length]])
        whole = min(3, (length - HEADER_BYTES) // RECORD)
        report = scan(scratch)
        assert report.missing_bytes == HEADER_BYTES + PER_FILE * RECORD - length
        # Of a checksum any byte may be zero.
        torn = sum(byte != 0 for byte in files[1][HEADER_BYTES + whole * RECORD : length])
        assert report.torn_bytes == torn
        with open_journal(scratch) as journal:
            assert journal.count == PER_FILE + whole
            assert journal.torn_bytes == torn
            journal.append_array(make_events(2, PER_FILE + whole))
        assert_prefix(scratch, PER_FILE + whole + 2)
        assert scan(scratch).missing_bytes == 0


def test_a_file_cut_inside_its_header_or_before_a_later_file_is_refused(scratch):
    files = write_journal(scratch, PER_FILE + 3)
    for length in [*range(0, HEADER_BYTES, 61), HEADER_BYTES - 1]:
        reset(scratch, [files[0], files[1][:length]])
        with pytest.raises(CorruptError):
            open_journal(scratch)
    for length in range(0, len(files[0]), 37):
        reset(scratch, [files[0][:length], files[1]])
        with pytest.raises(CorruptError):
            open_journal(scratch)
        assert scan(scratch).later_valid >= 3


def test_every_byte_length_of_a_half_written_record_is_cut_and_counted(scratch):
    files = write_journal(scratch, 3)
    at = HEADER_BYTES + 2 * RECORD
    for kept in range(RECORD):
        torn = files[0][: at + kept] + bytes(len(files[0]) - at - kept)
        reset(scratch, [torn])
        with open_journal(scratch) as journal:
            assert (journal.count, journal.torn_bytes) == (2, sum(b != 0 for b in torn[at:]))
        assert not any((scratch / "000000.pmj").read_bytes()[at:])
        assert_prefix(scratch, 2)


def test_every_single_bit_flip_gives_everything_before_it_or_a_refusal(scratch):
    count = 5
    files = write_journal(scratch, count)
    content = bytearray(files[0])
    places = [*range(96), *range(96, HEADER_BYTES, 41)]
    places += range(HEADER_BYTES, HEADER_BYTES + count * RECORD)
    for at in places:
        for bit in range(8):
            content[at] ^= 1 << bit
            reset(scratch, [bytes(content)])
            content[at] ^= 1 << bit
            record = (at - HEADER_BYTES) // RECORD
            try:
                with open_journal(scratch) as journal:
                    kept, torn = journal.count, journal.torn_bytes
            except (CorruptError, LayoutError):
                assert record < count - 1
                continue
            assert (record, kept) == (count - 1, count - 1)
            assert torn > 0
            assert_prefix(scratch, kept)


def test_every_bit_flip_in_either_of_two_files_is_placed_exactly(scratch):
    count = PER_FILE + 2
    files = write_journal(scratch, count)
    for index, record in [(0, 0), (0, 31), (0, 63), (1, 64)]:
        at = HEADER_BYTES + (record - index * PER_FILE) * RECORD
        content = bytearray(files[index])
        for bit in range(RECORD * 8):
            content[at + bit // 8] ^= 1 << bit % 8
            reset(scratch, [bytes(content) if i == index else files[i] for i in range(2)])
            content[at + bit // 8] ^= 1 << bit % 8
            report = scan(scratch)
            assert report.corrupt
            assert (report.records, report.bad_record) == (record, record)
            assert (report.bad_file, report.bad_offset) == (index, at)
            assert report.later_valid == count - 1 - record


@settings(deadline=None, max_examples=60)
@given(
    st.lists(
        st.one_of(
            st.tuples(st.just("append"), st.integers(0, 150)),
            st.tuples(st.just("prepare"), st.integers(0, 10**9)),
            st.tuples(st.just("reopen"), st.integers(PER_FILE, 3 * PER_FILE)),
            st.tuples(st.just("tear"), st.binary(min_size=1, max_size=3 * RECORD)),
        ),
        max_size=12,
    )
)
def test_any_life_of_appends_ends_and_torn_tails_keeps_every_record(steps):
    with tempfile.TemporaryDirectory(dir=MEMORY if MEMORY.is_dir() else None) as path:
        directory = Path(path) / "journal"
        journal, count, per_file = open_journal(directory), 0, PER_FILE
        for step, value in steps:
            if step == "append":
                journal.append_array(make_events(value, count))
                count += value
            elif step == "prepare":
                journal.prepare(value)
            else:
                journal.close()
                if step == "tear":
                    tear(directory, count, value)
                else:
                    per_file = value
                journal = Journal.open(directory, "p", Source.FEED, per_file, Sync.NONE)
                assert journal.count == count
        journal.close()
        assert_prefix(directory, count)


def tear(directory: Path, count: int, rubbish: bytes) -> None:
    """Put rubbish behind the last record, as far as the last file has room."""
    path = max(directory.glob("*.pmj"))
    content = path.read_bytes()
    first = int.from_bytes(content[32:40], "little")
    at = HEADER_BYTES + (count - first) * RECORD
    room = len(content) - at
    path.write_bytes(content[:at] + rubbish[:room].ljust(room, b"\0"))
