"""Peers come from Debian's packages: installed when root, else their rows say what is missing."""

import os
import shutil
import subprocess
from pathlib import Path

#: What a peer needs: the package, and a file that shows that it is there.
PACKAGES = {
    "g++": ("g++", "/usr/bin/g++"),
    "boost": ("libboost-dev", "/usr/include/boost/lockfree/spsc_queue.hpp"),
    "moodycamel": ("libreaderwriterqueue-dev", "/usr/include/readerwriterqueue.h"),
    "lmdb": ("liblmdb-dev", "/usr/include/lmdb.h"),
    "sqlite": ("libsqlite3-dev", "/usr/include/sqlite3.h"),
}


def absent(*peers: str) -> list[str]:
    """The packages that these peers need and that are not installed."""
    return [PACKAGES[peer][0] for peer in peers if not Path(PACKAGES[peer][1]).exists()]


def install_absent() -> str:
    """Install what is missing, if that can be done. What is wrong, or nothing."""
    wanted = absent(*PACKAGES)
    if not wanted:
        return ""
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        return f"some rows need packages: apt-get install {' '.join(wanted)}"
    print(f"installing {' '.join(wanted)}", flush=True)
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    for command in (["update", "-qq"], ["install", "-y", "-qq", *wanted]):
        done = subprocess.run(
            ["apt-get", *command], env=environment, stdin=subprocess.DEVNULL, capture_output=True
        )
    return "" if done.returncode == 0 else f"apt-get install {' '.join(wanted)} failed"
