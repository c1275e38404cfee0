"""What goes to a venue: what finds no answer on its socket, and what is not asked at all."""

import asyncio
import time
from collections.abc import Callable, Sequence
from typing import Any

import pytest
import structlog

from pinnacle.core.errors import ConfigError
from pinnacle.core.schema import Kind, Reason, Side
from pinnacle.venues.orders.limits import Bucket, Limits, costs
from pinnacle.venues.orders.port import (
    Answer,
    Answered,
    Call,
    Heard,
    Order,
    OrderEntry,
    Report,
    Request,
    What,
)
from pinnacle.venues.orders.sender import Sender
from pinnacle.venues.reference.offset import Offset
from pinnacle.venues.transport.access import access_of
from pinnacle.venues.transport.answer import Answer as HttpAnswer
from pinnacle.venues.transport.answer import NotSent, Unanswered
from pinnacle.venues.transport.config import ConnectionConfig
from pinnacle.venues.transport.rest import RestClient
from pinnacle.venues.transport.troubles import Troubles

ORDER = Order(7, 0, Side.BID, 100, 5, "client")
TIMEOUT_S = 0.05


class SocketOrders(OrderEntry):
    """A venue that takes everything on its socket."""

    VENUE = "Nowhere"
    by_socket = frozenset(What)
    limits = Limits()

    def follow(self, offset: Offset) -> None:
        pass

    def __init__(self) -> None:
        self.requested: list[Call] = []

    def request(self, call: Call) -> Request:
        self.requested.append(call)
        return Request("GET", "/", {})

    def frame(self, call: Call, number: int) -> str:
        return f"{call.what.name} {number}"

    def answered(self, call: Call, answer: Answer) -> Answered:
        raise AssertionError("nothing is answered by request")

    def greeting(self) -> Sequence[str]:
        return ()

    def heard(self, frame: bytes) -> Heard:
        return Heard()


class OpenSocket:
    def __init__(self) -> None:
        self.is_open = True
        self.said: list[str] = []

    def say(self, text: str) -> None:
        self.said.append(text)


def made(
    told: list[Report],
    entry: OrderEntry | None = None,
    rest: Any = None,
    permit: Callable[[], Reason] = lambda: Reason.NONE,
    age_max_ns: int = 1_000_000_000,
) -> tuple[Sender, OpenSocket]:
    access, socket = access_of(ConnectionConfig()), OpenSocket()
    sender = Sender(
        entry or SocketOrders(),
        rest or RestClient(access, "https://127.0.0.1:1", 1),
        socket,
        access.patience,
        Troubles("nowhere"),
        told.extend,
        permit,
        lambda: 0,
        age_max_ns,
        TIMEOUT_S,
    )
    return sender, socket


async def told_after(seconds: float) -> list[Report]:
    told: list[Report] = []
    sender, socket = made(told)
    sender.send(Call(What.NEW, ORDER))
    assert socket.said == ["NEW 1"]
    await asyncio.sleep(seconds)
    return told


def test_an_order_that_no_answer_came_to_in_time_is_unsure():
    (report,) = asyncio.run(told_after(2 * TIMEOUT_S))
    assert (report.kind, report.order_id) == (Kind.UNSURE, 7)
    assert report.words == "no answer within 0.05 s"


def test_a_change_of_an_order_is_refused_where_the_venue_changes_none():
    async def run() -> list[Report]:
        told: list[Report] = []
        sender, socket = made(told)
        sender.send(Call(What.REPLACE, ORDER, 101, 5))
        assert socket.said == []
        return told

    (report,) = asyncio.run(run())
    assert (report.kind, report.reason) == (Kind.REPLACE_REJECTED, Reason.BAD_ORDER)
    assert report.words == "Nowhere changes no order"


def test_before_its_time_is_over_nothing_is_said_of_it():
    assert asyncio.run(told_after(0.0)) == []


def test_one_that_was_answered_is_not_in_doubt_later():
    async def run() -> list[Report]:
        told: list[Report] = []
        sender, _ = made(told)
        sender.send(Call(What.NEW, ORDER))
        sender.answered(1, Answered([Report(Kind.ACK, 7, 0)]))
        await asyncio.sleep(2 * TIMEOUT_S)
        return told

    assert [report.kind for report in asyncio.run(run())] == [Kind.ACK]


@pytest.mark.parametrize("what", [What.CANCEL_ALL, What.KEEP_ALIVE, What.BALANCES])
def test_whoever_asks_is_told_that_nothing_came(what):
    async def run() -> Answered:
        sender, _ = made([])
        return await sender.ask(Call(what))

    assert asyncio.run(run()).fault == "no answer within 0.05 s"


