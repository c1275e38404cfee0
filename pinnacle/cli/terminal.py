"""Standard output of a command that has more to do than to print."""

import contextlib
import sys
from collections.abc import Iterator

from pinnacle.core.errors import PinnacleError
from pinnacle.core.stream import Output, text_over


@contextlib.contextmanager
def forgiving_stdout() -> Iterator[None]:
    """What cannot be printed is lost while the work goes on; at its end that is an error."""
    before, output = sys.stdout, Output(1, forgiving=True)
    sys.stdout = text_over(output, before.encoding)
    try:
        yield
    finally:
        sys.stdout = before
    if output.trouble:
        raise PinnacleError(
            f"standard output: {output.trouble}: not all could be shown; the session itself ended "
            "in order"
        )
