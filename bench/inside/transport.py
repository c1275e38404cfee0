"""Frames of the simulated market from a server in its own process, by each transport."""

import asyncio
import subprocess
import sys
from time import monotonic_ns, process_time_ns

import msgspec
import numpy as np

from bench.inside.measure import Arguments, begin, emit
from pinnacle.core._native import lib
from pinnacle.core.schema import INSTRUMENT, Venue
from pinnacle.venues.market.codec import Codec
from pinnacle.venues.transport.access import Access
from pinnacle.venues.transport.certificates import make_certificates
from pinnacle.venues.transport.config import ConnectionConfig
from pinnacle.venues.transport.port import SocketError, connect_by
from tests.binance_market import frames

TRANSPORTS = ("websockets", "picows")
MARKET_S = 60
FRAMES = 100_000
#: As lively as a venue's stream of several instruments; each frame arrives by itself.
PACED_PER_S, PACED = 2_000, 3_000


def main() -> None:
    arguments = begin()
    scratch = arguments.scratch
    ca_file, _ = make_certificates(scratch / "certificates")
    # The snapshot between them is no frame of the stream.
    found = [text for _, text in frames("BTCUSDT", MARKET_S, 5) if text.startswith('{"stream"')]
    (scratch / "frames.json").write_bytes(msgspec.json.encode(found))
    emit("bytes", sum(map(len, found)) / len(found))
    emit("paced", PACED_PER_S)
    words = [sys.executable, "-m", "bench.inside.transport_sender"]
    with subprocess.Popen(
        [*words, str(scratch), str(arguments.core_b)], stdout=subprocess.PIPE
    ) as sender:
        assert sender.stdout is not None
        try:
            url = f"wss://127.0.0.1:{int(sender.stdout.readline())}"
            asyncio.run(_measure(arguments, url, str(ca_file)))
        finally:
            sender.kill()


async def _measure(arguments: Arguments, url: str, ca_file: str) -> None:
    count, paced = FRAMES // arguments.scale, PACED // arguments.scale
    for number in range(arguments.rounds + 1):
        for name in TRANSPORTS:
            config = ConnectionConfig(transport=name, ca_file=ca_file)
            rate, cpu = await _all_at_once(f"{url}/{count}/0", config, count)
            stamps = arguments.scratch / "stamps.npy"
            took = await _paced(f"{url}/{paced}/{PACED_PER_S}", config, stamps)
            if number:  # The first is for warming up.
                emit(f"{name}.rate", rate)
                emit(f"{name}.cpu", cpu)
                for key, value in zip(
                    ("p50", "p99", "p99_9"), np.quantile(took, (0.5, 0.99, 0.999)), strict=True
                ):
                    emit(f"{name}.{key}", float(value) / 1e3)


async def _all_at_once(url: str, config: ConnectionConfig, count: int) -> tuple[float, float]:
    """(frames a second, us of processor time a frame), from the first frame on."""
    socket = await connect_by(config.transport)(url, Access(config))
    left = count - len(await socket.frames())
    counted, begun, worked = left, monotonic_ns(), process_time_ns()
    while left:
        left -= len(await socket.frames())
    took, worked = monotonic_ns() - begun, process_time_ns() - worked
    await socket.close()
    return counted * 1e9 / took, worked / 1e3 / counted


async def _paced(url: str, config: ConnectionConfig, stamps) -> np.ndarray:
    """ns from the sender's stamp to the records, of each frame."""
    codec = _codec()
    socket = await connect_by(config.transport)(url, Access(config))
    done: list[int] = []
    try:
        while True:
            frames = await socket.frames()
            taken = codec.scan(frames, 1)
            assert taken == len(frames)
            done += [monotonic_ns()] * taken
    except SocketError:
        await socket.close()
    return np.array(done) - np.load(stamps)


def _codec() -> Codec:
    table = np.zeros(1, INSTRUMENT)
    table["symbol"], table["venue_id"] = b"BTCUSDT", Venue.BINANCE
    table["tick_mantissa"] = table["lot_mantissa"] = 1
    table["tick_decimals"], table["lot_decimals"] = 2, 5
    return Codec(lib.PMM_WIRE_BINANCE, table)


main()
