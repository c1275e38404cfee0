"""Nonces: numbers that a venue takes once and rising, whatever becomes of process and clock.

They are what the clock says, or the last and one more if that is not enough. What may have been
used is kept in a file, written ahead of it: not every nonce costs a write, and after a crash the
first is above all that the last process can have used.

A venue sees nonces in the order in which requests arrive. So whoever takes one sends the request
before anybody takes the next.
"""

import hashlib
import uuid
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Self

from pinnacle.core.errors import PinnacleError
from pinnacle.core.paths import state_dir
from pinnacle.venues.orders.mark import Mark

_MICROSECOND_NS = 1_000
_SECOND_US = 1_000_000
#: So far ahead of the clock is written at once, and by so many nonces at least.
AHEAD_US, SPARE = 60 * _SECOND_US, 1_000
#: The same of nonces that must be of about now: a crash puts the next one so far ahead.
TIMED_AHEAD_US = 4 * _SECOND_US
#: Gemini's rule is 30 s; the rest is for what our clock is off.
TIMED_WITHIN_S = 28


class TooFarAhead(PinnacleError):
    """A nonce would be further ahead of the time than the venue lets pass.

    `wait_s`: so long until the time has come up with it.
    """

    exit_code = 1

    def __init__(self, text: str, wait_s: float):
        super().__init__(text)
        self.wait_s = wait_s


def unique_nonce() -> str:
    """For a venue that wants another one each time, in no order: a UUID of 36 characters."""
    return str(uuid.uuid4())


def nonce_folder() -> Path:
    """Where all sessions of this user keep theirs; made if it is not there."""
    folder = state_dir() / "nonces"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder


def nonce_file(folder: Path, venue: str, key: str) -> Path:
    """Where a key's nonces are kept: its name tells nobody the key."""
    told = hashlib.sha256(f"{venue}\n{key}".encode()).hexdigest()
    return folder / f"{told[:32]}.nonces"


class Nonces:
    """Of one key: whole microseconds since 1970, or more if the clock went back.

    path      `nonce_file`; ConfigError if it is damaged, not ours alone, or in use
    clock     UTC, ns; it may step
    """

    def __init__(self, path: Path, clock: Callable[[], int], ahead_us: int = AHEAD_US):
        self._clock = clock
        self._ahead_us = ahead_us
        self._mark = Mark(path)
        self._last = self._mark.value - 1

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def next(self) -> int:
        """Greater than any before, of any process; ConfigError if that cannot be kept."""
        now_us = self._now_us()
        return self._give(max(now_us, self._last + 1), now_us)

    def reserve(self) -> None:
        """Write ahead while there is time, so that `next` need not wait for a disk.

        Called now and then, as often as every second; it writes when half is used.
        """
        now_us = self._now_us()
        nonce = max(now_us, self._last + 1)
        if 2 * (self._mark.value - nonce) < self._above(nonce, now_us) - nonce:
            self._mark.raise_to(self._above(nonce, now_us))

    def close(self) -> None:
        """Another process may use the key from now on."""
        self._mark.close()

    def _give(self, nonce: int, now_us: int) -> int:
        if nonce >= self._mark.value:
            self._mark.raise_to(self._above(nonce, now_us))
        self._last = nonce
        return nonce

    def _above(self, nonce: int, now_us: int) -> int:
        # Ahead of the clock, not of the nonce: a process that crashes often gets no further.
        return max(now_us + self._ahead_us, nonce + SPARE)

    def _now_us(self) -> int:
        return self._clock() // _MICROSECOND_NS


class TimedNonces(Nonces):
    """Of a key whose nonces must be of about now, in seconds: Gemini's "time based".

    Whole ones and fractions rise together: the key is one, whatever it is used for.
    """

    def __init__(
        self,
        path: Path,
        clock: Callable[[], int],
        ahead_us: int = TIMED_AHEAD_US,
        within_s: float = TIMED_WITHIN_S,
    ):
        super().__init__(path, clock, ahead_us)
        self._path = path
        self._within_us = int(within_s * _SECOND_US)

    def fraction(self) -> Decimal:
        """Seconds since 1970 with six decimals; TooFarAhead if the venue would refuse them."""
        return Decimal(self.next()).scaleb(-6)

    def whole(self) -> int:
        """Whole seconds since 1970; each takes a second, so not many more than one in each."""
        now_us = self._now_us()
        seconds = max(now_us // _SECOND_US, self._last // _SECOND_US + 1)
        return self._give(seconds * _SECOND_US, now_us) // _SECOND_US

    def _give(self, nonce: int, now_us: int) -> int:
        beyond_us = nonce - now_us - self._within_us
        if beyond_us > 0:
            wait_s = beyond_us / _SECOND_US
            raise TooFarAhead(
                f"{self._path}: the next nonce is {(nonce - now_us) / _SECOND_US:.1f} s ahead of "
                f"the clock: was it set back? the venue takes the key again in {wait_s:.1f} s",
                wait_s,
            )
        return super()._give(nonce, now_us)
