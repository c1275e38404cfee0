"""Every exception of Pinnacle, and the one place where a C return code becomes one.

PinnacleError
├── UsageError            exit 2   the command line
├── ConfigError           exit 3   a file, a key, a value
├── LayoutError           exit 4   a mapped file of another layout, version or program
├── PeerLostError         exit 5   a process that this one needs is gone
├── DataError             exit 1   a journal, capture or message is damaged
├── StrategyError         exit 70  a strategy's own code failed; .__cause__ has its traceback
└── NativeError           exit 70  a C function failed; .code is enum pmm_error
    ├── NotReadyError              not there yet: try again
    ├── OwnedError                 another live process writes it
    ├── ShortageError              no more open files, no more memory; .errno says of what
    ├── UnreadableError     exit 1  a recorded file is not there, or cannot be read
    └── CorruptError        exit 1  damage before later valid data
"""

import errno
import os

from pinnacle.core._native import ffi, lib


class PinnacleError(Exception):
    """A failure with a text that a user can act on; `exit_code` is what a command returns."""

    exit_code = 70


class UsageError(PinnacleError):
    """The command line cannot be carried out as given."""

    exit_code = 2


class ConfigError(PinnacleError):
    """A configuration file is wrong; the text names file and key."""

    exit_code = 3


class LayoutError(PinnacleError):
    """A mapped file has another layout, version or maker."""

    exit_code = 4


class PeerLostError(PinnacleError):
    """A process that this one cannot work without is gone."""

    exit_code = 5


class DataError(PinnacleError):
    """Recorded data is damaged; the text names the place."""

    exit_code = 1


class StrategyError(PinnacleError):
    """A strategy's own code failed; the text names its line."""

    #: The author wants to see how his code got there.
    show_cause = True


class NativeError(PinnacleError):
    """A C function returned a negative code that has no better exception."""

    def __init__(self, code: int, what: str):
        super().__init__(what)
        self.code = code


class NotReadyError(NativeError):
    """The file is not there yet, or its maker has not finished."""


class OwnedError(NativeError):
    """Another live process is the owner."""


class ShortageError(NativeError):
    """There are no more open files or no more memory: no file that was asked for is to blame."""

    def __init__(self, number: int, what: str):
        super().__init__(lib.PMM_ERR_SYSTEM, what)
        self.errno = number


class UnreadableError(NativeError):
    """A recorded file is not there, or cannot be read."""

    exit_code = 1


class CorruptError(NativeError):
    """Damage before later valid data."""

    exit_code = 1


_SHORTAGES = (errno.EMFILE, errno.ENFILE, errno.ENOMEM)
_LAYOUT_CODES = {
    lib.PMM_ERR_FOREIGN,
    lib.PMM_ERR_VERSION,
    lib.PMM_ERR_LAYOUT,
    lib.PMM_ERR_STALE,
    lib.PMM_ERR_TRUNCATED,
}
_NATIVE_TYPES = {
    lib.PMM_ERR_NOT_READY: NotReadyError,
    lib.PMM_ERR_OWNED: OwnedError,
    lib.PMM_ERR_CORRUPT: CorruptError,
}


def is_shortage(error: BaseException) -> bool:
    """Whether the machine or the user's limits have no more, or that is what it came from.

    Whoever makes an error the fault of a file, a journal or a strategy asks this first.
    """
    if isinstance(error, MemoryError) or getattr(error, "errno", None) in _SHORTAGES:
        return True
    return error.__cause__ is not None and is_shortage(error.__cause__)


def check(code: int, what: object = "") -> int:
    """Return `code` if it is not negative, else raise its exception; `what` names the thing."""
    if code >= 0:
        return code
    text = ffi.string(lib.pmm_strerror(code)).decode()
    number = ffi.errno if code == lib.PMM_ERR_SYSTEM else 0
    if number:
        text = os.strerror(number)
    message = f"{what}: {text}" if what else text
    if number in _SHORTAGES:
        raise ShortageError(number, message)
    if code in _LAYOUT_CODES:
        raise LayoutError(message)
    raise _NATIVE_TYPES.get(code, NativeError)(code, message)
