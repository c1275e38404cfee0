"""`pinnacle-replay inspect`."""

import json
import os
import tempfile
from pathlib import Path

import pytest

from pinnacle.core.journal import Journal, Sync
from pinnacle.core.schema import Source
from pinnacle.replay.recording import Recording
from pinnacle.replay.summary import summarise
from tests.reach import OTHERS_CAN_COME
from tests.replay.recorded import START_NS, flip_bit, write_session


def test_the_counts_are_those_of_the_records(session, replay):
    result = replay("inspect", session, "--json", "--gap", "0.0015")
    assert result.returncode == 0, result.stderr
    found = json.loads(result.stdout)
    assert found["healthy"] is True
    feed, strategy = found["journals"]
    assert (feed["journal"], feed["records"], feed["files"], feed["health"]) == (
        "feed", 13, 1, "good",
    )  # fmt: skip
    assert feed["kinds"] == {
        "depth": 8, "trade": 1, "book_begin": 1, "book_end": 1, "book_invalid": 1, "start": 1,
    }  # fmt: skip
    assert feed["sources"] == {"feed": 13}
    assert (feed["sequence_gaps"], feed["gap_invalidations"], feed["runs"]) == (1, 1, 1)
    assert (feed["time_gaps"], feed["longest_gap_index"], feed["longest_gap_ns"]) == (
        1, 11, 2_000_000,
    )  # fmt: skip
    assert feed["first_ns"] == START_NS
    assert feed["first"] == "2023-11-14T22:13:20.123456789Z"
    assert (strategy["records"], strategy["decisions"]) == (6, 1)
    assert strategy["sources"] == {"strategy": 2, "gateway": 4}


def test_damage_is_told_with_its_place_and_a_failing_exit(session, replay):
    flip_bit(session / "feed" / "000000.pmj", 4096 + 64 * 4 + 20)
    result = replay("inspect", session)
    assert result.returncode == 1
    assert "feed: damaged, 4 records" in result.stdout
    assert "feed/000000.pmj record 4 byte 4352" in result.stdout
    assert "strategy: good, 6 records" in result.stdout


def test_a_run_that_goes_on_is_told_from_one_that_ended_early(session, replay):
    assert "1 runs, the last ended early" in replay("inspect", session / "feed").stdout
    with Journal.open(session / "feed", "recorded", Source.FEED, 64, Sync.NONE):
        assert "1 runs, the last goes on" in replay("inspect", session / "feed").stdout


def test_one_journal_can_be_asked_for_alone(session, replay):
    result = replay("inspect", session / "strategy", "--json")
    (found,) = json.loads(result.stdout)["journals"]
    assert (found["journal"], found["records"]) == ("strategy", 6)


def test_a_foreign_file_is_unreadable_and_not_a_traceback(session, replay):
    (session / "risk").mkdir()
    (session / "risk" / "000000.pmj").write_bytes(b"not a journal" * 1000)
    result = replay("inspect", session)
    assert result.returncode == 1
    assert "risk: unreadable" in result.stdout
    assert "Traceback" not in result.stderr


def test_a_journal_without_a_record_is_named_beside_others_that_have_some(session, replay):
    path = session / "strategy" / "000000.pmj"
    with path.open("r+b") as file:
        file.seek(4096)
        file.write(bytes(path.stat().st_size - 4096))
    result = replay("inspect", session)
    assert result.returncode == 1
    assert "strategy: empty, 0 records" in result.stdout
    assert "its neighbours have some" in result.stdout


def as_nobody(function):
    """What a function returns (one line of text) to a process that is not allowed everything."""
    reader, writer = os.pipe()
    pid = os.fork()
    if pid == 0:
        if os.getuid() == 0:
            os.setegid(65534)
            os.seteuid(65534)
        try:
            os.write(writer, function().encode())
        finally:
            os._exit(0)
    os.close(writer)
    with os.fdopen(reader, encoding="utf-8") as told:
        text = told.read()
    os.waitpid(pid, 0)
    return text


@pytest.mark.skipif(
    os.getuid() == 0 and not OTHERS_CAN_COME,
    reason="nothing keeps root out, and no other user can come here",
)
def test_a_journal_that_may_not_be_read_is_named_and_not_left_out():
    with tempfile.TemporaryDirectory() as folder:
        session = write_session(Path(folder) / "monday")
        Path(folder).chmod(0o755)
        (session / "strategy").chmod(0)

        def look():
            recording = Recording.open(session)
            directory = recording.journals["strategy"]
            return summarise("strategy", directory, 1, lambda n: None)["health"]

        assert as_nobody(look) == "unreadable"
        (session / "strategy").chmod(0o755)


def test_a_journal_whose_files_are_gone_is_named_and_not_passed_over(session, replay):
    for file in (session / "feed").glob("*.pmj"):
        file.unlink()
    result = replay("inspect", session, "--json")
    assert result.returncode == 1
    feed, strategy = json.loads(result.stdout)["journals"]
    assert (feed["journal"], feed["health"]) == ("feed", "unreadable")
    assert "no 000000.pmj in it" in feed["findings"][0]["detail"]
    assert strategy["records"] == 6
    result = replay("cat", session)
    assert result.returncode == 1
    assert result.stderr == f"error: {session / 'feed'}: no journal: no 000000.pmj in it\n"


def test_a_session_without_the_folder_of_a_process_is_not_whole(session, replay):
    (session / "config.toml").touch()
    result = replay("inspect", session, "--json")
    assert result.returncode == 1
    health = {row["journal"]: row["health"] for row in json.loads(result.stdout)["journals"]}
    assert health == {
        "exchange": "unreadable", "feed": "good", "strategy": "good",
        "risk": "unreadable", "gateway": "unreadable",
    }  # fmt: skip


def test_a_folder_that_is_not_there_is_a_mistake_of_the_command_line(tmp_path, replay):
    for command in (["inspect"], ["verify"], ["cat"]):
        result = replay(*command, tmp_path / "nowhere")
        assert result.returncode == 2
        assert result.stderr == f"error: {tmp_path / 'nowhere'}: no such directory\n"


def test_a_folder_whose_name_is_no_text_is_read_like_any_other(session, replay):
    odd = Path(os.fsdecode(os.fsencode(session) + b"\xff"))
    session.rename(odd)
    result = replay("inspect", odd, "--json")
    assert result.returncode == 0, result.stderr
    assert json.loads(result.stdout)["healthy"]
