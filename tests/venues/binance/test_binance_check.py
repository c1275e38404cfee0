"""The check must find what is wrong: each test damages a market's frames in one way."""

import gzip
import json
from itertools import islice

import pytest
from click.testing import CliRunner

from pinnacle.cli.capture import capture
from pinnacle.core.errors import DataError
from pinnacle.venues.binance.capture import infer_instrument
from pinnacle.venues.binance.check import check_capture

LINES = 3000


@pytest.fixture
def lines(made_captures):
    with gzip.open(made_captures["BTCUSDT"]) as file:
        return list(islice(file, LINES))


def written(tmp_path, lines):
    path = tmp_path / "capture.txt"
    path.write_bytes(b"".join(lines))
    return path


def test_a_whole_capture_is_good_compressed_or_not(tmp_path, lines):
    report = check_capture(written(tmp_path, lines)).report
    assert report.good and report.frames == LINES and report.top_compared > 20


def test_a_symbol_of_any_script_is_taken_from_the_frames(tmp_path, lines):
    path = written(tmp_path, renamed(lines, "币安人生USDT"))
    assert infer_instrument(path)[0]["symbol"].decode() == "币安人生USDT"
    assert check_capture(path).report.good


@pytest.mark.parametrize("symbol", ["", "BTC USDT", "X" * 32, "-X", "../x"])
def test_a_symbol_that_none_can_be_is_named_with_its_line(tmp_path, lines, symbol):
    path = written(tmp_path, renamed(lines, symbol))
    with pytest.raises(DataError, match=r"capture\.txt:\d+: not a symbol"):
        infer_instrument(path)


def renamed(lines, symbol):
    name, lower = symbol.encode(), symbol.lower().encode()
    return [line.replace(b"BTCUSDT", name).replace(b"btcusdt", lower) for line in lines]


def test_a_lost_update_is_one_gap(tmp_path, lines):
    depths = [at for at, line in enumerate(lines) if b"depthUpdate" in line]
    del lines[depths[50]]
    report = check_capture(written(tmp_path, lines)).report
    assert report.gaps == 1 and not report.good


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
    report = check_capture(written(tmp_path, tampered)).report
    assert swapped and report.top_different > 0 and report.gaps == 0 and not report.good


def test_a_bid_above_the_asks_is_counted_as_crossed(tmp_path, lines):
    depths = [at for at, line in enumerate(lines) if b"depthUpdate" in line]
    at = depths[100]
    lines[at] = lines[at].replace(b'"b":[', b'"b":[["200000.00000000","1.00000000"],')
    assert check_capture(written(tmp_path, lines)).report.crossed > 0


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (b"12 \n", ":100: not `<recv_ns> <json>`"),
        (b'x {"u":1}\n', ":100: not `<recv_ns> <json>`"),
        (b'5 {"u":\n', ":100: text does not parse at byte 5 of 5"),
        (b'5 {"result":null,"id":1}\n', ":100: not a message of the stream"),
    ],
)
def test_a_damaged_line_is_named(tmp_path, lines, damage, words):
    lines[99] = damage
    with pytest.raises(DataError) as caught:
        check_capture(written(tmp_path, lines))
    assert words in str(caught.value) and caught.value.exit_code == 1


def test_a_cut_gzip_file_is_named_with_the_line_where_it_ends(tmp_path, made_captures):
    path = tmp_path / "cut.gz"
    path.write_bytes(made_captures["BTCUSDT"].read_bytes()[:50_000])
    with pytest.raises(DataError, match=r"cut\.gz:\d+: damaged gzip data"):
        check_capture(path)


def test_a_capture_without_a_snapshot_is_no_book(tmp_path, lines):
    kept = [line for line in lines if b'{"lastUpdateId"' not in line]
    with pytest.raises(DataError, match="no depth snapshot"):
        check_capture(written(tmp_path, kept))


@pytest.mark.parametrize("content", [b"", b"5 {}\n"])
def test_a_file_that_is_no_capture_is_refused(tmp_path, content):
    path = tmp_path / "capture.txt"
    path.write_bytes(content)
    with pytest.raises(DataError, match=r"capture\.txt: (empty capture|no frame names a symbol)"):
        check_capture(path)


def test_the_command_prints_a_report_and_fails_when_something_is_missing(tmp_path, lines):
    path = str(written(tmp_path, lines))
    done = CliRunner().invoke(capture, ["check", path, "--venue", "binance", "--json"])
    assert done.exit_code == 0
    assert json.loads(done.stdout)["files"][0]["gaps"] == 0
    table = CliRunner().invoke(capture, ["check", path, "--venue", "binance"])
    assert "BTCUSDT" in table.stdout and "top_compared" in table.stdout
    depths = [at for at, line in enumerate(lines) if b"depthUpdate" in line]
    del lines[depths[50]]
    path = str(written(tmp_path, lines))
    failed = CliRunner().invoke(capture, ["check", path, "--venue", "binance"])
    assert isinstance(failed.exception, DataError) and "not whole" in str(failed.exception)
