"""The one key that a process signs with at a venue, out of the vault."""

from pathlib import Path

from pinnacle.core.credentials import Credentials
from pinnacle.vault.password import CREDENTIAL
from pinnacle.vault.place import default_path
from pinnacle.vault.secrecy import keep_to_itself
from pinnacle.vault.unlock import ask_key, handed_key
from pinnacle.vault.vault import Vault


def credentials_of(file: str, name: str, venue: str) -> Credentials:
    """Of the venue's key of that name. `file`: the vault; "": the user's own.

    The vault's own key is handed by whoever started this process; else the password is systemd's.
    ConfigError if the vault has no such key, or one of another venue.
    """
    keep_to_itself()
    path = Path(file) if file else default_path()
    key = handed_key() or ask_key(path, instead=f"its unit the credential {CREDENTIAL}")
    return Vault.open(path, key).of_venue(name, venue)
