"""Configuration: typed, and every mistake named with its file and key."""

from pathlib import Path

import pytest

from pinnacle.core.config import ProcessConfig, Section, load
from pinnacle.core.errors import ConfigError


class Inner(Section):
    depth: int = 5


class Outer(Section):
    name: str
    inner: Inner = Inner()


def written(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "a.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_good_file_is_typed_and_defaults_are_filled_in(tmp_path):
    loaded = load(written(tmp_path, 'name = "x"'), Outer)
    assert loaded == Outer(name="x", inner=Inner(depth=5))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('name = "x"\ncolour = 1', ["colour", "unknown key"]),
        ('name = "x"\n[inner]\ndepht = 1', ["inner.depht", "unknown key"]),
        (
            'name = "x"\n[inner]\ndepth = "deep"',
            ["inner.depth: must be a whole number, not 'deep'"],
        ),
        ("[inner]\ndepth = 1", ["name", "missing"]),
        ("\nname = = 1", ["line 2"]),
    ],
)
def test_a_mistake_names_the_file_and_the_key(tmp_path, text, words):
    path = written(tmp_path, text)
    with pytest.raises(ConfigError) as caught:
        load(path, Outer)
    for word in [str(path), *words]:
        assert word in str(caught.value)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(ConfigError, match=r"nowhere\.toml: no such file"):
        load(tmp_path / "nowhere.toml", Outer)


def test_a_choice_outside_its_list_is_refused_with_the_list(tmp_path):
    path = written(tmp_path, 'wait = "sleep"')
    with pytest.raises(ConfigError, match="spin, yield, park"):
        load(path, ProcessConfig)
