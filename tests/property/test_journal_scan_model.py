"""A scan of damaged files says what a plain reading of them says, and opening does as it says."""

import tempfile
from pathlib import Path

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pinnacle.core.errors import CorruptError
from pinnacle.core.journal import Journal, Sync
from pinnacle.core.journal_reader import file_name, scan
from pinnacle.core.schema import EVENT, Source
from tests.property.journal_oracle import HEADER, RECORD, Oracle

PER_FILE = 64
FILES = 6
FILE_BYTES = HEADER + PER_FILE * RECORD
MEMORY = "/dev/shm" if Path("/dev/shm").is_dir() else None


def open_journal(directory):
    return Journal.open(directory, "model", Source.FEED, PER_FILE, Sync.NONE)


def written(directory, records):
    """The bytes of a journal's files, by index."""
    events = np.zeros(records, EVENT)
    events["recv_ns"] = np.arange(records) * 7 + 1
    events["price"] = np.arange(records) << 33
    with open_journal(directory) as journal:
        journal.append_array(events)
    return dict(enumerate(path.read_bytes() for path in sorted(directory.glob("*.pmj"))))


@pytest.fixture(scope="module")
def journals(tmp_path_factory):
    """Journals that end in the middle of a file, with one, and between two; and a stranger."""
    folder = tmp_path_factory.mktemp("journals")
    lengths = (FILES * PER_FILE - 20, 5 * PER_FILE, 2 * PER_FILE + 1, 9, 1)
    return [written(folder / str(n), n) for n in lengths], written(folder / "other", 300)


@st.composite
def damages(draw):
    """(how, file, place, length) of some damages, one after the other."""
    how = ["flip", "tear", "zero", "header", "cut", "lengthen", "remove", "move", "stranger"]
    one = st.tuples(
        st.sampled_from(how),
        st.integers(0, FILES + 3),
        st.integers(0, FILE_BYTES - 1) | st.sampled_from([HEADER - 1, HEADER, HEADER + RECORD]),
        st.integers(1, 3 * RECORD),
    )
    return draw(st.lists(one, max_size=3))


def damage(files, stranger, how, index, place, length):
    """Does one to the files; those that are not there stay away, but for a stray."""
    if how in ("move", "stranger"):
        taken_from = files if how == "move" else stranger
        files[index] = list(taken_from.values())[place % len(taken_from)]
    if how == "tear":
        index = max(files)
    if index not in files or (how == "remove" and len(files) == 1):
        return
    content = bytearray(files[index])
    if how == "flip" and len(content) > HEADER:
        content[HEADER + place % (len(content) - HEADER)] ^= length % 255 + 1
    elif how == "tear":  # behind the last record, where there is room
        behind = len(content.rstrip(b"\0"))
        content[behind : behind + length] = b"\xaa" * min(length, len(content) - behind)
    elif how == "zero":
        content[HEADER + place : HEADER + place + length] = bytes(
            len(content[HEADER + place : HEADER + place + length])
        )
    elif how == "header" and len(content) >= HEADER:
        content[64 + place % (HEADER - 64)] ^= length % 255 + 1
    elif how == "cut":
        del content[place:]
    elif how == "lengthen":
        content += bytes([place % 2]) * length
    files[index] = bytes(content)
    if how == "remove":
        del files[index]


def put(directory, files):
    for index, content in files.items():
        (directory / file_name(index)).write_bytes(content)
    # No names of a journal's files.
    for name in ("00001.pmj", "000001.pmj~", "x000001.pmj", "0000000000000000009.pmj", "lock"):
        (directory / name).write_bytes(b"no journal")


def good_headers(files, stranger):
    return {content[:HEADER] for content in (*files.values(), *stranger.values())}


def test_a_scan_says_what_the_files_say(journals):
    originals, stranger = journals

    @settings(deadline=None, max_examples=150)
    @given(st.integers(0, len(originals) - 1), damages())
    def run(which, steps):
        files, good = dict(originals[which]), good_headers(originals[which], stranger)
        for step in steps:
            damage(files, stranger, *step)
        with tempfile.TemporaryDirectory(dir=MEMORY) as folder:
            directory = Path(folder)
            put(directory, files)
            for end_only in (False, True):
                expected = Oracle(files, good, end_only).report
                assert msgspec.structs.asdict(scan(directory, end_only=end_only)) == expected
            opens_as_it_says(directory, files, expected)

    run()


def opens_as_it_says(directory, files, said):
    """`said` is an end scan's report: what it left unread is not opening's to judge."""
    if said["corrupt"]:
        with pytest.raises(CorruptError):
            open_journal(directory)
        for index, content in files.items():
            assert (directory / file_name(index)).read_bytes() == content
        return
    with open_journal(directory) as journal:
        assert (journal.count, journal.torn_bytes) == (said["records"], said["torn_bytes"])
    found = scan(directory, end_only=True)
    assert (found.records, found.corrupt) == (said["records"], False)
    assert not found.torn_bytes and not found.missing_bytes
