"""Recordings of every venue, frame by frame against a decoder in plain Python, and as a whole."""

import json
import subprocess
import sys
from collections import Counter

import pytest

from pinnacle.capture.instruments import guess_dialect, infer_instruments
from pinnacle.capture.reading import read_capture
from pinnacle.venues.market.codec import NO_ROW, Codec
from pinnacle.venues.served.dialect import LineKind
from tests.beside import BESIDE, needs_captures
from tests.venues.plain import DECODERS
from tests.venues.wire import decoded

FOLDER = BESIDE / "data" / "captures"
KRAKEN = {"kraken_v1_20210417_5pairs.jsonl.zst": 2234}
KRAKEN["kraken_v2shape_from_v1_20210417_5pairs.jsonl.zst"] = 2239
KRAKEN["kraken_v2_btcusd_d10_20260719.jsonl"] = 41
BINANCE = {"binance_btcusdt_20240808.gz": 564, "binance_ethusdt_20240808.gz": 577}
OTHERS = {
    "binance_spot_20211012.jsonl.zst": ("binance", "BINANCE", 4),
    "bitstamp_20220105_5pairs.jsonl.zst": ("bitstamp", "BITSTAMP", 5),
    "coinbase_advanced_20260809_first500.jsonl.zst": ("coinbase", "COINBASE", 2),
    "coinbase_exchange_20210417.txt.zst": ("coinbase_exchange", "COINBASE_EXCHANGE", 10),
    "gemini_v2_20260809_5sym.jsonl.zst": ("gemini", "GEMINI_V2", 5),
}
FILES = dict.fromkeys(BINANCE, ("binance", "BINANCE", 1))
FILES |= {name: ("kraken", "KRAKEN", 1 if "btcusd" in name else 5) for name in KRAKEN}
FILES |= OTHERS

pytestmark = needs_captures


@pytest.mark.parametrize("name", FILES)
def test_every_frame_is_what_plain_python_makes_of_it(name):
    venue, messages, symbols = FILES[name]
    path = FOLDER / name
    dialect = guess_dialect(path)
    assert dialect.venue == venue
    table, plain = infer_instruments(path, dialect), DECODERS[messages]
    assert len(table) == symbols
    codec = Codec(dialect.messages, table, records_max=dialect.records_max)
    rows = {row["symbol"].decode(): i for i, row in enumerate(table)}
    seen: Counter[int] = Counter()
    for line in read_capture(path):
        if line.kind not in (LineKind.FRAME, LineKind.REPLY):
            continue
        book = dialect.book_of(line)
        if line.kind is LineKind.REPLY and book is None:
            continue
        frame = dialect.reads(line.frame)
        expected = plain(frame)
        if book is None:
            taken = codec.scan((frame,), line.recv_ns)
        else:
            taken = codec.scan_snapshot(frame, line.recv_ns, rows.get(book, 0))
            expected = [(book or next(iter(rows)), *part[1:]) for part in expected]
        assert taken == (expected is not None), (line.number, frame[:200])
        if expected is None:
            continue
        assert all(p.code == 0 and p.row != NO_ROW and not p.rounded for p in codec.last_parts())
        assert decoded(codec) == expected, line.number
        assert set(codec.events.array["recv_ns"][: codec.count].tolist()) <= {line.recv_ns}
        seen.update(part[1] for part in expected)
    assert len(seen) >= 2


@pytest.fixture(scope="module")
def reports():
    """What `pinnacle capture check` says of all recordings, by file and symbol."""
    command = [sys.executable, "-c", "from pinnacle.cli.main import main; main()"]
    command += ["capture", "check", *(str(FOLDER / name) for name in FILES), "--json"]
    done = subprocess.run(command, capture_output=True, check=True, timeout=100)
    found = json.loads(done.stdout)["files"]
    return {(row["file"].rpartition("/")[2], row["symbol"]): row for row in found}


def test_no_recording_has_a_gap_or_crosses_and_every_symbol_has_its_entry(reports):
    assert Counter(file for file, _ in reports) == {name: FILES[name][2] for name in FILES}
    for (file, _), row in reports.items():
        assert row["venue"] == FILES[file][0]
        nothing = ["gaps", "crossed", "trades_missing", "duplicated", "odd", "top_different"]
        assert [row[name] for name in nothing] == [0] * 6, row
        assert row["snapshots"] == 1 and row["levels"] > 40 and row["checksums"]["bad"] == 0


def test_every_checksum_of_kraken_is_that_of_the_rebuilt_book(reports):
    good: Counter[str] = Counter()
    for (file, _), row in reports.items():
        good[file] += row["checksums"]["good"]
    assert {file: count for file, count in good.items() if count} == KRAKEN


def test_binances_best_prices_are_those_of_the_rebuilt_book(reports):
    for file, compared in BINANCE.items():
        (row,) = (row for (name, _), row in reports.items() if name == file)
        assert row["top_compared"] == compared


def test_what_joins_late_is_counted_and_not_called_missing(reports):
    late = {s: r["joined_late"] for (f, s), r in reports.items() if f.startswith("bitstamp")}
    assert late == {"bateur": 14, "usdteur": 12, "xlmgbp": 13, "adaeur": 5, "galaeur": 2}


def test_the_trades_of_coinbase_are_those_of_the_updates_alone(reports):
    trades = {s: r["trades"] for (f, s), r in reports.items() if f.startswith("coinbase_adv")}
    assert trades == {"BTC-USD": 29, "ETH-USD": 19}
