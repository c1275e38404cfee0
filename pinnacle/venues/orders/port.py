"""A venue's order entry, without I/O: what is asked of it, and what its answers and stream mean.

A venue's package has one `OrderEntry`. It turns a Call into a signed request or a frame, and what
comes back into Reports; link.py carries both and knows nothing of any venue.
"""

import enum
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import ClassVar, NamedTuple, Protocol

import numpy as np

from pinnacle.core.schema import Kind, Reason, Side
from pinnacle.venues.orders.limits import Limits
from pinnacle.venues.reference.offset import Offset
from pinnacle.venues.transport.patience import retry_after_s

LEFT_ALONE_S = 1.0
_SHOWN_BYTES = 80


class What(enum.IntEnum):
    """What is asked; of several that wait the lowest goes first. EVENTS: those of orders that the
    private stream has left out."""

    CANCEL_ALL = 0
    CANCEL = 1
    KEEP_ALIVE = 2
    TOKEN = 3
    NEW = 4
    REPLACE = 5
    QUERY = 6
    FILLS = 7
    OPEN = 8
    BALANCES = 9
    FEES = 10
    NAMES = 11
    EVENTS = 12


class When(enum.Enum):
    """Whether a call can be asked: LATER, when more has been heard of its order, or some time has
    passed; NEVER, there is nothing to ask any more."""

    NOW = enum.auto()
    LATER = enum.auto()
    NEVER = enum.auto()


class Order(NamedTuple):
    """An order as the gateway's table has it: ticks, lots. `row`: of the gateway's instruments.

    client_id   ours, by which the venue may be asked
    venue_id    the venue's; "" until it has said one
    """

    order_id: int
    row: int
    side: Side
    price: int
    quantity: int
    client_id: str
    venue_id: str = ""
    filled: int = 0
    is_market: bool = False
    time_in_force: int = 0
    post_only: bool = False


class Call(NamedTuple):
    """One thing that is asked.

    order       of NEW, REPLACE, CANCEL, QUERY; of FILLS: its alone
    price, quantity   of a REPLACE: the new ones, the order's new total
    since_ns    of FILLS: those from then on, UTC
    page        where a list that comes in parts goes on; "" is its beginning
    made_ns     session time when it was asked for
    """

    what: What
    order: Order | None = None
    price: int = 0
    quantity: int = 0
    since_ns: int = 0
    page: str = ""
    made_ns: int = 0


class Report(NamedTuple):
    """One thing that the venue says of an order: a record of the gateway's log.

    `kind` and fields as csrc/base/event.h has them; `row` as an Order's. `fee`: amount, digits
    behind its point, the currency's name.
    """

    kind: Kind
    order_id: int
    row: int
    side: int = Side.NONE
    price: int = 0
    quantity: int = 0
    aux: int = 0
    reason: int = Reason.NONE
    flags: int = 0
    venue_ns: int = 0
    venue_id: str = ""
    words: str = ""
    currency: str = ""


class Balance(NamedTuple):
    """Of one currency; `total` counts what open orders hold."""

    currency: str
    total: Decimal
    available: Decimal


class Fees(NamedTuple):
    """Of one instrument, in 1e-8 of notional; a negative one is a rebate."""

    row: int
    maker_e8: int
    taker_e8: int


class Request(NamedTuple):
    """One HTTP request, signed; `target` is path and query."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes = b""


class Answer(NamedTuple):
    """What came back of one; names of headers are lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def left_alone_s(self) -> float:
        """How long a venue that refuses for the rate wants to hear nothing: at least a while, also
        where it says 0, for what it has refused was not done."""
        return max(retry_after_s(self.headers.get("retry-after", "")), LEFT_ALONE_S)

    def words(self, call: Call) -> str:
        """What came, for people, and for logs: a token is for neither."""
        shown = b"" if call.what is What.TOKEN else self.body[:_SHOWN_BYTES]
        return f"HTTP {self.status} {shown.decode(errors='replace')}".strip()


class Answered(NamedTuple):
    """What an answer means.

    more      the next part of a list that is not at its end
    wait_s    the venue took no notice of it and wants to be left alone for so long: it may be asked
              again then
    again     asked for again at once, as with a nonce or a token that was too old
    stale     the venue says that its clock is another than ours: measured again soon
    fault     it could not be had, in words; nothing is known
    odd       what came with it and must be seen by somebody, in words
    """

    reports: Sequence[Report] = ()
    more: Call | None = None
    balances: Sequence[Balance] | None = None
    fees: Sequence[Fees] = ()
    wait_s: float = 0.0
    again: bool = False
    fault: str = ""
    odd: str = ""
    stale: bool = False


