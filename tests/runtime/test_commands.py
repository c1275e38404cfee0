"""What a process makes of what it is told: an answer, or a number on a counter."""

import msgspec
import pytest
import structlog

from pinnacle.core.bell import Control, create_control
from pinnacle.core.paths import SessionPaths
from pinnacle.core.queues import Queue, asker_name, queue_name
from pinnacle.core.schema import Reason
from pinnacle.runtime.commands import Commands
from pinnacle.session import asking as asking_module
from pinnacle.session.asking import Asker, NoAnswer, asking
from pinnacle.session.controls import halt


def double(about):
    if "x" not in about:
        raise ValueError("x is missing")
    return {"twice": 2 * about["x"]}


@pytest.fixture
def paths(tmp_path):
    made = SessionPaths(tmp_path / "s", tmp_path / "data" / "s")
    made.runtime.mkdir()
    made.control.touch()
    return made


@pytest.fixture
def commands(paths):
    made = Commands(paths, "risk", {"double": double}, structlog.get_logger())
    yield made
    made.close()


@pytest.fixture
def answers():
    made = Queue(asker_name(), make=True)
    yield made
    made.close()


def tell(paths, message):
    queue = Queue(queue_name(paths, "risk"))
    assert queue.send(message)
    queue.close()


def request(answers, **changes):
    fields = {"number": 7, "answer_to": answers.name, "word": "double", "about": {"x": 4}}
    return msgspec.json.encode(fields | changes)


def test_a_request_is_answered_with_its_number(paths, commands, answers):
    tell(paths, request(answers))
    commands.look()
    found = msgspec.json.decode(answers.receive())
    assert found == {"number": 7, "process": "risk", "told": {"twice": 8}, "refused": ""}
    assert (commands.answered, commands.malformed) == (1, 0)


@pytest.mark.parametrize(
    ("changes", "why"),
    [({"word": "shout"}, "'shout' is not known here"), ({"about": {}}, "x is missing")],
)
def test_what_it_does_not_do_is_refused_with_the_reason(paths, commands, answers, changes, why):
    tell(paths, request(answers, **changes))
    commands.look()
    assert msgspec.json.decode(answers.receive())["refused"] == why


@pytest.mark.parametrize(
    "message",
    [
        b"",
        b"nonsense",
        b"\xff\xfe",
        b"[" * 1000,
        b"{}",
        b'{"number":"one","answer_to":"/a","word":"double"}',
        b'{"number":1,"answer_to":"/etc","word":"double","about":{"x":1}}',
        b'{"number":1,"answer_to":"/pinnacle-ask-1-0011223344556677","word":"double"}',
    ],
)
def test_a_message_that_cannot_be_read_or_answered_is_counted(paths, commands, message):
    tell(paths, message)
    commands.look()
    assert (commands.answered, commands.malformed) == (0, 1)


def test_an_answer_for_which_nobody_makes_room_is_given_up(paths, commands, answers):
    while answers.send(b"full"):
        pass
    tell(paths, request(answers))
    commands.look()
    assert (commands.answered, commands.malformed) == (0, 1)


def test_a_process_without_a_queue_goes_on(tmp_path, capsys):
    nobody = SessionPaths(tmp_path / "x", tmp_path)
    taken = Commands(nobody, "risk", {}, structlog.get_logger())
    taken.close()
    taken.look()
    assert (taken.answered, taken.malformed) == (0, 0)


def test_who_asks_a_process_that_is_not_there_is_told(paths):
    why = "risk: it has no message queue"
    with asking(paths, 0.2) as asker, pytest.raises(NoAnswer, match=why):
        asker.ask("risk", "double", x=1)


def test_who_asks_a_process_that_stands_still_is_told_after_the_time(paths, commands):
    with asking(paths, 0.1) as asker:
        for _ in range(6):  # its queue becomes full, and then has no room either
            with pytest.raises(NoAnswer, match=r"risk: no answer within 0.1 s: is it alive\?"):
                asker.ask("risk", "double", x=1)


def test_a_late_answer_to_an_earlier_question_is_not_taken_for_the_next(paths, commands):
    asker = Asker(paths, 0.05)
    with pytest.raises(NoAnswer):
        asker.ask("risk", "double", x=1)
    commands.look()
    with pytest.raises(NoAnswer, match="no answer"):
        asker.ask("risk", "double", x=5)
    asker.close()


def test_a_halt_needs_no_queue_at_all(paths, monkeypatch):
    paths.control.unlink()
    create_control(paths.control)
    paths.process("risk").touch()
    monkeypatch.setattr(asking_module, "asker_name", lambda: "/no/such/queue")
    with asking(paths, 0.1) as asker:
        done = halt(paths, asker)
    assert not done.whole and "no message queue for answers" in done.faults[0]
    with Control(paths.control) as control:
        assert control.killed() == Reason.OPERATOR
