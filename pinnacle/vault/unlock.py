"""How a process comes to a vault's key: it asks for the password, or its parent hands it the key.

The parent asks once, and writes the key into a pipe for each child that needs it, at each start.
The child inherits the reading end, whose number stands in its environment; the key itself is in no
argument, no environment and no file:

    number = hand(key)
    with os.fdopen(number):  # closed here once the child has its own
        Popen(arguments, pass_fds=(number,), env=environ | {HANDED: str(number)})
"""

import os
import stat
import struct
from collections.abc import Mapping, MutableMapping
from pathlib import Path

from pinnacle.core.errors import UsageError
from pinnacle.vault import place
from pinnacle.vault.cost import KEY_BYTES, SALT_BYTES, Cost
from pinnacle.vault.password import given, typed
from pinnacle.vault.sealed import VaultKey, header_of, unseal

#: The variable with the number of the pipe that the key is read from.
HANDED = "PINNACLE_VAULT_FD"
ATTEMPTS = 3
_HANDED = struct.Struct(f"<8sIII{SALT_BYTES}s{KEY_BYTES}s")
_MAGIC = b"PMMVKEY1"


def ask_key(
    path: Path,
    password_file: Path | None = None,
    environ: Mapping[str, str] = os.environ,
    instead: str = "--password-file FILE",
) -> VaultKey:
    """The key of the vault, which it opens: UsageError if the password is wrong.

    The password is the file's, or else systemd's (password.CREDENTIAL), or else typed, at the third
    attempt at last; where there is no terminal `instead` is the way that is told. Each takes half
    a second.
    """
    content = place.read(path)
    header = header_of(path, content)
    password = given(password_file, environ)
    attempts = ATTEMPTS if password is None else 1
    prompt = f"master password of {path}: "
    while True:
        tried = typed(prompt, instead).encode() if password is None else password
        key = VaultKey.of(tried, header)
        attempts -= 1
        try:
            unseal(path, key, content)
            return key
        except UsageError:
            if not attempts:
                raise
        prompt = f"that is wrong; master password of {path}: "


def hand(key: VaultKey) -> int:
    """A pipe with the key in it, for one child: its number for `pass_fds` and HANDED.

    The caller closes it once the child has started. No other program inherits it.
    """
    cost, salt, master = key.parts()
    reading, writing = os.pipe()
    try:
        os.write(writing, _HANDED.pack(_MAGIC, *cost, salt, master))
    except BaseException:
        os.close(reading)
        raise
    finally:
        os.close(writing)
    return reading


def handed_key(environ: MutableMapping[str, str] = os.environ) -> VaultKey | None:
    """The key that the parent has handed; None if it has handed none. Can be asked once.

    The pipe is empty and closed afterwards, and its number is out of the environment. UsageError if
    the number is of anything else.
    """
    number = environ.pop(HANDED, None)
    if number is None:
        return None
    try:
        content = _emptied(int(number))
        magic, memory, iterations, lanes, salt, master = _HANDED.unpack(content)
        if magic != _MAGIC:
            raise ValueError("another magic")
        return VaultKey(Cost(memory, iterations, lanes), salt, master)
    except (OSError, ValueError, OverflowError, struct.error):
        raise UsageError(f"{HANDED}: {number[:20]} is no pipe with a vault's key in it") from None


def _emptied(number: int) -> bytes:
    """What is in a pipe; never waits for more."""
    if not stat.S_ISFIFO(os.fstat(number).st_mode):
        raise ValueError("is no pipe")
    try:
        os.set_inheritable(number, False)
        os.set_blocking(number, False)
        return os.read(number, _HANDED.size + 1)
    finally:
        os.close(number)
