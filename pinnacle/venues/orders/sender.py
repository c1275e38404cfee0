"""What goes to a venue, in which order and when: cancels first, limits kept, answers told apart.

What an answer means is the entry's to say. Here it is settled whether a request may have reached
the venue at all: what has not is known not to have happened, what has and found no answer is not.
"""

import asyncio
import heapq
import itertools
import math
import time
from collections import deque
from collections.abc import Callable, Sequence
from functools import partial

from pinnacle.core.errors import PinnacleError
from pinnacle.core.schema import Reason
from pinnacle.venues.orders.about import refused, unsure
from pinnacle.venues.orders.port import (
    Answer,
    Answered,
    Call,
    OrderEntry,
    Report,
    Request,
    What,
    When,
)
from pinnacle.venues.orders.waiting import Talk, Waiting
from pinnacle.venues.transport.patience import Patience
from pinnacle.venues.transport.rest import NotSent, RestClient, Unanswered
from pinnacle.venues.transport.troubles import Troubles

#: A request that is answered with "not so, ask again" so often is not asked again.
AGAIN_MAX = 3
#: A list that nobody answered is asked for again after so long; its owner's patience is his own.
RETRY_S = 0.25
_MOMENT_S = 0.001
_ORDERS = frozenset({What.NEW, What.REPLACE, What.CANCEL})


