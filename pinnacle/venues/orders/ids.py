"""What our orders are called at a venue: a UUID that says which session's, and which order.

Every venue takes the form of a version 4 UUID, and one drops in silence whatever has another. Here
its random digits are not: `9ace`, eleven digits of the session, fifteen of the order's id.

    9acessss-ssss-4sss-8ooo-oooooooooooo

So an id is never used twice, whatever restarts, and an order that is found at a venue can be told
to be ours, and whose.
"""

import hashlib
import re

_OURS = "9ace"
_FORM = re.compile(r"9ace([0-9a-f]{4})-([0-9a-f]{4})-4([0-9a-f]{3})-8([0-9a-f]{3})-([0-9a-f]{12})")


def session_tag(name: str, made_ns: int) -> int:
    """44 bits that stand for a session, by its name and when it was made."""
    return (
        int.from_bytes(hashlib.blake2b(f"{name}\0{made_ns}".encode(), digest_size=6).digest()) >> 4
    )


class ClientIds:
    """Those of one session."""

    def __init__(self, tag: int):
        digits = f"{tag:011x}"
        self._head = f"{_OURS}{digits[:4]}-{digits[4:8]}-4{digits[8:]}-8"
        self._session = digits

    def text(self, order_id: int) -> str:
        """Of an order; ids are below 2^60."""
        digits = f"{order_id:015x}"
        return f"{self._head}{digits[:3]}-{digits[3:]}"

    def order_id(self, text: str) -> int | None:
        """The inverse; None of what is not this session's."""
        found = _FORM.fullmatch(text.lower())
        if found is None or "".join(found.group(1, 2, 3)) != self._session:
            return None
        return int(found[4] + found[5], 16)


def is_ours(text: str) -> bool:
    """Whether it is an order of any session."""
    return _FORM.fullmatch(text.lower()) is not None
