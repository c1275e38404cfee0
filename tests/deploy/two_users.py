"""The trader and the monitor as two users of one group, where this machine lets them be two."""

import os

from tests.reach import OTHERS_CAN_COME

#: Two users of one group, as systemd/sysusers.d makes them; the numbers are nobody's.
TRADER, MONITOR, GROUP = 61001, 61002, 61001


def as_two_users() -> bool:
    """Whether both can be had here: root alone may become them."""
    return os.geteuid() == 0 and OTHERS_CAN_COME
