"""Rings: nothing lost, doubled or reordered; every edge of capacity, restart and refusal."""

import struct

import numpy as np
import pytest

from pinnacle.core._native import ffi, lib
from pinnacle.core.errors import CorruptError, LayoutError, NativeError, NotReadyError, OwnedError
from pinnacle.core.ring import RingObserver, RingReader, RingWriter, create_ring
from pinnacle.core.schema import EventBuffer, Flag, Kind
from pinnacle.core.segment import SegmentKind, create_segment, peek

CAPACITY = 8
SHARED_BYTES = ffi.sizeof("struct pmm_ring_shared")
SLOTS_AT = lib.PMM_SEGMENT_HEADER_BYTES + SHARED_BYTES


@pytest.fixture
def path(tmp_path):
    target = tmp_path / "ring"
    create_ring(target, CAPACITY, "a to b")
    return target


@pytest.fixture
def buffer():
    return EventBuffer(64)


def fill(buffer, first, n):
    """Records whose aux counts on from `first`."""
    buffer.array[:n] = 0
    buffer.array["aux"][:n] = range(first, first + n)
    return buffer.cdata


def poke(path, name, value):
    offset = lib.PMM_SEGMENT_HEADER_BYTES + ffi.offsetof("struct pmm_ring_shared", name)
    with path.open("r+b") as file:
        file.seek(offset)
        file.write(struct.pack("<Q", value))


def take(reader, buffer, max_=64):
    return buffer.array["aux"][: reader.take(buffer.cdata, max_)].tolist()


def test_a_record_arrives_as_it_was_but_for_its_commit_word(path, buffer):
    with RingWriter(path) as writer, RingReader(path) as reader:
        raw = np.frombuffer(bytes(range(1, 65)), dtype=buffer.array.dtype)
        buffer.array[:1] = raw
        assert writer.push(buffer.cdata, 1) == 1
        out = EventBuffer(1)
        assert reader.take(out.cdata, 1) == 1
        assert out.array[:1].tobytes()[:60] == raw.tobytes()[:60]
        assert out.array[0]["commit"] == 1
        assert buffer.array[:1].tobytes() == raw.tobytes(), "the caller's copy is not touched"


def test_records_arrive_in_order_over_many_turns_of_the_ring(path, buffer):
    with RingWriter(path) as writer, RingReader(path) as reader:
        sent, got = 0, []
        for n in [1, 3, 8, 5, 2, 7, 8, 8, 1, 4] * 20:
            sent += writer.push(fill(buffer, sent, n), n)
            got += take(reader, buffer)
            reader.release()
        assert got == list(range(sent))
        assert writer.cursor == reader.cursor == sent


def test_burst_pushes_what_fits_and_bulk_all_or_none(path, buffer):
    with RingWriter(path) as writer, RingReader(path) as reader:
        assert writer.push(fill(buffer, 0, 5), 5) == 5
        assert not writer.push_all(fill(buffer, 5, 4), 4)
        assert writer.depth() == 5
        assert writer.push(fill(buffer, 5, 4), 4) == 3
        assert writer.push(fill(buffer, 8, 1), 1) == 0
        assert take(reader, buffer) == list(range(8))
        with RingObserver(path) as observer:
            assert observer.full_count == 3


def test_a_push_that_just_fits_found_room_and_one_of_nothing_pushes_nothing(path, buffer):
    with RingWriter(path) as writer, RingReader(path) as reader, RingObserver(path) as seen:
        for push in (lib.pmm_ring_push_bulk, lib.pmm_ring_push_burst):
            assert push(writer.handle, buffer.cdata, 0) == 0
            assert push(writer.handle, buffer.cdata, 8) == 8
            take(reader, buffer)
            reader.release()
        assert (seen.written, seen.full_count) == (16, 0)


def test_a_bulk_that_can_never_fit_is_a_mistake_and_not_a_wait(path, buffer):
    with RingWriter(path) as writer, pytest.raises(NativeError, match="9 records in a ring of 8"):
        writer.push_all(buffer.cdata, 9)


