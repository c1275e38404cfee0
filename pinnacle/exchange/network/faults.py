"""What an exchange does to its clients: every way in which venues have been seen to lose, repeat,
delay, refuse and confuse, by schedule, by command, or drawn from a seed.
"""

import random
from collections.abc import Collection, Mapping, Sequence
from typing import Annotated, NamedTuple

import msgspec
from msgspec import Meta

from pinnacle.core.errors import UsageError


class Fault(NamedTuple):
    """`lasts_s`: for so long, where nothing else is said."""

    words: str
    lasts_s: float = 5.0


FAULTS: Mapping[str, Fault] = {
    "ack_lost_after_accept": Fault("a new order is taken, and its answer never comes"),
    "ack_lost_before_accept": Fault("a new order never arrives, and nobody says so"),
    "ack_delayed": Fault("the answer to a new order comes after seconds"),
    "event_before_ack": Fault("the stream tells of an order before its answer does"),
    "fill_before_ack": Fault("fills come before anything else of an order"),
    "terminal_before_fill": Fault("an order's end comes before its last fills"),
    "duplicate_fill": Fault("every fill is told twice"),
    "dropped_fill": Fault("fills are not told, while all else goes on", 4.0),
    "rest_lag": Fault("requests see orders and fills as they were a while ago", 12.0),
    "open_orders_cached": Fault("lists of open orders are ten seconds old", 12.0),
    "not_found_at_first": Fault("a new order is not found for some seconds", 8.0),
    "bad_gateway": Fault("requests are answered with an error page, whatever became of them"),
    "unknown_outcome": Fault(
        "new orders are answered with: execution status unknown, and every other one is there"
    ),
    "rate_limit": Fault("new orders are refused for the rate, with a time to wait", 3.0),
    "ban": Fault("everything is refused, with a time to wait", 3.0),
    "clock_behind": Fault("the venue's clock falls behind ours", 6.0),
    "clock_ahead": Fault("the venue's clock runs ahead of ours", 6.0),
    "nonce_refused": Fault("requests are refused for their nonce", 1.0),
    "session_expired": Fault("the private session is over in the middle of its stream", 1.0),
    "stream_silent": Fault("the private stream stays open and says nothing", 8.0),
    "stream_ended": Fault("the private stream says that it is over, and stays open", 4.0),
    "malformed_private": Fault(
        "answers and the private stream are cut, lack something or have numbers as text", 4.0
    ),
    "disconnect": Fault("every socket is cut", 1.0),
    "market_disconnect": Fault("the sockets of market data are cut", 1.0),
    "refuse_connections": Fault("every socket is cut, and none is taken", 4.0),
    "sequence_gap": Fault("a number of the private stream is left out", 1.0),
    "unsolicited_cancel": Fault("the venue cancels our orders by itself", 2.0),
    "fill_beats_cancel": Fault("an order is filled just before it is cancelled"),
    "dust_left": Fault("an order is filled but for one lot, and cancelled", 2.0),
    "fee_in_base": Fault("fees of what is bought are taken in it", 6.0),
    "fee_in_third": Fault("fees are taken in a third currency", 6.0),
    "balance_moved": Fault("somebody withdraws money of the account by hand", 1.0),
    "foreign_order": Fault("somebody places an order of the account by hand", 1.0),
}


class Planned(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One that is to be done, seconds after the exchange began."""

    name: str
    begin_s: Annotated[float, Meta(ge=0)]
    end_s: float

    def __post_init__(self) -> None:
        if self.end_s <= self.begin_s:
            raise ValueError(f"end_s: {self.end_s:g} is not behind begin_s, {self.begin_s:g}")


def check_names(names: Sequence[str], never: Collection[str] = ()) -> None:
    """UsageError names one that there is not, or that the venue cannot have."""
    for name in names:
        if name not in FAULTS:
            raise UsageError(f"no fault {name!r}; there are: {', '.join(FAULTS)}")
        if name in never:
            raise UsageError(f"fault {name!r}: nothing that this venue says could tell of it")


def drawn(names: Sequence[str], duration_s: float, seed: int, warm_up_s: float) -> list[Planned]:
    """Each of these once, and again and again as long as there is time, in an order by the seed."""
    draw, plan = random.Random(seed), list[Planned]()
    at, left = warm_up_s, list[str]()
    while True:
        if not left:
            left = draw.sample(list(names), len(names))
        fault = FAULTS[left[-1]]
        begin = at + draw.uniform(1.0, 3.0)
        if begin + fault.lasts_s > duration_s - 8.0:
            return plan
        plan.append(Planned(left.pop(), begin, begin + fault.lasts_s))
        at = begin + fault.lasts_s


def time_needed(names: Sequence[str], warm_up_s: float) -> float:
    """So long it takes until each of these can have been done once."""
    return warm_up_s + sum(FAULTS[name].lasts_s + 3.0 for name in names) + 8.0
