"""The limits of the book of single orders: its places, its extreme values, its memory."""

import subprocess
import sys

import numpy as np
import pytest

from pinnacle.core._native import ffi, lib
from pinnacle.core.errors import CorruptError, NativeError
from pinnacle.core.l3book import PRICE_MAX, QUANTITY_MAX, L3Book, Order, ring_for
from pinnacle.core.schema import Reason, Side
from tests.core.l3_records import (
    BEGIN,
    END,
    INSTRUMENT,
    add,
    ask,
    best,
    bid,
    ids,
    remove,
    replace,
    state,
)
from tests.records import batch
from tests.sessions import ROOT


@pytest.mark.parametrize("sizes", [{"orders": 3}, {"levels": 3}], ids=["orders", "levels"])
def test_an_order_without_a_place_is_not_kept_and_the_book_says_so(sizes):
    book = L3Book(INSTRUMENT, **sizes)
    book.apply_array(batch(BEGIN, bid(1, 1, 5), bid(2, 2, 5), bid(3, 3, 5), END))
    assert state(book) == (1, Reason.NONE)
    assert book.apply_array(bid(4, 4, 5)) == 1
    assert state(book) == (0, Reason.OVERFLOW) and book.order(4) is None
    assert book.stats().dropped == 1 and best(book)[:2] == (3, 5)
    book.check()


def test_a_full_book_takes_a_replace_and_what_follows_a_removal():
    book = L3Book(INSTRUMENT, orders=2, levels=2)
    book.apply_array(batch(BEGIN, bid(1, 1, 5), bid(2, 2, 5), END))
    book.apply_array(batch(replace(1, 3, 7, 5), remove(2), bid(4, 9, 5)))
    assert state(book) == (1, Reason.NONE) and ids(book, Side.BID, 9) == [4]
    book.check()


@pytest.mark.parametrize("side", [Side.BID, Side.ASK])
def test_a_price_just_better_than_the_window_is_not_taken_for_its_worst(side):
    """They share a slot: the first price stands at three quarters of the window."""
    window, sign = 4096, 1 if side == Side.BID else -1
    first, worst = 10_000, 10_000 - sign * window // 4 * 3
    better = worst + sign * window
    book = L3Book(INSTRUMENT, window=window)
    book.apply_array(batch(BEGIN, add(1, side, first, 5), add(2, side, worst, 6), END))
    assert book.quantity(side, better) == 0
    book.apply_array(batch(add(3, side, better, 7)))
    assert book.depth(side, 3).tolist() == [(better, 7), (first, 5), (worst, 6)]
    book.check()


def test_the_extreme_prices_quantities_and_ids_are_like_any_other():
    book = L3Book(INSTRUMENT)
    largest = 2**64 - 1
    rows = [bid(0, -PRICE_MAX, QUANTITY_MAX), bid(2**63, 0, 1), ask(largest, PRICE_MAX, 2)]
    book.apply_array(batch(BEGIN, *rows, END))
    assert best(book) == (0, 1, PRICE_MAX, 2)
    assert book.order(0) == Order(0, Side.BID, -PRICE_MAX, QUANTITY_MAX)
    assert book.order(largest) == Order(largest, Side.ASK, PRICE_MAX, 2)
    book.check()


def test_ids_that_share_a_place_of_the_ring_are_all_found():
    book = L3Book(INSTRUMENT, orders=100, dense=True)
    ring = ring_for(100)
    same = [5 + ring * i for i in range(4)] + [5 + 2**40 * ring]
    book.apply_array(batch(BEGIN, *(bid(i, 90, 1) for i in same), END))
    assert [book.queue_ahead(i) for i in same] == [0, 1, 2, 3, 4] and book.stats().hashed == 4
    book.check()
    book.apply_array(batch(*(remove(i) for i in (same[4], same[1], same[0]))))
    assert ids(book, Side.BID, 90) == [same[2], same[3]] and state(book) == (1, Reason.NONE)
    book.check()


@pytest.mark.parametrize(
    "sizes", [{"orders": 0}, {"orders": 2**23}, {"window": 1000}, {"levels": 0}]
)
def test_sizes_that_cannot_be_are_refused(sizes):
    with pytest.raises(NativeError, match="L3 book of"):
        L3Book(INSTRUMENT, **sizes)


def test_a_ring_has_four_places_an_order():
    assert [ring_for(n) for n in (1, 100, 65_536, 2**30)] == [64, 512, 262_144, 2**24]


def test_memory_that_does_not_fit_is_refused():
    size = lib.pmm_l3book_memsize(16, 4096, 16, 64)
    memory = ffi.new("char[]", size + 64)
    start = memory + -int(ffi.cast("uintptr_t", memory)) % 64
    sizes = (0, 16, 4096, 16, 64)
    assert lib.pmm_l3book_init(start, size, *sizes) == 0
    assert lib.pmm_l3book_init(start, size - 1, *sizes) == lib.PMM_ERR_ARGUMENT
    assert lib.pmm_l3book_init(start + 8, size, *sizes) == lib.PMM_ERR_ARGUMENT
    assert lib.pmm_l3book_memsize(16, 4096, 16, 65) == 0


def test_check_finds_a_queue_that_does_not_sum():
    book = L3Book(INSTRUMENT)
    book.apply_array(batch(BEGIN, bid(1, 99, 5), END))
    book.check()
    memory = np.frombuffer(ffi.buffer(book._memory), dtype=np.int64)
    (at,) = np.flatnonzero((memory[:-1] == 99) & (memory[1:] == 5))
    memory[at + 1] = 6
    with pytest.raises(CorruptError):
        book.check()


OF_ITS_OWN = """
from pathlib import Path
from resource import getpagesize
from pinnacle.core.l3book import L3Book
from tests.core.l3_records import BEGIN, END, INSTRUMENT, bid
from tests.records import batch

def resident():
    return int(Path("/proc/self/statm").read_text("ascii").split()[1]) * getpagesize()

before = resident()
books = [L3Book(INSTRUMENT, 1 << 18, 1 << 16, 1 << 17) for _ in range(16)]
for book in books:
    book.apply_array(batch(BEGIN, bid(1, 10, 5), END))
    assert book.top().valid
print(resident() - before)
"""


def test_the_largest_book_takes_no_more_memory_than_what_is_used_of_it():
    """In a process of its own: another's memory may be what was freed before."""
    done = subprocess.run(
        [sys.executable, "-c", OF_ITS_OWN], capture_output=True, text=True, cwd=ROOT, timeout=60
    )
    assert done.returncode == 0, done.stderr
    # Of 30 MiB each; the kernel may give two at a time.
    assert int(done.stdout) < 16 * 8 << 20
