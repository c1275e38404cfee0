"""A message that is spoiled is another one, in each of the ways, and the same ones by the seed."""

import json
import random

import pytest

from pinnacle.exchange.network.spoiled import spoiled

MESSAGE = {
    "event": {"id": 7, "price": "1.5", "rows": [{"side": "buy", "open": True}]},
    "none": None,
}
TEXT = json.dumps(MESSAGE).encode()


def many(text=TEXT, seed=1):
    draw = random.Random(seed)
    return [spoiled(text, draw) for _ in range(400)]


def parsed(text):
    try:
        return json.loads(text)
    except ValueError:
        return None


def test_no_message_stays_what_it_was():
    assert TEXT not in many()
    assert all(parsed(text) != MESSAGE for text in many())


def test_it_is_cut_or_lacks_something_or_has_another_thing():
    found = many()
    whole = [parsed(text) for text in found if parsed(text) is not None]
    assert any(TEXT.startswith(text) for text in found)
    assert any("event" not in each for each in whole)
    events = [each["event"] for each in whole if isinstance(each.get("event"), dict)]
    assert any(event.get("id") == "7" for event in events)
    assert any(event.get("price") == 1.5 for event in events)
    rows = [event["rows"][0] for event in events if event.get("rows")]
    assert any(isinstance(row, dict) and "side" not in row for row in rows)
    assert any(isinstance(row, dict) and row.get("side") == ["buy"] for row in rows)


def test_it_is_the_same_by_the_seed():
    assert many() == many() != many(seed=2)


@pytest.mark.parametrize("text", [b"", b"<html>", b"[]", b"7"])
def test_what_has_no_members_is_cut(text):
    assert all(len(found) < max(len(text), 2) for found in many(text))
