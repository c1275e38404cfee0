"""Pages fetched in spite of signals, by a journal and by a segment, under the sanitizers."""

import subprocess
from pathlib import Path

from tests.c.sources import CSRC, sources

HERE = Path(__file__).parent


def test_a_signal_while_pages_are_fetched_is_no_failure(tmp_path):
    binary, folder = tmp_path / "pages", tmp_path / "files"
    folder.mkdir()
    command = ["gcc", "-std=gnu11", "-O1", "-g", "-Wall", "-Wextra", "-Werror", f"-I{CSRC}"]
    command += ["-fsanitize=address,undefined", "-fno-sanitize-recover=all", "-Wl,--wrap=madvise"]
    files = sources("clock", "crc32c", "journal_file", "locks", "pages", "segment")
    subprocess.run([*command, "-o", binary, HERE / "pages.c", *files], check=True)
    done = subprocess.run([binary, folder], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