def test_slots_are_free_only_after_release(path, buffer):
    with RingWriter(path) as writer, RingReader(path) as reader:
        writer.push(fill(buffer, 0, 8), 8)
        assert take(reader, buffer, 6) == [0, 1, 2, 3, 4, 5]
        assert writer.push(fill(buffer, 8, 1), 1) == 0
        assert reader.depth() == writer.depth() == 8
        reader.release()
        assert reader.depth() == writer.depth() == 2
        assert writer.push(fill(buffer, 8, 8), 8) == 6
        assert writer.push(buffer.cdata, 1) == 0
        assert take(reader, buffer) == list(range(6, 14))


def test_each_side_touches_the_others_line_only_when_it_must(path, buffer):
    with RingWriter(path) as writer, RingReader(path) as reader:
        for cached in (0, 0, 8):
            assert writer.push(buffer.cdata, 4) == 4
            assert writer.handle.peer_cursor == cached
            take(reader, buffer)
            reader.release()
        poke(path, "head", 99)
        reader.release()
        with RingObserver(path) as observer:
            assert observer.released == 99, "there was nothing to release"


def test_nothing_is_taken_from_an_empty_ring(path, buffer):
    with RingWriter(path) as writer, RingReader(path) as reader:
        assert not reader.ready()
        assert reader.take(buffer.cdata, 64) == 0
        writer.push(buffer.cdata, 1)
        assert reader.ready()
        assert reader.take(buffer.cdata, 0) == 0
        assert reader.take(buffer.cdata, 64) == 1
        assert not reader.ready()


def test_a_restarted_reader_sees_again_what_was_not_released(path, buffer):
    with RingWriter(path) as writer:
        writer.push(fill(buffer, 0, 8), 8)
        with RingReader(path) as reader:
            take(reader, buffer, 3)
            reader.release()
            take(reader, buffer, 3)
        with RingReader(path) as reader:
            assert reader.cursor == 3
            assert take(reader, buffer) == [3, 4, 5, 6, 7]


def test_a_restarted_reader_skips_what_it_knows_but_never_beyond_what_is_there(path, buffer):
    with RingWriter(path) as writer:
        writer.push(fill(buffer, 0, 6), 6)
        with RingReader(path) as reader:
            assert reader.skip(4) == 4
            assert take(reader, buffer) == [4, 5]
            assert reader.skip(9) == 0
            reader.release()
            assert writer.depth() == 0


@pytest.mark.parametrize("pushed", [0, 1, 5, 8, 13, 20])
def test_a_restarted_writer_goes_on_behind_what_was_published(path, buffer, pushed):
    with RingReader(path) as reader:
        with RingWriter(path) as writer:
            for i in range(pushed):
                if i >= 8:
                    take(reader, buffer, 1)
                    reader.release()
                writer.push(fill(buffer, i, 1), 1)
        # It died in a push of which nobody has seen anything.
        poke(path, "tail", max(pushed, CAPACITY))
        with RingWriter(path) as writer:
            assert (writer.cursor, writer.depth()) == (pushed, min(pushed, 8))
            assert pushed < 8 or writer.push(buffer.cdata, 1) == 0, "it is full"
            expected = list(range(max(0, pushed - 8), pushed))
            assert take(reader, buffer) == expected
            reader.release()
            writer.push(fill(buffer, pushed, 1), 1)
            assert take(reader, buffer) == [pushed]


def test_a_record_without_its_commit_word_is_never_seen_and_its_slot_is_used_again(path, buffer):
    with RingReader(path) as reader:
        with RingWriter(path) as writer:
            writer.push(fill(buffer, 0, 3), 3)
        with path.open("r+b") as file:  # a writer died after the payload, before the commit
            file.seek(SLOTS_AT + 3 * 64)
            file.write(b"\xaa" * 60)
        with RingWriter(path) as writer:
            assert writer.cursor == 3
            assert take(reader, buffer) == [0, 1, 2]
            writer.push(fill(buffer, 3, 1), 1)
            assert take(reader, buffer) == [3]


def commit_word(path, slot, word=None):
    with path.open("r+b") as file:
        file.seek(SLOTS_AT + slot * 64 + 60)
        if word is None:
            return struct.unpack("<I", file.read(4))[0]
        file.write(struct.pack("<I", word))


