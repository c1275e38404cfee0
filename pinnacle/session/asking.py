"""Tells processes of a running session something, and waits for what they answer."""

import contextlib
import time
from collections.abc import Iterator
from itertools import count
from typing import Any

import msgspec

from pinnacle.core.errors import PinnacleError, UsageError
from pinnacle.core.paths import SessionPaths
from pinnacle.core.queues import Queue, asker_name, queue_name
from pinnacle.runtime.commands import Answer, Request

_ANSWER = msgspec.json.Decoder(Answer)
_STEP_S = 0.02


class NoAnswer(PinnacleError):
    """A process does not answer, or refuses."""

    exit_code = 1


class Asker:
    """Whoever may tell a session's processes something: the user whose they are, or root.

    An answer is waited for `within_s` seconds.
    """

    def __init__(self, paths: SessionPaths, within_s: float):
        self._paths, self.within_s = paths, within_s
        self._owner = paths.control.stat().st_uid
        self._answers: Queue | None = None
        self._numbers = count(1)

    def ask(self, process: str, word: str, **about: Any) -> dict[str, Any]:
        """What a process answers; NoAnswer if it does not, or refuses, UsageError if this user may
        not ask."""
        answers = self._answers = self._answers or self._for_answers()
        request = Request(next(self._numbers), answers.name, word, about)
        self._send(process, msgspec.json.encode(request))
        deadline = time.monotonic() + self.within_s
        while (left := deadline - time.monotonic()) > 0:
            message = answers.receive(left)
            answer = _ANSWER.decode(message) if message is not None else None
            if answer is None or answer.number != request.number:
                continue  # of a question that was given up
            if answer.refused:
                raise NoAnswer(f"{process} refuses: {answer.refused}")
            return answer.told
        raise NoAnswer(f"{process}: no answer within {self.within_s:g} s: is it alive?")

    def _for_answers(self) -> Queue:
        """Made when it is needed: what needs no answer is done without."""
        try:
            made = Queue(asker_name(), make=True)
            with contextlib.suppress(PermissionError):  # its own then
                made.give_to(self._owner)
        except OSError as error:
            raise NoAnswer(f"no message queue for answers: {error}") from None
        return made

    def _send(self, process: str, message: bytes) -> None:
        deadline = time.monotonic() + self.within_s
        try:
            queue = Queue(queue_name(self._paths, process))
        except FileNotFoundError:
            raise NoAnswer(f"{process}: it has no message queue: is it alive?") from None
        except PermissionError:
            raise UsageError(
                f"{process}: only uid {self._owner} may tell it: call this by "
                f"sudo -u '#{self._owner}'"
            ) from None
        try:
            while not queue.send(message):
                if time.monotonic() > deadline:
                    within = f"{self.within_s:g} s"
                    raise NoAnswer(f"{process}: no answer within {within}: is it alive?")
                time.sleep(_STEP_S)
        finally:
            queue.close()

    def close(self) -> None:
        if self._answers is not None:
            self._answers.close()


@contextlib.contextmanager
def asking(paths: SessionPaths, within_s: float) -> Iterator[Asker]:
    """An asker whose queue is gone behind it."""
    asker = Asker(paths, within_s)
    try:
        yield asker
    finally:
        asker.close()


def of_role(paths: SessionPaths, role: str) -> list[str]:
    """The names of a session's processes of this role."""
    return [name for name in paths.processes() if name.partition(".")[0] == role]
