"""A book is live only while every update since its snapshot is in, and a hole is always seen."""

from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pinnacle.core._native import ffi
from pinnacle.venues.market.sync import HELD_BYTES_MAX, BookSync, Diff


def test_updates_are_held_until_the_snapshot_and_those_it_contains_are_dropped():
    sync = BookSync()
    for first, final in [(1, 5), (6, 9), (10, 12)]:
        assert sync.on_diff(first, final, b"%d" % final) is Diff.HELD
    assert sync.on_snapshot(7) == [b"9", b"12"]
    assert (sync.live, sync.last_id, sync.held) == (True, 12, 0)
    assert sync.on_diff(13, 13, b"") is Diff.APPLY


def test_a_snapshot_older_than_the_first_held_update_is_refused_and_a_newer_one_serves():
    sync = BookSync()
    sync.on_diff(10, 12, b"12")
    assert sync.on_snapshot(8) is None
    assert not sync.live
    assert sync.on_snapshot(9) == [b"12"]


def test_a_snapshot_may_be_newer_than_all_that_is_held():
    sync = BookSync()
    sync.on_diff(1, 5, b"5")
    assert sync.on_snapshot(8) == []
    assert sync.on_diff(6, 8, b"") is Diff.EARLY
    assert sync.on_diff(7, 10, b"") is Diff.APPLY


def test_a_gap_holds_the_update_that_showed_it_for_the_next_snapshot():
    sync = BookSync()
    sync.on_snapshot(3)
    assert sync.on_diff(5, 6, b"6") is Diff.GAP
    assert (sync.live, sync.gaps, sync.held) == (False, 1, 1)
    assert sync.on_snapshot(4) == [b"6"]


def test_a_hole_among_held_updates_makes_those_before_it_worthless():
    sync = BookSync()
    sync.on_diff(1, 5, b"5")
    sync.on_diff(8, 9, b"9")
    assert sync.on_snapshot(3) is None
    assert sync.on_snapshot(7) == [b"9"]


