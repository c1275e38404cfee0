"""Rewrites the byte-offset tables of docs/*.md from the structs that the C compiler sees.

A table stands between `<!-- table: pmm_event -->` and `<!-- end -->`. Offsets, sizes and types come
from the compiled library through cffi; meanings come from the comments of the header that defines
the struct: its offset table, or else the comment behind the field.

    .venv/bin/python tools/offset_tables.py           rewrite
    .venv/bin/python tools/offset_tables.py --check   exit 1 and name the files that are not current
"""

import re
import sys
from pathlib import Path

from pinnacle.core._native import ffi

ROOT = Path(__file__).resolve().parents[1]
BLOCK = re.compile(r"(<!-- table: (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)
ROW = re.compile(r"^ \*\s+(\d+)\s+(?:\d+|\.\.\.)\s+(\w+):?(?:\s+(\S.*))?$")
CONTINUATION = re.compile(r"^ \*\s{20,}(\S.*)$")
FIELD = re.compile(r"^\s+(?:struct )?\w+ (\w+)(?:\[\w+\])?;\s*/\*\s*(.*?)\s*\*/")


def header_of(struct: str) -> str:
    """The text of the header that defines a struct; SystemExit if none does."""
    for path in sorted((ROOT / "csrc").glob("*/*.h")):
        text = path.read_text(encoding="utf-8")
        if f"struct {struct} {{" in text:
            return text
    raise SystemExit(f"no header of csrc/ defines struct {struct}")


def table_meanings(header: str) -> dict[tuple[str, int], str]:
    """Meaning by (field, offset), from the offset tables in a header's comments."""
    meanings: dict[tuple[str, int], str] = {}
    last = None
    for line in header.splitlines():
        row, more = ROW.match(line), CONTINUATION.match(line)
        if row:
            last = (row[2], int(row[1]))
            meanings[last] = row[3] or ""
        elif more and last:
            meanings[last] += " " + more[1]
        else:
            last = None
    return meanings


def field_meanings(header: str, struct: str) -> dict[str, str]:
    """Meaning by field, from the comments behind the fields of one struct."""
    body = header.split(f"struct {struct} {{", 1)[1].split("\n};", 1)[0]
    found = (FIELD.match(line) for line in body.splitlines())
    return {match[1]: match[2] for match in found if match}


def table_of(struct: str) -> str:
    """The Markdown table of a struct."""
    header = header_of(struct)
    by_place, by_field = table_meanings(header), field_meanings(header, struct)
    ctype = ffi.typeof(f"struct {struct}")
    lines = ["| offset | bytes | field | type | meaning |", "|---:|---:|---|---|---|"]
    for name, field in ctype.fields:
        meaning = by_place.get((name, field.offset)) or by_field.get(name, "")
        if name.startswith("reserved"):
            meaning = "zero"
        cells = [field.offset, ffi.sizeof(field.type), f"`{name}`", f"`{field.type.cname}`"]
        lines.append("| " + " | ".join(map(str, [*cells, meaning.replace("|", "\\|")])) + " |")
    lines.append(f"\n{ffi.sizeof(ctype)} bytes in all.")
    return "\n".join(lines)


def rewrite(text: str) -> str:
    """A document with every marked table made anew."""
    return BLOCK.sub(lambda match: f"{match[1]}\n{table_of(match[2])}\n\n{match[3]}", text)


def main(arguments: list[str]) -> int:
    """Rewrite, or check; the number of documents that are not current with --check."""
    outdated = 0
    for path in sorted((ROOT / "docs").rglob("*.md")):
        text = path.read_text(encoding="utf-8")
        fresh = rewrite(text)
        if fresh == text:
            continue
        if "--check" in arguments:
            print(f"{path.relative_to(ROOT)}: tables differ from csrc/", file=sys.stderr)
            outdated = 1
        else:
            path.write_text(fresh, encoding="utf-8")
            print(path.relative_to(ROOT))
    return outdated


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
