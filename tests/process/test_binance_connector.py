"""The real connector against the real capture server, over TLS, and what it does when that dies."""

import asyncio
import contextlib
import gzip
import json
import signal
import ssl
import subprocess
import sys
import time
from itertools import islice

import numpy as np
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from pinnacle.capture.check import check_capture
from pinnacle.core._native import ffi
from pinnacle.core.book import Book
from pinnacle.core.errors import ConfigError
from pinnacle.core.market_state import ConnectionState
from pinnacle.core.schema import EVENT, Kind, Reason, Source, Venue
from pinnacle.venues.binance import VENUE
from pinnacle.venues.binance.config import BinanceConfig
from pinnacle.venues.binance.connector import BinanceConnector
from pinnacle.venues.binance.dialect import BinanceDialect
from pinnacle.venues.spread import market_of
from pinnacle.venues.transport.certificates import make_certificates
from pinnacle.venues.transport.inbox import FRAMES_PER_TURN
from tests.beside import CAPTURES, needs_captures

pytestmark = pytest.mark.long

BINANCE = BinanceDialect()
PINNACLE = [sys.executable, "-c", "from pinnacle.cli.main import main; main()"]


@pytest.fixture(scope="module")
def short(tmp_path_factory, made_captures):
    """The first 4,500 frames of both markets."""
    paths = []
    for source in made_captures.values():
        path = tmp_path_factory.mktemp("captures") / source.stem
        with gzip.open(source) as file:
            path.write_bytes(b"".join(islice(file, 4500)))
        paths.append(path)
    return paths


class Server:
    """`pinnacle capture serve` in a process of its own."""

    def __init__(self, paths, cert_dir, *options):
        command = [*PINNACLE, "capture", "serve", *map(str, paths), "--venue", "binance"]
        command += ["--json", "--cert-dir", str(cert_dir), *options]
        self.process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        line = self.process.stdout.readline()
        assert line, self.process.stderr.read()
        self.where = json.loads(line)

    @property
    def port(self):
        return self.where["rest_url"].rsplit(":", 1)[1]

    def config(self, **changes):
        found = {key: self.where[key] for key in ("ws_url", "rest_url", "ca_file")}
        defaults = {"depth_limit": 5000, "backoff_min_ms": 50, "backoff_max_ms": 400}
        return BinanceConfig(**(found | defaults | changes))

    def wait(self):
        _, errors = self.process.communicate(timeout=60)
        return self.process.returncode, errors


@pytest.fixture
def serve(tmp_path):
    running = []

    def start(paths, *options):
        running.append(Server(paths, tmp_path / "certificates", *options))
        return running[-1]

    yield start
    for server in running:
        if server.process.poll() is None:
            server.process.kill()
        server.process.communicate()


class Market:
    """The sink: a book an instrument, and every BOOK_END and BOOK_INVALID."""

    def __init__(self, checks):
        self.instruments = np.concatenate([check.instruments for check in checks])
        self.instruments["instrument_id"] = range(10, 10 + len(checks))
        self.books = [Book(10 + number, 65536, 8192) for number in range(len(checks))]
        self.notable = []
        self.kinds = {}
        self._last_recv_ns = 0

    def __call__(self, events, count):
        records = np.frombuffer(bytes(ffi.buffer(events, count * EVENT.itemsize)), EVENT)
        assert records["recv_ns"][0] >= self._last_recv_ns
        assert (np.diff(records["recv_ns"]) >= 0).all()
        self._last_recv_ns = records["recv_ns"][-1]
        assert set(records["venue_id"]) == {Venue.BINANCE}
        assert set(records["source"]) == {Source.FEED}
        for record in records[np.isin(records["kind"], (Kind.BOOK_END, Kind.BOOK_INVALID))]:
            entry = (int(record["instrument_id"]), Kind(record["kind"]), Reason(record["reason"]))
            self.notable.append(entry)
        for kind, number in zip(*np.unique(records["kind"], return_counts=True), strict=True):
            self.kinds[kind] = self.kinds.get(kind, 0) + int(number)
        for book in self.books:
            book.apply(events, count)

    def levels(self):
        return [level_set(book) for book in self.books]


def level_set(book):
    """{(side, price, quantity)} of a book."""
    records = book.snapshot(0)
    records = records[records["kind"] == Kind.DEPTH]
    names = ("side", "price", "quantity")
    return set(zip(*(records[name].tolist() for name in names), strict=True))


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
            with contextlib.suppress(asyncio.CancelledError, ConfigError):
                await running

    asyncio.run(session())


