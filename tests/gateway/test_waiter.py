"""Who has sockets, too, takes a turn for whatever wakes it, and none is lost."""

import asyncio
import threading
import time
from contextlib import contextmanager

import pytest

from pinnacle.core.bell import Bell, Wait, create_bell
from pinnacle.core.ring import RingReader, RingWriter, create_ring
from pinnacle.core.schema import EventBuffer
from pinnacle.core.segment import Mode
from pinnacle.gateway.waiter import Waiter

COUNT = 300
#: Of a test that would never end.
END_S = 20.0


@pytest.fixture(params=list(Wait), ids=lambda kind: kind.name.lower())
def kind(request):
    return request.param


@contextmanager
def opened(folder):
    """The owner's bell, its ring, and who writes it."""
    create_bell(folder / "own", "own")
    create_ring(folder / "ring", 8, "to own")
    with (
        Bell(folder / "own", Mode.OWN) as own,
        Bell(folder / "own", Mode.SHARED) as rung,
        RingReader(folder / "ring") as reader,
        RingWriter(folder / "ring") as writer,
    ):
        own.watch([reader])
        yield own, rung, reader, writer


def run(waiter_of, *beside):
    async def main():
        tasks = [asyncio.create_task(one()) for one in beside]
        try:
            async with asyncio.timeout(END_S):
                await waiter_of().run(*tasks)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    asyncio.run(main())


def test_each_record_of_a_ring_is_taken_whether_it_sleeps_or_not(tmp_path, kind):
    buffer, got = EventBuffer(8), []
    with opened(tmp_path) as (own, rung, reader, writer):

        def push():
            one = EventBuffer(1)
            for number in range(COUNT):
                one.array["aux"] = number
                while not writer.push(one.cdata, 1):
                    time.sleep(0)
                rung.ring()
                time.sleep((number % 3) * 0.0002)

        def turn():
            n = reader.take(buffer.cdata, 8)
            got.extend(buffer.array["aux"][:n].tolist())
            reader.release()
            return len(got) < COUNT

        pushing = threading.Thread(target=push)
        pushing.start()
        run(lambda: Waiter(own, kind, turn))
        pushing.join()
    assert got == list(range(COUNT))


def test_what_is_delivered_has_its_turn_before_the_house_is_kept(tmp_path, kind):
    told, turns = [], 0

    def turn():
        nonlocal turns
        turns += 1
        return len(told) < 50

    with opened(tmp_path) as (own, *_):
        made = []

        def waiter():
            made.append(Waiter(own, kind, turn))
            return made[0]

        async def deliver():
            for number in range(50):
                await asyncio.sleep(0)
                before = turns
                told.append(number)
                made[0].wake()
                await asyncio.sleep(0)
                await asyncio.sleep(0)
                assert turns > before

        run(waiter, deliver)


def test_without_anything_to_take_turns_go_on_and_others_have_theirs(tmp_path, kind):
    turns, others = 0, 0

    def turn():
        nonlocal turns
        turns += 1
        return turns < 20 or others < 20

    async def other():
        nonlocal others
        while True:
            await asyncio.sleep(0)
            others += 1

    with opened(tmp_path) as (own, *_):
        run(lambda: Waiter(own, kind, turn), other)
    assert turns >= 20 <= others


def test_a_turn_that_fails_ends_all_with_its_error(tmp_path, kind):
    def turn():
        raise ValueError("of the turn")

    with opened(tmp_path) as (own, *_), pytest.raises(ValueError, match="of the turn"):
        run(lambda: Waiter(own, kind, turn))


def test_a_task_beside_that_fails_ends_all_with_its_error(tmp_path, kind):
    async def fails():
        await asyncio.sleep(0.01)
        raise ValueError("of the task")

    with opened(tmp_path) as (own, *_), pytest.raises(ValueError, match="of the task"):
        run(lambda: Waiter(own, kind, lambda: True), fails)


def test_a_task_beside_that_is_done_ends_nothing(tmp_path, kind):
    turns = 0

    def turn():
        nonlocal turns
        turns += 1
        return turns < 5

    async def done():
        return None

    with opened(tmp_path) as (own, *_):
        run(lambda: Waiter(own, kind, turn), done)
    assert turns == 5
