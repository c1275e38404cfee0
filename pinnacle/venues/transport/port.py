"""What is needed of a WebSocket, whichever library speaks it."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Protocol

from pinnacle.venues.transport.access import Access
from pinnacle.venues.transport.patience import retry_after_s

#: To be closed in good order; what takes longer is broken off.
CLOSE_S = 1.0
#: Of what the kernel has not taken yet. Far above anything that is said to a venue: the answers to
#: one that pings and does not read would pile up.
UNSENT_BYTES_MAX = 1024 * 1024
UNREAD = f"the other side does not read: more than {UNSENT_BYTES_MAX} bytes wait to be sent"
#: What the libraries call a close frame without one.
_NO_CODE = (0, 1005)
BROKEN_OFF = "the connection broke off, without a close frame"


class SocketError(Exception):
    """Why a WebSocket could not be opened, or is closed; `retry_after_s`: the venue asks for it."""

    def __init__(self, text: str, retry_after_s: float = 0.0):
        super().__init__(text)
        self.retry_after_s = retry_after_s


def closed_by_them(code: int, reason: str | None) -> str:
    """The words for a close frame."""
    said = "" if code in _NO_CODE else f"{code} "
    return f"closed by the other side: {said}{reason or ''}".rstrip(": ")


def refused(error: Exception, waits: Sequence[str], elsewhere: Sequence[str]) -> SocketError:
    """A handshake's answer that is none, with its headers Retry-After and Location: a venue is
    where the configuration says, whoever else is named."""
    text = f"{type(error).__name__}: {error}"
    if elsewhere:
        text += f"; it sends on to {elsewhere[0][:200]!r}, which is not followed"
    return SocketError(text, retry_after_s(*waits))


class Socket(Protocol):
    """One that is open. Pings are answered by it; a frame above FRAME_BYTES_MAX, what breaks the
    protocol, and more than UNSENT_BYTES_MAX that the other side does not read end it."""

    async def frames(self) -> Sequence[bytes]:
        """What waits, in its order: one frame or several; SocketError behind the last one, or
        one before it where what follows breaks the protocol. It says so at once, whatever there
        is left to close.

        Other tasks get their turn at each call. How many are read ahead is bounded: who does not
        call holds the venue back. May be cancelled; no frame is lost by that.
        """

    def say(self, text: str) -> None:
        """Handed to the kernel in this call, or behind what it has not taken yet; SocketError if it
        is closed."""

    async def close(self) -> None:
        """Within CLOSE_S or a little more, whatever the other side does; frames are lost."""


#: Open one at a URL, with these headers besides: SocketError, OSError or TimeoutError say why not,
#: and nothing is left behind.
Connect = Callable[[str, Access, Mapping[str, str]], Awaitable[Socket]]


def connect_by(name: str) -> Connect:
    """A transport by its name in the configuration, which has seen that it is there."""
    if name == "picows":
        from pinnacle.venues.transport.over_picows import connect as by_picows

        return by_picows
    from pinnacle.venues.transport.over_websockets import connect as by_websockets

    return by_websockets
