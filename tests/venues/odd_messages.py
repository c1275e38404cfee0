"""What a venue might send: whole messages with something else in them; how an entry reads it."""

import copy
import json
from collections.abc import Iterator
from typing import Any

from hypothesis import settings

from pinnacle.core.errors import DataError
from pinnacle.venues.orders.port import Answer, Answered, Heard
from pinnacle.venues.orders.records import records

EXAMPLES = settings(max_examples=40, deadline=None)
#: What may stand in the place of anything.
OTHERS: list[Any] = [
    None,
    "",
    "x",
    -1,
    0,
    True,
    10**30,
    0.5,
    1.5,
    "9" * 40,
    "9" * 50,
    "1e999999999",
    "0e999999999",
    "NaN",
    "\udcff",
    [],
    {},
    [[]],
    "9" * 5000,
]


def members(value: Any, at: tuple = ()) -> Iterator[tuple]:
    """Where each member of each object, and each element, stands."""
    if isinstance(value, (dict, list)):
        for name in value if isinstance(value, dict) else range(len(value)):
            yield (*at, name)
            yield from members(value[name], (*at, name))


def other(message: Any, at: tuple, *value: Any) -> Any:
    """Without the member, or with another value in its place."""
    whole = holder = copy.deepcopy(message)
    for step in at[:-1]:
        holder = holder[step]
    if value:
        holder[at[-1]] = value[0]
    else:
        del holder[at[-1]]
    return whole


def changed(message: Any, at: tuple, *value: Any) -> bytes:
    """The same as it is sent."""
    return json.dumps(other(message, at, *value)).encode()


def variants(message: Any) -> Iterator[bytes]:
    """Without each member, and with each other thing in its place."""
    for at in members(message):
        yield changed(message, at)
        for value in OTHERS:
            yield changed(message, at, value)


def damaged(whole: bytes, at: int, by: bytes) -> bytes:
    """With other bytes in the place of one."""
    at %= len(whole)
    return whole[:at] + by + whole[at + 1 :]


class Reader:
    """An entry, of which all that it says can be recorded, and all that it wants asked."""

    def __init__(self, entry, venue):
        self._entry, self._venue = entry, venue

    def _recorded(self, reports):
        records(reports, [0, 1], 1, 257, self._venue)

    def answered(self, call, status, body):
        found = self._entry.answered(call, Answer(status, {}, body))
        assert isinstance(found, Answered)
        self._recorded(found.reports)
        assert isinstance(found.fault, str) and isinstance(found.odd, str)
        if found.more is not None:
            self._entry.request(found.more)

    def heard(self, data):
        try:
            found = self._entry.heard(data)
        except DataError:
            return
        assert isinstance(found, Heard)
        self._recorded(found.reports)
        for _, answered in found.answers:
            self._recorded(answered.reports)
        for call in found.ask:
            self._entry.request(call)
