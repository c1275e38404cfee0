"""The check must find what is wrong: each test damages a market's frames in one way."""

import gzip
import json
import re
from itertools import islice

import pytest
from click.testing import CliRunner

from pinnacle.capture import reading as capture_module
from pinnacle.capture.check import check_capture
from pinnacle.capture.instruments import infer_instruments
from pinnacle.capture.reading import read_capture
from pinnacle.cli.capture import capture
from pinnacle.core.errors import DataError
from pinnacle.venues.binance.dialect import BinanceDialect

LINES = 3000
BINANCE = BinanceDialect()


@pytest.fixture
def lines(made_captures):
    with gzip.open(made_captures["BTCUSDT"]) as file:
        return list(islice(file, LINES))


def written(tmp_path, lines):
    path = tmp_path / "capture.txt"
    path.write_bytes(b"".join(lines))
    return path


def test_a_whole_capture_is_good_compressed_or_not(tmp_path, lines):
    report = check_capture(written(tmp_path, lines), BINANCE).reports[0]
    assert report.good and report.frames == LINES and report.top_compared > 20


def test_a_capture_that_is_too_large_to_keep_is_read_again(tmp_path, lines, monkeypatch):
    path, reports = written(tmp_path, lines), []
    for kept in (1 << 26, 1 << 12, 0):
        monkeypatch.setattr(capture_module, "KEPT_BYTES_MAX", kept)
        opened = []
        monkeypatch.setattr(
            capture_module,
            "read_capture",
            lambda path, read=read_capture, opened=opened: opened.append(path) or read(path),
        )
        report = check_capture(path, BINANCE).reports[0]
        report.seconds = 0
        reports.append(report)
        assert len(opened) == (1 if kept == 1 << 26 else 2)
    assert reports[0] == reports[1] == reports[2]


def test_a_symbol_of_any_script_is_taken_from_the_frames(tmp_path, lines):
    path = written(tmp_path, renamed(lines, "币安人生USDT"))
    assert infer_instruments(path, BINANCE)[0]["symbol"].decode() == "币安人生USDT"
    assert check_capture(path, BINANCE).reports[0].good


@pytest.mark.parametrize("symbol", ["", "BTC USDT", "X" * 32])
def test_a_symbol_that_none_can_be_is_named_with_its_line(tmp_path, lines, symbol):
    path = written(tmp_path, renamed(lines, symbol))
    with pytest.raises(DataError, match=r"capture\.txt:\d+: not a symbol"):
        infer_instruments(path, BINANCE)


def renamed(lines, symbol):
    name, lower = symbol.encode(), symbol.lower().encode()
    return [line.replace(b"BTCUSDT", name).replace(b"btcusdt", lower) for line in lines]


def test_a_lost_update_is_one_gap(tmp_path, lines):
    depths = [at for at, line in enumerate(lines) if b"depthUpdate" in line]
    del lines[depths[50]]
    report = check_capture(written(tmp_path, lines), BINANCE).reports[0]
    assert report.gaps == 1 and not report.good


def test_a_lost_trade_is_missing_and_one_that_comes_twice_is_told(tmp_path, lines):
    trades = [at for at, line in enumerate(lines) if b'"e":"trade"' in line]
    path = written(tmp_path, lines[: trades[5]] + lines[trades[6] :])
    lost = check_capture(path, BINANCE).reports[0]
    assert (lost.trades_missing, lost.gaps, lost.good) == (1, 0, False)
    again = check_capture(
        written(tmp_path, lines[: trades[5] + 1] + lines[trades[5] :]), BINANCE
    ).reports[0]
    assert (again.duplicated, again.trades_missing, again.good) == (1, 0, False)


def test_an_update_that_comes_twice_is_told(tmp_path, lines):
    depths = [at for at, line in enumerate(lines) if b"depthUpdate" in line]
    twice = lines[: depths[50] + 1] + lines[depths[50] :]
    report = check_capture(written(tmp_path, twice), BINANCE).reports[0]
    assert (report.duplicated, report.gaps, report.good) == (1, 0, False)


def test_a_second_older_snapshot_is_passed_over(tmp_path, lines):
    """A recorder that asks again: the book is further already."""
    snapshot = next(line for line in lines if b'{"lastUpdateId"' in line)
    stamp = lines[-1].split(b" ")[0]
    lines.insert(len(lines) - 500, stamp + b" " + snapshot.split(b" ", 1)[1])
    report = check_capture(written(tmp_path, lines), BINANCE).reports[0]
    assert (report.gaps, report.good) == (0, True)


def frame(stream, **data):
    data |= {"s": "BTCUSDT"}
    wrapped = {"stream": f"btcusdt@{stream}", "data": data}
    return b"5 " + json.dumps(wrapped, separators=(",", ":")).encode() + b"\n"


def test_a_top_beyond_what_the_snapshot_showed_is_unknown_and_not_wrong(tmp_path):
    """Five asks are shown and taken; 100.06 rests behind them, and no update ever says so."""
    asks = [f"100.0{i}" for i in range(1, 6)]
    first = {"lastUpdateId": 9, "bids": [["99.00", "1"]], "asks": [[price, "1"] for price in asks]}
    taken = [[price, "0"] for price in asks] + [["100.20", "1"]]
    update = {"e": "depthUpdate", "E": 1, "U": 10, "u": 10, "b": [], "a": taken}
    top = {"u": 10, "b": "99.00", "B": "1", "a": "100.06", "A": "1"}
    lines = [b"5 " + json.dumps(first, separators=(",", ":")).encode() + b"\n"]
    lines += [frame("depth@100ms", **update), frame("bookTicker", **top)]
    report = check_capture(written(tmp_path, lines), BINANCE).reports[0]
    assert (report.top_compared, report.top_unknown, report.top_different) == (1, 1, 0)


