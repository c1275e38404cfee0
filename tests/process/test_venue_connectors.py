"""Every venue's real connector against its recording, served over TLS as the venue would."""

import asyncio
import contextlib
import json
import subprocess
import sys

import numpy as np
import pytest

from pinnacle.capture.check import check_capture
from pinnacle.core._native import ffi
from pinnacle.core.book import Book
from pinnacle.core.schema import EVENT, Kind, Reason
from pinnacle.venues.registry import VENUES, find
from tests.beside import needs_captures
from tests.recordings import Recordings

pytestmark = pytest.mark.long

PINNACLE = [sys.executable, "-c", "from pinnacle.cli.main import main; main()"]


class Server:
    """`pinnacle capture serve` in a process of its own."""

    def __init__(self, path, cert_dir, *options):
        command = [*PINNACLE, "capture", "serve", str(path), "--json"]
        command += ["--cert-dir", str(cert_dir), *options]
        self.process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        line = self.process.stdout.readline()
        assert line, self.process.stderr.read()
        self.where = json.loads(line)

    @property
    def port(self):
        return self.where["ws_url"].split("/")[2].rsplit(":", 1)[1]

    def ended(self):
        return self.process.poll() is not None

    def end(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.communicate()


class Market:
    """The sink: a book an instrument, and how each came to be valid and invalid."""

    def __init__(self, instruments):
        self.books = [Book(i, 65536, 8192) for i in range(len(instruments))]
        self.history = [[] for _ in self.books]
        self.trades = 0

    def __call__(self, events, count):
        records = np.frombuffer(bytes(ffi.buffer(events, count * EVENT.itemsize)), EVENT)
        for record in records[np.isin(records["kind"], (Kind.BOOK_END, Kind.BOOK_INVALID))]:
            row = int(record["instrument_id"])
            self.history[row].append((Kind(record["kind"]), Reason(record["reason"])))
        self.trades += int((records["kind"] == Kind.TRADE).sum())
        for row in np.unique(records["instrument_id"]).tolist():
            self.books[row].apply(events, count)


def levels(book):
    records = book.snapshot(0)
    records = records[records["kind"] == Kind.DEPTH]
    return set(records[["side", "price", "quantity"]].tolist())


def connector_of(venue, server, check, market, options):
    kind = find(venue)
    keys = {"ws_url", "rest_url", "ca_file"} & set(server.where)
    section = {key: server.where[key] for key in keys} | options
    section |= {"backoff_min_ms": 50, "backoff_max_ms": 400}
    clock = iter(range(1, 10**9)).__next__
    config = kind.section(**section)
    return kind.market_data(config, check.instruments, market, clock, lambda _: None)


def run_until(connector, finished, seconds=60):
    """Run the connector until finished() is true, then cancel it as its owner would."""

    async def session():
        running = asyncio.create_task(connector.run())
        try:
            async with asyncio.timeout(seconds):
                while not finished():
                    await asyncio.sleep(0.01)
                    if running.done():
                        running.result()
        finally:
            running.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await running

    asyncio.run(session())


@pytest.fixture
def serve(tmp_path):
    running = []

    def start(path, *options):
        running.append(Server(path, tmp_path / "certificates", *options))
        return running[-1]

    yield start
    for server in running:
        server.end()


@pytest.fixture(
    scope="module", params=["made", pytest.param("given", marks=[needs_captures, pytest.mark.long])]
)
def recordings(request, tmp_path_factory):
    return Recordings(request.param, tmp_path_factory.mktemp("recordings"))


@pytest.mark.parametrize("venue", VENUES)
def test_the_books_of_a_served_recording_are_those_of_its_check(venue, recordings, serve):
    recording = recordings.of(venue)
    check = check_capture(recording.path)
    market = Market(check.instruments)
    server = serve(recording.path, "--speed", "8")
    connector = connector_of(venue, server, check, market, recording.options)
    run_until(connector, lambda: server.ended() and not connector.stream.live)
    assert connector.connections == 1, connector.last_error
    assert [levels(book) for book in market.books] == [levels(book) for book in check.books]
    counts = connector.counts()
    assert counts["gaps"] == counts["odd"] == counts["rounded"] == 0
    whole = (Kind.BOOK_END, Reason.NONE)
    assert all(history.count(whole) == 1 for history in market.history)
    assert market.trades == sum(report.trades for report in check.reports)
