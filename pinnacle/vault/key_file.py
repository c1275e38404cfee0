"""A user's key at a venue on its way into the vault, in a file that nobody else may read."""

import tomllib
from pathlib import Path
from typing import Any

import msgspec

from pinnacle.core.credentials import Credentials, KeyForm
from pinnacle.core.errors import ConfigError
from pinnacle.core.private import private_bytes

#: More than any key needs.
FILE_BYTES_MAX = 65_536


def read_credentials(path: Path, form: KeyForm) -> Credentials:
    """Those of a TOML file, or a JSON one if its name ends so; ConfigError names the file.

    What is in it is in no error. Mode 0600 or less, as ssh has it: a key that others could read is
    not used.
    """
    values = _values(path, private_bytes(path, FILE_BYTES_MAX))
    try:
        return form.credentials(values)
    except ValueError as error:
        raise ConfigError(f"{path}: {error}") from None


def _values(path: Path, text: bytes) -> dict[str, Any]:
    try:
        if path.suffix == ".json":
            return msgspec.json.decode(text, type=dict[str, Any])
        return tomllib.loads(text.decode())
    except msgspec.ValidationError:
        raise ConfigError(f"{path}: is no table of fields") from None
    except (ValueError, RecursionError):
        form = "JSON" if path.suffix == ".json" else "TOML"
        raise ConfigError(f"{path}: not {form} in UTF-8") from None
