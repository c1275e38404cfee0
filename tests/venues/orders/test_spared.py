"""Limits that keep something back, and a venue that says for how long it wants to be left alone."""

from pinnacle.venues.orders.limits import Bucket, Window, costs, everything
from pinnacle.venues.orders.port import Call, What
from pinnacle.venues.orders.spare import spare

NEW, CANCEL = Call(What.NEW), Call(What.CANCEL)
SPARE = costs(NEW=2)


class Clock:
    now = 1000.0

    def __call__(self):
        return self.now


def taken(limit, call, times):
    for _ in range(times):
        assert limit.wait(call) == 0.0
        limit.take(call)


def test_a_bucket_keeps_its_last_drops_for_who_needs_not_leave_any():
    clock = Clock()
    bucket = Bucket(2.0, 5.0, everything, clock, spare=SPARE)
    taken(bucket, NEW, 3)
    assert bucket.wait(NEW) == 0.5
    taken(bucket, CANCEL, 2)
    assert bucket.wait(CANCEL) == 0.5
    clock.now += 1.5
    assert bucket.wait(NEW) == 0.0


def test_a_window_keeps_its_last_ones_until_the_next_begins():
    clock = Clock()
    window = Window(60.0, 5.0, everything, clock, spare=SPARE)
    taken(window, NEW, 3)
    assert window.wait(NEW) == 20.0
    taken(window, CANCEL, 2)
    assert window.wait(CANCEL) == 20.0
    clock.now += 20.0
    assert window.wait(NEW) == 0.0


def test_what_costs_nothing_never_waits():
    clock = Clock()
    for limit in (
        Bucket(1.0, 1.0, costs(NEW=1), clock, spare=SPARE),
        Window(60.0, 1.0, costs(NEW=1), clock, spare=SPARE),
    ):
        limit.full(9.0)
        assert limit.wait(CANCEL) == 0.0
        assert limit.wait(NEW) > 0.0


def test_a_window_that_the_venue_calls_full_is_so_for_as_long_as_it_says():
    clock = Clock()
    window = Window(3600.0, 100.0, everything, clock)
    window.full(7.0)
    assert window.wait(NEW) == 7.0
    clock.now += 7.0
    assert window.wait(NEW) == 0.0
    window.full(0.0)
    assert window.wait(NEW) == 3600.0 - clock.now % 3600.0


def test_everything_but_what_takes_orders_back_leaves_something():
    cost = spare(2.0)
    takes_back = {What.CANCEL, What.CANCEL_ALL}
    assert {what for what in What if cost(Call(what)) == 0.0} == takes_back
    assert {cost(Call(what)) for what in What if what not in takes_back} == {2.0}