def test_of_what_was_asked_on_a_socket_that_is_gone_a_cancel_alone_is_asked_for_again():
    async def run() -> tuple[list[Report], list[Call]]:
        told: list[Report] = []
        sender, socket = made(told)
        entry = sender._entry
        assert isinstance(entry, SocketOrders)
        for what in (What.NEW, What.CANCEL):
            sender.send(Call(what, ORDER._replace(order_id=what)))
        assert socket.said == ["NEW 1", "CANCEL 2"] and not entry.requested
        socket.is_open = False
        sender.cut()
        await asyncio.sleep(0)
        return told, entry.requested

    told, requested = asyncio.run(run())
    assert [(each.kind, each.order_id) for each in told] == [
        (Kind.UNSURE, What.NEW),
        (Kind.UNSURE, What.CANCEL),
    ]
    assert [call.what for call in requested] == [What.CANCEL]


def test_an_order_that_the_venue_does_not_have_is_refused_in_its_words():
    class Fewer(SocketOrders):
        def beyond(self, call: Call) -> str:
            return "Nowhere has no such order" if call.what is What.NEW else super().beyond(call)

    async def run() -> list[Report]:
        told: list[Report] = []
        sender, socket = made(told, Fewer())
        sender.send(Call(What.NEW, ORDER))
        sender.send(Call(What.CANCEL, ORDER))
        assert socket.said == ["CANCEL 2"]
        return told

    (report,) = asyncio.run(run())
    assert (report.kind, report.reason) == (Kind.REJECTED, Reason.BAD_ORDER)
    assert report.words == "Nowhere has no such order"


def test_a_request_that_cannot_be_signed_has_not_left():
    class Unsigned(SocketOrders):
        by_socket = frozenset()

        def request(self, call: Call) -> Request:
            raise ConfigError("the nonces cannot be kept")

    async def run() -> tuple[list[Report], Answered]:
        told: list[Report] = []
        sender, _ = made(told, Unsigned())
        sender.send(Call(What.CANCEL, ORDER))
        running = asyncio.create_task(sender.run())
        answered = await sender.ask(Call(What.OPEN))
        while not told:
            await asyncio.sleep(0.01)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        return told, answered

    told, answered = asyncio.run(run())
    assert answered.fault == "the nonces cannot be kept"
    assert {(report.kind, report.words) for report in told} == {
        (Kind.UNSURE, "the nonces cannot be kept")
    }


def test_an_order_that_a_limit_holds_is_refused_when_it_is_too_old_and_not_when_the_limit_opens():
    class Full(SocketOrders):
        limits = Limits(Bucket(0.01, 1, costs(NEW=1)))

    async def run() -> list[Report]:
        told: list[Report] = []
        began = time.monotonic_ns()
        sender, socket = made(told, Full(), age_max_ns=50_000_000)
        sender._now_ns = lambda: time.monotonic_ns() - began
        running = asyncio.create_task(sender.run())
        sender.send(Call(What.NEW, ORDER))
        sender.send(Call(What.NEW, ORDER))
        async with asyncio.timeout(10):
            while not told:
                await asyncio.sleep(0.01)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        assert len(socket.said) == 1
        return told

    told = asyncio.run(run())
    assert (Kind.REJECTED, Reason.RATE_LIMIT) in {(report.kind, report.reason) for report in told}


def test_a_question_that_waits_already_is_not_asked_twice():
    class Slow(SocketOrders):
        by_socket = frozenset()

    async def run() -> int:
        sender, _ = made([], Slow())
        for _ in range(5):
            sender.send(Call(What.QUERY, ORDER))
        return len(sender._queue) + len(sender._flying)

    assert asyncio.run(run()) == 1


def test_an_answer_that_nobody_can_read_leaves_its_order_in_doubt_and_answers_who_asked():
    class Broken(SocketOrders):
        by_socket = frozenset()

        def answered(self, call: Call, answer: Answer) -> Answered:
            raise ZeroDivisionError("odd")

    class Rest:
        connections_max = 4

        async def request(self, *_: object) -> HttpAnswer:
            return HttpAnswer(200, [], b"{}", 0, 0)

    async def run() -> tuple[list[Report], Answered]:
        told: list[Report] = []
        sender, _ = made(told, Broken(), Rest())
        sender.send(Call(What.NEW, ORDER))
        running = asyncio.create_task(sender.run())
        answered = await asyncio.wait_for(sender.ask(Call(What.OPEN)), 5)
        while not told:
            await asyncio.sleep(0.01)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        return told, answered

    told, answered = asyncio.run(run())
    assert "ZeroDivisionError" in answered.fault
    assert [report.kind for report in told] == [Kind.UNSURE]


