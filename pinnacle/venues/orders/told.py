"""Which executions have been told already, so that a list of them is not told again and again.

What is told twice counts once all the same (csrc/trade/executions.h); but each time it would stand
in the log. A run begins with nothing: what a list says then is told, whatever the log has of it.
"""

from collections.abc import Hashable, Sequence

from pinnacle.core.schema import Flag, Kind
from pinnacle.venues.orders.port import Report

#: As many as may be forgotten: those are told once more.
TOLD_MAX = 65_536
_OF_EXECUTIONS = frozenset({Kind.FILL, Kind.FEE, Kind.FILL_BUSTED})


class ToldExecutions:
    """Executions and their fees by all that counts of them."""

    def __init__(self) -> None:
        self._names: dict[Hashable, None] = {}

    def note(self, reports: Sequence[Report]) -> None:
        """These are told."""
        for report in reports:
            if report.kind in _OF_EXECUTIONS:
                self._names.setdefault(_name(report))
        while len(self._names) > TOLD_MAX:
            del self._names[next(iter(self._names))]

    def news(self, reports: Sequence[Report]) -> list[Report]:
        """Those that have not been told, and whatever is none of an execution."""
        return [r for r in reports if r.kind not in _OF_EXECUTIONS or _name(r) not in self._names]


def _name(report: Report) -> Hashable:
    """Two ways of the venue may stamp one execution with different times."""
    return (
        *(report.kind, report.order_id, report.row, report.side, report.aux),
        *(report.price, report.quantity, report.flags & Flag.MAKER, report.currency),
    )
