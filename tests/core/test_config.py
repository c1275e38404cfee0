"""Configuration: typed, and every mistake named with its file and key."""

from pathlib import Path

import msgspec
import pytest

from pinnacle.core.config import ProcessConfig, Section, Tables, convert_part, load
from pinnacle.core.errors import ConfigError
from pinnacle.core.toml import toml_text


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
        ('name = "a\\u0000b"', ["name: has a NUL in it"]),
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


class Shallow(Section):
    width: int = 1


class ByKind(Tables):
    """The Section is what its name says that it is."""

    @classmethod
    def section(cls, name):
        kinds = {"deep": Inner, "of:mine": Shallow}
        if name not in kinds:
            raise ValueError(f"no such kind: {name!r}")
        return kinds[name]


class Several(Section):
    parts: ByKind


def test_each_of_several_tables_has_the_section_that_it_calls_for(tmp_path):
    text = '[parts.deep]\ndepth = 2\n[parts."of:mine"]\nwidth = 3'
    loaded = load(written(tmp_path, text), Several)
    assert loaded.parts == {"deep": Inner(depth=2), "of:mine": Shallow(width=3)}
    again = written(tmp_path, toml_text(msgspec.to_builtins(loaded)))
    assert load(again, Several) == loaded


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('[parts.deep]\ndepth = "x"', "parts.deep.depth: must be a whole number, not 'x'"),
        ("[parts.deep]\nwidth = 1", "parts.deep.width: unknown key"),
        ("[parts]\ndeep = 1", "parts.deep: must be a table, not 1"),
        ("[parts.odd]", "parts.odd: no such kind: 'odd'"),
        ('[parts."o d"]', "parts.\"o d\": no such kind: 'o d'"),
        ("parts = 1", "parts: must be a table, not 1"),
        ("", "parts: missing"),
    ],
)
def test_a_mistake_in_one_of_them_names_it(tmp_path, text, words):
    path = written(tmp_path, text)
    with pytest.raises(ConfigError) as caught:
        load(path, Several)
    assert str(caught.value) == f"{path}: {words}"


def test_a_key_with_digits_is_named_like_any_other():
    class Pins(Section, frozen=True):
        pin_sha256: str = ""

        def __post_init__(self):
            if self.pin_sha256:
                raise ValueError("pin_sha256: is none")

    with pytest.raises(ConfigError, match=r"^here\.pin_sha256: is none$"):
        convert_part({"pin_sha256": "1"}, Pins, "here")


def test_a_nul_is_found_wherever_it_stands(tmp_path):
    class Listed(Section):
        of: list[Inner] = []
        names: list[str] = []

    path = written(tmp_path, 'names = ["", "\\u0000"]')
    with pytest.raises(ConfigError, match=r"names\[1\]: has a NUL"):
        load(path, Listed)
