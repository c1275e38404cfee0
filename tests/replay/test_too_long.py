"""A journal's file that is absurdly long, by a stranger's hand: every command names it at once."""

import os

import pytest

from pinnacle.core.journal_reader import scan
from pinnacle.replay.health import check_bytes

SIZE = 1 << 40


@pytest.mark.parametrize(
    "arguments",
    [
        ["inspect"],
        ["cat"],
        ["cat", "--journal", "feed"],
        ["book", "--at", "+0.005", "--instrument", "BTC-USD"],
        ["export", "--journal", "feed", "--format", "npy", "--out", "OUT"],
    ],
    ids=" ".join,
)
@pytest.mark.parametrize("file", ["000000.pmj", "000001.pmj"])
def test_every_command_names_the_file_and_ends(session, replay, tmp_path, arguments, file):
    with (session / "feed" / file).open("ab") as longest:  # a hole: it takes no room
        longest.truncate(SIZE)
    command, *options = [str(tmp_path / "out.npy") if a == "OUT" else a for a in arguments]
    result = replay(command, session, *options)
    told = result.stdout + result.stderr
    assert (result.returncode, file in told) == (1, True), told
    assert "Traceback" not in told


def test_a_finding_says_by_how_much_it_is_too_long(session):
    path = session / "feed" / "000000.pmj"
    whole = path.stat().st_size
    os.truncate(path, SIZE)
    (found,) = check_bytes("feed", session / "feed", scan(session / "feed"))
    assert (found["file"], found["record"], found["offset"]) == ("feed/000000.pmj", 64, whole)
    assert found["detail"] == f"{SIZE - whole} bytes more than a file of it can have"
