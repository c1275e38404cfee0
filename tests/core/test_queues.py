"""Message queues: their names, what a killed process leaves, and what the machine allows."""

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from pinnacle.core import queues
from pinnacle.core.paths import SessionPaths
from pinnacle.core.queues import (
    MESSAGES,
    Queue,
    asker_name,
    is_askers,
    queue_name,
    remove_queue,
    remove_queues,
)


@pytest.fixture
def name():
    made = asker_name()
    yield made
    remove_queue(made)


def paths_of(folder, session="s"):
    return SessionPaths(Path(folder) / session, Path(folder) / "data" / session)


def test_a_message_comes_as_it_was_sent_and_nothing_is_waited_for(name):
    queue = Queue(name, make=True)
    assert queue.receive() is None
    other = Queue(name)
    assert other.send(b"one") and other.send(b"two")
    assert (queue.receive(), queue.receive(), queue.receive()) == (b"one", b"two", None)
    other.close()
    queue.close()


def test_a_full_queue_says_so(name):
    queue = Queue(name, make=True)
    assert [queue.send(b"x") for _ in range(MESSAGES + 1)] == [True] * MESSAGES + [False]
    queue.close()


def test_only_its_owner_may_use_it(name):
    queue = Queue(name, make=True)
    found = os.fstat(queue._queue.mqd)
    assert (stat.S_IMODE(found.st_mode), found.st_uid) == (0o600, os.geteuid())
    queue.close()


def test_it_is_gone_with_whoever_made_it_and_not_with_whoever_writes(name):
    queue = Queue(name, make=True)
    Queue(name).close()
    Queue(name).close()
    queue.close()
    with pytest.raises(FileNotFoundError):
        Queue(name)


def test_what_a_killed_process_has_left_is_replaced_with_nothing_in_it(name):
    code = "import os, sys; from pinnacle.core.queues import Queue; "
    code += "Queue(sys.argv[1], make=True).send(b'old'); os._exit(9)"
    subprocess.run([sys.executable, "-c", code, name], timeout=30)
    old = Queue(name)
    queue = Queue(name, make=True)
    assert queue.receive() is None
    old.close()
    queue.close()


def test_a_name_says_which_session_and_process_and_two_folders_have_two(tmp_path):
    one = queue_name(paths_of(tmp_path / "a"), "risk")
    assert one.startswith("/pinnacle-s-risk-")
    assert one == queue_name(paths_of(tmp_path / "a"), "risk")
    others = [paths_of(tmp_path / "b"), paths_of(tmp_path / "a", "t")]
    names = {one, queue_name(paths_of(tmp_path / "a"), "gateway")}
    assert len(names | {queue_name(paths, "risk") for paths in others}) == 4


def test_a_name_that_is_too_long_is_cut_and_still_its_own(tmp_path):
    long = ["strategy." + "x" * 300 + last for last in "ab"]
    one, other = (queue_name(paths_of(tmp_path), process) for process in long)
    assert one != other and max(len(one), len(other)) <= 255
    queue = Queue(one, make=True)
    queue.close()


def test_only_an_askers_queue_is_one_that_answers_go_to():
    assert is_askers(asker_name())
    for name in ("/pinnacle-ask-1-xyz", "/other", "", "/pinnacle-s-risk-0011223344556677"):
        assert not is_askers(name)


def test_a_machine_that_allows_less_gets_less(name, tmp_path, monkeypatch):
    (tmp_path / "msg_max").write_text("2\n", encoding="utf-8")
    (tmp_path / "msgsize_max").write_text("128\n", encoding="utf-8")
    monkeypatch.setattr(queues, "_LIMITS", tmp_path)
    queue = Queue(name, make=True)
    assert queue.message_bytes == 128
    assert [queue.send(b"x") for _ in range(3)] == [True, True, False]
    queue.close()


def test_the_queues_of_a_dead_session_are_removed_with_it(tmp_path):
    paths = paths_of(tmp_path)
    paths.runtime.mkdir()
    paths.process("risk").touch()
    left = Queue(queue_name(paths, "risk"), make=True)
    remove_queues(paths)
    with pytest.raises(FileNotFoundError):
        Queue(left.name)
    left.close()
