"""TOML in and out: UTF-8 whatever the locale, and every key and value comes back as it was."""

import re
import tomllib
from pathlib import Path
from typing import Any

import msgspec

from pinnacle.core.errors import ConfigError, is_shortage
from pinnacle.core.kept import kept_bytes

_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")


def read_toml(path: Path, *, kept: bool = False) -> dict[str, Any]:
    """The parsed file; ConfigError names the file, and the line where TOML says one.

    `kept`: it is a session's own, which is a plain file; what a user names may be a pipe.
    """
    try:
        content = kept_bytes(path) if kept else path.read_bytes()
        # An editor's byte order mark is no part of the text.
        return tomllib.loads(content.decode("utf-8-sig"))
    except FileNotFoundError:
        raise ConfigError(f"{path}: no such file") from None
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path}: not UTF-8 at byte {error.start}: save it as UTF-8") from None
    except RecursionError:
        raise ConfigError(f"{path}: brackets are nested too deeply") from None
    except OSError as error:
        if is_shortage(error):
            raise
        raise ConfigError(f"{path}: {error.strerror or error}") from None
    except ValueError as error:  # TOML's own errors, and numbers of thousands of digits
        raise ConfigError(f"{path}: {error}") from None


def toml_text(tables: dict[str, Any], *, unset: bool = False) -> str:
    """Nested tables as TOML; None is left out, or with `unset` a comment that names the key."""
    lines: list[str] = []
    _write_table(lines, "", tables, unset)
    return "\n".join(lines).strip() + "\n"


def key_text(key: str) -> str:
    """A key as it stands in a file: bare, or quoted if it has to be."""
    return key if _BARE_KEY.fullmatch(key) else _text(key)


def _write_table(lines: list[str], name: str, table: dict[str, Any], unset: bool) -> None:
    scalars = {k: v for k, v in table.items() if v is not None and not _is_table(v)}
    if name and (scalars or not table):
        lines.append(f"\n[{name}]")
    lines.extend(f"{key_text(k)} = {_value(v)}" for k, v in scalars.items())
    if unset and name:
        lines.extend(f"# {key_text(k)} is not set" for k, v in table.items() if v is None)
    for key, value in table.items():
        path = f"{name}.{key_text(key)}" if name else key_text(key)
        if isinstance(value, dict):
            _write_table(lines, path, value, unset)
        elif _is_table(value):
            for row in value:
                lines.append(f"\n[[{path}]]")
                lines.extend(
                    f"{key_text(k)} = {_value(v)}" for k, v in row.items() if v is not None
                )


def _is_table(value: object) -> bool:
    return isinstance(value, dict) or (
        isinstance(value, list) and bool(value) and isinstance(value[0], dict)
    )


def _value(value: Any) -> str:
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return f"[{', '.join(map(_value, value))}]"
    return repr(value)  # Python's integers and floats are TOML's


def _text(text: str) -> str:
    # JSON's strings are TOML's, but for the one control character that JSON leaves as it is.
    return msgspec.json.encode(text).decode().replace("\x7f", "\\u007f")
