"""Cores of their own for the processes on the order path, dealt from what the machine has."""

import contextlib
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from pinnacle.runtime.topology import Topology

#: Who gets a core of its own, the most important first.
ORDER_PATH = ("strategy", "risk", "gateway", "feed", "exchange")
#: Processes that wait on the market: the supervisor keeps off their cores.
_MARKET_PATH = ("strategy", "risk", "gateway", "feed")
_SYSTEM = Path("/sys/devices/system/cpu")

Cores = frozenset[int]


@dataclass(frozen=True)
class Machine:
    """Cores by the kernel's numbers; a core of two threads has two.

    `allowed`: where a program of this session runs if it asks for nothing. `isolated`: where one
    runs only if it asks, and may. `siblings`: those that are threads of one core. `taken`: those
    to which other programs are pinned.
    """

    allowed: Cores
    isolated: Cores = frozenset()
    siblings: tuple[Cores, ...] = ()
    taken: Cores = frozenset()


@dataclass(frozen=True)
class Placement:
    """Where a session's processes run.

    `own`: the core of each that has one, by the process's name. `shared`: where all else runs,
    their threads of journals and checkpoints too. `dealt`: whether cores were dealt; if not, `own`
    is what the configuration says, and `why` why, or nothing where nobody wants one.
    """

    own: Mapping[str, int]
    shared: Cores
    dealt: bool
    why: str = ""

    def room(self, process: str) -> Cores:
        """Where a process may run, the threads that it starts included."""
        own = self.own.get(process)
        return self.shared if own is None else self.shared | {own}


def deal(topology: Topology, configured: Mapping[str, int], machine: Machine) -> Placement:
    """A core for each process on the order path that `configured` gives none, or none at all.

    A whole core each, without the other thread of it; isolated ones first. The lowest of the others
    is left to everything else: that is where the kernel's own work is, unless it was moved.
    """
    wanting = [
        process.name
        for role in ORDER_PATH
        for process in topology.of_role(role)
        if process.name not in configured
    ]
    used = machine.taken | frozenset(configured.values())
    free = [core for core in _whole(machine) if not core & used]
    isolated = [core for core in free if core <= machine.isolated]
    others = [core for core in free if core not in isolated]
    if not wanting or len(isolated) + len(others[1:]) < len(wanting) or not others:
        why = f"{len(wanting)} on the order path and 1 for the rest are wanted, free: {len(free)}"
        return undealt(topology, configured, machine, why if wanting else "")
    cores = [*isolated, *others[1:]][: len(wanting)]
    own = dict(zip(wanting, map(min, cores), strict=True))
    shared = frozenset().union(*(core for core in others if core not in cores))
    return Placement({**configured, **own}, shared, True)


def undealt(
    topology: Topology, configured: Mapping[str, int], machine: Machine, why: str
) -> Placement:
    """Nobody has a core but whom the configuration gives one."""
    hot = {
        configured[process.name]
        for process in topology.in_order(_MARKET_PATH)
        if process.name in configured
    }
    return Placement(dict(configured), machine.allowed - hot or machine.allowed, False, why)


def _whole(machine: Machine) -> list[Cores]:
    """Cores that a process may have, each as those of its threads that it may, in their order."""
    reachable = machine.allowed | machine.isolated
    of = {thread: core for core in machine.siblings for thread in core}
    return sorted({of.get(cpu, frozenset({cpu})) & reachable for cpu in reachable}, key=min)


def this_machine() -> Machine:
    """What the kernel says of it now; where cores are isolated this process asks for them for a
    moment, which is the only way to learn whether it may."""
    allowed = frozenset(os.sched_getaffinity(0))
    isolated = _granted(_listed(_SYSTEM / "isolated"), allowed)
    siblings = {
        _listed(_SYSTEM / f"cpu{cpu}/topology/thread_siblings_list") for cpu in allowed | isolated
    }
    return Machine(allowed, isolated, tuple(filter(None, siblings)), _pinned())


def listed(text: str) -> Cores:
    """The numbers in the kernel's form of a list: "0-3,8"."""
    ranges = (part.partition("-") for part in text.strip().split(",") if part)
    return frozenset(
        cpu for low, _, high in ranges for cpu in range(int(low), int(high or low) + 1)
    )


def in_words(cores: Iterable[int]) -> str:
    """The same list, for people."""
    found: list[list[int]] = []
    for cpu in sorted(cores):
        if found and cpu == found[-1][-1] + 1:
            found[-1].append(cpu)
        else:
            found.append([cpu])
    return ",".join(f"{run[0]}-{run[-1]}" if len(run) > 1 else f"{run[0]}" for run in found)


def _listed(file: Path) -> Cores:
    try:
        return listed(file.read_text("ascii"))
    except (OSError, ValueError):
        return frozenset()


def _granted(isolated: Cores, allowed: Cores) -> Cores:
    """Those of the isolated cores that the kernel gives to who asks: a cpuset may lack some."""
    if isolated <= allowed:
        return isolated
    try:
        os.sched_setaffinity(0, allowed | isolated)
        return isolated & frozenset(os.sched_getaffinity(0))
    except OSError:
        return isolated & allowed
    finally:
        os.sched_setaffinity(0, allowed)


def _pinned() -> Cores:
    """Cores that programs have for themselves: other sessions' processes, for example."""
    found: set[int] = set()
    for place in Path("/proc").iterdir():
        if not place.name.isdecimal() or int(place.name) == os.getpid():
            continue
        with contextlib.suppress(OSError):  # it has ended meanwhile, or may not be looked at
            cores = os.sched_getaffinity(int(place.name))
            # The kernel's own threads are each core's, and have no command line.
            if len(cores) == 1 and (place / "cmdline").read_bytes():
                found |= cores
    return frozenset(found)
