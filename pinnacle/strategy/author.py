"""Whatever a strategy's own code does wrong becomes one error that names the author's line."""

import traceback
from pathlib import Path
from types import TracebackType

from pinnacle.core.errors import PinnacleError, StrategyError

_PACKAGE = Path(__file__).resolve().parents[1]


class AuthorsCode:
    """Around every call into a strategy class, by its name: what it raises is a StrategyError.

    SystemExit is meant too: a strategy cannot end its process, least of all with exit code 0. A
    Ctrl-C is not the author's, and a PinnacleError says already what is wrong. Made once and
    entered at every batch, so entering does nothing.
    """

    def __init__(self, name: str):
        self._name = name

    def __enter__(self) -> None:
        return None

    def __exit__(
        self, kind: type | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is None or isinstance(error, KeyboardInterrupt | PinnacleError):
            return
        name = type(error).__name__
        what = f"{name}: {error}" if str(error) else name
        where = _authors_line(trace)
        raise StrategyError(f"strategy {self._name}: {what} ({where})") from error


def _authors_line(trace: TracebackType | None) -> str:
    """The innermost line outside of this package; the innermost of all if there is none."""
    frames = traceback.extract_tb(trace)
    theirs = [f for f in frames if not Path(f.filename).resolve().is_relative_to(_PACKAGE)]
    frame = (theirs or frames)[-1]
    return f"{frame.filename}:{frame.lineno} in {frame.name}"