@pytest.mark.parametrize("pushed", [3, 11])
@pytest.mark.parametrize("stored", [{1}, {2, 3}, {1, 2, 3}], ids=str)
def test_what_a_dead_writer_committed_behind_a_hole_never_comes_to_light(
    path, buffer, pushed, stored
):
    with RingReader(path) as reader:
        with RingWriter(path) as writer:
            for i in range(pushed):
                writer.push(fill(buffer, i, 1), 1)
                take(reader, buffer)
                reader.release()
        # A push of four died with some of its words stored.
        poke(path, "tail", pushed + 4)
        for cursor in (pushed + i for i in stored):
            commit_word(path, cursor % CAPACITY, cursor + 1)
        with RingWriter(path) as writer:
            assert writer.cursor == pushed
            for cursor in (pushed + i for i in stored):
                assert commit_word(path, cursor % CAPACITY) == (cursor + 1 - CAPACITY) % 2**32
            for i in range(6):
                writer.push(fill(buffer, 100 + i, 1), 1)
                assert take(reader, buffer) == [100 + i]


def messages(buffer, *lengths):
    """DEPTH records, as many a message as said."""
    n = sum(lengths)
    fill(buffer, 0, n)
    buffer.array["kind"][:n] = Kind.DEPTH
    buffer.array["flags"][:n] = 0
    buffer.array["flags"][np.cumsum(lengths) - 1] = Flag.LAST
    return buffer.cdata, n


def test_what_is_taken_ends_where_a_message_does(path, buffer):
    with RingWriter(path) as writer, RingReader(path) as reader:
        writer.push(*messages(buffer, 3, 3, 2))
        assert take(reader, buffer, 5) == [0, 1, 2]
        assert take(reader, buffer, 3) == [3, 4, 5]
        assert take(reader, buffer, 1) == [6], "one longer than the room comes in parts"
        assert take(reader, buffer, 5) == [7]
        reader.release()
        writer.push(*messages(buffer, 5))
        assert take(reader, buffer, 2) == [0, 1]
        assert take(reader, buffer, 3) == [2, 3, 4]


def test_records_that_are_no_market_data_end_a_message_each(path, buffer):
    with RingWriter(path) as writer, RingReader(path) as reader:
        events, n = messages(buffer, 6)
        buffer.array["kind"][:3] = [Kind.NEW, Kind.FILL, Kind.BOOK_INVALID]
        buffer.array["flags"][3] = Flag.SNAPSHOT
        writer.push(events, n)
        assert take(reader, buffer, 5) == [0, 1, 2, 3]
        assert take(reader, buffer, 5) == [4, 5]


def test_cursors_that_contradict_each_other_are_refused(path):
    for head, tail in ((0, CAPACITY + 1), (4, 3), (4, CAPACITY + 5)):
        poke(path, "head", head)
        poke(path, "tail", tail)
        with pytest.raises(CorruptError):
            RingWriter(path)
    poke(path, "head", 0)
    poke(path, "tail", 0)
    RingWriter(path).close()


def test_the_commit_word_works_where_its_32_bits_turn_over(tmp_path, buffer):
    """A ring that is made to look as after 2^32 - 3 records."""
    path = tmp_path / "old"
    create_ring(path, CAPACITY, "old")
    start = 2**32 - 3
    poke(path, "tail", start)
    poke(path, "head", start)
    with path.open("r+b") as file:
        for cursor in range(start - CAPACITY, start):
            file.seek(SLOTS_AT + (cursor % CAPACITY) * 64 + 60)
            file.write(struct.pack("<I", (cursor + 1) % 2**32))
    with RingWriter(path) as writer, RingReader(path) as reader:
        assert (writer.cursor, writer.depth(), reader.ready()) == (start, 0, False)
        assert writer.push(fill(buffer, 0, 8), 8) == 8
        assert take(reader, buffer) == list(range(8))
        reader.release()
        assert writer.cursor == reader.cursor == start + 8


def test_a_ring_has_one_writer_and_one_reader(path):
    with RingWriter(path), RingReader(path):
        with pytest.raises(OwnedError):
            RingWriter(path)
        with pytest.raises(OwnedError):
            RingReader(path)
        RingObserver(path).close()
    with RingWriter(path), RingReader(path):
        pass


def test_a_side_that_is_refused_holds_nothing_of_the_ring(path):
    with RingWriter(path), RingReader(path):
        for attach in (lib.pmm_ring_open_writer, lib.pmm_ring_open_reader):
            ring = ffi.new("struct pmm_ring *")
            assert attach(ring, str(path).encode()) == lib.PMM_ERR_OWNED
            assert not any(bytes(ffi.buffer(ring)))


