"""What risk sees of positions that people must hear of, each thing once."""

from collections.abc import Sequence

import structlog

from pinnacle.core.bell import Control
from pinnacle.core.risk import RiskBook, beyond_names
from pinnacle.core.schema import Reason


class Alarms:
    """Looks at a book's positions as they are published; `labels` of its instruments.

    For reports that were refused before it was made it does not halt again.
    """

    def __init__(
        self,
        log: structlog.stdlib.BoundLogger,
        control: Control,
        book: RiskBook,
        labels: Sequence[str],
    ):
        self._log = log
        self._control = control
        self._book = book
        self._labels = labels
        self._refused = [book.position(i)["refused_reports"] for i in range(len(labels))]
        self._beyond = [0] * len(labels)
        for label, count in zip(labels, self._refused, strict=True):
            if count:
                log.warning("reports were refused before this start", symbol=label, count=count)

    def look(self) -> None:
        """At every position as it is now."""
        for i in range(len(self._labels)):
            self._look(i, self._book.position(i))

    def _look(self, i: int, position: dict[str, int]) -> None:
        refused, beyond = position["refused_reports"], position["beyond"]
        if refused > self._refused[i]:
            self._log.error(
                "a report that no venue could mean was refused: trading is halted until somebody "
                "has compared the position with the venue's",
                symbol=self._labels[i],
                position_lots=position["position"],
                count=refused,
            )
            self._control.kill(Reason.BAD_ORDER)
            self._refused[i] = refused
        passed = beyond & ~self._beyond[i]
        if passed:
            self._log.error(
                "amounts are larger than 64 bits show: they stand at the end of their own sign, "
                "and are counted exactly all the same",
                symbol=self._labels[i],
                amounts=", ".join(beyond_names(passed)),
            )
            self._beyond[i] |= passed
