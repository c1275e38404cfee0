"""Changes a vault again and again, killed (SIGKILL) one call to the system later each time.

    killed_writer.py VAULT     the key is handed as to a gateway

Prints a line for each life: how many calls it lived for, which entry the vault has afterwards, and
what else is in the folder. The last life is killed by nobody.
"""

import os
import signal
import sys
from pathlib import Path

from pinnacle.vault import vault
from pinnacle.vault.unlock import handed_key
from pinnacle.vault.vault import Entry, Vault

#: Whose functions reach the system: those of os, flock, and the methods of files.
SYSTEM = ("posix", "fcntl")
FILES = ("BufferedWriter", "FileIO", "BufferedReader")
CALLS_MAX = 200


def reaches_the_system(function: object) -> bool:
    of = type(getattr(function, "__self__", None)).__name__
    return getattr(function, "__module__", None) in SYSTEM or of in FILES


def live(path: Path, key: object, calls: int, entry: Entry) -> None:
    """Change the vault, and die at the n-th call: before it, or for every second n behind it."""
    left, at = divmod(calls, 2)

    def count(_: object, event: str, function: object) -> None:
        nonlocal left
        if event == ("c_return" if at else "c_call") and reaches_the_system(function):
            if left == 0:
                os.kill(os.getpid(), signal.SIGKILL)
            left -= 1

    sys.setprofile(count)
    vault.put(path, key, "kraken", entry)
    sys.setprofile(None)


def main(path: Path) -> None:
    key = handed_key()
    for calls in range(CALLS_MAX):
        was = Vault.open(path, key).entries["kraken"]
        entry = Entry("kraken", was.changed_ns + 1, was.fields)
        child = os.fork()
        if child == 0:
            live(path, key, calls, entry)
            os._exit(0)
        status = os.waitpid(child, 0)[1]
        found = Vault.open(path, key).entries["kraken"]
        state = {was.changed_ns: "old", entry.changed_ns: "new"}[found.changed_ns]
        parts = [part for part in path.parent.iterdir() if part != path]
        beside = [f"{part.name} {part.stat().st_mode & 0o777:o}" for part in parts]
        died = os.WIFSIGNALED(status)
        print("killed" if died else f"ended({status})", calls, state, *beside, flush=True)
        if not died:
            return


if __name__ == "__main__":
    main(Path(sys.argv[1]))
