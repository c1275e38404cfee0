"""What a venue knows a user by: from a file that nobody else may read, and never shown."""

import base64
import binascii
import os
import stat
import tomllib
from pathlib import Path

import msgspec

from pinnacle.core.errors import ConfigError
from pinnacle.core.kept import open_kept

#: More than any key needs.
FILE_BYTES_MAX = 65_536


class Credentials(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A key of the user's at a venue. `secret`: base64, as venues give it."""

    key: str
    passphrase: str
    secret: str

    def __post_init__(self) -> None:
        try:
            base64.b64decode(self.secret, validate=True)
        except binascii.Error:
            raise ValueError("secret is not base64") from None

    def __repr__(self) -> str:
        return "Credentials(...)"

    @property
    def secret_bytes(self) -> bytes:
        return base64.b64decode(self.secret)


def read_credentials(path: Path) -> Credentials:
    """Those of a TOML file, or a JSON one if its name ends so; ConfigError names the file.

    What is in it is in no error. Mode 0600 or less, as ssh has it: a key that others could read is
    not used.
    """
    try:
        with open_kept(path) as file:
            mode = stat.S_IMODE(os.fstat(file.fileno()).st_mode)
            text = file.read(FILE_BYTES_MAX)
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror or error}") from None
    if mode & 0o077:
        raise ConfigError(f"{path}: its mode is {mode:04o}: others may read it: chmod 600 {path}")
    try:
        if path.suffix == ".json":
            return msgspec.json.decode(text, type=Credentials)
        return msgspec.convert(tomllib.loads(text.decode()), Credentials)
    except msgspec.ValidationError as error:
        raise ConfigError(f"{path}: key, passphrase and secret are needed: {error}") from None
    except (ValueError, RecursionError):
        form = "JSON" if path.suffix == ".json" else "TOML"
        raise ConfigError(f"{path}: not {form} in UTF-8") from None
