"""Every form of a recording gives the same lines, and what is damaged is named with its line."""

import gzip
import os
import struct

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from pinnacle.capture import reading
from pinnacle.capture.reading import read_capture
from pinnacle.core.errors import DataError, UsageError
from pinnacle.venues.served.dialect import Line, LineKind

TEXT = b'5 {"a":1}\n\n6 {"b":[2]}\r\n  \n7 [3]'
LINES = [Line(1, 5, b'{"a":1}'), Line(3, 6, b'{"b":[2]}'), Line(5, 7, b"[3]")]
SKIPPED = struct.pack("<II", 0x184D2A50, 4) + b"what"


def zst(content):
    return zstandard.ZstdCompressor().compress(content)


def read(tmp_path, content):
    path = tmp_path / "capture"
    path.write_bytes(content)
    return list(read_capture(path))


@pytest.mark.parametrize(
    "content",
    [
        TEXT,
        b"\xef\xbb\xbf" + TEXT,
        gzip.compress(TEXT),
        gzip.compress(TEXT[:20]) + gzip.compress(TEXT[20:]),
        gzip.compress(TEXT) + bytes(5000),
        zst(TEXT),
        zst(TEXT[:20]) + zst(TEXT[20:]),
        SKIPPED + zst(TEXT[:20]) + SKIPPED + zst(TEXT[20:]) + SKIPPED,
    ],
    ids=["plain", "mark", "gzip", "members", "padded", "zstd", "frames", "skipped"],
)
def test_however_it_is_packed_the_lines_are_the_same(tmp_path, content):
    assert read(tmp_path, content) == LINES


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (b'{"t":"recv","ns":5,"data":"{}"}', Line(1, 5, b"{}")),
        (
            b'{"x":0,"t": "recv","ts":1.5,"data":"[\\"\\u00e9\\"]"}',
            Line(1, 15 * 10**8, b'["\xc3\xa9"]'),
        ),
        (b'{"t":"send","ts":0,"data":"x"}', Line(1, 0, b"x", LineKind.SENT)),
        (b'{"t":"http","ts":0,"url":"u","data":"{}"}', Line(1, 0, b"{}", LineKind.REPLY, "u")),
        (b'{"t":"connect","ts":0,"addr":"h:1"}', Line(1, 0, b"", LineKind.CONNECTED, "h:1")),
        (b'16.5: {"a":1}', Line(1, 165 * 10**8, b'{"a":1}')),
        (b"wss://h <-> 16.5", Line(1, 165 * 10**8, b"", LineKind.CONNECTED, "wss://h")),
        (b"wss://h <- 16: {}", Line(1, 16 * 10**9, b"{}", LineKind.SENT, "wss://h")),
    ],
)
def test_a_line_of_each_form(tmp_path, text, line):
    assert read(tmp_path, text) == [line]


@pytest.mark.parametrize("frame", [b'{"t":7}', b'{"t":"buy","data":5}', b'{"t":null,"ts":"x"}'])
def test_a_frame_that_has_a_key_t_of_its_own_is_a_frame(tmp_path, frame):
    assert read(tmp_path, frame) == [Line(1, 0, frame)]


def test_a_header_is_no_line_whatever_it_holds(tmp_path):
    assert read(tmp_path, b'{"t":"header","ts":"today","data":{}}\n5 {}') == [Line(2, 5, b"{}")]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (b'{"t":"recv","ts":"x","data":"{}"}', "Expected `float | null`, got `str`"),
        (b'{"t":"recv","ns":-1,"data":"{}"}', "Expected `int` >= 0"),
        (b'{"t":"recv","ns":5,"data":{}}', "Expected `str`, got `object`"),
        (b'{"t":"recv","ns":5,"data":"{}', "cut or damaged"),
        (b'{"t":"recv","ns":5,"data":"\xff"}', "cut or damaged"),
        (b'{"t":"recv","ns":5,"x":' + b"[" * 100_000, "cut or damaged"),
        (b'{"t":"http","ns":5,"url":"http://[x/","data":"{}"}', "not a URL"),
        (b"\0" * 9, "neither a frame nor a stamp and a frame"),
        (b"99999999999999999999 {}", "neither a frame nor a stamp and a frame"),
    ],
)
def test_a_line_that_cannot_be_read_is_named(tmp_path, text, words):
    with pytest.raises(DataError) as caught:
        read(tmp_path, b"5 {}\n" + text)
    assert f"capture:2: {words}" in str(caught.value)


@pytest.mark.parametrize("pack", [gzip.compress, zst], ids=["gzip", "zstd"])
@given(data=st.data())
def test_a_packed_file_that_is_cut_gives_all_ahead_of_the_cut_and_then_an_error(
    tmp_path_factory, pack, data
):
    """Whatever was said of a part of it, nobody takes it for whole."""
    path = tmp_path_factory.mktemp("cut") / "capture"
    whole = [b"%d [%d]" % (n, n * n) for n in range(1, 200)]
    packed = pack(b"\n".join(whole[:90]) + b"\n") + pack(b"\n".join(whole[90:]) + b"\n")
    middle = len(pack(b"\n".join(whole[:90]) + b"\n"))
    end = data.draw(st.integers(4, len(packed) - 1).filter(lambda at: at != middle))
    path.write_bytes(packed[:end])
    seen = []
    with pytest.raises(DataError, match=r"capture:\d+: the packed data is damaged"):
        seen.extend(line.number for line in read_capture(path))
    if end > middle:
        assert list(range(1, 91)) == [line.number for line in read_some(path, 90)]


def read_some(path, count):
    lines = read_capture(path)
    return [next(lines) for _ in range(count)]


@pytest.mark.parametrize("pack", [gzip.compress, zst], ids=["gzip", "zstd"])
def test_what_stands_behind_a_packed_file_is_damage(tmp_path, pack):
    with pytest.raises(DataError, match=r"capture:6: the packed data is damaged"):
        read(tmp_path, pack(TEXT + b"\n") + b"junk of some bytes")


def test_no_more_is_unpacked_than_is_read(tmp_path, monkeypatch):
    """A quarter of a gigabyte of one line is some kilobytes of zstd."""
    path = tmp_path / "bomb"
    path.write_bytes(zst(b"5 " + bytes(1 << 28)))
    most = 0
    unpack = reading._Unpacked._unpack

    def watched(self, chunk):
        nonlocal most
        unpack(self, chunk)
        most = max(most, len(self._waiting))

    monkeypatch.setattr(reading._Unpacked, "_unpack", watched)
    monkeypatch.setattr(reading, "LINE_MAX", 1 << 20)
    with pytest.raises(DataError, match=r"bomb:1: a line of more than 1048576 bytes"):
        list(read_capture(path))
    assert most <= 1 << 26


def test_what_is_no_plain_file_is_not_waited_for(tmp_path):
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    for path in (tmp_path, fifo, "/dev/null"):
        with pytest.raises(DataError, match=f"{path}: is no plain file"):
            list(read_capture(type(tmp_path)(path)))
    with pytest.raises(UsageError, match="no such file"):
        list(read_capture(tmp_path / "nothing"))


@pytest.mark.parametrize(
    "content",
    [b"", b"\xef\xbb\xbf", b"\n \r\n", zst(b""), gzip.compress(b"")],
    # gzip's has the time in it: workers would not agree on a name made of that.
    ids=["nothing", "mark", "blank", "zstd", "gzip"],
)
def test_a_file_without_a_line_is_an_empty_capture(tmp_path, content):
    with pytest.raises(DataError, match="empty capture"):
        read(tmp_path, content)
