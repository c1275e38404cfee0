"""Messages as no venue should send them: cut, without a member, a number where text belongs."""

import json
import random
from collections.abc import Iterator
from typing import Any


def spoiled(text: bytes, draw: random.Random) -> bytes:
    """Something is wrong with it from here on; what is no JSON is cut."""
    try:
        whole = json.loads(text)
    except ValueError:
        whole = None
    places = list(_members(whole))
    if not places or draw.random() < 1 / 3:
        return text[: draw.randrange(len(text))] if text else b"{"
    holder, name = draw.choice(places)
    if draw.random() < 1 / 2:
        del holder[name]
    else:
        holder[name] = _other(holder[name])
    return json.dumps(whole).encode()


def _members(value: Any) -> Iterator[tuple[dict[str, Any], str]]:
    """Each member of each object."""
    if isinstance(value, dict):
        yield from ((value, name) for name in value)
    if isinstance(value, (dict, list)):
        for each in value.values() if isinstance(value, dict) else value:
            yield from _members(each)


def _other(value: Any) -> Any:
    """A number as text, text that is one as a number, anything else in a list."""
    if isinstance(value, (int, float)):
        return str(value)
    try:
        return float(value)
    except (TypeError, ValueError):
        return [value]
