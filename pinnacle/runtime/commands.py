"""What a running process is told by its owner, and answers: requests over a queue of its own.

They are looked for in housekeeping, never on the order path. A request that cannot be read, or that
nobody can be answered, is counted and changes nothing. What a request changes in decisions goes
into the process's log as a record, and so comes out of it again; until that record is applied no
further request is looked at, so that whoever tells and then asks hears of what he told.
"""

from collections.abc import Callable, Mapping
from typing import Any

import msgspec
import structlog

from pinnacle.core.paths import SessionPaths
from pinnacle.core.queues import MESSAGES, Queue, is_askers, queue_name

Told = dict[str, Any]
#: Takes what a request says beside its word, gives the answer; ValueError: refused, and why.
Handler = Callable[[Told], Told]


class Request(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`number` comes back in the answer, which goes to the queue `answer_to`."""

    number: int
    answer_to: str
    word: str
    about: Told = {}


class Answer(msgspec.Struct, frozen=True):
    """`refused` says why; empty: it was done, and `told` is what there is to say."""

    number: int
    process: str
    told: Told = {}
    refused: str = ""


_REQUEST = msgspec.json.Decoder(Request)


class Commands:
    """The queue of one process, from its first housekeeping to its end.

    Where the machine has no room for one the process warns and goes on: it cannot be told anything.
    `holds`: whether something that was told waits for the next batch.
    """

    def __init__(
        self,
        paths: SessionPaths,
        process: str,
        handlers: Mapping[str, Handler],
        log: structlog.stdlib.BoundLogger,
        holds: Callable[[], bool] = lambda: False,
    ):
        self._process, self._handlers, self._holds = process, handlers, holds
        #: Requests that were answered, and messages that were none or could not be.
        self.answered = self.malformed = 0
        self._queue: Queue | None = None
        try:
            self._queue = Queue(queue_name(paths, process), make=True)
        except OSError as error:
            log.warning("cannot be told anything: no message queue", error=str(error))

    def look(self) -> None:
        """Answer what has come, at most as many as a queue holds."""
        for _ in range(MESSAGES):
            if self._holds():
                return
            message = self._queue.receive() if self._queue is not None else None
            if message is None:
                return
            self._take(message)

    def _take(self, message: bytes) -> None:
        try:
            request = _REQUEST.decode(message)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            self.malformed += 1
            return
        if not is_askers(request.answer_to) or not self._send(request, self._answer(request)):
            self.malformed += 1
            return
        self.answered += 1

    def _answer(self, request: Request) -> Answer:
        handler = self._handlers.get(request.word)
        if handler is None:
            return Answer(
                request.number, self._process, refused=f"{request.word!r} is not known here"
            )
        try:
            return Answer(request.number, self._process, handler(request.about))
        except ValueError as error:
            return Answer(request.number, self._process, refused=str(error))

    def _send(self, request: Request, answer: Answer) -> bool:
        message = msgspec.json.encode(answer)
        try:
            queue = Queue(request.answer_to)
        except OSError:
            return False
        try:
            return len(message) <= queue.message_bytes and queue.send(message)
        finally:
            queue.close()

    def close(self) -> None:
        if self._queue is not None:
            self._queue.close()
            self._queue = None
