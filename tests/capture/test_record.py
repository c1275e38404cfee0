"""What a venue sends is written down as it came, and reads as the market that it was."""

import asyncio
import contextlib
import gzip
import sys
from itertools import islice, pairwise

import pytest
from click.testing import CliRunner

from pinnacle.capture.check import check_capture
from pinnacle.capture.reading import read_capture
from pinnacle.capture.record import Recorder, RecordFile
from pinnacle.capture.server import CaptureServer
from pinnacle.capture.tape import Tape
from pinnacle.cli.capture import capture
from pinnacle.core.errors import UsageError
from pinnacle.venues.registry import find
from pinnacle.venues.served.dialect import LineKind
from pinnacle.venues.transport.certificates import make_certificates

BINANCE = find("binance")
SYMBOLS = ["BTCUSDT", "ETHUSDT"]


@pytest.fixture(scope="module")
def short(tmp_path_factory, made_captures):
    paths = []
    for source in made_captures.values():
        path = tmp_path_factory.mktemp("captures") / source.stem
        with gzip.open(source) as file:
            path.write_bytes(b"".join(islice(file, 2500)))
        paths.append(path)
    return tuple(paths)


def recorded(short, tmp_path, name, speed=20, **options):
    """The recorder of the whole tape, which was served at so many times its speed."""
    tape = Tape(short, BINANCE.dialect())
    ca_file, context = make_certificates(tmp_path / "certificates")

    async def session():
        server = CaptureServer(tape, context, speed=speed)
        await server.open()
        playing = asyncio.create_task(server.play())
        config = BINANCE.section(ca_file=str(ca_file), depth_limit=5000, **server.addresses)
        recorder = Recorder(BINANCE, config, SYMBOLS, tmp_path / name, **options)
        running = asyncio.create_task(recorder.run())
        async with asyncio.timeout(60):
            await playing
            while recorder.market.stream.live:
                await asyncio.sleep(0.01)
        running.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await running
        await server.close()
        return recorder

    return asyncio.run(session())


def levels(book):
    records = book.snapshot(0)
    return set(records[["side", "price", "quantity"]].tolist())


@pytest.mark.parametrize("name", ["plain.jsonl", "packed.zst"])
def test_a_recording_is_the_market_that_was_recorded(short, tmp_path, name):
    recorder = recorded(short, tmp_path, name)
    check = check_capture(recorder.files[0])
    originals = {path.reports[0].symbol: path for path in map(check_capture, short)}
    assert {report.symbol for report in check.reports} == set(SYMBOLS)
    for report, book in zip(check.reports, check.books, strict=True):
        original = originals[report.symbol]
        assert report.good and report.trades == original.reports[0].trades
        # Steps are inferred from what is there: what is compared is how many levels books hold.
        assert len(levels(book)) == len(levels(original.books[0]))
    lines = list(read_capture(recorder.files[0]))
    assert [line.kind for line in lines[:2]] == [LineKind.CONNECTED, LineKind.SENT]
    assert sum(line.kind is LineKind.FRAME for line in lines) == recorder.frames
    books = [line for line in lines if line.kind is LineKind.REPLY]
    assert {line.where.partition("symbol=")[2].partition("&")[0] for line in books} == set(SYMBOLS)
    assert all(later.recv_ns >= line.recv_ns > 0 for line, later in pairwise(lines))


def test_each_file_of_a_rotated_recording_can_be_read_alone(short, tmp_path):
    recorder = recorded(short, tmp_path, "rotated.zst", speed=5, rotate_bytes=5_000)
    assert len(recorder.files) >= 2
    assert [path.name for path in recorder.files[:2]] == ["rotated.zst", "rotated.2.zst"]
    for path in recorder.files[:2]:
        reports = check_capture(path).reports
        assert {report.symbol for report in reports} == set(SYMBOLS)
        assert all(report.snapshots and not report.gaps for report in reports)


def test_a_file_that_is_there_stays(tmp_path):
    path = tmp_path / "mine.zst"
    path.write_bytes(b"mine")
    with pytest.raises(UsageError, match=r"mine\.zst: is there already: it stays"):
        RecordFile(path)
    assert path.read_bytes() == b"mine"


def test_who_is_killed_loses_the_last_second_and_leaves_a_whole_file(short, tmp_path):
    tape, out = Tape(short, BINANCE.dialect()), tmp_path / "killed.zst"
    ca_file, context = make_certificates(tmp_path / "certificates")
    command = [sys.executable, "-m", "pinnacle", "capture", "record", "--venue", "binance"]
    command += ["--symbols", ",".join(SYMBOLS), "--out", str(out), "--feed", f"ca_file={ca_file}"]

    async def session():
        server = CaptureServer(tape, context, speed=2)
        await server.open()
        playing = asyncio.create_task(server.play())
        where = [
            text for key, url in server.addresses.items() for text in ("--feed", f"{key}={url}")
        ]
        running = await asyncio.create_subprocess_exec(*command, *where)
        try:
            async with asyncio.timeout(60):
                while not out.exists() or out.stat().st_size < 20_000:
                    await asyncio.sleep(0.02)
        finally:
            running.kill()
            await running.wait()
            playing.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await playing
            await server.close()

    asyncio.run(session())
    assert len(list(read_capture(out))) > 100
    assert {report.symbol for report in check_capture(out).reports} == set(SYMBOLS)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--symbols", "BTC/USD"], "is none of Binance's"),
        (["--symbols", "BTCUSDT,BTCUSDT"], "each once"),
        (["--symbols", ""], "each once"),
        (["--symbols", "BTCUSDT", "--feed", "depth_limit=no"], "depth_limit"),
        (["--symbols", "BTCUSDT", "--feed", "colour=red"], "colour"),
        (["--symbols", "BTCUSDT", "--feed", "ws_url"], "is no KEY=VALUE"),
        (["--symbols", "BTCUSDT", "--feed", "ws_url=ws://here"], "TLS is not optional"),
        (["--symbols", "BTCUSDT", "--duration", "0"], "duration"),
    ],
)
def test_what_cannot_be_recorded_is_said_and_no_file_made(tmp_path, options, words):
    out = tmp_path / "none.zst"
    done = CliRunner().invoke(
        capture, ["record", "--venue", "binance", "--out", str(out), *options]
    )
    assert done.exit_code == 2 and words in done.output and not out.exists()
