"""What processes show of each instrument: whole at every moment, and there after their death."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from pinnacle.core._native import ffi, lib
from pinnacle.core.errors import LayoutError, NativeError, OwnedError
from pinnacle.core.rows import (
    Position,
    PositionsReader,
    PositionsWriter,
    Quote,
    QuotesReader,
    QuotesWriter,
    create_positions,
    create_quotes,
)
from pinnacle.core.schema import Reason
from pinnacle.core.segment import SegmentKind, create_segment, peek

INSTRUMENTS = lib.PMM_INSTRUMENTS_MAX
WORDS = ffi.sizeof("struct pmm_position_shown") // 8
ROW_BYTES = 64 + 2 * 8 * WORDS

#: Writes rows without a pause, each word of a row its number and what the write began with.
WRITER = """\
import sys
from pinnacle.core._native import ffi, lib
from pinnacle.core.rows import PositionsWriter

writer, words = PositionsWriter(sys.argv[1]), int(sys.argv[2])
values = ffi.new("int64_t[]", words)
for x in range(1, 10**9):
    values[0:words] = range(1000 * x, 1000 * x + words)
    for row in (0, 1, 255):
        lib.pmm_rows_put(writer.handle, row, values, 8 * words)
    if x == 1:
        print("writing", flush=True)