def test_of_a_head_that_is_seen_later_than_the_tail_no_depth_is_made(path):
    poke(path, "head", 3)
    with RingObserver(path) as observer:
        assert observer.depth() == 0


def test_attaching_and_asking_move_the_resync_count_that_the_writer_watches(path):
    with RingWriter(path) as writer:
        assert writer.resync_requests() == 0
        with RingReader(path) as reader:
            assert writer.resync_requests() == 1
            reader.request_resync()
            assert writer.resync_requests() == 2
        with RingReader(path):
            assert writer.resync_requests() == 3


def test_an_observer_counts_and_changes_nothing(path, buffer):
    with RingWriter(path) as writer, RingReader(path) as reader:
        writer.push(fill(buffer, 0, 5), 5)
        take(reader, buffer, 2)
        reader.release()
        before = path.read_bytes()
        with RingObserver(path) as observer:
            assert (observer.depth(), observer.written, observer.released) == (3, 5, 2)
            assert (observer.capacity, observer.full_count) == (CAPACITY, 0)
            assert observer.reader_heartbeat_ns > 0
        assert path.read_bytes() == before


@pytest.mark.parametrize("capacity", [2, 2**20])
def test_a_ring_holds_two_records_at_least_and_a_million_at_most(tmp_path, capacity):
    create_ring(tmp_path / "edge", capacity, "edge")
    with RingWriter(tmp_path / "edge") as writer:
        assert writer.capacity == capacity
    (tmp_path / "edge").unlink()


def test_capacities_that_are_no_power_of_two_or_too_large_are_refused(tmp_path):
    for capacity in (0, 1, 3, 12, 2**20 + 1, 2**21):
        with pytest.raises(NativeError, match="bad argument"):
            create_ring(tmp_path / "bad", capacity, "bad")
    assert not list(tmp_path.iterdir())


def test_other_segments_and_sizes_that_do_not_add_up_are_refused(path, tmp_path):
    with pytest.raises(NotReadyError):
        RingWriter(tmp_path / "absent")
    print_ = peek(path).fingerprint
    create_segment(tmp_path / "kind", SegmentKind.BOOK, print_, 4096, "x")
    create_segment(tmp_path / "layout", SegmentKind.RING, print_ + 1, 4096, "x")
    create_segment(tmp_path / "size", SegmentKind.RING, print_, 4096, "x")
    for name in ("kind", "layout", "size"):
        with pytest.raises(LayoutError, match="another layout"):
            RingReader(tmp_path / name)
    poke(path, "capacity", CAPACITY * 2)
    with pytest.raises(LayoutError):
        RingReader(path)


def test_a_ring_whose_first_words_contradict_its_size_is_refused(path, tmp_path):
    print_ = peek(path).fingerprint
    odd = tmp_path / "odd"
    create_segment(odd, SegmentKind.RING, print_, SHARED_BYTES + 3 * 64, "x")
    poke(odd, "capacity", 3)
    poke(odd, "slots_offset", SHARED_BYTES)
    poke(path, "slots_offset", SHARED_BYTES + 64)
    for name in (odd, path):
        for opened in (RingWriter, RingReader, RingObserver):
            with pytest.raises(LayoutError):
                opened(name)
    poke(path, "slots_offset", SHARED_BYTES)
    RingWriter(path).close()  # whoever was refused holds nothing of it


def test_what_stood_in_the_memory_of_a_ring_before_it_was_opened_is_gone(path):
    ring = ffi.new("struct pmm_ring *")
    ffi.buffer(ring)[:] = b"\xff" * ffi.sizeof(ring[0])
    assert lib.pmm_ring_open_observer(ring, str(path).encode()) == 0
    assert (ring.cursor, ring.released, ring.peer_cursor) == (0, 0, 0)
    lib.pmm_ring_close(ring)
    assert not any(bytes(ffi.buffer(ring))), "nothing of it is left"
    lib.pmm_ring_close(ring)
    lib.pmm_ring_close(ffi.NULL)
    assert lib.pmm_ring_open_observer(ffi.NULL, str(path).encode()) == lib.PMM_ERR_ARGUMENT


def test_a_closed_ring_refuses_every_call(path, buffer):
    writer = RingWriter(path)
    writer.close()
    writer.close()
    with pytest.raises(TypeError):
        writer.push(buffer.cdata, 1)
