"""The master password: from a file, from systemd, or typed where nobody sees it."""

import getpass
import os
import warnings
from collections.abc import Mapping
from pathlib import Path

from pinnacle.core.errors import ConfigError, UsageError
from pinnacle.core.private import bounded, open_any, private_bytes

CHARACTERS_MIN = 12
BYTES_MAX = 4096
#: Its name among a unit's credentials: LoadCredential=pinnacle-vault:/etc/...
CREDENTIAL = "pinnacle-vault"


def given(file: Path | None, environ: Mapping[str, str] = os.environ) -> bytes | None:
    """That of a file, or else systemd's; None if it has to be typed. ConfigError names the file."""
    if file is not None:
        return _of_file(file, private_bytes(file, BYTES_MAX))
    folder = environ.get("CREDENTIALS_DIRECTORY")
    if not folder or not os.path.lexists(place := Path(folder, CREDENTIAL)):
        return None
    # Its mode says little: systemd shows it to the unit alone, by an access list of its own.
    with open_any(place) as credential:
        return _of_file(place, bounded(place, credential, BYTES_MAX))


def typed(prompt: str, instead: str = "--password-file FILE") -> str:
    """What is typed at the terminal, unseen; UsageError if there is none: `instead` is the way."""
    with warnings.catch_warnings():
        warnings.simplefilter("error", getpass.GetPassWarning)
        try:
            return getpass.getpass(prompt)
        except getpass.GetPassWarning:
            raise UsageError(f"{prompt}there is no terminal to ask at: give {instead}") from None
        except UnicodeDecodeError:
            raise UsageError(f"{prompt}what was typed is not UTF-8") from None


def new_password(what: str, file: Path | None, environ: Mapping[str, str] = os.environ) -> bytes:
    """One to be used from now on, typed twice; UsageError if it is too short."""
    password = given(file, environ)
    if password is None:
        text = typed(f"{what}: ")
        _check_length(what, text.encode())
        if typed(f"{what}, again: ") != text:
            raise UsageError(f"{what}: the two are not the same")
        return text.encode()
    _check_length(what, password)
    return password


def _check_length(what: str, password: bytes) -> None:
    if len(password.decode(errors="replace")) < CHARACTERS_MIN:
        raise UsageError(f"{what}: has fewer than {CHARACTERS_MIN} characters")


def _of_file(path: Path, content: bytes) -> bytes:
    password = content.removesuffix(b"\n")
    if not password:
        raise ConfigError(f"{path}: has no password in it")
    return password
