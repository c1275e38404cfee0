"""What risk sees of positions that people must hear of, each thing once."""

from collections.abc import Sequence

import structlog

from pinnacle.core.bell import Control
from pinnacle.core.risk import beyond_names
from pinnacle.core.schema import Reason


class Alarms:
    """Looks at positions as they are published.

    `refused`: reports refused so far, by instrument: a restart does not halt for them again.
    """

    def __init__(
        self,
        log: structlog.stdlib.BoundLogger,
        control: Control,
        symbols: Sequence[str],
        refused: Sequence[int],
    ):
        self._log = log
        self._control = control
        self._symbols = symbols
        self._refused = list(refused)
        self._beyond = [0] * len(symbols)
        for symbol, count in zip(symbols, refused, strict=True):
            if count:
                log.warning("reports were refused before this start", symbol=symbol, count=count)

    def look(self, i: int, position: dict[str, int]) -> None:
        """The position of instrument i now."""
        refused, beyond = position["refused_reports"], position["beyond"]
        if refused > self._refused[i]:
            self._log.error(
                "a report that no venue could mean was refused: trading is halted until somebody "
                "has compared the position with the venue's",
                symbol=self._symbols[i],
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
                symbol=self._symbols[i],
                amounts=", ".join(beyond_names(passed)),
            )
            self._beyond[i] |= passed
