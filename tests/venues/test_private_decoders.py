"""Whatever stands in an answer or a frame of any venue is understood or refused, and no more.

What is damaged is a talk with the venue's own side (private_talk.py), and what others have
collected of the venue's payloads, where that stands beside the checkout.
"""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pinnacle.core.errors import DataError
from pinnacle.core.schema import Kind
from pinnacle.venues.orders.port import LEFT_ALONE_S, Answer, Call, What
from pinnacle.venues.transport.patience import RETRY_AFTER_MAX_S
from tests.beside import BESIDE, needs
from tests.live_venues import TRADED
from tests.venues.odd_messages import OTHERS, changed, members
from tests.venues.private_talk import Answered, PrivateTalk, payloads

FIXTURES = BESIDE / "data" / "venue_fixtures"
STATUSES = [200, 400, 401, 403, 418, 429, 500, 503]


@pytest.fixture(scope="module", params=TRADED)
def talk(request, tmp_path_factory):
    made = PrivateTalk(request.param, tmp_path_factory.mktemp(request.param))
    yield made
    made.close()


def heard(talk: PrivateTalk, at: int, frame: bytes) -> bool:
    """Whether it is understood, in the place of the frame there."""
    try:
        talk.heard(at, frame)
    except DataError as error:
        assert str(error)
        return False
    return True


def bodies(talk: PrivateTalk) -> list[Answered]:
    """Answers of JSON; of those that look alike one."""
    found: dict[Any, Answered] = {}
    for each in talk.answers:
        if parsed(each.answer.body) is not None:
            shape = (each.call.what, each.answer.status, tuple(_shape(each.answer.body)))
            found.setdefault(shape, each)
    return list(found.values())


def frames(talk: PrivateTalk) -> list[int]:
    """Places of frames; of those that look alike one."""
    found: dict[Any, int] = {}
    for at, said in enumerate(talk.frames):
        what = None if said.asked is None else said.asked[0].what
        found.setdefault((what, tuple(_shape(said.frame))), at)
    return list(found.values())


def _shape(text: bytes) -> Iterator[str]:
    """Its members, however many elements a list may have, and the words that say what it is."""
    whole = parsed(text)
    for at in dict.fromkeys(tuple(s for s in at if isinstance(s, str)) for at in members(whole)):
        yield "/".join(at)
    yield from (str(v) for k, v in _words(whole) if k in ("x", "X", "status", "exec_type", "type"))


def _words(value: Any) -> Iterator[tuple[Any, Any]]:
    for at in members(value):
        found = value
        for step in at:
            found = found[step]
        if isinstance(found, str):
            yield at[-1], found


