"""The byte-offset tables of the documents are those of the compiled library."""

import importlib.util
from pathlib import Path

import pytest

from pinnacle.core._native import ffi

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = sorted((ROOT / "docs").rglob("*.md"))

spec = importlib.util.spec_from_file_location("offset_tables", ROOT / "tools" / "offset_tables.py")
tool = importlib.util.module_from_spec(spec)
spec.loader.exec_module(tool)


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_a_documents_tables_are_current(path):
    text = path.read_text(encoding="utf-8")
    assert tool.rewrite(text) == text, "run tools/offset_tables.py"
    assert text.count("<!-- table: ") == len(tool.BLOCK.findall(text)), "a table has no end"


def test_a_table_names_every_field_with_the_compilers_offset_and_the_headers_meaning():
    table = tool.table_of("pmm_event")
    for name, field in ffi.typeof("struct pmm_event").fields:
        assert f"| {field.offset} | {ffi.sizeof(field.type)} | `{name}` |" in table
    assert "| 16 | 8 | `price` | `int64_t` | ticks |" in table
    assert "recv_ns of the market record behind it |" in table


def test_every_field_of_the_shared_structures_has_a_meaning():
    text = (ROOT / "docs" / "shared-memory.md").read_text(encoding="utf-8")
    rows = [line for line in text.splitlines() if line.startswith("| ") and "`" in line]
    assert len(rows) > 40
    assert not [row for row in rows if row.endswith("|  |")]


def test_an_outdated_table_is_made_anew_and_the_rest_is_left_alone():
    text = "before\n<!-- table: pmm_counter -->\nold\n<!-- end -->\nafter\n"
    fresh = tool.rewrite(text)
    assert fresh.startswith("before\n") and fresh.endswith("after\n")
    assert "old" not in fresh and "`value`" in fresh
    assert tool.rewrite(fresh) == fresh


def test_a_struct_that_no_header_defines_is_an_error_that_names_it():
    with pytest.raises(SystemExit, match="pmm_nothing"):
        tool.rewrite("<!-- table: pmm_nothing -->\n<!-- end -->")
