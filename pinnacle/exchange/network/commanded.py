"""Faults by command: a running exchange begins one when it is asked on its own port.

The path is one that no venue has. The port is bound to loopback alone, and who asks shows the token
that the exchange has written beside its keys, for its user alone.
"""

import hmac
import secrets
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import msgspec
from msgspec import Meta

from pinnacle.core.output import write_whole
from pinnacle.exchange.network.faults import FAULTS, Planned
from pinnacle.exchange.network.http import HttpReply, HttpRequest
from pinnacle.exchange.network.making import MadeExchange
from pinnacle.exchange.network.troubled import TroubledServer

PATH = "/pinnacle/faults"
TOKEN_HEADER = "pinnacle-token"
_JSON = (("Content-Type", "application/json"),)


class Command(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is asked for; `lasts_s`: not given, for as long as such a fault lasts."""

    name: str
    lasts_s: Annotated[float, Meta(gt=0, le=86_400)] | None = None


class Begun(msgspec.Struct, frozen=True):
    """What was done.

    went_on      it was being done already, and lasts from now on for so long
    events       what happened to orders at once: cancelled, filled, placed
    sockets      those that were open, each of them a client's
    open_orders  those that rested
    """

    name: str
    lasts_s: float
    words: str
    went_on: bool
    events: int
    sockets: int
    open_orders: int


class FaultState(msgspec.Struct, frozen=True):
    """One that there is; `left_s`: None while it is not being done; `count`: how often it was."""

    name: str
    words: str
    lasts_s: float
    left_s: float | None
    count: int


class Refused(msgspec.Struct, frozen=True):
    """Why nothing was done."""

    error: str


def token_file(certificates: Path, port: int) -> Path:
    """Several exchanges may write into one folder: a port is one's own."""
    return certificates / f"faults-{port}-token"


class CommandedServer(TroubledServer):
    """`token` is what a command has to show."""

    def __init__(self, made: MadeExchange, plan: Sequence[Planned] = ()):
        super().__init__(made, plan)
        self.token = secrets.token_urlsafe(24)

    def write_token(self, certificates: Path) -> Path:
        """Once it is open; the file is for its user alone (0600)."""
        path = token_file(certificates, self.port)
        write_whole(path, self.token + "\n", 0o600)
        return path

    async def reply(self, request: HttpRequest) -> HttpReply:
        if request.target != PATH:
            return await super().reply(request)
        shown = request.headers.get(TOKEN_HEADER, "")
        if not hmac.compare_digest(shown.encode(), self.token.encode()):
            return _reply(403, Refused("the token is another exchange's"))
        if request.method == "GET":
            return _reply(200, self.states())
        if request.method != "POST":
            return _reply(405, Refused("GET or POST is wanted"))
        try:
            wanted = msgspec.json.decode(request.body, type=Command)
        except msgspec.MsgspecError as error:
            return _reply(400, Refused(str(error)))
        if wanted.name not in FAULTS:
            return _reply(404, Refused(f"no fault {wanted.name!r}"))
        if wanted.name in self.side.never:
            words = "nothing that this venue says could tell of it"
            return _reply(400, Refused(f"fault {wanted.name!r}: {words}"))
        return _reply(200, self.command(wanted))

    def command(self, wanted: Command) -> Begun:
        """From now on; one that is being done already is done anew."""
        self.house.advance()
        self.flush()
        fault = FAULTS[wanted.name]
        lasts_s = fault.lasts_s if wanted.lasts_s is None else wanted.lasts_s
        went_on, sockets = self.is_on(wanted.name), len(self.sockets)
        rest = sum(len(list(self.house.live(account))) for account in self.house.accounts)
        self.begin(wanted.name, lasts_s)
        happened = len(self.events)
        self.flush()
        return Begun(wanted.name, lasts_s, fault.words, went_on, happened, sockets, rest)

    def states(self) -> list[FaultState]:
        """Each that the venue can have."""
        return [
            FaultState(name, fault.words, fault.lasts_s, self.left_s(name), self.counts[name])
            for name, fault in FAULTS.items()
            if name not in self.side.never
        ]


def _reply(status: int, body: object) -> HttpReply:
    return HttpReply(status, _JSON, msgspec.json.encode(body))