"""


@pytest.fixture
def positions(tmp_path):
    create_positions(tmp_path / "risk.positions", INSTRUMENTS, "risk")
    return tmp_path / "risk.positions"


@pytest.fixture
def quotes(tmp_path):
    create_quotes(tmp_path / "strategy.quotes", 3, "strategy")
    return tmp_path / "strategy.quotes"


def put(writer, i, struct, **values):
    row = ffi.new(f"struct {struct} *", values)
    return lib.pmm_rows_put(writer.handle, i, row, ffi.sizeof(row[0]))


def test_a_position_is_read_as_the_struct_names_it_with_every_reason(positions):
    names = [name for name, _ in ffi.typeof("struct pmm_position").fields]
    assert [*Position._fields] == [*names, "refused"]
    amounts = {name: (-1) ** i * 2**62 + i for i, name in enumerate(names)}
    refused = [5 + reason for reason in range(lib.PMM_REASONS)]
    with PositionsWriter(positions) as writer, PositionsReader(positions) as reader:
        assert put(writer, 255, "pmm_position_shown", position=amounts, refused=refused) == 0
        seen = reader.read(255)
        assert {name: getattr(seen, name) for name in names} == amounts
        assert {r.name.lower(): 5 + r for r in Reason}.items() <= seen.refused.items()
        assert len(seen.refused) == lib.PMM_REASONS
        assert seen.total == seen.realised + seen.unrealised - seen.fees


def test_a_quote_is_read_as_it_was_shown_last_and_other_rows_are_not_touched(quotes):
    with QuotesWriter(quotes) as writer, QuotesReader(quotes) as reader:
        for n in range(1, 5):
            assert put(writer, 1, "pmm_quote_shown", bid_price=n, ask_price=n + 1) == 0
            assert reader.read(1) == Quote(n, n + 1, 0)
        put(writer, 1, "pmm_quote_shown", unknown_reports=7)
        assert [reader.read(i) for i in range(3)] == [None, Quote(0, 0, 7), None]


def test_a_row_that_there_is_not_is_refused(quotes):
    with QuotesWriter(quotes) as writer, QuotesReader(quotes) as reader:
        before = quotes.read_bytes()
        for i in (3, 255, 2**32 - 1):
            assert put(writer, i, "pmm_quote_shown", bid_price=1) == lib.PMM_ERR_ARGUMENT
            with pytest.raises(NativeError, match="bad argument"):
                reader.read(i)
        assert put(reader, 0, "pmm_quote_shown", bid_price=1) == lib.PMM_ERR_ARGUMENT
        assert quotes.read_bytes() == before
    with pytest.raises(ValueError, match="closed"):
        reader.read(0)


def test_values_of_another_kind_are_neither_shown_nor_read(positions, quotes):
    desk = ffi.new("struct pmm_desk *", {"instrument_count": 1})
    with PositionsWriter(positions) as writer, QuotesWriter(quotes) as other:
        assert lib.pmm_quotes_publish(writer.handle, desk) == lib.PMM_ERR_ARGUMENT
        assert put(writer, 0, "pmm_quote_shown") == lib.PMM_ERR_ARGUMENT
        assert put(other, 0, "pmm_position_shown") == lib.PMM_ERR_ARGUMENT
        assert lib.pmm_quotes_publish(other.handle, desk) == 0
    shown = ffi.new("int64_t[]", WORDS)
    with PositionsReader(positions) as reader:
        assert reader.read(0) is None
    with QuotesReader(quotes) as reader:
        assert lib.pmm_rows_read(reader.handle, 0, shown, 8 * WORDS) == lib.PMM_ERR_ARGUMENT
        assert lib.pmm_rows_read(reader.handle, 0, shown, 64) == 0


def test_rows_have_one_owner_and_other_segments_are_refused(positions, quotes, tmp_path):
    with PositionsWriter(positions), pytest.raises(OwnedError):
        PositionsWriter(positions)
    print_ = peek(quotes).fingerprint
    create_segment(tmp_path / "size", SegmentKind.QUOTES, print_, 4096, "x")
    for path in (positions, tmp_path / "size"):
        with pytest.raises(LayoutError):
            QuotesReader(path)
    for count in (0, INSTRUMENTS + 1):
        with pytest.raises(NativeError, match="bad argument"):
            create_quotes(tmp_path / "count", count, "x")
    kind = SegmentKind.COUNTERS
    assert lib.pmm_rows_create(b"kind", kind, 1, b"x") == lib.PMM_ERR_ARGUMENT


def test_a_file_is_of_as_many_rows_as_were_asked_for_and_of_nothing_else(positions, quotes):
    head = 256 + 128
    assert positions.stat().st_size == head + INSTRUMENTS * ROW_BYTES
    assert quotes.stat().st_size == head + 3 * (64 + 2 * 64)


@pytest.mark.parametrize("kind", [0, SegmentKind.RING, SegmentKind.QUOTES + 1, 2**32 - 1])
def test_what_has_no_rows_is_neither_made_nor_opened(tmp_path, quotes, kind):
    handle = ffi.new("struct pmm_rows *")
    path = str(tmp_path / "none").encode()
    assert lib.pmm_rows_create(path, kind, 1, b"x") == lib.PMM_ERR_ARGUMENT
    assert lib.pmm_rows_open(handle, str(quotes).encode(), kind, 0) == lib.PMM_ERR_ARGUMENT
    assert not (tmp_path / "none").exists()
    opened = str(quotes).encode(), SegmentKind.QUOTES, 0
    assert lib.pmm_rows_open(ffi.NULL, *opened) == lib.PMM_ERR_ARGUMENT


def test_a_handle_that_opens_nothing_or_is_closed_holds_nothing(tmp_path, quotes):
    handle, size = ffi.new("struct pmm_rows *"), ffi.sizeof("struct pmm_rows")
    whole = quotes.read_bytes()
    wrong = tmp_path / "wrong"
    wrong.write_bytes(whole[:256] + (2).to_bytes(4, "little") + whole[260:])
    quotes_of = SegmentKind.QUOTES, 0
    ffi.memmove(handle, b"\xa5" * size, size)
    assert lib.pmm_rows_open(handle, str(tmp_path / "absent").encode(), *quotes_of) < 0
    assert handle.first == ffi.NULL and handle.segment.header == ffi.NULL
    before = mapped()
    for _ in range(2):
        code = lib.pmm_rows_open(handle, str(wrong).encode(), *quotes_of)
        assert code == lib.PMM_ERR_LAYOUT and handle.segment.header == ffi.NULL
        assert lib.pmm_rows_open(handle, str(quotes).encode(), *quotes_of) == 0
        lib.pmm_rows_close(handle)
        assert bytes(ffi.buffer(handle)) == bytes(size)
        lib.pmm_rows_close(handle)
        lib.pmm_rows_close(ffi.NULL)
    assert mapped() == before


def mapped() -> int:
    return Path("/proc/self/maps").read_text(encoding="utf-8").count("\n")


def test_reading_a_row_writes_no_more_than_its_values(quotes):
    room = ffi.new("int64_t[]", [77] * 9)
    with QuotesWriter(quotes) as writer, QuotesReader(quotes) as reader:
        put(writer, 0, "pmm_quote_shown", bid_price=1)
        assert lib.pmm_rows_read(reader.handle, 0, room, 64) == 0
    assert (room[0], room[8]) == (1, 77)


def test_a_reader_beside_the_writer_never_sees_half_a_row_and_a_killed_writer_leaves_whole_ones(
    positions,
):
    shown = ffi.new("int64_t[]", WORDS)
    command = [sys.executable, "-c", WRITER, str(positions), str(WORDS)]
    for _ in range(3):
        with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
            assert process.stdout.readline() == b"writing\n"
            read = 0
            with PositionsReader(positions) as reader:
                for n in range(30_000):
                    code = lib.pmm_rows_read(reader.handle, (0, 1, 255)[n % 3], shown, 8 * WORDS)
                    read += code == 0
                    assert code in (0, lib.PMM_ERR_STALE)
                    if n % 10 == 0 and code == 0:
                        assert list(shown) == list(range(shown[0], shown[0] + WORDS))
            process.send_signal(signal.SIGKILL)
        assert process.returncode == -signal.SIGKILL and read > 1000
        with PositionsReader(positions) as reader:
            for row in (0, 1, 255):
                assert lib.pmm_rows_read(reader.handle, row, shown, 8 * WORDS) == 0
                assert list(shown) == list(range(shown[0], shown[0] + WORDS))


@pytest.mark.parametrize("written", range(0, WORDS + 1, 20))
def test_a_writer_that_dies_inside_a_row_leaves_what_it_showed_before(positions, written):
    """What it has stored of the next values lies in the half that is not shown."""
    with PositionsWriter(positions) as writer:
        for n in (1, 2, 3):
            put(writer, 2, "pmm_position_shown", position={"position": n, "beyond": n})
    at = lib.PMM_SEGMENT_HEADER_BYTES + 128 + 2 * ROW_BYTES + 64  # the half of an even sequence
    with positions.open("r+b") as file:
        file.seek(at)
        file.write(b"\xff" * 8 * written)
    with PositionsReader(positions) as reader:
        assert reader.read(2) == Position(position=3, beyond=3)
        with PositionsWriter(positions) as successor:
            put(successor, 2, "pmm_position_shown", position={"position": 4})
            assert reader.read(2) == Position(position=4)
