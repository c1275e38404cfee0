"""A book that stays unusable beside a good one is seen, and the market asked for again."""

import numpy as np
import pytest
import structlog

from pinnacle.core.book import SharedBookWriter, create_shared_book
from pinnacle.core.errors import NativeError
from pinnacle.core.paths import SessionPaths
from pinnacle.core.ring import RingReader, RingWriter, create_ring
from pinnacle.core.schema import Kind
from pinnacle.runtime.book_watch import LOOK_NS, PATIENCE_NS, BookWatch
from tests.records import book_of, event, instruments

ROUND = PATIENCE_NS // LOOK_NS + 1


class World:
    def __init__(self, folder):
        self.paths = paths = SessionPaths(folder, folder)
        for number, symbol in enumerate(("X", "Y")):
            create_shared_book(paths.book(symbol), number, 4096, 64, symbol)
        self.shared = [SharedBookWriter(paths.book(symbol)) for symbol in ("X", "Y")]
        create_ring(folder / "ring", 8, "market")
        self.writer, self.reader = RingWriter(folder / "ring"), RingReader(folder / "ring")
        self.usable = {0: True, 1: True}
        log = structlog.get_logger()
        self.watch = BookWatch(
            paths, instruments("X", "Y"), self.usable.__getitem__, {0: self.reader}, log
        )
        self.now = 1
        for number, book in enumerate(self.shared):
            book.apply_array(book_of([(100, 5)], [(102, 5)], number))

    def looks(self, n):
        """The requests that n looks make."""
        before = self.writer.resync_requests()
        for _ in range(n):
            self.watch.look(self.now)
            self.now += LOOK_NS
        return self.writer.resync_requests() - before


@pytest.fixture
def world(tmp_path):
    return World(tmp_path)


def test_a_book_that_stays_unusable_beside_a_good_one_is_asked_for(world):
    world.usable[1] = False
    assert world.looks(ROUND - 1) == 0
    with structlog.testing.capture_logs() as said:
        assert world.looks(1) == world.watch.asked == 1
    assert [(entry["log_level"], entry["instruments"]) for entry in said] == [("warning", "Y")]


def test_what_asking_does_not_help_is_asked_for_at_growing_intervals(world):
    world.usable[0] = False
    assert world.looks(ROUND) == 1
    assert world.looks(ROUND) == 0
    assert world.looks(ROUND) == 1
    assert world.looks(60 * ROUND) <= 6
    world.usable[0] = True
    assert world.looks(2) == 0
    world.usable[0] = False
    assert world.looks(ROUND) == 1, "patience is as at first again"


def test_a_book_that_comes_back_in_time_is_not_asked_for(world):
    world.usable[0] = False
    world.looks(ROUND - 1)
    world.usable[0] = True
    world.looks(1)
    world.usable[0] = False
    assert world.looks(ROUND - 1) == 0


def test_a_book_that_is_invalid_everywhere_is_nobodys_to_ask_for(world):
    world.usable[0] = False
    invalid = event(Kind.BOOK_INVALID)
    world.shared[0].apply_array(np.ascontiguousarray(invalid))
    assert world.looks(3 * ROUND) == 0


def test_between_two_looks_no_book_is_opened(world):
    world.usable[0] = False
    world.watch.look(1)
    world.paths.book("X").unlink()
    world.watch.look(LOOK_NS)
    with pytest.raises(NativeError):
        world.watch.look(1 + LOOK_NS)
