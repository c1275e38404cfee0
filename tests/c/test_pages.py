"""Pages fetched in spite of signals, by a journal and by a segment, under the sanitizers."""

import subprocess
from pathlib import Path

from tests.c.built import built
from tests.c.sources import sources

HERE = Path(__file__).parent


def test_a_signal_while_pages_are_fetched_is_no_failure(tmp_path):
    folder = tmp_path / "files"
    folder.mkdir()
    files = sources("clock", "crc32c", "journal_file", "locks", "pages", "segment")
    binary = built(tmp_path / "pages", [HERE / "pages.c", *files], link=["-Wl,--wrap=madvise"])
    done = subprocess.run([binary, folder], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