def test_an_order_that_nobody_wants_any_more_when_there_is_a_connection_does_not_leave():
    class Requests(SocketOrders):
        by_socket = frozenset()

    class Rest:
        """Its connection comes late."""

        connections_max = 4
        left = 0

        async def request(self, *given: Any) -> HttpAnswer:
            self.sender.permitted = Reason.OPERATOR
            if not given[-1]():
                raise NotSent("it was wanted no more")
            self.left += 1
            return HttpAnswer(200, [], b"{}", 0, 0)

    async def run() -> tuple[list[Report], int]:
        told: list[Report] = []
        rest = Rest()
        sender, _ = made(told, Requests(), rest, lambda: sender.permitted)
        rest.sender, sender.permitted = sender, Reason.NONE
        sender.send(Call(What.NEW, ORDER))
        running = asyncio.create_task(sender.run())
        while not told:
            await asyncio.sleep(0.01)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        return told, rest.left

    told, left = asyncio.run(run())
    assert left == 0
    assert [(report.kind, report.reason) for report in told] == [(Kind.REJECTED, Reason.OPERATOR)]


def test_an_answer_that_calls_a_stamp_wrong_is_told_to_who_measures_the_clock():
    async def run(stale: bool) -> int:
        told: list[int] = []
        sender, _ = made([])
        sender.stale = lambda: told.append(1)
        sender.send(Call(What.NEW, ORDER))
        sender.answered(1, Answered([Report(Kind.REJECTED, 7, 0)], stale=stale))
        return len(told)

    assert [asyncio.run(run(stale)) for stale in (True, False)] == [1, 0]


class Listing(SocketOrders):
    """One list answers all questions; each finds its own order's name in it."""

    by_socket = frozenset()

    def list_of(self, call: Call) -> str:
        return "all" if call.what in (What.QUERY, What.OPEN) else ""

    def one_of(self, calls: Sequence[Call]) -> Call:
        return max(calls, key=lambda call: 0 if call.order is None else call.order.order_id)

    def answered(self, call: Call, answer: Answer) -> Answered:
        named = "" if call.order is None else call.order.client_id
        return Answered(fault=f"{named} {answer.body.decode()}")


class Counted:
    """Answers with the number of the request; `fail` it does not."""

    connections_max = 4

    def __init__(self, fail: Exception | None = None):
        self.requests, self.fail = 0, fail

    async def request(self, *_: object) -> HttpAnswer:
        self.requests += 1
        if self.fail is not None:
            raise self.fail
        return HttpAnswer(200, [], str(self.requests).encode(), 0, 0)


ORDERS = [ORDER._replace(order_id=n, client_id=f"c{n}") for n in range(3)]


def asked_together(rest: Any) -> tuple[list[Answered], list[Call]]:
    """Three questions and the list itself."""

    async def run() -> tuple[list[Answered], list[Call]]:
        entry = Listing()
        sender, _ = made([], entry, rest)
        running = asyncio.create_task(sender.run())
        calls = [*(Call(What.QUERY, order) for order in ORDERS), Call(What.OPEN)]
        answers = await asyncio.wait_for(asyncio.gather(*map(sender.ask, calls)), 5)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        return answers, entry.requested

    return asyncio.run(run())


def test_one_request_answers_all_that_wait_for_the_same_list():
    rest = Counted()
    answers, requested = asked_together(rest)
    assert [answered.fault for answered in answers] == ["c0 1", "c1 1", "c2 1", " 1"]
    assert rest.requests == 1
    assert [call.order for call in requested] == [ORDERS[2]]


@pytest.mark.parametrize("fail", [NotSent("no way there"), Unanswered("it broke off")])
def test_where_one_request_fails_all_that_waited_for_it_are_told(fail):
    with structlog.testing.capture_logs() as logs:
        answers, _ = asked_together(Counted(fail))
    assert [answered.fault for answered in answers] == [str(fail)] * 4
    assert len(logs) == 1, "it was one request"


