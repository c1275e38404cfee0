"""Frames of recordings through the C scanner and through JSON decoders, venue by venue."""

import importlib.util
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from time import perf_counter_ns
from typing import Any

import msgspec

from bench.inside.measure import begin, emit
from pinnacle.capture.instruments import guess_dialect, infer_instruments
from pinnacle.capture.reading import read_capture
from pinnacle.venues.market.codec import FRAMES_MAX, Codec, MessageKind
from pinnacle.venues.served.dialect import LineKind

FRAMES = 3000
#: A snapshot is told once a connection.
FRAME_BYTES_MAX = 20_000
KINDS = (MessageKind.DEPTH, MessageKind.TRADE, MessageKind.TOP)


def main() -> None:
    arguments = begin()
    for path in map(Path, arguments.more):
        _measure(path, arguments.rounds)


def _measure(path: Path, rounds: int) -> None:
    dialect = guess_dialect(path)
    table = infer_instruments(path, dialect)
    codec = Codec(dialect.messages, table, records_max=dialect.records_max)
    frames: dict[MessageKind, list[bytes]] = {kind: [] for kind in KINDS}
    levels = 0
    for line in read_capture(path):
        frame = line.frame
        if line.kind is not LineKind.FRAME or len(frame) > FRAME_BYTES_MAX:
            continue
        frame = dialect.reads(frame)
        if codec.scan((frame,), 1) and codec.part_count:
            kept = frames.get(codec.parts[0].kind)
            if kept is not None and len(kept) < FRAMES:
                kept.append(frame)
                levels += codec.count if codec.parts[0].kind == MessageKind.DEPTH else 0
    decoders: dict[str, Callable[[bytes], Any]] = {
        "json": json.loads,
        "msgspec": msgspec.json.Decoder().decode,
    }
    if importlib.util.find_spec("orjson"):
        import orjson

        decoders["orjson"] = orjson.loads
    for kind, found in frames.items():
        name = f"{dialect.venue}.{kind.name.lower()}"
        if not found:
            continue
        emit(f"{name}.frames", len(found))
        if kind is MessageKind.DEPTH:
            emit(f"{name}.levels", levels / len(found))
        # So many that a round is worth timing, whatever the recording has of them.
        found = found * max(1, FRAMES // len(found))
        for _ in range(rounds):
            emit(f"{name}.ours", _us_a_frame(codec, found, 1))
            emit(f"{name}.together", _us_a_frame(codec, found, FRAMES_MAX))
            for peer, decode in decoders.items():
                emit(f"{name}.{peer}", _us_a_frame_of(decode, found))


def _us_a_frame(codec: Codec, frames: Sequence[bytes], together: int) -> float:
    scan = codec.scan
    calls = [frames[i : i + together] for i in range(0, len(frames), together)]
    for call in calls[:50]:
        scan(call, 1)
    begun = perf_counter_ns()
    for call in calls:
        scan(call, 1)
    return (perf_counter_ns() - begun) / 1e3 / len(frames)


def _us_a_frame_of(decode: Callable[[bytes], Any], frames: Sequence[bytes]) -> float:
    for frame in frames[:200]:
        decode(frame)
    begun = perf_counter_ns()
    for frame in frames:
        decode(frame)
    return (perf_counter_ns() - begun) / 1e3 / len(frames)


main()
