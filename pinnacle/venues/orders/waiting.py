"""A call that waits: for its turn, for its answer; and the socket that it may go by."""

import asyncio
from typing import NamedTuple, Protocol

from pinnacle.venues.orders.port import Answered, Call, What


class Talk(Protocol):
    """The private stream's socket, for what is asked there."""

    @property
    def is_open(self) -> bool: ...

    def say(self, text: str) -> None:
        """At once; what the socket does not take is lost with it."""


class Waiting(NamedTuple):
    what: What
    number: int
    call: Call
    answered: "asyncio.Future[Answered] | None"
    tries: int

    @property
    def is_forsaken(self) -> bool:
        """Whoever has asked waits no more."""
        return self.answered is not None and self.answered.done()
