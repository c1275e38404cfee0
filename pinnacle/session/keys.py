"""A session's vault: opened before anything is started, for the processes that sign."""

from pathlib import Path

from pinnacle.core.errors import ConfigError, UsageError
from pinnacle.plan.config import SessionConfig
from pinnacle.plan.keys import wanted_keys
from pinnacle.vault.place import default_path
from pinnacle.vault.sealed import VaultKey
from pinnacle.vault.secrecy import keep_to_itself
from pinnacle.vault.unlock import ask_key
from pinnacle.vault.vault import Vault


def opened_vault(config: SessionConfig) -> tuple[Path, VaultKey, Vault]:
    """The session's, where it is and its own key: asked for if nobody else says the password."""
    keep_to_itself()
    section = config.vault
    path = Path(section.file) if section.file else default_path()
    password = Path(section.password_file) if section.password_file else None
    key = ask_key(path, password, instead="[vault] password_file in the configuration")
    try:
        return path, key, Vault.open(path, key)
    except UsageError as error:
        raise ConfigError(str(error)) from None  # its password is the configuration's


def vault_key(config: SessionConfig) -> VaultKey | None:
    """The vault's, if any process of the session signs. ConfigError if a key is not in it, or of
    another venue."""
    wanted = wanted_keys(config)
    if not wanted:
        return None
    _, key, vault = opened_vault(config)
    for where, name, venue in wanted.values():
        try:
            vault.of_venue(name, venue)
        except ConfigError as error:
            raise ConfigError(f"{where}: {error}") from None
    return key
