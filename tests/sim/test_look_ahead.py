"""The books of single orders ask for memory ahead of the records that need it."""

import ctypes
import mmap
import re
import shutil
import subprocess

import numpy as np
import pytest

from pinnacle.core import _native
from pinnacle.core.l3book import L3Book
from pinnacle.core.schema import EVENT, EventBuffer, Kind, Side, events_pointer
from pinnacle.sim.matching import MatchingEngine
from tests.core.l3_records import BEGIN, END, INSTRUMENT

FULL = mmap.PAGESIZE // EVENT.itemsize


@pytest.mark.skipif(shutil.which("objdump") is None, reason="needs objdump")
@pytest.mark.parametrize(
    ("function", "least"),
    [("pmm_match_run", 2), ("pmm_l3book_apply", 2), ("pmm_l3book_apply_tops", 2)],
)
def test_the_compiled_program_fetches_an_index_entry_and_an_order(function, least):
    """A compiler may take a function that only fetches for one that does nothing."""
    command = ["objdump", f"--disassemble={function}", _native.__file__]
    text = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert f"<{function}>:" in text
    assert len(re.findall(r"\t(?:prefetch|prfm)", text)) >= least


@pytest.fixture
def page():
    """A page between two that kill whoever reads them."""
    size, libc = mmap.PAGESIZE, ctypes.CDLL(None)
    pages = np.frombuffer(mmap.mmap(-1, 3 * size), dtype=np.uint8)

    def allow(rights):
        for start in (pages.ctypes.data, pages.ctypes.data + 2 * size):
            assert libc.mprotect(ctypes.c_void_p(start), ctypes.c_size_t(size), rights) == 0

    allow(0)
    yield pages[size : 2 * size]
    allow(mmap.PROT_READ | mmap.PROT_WRITE)


def last_of(page, n, kind, instrument):
    """n new orders, one tick apart, that end where the page ends."""
    events = page[-n * EVENT.itemsize :].view(EVENT)
    events[:] = 0
    events["kind"], events["side"], events["instrument_id"] = kind, Side.BID, instrument
    events["order_id"], events["price"], events["quantity"] = range(n), range(1, n + 1), 1
    return events_pointer(events)


def test_a_matching_engine_reads_nothing_but_its_records(page):
    for n in (*range(1, 20), FULL):
        engine, out = MatchingEngine(7, orders=FULL, far_levels=FULL), EventBuffer(4 * FULL + 3)
        events = last_of(page, n, Kind.NEW, 7)
        assert engine.run(events, n, out.cdata, len(out)) == (2 * n, n)


@pytest.mark.parametrize("dense", [True, False])
def test_a_book_of_single_orders_reads_nothing_but_its_records(page, dense):
    for n in (*range(1, 36), FULL):
        book = L3Book(INSTRUMENT, orders=FULL, dense=dense)
        book.apply_array(BEGIN)
        assert book.apply(last_of(page, n, Kind.ORDER_ADD, INSTRUMENT), n) == n
        book.apply_array(END)
        book.check()
