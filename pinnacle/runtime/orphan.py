"""The end of a process whose supervisor is gone: in the order in which that would have ended all.

Whoever carries the cancels of another and the answers to them must outlive it. So each process
waits until those before it are gone, and no longer than they can take.
"""

import contextlib
import os

from pinnacle.core.bell import Bell
from pinnacle.core.errors import NativeError
from pinnacle.core.paths import SessionPaths
from pinnacle.runtime.topology import STOP_ORDER, Process, Topology

#: The supervisor's process id, for what it starts.
SUPERVISOR = "PINNACLE_SUPERVISOR"
#: Set where the segments are to stay after the end.
KEEP = "PINNACLE_KEEP"
#: What each process may take for its end.
STEP_NS = 5_000_000_000


def orphaned() -> bool:
    """Whether this process was started by a supervisor that is no longer there."""
    supervisor = int(os.environ.get(SUPERVISOR, "0"))
    return supervisor != 0 and os.getppid() != supervisor


class OrphansEnd:
    """When a process that has lost its supervisor may end. Opens nothing before that."""

    def __init__(self, process: Process, topology: Topology, paths: SessionPaths):
        self._paths = paths
        in_order = topology.in_order(STOP_ORDER)
        self._before = [other.name for other in in_order[: in_order.index(process)]]
        self._bells: list[Bell] = []
        self._deadline_ns = 0

    def begin(self, now_ns: int) -> None:
        """The supervisor is gone."""
        self._deadline_ns = now_ns + STEP_NS * len(self._before)
        for name in self._before:
            with contextlib.suppress(NativeError):
                self._bells.append(Bell(self._paths.process(name)))

    @property
    def begun(self) -> bool:
        return self._deadline_ns != 0

    def due(self, now_ns: int) -> bool:
        """Whether those before are gone, or have had their time."""
        waiting = any(bell.segment.owner_alive() for bell in self._bells)
        return not waiting or now_ns >= self._deadline_ns

    def close(self) -> None:
        for bell in self._bells:
            bell.close()
