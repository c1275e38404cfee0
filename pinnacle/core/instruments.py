"""The instrument table: from the configuration, into its mapped file, and out of it."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any, TypeVar

import msgspec
import numpy as np
from msgspec import Meta

from pinnacle.core._native import lib
from pinnacle.core.config import InstrumentConfig, joined
from pinnacle.core.enums import Listed
from pinnacle.core.errors import ConfigError, LayoutError, is_shortage
from pinnacle.core.kept import kept_bytes
from pinnacle.core.names import Symbol
from pinnacle.core.output import write_whole
from pinnacle.core.schema import INSTRUMENT, Venue
from pinnacle.core.segment import Mode, Segment, SegmentKind, create_segment, fingerprint
from pinnacle.core.units import Step, fee_e8, money

INSTRUMENTS_MAX: int = lib.PMM_INSTRUMENTS_MAX
#: Of a venue's name, the last of the table's bytes is a NUL.
INSTANCE_BYTES_MAX: int = lib.PMM_VENUE_BYTES - 1
_FINGERPRINT = fingerprint(
    ";".join(f"{name}:{offset}" for name, (_, offset, *_) in (INSTRUMENT.fields or {}).items())
)


@dataclass(frozen=True)
class Instrument:
    """One row of the table, with its conversions between decimal text and integers."""

    instrument_id: int
    symbol: str
    venue: Venue
    tick: Step
    lot: Step
    quantity_min: int
    maker_fee_e8: int
    taker_fee_e8: int
    #: What the session calls its venue, and the number of the venue's processes.
    venue_name: str = ""
    venue_number: int = 0
    #: Its feed's number less the venue's: 0 where each venue has one feed.
    feed_offset: int = 0
    #: Whether the session has several venues, so that a symbol alone may be two instruments.
    of_several: bool = False

    @property
    def feed_number(self) -> int:
        return self.venue_number + self.feed_offset

    @property
    def name(self) -> str:
        """`venue:symbol`: the same for no other instrument of the session."""
        return f"{self.venue_name}:{self.symbol}"

    @property
    def label(self) -> str:
        """What people, keys and files call it: the symbol; its name if there are several venues."""
        return self.name if self.of_several else self.symbol

    def price_text(self, ticks: int) -> str:
        return self.tick.text(ticks)

    def quantity_text(self, lots: int) -> str:
        return self.lot.text(lots)

    def money_text(self, amount: int) -> str:
        """Decimal text, in the quote currency, of an amount in ticks x lots."""
        return money(amount, self.tick, self.lot)

    def row(self) -> tuple[Any, ...]:
        return (
            self.symbol.encode(),
            self.tick.mantissa,
            self.lot.mantissa,
            self.quantity_min,
            self.maker_fee_e8,
            self.taker_fee_e8,
            self.instrument_id,
            self.venue,
            self.tick.decimals,
            self.lot.decimals,
            self.venue_number,
            self.venue_name.encode(),
            self.feed_offset,
            np.zeros(3, np.uint8),
            b"",
            b"",
            Listed.UNKNOWN,
        )


T = TypeVar("T")


def shares(instruments: Sequence[T], feeds: int) -> list[Sequence[T]]:
    """What each of a venue's feeds has of its instruments, in their order.

    Dealt one by one: those named first are often the busiest, and are not to be one feed's.
    """
    return [instruments[feed::feeds] for feed in range(feeds)]


def from_config(
    configs: Sequence[InstrumentConfig], venues: Mapping[str, Venue], feeds: Mapping[str, int] = {}
) -> list[Instrument]:
    """The instruments in the order of the file; ConfigError names `instruments[i].key`.

    `venues`: the kind of each by its name in the session, in the order of their numbers; `feeds`:
    how many a venue has, where it is not one.
    """
    if not configs:
        raise ConfigError("instruments: at least one is needed")
    if len(configs) > INSTRUMENTS_MAX:
        raise ConfigError(f"instruments: at most {INSTRUMENTS_MAX}, not {len(configs)}")
    numbers = {name: number for number, name in enumerate(venues)}
    found: list[Instrument] = []
    for i, config in enumerate(configs):
        where = f"instruments[{i}]"
        try:
            Symbol(config.symbol)
        except ValueError as error:
            raise ConfigError(f"{where}.symbol: {error}") from None
        venue = _venue_of(config, list(venues), where)
        tick = Step.parse(config.tick_size, f"{where}.tick_size")
        lot = Step.parse(config.lot_size, f"{where}.lot_size")
        least = config.lot_size if config.quantity_min is None else config.quantity_min
        made = Instrument(
            instrument_id=i,
            symbol=config.symbol,
            venue=venues[venue],
            venue_name=venue,
            venue_number=numbers[venue],
            of_several=len(venues) > 1,
            tick=tick,
            lot=lot,
            quantity_min=lot.positive(least, f"{where}.quantity_min"),
            maker_fee_e8=fee_e8(config.maker_fee_bps, f"{where}.maker_fee_bps"),
            taker_fee_e8=fee_e8(config.taker_fee_bps, f"{where}.taker_fee_bps"),
        )
        if any(other.name == made.name for other in found):
            raise ConfigError(f"{where}.symbol: {made.label} is there twice")
        if any(other.symbol == made.name or other.name == made.symbol for other in found):
            raise ConfigError(f"{where}.symbol: {made.symbol} is the full name of another")
        found.append(made)
    before = 0
    for name in venues:
        here = [instrument for instrument in found if instrument.venue_name == name]
        for feed, share in enumerate(shares(here, feeds.get(name, 1))):
            for instrument in share:
                changed = replace(instrument, feed_offset=before + feed)
                found[instrument.instrument_id] = changed
        before += feeds.get(name, 1) - 1
    return found


def _venue_of(config: InstrumentConfig, venues: list[str], where: str) -> str:
    if config.venue is None and len(venues) == 1:
        return venues[0]
    if config.venue is None:
        raise ConfigError(f"{where}.venue: missing: one of {', '.join(venues)}")
    if config.venue not in venues:
        raise ConfigError(f"{where}.venue: no venue {config.venue!r}: one of {', '.join(venues)}")
    return config.venue


def of_instrument(tables: Mapping[str, T], instrument: Instrument) -> T | None:
    """The instrument's own of what is keyed by instrument; None if it has none."""
    found = tables.get(instrument.label)
    return tables.get(instrument.name) if found is None else found


