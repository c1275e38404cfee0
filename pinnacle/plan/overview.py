"""What a session will be, before it is: its processes, where each runs, the rings between them."""

from dataclasses import dataclass
from typing import Any

from pinnacle.core.schema import EVENT
from pinnacle.plan.config import SessionConfig
from pinnacle.plan.cores import Machine, Placement, deal, in_words, undealt

_GAP = "  "
_HEADS = ("process", "core", "wait", "instruments")


@dataclass(frozen=True)
class ProcessPlan:
    """`instruments` by their labels; `core`: its own, None if it has none."""

    name: str
    role: str
    instruments: list[str]
    core: int | None
    wait: str


@dataclass(frozen=True)
class Overview:
    """A session's plan on one machine."""

    processes: list[ProcessPlan]
    placement: Placement
    rings: int
    ring_records: int

    @property
    def ring_bytes(self) -> int:
        """What the rings' records take of shared memory."""
        return self.rings * self.ring_records * EVENT.itemsize

    def as_dict(self) -> dict[str, Any]:
        rings = {"count": self.rings, "records": self.ring_records, "bytes": self.ring_bytes}
        placed = self.placement
        return {
            "processes": [vars(process) for process in self.processes],
            "rings": rings,
            "cores": {"dealt": placed.dealt, "why": placed.why, "shared": sorted(placed.shared)},
        }

    def lines(self, width: int) -> list[str]:
        """As text: instruments are counted where their names have no room, and on a narrow terminal
        how a process waits is left out."""
        rows = [(p.name, self._core(p), p.wait) for p in self.processes]
        sizes = [max(map(len, column)) for column in zip(*rows, _HEADS[:3], strict=True)]
        shown = 3 if sum(sizes) + 3 * len(_GAP) + len(_HEADS[3]) <= width else 2

        def line(cells: tuple[str, ...], last: str) -> str:
            padded = (cell.ljust(size) for cell, size in zip(cells[:shown], sizes, strict=False))
            return _GAP.join((*padded, last))

        found = [line(_HEADS, _HEADS[3])]
        for row, process in zip(rows, self.processes, strict=True):
            named = line(row, ", ".join(process.instruments))
            found.append(named if len(named) <= width else line(row, str(len(process.instruments))))
        megabytes = self.ring_bytes / 1e6
        found.append(f"{self.rings} rings of {self.ring_records} records, {megabytes:.0f} MB")
        if self.placement.dealt:
            found.append(f"the rest share the cores {in_words(self.placement.shared)}")
        if self.placement.why:
            found.append(f"no cores dealt: {self.placement.why}")
        return found

    def _core(self, process: ProcessPlan) -> str:
        if process.core is not None:
            return str(process.core)
        return "shared" if self.placement.dealt else "any"


def overview(config: SessionConfig, machine: Machine) -> Overview:
    """The plan of a session of this configuration on that machine."""
    topology, instruments = config.topology(), config.instrument_list()
    settings = {process.name: config.process(process.name) for process in topology.processes}
    configured = {name: process.cpu for name, process in settings.items() if process.cpu >= 0}
    if config.session.cores == "none":
        placement = undealt(topology, configured, machine, 'session.cores is "none"')
    else:
        placement = deal(topology, configured, machine)
    processes = [
        ProcessPlan(
            process.name,
            process.role,
            [instruments[i].label for i in process.instruments],
            placement.own.get(process.name),
            settings[process.name].wait,
        )
        for process in topology.processes
    ]
    return Overview(processes, placement, len(topology.rings), config.session.ring_capacity)
