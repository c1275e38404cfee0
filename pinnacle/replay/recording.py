"""A session's folder on disk: its journals by the name of their process, and its instruments."""

from collections.abc import Iterable
from functools import cached_property
from pathlib import Path

from pinnacle.core.config import load
from pinnacle.core.errors import (
    ConfigError,
    DataError,
    LayoutError,
    NativeError,
    UsageError,
    is_shortage,
)
from pinnacle.core.instruments import Instrument, read_list
from pinnacle.core.journal_reader import JournalReader
from pinnacle.core.paths import JOURNALLED, SessionPaths, in_flow, is_process
from pinnacle.plan.config import SessionConfig
from pinnacle.runtime.origin import Origin, build_id, instruments_id
from pinnacle.runtime.run_marks import first_start, refuse_others
from pinnacle.runtime.topology import feed_names


class Recording:
    """What one session recorded. `journals` maps names to directories, in the order of the flow."""

    def __init__(self, directory: Path, journals: dict[str, Path], instrument_list: Path):
        self.directory = directory
        self.journals = journals
        self._instrument_list = instrument_list
        self._readers: dict[str, JournalReader] = {}

    @classmethod
    def open(cls, path: str | Path) -> "Recording":
        """A session's folder, or one journal's directory in it.

        UsageError if there is no such directory, DataError if it holds no journal.
        """
        path = Path(path)
        if not path.is_dir():
            raise UsageError(f"{path}: no such directory")
        if _is_journal(path):
            return cls(
                path, {path.resolve().name: path}, SessionPaths(Path(), path / "..").instrument_list
            )
        found = {child.name: child for child in sorted(path.iterdir()) if _is_journal(child)}
        # One whose files are gone is named as unreadable, and not passed over.
        # A session's folder has a configuration, and a journal of every process.
        paths = SessionPaths(Path(), path)
        whole = paths.config.exists()
        expected = _journals_of(paths.config) if whole else JOURNALLED
        found |= {name: path / name for name in expected if whole or (path / name).is_dir()}
        if not found:
            raise DataError(f"{path}: neither a session's folder nor a journal: no *.pmj in it")
        names = in_flow(filter(is_process, found))
        names += [name for name in found if not is_process(name)]
        return cls(path, {name: found[name] for name in names}, paths.instrument_list)

    def journal(self, name: str) -> Path:
        """The directory of a journal; UsageError lists the names that there are."""
        if name not in self.journals:
            there = ", ".join(self.journals)
            raise UsageError(f"{self.directory}: no journal {name!r}; there are: {there}")
        return self.journals[name]

    def reader(self, name: str, damaged_ok: bool = False) -> JournalReader:
        """The journal's reader, opened once; CorruptError if it is damaged and that is not ok."""
        found = self._readers.get(name)
        if found is None or (found.report.corrupt and not damaged_ok):
            found = self._readers[name] = JournalReader(self.journal(name), damaged_ok)
        return found

    @property
    def has_instruments(self) -> bool:
        """Whether there is an instrument list; without one there are only ticks and lots."""
        return self._instrument_list.exists()

    @cached_property
    def instruments(self) -> dict[int, Instrument]:
        """The instruments by id. DataError if the list is missing or not the one that the journals
        were written with, LayoutError if it is bad.
        """
        if not self.has_instruments:
            raise DataError(
                f"{self._instrument_list}: missing; cat and export need none with --raw"
            )
        rows = read_list(self._instrument_list)
        self._refuse_others(rows)
        return {row.instrument_id: row for row in rows}

    def _refuse_others(self, rows: list[Instrument]) -> None:
        """Other steps or fees would give every price and quantity another meaning."""
        here = Origin(configuration=0, instruments=instruments_id(rows), build=build_id())
        for name in self.journals:
            try:
                reader = self.reader(name, damaged_ok=True)
            except (LayoutError, NativeError) as error:
                if is_shortage(error):
                    raise
                continue  # it is named where it is read
            place = {"instruments": self._instrument_list}
            refuse_others(first_start(reader), reader.directory, here, place)

    def instrument(self, symbol: str) -> Instrument:
        """The instrument of a symbol; UsageError lists those that there are."""
        for row in self.instruments.values():
            if symbol in (row.label, row.name):
                return row
        there = ", ".join(row.label for row in self.instruments.values())
        raise UsageError(f"no instrument {symbol!r}; there are: {there}")

    def feed_of(self, instrument: Instrument) -> str:
        """The name of the journal that has the instrument's market."""
        here = instrument.venue_number
        feeds = {i.feed_number for i in self.instruments.values() if i.venue_number == here}
        place = sorted(feeds).index(instrument.feed_number)
        stems = (f"feed.{instrument.venue_name}", "feed")
        names = [feed_names(stem, len(feeds))[place] for stem in stems]
        return next((name for name in names if name in self.journals), "feed")

    @cached_property
    def start_ns(self) -> int:
        """The earliest recv_ns of all journals; 0 if they are all empty."""
        readers = [self.reader(name, damaged_ok=True) for name in self.journals]
        return min((reader.report.first_ns for reader in readers if len(reader)), default=0)


def _journals_of(configuration: Path) -> Iterable[str]:
    """The names of a session's journals; the roles' if its configuration cannot be read."""
    try:
        config = load(configuration, SessionConfig, kept=True)
        return [process.name for process in config.topology().journalled]
    except ConfigError:
        return JOURNALLED


def _is_journal(path: Path) -> bool:
    if not path.is_dir():
        return False
    try:
        return any(entry.suffix == ".pmj" and entry.stem.isdigit() for entry in path.iterdir())
    except PermissionError:
        # What nobody may look into is named as unreadable, and not passed over.
        return True
