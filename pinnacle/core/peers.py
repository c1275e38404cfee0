"""Whether the other processes of a session live, watched at the price of one system call."""

import os
import select
from dataclasses import dataclass

from pinnacle.core.bell import Bell, ProcessState
from pinnacle.core.clock import monotonic_ns
from pinnacle.core.schema import Source

#: A process whose heart has not beaten for so long is lost though it lives.
LIVENESS_NS = 500_000_000


@dataclass
class _Owner:
    """A segment's owner as it was found alive."""

    pid: int
    epoch: int
    pidfd: int


class Peers:
    """Looks at the owners of process segments; closes the bells that it was given.

    An owner is looked at thoroughly once (segment.h: its pid, its start time). From then on the
    kernel tells of its end through a pidfd, which no other process can ever take over.
    """

    def __init__(self, bells: dict[Source, Bell]):
        self._bells = bells
        self._owners: dict[Source, _Owner] = {}
        self._ends = select.poll()
        self._lost: dict[Source, bool | None] = dict.fromkeys(bells)
        self._epochs = dict.fromkeys(bells, 0)

    def look(self) -> list[tuple[Source, bool, bool]]:
        """(peer, lost, first look) for each change since the last look, in order.

        One that went and came back between two looks gives both: what it knew is gone.
        """
        news = []
        ended = {pidfd for pidfd, _ in self._ends.poll(0)}
        for peer, bell in self._bells.items():
            lost, epoch, before = (
                not self._alive(peer, bell, ended),
                bell.segment.epoch,
                self._lost[peer],
            )
            if not lost and before is False and epoch != self._epochs[peer]:
                news.append((peer, True, False))
                before = True
            if lost != before:
                news.append((peer, lost, before is None))
            self._epochs[peer] = epoch
            self._lost[peer] = lost
        return news

    def lost(self, peer: Source) -> bool:
        """Whether it was gone at the last look."""
        return self._lost[peer] is not False

    def left(self, peer: Source) -> bool:
        """Whether a lost peer has ended in order, as far as its segment tells."""
        bell = self._bells[peer]
        return bell.segment.owner_pid == 0 and bell.state == ProcessState.STOPPING

    def _alive(self, peer: Source, bell: Bell, ended: set[int]) -> bool:
        owner, pid = self._owners.get(peer), bell.segment.owner_pid
        known = owner is not None and owner.pid == pid and owner.epoch == bell.segment.epoch
        if owner is not None and (not known or owner.pidfd in ended):
            self._forget(peer)
            known = False
        if not known:
            return self._meet(peer, bell, pid)
        return monotonic_ns() - bell.segment.heartbeat_ns <= LIVENESS_NS

    def _meet(self, peer: Source, bell: Bell, pid: int) -> bool:
        epoch = bell.segment.epoch
        try:
            pidfd = os.pidfd_open(pid) if pid else -1
        except OSError:
            pidfd = -1
        # Behind the pidfd: if it is the owner now, it was when the pidfd was made.
        alive = bell.segment.owner_alive(LIVENESS_NS)
        if pidfd >= 0 and alive and bell.segment.owner_pid == pid:
            self._ends.register(pidfd, select.POLLIN)
            self._owners[peer] = _Owner(pid, epoch, pidfd)
        elif pidfd >= 0:
            os.close(pidfd)
        return alive

    def _forget(self, peer: Source) -> None:
        owner = self._owners.pop(peer)
        self._ends.unregister(owner.pidfd)
        os.close(owner.pidfd)

    def close(self) -> None:
        for peer in list(self._owners):
            self._forget(peer)
        for bell in self._bells.values():
            bell.close()