def parsed(text: bytes) -> Any:
    """None of what is no JSON."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def other_way(value: Any) -> Any:
    """A number as text, and text as a number where it is one."""
    if isinstance(value, str):
        try:
            return float(value)
        except ValueError:
            return [value]
    return str(value)


def value_at(message: Any, at: tuple) -> Any:
    for step in at:
        message = message[step]
    return message


@st.composite
def damaged(draw: st.DrawFn, text: bytes) -> bytes:
    """A payload with anything done to it, once or thrice."""
    for _ in range(draw(st.integers(1, 3))):
        whole = parsed(text)
        places = list(members(whole))
        way = draw(st.integers(0, 6 if places else 2))
        if way == 0:
            text = text[: draw(st.integers(0, len(text)))]
        elif way == 1:
            at = draw(st.integers(0, len(text)))
            text = text[:at] + draw(st.binary(max_size=4)) + text[at + draw(st.integers(0, 4)) :]
        elif way == 2:
            text += text[draw(st.integers(0, len(text))) :]
        else:
            place = draw(st.sampled_from(places))
            if way == 3:
                text = changed(whole, place)
            elif way == 4:
                text = changed(whole, place, other_way(value_at(whole, place)))
            elif way == 5:
                text = changed(whole, place, draw(st.sampled_from(OTHERS)))
            else:
                text = changed(whole, place, value_at(whole, draw(st.sampled_from(places))))
    return text


def test_a_talk_has_everything_that_is_asked_and_an_order_that_trades(talk):
    asked = {each.call.what for each in talk.answers}
    asked |= {said.asked[0].what for said in talk.frames if said.asked is not None}
    never = {What.TOKEN, What.NAMES, What.FEES, What.REPLACE, What.KEEP_ALIVE, What.EVENTS}
    assert set(What) - never <= asked
    kinds = {
        report.kind.name
        for at, said in enumerate(talk.frames)
        for report in talk.heard(at, said.frame).reports
    }
    for each in talk.answers:
        kinds |= {report.kind.name for report in talk.answered(*each).reports}
    wanted = {"ACK", "REJECTED", "FILL", "FEE", "FILLED_TOTAL", "CANCELLED", "CANCEL_REJECTED"}
    assert wanted <= kinds | {
        report.kind.name
        for at, said in enumerate(talk.frames)
        for _, answered in talk.heard(at, said.frame).answers
        for report in answered.reports
    }


@pytest.mark.parametrize(
    ("said", "wait_s"),
    [
        (None, LEFT_ALONE_S),
        ("0", LEFT_ALONE_S),
        ("7", 7),
        ("\u00b2", LEFT_ALONE_S),
        ("-3", LEFT_ALONE_S),
        ("soon", LEFT_ALONE_S),
        ("Wed, 21 Oct 2015 07:28:00 GMT", LEFT_ALONE_S),
        ("9" * 400, RETRY_AFTER_MAX_S),
    ],
)
def test_what_is_refused_for_the_rate_is_left_for_later_whatever_the_header_says(
    talk, said, wait_s
):
    headers = {} if said is None else {"retry-after": said}
    asked = {each.call.what: each.call for each in talk.answers}
    assert What.OPEN in asked
    for call in asked.values():
        found = talk.entry.answered(call, Answer(429, headers, b""))
        assert found.wait_s >= wait_s and list(found.reports) == [] and not found.fault


#: How many of the things that may stand in the place of a member are tried: one, or each.
THOROUGH = pytest.mark.parametrize(
    "is_thorough", [False, pytest.param(True, marks=pytest.mark.long)], ids=["some", "all"]
)


def others_at(number: int, value: Any, is_thorough: bool) -> list[Any]:
    """What is tried in the place of the member with this number."""
    others = [other_way(value), *OTHERS]
    return others if is_thorough else [others[number % len(others)]]


def counted(reports) -> set[tuple]:
    """What moves positions and cash."""
    kinds = (Kind.FILL, Kind.FEE)
    return {
        (r.kind.name, r.order_id, r.row, int(r.side), r.price, r.quantity, r.aux, r.currency)
        for r in reports
        if r.kind in kinds
    }


@THOROUGH
def test_an_answer_with_another_member_is_understood_or_a_fault(talk, is_thorough):
    for call, answer in bodies(talk):
        whole = parsed(answer.body)
        for number, at in enumerate(members(whole)):
            for other in others_at(number, value_at(whole, at), is_thorough):
                talk.answered(call, answer._replace(body=changed(whole, at, other)))


@THOROUGH
def test_a_frame_with_another_member_is_understood_or_refused(talk, is_thorough):
    for place in frames(talk):
        whole = parsed(talk.frames[place].frame)
        for number, at in enumerate(members(whole)):
            for other in others_at(number, value_at(whole, at), is_thorough):
                heard(talk, place, changed(whole, at, other))


def test_an_answer_without_a_member_tells_of_no_other_fill_or_fee(talk):
    for call, answer in bodies(talk):
        whole, true = parsed(answer.body), counted(talk.answered(call, answer).reports)
        for at in members(whole):
            found = talk.answered(call, answer._replace(body=changed(whole, at)))
            assert counted(found.reports) <= true, (call.what, at)


def test_a_frame_without_a_member_tells_of_no_other_fill_or_fee(talk):
    for place in frames(talk):
        frame = talk.frames[place].frame
        whole, true = parsed(frame), counted(talk.heard(place, frame).reports)
        for at in members(whole):
            try:
                found = talk.heard(place, changed(whole, at))
            except DataError:
                continue
            assert counted(found.reports) <= true, at


def test_a_message_that_is_cut_is_a_fault_or_refused(talk):
    for call, answer in bodies(talk):
        if answer.status != 200:
            continue
        for end in range(0, len(answer.body), 7):
            found = talk.answered(call, answer._replace(body=answer.body[:end]))
            assert found.fault, (call.what, answer.body[:end])
    for place in frames(talk):
        frame = talk.frames[place].frame
        for end in range(0, len(frame), 7):
            assert not heard(talk, place, frame[:end]), frame[:end]


def test_what_is_nested_without_end_is_refused(talk):
    assert not heard(talk, 0, b'{"event":' + b"[" * 100_000)
    for what in (What.OPEN, What.FILLS, What.BALANCES):
        assert talk.answered(Call(what), Answer(200, {}, b"[" * 100_000)).fault


def test_an_error_with_any_status_is_understood_or_a_fault(talk):
    for call, answer in bodies(talk):
        for status in STATUSES:
            talk.answered(call, answer._replace(status=status))
            talk.answered(call, Answer(status, {"retry-after": "x"}, b"<html>"))


@pytest.mark.parametrize(
    "examples", [25, pytest.param(800, marks=pytest.mark.long)], ids=["some", "many"]
)
def test_anything_done_to_a_message_is_understood_or_refused(talk, examples):
    answers, places = bodies(talk), frames(talk)

    @settings(max_examples=examples, deadline=None)
    @given(st.data())
    def run(data):
        call, answer = data.draw(st.sampled_from(answers))
        body = data.draw(damaged(answer.body))
        status = data.draw(st.sampled_from([answer.status, *STATUSES]))
        talk.answered(call, Answer(status, answer.headers, body))
        place = data.draw(st.sampled_from(places))
        heard(talk, place, data.draw(damaged(talk.frames[place].frame)))

    run()


@pytest.mark.parametrize(
    "examples", [25, pytest.param(400, marks=pytest.mark.long)], ids=["some", "many"]
)
def test_any_bytes_are_a_fault_or_refused(talk, examples):
    @settings(max_examples=examples, deadline=None)
    @given(st.binary(max_size=60) | st.text(max_size=40).map(lambda t: t.encode()))
    def run(content):
        heard(talk, len(talk.frames) - 1, content)
        for call, _ in bodies(talk):
            talk.answered(call, Answer(200, {}, content))
            talk.answered(call, Answer(503, {}, content))

    run()


@needs(FIXTURES)
@pytest.mark.parametrize(
    "examples", [0, pytest.param(400, marks=pytest.mark.long)], ids=["whole", "damaged"]
)
def test_what_others_have_collected_is_understood_or_refused(talk, examples):
    found = [text for text in payloads(FIXTURES, talk.kind.name) if len(text) < 20_000]
    assert found
    calls = list({each.call.what: each.call for each in talk.answers}.values())

    def look(text: bytes) -> None:
        heard(talk, len(talk.frames) - 1, text)
        for call in calls:
            talk.answered(call, Answer(200, {}, text))

    for text in found:
        look(text)
    if not examples:
        return

    @settings(max_examples=examples, deadline=None)
    @given(st.data())
    def run(data):
        look(data.draw(damaged(data.draw(st.sampled_from(found)))))

    run()
