"""What sessions and symbols may be called, and how a symbol becomes a file's name.

A name is never a path: it stays one component below the folder that the configuration gives, it
fits into the headers of journals and segments, and no two symbols share a file.
"""

import re
import string
import time
from typing import Self
from urllib.parse import quote

NAME_BYTES_MAX = 31
_SESSION = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*")
#: What a session's own name may have, so that `stamped` still fits: "-261126-8ln" is added.
CONFIGURED_BYTES_MAX = NAME_BYTES_MAX - 11
#: What stands in a file's name as it is, besides letters and digits: all but `%` and the slash.
_ASCII_SIGNS = "".join(sign for sign in string.punctuation if sign not in "%/")
_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"


class SessionName(str):
    """A session's name: ASCII letters, digits, `-`, `_` and `.`; ValueError says what is wrong."""

    __slots__ = ()

    def __new__(cls, text: str) -> Self:
        if not _SESSION.fullmatch(text):
            raise ValueError(
                f"{text[:40]!r} is not a session's name: it has letters, digits, '_', '-', '.', "
                "and does not begin with the last two"
            )
        if len(text) > NAME_BYTES_MAX:
            raise ValueError(f"{text[:40]!r} is longer than {NAME_BYTES_MAX} characters")
        return super().__new__(cls, text)


class Symbol(str):
    """An instrument's name, in any script, without blanks; ValueError says what is wrong."""

    __slots__ = ()

    def __new__(cls, text: str) -> Self:
        if not text:
            raise ValueError("a symbol must not be empty")
        if not text.isprintable() or any(sign.isspace() for sign in text):
            raise ValueError(f"{text[:40]!r} holds a blank or a sign that cannot be printed")
        if len(text.encode()) > NAME_BYTES_MAX:
            raise ValueError(f"{text[:40]!r} has more than {NAME_BYTES_MAX} bytes")
        if text[0] in "-." or any(part in ("", ".", "..") for part in text.split("/")):
            raise ValueError(f"{text!r} begins like an option or is a path")
        return super().__new__(cls, text)


def file_name(text: str) -> str:
    """The same for no other text, without a slash, and ASCII: any locale can name it."""
    return quote(text, safe=_ASCII_SIGNS)


def stamped(name: str, seconds: float | None = None) -> SessionName:
    """`name` with the day (UTC) and the time of day: "demo" becomes "demo-261126-8ln".

    The last three signs count the day's double seconds in base 36: names sort as time goes, and
    leave a session 20 characters of its own.
    """
    at = time.gmtime(seconds)
    ticks = (at.tm_hour * 3600 + at.tm_min * 60 + at.tm_sec) // 2
    digits = "".join(_DIGITS[ticks // 36**place % 36] for place in (2, 1, 0))
    return SessionName(f"{name}-{time.strftime('%y%m%d', at)}-{digits}")


def is_stamped(name: str, base: str) -> bool:
    """Whether `name` is one that `stamped(base)` gives at some time."""
    return name.startswith(base) and bool(re.fullmatch(r"-\d{6}-[0-9a-z]{3}", name[len(base) :]))
