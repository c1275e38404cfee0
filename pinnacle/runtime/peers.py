"""Whether the other processes of a session live, watched at the price of a system call for each."""

from pinnacle.core.bell import Bell, ProcessState

#: A process whose heart has not beaten for so long is lost though it lives.
LIVENESS_NS = 500_000_000


class Peers:
    """Looks at the owners of process segments, by the source that their records carry.

    Closes the bells that it was given.
    """

    def __init__(self, bells: dict[int, Bell]):
        self._bells = bells
        self._lost: dict[int, bool | None] = dict.fromkeys(bells)
        self._epochs = dict.fromkeys(bells, 0)

    def look(self) -> list[tuple[int, bool, bool]]:
        """(peer, lost, first look) for each change since the last look, in order.

        One that went and came back between two looks gives both: what it knew is gone.
        """
        news = []
        for peer, bell in self._bells.items():
            # Before it is ready it is silent for as long as that takes: nobody counts on it yet.
            begun = bell.state in (ProcessState.READY, ProcessState.STOPPING)
            lost = not begun or not bell.segment.owner_alive(LIVENESS_NS)
            epoch, before = bell.segment.epoch, self._lost[peer]
            if not lost and before is False and epoch != self._epochs[peer]:
                news.append((peer, True, False))
                before = True
            if lost != before:
                news.append((peer, lost, before is None))
            self._epochs[peer] = epoch
            self._lost[peer] = lost
        return news

    def lost(self, peer: int) -> bool:
        """Whether it was gone at the last look."""
        return self._lost[peer] is not False

    def left(self, peer: int) -> bool:
        """Whether a lost peer has ended in order, as far as its segment tells."""
        bell = self._bells[peer]
        return bell.segment.owner_pid == 0 and bell.state == ProcessState.STOPPING

    def close(self) -> None:
        for bell in self._bells.values():
            bell.close()
