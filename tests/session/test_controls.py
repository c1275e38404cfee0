"""What is told to a session's owner of what was asked for: nothing that is left goes unsaid."""

import pytest

from pinnacle.core.bell import Control
from pinnacle.core.schema import Reason
from pinnacle.plan.checks import load_session
from pinnacle.session import controls
from pinnacle.session.asking import NoAnswer
from pinnacle.session.controls import cancel_all, flatten, halt, resume
from pinnacle.session.create import create_session
from tests.sessions import demo_config

FLAT = {"closing": False, "left": {}}
HALTED = {"seen": True, "halted": "operator", "had": {"BTC-USD": 4}, "open": 0}
CANCELLED = {"open": 0, "going_on": False, "fault": ""}


class Processes:
    """Answers as a session's do: by the word; a text is why there is no answer."""

    def __init__(self, **answers):
        self.answers, self.asked = answers, []

    def ask(self, process, word, **about):
        self.asked.append((process, word))
        found = self.answers.get(word, {})
        if isinstance(found, str):
            raise NoAnswer(found)
        return found


@pytest.fixture
def paths(tmp_path, monkeypatch):
    """Of a session of the demo's configuration, of which no process runs."""
    monkeypatch.setattr(controls, "_DONE_S", 0.1)
    file, made = demo_config(tmp_path, "demo")
    create_session(load_session(file), made)
    return made


def killed(paths):
    with Control(paths.control) as control:
        return control.killed()


def test_a_halt_stops_trading_whoever_answers_and_says_who_does_not(paths):
    done = halt(paths, Processes(halted="risk: no answer"))
    assert killed(paths) == Reason.OPERATOR
    assert (done.faults, done.whole) == (["risk: no answer"], False)


def test_a_halt_tells_of_the_orders_that_are_open_when_its_time_is_up(paths):
    done = halt(paths, Processes(halted=HALTED | {"open": 2}))
    assert (done.orders, done.open, done.whole) == ({"BTC-USD": 4}, 2, False)


def test_trading_goes_on_though_a_strategy_does_not_answer_and_that_is_said(paths):
    halt(paths, Processes(halted=HALTED))
    done = resume(paths, Processes(resume="strategy: no answer"))
    assert killed(paths) == Reason.NONE
    assert done.faults == ["strategy: no answer"]


def flattened(paths, **answers):
    told = {"flatten": {"position": 0}, "flattened": FLAT, "halted": HALTED} | answers
    return flatten(paths, Processes(**told), 1, 1, 0.1)


def test_all_that_was_flat_is_whole_and_trading_is_halted_behind_it(paths):
    done = flattened(paths)
    assert done.whole and killed(paths) == Reason.OPERATOR
    assert done.what == "flattened, and halted"


@pytest.mark.parametrize(
    "answers",
    [{"flatten": "strategy: no answer"}, {"flattened": FLAT | {"left": {"BTC-USD": 1}}}],
    ids=["nobody answers", "something is left"],
)
def test_what_is_not_flat_is_not_called_so(paths, answers):
    assert flattened(paths, **answers).what == "halted, and not flattened"


def test_what_is_still_open_or_held_or_silent_behind_a_flatten_is_told(paths):
    done = flattened(paths, halted=HALTED | {"open": 3})
    assert (done.open, done.whole) == (3, False)
    done = flattened(paths, halted="risk: no answer")
    assert (done.faults, done.whole) == (["risk: no answer"], False)
    done = flattened(paths, flattened=FLAT | {"left": {"BTC-USD": 1}})
    assert set(done.left) == {"strategy"} and not done.whole
    done = flattened(paths, flatten="strategy: no answer")
    assert (done.faults, done.whole) == (["strategy: no answer"], False)
    assert killed(paths) == Reason.OPERATOR


@pytest.mark.parametrize(
    ("change", "open_now", "faults"),
    [
        ({}, 0, []),
        ({"open": 2}, 2, []),
        ({"fault": "HTTP 500"}, 0, ["gateway: the venue's own cancel of all: HTTP 500"]),
    ],
)
def test_what_was_not_taken_back_is_told_and_trading_goes_on(paths, change, open_now, faults):
    processes = Processes(cancel_all={"had": {"BTC-USD": 4}}, cancelled=CANCELLED | change)
    done = cancel_all(paths, processes)
    assert (done.orders, done.open, done.faults) == ({"BTC-USD": 4}, open_now, faults)
    assert done.whole is not bool(open_now or faults) and killed(paths) == Reason.NONE


def test_the_venues_own_cancel_of_all_is_waited_for(paths):
    processes = Processes(cancel_all={"had": {}}, cancelled=CANCELLED | {"going_on": True})
    cancel_all(paths, processes)
    assert processes.asked.count(("gateway", "cancelled")) > 1


def test_what_was_closed_while_trading_was_halted_is_not_left(paths):
    class Late(Processes):
        def ask(self, process, word, **about):
            is_halted = ("risk", "halted") in self.asked
            found = super().ask(process, word, **about)
            return FLAT if word == "flattened" and is_halted else found

    held = FLAT | {"closing": True, "left": {"BTC-USD": 7}}
    late = Late(flatten={"position": 7}, flattened=held, halted=HALTED)
    done = flatten(paths, late, 1, 1, 0.1)
    assert done.left == {} and done.what == "flattened, and halted"


def test_one_that_answers_no_more_is_left_with_what_it_said_last(paths):
    class Gone(Processes):
        def ask(self, process, word, **about):
            if word == "flattened" and ("risk", "halted") in self.asked:
                raise NoAnswer("strategy: no answer")
            return super().ask(process, word, **about)

    held = FLAT | {"left": {"BTC-USD": 7}}
    gone = Gone(flatten={"position": 7}, flattened=held, halted=HALTED)
    done = flatten(paths, gone, 1, 1, 0.1)
    assert done.faults == ["strategy: no answer"] and list(done.left) == ["strategy"]
