"""The key that a gateway signs with: out of the vault, which it alone may open."""

from pathlib import Path

from pinnacle.core.credentials import Credentials
from pinnacle.core.errors import ConfigError
from pinnacle.gateway.config import LiveConfig
from pinnacle.vault.place import default_path
from pinnacle.vault.secrecy import keep_to_itself
from pinnacle.vault.unlock import ask_key, handed_key
from pinnacle.vault.vault import Vault


def credentials_of(config: LiveConfig) -> Credentials:
    """Of the venue's key. The vault's own key is handed by whoever started this process; else the
    password is systemd's. ConfigError if the vault has no such key, or one of another venue."""
    keep_to_itself()
    path = Path(config.vault) if config.vault else default_path()
    name = config.orders.key or config.venue
    vault = Vault.open(path, handed_key() or ask_key(path))
    entry = vault.entries.get(name)
    if entry is not None and entry.venue != config.venue:
        raise ConfigError(f"{path}: the key {name} is of {entry.venue}, not of {config.venue}")
    return vault.credentials(name)
