"""How a feed stands with its venue, as it shows it to everybody in its counters."""

import enum
from typing import NamedTuple

from pinnacle.core.schema import Reason


class ConnectionState(enum.IntEnum):
    """Of a connection, the worst first. Of several that share instruments out, the worst counts; of
    those that say the same, the best.

    BACKING_OFF  waits before the next attempt
    CONNECTING   until the WebSocket stands
    SUBSCRIBING  until the venue confirms what was asked for
    SNAPSHOT     a book is not whole, or none may be used for what its instrument is
    STALE        nothing has come for half of stale_ms
    LIVE         every book is in step
    """

    BACKING_OFF = 1
    CONNECTING = 2
    SUBSCRIBING = 3
    SNAPSHOT = 4
    STALE = 5
    LIVE = 6


class MarketState(NamedTuple):
    """What stands in the counters `market.state`, `market.reason`...: integers.

    state        ConnectionState
    reason       why it is not LIVE: a Reason; NONE while it is
    since_ns     session time at which the state began
    heard_ns     session time of the newest message, 0 if none came
    messages     how many came
    subscribed   how many times
    connected    WebSockets that are subscribed now, of `connections`
    """

    state: int
    reason: int = Reason.NONE
    since_ns: int = 0
    heard_ns: int = 0
    messages: int = 0
    subscribed: int = 0
    connected: int = 0
    connections: int = 1
