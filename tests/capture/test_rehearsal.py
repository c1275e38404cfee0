"""Every venue on a recording: it can be asked before anybody has subscribed, and recorded again."""

import asyncio
import contextlib
import json

import pytest
from click.testing import CliRunner

from pinnacle.capture.check import check_capture
from pinnacle.capture.instruments import guess_dialect
from pinnacle.capture.record import Recorder
from pinnacle.capture.server import CaptureServer
from pinnacle.capture.tape import Tape
from pinnacle.cli.capture import capture
from pinnacle.core.errors import DataError, UsageError
from pinnacle.venues.reference import ask
from pinnacle.venues.registry import VENUES, find
from pinnacle.venues.transport.certificates import make_certificates
from tests.made_recordings import MIDDLE, WRITERS, make_recording


class Rehearsal:
    """A venue's server of a recording that tests make, until `close`."""

    def __init__(self, folder, venue, speed=0.0):
        self.kind = find(venue)
        self.tape = Tape((make_recording(folder, venue, 400),), self.kind.dialect())
        self.ca_file, context = make_certificates(folder / "certificates")
        self.server = CaptureServer(self.tape, context, speed=speed)

    def config(self, **more):
        where = self.server.addresses | {"ca_file": str(self.ca_file)} | more
        return self.kind.section(**where)


@pytest.mark.parametrize("venue", VENUES)
def test_a_venue_tells_its_instruments_and_prices_before_the_tape_begins(venue, tmp_path):
    rehearsal = Rehearsal(tmp_path, venue)

    async def asking():
        await rehearsal.server.open()
        try:
            config = rehearsal.config()
            listed = await ask.listings(rehearsal.kind, config)
            prices = [await ask.price(rehearsal.kind, config, row.symbol) for row in listed]
        finally:
            await rehearsal.server.close()
        return listed, prices

    listed, prices = asyncio.run(asking())
    assert {row.symbol for row in listed} == set(WRITERS[venue].SYMBOLS)
    assert [float(price) for price in prices] == [(MIDDLE - 1) / 100] * 2


@pytest.mark.parametrize("venue", VENUES)
def test_a_recording_of_a_recording_is_known_for_the_same_venues_and_whole(venue, tmp_path):
    rehearsal = Rehearsal(tmp_path, venue, speed=20.0)
    out = tmp_path / "again.jsonl"

    async def recording():
        await rehearsal.server.open()
        recorder = Recorder(rehearsal.kind, rehearsal.config(), WRITERS[venue].SYMBOLS, out)
        running = asyncio.create_task(recorder.run())
        async with asyncio.timeout(60):
            await rehearsal.server.play()
        await rehearsal.server.close()
        running.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await running
        return recorder

    recorder = asyncio.run(recording())
    assert recorder.missing() == []
    assert guess_dialect(out).venue == venue
    for report in check_capture(out).reports:
        assert report.good, report


def test_a_recorder_that_got_nothing_leaves_no_file_and_says_why(tmp_path):
    out = tmp_path / "none.jsonl"
    where = ["--feed", "ws_url=wss://127.0.0.1:9", "--feed", "rest_url=https://127.0.0.1:9"]
    words = ["record", "--venue", "bitstamp", "--symbols", "ADA-EUR", "--out", str(out)]
    done = CliRunner().invoke(capture, [*words, "--duration", "1", *where])
    assert isinstance(done.exception, DataError)
    assert "no whole book of ADA-EUR" in str(done.exception) and "Connect" in str(done.exception)
    assert not out.exists()


@pytest.mark.parametrize(
    ("name", "options", "words"),
    [("a.jsonl", {"connections": 2}, "connections"), ("a.jsonl.gz", {}, r"packed as \.zst")],
)
def test_a_recording_that_could_not_be_read_is_not_begun(tmp_path, name, options, words):
    config = find("binance").section(**options)
    with pytest.raises(UsageError, match=words):
        Recorder(find("binance"), config, ["BTCUSDT"], tmp_path / name)
    assert not (tmp_path / name).exists()


def test_a_file_without_times_is_named(tmp_path):
    path = make_recording(tmp_path, "kraken", 20)
    assert Tape((path,), find("kraken").dialect()).timeless == []
    frames = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    bare = tmp_path / "bare.jsonl"
    bare.write_text("\n".join(f["data"] for f in frames if f["t"] == "recv"), encoding="utf-8")
    assert Tape((bare,), find("kraken").dialect()).timeless == [bare]