@pytest.mark.parametrize(
    ("content", "name"),
    [(b"BZh91", "bzip2"), (b"\xfd7zXZ", "xz"), (b"PK\x03\x04", "zip")],
)
def test_a_file_that_is_packed_otherwise_says_with_what(tmp_path, content, name):
    path = tmp_path / "capture.bin"
    path.write_bytes(content)
    with pytest.raises(DataError, match=f"packed with {name}: unpack it, or use gzip or zstd"):
        check_capture(path, BINANCE)


def test_a_wrong_quantity_at_the_best_price_differs_from_book_ticker(tmp_path, lines):
    tampered, swapped = [], 0
    for line in lines:
        stamp, frame = line.split(b" ", 1)
        message = json.loads(frame)
        levels = message.get("data", {}).get("b")
        if message.get("data", {}).get("e") == "depthUpdate" and levels:
            for level in levels:
                level[1] = level[1].replace("3", "4")
            swapped += 1
        tampered.append(stamp + b" " + json.dumps(message, separators=(",", ":")).encode() + b"\n")
    report = check_capture(written(tmp_path, tampered), BINANCE).reports[0]
    assert swapped and report.top_different > 0 and report.gaps == 0 and not report.good


def test_a_bid_above_the_asks_is_counted_as_crossed(tmp_path, lines):
    depths = [at for at, line in enumerate(lines) if b"depthUpdate" in line]
    at = depths[100]
    lines[at] = lines[at].replace(b'"b":[', b'"b":[["200000.00000000","1.00000000"],')
    assert check_capture(written(tmp_path, lines), BINANCE).reports[0].crossed > 0


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (b"12 \n", ":100: neither a frame nor a stamp and a frame: b'12'"),
        (b'x {"u":1}\n', ":100: neither a frame nor a stamp and a frame"),
        (b'{"t":"recv","ts":1.5,"data":"\n', ":100: cut or damaged"),
        (b'{"t":"heard","ts":1.5,"data":""}\n', ":100: `t` must be header or one of recv, send"),
        (b'5 {"u":\n', ":100: text does not parse at byte 5 of 5"),
    ],
)
def test_a_damaged_line_is_named(tmp_path, lines, damage, words):
    lines[99] = damage
    with pytest.raises(DataError) as caught:
        check_capture(written(tmp_path, lines), BINANCE)
    assert words in str(caught.value) and caught.value.exit_code == 1


def test_a_cut_gzip_file_is_named_with_the_line_where_it_ends(tmp_path, made_captures):
    path = tmp_path / "cut.gz"
    path.write_bytes(made_captures["BTCUSDT"].read_bytes()[:50_000])
    with pytest.raises(DataError, match=r"cut\.gz:\d+: the packed data is damaged"):
        check_capture(path, BINANCE)


def test_a_line_without_an_end_is_read_up_to_a_bound(tmp_path, monkeypatch):
    """Packed, some kilobytes are a line of gigabytes."""
    monkeypatch.setattr(capture_module, "LINE_MAX", 1000)
    path = tmp_path / "bomb.gz"
    longest = b'5 {"a":"' + b"x" * 989 + b'"}\n'
    path.write_bytes(gzip.compress(longest))
    assert [len(line.frame) for line in capture_module.read_capture(path)] == [997]
    path.write_bytes(gzip.compress(longest + b"6 " + bytes(100_000)))
    with pytest.raises(DataError, match=r"bomb\.gz:2: a line of more than 1000 bytes"):
        list(capture_module.read_capture(path))


def test_a_capture_without_a_snapshot_is_no_book(tmp_path, lines):
    kept = [line for line in lines if b'{"lastUpdateId"' not in line]
    check = check_capture(written(tmp_path, kept), BINANCE)
    (words,) = check.words
    assert "BTCUSDT: no depth snapshot" in words and not check.reports[0].good


@pytest.mark.parametrize("content", [b"", b"5 {}\n"])
def test_a_file_that_is_no_capture_is_refused(tmp_path, content):
    path = tmp_path / "capture.txt"
    path.write_bytes(content)
    with pytest.raises(
        DataError, match=r"capture\.txt: (empty capture|no frame in it is of a market of binance)"
    ):
        check_capture(path, BINANCE)


def test_the_command_prints_a_report_and_fails_when_something_is_missing(tmp_path, lines):
    path = str(written(tmp_path, lines))
    done = CliRunner().invoke(capture, ["check", path, "--venue", "binance", "--json"])
    assert done.exit_code == 0
    assert json.loads(done.stdout)["files"][0]["gaps"] == 0
    table = CliRunner().invoke(capture, ["check", path, "--venue", "binance"])
    assert "BTCUSDT" in table.stdout and "46/46" in table.stdout
    depths = [at for at, line in enumerate(lines) if b"depthUpdate" in line]
    del lines[depths[50]]
    path = str(written(tmp_path, lines))
    failed = CliRunner().invoke(capture, ["check", path, "--venue", "binance"])
    assert re.search(r"capture\.txt:\d+: BTCUSDT: gaps: 1, the first here\n", failed.stderr)
    assert isinstance(failed.exception, DataError) and "not whole" in str(failed.exception)
