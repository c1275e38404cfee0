"""Frames that wait are given in order, and held back where there are too many."""

import asyncio
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pinnacle.venues.transport import inbox
from pinnacle.venues.transport.inbox import FRAME_BYTES_MAX, FRAMES_PER_TURN, Inbox


def test_parts_are_put_together_in_place(monkeypatch):
    """Copying what there is at each of them takes minutes for a frame of the bound."""
    box = Inbox(10)
    assert box.put(b"x", False)
    begun = box.begun
    for _ in range(100):
        assert box.put(b"y" * 1000, False) and box.begun is begun
    monkeypatch.setattr(inbox, "FRAME_BYTES_MAX", 100_001)
    assert box.put(b"", False) and not box.put(b"z")


@given(
    st.lists(st.one_of(st.integers(0, 3000), st.just("take")), max_size=200), st.integers(1, 100)
)
def test_an_inbox_gives_all_in_order_and_holds_back_while_there_is_too_much(steps, most):
    held, put, taken = [False], [], []
    box = Inbox(most)
    box.hold, box.release = lambda: held.append(True), lambda: held.append(False)

    async def run():
        for step in steps:
            if step == "take":
                if len(put) > len(taken):
                    got = await box.take()
                    assert 0 < len(got) <= FRAMES_PER_TURN
                    taken.extend(got)
            else:
                put.append(b"%d" % len(put) + b" " * step)
                assert box.put(put[-1])
            waiting = put[len(taken) :]
            if len(waiting) > most or sum(map(len, waiting)) > FRAME_BYTES_MAX:
                assert held[-1]
            if not waiting:
                assert not held[-1]
        box.end("all of it")
        while got := await box.take():
            taken.extend(got)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(inbox, "FRAME_BYTES_MAX", 20_000)
        asyncio.run(run())
    assert taken == put
    assert all(one != other for one, other in pairwise(held))


def test_what_comes_when_nobody_takes_any_more_is_thrown_away():
    box, held = Inbox(2), []
    box.put(b"before")
    box.discard()
    box.hold = lambda: held.append(True)
    assert all(box.put(b"frame") for _ in range(10)) and box.put(b"part", False)
    assert not held and box.begun is None
    box.end("gone")
    assert asyncio.run(box.take()) == []


def test_what_comes_behind_the_end_does_not_count_and_what_waited_does():
    box = Inbox(2)
    box.put(b"before")
    box.end("gone")
    box.end("another reason")
    assert box.put(b"behind") and box.why == "gone"
    assert asyncio.run(box.take()) == [b"before"] and asyncio.run(box.take()) == []


def test_a_sender_is_held_back_from_one_too_many_on_until_a_quarter_is_left():
    held, box = [False], Inbox(20)
    box.hold, box.release = lambda: held.append(True), lambda: held.append(False)
    for count in range(1, FRAMES_PER_TURN + 7):
        box.put(b"frame")
        assert held[-1] == (count > 20)
    asyncio.run(box.take())
    assert held[-1], "6 are left"
    assert all(box.put(b"frame") for _ in range(FRAMES_PER_TURN - 1))
    asyncio.run(box.take())
    assert held == [False, True, False], "5 are left"
    assert all(box.put(b"frame") for _ in range(FRAMES_PER_TURN))
    box.discard()
    assert held == [False, True, False, True, False]


def test_who_has_nothing_to_hold_need_not_say_so():
    box = Inbox(1)
    assert all(box.put(b"frame") for _ in range(5))
    box.discard()


def test_a_backlog_lets_others_run():
    box, turns = Inbox(10 * FRAMES_PER_TURN), []

    async def other():
        while True:
            turns.append(len(turns))
            await asyncio.sleep(0)

    async def run():
        running = asyncio.create_task(other())
        for _ in range(4 * FRAMES_PER_TURN):
            box.put(b"frame")
        for taken in range(1, 4):
            await box.take()
            assert len(turns) >= taken
        running.cancel()

    asyncio.run(run())


def test_a_sender_is_held_back_from_a_byte_too_many_on(monkeypatch):
    monkeypatch.setattr(inbox, "FRAME_BYTES_MAX", 100)
    box, held = Inbox(1000), []
    box.hold = lambda: held.append(True)
    for size, expected in ((60, []), (40, []), (1, [True])):
        box.put(b"x" * size)
        assert held == expected
