"""Gives nonces of one key as fast as it can, each on a line of its own, until it is killed.

    python -m tests.process.nonce_giver FILE AHEAD_US BEHIND_S [DIES_AT]

The clock is BEHIND_S seconds behind the machine's. It kills itself before the call of that number
by which it would change the file, or its folder. Each line is one write, so what is read of a
dead one was given; what it gave without having written it can only be more.
"""

import fcntl
import os
import signal
import sys
import time
from pathlib import Path

from pinnacle.core.errors import ConfigError
from pinnacle.venues.orders.nonces import Nonces

#: By which files are made, written and named.
CALLS = ("open", "fchmod", "write", "fsync", "link", "unlink", "flock", "pwrite", "fdatasync")


def die_before(number: int) -> None:
    """The call of that number, of any of CALLS, is never made."""
    left = [number]

    def counted(real):
        def call(*arguments, **named):
            left[0] -= 1
            if left[0] == 0:
                os.kill(os.getpid(), signal.SIGKILL)
            return real(*arguments, **named)

        return call

    for name in CALLS:
        place = fcntl if name == "flock" else os
        setattr(place, name, counted(getattr(place, name)))


def main() -> None:
    path, ahead_us, behind_s = Path(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3])
    if len(sys.argv) > 4:
        die_before(int(sys.argv[4]))
    behind_ns = round(behind_s * 10**9)
    try:
        nonces = Nonces(path, lambda: time.time_ns() - behind_ns, ahead_us)
    except ConfigError as error:
        sys.exit(str(error))
    while True:
        nonce = nonces.next()
        os.write(1, b"%d\n" % nonce)
        nonces.reserve()


if __name__ == "__main__":
    main()
