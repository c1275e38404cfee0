"""Puts entries into a vault one by one: busy_writer.py VAULT WHO COUNT, with a key handed to it."""

import sys
from pathlib import Path

from pinnacle.vault import vault
from pinnacle.vault.unlock import handed_key
from tests.vault.kept import ENTRY

if __name__ == "__main__":
    path, who, count = sys.argv[1:]
    key = handed_key()
    for n in range(int(count)):
        vault.put(Path(path), key, f"{who}{n}", ENTRY)