class Sender:
    """Takes calls from the gateway (`send`) and from who reconciles (`ask`).

    deliver   what is known of orders, as it becomes known
    permit    why a NEW or REPLACE may not leave any more; NONE: it may. Asked at the very last
    now_ns    session time; a NEW or REPLACE that was made more than age_max_ns before does not go
    """

    def __init__(
        self,
        entry: OrderEntry,
        rest: RestClient,
        talk: Talk,
        patience: Patience,
        troubles: Troubles,
        deliver: Callable[[Sequence[Report]], None],
        permit: Callable[[], Reason],
        now_ns: Callable[[], int],
        age_max_ns: int,
        timeout_s: float,
    ):
        self._entry, self._rest, self._talk = entry, rest, talk
        self._patience, self._troubles = patience, troubles
        self._deliver, self._permit, self._now_ns = deliver, permit, now_ns
        self._age_max_ns, self._timeout_s = age_max_ns, timeout_s
        self._queue: list[Waiting] = []
        self._numbers = itertools.count(1)
        #: Asked on the socket and not answered, by number.
        self._asked: dict[int, Waiting] = {}
        #: When each of these, and of those that were answered since, is too late; monotonic, s.
        self._due: deque[tuple[float, Waiting]] = deque()
        self._is_timed = False
        #: By request, the calls that its answer answers.
        self._flying: dict[asyncio.Task[None], list[Waiting]] = {}
        #: More would wait for a connection, where a cancel overtakes nothing.
        self._at_once = 1 if entry.ordered else rest.connections_max
        self._changed = asyncio.Event()
        #: Told of each answer that says that a request was stamped with a wrong time.
        self.stale: Callable[[], object] = lambda: None
        self.sent = self.unanswered = self.held = 0

    def send(self, call: Call) -> None:
        """An order's own: what becomes of it is delivered. A question that waits for its answer is
        not asked again: whoever sends it does so by himself, ever later."""
        if call.what is What.QUERY and self._is_asked(call):
            return
        self._put(Waiting(call.what, next(self._numbers), call, None, 0))

    def _is_asked(self, question: Call) -> bool:
        """Whoever asks for it: what is answered is delivered."""
        order_id = 0 if question.order is None else question.order.order_id
        everywhere = itertools.chain(self._queue, self._asked.values(), *self._flying.values())
        return any(
            waiting.what is What.QUERY
            and not waiting.is_forsaken
            and waiting.call.order is not None
            and waiting.call.order.order_id == order_id
            for waiting in everywhere
        )

    async def ask(self, call: Call) -> Answered:
        """Anything, and its answer; `fault` of it says what stood against it."""
        future: asyncio.Future[Answered] = asyncio.get_running_loop().create_future()
        self._put(Waiting(call.what, next(self._numbers), call, future, 0))
        return await future

    async def ask_all(self, call: Call) -> Answered:
        """Every part of a list as one answer."""
        parts: list[Answered] = []
        more: Call | None = call
        while more is not None:
            parts.append(await self.ask(more))
            if parts[-1].fault:
                return parts[-1]
            more = parts[-1].more
        return Answered(
            [each for part in parts for each in part.reports],
            balances=[each for part in parts for each in part.balances or ()],
            fees=[each for part in parts for each in part.fees],
        )

    def answered(self, number: int, answered: Answered) -> None:
        """On the socket, to the call with this number; one that nobody waits for is passed over."""
        waiting = self._asked.pop(number, None)
        if waiting is not None:
            self._settle(waiting, answered)

    def look(self) -> None:
        """Something was heard: what waits for it may go."""
        if self._queue:
            self._changed.set()

    def cut(self) -> None:
        """The socket is gone: of what was asked on it nothing is known. A cancel is asked for again
        by request: twice it does no more than once, and what may rest is to go now."""
        asked, self._asked = self._asked, {}
        for waiting in asked.values():
            self._lost(waiting, "the connection was lost before its answer came")
            if waiting.what is What.CANCEL and waiting.answered is None:
                self._put(waiting._replace(tries=waiting.tries + 1))

    async def run(self) -> None:
        """Until cancelled."""
        try:
            while True:
                self._changed.clear()
                wait_s = self._pump()
                try:
                    async with asyncio.timeout(wait_s):
                        await self._changed.wait()
                except TimeoutError:
                    pass
        finally:
            for task in self._flying:
                task.cancel()
            await asyncio.gather(*self._flying, return_exceptions=True)

    def _put(self, waiting: Waiting) -> None:
        heapq.heappush(self._queue, waiting)
        # What goes for several waits for those that are put beside it now.
        if self._entry.list_of(waiting.call) or self._pump() is not None:
            self._changed.set()

    def _pump(self) -> float | None:
        """Send what may go; seconds until something else may, None: nothing waits."""
        later: list[Waiting] = []
        soonest: float | None = None
        unnamed: set[tuple[What, int]] = set()
        while self._queue:
            waiting = heapq.heappop(self._queue)
            if (
                waiting.is_forsaken
                or self._is_stale(waiting)
                or self._is_beyond(waiting)
                or self._is_needless(waiting, unnamed)
            ):
                continue
            wait_s = self._wait_s(waiting.call)
            if wait_s <= 0:
                self._go(waiting, later)
                continue
            if not waiting.tries:
                self.held += 1
            later.append(waiting._replace(tries=max(waiting.tries, 1)))
            wait_s = min(wait_s, self._left_s(waiting))
            soonest = wait_s if soonest is None else min(soonest, wait_s)
        for waiting in later:
            heapq.heappush(self._queue, waiting)
        return soonest

    def _is_needless(self, waiting: Waiting, unnamed: set[tuple[What, int]]) -> bool:
        """Nobody has to be asked for what an order that is gone was asked, nor twice for the same
        of one that the venue has still to name."""
        when = self._entry.when(waiting.call)
        if when is When.NOW:
            return False
        order = waiting.call.order
        of = (waiting.what, 0 if order is None else order.order_id)
        if when is When.LATER and of not in unnamed:
            unnamed.add(of)
            return False
        self._fail(waiting, "its order is gone")
        return True

    def _wait_s(self, call: Call) -> float:
        if self._entry.when(call) is When.LATER:
            return RETRY_S  # what is heard of it looks again at once
        if not self._by_socket(call) and len(self._flying) >= self._at_once:
            return RETRY_S  # one that ends looks again at once
        return max(self._entry.limits.wait(call), self._patience.left_s)

    def _by_socket(self, call: Call) -> bool:
        return call.what in self._entry.by_socket and self._talk.is_open

    def _is_stale(self, waiting: Waiting) -> bool:
        """A NEW or REPLACE that may not leave any more is refused."""
        reason = self._why_not(waiting)
        if reason:
            self._refuse(waiting.call, reason, "")
        return bool(reason)

    def _why_not(self, waiting: Waiting) -> Reason:
        """Asked until it leaves: it may wait for its turn, and for a connection."""
        if waiting.what not in (What.NEW, What.REPLACE):
            return Reason.NONE
        reason = self._permit()
        if not reason and self._now_ns() - waiting.call.made_ns > self._age_max_ns:
            reason = Reason.RATE_LIMIT if waiting.tries else Reason.TOO_OLD
        return reason

    def _left_s(self, waiting: Waiting) -> float:
        """Until it is too old to leave, and is to be refused."""
        if waiting.what not in (What.NEW, What.REPLACE):
            return math.inf
        left_ns = waiting.call.made_ns + self._age_max_ns - self._now_ns()
        return max(left_ns / 1e9, 0.0) + _MOMENT_S

    def _is_beyond(self, waiting: Waiting) -> bool:
        """An order or a change that the venue does not have is refused."""
        is_either = waiting.what in (What.NEW, What.REPLACE)
        if words := self._entry.beyond(waiting.call) if is_either else "":
            self._refuse(waiting.call, Reason.BAD_ORDER, words)
        return bool(words)

    def _for_the_same(self, call: Call, later: list[Waiting]) -> list[Waiting]:
        """Those that wait for the list that is asked for now; taken out of what waits."""
        wanted = self._entry.list_of(call)
        found: list[Waiting] = []
        if not wanted:
            return found
        for queue in (self._queue, later):
            found += [each for each in queue if self._entry.list_of(each.call) == wanted]
            queue[:] = [each for each in queue if self._entry.list_of(each.call) != wanted]
        heapq.heapify(self._queue)
        return found

    def _go(self, waiting: Waiting, later: list[Waiting]) -> None:
        call = waiting.call
        self._entry.limits.take(call)
        self.sent += 1
        if self._by_socket(call):
            self._asked[waiting.number] = waiting
            self._talk.say(self._entry.frame(call, waiting.number))
            self._due.append((time.monotonic() + self._timeout_s, waiting))
            if not self._is_timed:
                self._is_timed = True
                asyncio.get_running_loop().call_later(self._timeout_s, self._look_at_time)
        else:
            calls = [waiting, *self._for_the_same(call, later)]
            task = asyncio.get_running_loop().create_task(self._request(calls))
            self._flying[task] = calls
            task.add_done_callback(self._landed)

    def _look_at_time(self) -> None:
        """One timer for all: what is answered in time costs none of its own."""
        now_s, due = time.monotonic(), self._due
        while due and (due[0][0] <= now_s or self._asked.get(due[0][1].number) is not due[0][1]):
            waiting = due.popleft()[1]
            if self._asked.get(waiting.number) is waiting:
                del self._asked[waiting.number]
                self._lost(waiting, f"no answer within {self._timeout_s:g} s")
        self._is_timed = bool(due)
        if due:
            asyncio.get_running_loop().call_later(due[0][0] - now_s, self._look_at_time)

    def _landed(self, task: "asyncio.Task[None]") -> None:
        del self._flying[task]
        self._changed.set()
        if not task.cancelled() and (error := task.exception()) is not None:
            self._troubles.failed(f"a request: {error!r}")
            raise error

    async def _request(self, calls: Sequence[Waiting]) -> None:
        """One for all of them. What fails with one is told, and leaves no other without an end."""
        end = await self._outcome(calls)
        failed: Exception | None = None
        for waiting in calls:
            try:
                end(waiting)
            except Exception as error:
                failed = error
        if failed is not None:
            raise failed

    async def _outcome(self, calls: Sequence[Waiting]) -> Callable[[Waiting], None]:
        """What is to be done with each of them, when it is known."""
        what = calls[0].what.name.lower()
        try:
            request = self._signed(calls)
            got = await self._rest.request(
                *request, self._timeout_s, lambda: self._why_not(calls[0]) is Reason.NONE
            )
        except NotSent as error:
            self._troubles.failed(f"{what}: {error}")
            return partial(self._not_sent, words=str(error))
        except Unanswered as error:
            self.unanswered += 1
            self._troubles.failed(f"{what}: {error}")
            return partial(self._in_doubt, words=str(error))
        named = {name.lower().decode(): value.decode("latin-1") for name, value in got.headers}
        answer = Answer(got.status, named, got.body)
        return lambda each: self._settle(each, self._read(each.call, answer))

    def _signed(self, calls: Sequence[Waiting]) -> Request:
        """NotSent if it cannot be."""
        try:
            return self._entry.request(self._entry.one_of([waiting.call for waiting in calls]))
        except PinnacleError as error:
            raise NotSent(str(error)) from error

    def _read(self, call: Call, answer: Answer) -> Answered:
        try:
            return self._entry.answered(call, answer)
        except Exception as error:
            # Who asked must hear of it: an order whose answer nobody reads is in doubt.
            return Answered(fault=f"its answer cannot be read: {error!r}")

    def _settle(self, waiting: Waiting, answered: Answered) -> None:
        if answered.odd:
            self._troubles.failed(f"{waiting.what.name.lower()}: {answered.odd}")
        if answered.stale:
            self.stale()
        again = answered.again or answered.wait_s > 0
        if answered.wait_s > 0:
            self._entry.limits.full(answered.wait_s)
            self._patience.asked(answered.wait_s)
        if again and (waiting.tries < AGAIN_MAX or answered.wait_s > 0):
            self._put(waiting._replace(tries=waiting.tries + 1))
            return
        if waiting.answered is not None:
            if not waiting.answered.done():
                waiting.answered.set_result(answered)
            return
        if answered.fault:
            self._lost(waiting, answered.fault)
            return
        if answered.reports:
            self._deliver(answered.reports)
        if answered.more is not None:
            more = answered.more
            self._put(Waiting(more.what, next(self._numbers), more, None, 0))

    def _not_sent(self, waiting: Waiting, words: str) -> None:
        """It did not reach the venue: it may be tried again, as long as it is worth it."""
        if waiting.answered is not None:
            self._fail(waiting, words)
        elif waiting.tries < AGAIN_MAX:
            self._later(waiting)
        elif waiting.what is What.CANCEL:
            self._lost(waiting, words)  # what is to go is asked about, until it has gone
        else:
            self._refuse(waiting.call, Reason.NOT_SENT, words)

    def _lost(self, waiting: Waiting, words: str) -> None:
        self.unanswered += 1
        self._troubles.failed(f"{waiting.what.name.lower()}: {words}")
        self._in_doubt(waiting, words)

    def _in_doubt(self, waiting: Waiting, words: str) -> None:
        """Nobody knows what the venue has made of it."""
        if waiting.answered is not None:
            self._fail(waiting, words)
            return
        order = waiting.call.order
        if order is not None and waiting.what in _ORDERS:
            self._deliver([unsure(order, words)])

    def _fail(self, waiting: Waiting, words: str) -> None:
        if waiting.answered is not None and not waiting.answered.done():
            waiting.answered.set_result(Answered(fault=words))

    def _later(self, waiting: Waiting) -> None:
        loop = asyncio.get_running_loop()
        loop.call_later(RETRY_S, self._put, waiting._replace(tries=waiting.tries + 1))

    def _refuse(self, call: Call, reason: Reason, words: str) -> None:
        no = refused(call, reason, words)
        if no is not None:
            self._deliver([no])
