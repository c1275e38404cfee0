"""What `pinnacle rehearse` has found, for tests: a busy machine is late, and that is no fault."""

import re

_LATE = re.compile(r"quotes stayed for|nothing rested for|no quotes of both sides for")


def problems(found: dict) -> list[str]:
    """All but those that say how long something took."""
    return [words for words in found["problems"] if not _LATE.search(words)]
