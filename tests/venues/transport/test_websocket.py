"""A connection is kept: made anew with a wait, given up in silence, ended by what it says."""

import asyncio
import contextlib
import itertools
import selectors

import pytest
from hypothesis import given
from hypothesis import strategies as st
from websockets.asyncio.server import serve

from pinnacle.core.errors import ConfigError, DataError
from pinnacle.core.market_state import ConnectionState
from pinnacle.core.schema import Reason
from pinnacle.venues.transport import websocket
from pinnacle.venues.transport.config import ConnectionConfig
from pinnacle.venues.transport.troubles import Troubles
from pinnacle.venues.transport.websocket import ConnectionLost, WebSocketSession

QUICK = {"backoff_min_ms": 5, "backoff_max_ms": 20, "stale_ms": 400, "connect_timeout_ms": 2000}


class Talk:
    """Greets with `hello`; `welcome` acknowledges; a word of WRONG ends the connection."""

    WRONG = {
        b"shutdown": ConnectionLost("it says so", Reason.VENUE),
        b"garbage": DataError("no message"),
    }

    def __init__(self):
        self.session = None
        self.taken = []
        self.reasons = []

    def greeting(self):
        return ["hello", "again"]

    def take(self, frames):
        for frame in frames:
            self.taken.append(frame)
            if frame == b"welcome":
                self.session.acknowledge()
            if frame in self.WRONG:
                raise self.WRONG[frame]

    def nudge(self):
        return None

    def lost(self, reason):
        self.reasons.append(reason)


#: In a script: send back what comes next.
ECHO = object()


def converse(transport, script, until, talk=None, **changes):
    """(talk, session, troubles, what the server heard): a connection each for the lists of
    `script`, the last one for ever; until until(talk)."""
    heard, left, talk = [], list(script), talk or Talk()

    async def client(socket):
        heard.append([await socket.recv(), await socket.recv()])
        for word in left.pop(0) if len(left) > 1 else left[0]:
            await socket.send(await socket.recv() if word is ECHO else word)
        await socket.wait_closed()

    async def session():
        async with serve(client, "127.0.0.1", 0) as server:
            url = f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}"
            troubles = Troubles("somebody")
            kept = WebSocketSession(
                url, ConnectionConfig(transport=transport, **(QUICK | changes)), talk, troubles
            )
            talk.session = kept
            running = asyncio.create_task(kept.run())
            async with asyncio.timeout(20):
                while not until(talk):
                    assert not running.done(), running.exception()
                    await asyncio.sleep(0.005)
            running.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await running
            return talk, kept, troubles, heard

    return asyncio.run(session())


@pytest.mark.parametrize(
    ("word", "reason", "told"),
    [
        ("shutdown", Reason.VENUE, "it says so"),
        ("garbage", Reason.DISCONNECTED, "DataError: no message"),
    ],
)
def test_what_ends_a_connection_is_told_and_the_next_one_greets_anew(transport, word, reason, told):
    script = [["welcome", word], ["welcome", "fine"]]
    talk, session, troubles, heard = converse(transport, script, lambda talk: b"fine" in talk.taken)
    assert talk.taken == [b"welcome", word.encode(), b"welcome", b"fine"]
    assert heard == [["hello", "again"]] * 2
    assert (talk.reasons, session.connections, session.frames) == ([reason], 2, 4)
    assert troubles.last == f"connection lost: {told}"


def test_a_subscription_that_is_not_acknowledged_is_given_up(transport):
    talk, session, troubles, _ = converse(
        transport,
        [["hm"], ["welcome"]],
        lambda talk: b"welcome" in talk.taken,
        connect_timeout_ms=200,
    )
    assert (talk.reasons, session.connections) == ([Reason.DISCONNECTED], 1)
    assert "not acknowledged" in troubles.last


def test_a_connection_on_which_nothing_comes_is_stale(transport):
    talk, _, troubles, _ = converse(transport, [["welcome"]], lambda talk: len(talk.reasons) == 2)
    assert set(talk.reasons) == {Reason.STALE} and "no frame for 400 ms" in troubles.last


