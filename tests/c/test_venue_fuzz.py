"""The scanners stay inside their buffers whatever the bytes are: under ASan and UBSan."""

import subprocess
from pathlib import Path

import pytest

from pinnacle.capture.instruments import infer_instruments
from pinnacle.capture.reading import read_capture
from pinnacle.venues.registry import find
from pinnacle.venues.served.dialect import LineKind
from tests.beside import BESIDE, needs_captures
from tests.c.built import built
from tests.c.sources import CSRC, sources
from tests.venues.messages import SYMBOLS
from tests.venues.samples import SAMPLES

HERE = Path(__file__).parent
VENUES = ["binance", "bitstamp", "coinbase", "coinbase_exchange", "gemini", "kraken"]
RECORDED = {
    "binance": "binance_btcusdt_20240808.gz",
    "bitstamp": "bitstamp_20220105_5pairs.jsonl.zst",
    "coinbase": "coinbase_advanced_20260809_first500.jsonl.zst",
    "coinbase_exchange": "coinbase_exchange_20210417.txt.zst",
    "gemini": "gemini_v2_20260809_5sym.jsonl.zst",
    "kraken": "kraken_v2shape_from_v1_20210417_5pairs.jsonl.zst",
}
#: Of a recording; longer frames cost the sanitizers seconds.
FRAMES, FRAME_MAX = 80, 60_000
CONTROL = [b'{"result":null,"id":1}', b'[{"x":[[[null,true,-1.5e+3,"\\u00e9"]]]}]', b"{}"]


@pytest.fixture(scope="module")
def program(tmp_path_factory):
    files = [HERE / "venue_fuzz.c", *sources("crc32", "decimal")]
    files += sorted((CSRC / "wire").glob("*.c"))
    return built(tmp_path_factory.mktemp("fuzz") / "venue_fuzz", files)


def fuzzed(program, folder, venue, frames, symbols):
    corpus = folder / "corpus"
    corpus.write_bytes(b"".join(frame + b"\n" for frame in [*frames, *CONTROL]))
    done = subprocess.run(
        [program, venue, corpus, *symbols], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("venue", SYMBOLS)
def test_damaged_messages_never_lead_a_scanner_outside_its_buffers(program, tmp_path, venue):
    fuzzed(program, tmp_path, venue, SAMPLES[venue], SYMBOLS[venue])


@needs_captures
@pytest.mark.long
@pytest.mark.parametrize("venue", RECORDED)
def test_damaged_recordings_never_lead_a_scanner_outside_its_buffers(program, tmp_path, venue):
    path = BESIDE / "data" / "captures" / RECORDED[venue]
    dialect = find(venue).dialect()
    lines = (line for line in read_capture(path) if line.kind is LineKind.FRAME)
    frames = [line.frame for line in lines if len(line.frame) < FRAME_MAX]
    step = max(1, len(frames) // FRAMES)
    symbols = [row["symbol"].decode() for row in infer_instruments(path, dialect)]
    messages = "GEMINI_V2" if venue == "gemini" else venue.upper()
    fuzzed(program, tmp_path, messages, frames[::step][:FRAMES], symbols)