def test_one_that_fails_in_a_shared_answer_leaves_no_other_without_its_own():
    class Taken(Exception):
        pass

    async def run() -> tuple[BaseException | None, list[Answered]]:
        entry, told = Listing(), []
        entry.answered = lambda call, answer: Answered([Report(Kind.UNSURE, 0, 0)])

        def deliver(reports: Sequence[Report]) -> None:
            raise Taken

        sender, _ = made(told, entry, Counted())
        sender._deliver = deliver
        sender.send(Call(What.QUERY, ORDERS[0]))
        asked = [asyncio.create_task(sender.ask(Call(What.QUERY, order))) for order in ORDERS[1:]]
        await asyncio.sleep(0)
        running = asyncio.create_task(sender.run())
        answers = await asyncio.wait_for(asyncio.gather(*asked), 5)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        return None, answers

    _, answers = asyncio.run(run())
    assert [len(answered.reports) for answered in answers] == [1, 1]


def test_what_nobody_waits_for_any_more_is_not_asked_and_keeps_nobody_from_asking():
    async def run() -> tuple[int, int]:
        rest = Counted()
        sender, _ = made([], Listing(), rest)
        forsaken = asyncio.create_task(sender.ask(Call(What.QUERY, ORDER)))
        await asyncio.sleep(0)
        forsaken.cancel()
        await asyncio.gather(forsaken, return_exceptions=True)
        assert len(sender._queue) == 1
        sender.send(Call(What.QUERY, ORDER))
        assert len(sender._queue) == 2
        running = asyncio.create_task(sender.run())
        await asyncio.sleep(0.05)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        return rest.requests, len(sender._queue)

    assert asyncio.run(run()) == (1, 0)


def test_what_waits_already_for_the_list_that_is_asked_for_is_answered_by_it_too():
    """Questions are held by a limit that lets the list itself pass."""

    async def run() -> tuple[list[str], int]:
        entry, rest = Listing(), Counted()
        entry.limits = Limits(Bucket(0.001, 1, costs(QUERY=1)))
        entry.limits.take(Call(What.QUERY))
        sender, _ = made([], entry, rest)
        running = asyncio.create_task(sender.run())
        calls = [*(Call(What.QUERY, order) for order in ORDERS), Call(What.OPEN)]
        answers = await asyncio.wait_for(asyncio.gather(*map(sender.ask, calls)), 5)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        return [answered.fault for answered in answers], rest.requests

    assert asyncio.run(run()) == (["c0 1", "c1 1", "c2 1", " 1"], 1)


def test_what_is_left_when_a_list_is_asked_for_goes_in_its_order():
    async def run() -> list[What]:
        entry = Listing()
        sender, _ = made([], entry, Counted())
        sender._patience.asked(0.03)  # until all of them wait
        calls = [*(Call(What.QUERY, order) for order in ORDERS[:2]), Call(What.BALANCES)]
        asked = [asyncio.create_task(sender.ask(call)) for call in [*calls, Call(What.FEES)]]
        await asyncio.sleep(0)
        running = asyncio.create_task(sender.run())
        await asyncio.wait_for(asyncio.gather(*asked), 5)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        return [call.what for call in entry.requested]

    assert asyncio.run(run()) == [What.QUERY, What.BALANCES, What.FEES]


def test_a_venue_that_wants_to_be_left_alone_is_whatever_limits_it_has():
    async def run() -> list[str]:
        sender, socket = made([])
        sender.send(Call(What.NEW, ORDER))
        sender.answered(1, Answered(wait_s=0.1))
        sender.send(Call(What.CANCEL, ORDER))
        running = asyncio.create_task(sender.run())
        await asyncio.sleep(0.02)
        kept_still = list(socket.said)
        async with asyncio.timeout(5):
            while len(socket.said) < 3:
                await asyncio.sleep(0.01)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        assert kept_still == ["NEW 1"]
        return socket.said

    assert asyncio.run(run()) == ["NEW 1", "CANCEL 2", "NEW 1"]


def test_a_question_that_no_answer_came_to_says_nothing_of_its_order():
    async def run() -> tuple[list[Report], int]:
        told: list[Report] = []
        sender, socket = made(told)
        sender.send(Call(What.QUERY, ORDER))
        assert socket.said == ["QUERY 1"]
        await asyncio.sleep(2 * TIMEOUT_S)
        return told, sender.unanswered

    assert asyncio.run(run()) == ([], 1)


def test_each_of_several_orders_has_its_own_time_for_an_answer():
    async def run() -> list[Report]:
        told: list[Report] = []
        sender, _ = made(told)
        for order in ORDERS:
            sender.send(Call(What.NEW, order))
            await asyncio.sleep(TIMEOUT_S / 2)
        async with asyncio.timeout(5):
            while len(told) < len(ORDERS):
                await asyncio.sleep(0.01)
        return told

    assert [report.order_id for report in asyncio.run(run())] == [0, 1, 2]
