"""One connection to a server, on which one request after another is asked.

What stands between it and the socket is the loop's transport alone: a request is one write, and
an answer is taken in the call that its last byte comes with. HTTP/1.1 is h11's.
"""

import asyncio
import select
import ssl
from collections.abc import Callable
from typing import cast

import h11

from pinnacle.venues.transport.answer import Answer, Unanswered
from pinnacle.venues.transport.troubles import words_of

#: Above any answer to who trades; without a bound a broken server could fill memory.
BODY_BYTES_MAX = 16 * 1024 * 1024
#: Of the status and headers.
HEAD_BYTES_MAX = 64 * 1024
_CLOSED = "the server closed the connection"


class KeptAlive(asyncio.Protocol):
    """Asked by one caller at a time, while it is `usable`.

    ended       called once, when it is over
    clock       stamps requests and answers, in ns
    over        it cannot be asked any more
    answered    how many requests were
    begun       when it was opened; idle_until: when it will have been unused for too long, its
                owner's; both by the loop's clock
    """

    def __init__(self, ended: Callable[["KeptAlive"], None], clock: Callable[[], int]):
        self.over = False
        self.answered = 0
        self.begun = self.idle_until = 0.0
        self._ended = ended
        self._clock = clock
        self._http = h11.Connection(h11.CLIENT, HEAD_BYTES_MAX)
        self._transport: asyncio.Transport
        self._hangup = select.poll()
        self._answer: asyncio.Future[Answer] | None = None
        self._head: h11.Response | None = None
        self._body = bytearray()
        self._sent_ns = 0

    @property
    def usable(self) -> bool:
        """Whether another request may be asked: not if the server has closed it, as far as the
        kernel knows, whose word the loop may not have read yet."""
        if self.over or self._transport.is_closing():
            return False
        return not self._hangup.poll(0)

    async def ask(self, request: h11.Request, body: bytes, deadline: float) -> Answer:
        """Write all of it at once, and wait for the answer until then, by the loop's clock.

        Unanswered: no whole one came. Whatever ends this without an answer, a cancellation too,
        ends the connection: what comes later would be taken for the next one's.
        """
        loop = asyncio.get_running_loop()
        http, asked = self._http, loop.time()
        parts = [http.send(request), http.send(h11.Data(body)) if body else b""]
        http.send(h11.EndOfMessage())  # which has no bytes where the length stands in the head
        self._answer = answer = loop.create_future()
        self._head, self._body = None, bytearray()
        words = f"no whole answer after {(deadline - asked) * 1000:.0f} ms"
        late = loop.call_at(deadline, self.end, words)
        self._sent_ns = self._clock()
        self._transport.write(b"".join(part for part in parts if part))
        try:
            return await answer
        except BaseException:
            self.end("nobody waits for the answer")
            raise
        finally:
            late.cancel()

    def end(self, words: str) -> None:
        """It is broken off; who waits for an answer gets an Unanswered with these words."""
        if self.over:
            return
        self.over = True
        answer, head = self._answer, self._head
        if answer is not None and not answer.done():
            told = words if head is None else f"HTTP {head.status_code}, and then: {words}"
            answer.set_exception(Unanswered(told))
        # No goodbye: nothing is under way that it would save, and it could be waited for.
        self._transport.abort()
        self._ended(self)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's is of no class of asyncio's.
        self._transport = cast(asyncio.Transport, transport)
        self.begun = asyncio.get_running_loop().time()
        self._hangup.register(transport.get_extra_info("socket"), select.POLLRDHUP)

    def data_received(self, data: bytes) -> None:
        if self.over:
            return
        if self._answer is None or self._answer.done():
            self.end("the server speaks without being asked")
            return
        self._http.receive_data(data)
        self._read()

    def eof_received(self) -> None:
        """No more comes, which ends a body without a length where the server itself has said so:
        TCP's end can be anybody's."""
        if self._head is not None and not self.over and self._is_said():
            self._http.receive_data(b"")
            self._read()
        self.end(_CLOSED)

    def connection_lost(self, exc: Exception | None) -> None:
        self.end(_CLOSED if exc is None else words_of(exc, _CLOSED))

    def _is_said(self) -> bool:
        tls: ssl.SSLObject | None = self._transport.get_extra_info("ssl_object")
        try:
            return tls is None or tls.read(1) == b""
        except ssl.SSLError:
            return False

    def _read(self) -> None:
        try:
            while self._heard(self._http.next_event()):
                pass
        except h11.RemoteProtocolError as error:
            self.end(f"the answer is broken: {error}")

    def _heard(self, event: object) -> bool:
        """Whether there may be more. What comes before an answer, 100 to 199, is passed over."""
        if isinstance(event, h11.Response):
            self._head = event
            if _is_packed(event):
                self.end("the answer is packed, which was not asked for")
        elif isinstance(event, h11.Data):
            self._body += event.data
            if len(self._body) > BODY_BYTES_MAX:
                self.end(f"the answer exceeds {BODY_BYTES_MAX} bytes")
        elif isinstance(event, h11.EndOfMessage):
            self._is_whole()
            return False
        elif not isinstance(event, h11.InformationalResponse):
            return False
        return not self.over

    def _is_whole(self) -> None:
        answer, head, http = self._answer, self._head, self._http
        assert answer is not None and head is not None
        now_ns = self._clock()
        answer.set_result(
            Answer(head.status_code, head.headers, bytes(self._body), self._sent_ns, now_ns)
        )
        self.answered += 1
        if http.our_state is http.their_state is h11.DONE and not http.trailing_data[0]:
            http.start_next_cycle()
        else:
            self.end("the server closes it behind this answer, or says more than one")


def _is_packed(head: h11.Response) -> bool:
    return any(
        key == b"content-encoding" and value.lower() != b"identity" for key, value in head.headers
    )
