"""An object is made anew when anything that it was made from is another."""

import shutil

import pytest

from tests.c import built
from tests.c.mutants import without
from tests.c.sources import CSRC


def made(source, tree=CSRC, flags=built.WARNED):
    return built._object(source, flags, tree)


@pytest.fixture(autouse=True)
def kept(tmp_path, monkeypatch):
    monkeypatch.setattr(built, "KEPT", tmp_path / "kept")
    (tmp_path / "kept").mkdir()


CRC = CSRC / "base" / "crc32c.c"


def test_the_same_is_made_once():
    assert made(CRC) == made(CRC)
    assert len(list(built.KEPT.iterdir())) == 1


def test_other_flags_make_another():
    assert made(CRC) != made(CRC, flags=[*built.WARNED, "-O2"])


@pytest.mark.parametrize("name", ["clock.h", "walk.c"], ids=["a header", "what a header includes"])
def test_another_header_makes_another_and_so_does_a_source_that_one_includes(tmp_path, name):
    (file,) = CSRC.glob(f"*/{name}")
    text = file.read_text(encoding="utf-8")
    line = next(line for line in text.splitlines() if text.count(line + "\n") == 1 and "#" in line)
    tree = without(tmp_path, name, line + "\n", line + "\n\n")
    assert made(tree / CRC.relative_to(CSRC), tree) != made(CRC)


def test_a_source_of_a_copy_that_is_the_same_makes_the_same(tmp_path):
    tree = shutil.copytree(CSRC, tmp_path / "copy")
    assert made(tree / CRC.relative_to(CSRC), tree) == made(CRC)