class Snapshot(NamedTuple):
    """What a private stream begins with: open orders as ORDER_STATUS, the last fills.

    since_ns   no fill from then on is missing; the venue's time, 0: from the very beginning
    """

    open_orders: Sequence[Report]
    fills: Sequence[Report]
    since_ns: int


class Heard(NamedTuple):
    """What one frame of the private stream means.

    answers   to calls by their number, as Answered
    snapshot  all that is open, where the stream itself says so: it need not be asked for
    ask       what the stream does not say, and has to be asked for now
    say       what is said to that on the same socket: a subscription that needs a session first
    ready     everything that was asked for at the beginning is confirmed
    lost      the stream cannot be trusted any more: words
    odd       as of an Answered
    """

    reports: Sequence[Report] = ()
    answers: Sequence[tuple[int, Answered]] = ()
    snapshot: Snapshot | None = None
    ask: Sequence[Call] = ()
    say: Sequence[str] = ()
    ready: bool = False
    lost: str = ""
    odd: str = ""


class Known(Protocol):
    """The orders that the gateway knows, by what a venue calls them."""

    def by_client(self, text: str) -> int | None:
        """The order's id; None: none of this session's."""

    def by_venue(self, text: str) -> int | None:
        """The same by the venue's own id."""

    def order(self, order_id: int) -> Order | None:
        """None if it is not open."""

    def adopted(self, venue_id: str, client_id: str) -> int | None:
        """An id for an order that is not this session's; None: it is nobody's business."""


class Desk(NamedTuple):
    """What an entry works with.

    instruments  rows of dtype INSTRUMENT; `names` what the venue calls them
    clock        session time, ns
    nonces       the folder where nonces are kept, for every session of this user
    """

    instruments: np.ndarray
    names: Sequence[str]
    known: "Known"
    clock: Callable[[], int]
    nonces: Path


class OrderEntry(ABC):
    """One key's orders at one venue.

    replaces     as its VenueKind's
    by_socket    what goes over the private stream's own socket, and is answered there
    ordered      requests must arrive in the order in which they were signed
    limits       what the venue lets pass
    tells_fees   it can be asked for FEES
    fills_of_one FILLS of an order are its alone; where not, they are asked for of all
    open_lag_s   for how long a list of open orders may be older than what the stream has said
    """

    VENUE: ClassVar[str]
    replaces: ClassVar[bool] = False
    by_socket: ClassVar[frozenset[What]] = frozenset()
    ordered: ClassVar[bool] = False
    tells_fees: ClassVar[bool] = False
    fills_of_one: ClassVar[bool] = False
    open_lag_s: ClassVar[float] = 0.0
    limits: Limits

    @abstractmethod
    def follow(self, offset: Offset) -> None:
        """The venue's clock, as it was measured now: requests are stamped by it."""

    def close(self) -> None:  # noqa: B027
        """Others may use the key from now on."""

    def needs(self) -> Sequence[Call]:
        """What must be answered before a stream is opened: names, a token."""
        return ()

    def when(self, call: Call) -> When:
        """Whether it can be asked now."""
        return When.NOW

    def list_of(self, call: Call) -> str:
        """The list that answers it, where one request answers all calls that wait for the same
        list when it leaves, each by what it finds there; "": it is asked for alone. What is asked
        on the socket, or LATER, shares none."""
        return ""

    def one_of(self, calls: Sequence[Call]) -> Call:
        """Of calls that share a list, the one whose request answers all of them."""
        return calls[0]

    def beyond(self, call: Call) -> str:
        """Why no such order or change can be asked for here at all, in words; "": it can."""
        is_change = call.what is What.REPLACE and not self.replaces
        return f"{self.VENUE} changes no order" if is_change else ""

    @abstractmethod
    def request(self, call: Call) -> Request:
        """By REST; signed now, to be sent at once. PinnacleError: it cannot be, and nothing has
        left."""

    def frame(self, call: Call, number: int) -> str:
        """By the socket; `number` comes back with its answer."""
        raise NotImplementedError(f"{self.VENUE} takes no {call.what.name} on its socket")

    @abstractmethod
    def answered(self, call: Call, answer: Answer) -> Answered:
        """What the answer to a request means; never raises for what a venue may send."""

    def handshake(self) -> Mapping[str, str]:
        """Headers of the private stream's opening; signed now."""
        return {}

    @abstractmethod
    def greeting(self) -> Sequence[str]:
        """What the private stream begins with."""

    @abstractmethod
    def heard(self, frame: bytes) -> Heard:
        """What a frame of it means; DataError: it cannot be read."""

    def nudge(self) -> str | None:
        """What is said when nothing has come for a while and the venue would answer."""
        return None

    def keep_alive_s(self) -> float:
        """How often a KEEP_ALIVE is to be sent, so that the venue does not take orders back; 0:
        never, it has no such switch."""
        return 0.0
