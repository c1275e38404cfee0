"""Vaults for tests: as cheap to guess as a vault may be, and with something in them."""

import base64

from pinnacle.vault import vault
from pinnacle.vault.cost import FLOOR
from pinnacle.vault.sealed import VaultKey
from pinnacle.vault.vault import Entry

PASSWORD = b"correct horse battery"
SECRET = base64.b64encode(b"canary of the secret").decode()
FIELDS = {"key": "canary-of-the-key", "secret": SECRET}
ENTRY = Entry("kraken", 1_700_000_000_000_000_000, FIELDS)


def made_vault(folder, **entries):
    """(path, key) of a vault with these entries."""
    folder.chmod(0o700)
    path, key = folder / "vault", VaultKey.new(PASSWORD, FLOOR)
    vault.create(path, key)
    for name, entry in entries.items():
        vault.put(path, key, name, entry)
    return path, key