class Skipping(selectors.SelectSelector):
    """A loop's selector that does not wait: its own clock goes on instead."""

    now_s = 1000.0

    def select(self, timeout=None):
        self.now_s += max(timeout or 0.0, 0.0)
        return super().select(0)


class Gaps:
    """A socket (port.py) on which a welcome comes, a frame behind each of the gaps, and no more."""

    def __init__(self, gaps):
        self._gaps = iter([0.0, *gaps, 1e6])

    async def frames(self):
        await asyncio.sleep(next(self._gaps))
        return [b"welcome"]

    def say(self, text):
        pass

    async def close(self):
        pass


@given(st.lists(st.integers(1, 1200).filter(lambda gap: gap not in (500, 1000)), max_size=20))
def test_silence_is_measured_from_the_last_frame(gaps):
    """To be spoken to at half of stale_ms, and given up at the whole of it."""
    selector = Skipping()
    nudged, lost, states = [], [], []

    class Timed(Talk):
        def take(self, frames):
            super().take(frames)
            states.append(self.session.state)

        def nudge(self):
            nudged.append(selector.now_s)
            states.append(self.session.state)

        def lost(self, reason):
            lost.append((selector.now_s, reason))

    async def session():
        config = ConnectionConfig(stale_ms=1000, backoff_min_ms=30_000)
        talk = Timed()
        talk.session = kept = WebSocketSession("ws://host", config, talk, Troubles("somebody"))

        async def connect(url, access, headers):
            return Gaps(gap / 1000 for gap in gaps)

        kept._connect = connect
        running = asyncio.create_task(kept.run())
        while not lost:
            await asyncio.sleep(0.1)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(websocket.time, "monotonic", lambda: selector.now_s)
        with asyncio.Runner(loop_factory=lambda: asyncio.SelectorEventLoop(selector)) as runner:
            runner.run(session())
    came = [0, *itertools.accumulate(itertools.takewhile(lambda gap: gap < 1000, gaps))]
    silent = [gap > 500 for gap in gaps[: len(came) - 1]] + [True]
    halves = [at + 500 for at, long in zip(came, silent, strict=True) if long]
    assert [round((at - 1000) * 1000) for at in nudged] == halves
    assert [(round((at - 1000) * 1000), why) for at, why in lost] == [
        (came[-1] + 1000, Reason.STALE)
    ]
    LIVE, STALE = ConnectionState.LIVE, ConnectionState.STALE
    assert states == [state for long in silent for state in ([LIVE, STALE] if long else [LIVE])]


def test_a_connection_is_lost_before_it_is_closed(transport):
    """Closing takes as long as the other side likes: no book may be believed meanwhile."""
    order = []

    class Noting(Talk):
        def lost(self, reason):
            super().lost(reason)
            order.append("lost")

    async def client(socket):
        await socket.send("welcome")
        await socket.close(1001)

    async def session():
        async with serve(client, "127.0.0.1", 0) as server:
            url = f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}"
            config = ConnectionConfig(transport=transport, backoff_min_ms=30_000)
            talk = Noting()
            talk.session = kept = WebSocketSession(url, config, talk, Troubles("somebody"))
            connect = kept._connect

            async def connected(*where):
                opened = await connect(*where)
                close = opened.close

                async def closing():
                    order.append("closing")
                    await close()
                    order.append("closed")

                opened.close = closing
                return opened

            kept._connect = connected
            running = asyncio.create_task(kept.run())
            async with asyncio.timeout(20):
                while "closed" not in order:
                    await asyncio.sleep(0.005)
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)

    asyncio.run(session())
    assert order == ["lost", "closing", "closed"]


def test_more_is_said_on_the_connection_that_stands_and_no_other(transport):
    class Asking(Talk):
        def take(self, frames):
            super().take(frames)
            if b"welcome" in frames:
                self.session.say("more?")
            if b"more?" in frames:
                self.session.give_up(ConnectionLost("enough", Reason.RESYNC))
                self.session.say("never sent")

    talk, session, troubles, heard = converse(
        transport, [["welcome", ECHO], ["fine"]], lambda talk: b"fine" in talk.taken, talk=Asking()
    )
    assert talk.taken == [b"welcome", b"more?", b"fine"] and heard == [["hello", "again"]] * 2
    assert talk.reasons == [Reason.RESYNC] and troubles.last == "connection lost: enough"
    session.give_up(ConnectionLost("none stands"))