def refuse_strangers(
    tables: Mapping[str, Any], instruments: Sequence[Instrument], where: str
) -> None:
    """ConfigError for a key of `where` that is no instrument, or one that is there twice."""
    labels = {text: i.label for i in instruments for text in (i.label, i.name)}
    seen: set[str] = set()
    for key in tables:
        if key not in labels:
            raise ConfigError(f"{joined(where, key)}: no such instrument")
        if labels[key] in seen:
            raise ConfigError(f"{joined(where, key)}: is there twice, by another name")
        seen.add(labels[key])


def table(instruments: Sequence[Instrument]) -> np.ndarray:
    """The rows as an array of dtype INSTRUMENT."""
    return np.array([instrument.row() for instrument in instruments], dtype=INSTRUMENT)


def _from_table(rows: np.ndarray) -> list[Instrument]:
    several = len(np.unique(rows["venue_number"])) > 1
    return [
        Instrument(
            instrument_id=int(row["instrument_id"]),
            symbol=bytes(row["symbol"]).decode(),
            venue=Venue(int(row["venue_id"])),
            venue_name=bytes(row["venue"]).decode(),
            venue_number=int(row["venue_number"]),
            feed_offset=int(row["feed_offset"]),
            of_several=several,
            tick=Step(int(row["tick_mantissa"]), int(row["tick_decimals"])),
            lot=Step(int(row["lot_mantissa"]), int(row["lot_decimals"])),
            quantity_min=int(row["quantity_min"]),
            maker_fee_e8=int(row["maker_fee_e8"]),
            taker_fee_e8=int(row["taker_fee_e8"]),
        )
        for row in rows
    ]


