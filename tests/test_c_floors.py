"""The folders of csrc/ are its floors: who may include whose headers."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
CSRC = ROOT / "csrc"
INCLUDE = re.compile(r'^\s*#\s*include\s*"([^"]+)"', re.MULTILINE)
#: By folder, those whose headers its files may include besides their own.
ALLOWED = {
    "base": set(),
    "shared": {"base"},
    "journal": {"base"},
    "book": {"base", "shared"},
    "wire": {"base"},
    "risk": {"base"},
    "sim": {"base", "book"},
    "trade": {"base", "book"},
    "report": {"base", "book"},
    "capture": {"base", "book", "wire"},
    "turn": {"base", "shared", "journal", "book", "sim", "trade", "risk"},
}


def violations(folder, text):
    """What is wrong with the includes of a file of this folder, as words."""
    for name in INCLUDE.findall(text):
        there, _, header = name.partition("/")
        if not header:
            yield f"{name} names no folder"
        elif there not in {folder, *ALLOWED[folder]}:
            yield f"{folder} includes {name}"


def test_every_source_stands_in_a_folder_that_has_a_floor():
    stands = {path.parent for path in CSRC.rglob("*.[ch]")}
    assert stands == {CSRC / folder for folder in ALLOWED}


def test_no_source_includes_what_stands_above_it_or_beside_it():
    files = sorted(CSRC.rglob("*.[ch]"))
    found = [
        f"{path.name}: {what}"
        for path in files
        for what in violations(path.parent.name, path.read_text(encoding="utf-8"))
    ]
    assert len(files) > 80 and found == []


@pytest.mark.parametrize(
    ("folder", "text", "wrong"),
    [
        ("risk", '#include "book/book.h"', "risk includes book/book.h"),
        ("base", '# include "shared/ring.h"', "base includes shared/ring.h"),
        ("sim", '#include "trade/desk.h"', "sim includes trade/desk.h"),
        ("book", '#include "book.h"', "book.h names no folder"),
        ("book", '#include "book/book.h"\n#include <errno.h>\n#include "base/event.h"', None),
    ],
)
def test_the_check_sees_what_it_must(folder, text, wrong):
    assert list(violations(folder, text)) == ([wrong] if wrong else [])


def test_the_documented_folders_are_these():
    text = (ROOT / "docs/architecture.md").read_text(encoding="utf-8")
    begin = text.index("The folders of `csrc/`;")
    rows = re.findall(r"^ (\w+) +(.*?) {2,}\S", text[begin : text.index("## Two kinds")], re.M)
    documented = {name: set(below.split()) for name, below in rows}
    every = set(ALLOWED) - {"turn"}
    assert documented.pop("turn") == {"all", "but", "wire", "report", "and", "capture"}
    assert every - {"wire", "report", "capture"} == ALLOWED["turn"]
    assert documented == {name: below for name, below in ALLOWED.items() if name != "turn"}
