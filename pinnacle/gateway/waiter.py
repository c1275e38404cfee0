"""When a process that has sockets, too, takes its turns: in the very callback of what woke it."""

import asyncio
import os
from collections.abc import Callable

from pinnacle.core.bell import Bell, Wait

#: Without anything to take a turn is taken so often: to keep house.
WAIT_S = 0.01
#: Turns one after the other before the loop's sockets have theirs.
TURNS_MAX = 16


class Waiter:
    """Takes turns until one was the last.

    turn   takes one; False: it was the last

    Who parks sleeps in the loop until its bell rings, a socket has something, or the time is up.
    Who spins or yields asks its rings and its sockets in turns, and does not sleep.
    """

    def __init__(self, bell: Bell, kind: Wait, turn: Callable[[], bool]):
        """bell: the process's own, which watches its rings."""
        self._bell, self._kind, self._turn = bell, kind, turn
        self._loop = asyncio.get_running_loop()
        self._over: asyncio.Future[None] = self._loop.create_future()
        self._dozes = self._is_due = False

    async def run(self, *beside: asyncio.Task[None]) -> None:
        """Until the last turn; what a turn, or a task beside, fails with is raised."""
        pipe = self._bell.open_pipe()
        self._loop.add_reader(pipe, self._go)
        self._keep_house()
        waiting: set[asyncio.Future[None]] = {self._over, *beside}
        try:
            while not self._over.done():
                done, waiting = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
                for ended in done:
                    ended.result()
            self._over.result()
        finally:
            self._loop.remove_reader(pipe)
            if not self._over.done():
                self._over.set_result(None)

    def wake(self) -> None:
        """There is something to take: a turn is taken as soon as who says so has returned."""
        if not self._is_due:
            self._is_due = True
            self._loop.call_soon(self._go)

    def _keep_house(self) -> None:
        if not self._over.done():
            self._go()
            self._loop.call_later(WAIT_S, self._keep_house)

    def _go(self) -> None:
        self._is_due = False
        if self._over.done():
            return
        if self._dozes:
            self._dozes = False
            self._bell.awake()
        try:
            self._take_turns()
        except BaseException as error:
            self._over.set_exception(error)

    def _take_turns(self) -> None:
        for _ in range(TURNS_MAX):
            if not self._turn():
                self._over.set_result(None)
                return
            if self._is_due:
                return  # what it led to is there already
            if self._kind is not Wait.PARK:
                break
            self._dozes = self._bell.doze()
            if self._dozes:
                return
        if self._kind is Wait.YIELD:
            os.sched_yield()
        self.wake()
