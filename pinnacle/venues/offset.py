"""How far a venue's clock is ahead of ours, as far as anybody can tell: bounds, no I/O.

A reply says what the venue's clock showed at some moment between a request and its reply. The
venue's clock is ahead by no less than it showed at least, less our time of the reply, and by no
more than it showed at most, less our time of the request (as NTP has it: the round trip bounds the
error). What every sample allows is what all of them together allow.
"""

from collections import deque
from email.utils import parsedate_to_datetime
from typing import NamedTuple

from pinnacle.core.errors import DataError

#: Samples that count: older ones may be of before either clock was set.
SAMPLES = 16
SECOND_NS, MILLISECOND_NS = 1_000_000_000, 1_000_000


class Moment(NamedTuple):
    """What a clock showed, UTC ns: it was no earlier than that, and earlier than so much later."""

    at_ns: int
    within_ns: int


class Offset(NamedTuple):
    """ns that the venue's clock is ahead of ours; the truth is no further than `error_ns` off."""

    ahead_ns: int
    error_ns: int


def moment_of_date(text: str) -> Moment:
    """Of an HTTP Date: whole seconds; DataError for what is none."""
    try:
        return Moment(int(parsedate_to_datetime(text).timestamp()) * SECOND_NS, SECOND_NS)
    except (TypeError, ValueError, OverflowError):
        raise DataError(f"no date of an HTTP reply: {text[:80]!r}") from None


class ClockOffset:
    """Of one venue. What contradicts the earlier samples (a clock was set) begins anew."""

    def __init__(self) -> None:
        self._bounds: deque[tuple[int, int]] = deque(maxlen=SAMPLES)

    def take(self, sent_ns: int, received_ns: int, moment: Moment) -> Offset:
        """One request's and its reply's time by our clock, and what the venue's showed."""
        least = moment.at_ns - received_ns
        most = moment.at_ns + moment.within_ns - sent_ns
        self._bounds.append((least, most))
        if self._least > self._most:
            self._bounds.clear()
            self._bounds.append((least, most))
        return self.best()

    def best(self) -> Offset:
        """As all samples together allow; there is one at least."""
        return Offset((self._least + self._most) // 2, (self._most - self._least + 1) // 2)

    def wait_ns(self, now_ns: int, within_ns: int) -> int:
        """How long to wait with a request so that its reply tells most, of a clock that shows no
        more than every `within_ns`: it should be asked as it moves on, which halves the bounds."""
        return -(now_ns + self.best().ahead_ns) % max(within_ns, 1)

    @property
    def _least(self) -> int:
        return max(least for least, _ in self._bounds)

    @property
    def _most(self) -> int:
        return min(most for _, most in self._bounds)
