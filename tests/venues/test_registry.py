"""Venues are found by name, one's own by its path; what is none is refused in words."""

import sys

import pytest

from pinnacle.core.schema import Venue
from pinnacle.venues import registry
from pinnacle.venues.port import VenueKind


@pytest.fixture
def module(tmp_path, monkeypatch):
    """Write a module that can be imported for the length of the test; its name."""

    def write(text):
        (tmp_path / "venue_of_a_test.py").write_text(text, encoding="utf-8")
        monkeypatch.syspath_prepend(tmp_path)
        monkeypatch.delitem(sys.modules, "venue_of_a_test", raising=False)
        return "venue_of_a_test"

    yield write
    sys.modules.pop("venue_of_a_test", None)


@pytest.mark.parametrize("name", registry.VENUES)
def test_each_venue_declares_its_own_name_and_number(name):
    kind = registry.find(name)
    assert isinstance(kind, VenueKind) and kind.name == name
    assert kind.venue_id is Venue[name.upper()] is registry.venue_id(name)
    assert kind.section()  # every key has a default: the venue itself


def test_the_simulated_venue_has_a_number_and_no_package():
    assert registry.venue_id(registry.SIMULATED) is Venue.SIMULATED
    with pytest.raises(ValueError, match="must be one of binance"):
        registry.find(registry.SIMULATED)


def test_ones_own_is_other(module):
    text = """
from pinnacle.core.config import Section
from pinnacle.venues.port import VenueKind

class Mine(VenueKind):
    name, section = "mine", Section
    def market_data(self, *_): ...

MINE = Mine()
"""
    path = f"{module(text)}:MINE"
    assert registry.find(path).name == "mine"
    assert registry.venue_id(path) is Venue.OTHER
    assert registry.find(path).symbol_fault("any") is None


@pytest.mark.parametrize(
    ("text", "attribute", "words"),
    [
        ("VENUE = 5", "VENUE", "is no VenueKind but int"),
        ("", "VENUE", "AttributeError"),
        ("def (", "VENUE", "SyntaxError"),
        ("1 / 0", "VENUE", "ZeroDivisionError"),
        ("", "", "cannot be imported"),
    ],
)
def test_a_module_that_is_none_is_refused_with_what_is_wrong(module, text, attribute, words):
    with pytest.raises(ValueError, match=words):
        registry.find(f"{module(text)}:{attribute}")


@pytest.mark.parametrize("path", ["no_such_module:VENUE", ":VENUE", "..:x"])
def test_a_path_that_leads_nowhere_is_refused(path):
    with pytest.raises(ValueError, match="cannot be imported"):
        registry.find(path)