def write_table(path: Path, instruments: Sequence[Instrument]) -> None:
    """Create the mapped file."""
    rows = table(instruments)
    create_segment(path, SegmentKind.INSTRUMENTS, _FINGERPRINT, rows.nbytes, "instruments")
    with open_table(path, Mode.OWN) as segment:
        segment.payload[: rows.nbytes] = rows.tobytes()


def read_table(path: Path) -> list[Instrument]:
    """The instruments of a session's mapped file."""
    with open_table(path, Mode.READ) as segment:
        content = bytes(segment.payload)
    try:
        return _from_table(np.frombuffer(content, dtype=INSTRUMENT))
    except (ValueError, ConfigError) as error:
        raise LayoutError(f"{path}: is damaged: {error}") from None


def open_table(path: Path, mode: int) -> Segment:
    """The mapped file, of this layout."""
    return Segment(path, kind=SegmentKind.INSTRUMENTS, fingerprint=_FINGERPRINT, mode=mode)


def write_list(path: Path, instruments: Sequence[Instrument]) -> None:
    """The table as JSON beside the journals, for those who read them later."""
    rows = [
        {
            "instrument_id": i.instrument_id,
            "symbol": i.symbol,
            "venue": i.venue.name.lower(),
            "venue_name": i.venue_name,
            "venue_number": i.venue_number,
            "feed_offset": i.feed_offset,
            "tick_size": str(i.tick.size),
            "lot_size": str(i.lot.size),
            "quantity_min": i.quantity_text(i.quantity_min),
            "maker_fee_e8": i.maker_fee_e8,
            "taker_fee_e8": i.taker_fee_e8,
        }
        for i in instruments
    ]
    write_whole(path, json.dumps(rows, indent=1) + "\n")


_Int64 = Annotated[int, Meta(ge=-(2**63), le=2**63 - 1)]


class _Row(msgspec.Struct, frozen=True):
    instrument_id: int
    symbol: str
    venue: str
    tick_size: str
    lot_size: str
    quantity_min: str
    maker_fee_e8: _Int64
    taker_fee_e8: _Int64
    # Of a list from before sessions had several venues.
    venue_name: str = ""
    venue_number: Annotated[int, Meta(ge=0, lt=lib.PMM_NUMBERS_MAX)] = 0
    # Of one from before a venue had several feeds.
    feed_offset: Annotated[int, Meta(ge=0, lt=lib.PMM_NUMBERS_MAX)] = 0

    def instrument(self, several: bool) -> Instrument:
        lot = Step.parse(self.lot_size, "lot_size")
        return Instrument(
            instrument_id=self.instrument_id,
            symbol=Symbol(self.symbol),
            venue=Venue[self.venue.upper()],
            venue_name=self.venue_name or self.venue,
            venue_number=self.venue_number,
            feed_offset=self.feed_offset,
            of_several=several,
            tick=Step.parse(self.tick_size, "tick_size"),
            lot=lot,
            quantity_min=lot.positive(self.quantity_min, "quantity_min"),
            maker_fee_e8=self.maker_fee_e8,
            taker_fee_e8=self.taker_fee_e8,
        )


def read_list(path: Path) -> list[Instrument]:
    """The inverse of `write_list`; LayoutError if it cannot be read or is no such list."""
    try:
        rows = msgspec.json.decode(kept_bytes(path), type=list[_Row])
        if [row.instrument_id for row in rows] != list(range(len(rows))) or not rows:
            raise ValueError("no instruments in it, or not in their order")
        several = len({row.venue_number for row in rows}) > 1
        return [row.instrument(several) for row in rows]
    except OSError as error:
        if is_shortage(error):
            raise
        raise LayoutError(f"{path}: {error.strerror or error}") from None
    except KeyError as error:
        raise LayoutError(f"{path}: not an instrument list: no venue {error}") from None
    except (ValueError, RecursionError, ConfigError) as error:
        raise LayoutError(f"{path}: not an instrument list: {error}") from None
