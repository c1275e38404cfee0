"""How long to wait before the next attempt: doubling, bounded, jittered."""

import random


class Backoff:
    """Milliseconds between `least_ms` and `most_ms`; each wait is at least half of its bound.

    The jitter keeps many clients that lost a venue at one moment from coming back at one moment.
    """

    def __init__(self, least_ms: int, most_ms: int):
        self._least_ms = least_ms
        self._most_ms = most_ms
        self.attempts = 0

    def next_ms(self) -> float:
        """The wait before the next attempt, in ms; each is about twice the one before."""
        bound = min(self._most_ms, self._least_ms * 2 ** min(self.attempts, 30))
        self.attempts += 1
        return max(self._least_ms, bound * random.uniform(0.5, 1.0))

    def reset(self) -> None:
        """Things go well again."""
        self.attempts = 0
