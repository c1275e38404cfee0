"""What the venue shows is compared with the book where both stand at one update only."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pinnacle.venues.binance.top import WAITING_MAX, TopWatch

TOP, OTHER = (100, 1, 101, 2), (99, 1, 101, 2)


def test_a_top_waits_until_the_book_has_come_to_its_update():
    watch = TopWatch()
    assert watch.show(7, TOP) is None
    assert watch.show(9, OTHER) is None
    assert watch.advance(6) is None
    assert watch.advance(7) == TOP
    assert watch.advance(8) is None
    assert watch.advance(9) == OTHER


def test_a_top_of_the_update_that_the_book_stands_at_is_compared_at_once():
    watch = TopWatch()
    watch.advance(7)
    assert watch.show(7, TOP) == TOP
    assert watch.show(6, OTHER) is None
    assert watch.advance(6) is None, "what was behind the book is not kept"


def test_a_book_that_is_not_followed_any_more_has_nothing_to_be_compared_with():
    watch = TopWatch()
    watch.advance(7)
    watch.show(9, TOP)
    watch.forget()
    assert watch.show(7, TOP) is None
    assert watch.advance(9) is None


@pytest.mark.parametrize("more", [0, 1])
def test_tops_without_a_book_wait_in_bounds(more):
    watch = TopWatch()
    last = WAITING_MAX + more
    for update_id in range(1, last + 1):
        watch.show(update_id, TOP)
    assert watch.advance(1) == (None if more else TOP)
    assert watch.advance(last) == TOP


@pytest.mark.parametrize("ahead", [0, 1, 9, WAITING_MAX - 1])
def test_tops_wait_for_as_long_as_the_book_goes_on(ahead):
    """Behind those that are gone there is room again, and none is lost or changed."""
    watch, last = TopWatch(), 3 * WAITING_MAX
    for update_id in range(1, last + 1):
        watch.show(update_id, (update_id, 1, update_id + 2, 3))
        due = update_id - ahead
        if due > 0:
            assert watch.advance(due) == (due, 1, due + 2, 3)
        assert watch.cdata.count == min(ahead, update_id)
        assert watch.cdata.first + watch.cdata.count <= WAITING_MAX


STEPS = st.tuples(st.sampled_from(["show", "show", "advance", "forget"]), st.integers(1, 12))


@given(st.lists(STEPS, max_size=60))
def test_what_waits_is_the_last_that_was_shown_of_each_later_update_in_any_order(steps):
    watch, waiting, last = TopWatch(), {}, 0
    for number, (what, update_id) in enumerate(steps):
        top = (number, 1, number + 1, 2)
        if what == "show":
            assert watch.show(update_id, top) == (top if update_id == last else None)
            waiting |= {update_id: top} if update_id > last else {}
        elif what == "advance":
            assert watch.advance(update_id) == waiting.get(update_id)
            last, waiting = update_id, {k: v for k, v in waiting.items() if k > update_id}
        else:
            watch.forget()
            last, waiting = 0, {}
        assert watch.cdata.count == len(waiting)