def test_what_is_held_is_bounded_in_bytes_and_then_only_a_newer_snapshot_serves():
    sync, frame = BookSync(), bytes(HELD_BYTES_MAX // 10)
    for update in range(1, 13):
        sync.on_diff(update, update, frame)
        assert sync.held_bytes == sync.held * len(frame) <= HELD_BYTES_MAX
    assert sync.held == 10
    assert sync.on_snapshot(1) is None
    assert len(sync.on_snapshot(2)) == 10
    assert sync.held_bytes == 0


def test_many_small_updates_are_held_as_long_as_their_bytes_fit():
    sync = BookSync()
    for update in range(1, 20_001):
        sync.on_diff(update, update, b"12345678")
    assert sync.held == 20_000
    assert len(sync.on_snapshot(0)) == 20_000


def test_one_update_larger_than_the_bound_is_held_all_the_same():
    sync, frame = BookSync(), bytes(2 * HELD_BYTES_MAX)
    sync.on_diff(1, 2, b"")
    sync.on_diff(3, 4, frame)
    assert sync.on_snapshot(2) == [frame]


def test_a_live_book_is_renewed_without_a_break():
    """What it took since it asked follows the snapshot, whichever of the two is further."""
    sync = BookSync()
    sync.on_snapshot(3)
    assert sync.on_diff(4, 5, b"5") is Diff.APPLY
    sync.renew()
    assert sync.on_diff(6, 7, b"7") is Diff.APPLY
    assert sync.on_diff(8, 9, b"9") is Diff.APPLY
    assert (sync.live, sync.held) == (True, 2)
    assert sync.on_snapshot(4) is None  # update 5 is in none of the two
    assert sync.on_snapshot(6) == [b"7", b"9"]
    assert (sync.live, sync.last_id, sync.held) == (True, 9, 0)
    assert sync.on_diff(10, 10, b"") is Diff.APPLY
    assert sync.held == 0  # and it is over


def test_a_renewal_newer_than_the_stream_is_taken_and_the_stream_joins_on():
    sync = BookSync()
    sync.on_snapshot(3)
    sync.renew()
    assert sync.on_snapshot(8) == []
    assert sync.on_diff(4, 8, b"") is Diff.EARLY
    assert sync.on_diff(9, 9, b"") is Diff.APPLY


def test_a_snapshot_that_nobody_asked_for_and_that_is_older_is_passed_over():
    sync = BookSync()
    sync.on_snapshot(3)
    sync.on_diff(4, 6, b"")
    assert sync.passes_over(5) and sync.passes_over(6)
    assert not sync.passes_over(7)
    sync.renew()
    assert not sync.passes_over(5)


UPDATES = st.lists(st.integers(1, 5), min_size=1, max_size=40)


@given(UPDATES, st.data())
def test_whatever_is_lost_a_live_book_has_had_every_update_or_is_found_out(lengths, data):
    """Applied updates always join on: a book's contents are a run of ids without a hole."""
    updates, next_id = [], 100
    for length in lengths:
        updates.append((next_id, next_id + length - 1))
        next_id += length
    arrive = data.draw(st.lists(st.booleans(), min_size=len(updates), max_size=len(updates)))
    snapshot_after = data.draw(st.integers(0, len(updates)))
    sync, reached = BookSync(), None
    for at, (first, final) in enumerate(updates):
        if at == snapshot_after or (not sync.live and at > snapshot_after):
            last_id = data.draw(st.integers(95, next_id))
            kept = sync.on_snapshot(last_id)
            if kept is not None:
                reached = last_id
                for frame in kept:
                    held_first, held_final = map(int, frame.split())
                    assert held_first <= reached + 1 <= held_final
                    reached = held_final
                assert sync.last_id == reached
        if not arrive[at]:
            continue
        verdict = sync.on_diff(first, final, b"%d %d" % (first, final))
        if verdict is Diff.APPLY:
            assert first <= reached + 1 <= final
            reached = final
        elif verdict in (Diff.DROP, Diff.EARLY):
            assert final <= reached
        elif verdict is Diff.GAP:
            assert first > reached + 1
        assert sync.live == (verdict in (Diff.APPLY, Diff.DROP, Diff.EARLY))


def test_a_renewal_older_than_the_live_book_is_refused_and_the_book_stays():
    sync = BookSync()
    sync.on_snapshot(10)
    sync.renew()
    assert sync.on_snapshot(8) is None
    assert (sync.live, sync.last_id) == (True, 10)
    assert sync.on_snapshot(10) == []


def test_an_update_that_begins_before_where_the_book_stands_overlaps_it_and_is_no_gap():
    sync = BookSync()
    sync.on_snapshot(10)
    assert sync.on_diff(8, 12, b"") is Diff.APPLY
    assert sync.on_diff(11, 14, b"") is Diff.APPLY
    assert sync.on_diff(14, 14, b"") is Diff.DROP
    assert sync.on_diff(16, 17, b"") is Diff.GAP
    assert (sync.live, sync.gaps) == (False, 1)


def test_what_is_of_before_the_snapshot_is_early_until_an_update_has_followed_it():
    sync = BookSync()
    sync.on_snapshot(10)
    assert [sync.on_diff(n, n, b"") for n in (9, 10, 11, 11)] == [
        Diff.EARLY,
        Diff.EARLY,
        Diff.APPLY,
        Diff.DROP,
    ]


def test_updates_numbered_by_a_clock_have_no_gaps_but_an_order():
    sync = BookSync(numbered=False)
    for at in (50, 90, 70, 90):
        assert sync.on_diff(at, at, b"%d" % at) is Diff.HELD
    assert sync.held == 3  # what is older than the last was there already
    assert sync.on_snapshot(60) == [b"90", b"90"]
    assert sync.on_diff(500, 500, b"") is Diff.APPLY
    assert sync.on_diff(400, 400, b"") is Diff.DROP
    assert sync.gaps == 0


@pytest.mark.parametrize("taken_at", [0, 3, 6, 9])
def test_of_one_moment_each_counts_once_whichever_connection_is_ahead(taken_at):
    """Two connections say the same, each in its order; what is known of both is what one says."""
    said = [(5, b"a"), (5, b"b"), (6, b"c"), (6, b"d"), (6, b"e"), (8, b"f")]
    for order in orders(12, 6):
        sync, ahead, applied = BookSync(numbered=False), [0, 0], []
        sync.repeated = True
        for position, line in enumerate(order):
            if position == taken_at:
                applied += sync.on_snapshot(1)
            at, frame = said[ahead[line]]
            ahead[line] += 1
            if sync.on_diff(at, at, frame) is Diff.APPLY:
                applied.append(frame)
        assert applied == [frame for _, frame in said]


def orders(length, ones):
    """Of which of two connections each frame is."""
    for chosen in combinations(range(length), ones):
        yield [int(at in chosen) for at in range(length)]


def test_several_updates_of_one_moment_count_where_there_may_be_such():
    sync = BookSync(numbered=False)
    for at, text in ((50, b"a"), (50, b"b"), (40, b"c"), (60, b"d")):
        sync.on_diff(at, at, text)
    assert sync.on_snapshot(50) == [b"a", b"b", b"d"]
    assert [sync.on_diff(at, at, b"") for at in (60, 60, 59)] == [Diff.APPLY, Diff.APPLY, Diff.DROP]


def test_no_more_is_held_than_a_book_may():
    sync = BookSync(held_bytes_max=30)
    for number in range(10):
        sync.on_diff(number, number, b"x" * 10)
    assert (sync.held, sync.held_bytes) == (3, 30)
    assert sync.on_snapshot(5) is None
    assert len(sync.on_snapshot(6)) == 3


def test_a_snapshot_of_before_an_update_that_is_not_held_any_more_is_too_old():
    """Where no number says that one is missing, too."""
    sync = BookSync(numbered=False, held_bytes_max=30)
    for number in range(10, 20):
        sync.on_diff(number, number, b"x" * 10)
    assert sync.on_snapshot(15) is None
    assert len(sync.on_snapshot(16)) == 3
    sync.reset()
    assert sync.on_snapshot(1) == []


def test_a_held_update_that_comes_twice_is_kept_once():
    sync = BookSync()
    for first, final in [(5, 6), (5, 6), (7, 8), (3, 4)]:
        sync.on_diff(first, final, b"%d" % final)
    assert sync.on_snapshot(4) == [b"6", b"8"]


def test_a_book_that_is_forgotten_stands_nowhere():
    row = ffi.new("struct pmm_follow_row *")
    sync = BookSync(row=row)
    sync.on_snapshot(7)
    assert (row.last_id, row.fresh, row.renewing) == (7, 1, 0)
    sync.renew()
    assert row.renewing == 1
    sync.on_diff(8, 9, b"9")
    assert sync.held == 1
    sync.reset()
    assert (sync.last_id, row.fresh, row.renewing, sync.live) == (0, 0, 0, False)
    assert (sync.held, sync.held_bytes) == (0, 0)


def test_of_updates_that_are_too_large_each_the_newest_is_held():
    sync, frame = BookSync(held_bytes_max=10), bytes(11)
    for update in (1, 2, 3):
        sync.on_diff(update, update, frame)
        assert (sync.held, sync.held_bytes) == (1, 11)
    assert sync.on_snapshot(2) == [frame]


def test_a_live_book_does_not_go_back():
    sync = BookSync()
    sync.on_snapshot(10)
    assert sync.on_snapshot(9) is None and sync.on_snapshot(8) is None
    assert sync.last_id == 10
    assert sync.on_snapshot(11) == [] and sync.last_id == 11


def test_a_number_of_0_is_one():
    for numbered in (True, False):
        sync = BookSync(numbered)
        sync.repeated = True
        assert sync.on_diff(0, 0, b"first") is Diff.HELD
        assert sync.on_snapshot(0) == ([] if numbered else [b"first"])


def test_a_hole_of_one_update_is_one():
    sync = BookSync()
    sync.on_diff(1, 5, b"5")
    sync.on_diff(7, 9, b"9")
    assert sync.held == 1 and sync.on_snapshot(5) is None
    assert sync.on_snapshot(6) == [b"9"]


def test_what_was_there_before_a_break_counts_anew_behind_it():
    sync = BookSync(numbered=False)
    sync.repeated = True
    assert [sync.on_diff(5, 5, b"x") for _ in range(2)] == [Diff.HELD, Diff.HELD]
    assert sync.held == 1
    sync.reset()
    assert (sync.on_diff(5, 5, b"x"), sync.held) == (Diff.HELD, 1)
    assert sync.on_snapshot(4) == [b"x"]
    assert [sync.on_diff(6, 6, b"y") for _ in range(2)] == [Diff.APPLY, Diff.DROP]


def test_a_book_that_is_renewed_takes_no_snapshot_from_before():
    sync = BookSync(numbered=False)
    sync.on_snapshot(10)
    sync.renew()
    assert sync.on_snapshot(9) is None and sync.live
    assert sync.on_snapshot(10) == []
