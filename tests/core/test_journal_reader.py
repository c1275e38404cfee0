"""What a look at a journal's directory says of it before any record is read."""

import os
import threading

import numpy as np
import pytest

from pinnacle.core.errors import UnreadableError
from pinnacle.core.journal import Journal, Sync
from pinnacle.core.journal_reader import is_written, scan
from pinnacle.core.schema import EVENT, Source


def test_a_pipe_in_the_place_of_a_lock_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "lock")
    told = []
    look = threading.Thread(target=lambda: told.append(is_written(tmp_path)), daemon=True)
    look.start()
    look.join(30)
    assert told == [False]


def test_a_scan_of_the_end_alone_leaves_older_files_unread(tmp_path):
    directory = tmp_path / "log"
    with Journal.open(directory, "old", Source.FEED, 64, Sync.NONE) as journal:
        journal.append_array(np.zeros(64 * 20, EVENT))
    whole, end = scan(directory), scan(directory, end_only=True)
    assert whole.records == end.records == 64 * 20
    assert whole.unread == 0 < end.unread < 64 * 20


def test_a_directory_that_is_none_or_leads_nowhere_is_unreadable_and_named(tmp_path):
    (tmp_path / "file").touch()
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    for name, words in (
        ("file", "Not a directory"),
        ("loop", "Too many levels of symbolic links"),
    ):
        with pytest.raises(UnreadableError, match=f"{name}: {words}"):
            scan(tmp_path / name)
