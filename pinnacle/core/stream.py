"""Text to a file descriptor that knows what a full disk or a reader who left means to the program.

A process that trades, and its supervisor, must not end because a line cannot be written: to them
it is lost and counted. To a command whose output is its purpose it is the end, with an exit code.
"""

import errno
import io
import os
import signal
from collections.abc import Callable
from typing import BinaryIO, cast

INTERNAL_ERROR = 70
#: What a shell shows of a program that wrote to a reader who had left, as `| head` does.
READER_LEFT = 128 + signal.SIGPIPE


class OutputError(Exception):
    """Standard output cannot be written. A reader who left needs no words, as with SIGPIPE."""

    def __init__(self, error: OSError):
        super().__init__(f"the output cannot be written: {error.strerror}")
        left = error.errno == errno.EPIPE
        self.silent = left
        self.exit_code = READER_LEFT if left else INTERNAL_ERROR


class Output(io.RawIOBase):
    """Bytes to `fd`, at once. `forgiving`: what cannot be written is lost, else an OutputError.

    lost, trouble  how often something was lost, and why the last time; `on_loss` is called then.
    """

    def __init__(self, fd: int, forgiving: bool, on_loss: Callable[[], None] = lambda: None):
        super().__init__()
        self.forgiving = forgiving
        self.lost = 0
        self.trouble = ""
        self._fd = fd
        self._on_loss = on_loss

    def write(self, data: "bytes | memoryview") -> int:  # type: ignore[override]
        left = memoryview(data).cast("B")
        size = len(left)
        try:
            while left:
                left = left[os.write(self._fd, left) :]
        except OSError as error:
            if not self.forgiving:
                raise OutputError(error) from None
            self.lost += 1
            self.trouble = error.strerror or str(error)
            self._on_loss()
        return size

    def writable(self) -> bool:
        return True

    def fileno(self) -> int:
        return self._fd

    def isatty(self) -> bool:
        return os.isatty(self._fd)


def text_over(output: Output, encoding: str = "utf-8") -> io.TextIOWrapper:
    """A text stream that keeps nothing back: there is nothing to flush when the program ends.

    A symbol that the terminal's encoding does not have is no reason to end.
    """
    return io.TextIOWrapper(
        cast(BinaryIO, output),
        encoding=encoding,
        errors="backslashreplace",
        write_through=True,
    )