def drained(server, connector):
    """The server has ended, and the connector has taken all that it sent."""
    return server.process.poll() is not None and not connector.stream.live


def compare_with_check(serve, paths, speed):
    checks = [check_capture(path, BINANCE) for path in paths]
    market = Market(checks)
    server = serve(paths, "--speed", speed)
    connector = BinanceConnector(server.config(), market.instruments, market)
    run_until(connector, lambda: drained(server, connector))
    assert server.wait() == (0, "")
    assert market.levels() == [level_set(check.books[0]) for check in checks]
    # The inline snapshots are not frames, and the acknowledgement is one.
    frames = sum(check.reports[0].frames - 1 for check in checks) + 1
    assert (connector.stream.frames, connector.counts()["gaps"]) == (frames, 0)
    assert market.kinds[Kind.TRADE] == sum(check.reports[0].trades for check in checks)
    assert connector.connections == 1
    invalid, end = (Kind.BOOK_INVALID, Reason.STARTING), (Kind.BOOK_END, Reason.NONE)
    assert [entry[1:] for entry in market.notable[:4]] == [invalid, invalid, end, end]


def test_books_over_tls_equal_those_of_the_check(serve, short):
    compare_with_check(serve, short, "20")


@needs_captures
@pytest.mark.long
def test_books_of_the_whole_captures_over_tls_equal_those_of_the_check(serve):
    compare_with_check(serve, list(CAPTURES.values()), "60")


def test_instruments_over_several_connections_are_one_market(serve, short):
    checks = [check_capture(path, BINANCE) for path in short]
    market = Market(checks)
    server = serve(short, "--speed", "20")
    clock = iter(range(1, 10**9)).__next__
    config = server.config(instruments_per_connection=1)
    spread = market_of(VENUE, config, market.instruments, market, clock, lambda _: None)

    def finished():
        return server.process.poll() is not None and spread.state().state < ConnectionState.SNAPSHOT

    run_until(spread, finished)
    assert market.levels() == [level_set(check.books[0]) for check in checks]
    assert spread.state().subscribed == spread.state().connections == 2
    assert spread.counts()["gaps"] == 0
    assert spread.counts()["snapshots"] == 2


def test_a_server_that_is_killed_makes_books_invalid_and_they_come_back_whole(serve, short):
    checks = [check_capture(path, BINANCE) for path in short]
    market = Market(checks)
    first = serve(short, "--speed", "15")
    connector = BinanceConnector(first.config(), market.instruments, market)
    second = []

    def finished():
        valid = [book.top().valid for book in market.books]
        if first.process.poll() is None and all(valid) and connector.stream.frames > 2000:
            first.process.kill()
            first.process.wait()
        elif first.process.poll() is not None and not second and not any(valid):
            assert {book.top().reason for book in market.books} == {Reason.DISCONNECTED}
            second.append(serve(short, "--speed", "20", "--port", first.port))
        return bool(second) and drained(second[0], connector)

    run_until(connector, finished)
    assert second[0].wait() == (0, "")
    assert connector.connections == 2 and connector.counts()["gaps"] == 0
    whole, lost = (Kind.BOOK_END, Reason.NONE), (Kind.BOOK_INVALID, Reason.DISCONNECTED)
    for instrument_id in (10, 11):
        history = [entry[1:] for entry in market.notable if entry[0] == instrument_id]
        assert history[:3] == [(Kind.BOOK_INVALID, Reason.STARTING), whole, lost]
        assert history.count(whole) == 2
    assert market.levels() == [level_set(check.books[0]) for check in checks]


def test_a_backlog_of_frames_does_not_keep_other_tasks_of_the_loop_waiting(serve, short):
    """Frames come faster than the sink takes them; the loop's owner still gets its turns."""
    instruments = check_capture(short[0], BINANCE).instruments
    server = serve(short[:1], "--speed", "0")
    connector = BinanceConnector(server.config(), instruments, lambda *_: time.sleep(0.0002))
    taken = []

    async def session():
        running = asyncio.create_task(connector.run())
        while "connection lost" not in connector.last_error:
            before = connector.stream.frames
            await asyncio.sleep(0)
            taken.append(connector.stream.frames - before)
        running.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await running

    asyncio.run(session())
    assert connector.stream.frames > 4000
    assert 1 < max(taken) <= 2 * FRAMES_PER_TURN


