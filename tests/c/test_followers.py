"""What follows a scan stays inside its memory whatever the records are: under ASan and UBSan."""

import subprocess
from pathlib import Path

import pytest

from tests.c.built import built
from tests.c.mutants import without
from tests.c.sources import CSRC, sources

HERE = Path(__file__).parent
SOURCES = ["kraken_book", "tops", "follow", "l3levels", "judge", "crc32", "l3book*", "book"]
SOURCES += ["book_read", "snapshot", "order_pool", "ladder*"]
WRONG = {
    "a level too many is moved": (
        "kraken_book.c",
        "memmove(at, at + 1, (better - 1) * sizeof *at)",
        "memmove(at, at + 1, better * sizeof *at)",
    ),
    "no room is made for tops": (
        "tops.c",
        "        tops->first = 0;\n",
        "",
    ),
    "less room than a message needs": (
        "l3levels.c",
        "return (size_t)run->levels->touched + 2;",
        "return (size_t)run->levels->touched + 1;",
    ),
}


def outcome(folder, tree):
    files = [HERE / "followers.c", *sources(*SOURCES, tree=tree)]
    binary = built(folder / "followers", files, tree=tree)
    return subprocess.run([binary], capture_output=True, text=True, check=False)


def test_nothing_is_read_or_written_beside_what_was_given(tmp_path):
    done = outcome(tmp_path, CSRC)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.long
@pytest.mark.parametrize("name", WRONG)
def test_the_check_sees_what_it_must(tmp_path, name):
    assert outcome(tmp_path, without(tmp_path, *WRONG[name])).returncode != 0
