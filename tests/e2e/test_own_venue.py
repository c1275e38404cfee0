"""A venue that the package does not know, in a real session: nothing else has to be edited."""

import asyncio
import contextlib
import json
import random
import re
import shutil
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest
from websockets.asyncio.server import serve
from websockets.exceptions import ConnectionClosed

from pinnacle.core.schema import Kind, Reason, Venue
from tests.e2e.toy_venue.codec import encode, encode_book
from tests.sessions import assert_repeats, demo_config, journalled

SYMBOL = "TOY-A"
SECONDS = 12
#: Which frame of the first connection is kept back.
LOST_FRAME = 1500


class ToyServer:
    """A market that wanders: the whole book first, then one level or trade a frame."""

    def __init__(self):
        self._random = random.Random(4)
        self._lose = LOST_FRAME
        self.subscriptions = []

    async def serve_client(self, socket):
        self.subscriptions.append(await socket.recv())
        await socket.send("subscribed")
        with contextlib.suppress(ConnectionClosed):
            await self._send_market(socket)

    async def _send_market(self, socket):
        mid, draw = 10_000, self._random
        bids = {mid - i: draw.randint(5, 50) for i in range(1, 60)}
        asks = {mid + i: draw.randint(5, 50) for i in range(1, 60)}
        await socket.send(encode_book(1, SYMBOL, bids, asks))
        for sequence in range(2, 1_000_000):
            side = draw.choice("bs")
            price = mid + (-1 if side == "b" else 1) * draw.randint(1, 8)
            kind, quantity = ("trade", 3) if draw.random() < 0.2 else ("depth", draw.randint(1, 50))
            if kind == "trade":  # the aggressor's side, at the other side's best price
                side, price = draw.choice([("b", mid + 1), ("s", mid - 1)])
            if sequence != self._lose:
                await socket.send(encode(sequence, kind, SYMBOL, side, price, quantity))
            else:
                self._lose = 0
            await asyncio.sleep(0.002)


@contextlib.contextmanager
def serving():
    """(the server, its address), in a thread of this process."""
    toy, started = ToyServer(), threading.Event()
    loop, where = asyncio.new_event_loop(), []

    async def run():
        async with serve(toy.serve_client, "127.0.0.1", 0) as server:
            where.append(f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}")
            started.set()
            await stopped.wait()

    stopped = asyncio.Event()
    thread = threading.Thread(target=loop.run_until_complete, args=(run(),))
    thread.start()
    assert started.wait(10)
    yield toy, where[0]
    loop.call_soon_threadsafe(stopped.set)
    thread.join(10)
    loop.close()


def on_the_toy(url):
    """A change of the paper session's configuration: one instrument, on the toy."""

    def change(text):
        text = text.replace('venue = "binance"', 'venue = "toy_venue:VENUE"')
        text = re.sub(
            r"\[feed\.binance\]\n(.+\n)+", f'[feed."toy_venue:VENUE"]\nurl = "{url}"\n', text
        )
        text = re.sub(r"\[[\w.]+BTCUSDT\]\n(.+\n)+", "", text)
        text = re.sub(r'\[\[instruments\]\]\nsymbol = "BTCUSDT"\n(.+\n)+', "", text)
        return text.replace("ETHUSDT", SYMBOL)

    return change


def pinnacle(*arguments):
    command = [sys.executable, "-m", "pinnacle", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=90)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Where the toy is a package that can be imported, as an installed one can."""
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "beside"))
    shutil.copytree(Path(__file__).parent / "toy_venue", tmp_path / "beside" / "toy_venue")
    return tmp_path


def test_its_configuration_is_checked_by_its_own_section(folder):
    config, _ = demo_config(folder, "toy", "binance-paper.toml", change=on_the_toy("ws://x:1"))
    good = pinnacle("config", "check", config)
    assert good.returncode == 0 and "(toy: TOY-A" in good.stdout, good.stderr
    shown = pinnacle("config", "show", config)
    assert 'url = "ws://x:1"' in shown.stdout and "stale_ms = 10000" in shown.stdout
    text = config.read_text(encoding="utf-8")
    for was, instead, words in [
        ("url = ", "uri = ", "feed.toy_venue:VENUE.uri: unknown key"),
        ("ws://x:1", "ws", "feed.toy_venue:VENUE.url: must have 8 to"),
        (SYMBOL, "DOLL", "instruments[0].symbol: 'DOLL' is none of the toy's"),
        ("toy_venue:VENUE", "toy_venue:NONE", "session.venue: 'toy_venue:NONE' cannot be imported"),
    ]:
        config.write_text(text.replace(was, instead), encoding="utf-8")
        refused = pinnacle("config", "check", config)
        assert refused.returncode == 3 and f"{config}: {words}" in refused.stderr, refused.stderr


def test_recordings_of_a_venue_without_a_dialect_are_a_mistake_of_the_command_line(folder):
    refused = pinnacle("capture", "check", "x", "--venue", "toy_venue:VENUE")
    assert refused.returncode == 2 and "toy: its recordings cannot be read" in refused.stderr


@pytest.mark.long
def test_a_session_runs_on_it_survives_a_gap_and_repeats(folder):
    report = folder / "r.json"
    with serving() as (toy, url):
        config, paths = demo_config(folder, "toy", "binance-paper.toml", change=on_the_toy(url))
        arguments = ["--duration", SECONDS, "--report", report, "--port", 0]
        done = pinnacle("run", config, "--name", "toy", *arguments)
    assert done.returncode == 0, done.stdout + done.stderr
    assert toy.subscriptions == [f"subscribe|{SYMBOL}"] * 2
    found = json.loads(report.read_text(encoding="utf-8"))
    assert found["instruments"][SYMBOL]["two_sided"] > 0.5
    rows = journalled(paths, "feed")
    market = rows[np.isin(rows["kind"], (Kind.DEPTH, Kind.TRADE))]
    assert len(market) > 1000 and set(market["venue_id"]) == {Venue.OTHER}
    gaps = rows[(rows["kind"] == Kind.BOOK_INVALID) & (rows["reason"] == Reason.SEQUENCE_GAP)]
    assert len(gaps) == 1
    assert_repeats(paths)
