"""Whatever clocks, restarts and uses come: nonces rise, and a venue's rule is kept or told."""

import tempfile
from decimal import Decimal
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from pinnacle.venues.orders.nonces import Nonces, TimedNonces, TooFarAhead

NOW_NS = 1_790_000_000 * 10**9
STEPS_S = st.floats(-100, 100) | st.sampled_from([0, 1e-6, -1e-6, 4, 60, 10**6, -(10**6)])
#: A step of the clock, a use, or another process.
TURNS = st.lists(STEPS_S | st.sampled_from(["next", "whole", "reserve", "again"]), max_size=40)
EXAMPLES = settings(max_examples=60, deadline=None)


class Turned:
    """A key's nonces in one folder, and what was given of them."""

    def __init__(self, kind, folder):
        self.ns = NOW_NS
        self._kind, self._path = kind, Path(folder) / "key.nonces"
        self._nonces = self._made()
        self.given = []

    def _made(self):
        return self._kind(self._path, lambda: self.ns)

    def take(self, turn):
        if isinstance(turn, str):
            getattr(self, turn)()
        else:
            self.ns = max(0, self.ns + round(turn * 10**9))

    def next(self):
        self.given.append(self._nonces.next())

    def whole(self):
        if isinstance(self._nonces, TimedNonces):
            self.given.append(self._nonces.whole() * 10**6)

    def reserve(self):
        self._nonces.reserve()

    def again(self):
        self._nonces.close()
        self._nonces = self._made()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._nonces.close()


@EXAMPLES
@given(turns=TURNS)
def test_nonces_rise(turns):
    with tempfile.TemporaryDirectory() as folder, Turned(Nonces, folder) as turned:
        for turn in turns:
            before = len(turned.given)
            turned.take(turn)
            assert len(turned.given) == before + (turn == "next")
        assert turned.given == sorted(set(turned.given))


@EXAMPLES
@given(turns=TURNS)
def test_nonces_of_now_rise_and_are_of_now_or_told(turns):
    with tempfile.TemporaryDirectory() as folder, Turned(TimedNonces, folder) as turned:
        for turn in turns:
            before = len(turned.given)
            try:
                turned.take(turn)
            except TooFarAhead as error:
                assert error.wait_s > 0 and len(turned.given) == before
                continue
            for nonce in turned.given[before:]:
                assert -1 < Decimal(nonce) / 10**6 - Decimal(turned.ns) / 10**9 <= 28
        assert turned.given == sorted(set(turned.given))
