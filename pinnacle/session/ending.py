"""`ending.json`: what only a live session knows, kept beside its journals at its end."""

import contextlib
from typing import Annotated

import msgspec
from msgspec import Meta

from pinnacle.core.errors import DataError, is_shortage
from pinnacle.core.kept import kept_bytes
from pinnacle.core.output import write_whole
from pinnacle.core.paths import SessionPaths

_NAME = "ending.json"


class Latency(msgspec.Struct, frozen=True, kw_only=True):
    """Of how many, and what so many parts of them do not exceed: ns."""

    count: Annotated[int, Meta(ge=0)]
    p50: Annotated[int, Meta(ge=0)]
    p99: Annotated[int, Meta(ge=0)]
    p999: Annotated[int, Meta(ge=0)]


class Ending(msgspec.Struct, frozen=True, kw_only=True):
    """What only a live session shows, taken at its end before the segments go.

    `processes`: restarts and rss_mb by name. `venues`: of each feed of a venue outside, by its
    name: messages, subscribed (times), gaps, resyncs, checksum_failures.
    """

    tick_to_order: Latency
    processes: dict[str, dict[str, int | float]]
    lost_records: Annotated[int, Meta(ge=0)]
    venues: dict[str, dict[str, int]] = {}


def write_ending(paths: SessionPaths, ending: Ending) -> None:
    """Keep it beside the journals: whole or not at all."""
    write_whole(paths.data / _NAME, msgspec.json.encode(ending).decode() + "\n")


def read_ending(paths: SessionPaths) -> Ending | None:
    """What `write_ending` kept; None if the session had no end. DataError if it is not that."""
    place = paths.data / _NAME
    try:
        return msgspec.json.decode(kept_bytes(place), type=Ending)
    except FileNotFoundError:
        return None
    except OSError as error:
        if is_shortage(error):
            raise
        why = error.strerror or str(error)
    except (msgspec.DecodeError, RecursionError) as error:
        why = str(error)
    raise DataError(f"{place}: {why}; move it away to report without it")


def forget_ending(paths: SessionPaths) -> None:
    """When a session goes on: what the last run kept tells nothing of this one's end."""
    with contextlib.suppress(FileNotFoundError):
        (paths.data / _NAME).unlink()
