"""What becomes of a request: it is answered, it was never sent, or nobody knows.

```
Exception
 ├── NotSent      the venue has heard nothing
 └── Unanswered   the venue may have heard, and may have done what was asked
```
"""

from collections.abc import Sequence
from typing import NamedTuple


class NotSent(Exception):
    """No byte of the request was given to the kernel: it can be made again. Says why."""


class Unanswered(Exception):
    """Some of the request may have left, and no whole answer came: ask what became of it. Says
    why."""


class Answer(NamedTuple):
    """All of an answer, whatever its status.

    headers      (name in lower case, value), in their order
    sent_ns      before the request was given to the kernel
    received_ns  when the end of the answer had been read
    """

    status: int
    headers: Sequence[tuple[bytes, bytes]]
    body: bytes
    sent_ns: int
    received_ns: int

    def values(self, name: str) -> list[str]:
        """Those of each header of this name, whatever its case."""
        wanted = name.lower().encode()
        return [value.decode("latin-1") for key, value in self.headers if key == wanted]
