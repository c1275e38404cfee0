"""A vault that is open: keys by name, and the few ways to change the file that they are in."""

import re
from collections.abc import Callable
from pathlib import Path

import msgspec

from pinnacle.core.credentials import Credentials
from pinnacle.core.errors import ConfigError, DataError, UsageError
from pinnacle.vault import place
from pinnacle.vault.sealed import VaultKey, seal, unseal

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")


class Entry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A key, whose it is, and when it was put there (UTC, ns).

    `venue` is what the registry finds it by.
    """

    venue: str
    changed_ns: int
    fields: dict[str, str]

    def __repr__(self) -> str:
        return f"Entry({self.venue!r}, ...)"

    @property
    def credentials(self) -> Credentials:
        return Credentials(**self.fields)


_Entries = dict[str, Entry]


class Vault:
    """What a file had in it when it was opened."""

    def __init__(self, path: Path, entries: _Entries):
        self._path, self.entries = path, entries

    @classmethod
    def open(cls, path: Path, key: VaultKey) -> "Vault":
        """ConfigError if others may read the file, DataError if it is damaged, UsageError if the
        key is not its own. The process has called `secrecy.keep_to_itself`.
        """
        return cls(path, _entries(path, key, place.read(path)))

    def __repr__(self) -> str:
        return f"Vault({str(self._path)!r}, ...)"

    def credentials(self, name: str) -> Credentials:
        """The key of that name; ConfigError names those that are there."""
        return _entry(self._path, self.entries, name).credentials

    def of_venue(self, name: str, venue: str) -> Credentials:
        """The key of that name; ConfigError with what mends it if there is none, or another
        venue's."""
        entry = self.entries.get(name)
        keep = f"pinnacle vault set {venue}"
        if entry is None:
            add = keep + (f" --as {name}" if name != venue else "")
            raise ConfigError(f"{self._path} has no key {name}: {add}")
        if entry.venue != venue:
            raise ConfigError(
                f"the key {name} in {self._path} is of {entry.venue}, not of {venue}: "
                f"name another here: {keep} --as NAME"
            )
        return entry.credentials


def check_name(name: str) -> None:
    """UsageError if nothing in a vault can be called so."""
    if not _NAME.fullmatch(name):
        raise UsageError(
            f"{name[:40]!r} is no name of a key: letters, digits, '_', '-', '.', 64 at most"
        )


def create(path: Path, key: VaultKey) -> None:
    """An empty vault; UsageError if there is something of that name."""
    place.create(path, seal(key, _text({})))


def put(path: Path, key: VaultKey, name: str, entry: Entry) -> bool:
    """Keep a key; whether it takes the place of one. Errors are those of `Vault.open`."""
    check_name(name)
    replaced = False

    def change(entries: _Entries) -> None:
        nonlocal replaced
        replaced = name in entries
        entries[name] = entry

    _change(path, key, change)
    return replaced


def remove(path: Path, key: VaultKey, name: str) -> None:
    """Forget a key; ConfigError if there is none of that name."""

    def change(entries: _Entries) -> None:
        _entry(path, entries, name)
        del entries[name]

    _change(path, key, change)


def rotate(path: Path, key: VaultKey, new: VaultKey) -> None:
    """What `key` opens is opened by `new` alone."""
    place.rewrite(path, lambda content: seal(new, _text(_entries(path, key, content))))


def _change(path: Path, key: VaultKey, change: Callable[[_Entries], None]) -> None:
    def changed(content: bytes) -> bytes:
        entries = _entries(path, key, content)
        change(entries)
        return seal(key, _text(entries))

    place.rewrite(path, changed)


def _entries(path: Path, key: VaultKey, content: bytes) -> _Entries:
    try:
        return msgspec.json.decode(unseal(path, key, content), type=_Entries)
    except (msgspec.DecodeError, ValueError):  # its text may quote what is there
        raise DataError(f"{path}: what is in it was not written by this program") from None


def _text(entries: _Entries) -> bytes:
    return msgspec.json.encode(entries, order="sorted")


def _entry(path: Path, entries: _Entries, name: str) -> Entry:
    found = entries.get(name)
    if found is None:
        there = ", ".join(sorted(entries)) or "nothing"
        raise ConfigError(f"{path}: has no key {name[:64]!r}, but {there}")
    return found
