"""Several WebSockets that say the same are one connection, lost when the last of them is."""

import asyncio
import contextlib

from websockets.asyncio.server import serve

from pinnacle.core.market_state import ConnectionState
from pinnacle.core.schema import Reason
from pinnacle.venues.transport.config import ConnectionConfig
from pinnacle.venues.transport.redundant import RedundantConnections
from pinnacle.venues.transport.troubles import Troubles
from pinnacle.venues.transport.websocket import ConnectionLost
from tests.venues.transport.test_websocket import QUICK, Talk


class Venue:
    """A server that welcomes each client, unless it is `shut`; `say` tells all, or one."""

    def __init__(self):
        self.sockets, self.heard = [], []
        self.shut = False

    async def client(self, socket):
        if self.shut:
            return
        self.sockets.append(socket)
        self.heard.append([await socket.recv(), await socket.recv()])
        await socket.send("welcome")
        async for text in socket:
            self.heard.append(text)

    async def say(self, *words, only=None):
        for socket in self.sockets if only is None else [self.sockets[only]]:
            for word in words:
                await socket.send(word)

    def gone(self, number):
        self.sockets[number].transport.abort()


async def until(seen):
    async with asyncio.timeout(10):
        while not seen():
            await asyncio.sleep(0.002)


def with_lines(count, scene, **changes):
    """Run scene(venue, talk, lines) on so many lines."""

    async def session():
        venue, talk = Venue(), Talk()
        async with serve(venue.client, "127.0.0.1", 0) as server:
            url = f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}"
            config = ConnectionConfig(**(QUICK | changes))
            lines = talk.session = RedundantConnections(
                url, config, talk, Troubles("somebody"), count
            )
            running = asyncio.create_task(lines.run())
            try:
                await until(lambda: len(talk.taken) == count)
                await scene(venue, talk, lines)
            finally:
                running.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await running
        return talk, lines

    return asyncio.run(session())


def test_each_line_is_greeted_and_heard_and_all_are_one_connection():
    async def scene(venue, talk, lines):
        assert venue.heard == [["hello", "again"]] * 2
        assert lines.connections == 1 and lines.state is ConnectionState.LIVE
        assert lines.access is lines.sessions[0].access is lines.sessions[1].access
        await venue.say("news")
        await until(lambda: talk.taken.count(b"news") == 2)
        assert lines.frames == 4

    with_lines(2, scene)


def test_while_one_stands_nothing_is_lost_and_the_other_comes_back():
    async def scene(venue, talk, lines):
        venue.gone(0)
        await until(lambda: len(venue.sockets) == 3 and talk.taken.count(b"welcome") == 3)
        await venue.say("still here", only=1)
        await until(lambda: b"still here" in talk.taken)
        assert talk.reasons == [Reason.DISCONNECTED] and lines.connections == 1
        assert lines.acknowledged.is_set()

    with_lines(2, scene)


def test_when_the_last_is_gone_the_connection_is_and_the_next_is_another():
    async def scene(venue, talk, lines):
        venue.shut = True
        venue.gone(0)
        await until(lambda: talk.reasons)
        assert lines.acknowledged.is_set()
        venue.gone(1)
        await until(lambda: not lines.acknowledged.is_set())
        assert not lines.acknowledged.is_set()
        assert lines.state < ConnectionState.LIVE
        venue.shut = False
        await until(lambda: talk.taken.count(b"welcome") >= 3)
        assert lines.connections == 2 and lines.acknowledged.is_set()
        assert set(talk.reasons) == {Reason.DISCONNECTED}

    with_lines(2, scene)


def test_a_line_that_says_what_cannot_be_ends_alone():
    async def scene(venue, talk, lines):
        await venue.say("garbage", only=1)
        await until(lambda: len(venue.sockets) == 3 and talk.taken.count(b"welcome") == 3)
        assert talk.reasons == [Reason.DISCONNECTED] and lines.connections == 1

    with_lines(2, scene)


def test_given_up_all_of_them_end():
    async def scene(venue, talk, lines):
        lines.give_up(ConnectionLost("anew", Reason.RESYNC))
        await until(lambda: talk.taken.count(b"welcome") == 6)
        assert talk.reasons[0] == Reason.RESYNC and lines.connections == 2

    with_lines(3, scene)


def test_a_line_that_falls_silent_is_given_up_and_the_others_stay():
    async def scene(venue, talk, lines):
        async with asyncio.timeout(10):
            while talk.taken.count(b"welcome") < 3:
                await venue.say("beat", only=0)
                await asyncio.sleep(0.02)
        assert talk.reasons == [Reason.STALE] and lines.connections == 1

    with_lines(2, scene)


def test_one_that_fails_for_good_ends_all_of_them():
    class Broken(Exception):
        pass

    async def scene(venue, talk, lines):
        async def run(*beside):
            raise Broken

        lines.sessions[1].run = run
        async with asyncio.timeout(10):
            with contextlib.suppress(Broken):
                await lines.run()
                raise AssertionError("it goes on")
        names = [task.get_coro().__qualname__ for task in asyncio.all_tasks()]
        assert names.count("WebSocketSession.run") == 2, "those of the other run alone"

    with_lines(2, scene)
