"""Frames of a capture through the C scanner and through JSON decoders, in turns."""

import importlib.util
import json
from collections.abc import Callable
from pathlib import Path
from time import perf_counter_ns
from typing import Any

import msgspec

from bench.inside.measure import begin, emit
from pinnacle.capture.tape import Tape
from pinnacle.venues.binance.codec import Codec
from pinnacle.venues.binance.dialect import BinanceDialect

FRAMES_MAX = 3000


def main() -> None:
    arguments = begin()
    tape = Tape((Path(arguments.more[0]),), BinanceDialect())
    (instrument,) = tape.instruments.values()
    frames: dict[str, list[bytes]] = {"depth": [], "trade": [], "bookTicker": []}
    for entry in tape.play():
        kept = frames.get(entry.parts.kind)
        if kept is not None and len(kept) < FRAMES_MAX:
            kept.append(entry.frame)
    codec = Codec(instrument)
    emit("levels_per_frame", sum(codec.scan(f, 0) for f in frames["depth"]) / len(frames["depth"]))
    decoders: dict[str, Callable[[bytes], Any]] = {
        "json": json.loads,
        "msgspec": msgspec.json.Decoder().decode,
    }
    if importlib.util.find_spec("orjson"):
        import orjson

        decoders["orjson"] = orjson.loads
    for _ in range(arguments.rounds):
        for kind, found in frames.items():
            emit(f"{kind}.ours", _us_a_frame_ours(codec, found))
            for name, decode in decoders.items():
                emit(f"{kind}.{name}", _us_a_frame(decode, found))


def _us_a_frame_ours(codec: Codec, frames: list[bytes]) -> float:
    scan = codec.scan
    for frame in frames[:200]:
        scan(frame, 1)
    begun = perf_counter_ns()
    for frame in frames:
        scan(frame, 1)
    return (perf_counter_ns() - begun) / 1e3 / len(frames)


def _us_a_frame(decode: Callable[[bytes], Any], frames: list[bytes]) -> float:
    for frame in frames[:200]:
        decode(frame)
    begun = perf_counter_ns()
    for frame in frames:
        decode(frame)
    return (perf_counter_ns() - begun) / 1e3 / len(frames)


main()
