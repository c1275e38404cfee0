"""The recordings that venues' connectors are held against: those that tests make, and real ones."""

from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.beside import BESIDE, needs_captures
from tests.made_recordings import make_recording

FOLDER = BESIDE / "data" / "captures"
GIVEN = {
    "binance": "binance_spot_20211012.jsonl.zst",
    "bitstamp": "bitstamp_20220105_5pairs.jsonl.zst",
    "coinbase": "coinbase_advanced_20260809_first500.jsonl.zst",
    "coinbase_exchange": "coinbase_exchange_20210417.txt.zst",
    "gemini": "gemini_v2_20260809_5sym.jsonl.zst",
    "kraken": "kraken_v1_20210417_5pairs.jsonl.zst",
}
#: What the connection must be told to follow them.
GIVEN_OPTIONS = {"kraken": {"depth": 1000}, "binance": {"depth_limit": 1000}}
MADE_OPTIONS = {"binance": {"depth_limit": 1000}}

#: For a fixture: real ones are long, and not there in every clone.
ORIGINS = ["made", pytest.param("given", marks=[pytest.mark.long, needs_captures])]


class Recording(NamedTuple):
    """One venue's, and what its section must say."""

    path: Path
    options: dict[str, Any]


class Recordings:
    """Of one origin, by venue."""

    def __init__(self, origin: str, folder: Path):
        self._origin, self._folder = origin, folder
        self._made: dict[str, Path] = {}

    def of(self, venue: str) -> Recording:
        if self._origin == "given":
            return Recording(FOLDER / GIVEN[venue], GIVEN_OPTIONS.get(venue, {}))
        if venue not in self._made:
            self._made[venue] = make_recording(self._folder, venue)
        return Recording(self._made[venue], MADE_OPTIONS.get(venue, {}))