def test_a_server_of_another_authority_is_refused(serve, short, tmp_path):
    market = Market([check_capture(path, BINANCE) for path in short])
    foreign, _ = make_certificates(tmp_path / "foreign")
    server = serve(short)
    config = server.config(ca_file=str(foreign))
    connector = BinanceConnector(config, market.instruments, market)
    run_until(connector, lambda: "CERTIFICATE_VERIFY_FAILED" in connector.last_error)
    assert connector.stream.frames == 0 and connector.connections == 0
    assert set(market.kinds) == {Kind.BOOK_INVALID}


def test_a_rest_server_of_another_authority_is_refused_too(serve, short, tmp_path):
    """The stream may be genuine: a snapshot from an impostor must still never make a book."""
    market = Market([check_capture(path, BINANCE) for path in short])
    server = serve(short, "--speed", "0.0001")
    impostor = Server(short, tmp_path / "impostor", "--speed", "0")
    try:
        assert impostor.where["ca_file"] != server.where["ca_file"]
        config = server.config(rest_url=impostor.where["rest_url"])
        connector = BinanceConnector(config, market.instruments, market)
        run_until(connector, lambda: "CERTIFICATE_VERIFY_FAILED" in connector.last_error)
    finally:
        impostor.process.kill()
        impostor.process.communicate()
    assert connector.connections == 1
    assert Kind.BOOK_END not in market.kinds


def test_a_connection_without_frames_is_given_up_as_stale(serve, short):
    market = Market([check_capture(path, BINANCE) for path in short])
    server = serve(short, "--speed", "0.0001")
    connector = BinanceConnector(server.config(stale_ms=200), market.instruments, market)
    stale = (10, Kind.BOOK_INVALID, Reason.STALE)
    run_until(connector, lambda: market.notable.count(stale) > 1)
    assert connector.connections > 1


def test_a_missing_ca_file_is_a_configuration_error_at_once(short):
    market = Market([check_capture(short[0], BINANCE)])
    config = BinanceConfig(ca_file="/nowhere/ca.pem")
    connector = BinanceConnector(config, market.instruments, market)
    with pytest.raises(ConfigError, match=r"ca_file /nowhere/ca\.pem"):
        run_until(connector, lambda: False)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_server_ends_cleanly_on_a_signal_with_a_client_and_a_request_waiting(
    serve, short, number
):
    server = serve(short, "--speed", "0.0001")
    trusting = ssl.create_default_context(cafile=server.where["ca_file"])

    async def session():
        port = int(server.port)
        _, waiting = await asyncio.open_connection("127.0.0.1", port, ssl=trusting)
        waiting.write(b"GET /api/v3/depth?symbol=BTCUSDT HTTP/1.1\r\nHost: x\r\n\r\n")
        async with connect(server.where["ws_url"], ssl=trusting, proxy=None) as socket:
            await socket.send('{"method":"LIST_SUBSCRIPTIONS","id":1}')
            await socket.recv()
            server.process.send_signal(number)
            with pytest.raises(ConnectionClosed) as closed:
                await socket.recv()
            assert closed.value.rcvd.code == 1001
        waiting.close()

    asyncio.run(session())
    assert server.wait() == (0, "stopped\n")


def test_a_port_that_is_taken_is_a_clear_error(serve, short):
    first = serve(short)
    command = [*PINNACLE, "capture", "serve", str(short[0]), "--venue", "binance"]
    command += ["--port", first.port]
    done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    assert done.returncode == 2
    assert done.stderr.startswith(f"error: port {first.port}: ") and "Traceback" not in done.stderr


def test_resync_on_request_begins_one_book_anew(serve, short):
    checks = [check_capture(path, BINANCE) for path in short]
    market = Market(checks)
    server = serve(short, "--speed", "15")
    connector = BinanceConnector(server.config(), market.instruments, market)
    asked = []

    def finished():
        if not asked and connector.stream.live:
            asked.append(connector.resync(11, Reason.CROSSED))
            assert not market.books[1].top().valid and market.books[0].top().valid
        return drained(server, connector)

    run_until(connector, finished)
    assert market.notable.count((11, Kind.BOOK_END, Reason.NONE)) == 2
    assert market.notable.count((10, Kind.BOOK_END, Reason.NONE)) == 1
    assert market.levels() == [level_set(check.books[0]) for check in checks]
