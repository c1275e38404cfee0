"""The list of instruments beside a session's journals: read as it was written, or refused."""

import json
from dataclasses import replace

import pytest

from pinnacle.core.errors import LayoutError
from pinnacle.core.instruments import read_list, write_list
from tests.replay.recorded import BTC, ETH


@pytest.fixture
def path(tmp_path):
    write_list(tmp_path / "instruments.json", [BTC, ETH])
    return tmp_path / "instruments.json"


def test_it_comes_back_as_it_was_written(path):
    assert read_list(path) == [BTC, ETH]


def test_of_several_venues_it_comes_back_with_their_names(path):
    written = [
        replace(BTC, venue_name="alpha", of_several=True),
        replace(BTC, instrument_id=1, venue_name="beta", venue_number=1, of_several=True),
    ]
    written[1] = replace(written[1], feed_offset=2)
    write_list(path, written)
    assert read_list(path) == written
    assert [row.label for row in written] == ["alpha:BTC-USD", "beta:BTC-USD"]


WRONG = [
    ("maker_fee_e8", -(2**63) - 1, "maker_fee_e8"),
    ("taker_fee_e8", 1.5, "Expected `int`, got `float`"),
    ("tick_size", "-0.1", "tick_size: must be positive"),
    ("tick_size", "nan", "tick_size"),
    ("lot_size", "1e999999999", "lot_size"),
    ("quantity_min", "0", "quantity_min"),
    ("venue_number", -1, "venue_number"),
    ("venue_number", 32, "venue_number"),
    ("feed_offset", -1, "feed_offset"),
    ("venue", "nasdaq", "no venue 'NASDAQ'"),
    ("symbol", "../x", "not an instrument list"),
    ("instrument_id", 1, "not in their order"),
]


@pytest.mark.parametrize(("key", "value", "words"), WRONG)
def test_a_value_that_no_instrument_has_is_named_with_the_file(path, key, value, words):
    rows = json.loads(path.read_text(encoding="utf-8"))
    rows[0][key] = value
    path.write_text(json.dumps(rows), encoding="utf-8")
    with pytest.raises(LayoutError) as caught:
        read_list(path)
    assert str(caught.value).startswith(f"{path}: not an instrument list: ")
    assert words in str(caught.value)


TEXTS = ["[", "[" * 300_000, "{}", "[]", "[1]", '[{"symbol": "X"}]', "-2e400"]


@pytest.mark.parametrize("text", TEXTS, ids=lambda text: text[:9])
def test_a_text_that_is_no_such_list_is_refused(path, text):
    path.write_text(text, encoding="utf-8")
    with pytest.raises(LayoutError, match=r"instruments\.json: not an instrument list: "):
        read_list(path)


def test_a_list_that_cannot_be_read_says_why(path):
    with pytest.raises(LayoutError, match=r"none\.json: No such file or directory$"):
        read_list(path.with_name("none.json"))


def test_a_list_from_before_venues_had_names_calls_them_by_their_kind(path):
    rows = json.loads(path.read_text(encoding="utf-8"))
    for row in rows:
        del row["venue_name"], row["venue_number"], row["feed_offset"]
    path.write_text(json.dumps(rows), encoding="utf-8")
    found = [(row.venue_name, row.venue_number) for row in read_list(path)]
    assert found == [("simulated", 0), ("simulated", 0)]
