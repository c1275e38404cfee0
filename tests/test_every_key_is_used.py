"""No key that does nothing: what a configuration accepts is read by the program."""

import ast
import functools
import typing
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

import pinnacle
from pinnacle.core.config import Section
from pinnacle.core.paths import ROLES
from pinnacle.core.toml import read_toml
from pinnacle.plan.checks import load_session
from pinnacle.plan.config import SessionConfig, to_toml
from pinnacle.strategy.chosen import STRATEGIES
from pinnacle.venues import registry

PACKAGE = Path(pinnacle.__file__).parent
SHIPPED = sorted((PACKAGE.parent / "config").glob("*.toml"))


def sections(kind: object, found: set[type[Section]]) -> set[type[Section]]:
    """Every Section that a value of this type can hold."""
    if isinstance(kind, type) and issubclass(kind, Section) and kind not in found:
        found.add(kind)
        for inner in typing.get_type_hints(kind).values():
            sections(inner, found)
    for inner in typing.get_args(kind):
        sections(inner, found)
    return found


def reads_of(tree: ast.AST) -> Iterator[str]:
    """The name of each attribute that is read, but for the checks of a section's own values."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.FunctionDef) and node.name == "__post_init__":
            continue
        if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Load):
            yield node.attr
        yield from reads_of(node)


FOUND = sections(SessionConfig, {registry.find(name).section for name in registry.VENUES})
SECTIONS = sorted(FOUND, key=lambda kind: kind.__name__)


@functools.cache
def reads() -> set[str]:
    """Of all modules."""
    found = {
        name
        for path in PACKAGE.rglob("*.py")
        for name in reads_of(ast.parse(path.read_text(encoding="utf-8")))
    }
    # Read with getattr: each process gets the section of its own name, a strategy that of its name.
    return found | {*ROLES, *STRATEGIES}


def unread(section: type[Section]) -> list[str]:
    """Keys of a section that nothing looks at but to check them."""
    return [name for name in section.__struct_fields__ if name not in reads()]


def test_the_sections_were_found():
    names = {section.__name__ for section in SECTIONS}
    assert {"SessionConfig", "MarketMakerConfig", "LimitsConfig", "BinanceConfig"} <= names


def test_a_key_that_nothing_reads_is_noticed():
    class Unused(Section):
        a_key_that_nothing_reads: int = 0

    assert unread(Unused) == ["a_key_that_nothing_reads"]
    checks = "class A:\n def __post_init__(self):\n  self.checked\n def b(self):\n  self.used"
    assert list(reads_of(ast.parse(checks))) == ["used"]


@pytest.mark.parametrize("section", SECTIONS, ids=lambda section: section.__name__)
def test_every_key_of_a_section_is_read_somewhere(section):
    assert unread(section) == []


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.name)
def test_every_key_of_a_shipped_configuration_is_taken_as_it_is_written(path):
    loaded = msgspec.to_builtins(load_session(path))

    def compare(written: object, taken: object, where: str) -> None:
        if isinstance(written, dict):
            for key, value in written.items():
                assert key in taken, f"{where}.{key}"
                compare(value, taken[key], f"{where}.{key}")
        elif isinstance(written, list) and written and isinstance(written[0], dict):
            for one, other in zip(written, taken, strict=True):
                compare(one, other, where)
        elif where.endswith(".folder"):
            assert taken == str((path.parent / str(written)).absolute()), where
        else:
            assert written == taken, where

    compare(read_toml(path), loaded, path.name)


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.name)
def test_a_configuration_that_is_shown_with_its_defaults_is_the_same_configuration(path, tmp_path):
    loaded = load_session(path)
    shown = tmp_path / "shown.toml"
    shown.write_text(to_toml(loaded), encoding="utf-8")
    assert load_session(shown) == loaded
