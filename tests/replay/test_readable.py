"""Records as people read them."""

import numpy as np

from pinnacle.core.schema import Kind, Source
from pinnacle.replay.readable import rows
from tests.replay.recorded import START_NS, event


def test_a_timer_shows_what_both_clocks_said():
    timer = event(Kind.TIMER, 0, order_id=61 * 10**9, aux=START_NS - 5, source=Source.RISK)
    (row,) = rows(timer, 7, np.zeros(1, int), {})
    assert (row["monotonic_ns"], row["wall_ns"]) == (61 * 10**9, START_NS - 5)
    assert "order_id" not in row and "aux" not in row


def test_a_timer_from_before_clocks_were_on_record_shows_none():
    timer = event(Kind.TIMER, 0, source=Source.RISK)
    (row,) = rows(timer, 7, np.zeros(1, int), {})
    assert "monotonic_ns" not in row and "wall_ns" not in row