def test_a_venue_that_is_not_there_is_tried_again(transport):
    async def session():
        talk, troubles = Talk(), Troubles("nobody")
        config = ConnectionConfig(transport=transport, **QUICK)
        kept = WebSocketSession("ws://127.0.0.1:1", config, talk, troubles)
        running = asyncio.create_task(kept.run())
        async with asyncio.timeout(20):
            while len(talk.reasons) < 3:
                await asyncio.sleep(0.005)
        running.cancel()
        return talk, troubles

    talk, troubles = asyncio.run(session())
    assert set(talk.reasons) == {Reason.DISCONNECTED} and "connection lost" in troubles.last


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("ws://stream..example.net", "stream..example.net"),
        (f"ws://{'x' * 64}.net", "x" * 64),
        ("ws://host/#fragment", "fragment"),
        ("ws://host:port/", "port"),
    ],
)
def test_whatever_opening_fails_with_is_a_lost_connection(transport, url, told):
    async def session():
        talk, troubles = Talk(), Troubles("nobody")
        config = ConnectionConfig(transport=transport, **QUICK)
        running = asyncio.create_task(WebSocketSession(url, config, talk, troubles).run())
        async with asyncio.timeout(20):
            while not (talk.reasons or running.done()):
                await asyncio.sleep(0.005)
        assert not running.done(), running.exception()
        running.cancel()
        return troubles.last

    last = asyncio.run(session())
    assert last.startswith("connection lost: ") and told in last


@pytest.mark.parametrize("how", ["close", "half"])
def test_a_handshake_of_TLS_that_the_other_side_ends_is_told_once(transport, caplog, how):
    """And not as one that took too long, nor to the loop's own log."""

    async def server(reader, writer):
        await reader.read(10_000)
        if how == "half":
            writer.write_eof()
            await reader.read()
        writer.close()

    async def session():
        serving = await asyncio.start_server(server, "127.0.0.1", 0)
        url = f"wss://127.0.0.1:{serving.sockets[0].getsockname()[1]}"
        talk, troubles = Talk(), Troubles("nobody")
        config = ConnectionConfig(transport=transport, **QUICK)
        heard = []
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(lambda _, context: heard.append(context["message"]))
        running = asyncio.create_task(WebSocketSession(url, config, talk, troubles).run())
        async with asyncio.timeout(20):
            while len(talk.reasons) < 2:
                await asyncio.sleep(0.005)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        serving.close()
        if transport == "picows":
            loop.call_exception_handler({"message": "something else"})
            assert heard == ["something else"]
        return troubles.last

    last = asyncio.run(session())
    assert last == "connection lost: ConnectionResetError: the other side ended the connection"


def test_an_authority_that_cannot_be_read_is_no_lost_connection(tmp_path):
    config = ConnectionConfig(ca_file=str(tmp_path / "none.pem"))

    async def session():
        await WebSocketSession("wss://127.0.0.1:1", config, Talk(), Troubles("x")).run()

    with pytest.raises(ConfigError, match=r"ca_file .*none\.pem: No such file"):
        asyncio.run(session())


def test_a_failure_of_ones_own_is_not_taken_for_the_venues(transport):
    class Broken(Talk):
        def take(self, frames):
            raise KeyError(frames[0])

    async def client(socket):
        await socket.send("x")
        await socket.wait_closed()

    async def session():
        async with serve(client, "127.0.0.1", 0) as server:
            url = f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}"
            await WebSocketSession(
                url, ConnectionConfig(transport=transport), Broken(), Troubles("x")
            ).run()

    with pytest.raises(KeyError):
        asyncio.run(asyncio.wait_for(session(), 20))


def test_a_venue_that_says_nothing_is_spoken_to_before_it_is_given_up(transport):
    class Polite(Talk):
        def nudge(self):
            return "are you there?"

    script = [["welcome", ECHO, ECHO, ECHO]]
    _, session, troubles, _ = converse(
        transport,
        script,
        lambda talk: talk.taken.count(b"are you there?") == 3,
        Polite(),
        stale_ms=300,
    )
    assert session.connections == 1 and not troubles.last
