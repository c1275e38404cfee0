"""How far a venue's clock is ahead of ours, as far as anybody can tell: bounds, no I/O.

A reply says what the venue's clock showed at some moment between a request and its reply. The
venue's clock is ahead by no less than it showed at least, less our time of the reply, and by no
more than it showed at most, less our time of the request (as NTP has it: the round trip bounds the
error). What every sample allows, as wide as its age has made it, is what all of them allow.
"""

from collections import deque
from email.utils import parsedate_to_datetime
from typing import NamedTuple

from pinnacle.core.errors import DataError

#: Samples that count: older ones may be of before either clock was set.
SAMPLES = 16
#: Two clocks may come apart by so much of the time that goes by: as much as an honest one does.
DRIFT_PPM = 100
#: A clock that was set by less than that may be found out late.
STEP_NS = 50_000_000
SECOND_NS, MILLISECOND_NS = 1_000_000_000, 1_000_000
#: No clock of today shows more, and sums of it with a few others fit into 63 bits.
LATEST_NS = 1 << 62


class Moment(NamedTuple):
    """What a clock showed, UTC ns: it was no earlier than that, and earlier than so much later."""

    at_ns: int
    within_ns: int


class Offset(NamedTuple):
    """ns that the venue's clock is ahead of ours; the truth is no further than `error_ns` off."""

    ahead_ns: int
    error_ns: int


class _Bounds(NamedTuple):
    """Of one sample, when it was taken."""

    at_ns: int
    least: int
    most: int

    def aged(self, now_ns: int) -> tuple[int, int]:
        wider = abs(now_ns - self.at_ns) * DRIFT_PPM // 1_000_000
        return self.least - wider, self.most + wider


def moment_of_date(text: str) -> Moment:
    """Of an HTTP Date: whole seconds; DataError for what is none, or of no time of ours."""
    try:
        at_ns = int(parsedate_to_datetime(text).timestamp()) * SECOND_NS
    except (TypeError, ValueError, OverflowError):
        raise DataError(f"no date of an HTTP reply: {text[:80]!r}") from None
    if not 0 <= at_ns < LATEST_NS:
        raise DataError(f"no date of today: {text[:80]!r}")
    return Moment(at_ns, SECOND_NS)


class ClockOffset:
    """Of one venue. What contradicts the earlier samples (a clock was set) begins anew."""

    def __init__(self) -> None:
        self._bounds: deque[_Bounds] = deque(maxlen=SAMPLES)

    def take(self, sent_ns: int, received_ns: int, moment: Moment) -> Offset:
        """One request's and its reply's time by our clock, and what the venue's showed."""
        least = moment.at_ns - received_ns
        most = moment.at_ns + moment.within_ns - sent_ns
        sample = _Bounds(received_ns, least, most)
        self._bounds.append(sample)
        low, high = self._together(received_ns)
        if low > high:
            self._bounds.clear()
            self._bounds.append(sample)
        return self.best(received_ns)

    def best(self, now_ns: int) -> Offset:
        """As all samples together allow now; there is one at least."""
        low, high = self._together(now_ns)
        return Offset((low + high) // 2, (high - low + 1) // 2)

    def wait_ns(self, now_ns: int, within_ns: int, turn: int) -> int:
        """How long to wait with a request so that its reply tells most, of a clock that shows no
        more than every `within_ns`.

        As the clock moves on by the estimate the bounds are halved; but a clock that was set a
        little would never contradict. So every other `turn` it is asked for that, by turns a little
        before and behind the bounds.
        """
        ahead_ns, error_ns = self.best(now_ns)
        beyond_ns = error_ns + STEP_NS
        aimed_ns = ahead_ns + (0, beyond_ns, 0, -beyond_ns)[turn % 4]
        return -(now_ns + aimed_ns) % max(within_ns, 1)

    def _together(self, now_ns: int) -> tuple[int, int]:
        bounds = [sample.aged(now_ns) for sample in self._bounds]
        return max(low for low, _ in bounds), min(high for _, high in bounds)
