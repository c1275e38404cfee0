"""The repository keeps its own habits: this reads the source as text."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
C_FILES = sorted((ROOT / "csrc").glob("*/*.[ch]"))
PYTHON_FILES = sorted((ROOT / "pinnacle").rglob("*.py"))
SOURCES = [
    path
    for folder in ("csrc", "pinnacle", "tools", "tests", "bench")
    for path in sorted((ROOT / folder).rglob("*"))
    if path.suffix in {".py", ".c", ".h", ".sh"} and not path.name.startswith("_native")
]
# In pieces, so that this file does not find itself.
DEBT = re.compile(r"\b(?:TO" + r"DO|FIX" + r"ME|X" + r"XX)\b")
FUNCTION_LINES_MAX = 70
C_FILE_LINES_MAX = 350
MODULE_LINES_MAX = 400


def relative(path):
    return str(path.relative_to(ROOT))


def without_comments(text):
    """The code with its comments blanked, line for line."""
    return re.sub(r"/\*.*?\*/", lambda match: "\n" * match[0].count("\n"), text, flags=re.DOTALL)


def functions_of(text):
    """(name, first line, lines) of each function: a brace block at the left margin after a `)`."""
    lines = without_comments(text).splitlines()
    found, start, head = [], None, ""
    for number, line in enumerate(lines, 1):
        if start is None and re.match(r"[A-Za-z_].*[(]", line):
            start, head = number, line
        if start is not None and line.rstrip().endswith(";") and not line.startswith((" ", "\t")):
            start = None
        if start is not None and (line[:1] == "}" or (start == number and line[-1] == "}")):
            name = re.search(r"(\w+)\s*\(", head)
            found.append((name[1], start, number - start + 1))
            start = None
    return found


def test_the_source_was_found():
    assert len(C_FILES) > 10
    assert len(PYTHON_FILES) > 5
    assert {"segment.c", "ring.h"} <= {path.name for path in SOURCES}


def test_function_lengths_are_measured_right():
    text = "int a(int b,\n      int c) {\n    return b;\n}\nint d(void);\n"
    text += "struct e {\n    int f;\n};\n/* int\n} */\n"
    text += "static void g(void) {\n}\nint h(void) { return 1; }\n"
    assert functions_of(text) == [("a", 1, 4), ("g", 11, 2), ("h", 13, 1)]


def test_only_atomics_h_orders_memory():
    pattern = re.compile(r"stdatomic\.h|__atomic_|__sync_|_Atomic\b")
    users = [
        p.name for p in C_FILES if pattern.search(without_comments(p.read_text(encoding="utf-8")))
    ]
    assert users == ["atomics.h"]


def test_what_is_asserted_is_asserted_by_assert_h_of_our_own():
    """The C library's assert is not there in a build with -DNDEBUG, which is ours."""
    plain = re.compile(r"(?<!\w)assert\(")
    assert plain.search("if (a) assert(b);") and not plain.search("static_assert(a, b);")
    users = [
        relative(path)
        for path in C_FILES
        if plain.search(without_comments(path.read_text(encoding="utf-8")))
    ]
    assert users == []


NOT_ON_EVERY_PROCESSOR_ALIKE = re.compile(r"(?<![\w.])(?:log1?p?|log2|log10|exp|exp2|expm1|pow)\(")


def test_a_call_of_the_c_librarys_logarithm_is_noticed():
    lines = ["x = log(y);", "-pow(2, z)", "pmm_log(x)", "log_line(a)", "s.exp("]
    assert [bool(NOT_ON_EVERY_PROCESSOR_ALIKE.search(line)) for line in lines] == [
        True, True, False, False, False,
    ]  # fmt: skip


def test_no_decision_hangs_on_the_c_librarys_logarithms_and_powers():
    """Their last bit is another on another processor: see portable_math.h."""
    found = [
        relative(path)
        for path in C_FILES
        if NOT_ON_EVERY_PROCESSOR_ALIKE.search(without_comments(path.read_text(encoding="utf-8")))
    ]
    assert found == []


@pytest.mark.parametrize("path", C_FILES, ids=relative)
def test_no_c_function_is_longer_than_seventy_lines(path):
    long = [
        found
        for found in functions_of(path.read_text(encoding="utf-8"))
        if found[2] > FUNCTION_LINES_MAX
    ]
    assert not long, long


def test_no_c_file_is_longer_than_350_lines():
    lengths = {
        relative(path): len(path.read_text(encoding="utf-8").splitlines()) for path in C_FILES
    }
    assert not {name: n for name, n in lengths.items() if n > C_FILE_LINES_MAX}


def test_no_program_around_the_library_is_longer_than_400_lines():
    """Tests, benches and fuzzers in C and C++, and their headers."""
    programs = [
        path
        for folder in ("tests/c", "bench/c", "fuzz")
        for path in sorted((ROOT / folder).glob("*"))
        if path.suffix in {".c", ".cc", ".h"}
    ]
    assert len(programs) > 30
    lengths = {relative(p): len(p.read_text(encoding="utf-8").splitlines()) for p in programs}
    assert not {name: n for name, n in lengths.items() if n > MODULE_LINES_MAX}


def test_no_line_of_c_is_wider_than_120_columns():
    wide = [
        f"{relative(path)}:{number}"
        for path in C_FILES
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if len(line) > C_LINE_MAX
    ]
    assert wide == []


def test_every_c_file_begins_with_its_purpose():
    """One line of a source; of a public header more, for it is a contract."""
    for path in C_FILES:
        first = rf"/\*\s+(\* )?{re.escape(path.name)}: "
        assert re.match(first, path.read_text(encoding="utf-8")), relative(path)


RANGE = re.compile(r"(?:kind\b|\"kind\"\])\s*(?:[<>]=?)\s*(?:PMM_KIND_|Kind\.)")


def test_only_one_place_knows_how_kinds_are_numbered():
    """A kind that is put in must change nothing but its own class (csrc/base/kinds.h)."""
    knows = [
        relative(path)
        for path in [*C_FILES, *PYTHON_FILES]
        if RANGE.search(path.read_text(encoding="utf-8"))
    ]
    assert knows == ["csrc/base/kinds.h"]


def test_only_one_place_takes_an_orders_terms_apart():
    """csrc/base/terms.h: what makes an order and what judges one must mean the same bits."""
    apart = re.compile(r"\baux\b[^;\n]*>>\s*(?:8|16)\b|PMM_T(?:IF|YPE)_\w+[^;\n]*<<\s*8\b")
    takes = [relative(path) for path in C_FILES if apart.search(path.read_text(encoding="utf-8"))]
    assert takes == ["csrc/base/terms.h"]


#: What is said in two ways in other codebases, and here in the one that is named.
OTHER_DIALECTS = {
    "!p or p": re.compile(r"==\s*NULL\b|!=\s*NULL\b(?!;)"),  # `return p != NULL;` is a number
    "UINT64_C": re.compile(r"\b(?:0x[0-9A-Fa-f]+|\d+)(?:ull|ULL)\b"),
    "no titles of sections": re.compile(r"\n\n/\*[^\n]*\*/\n(?=\n)"),
}
LONE_RETURN = re.compile(
    r"^( *if \([^\n{}]*\)) \{\n +(return\b[^\n{};]*;)\n *\}\n(?! *else)", re.MULTILINE
)
C_LINE_MAX = 120


def other_dialects(text: str) -> list[str]:
    found = [name for name, pattern in OTHER_DIALECTS.items() if pattern.search(text)]
    lines = [" ".join(lone.groups()) for lone in LONE_RETURN.finditer(text)]
    return found + [line for line in lines if len(line) <= C_LINE_MAX]


def test_another_dialect_of_c_is_noticed():
    own = "if (!p || n == 0) return -1;\nreturn p != NULL;\nuint64_t a = UINT64_C(1);\n"
    own += "/* What follows. */\nint f(void);\nif (a) {\n    return 1;\n} else {\n    g();\n}\n"
    assert other_dialects(own) == []
    others = ["if (p == NULL) f();", "if (p != NULL && n) f();", "1ull << n", "0x10ULL"]
    others += ["\n\n/* Set-up. */\n\nint f(void);", "if (n == 0) {\n    return -1;\n}\n"]
    assert [len(other_dialects(text)) for text in others] == [1] * 6


def test_the_c_sources_speak_one_dialect():
    """What can be told from the text; line breaks are clang-format's."""
    found = {relative(path): other_dialects(path.read_text(encoding="utf-8")) for path in C_FILES}
    assert {path: words for path, words in found.items() if words} == {}


def test_no_python_module_is_longer_than_400_lines():
    lengths = {
        relative(path): len(path.read_text(encoding="utf-8").splitlines()) for path in PYTHON_FILES
    }
    assert not {name: n for name, n in lengths.items() if n > MODULE_LINES_MAX}


def texts_without_encoding(text: str) -> Iterator[int]:
    """Lines where a file is read or written as text in whatever encoding the locale has."""
    for node in ast.walk(ast.parse(text)):
        if not isinstance(node, ast.Call) or any(k.arg == "encoding" for k in node.keywords):
            continue
        method = isinstance(node.func, ast.Attribute)
        name = getattr(node.func, "attr", getattr(node.func, "id", ""))
        before_encoding = {"read_text": 0, "write_text": 1}.get(name)
        if before_encoding is not None and len(node.args) <= before_encoding:
            yield node.lineno
        # Path.open has its mode first; a method of another kind has no mode there.
        place = {"open": 0 if method else 1, "fdopen": 1, "NamedTemporaryFile": 0}.get(name)
        if place is None:
            continue
        words = [
            *node.args[place : place + 1],
            *(k.value for k in node.keywords if k.arg == "mode"),
        ]
        modes = [str(word.value) for word in words if isinstance(word, ast.Constant)]
        modes = [mode for mode in modes if re.fullmatch("[rwxa+bt]+", mode)]
        if any("b" not in mode for mode in modes) or (name == "open" and not method and not modes):
            yield node.lineno


def test_text_without_an_encoding_is_noticed():
    good = 'a.read_text(encoding="utf-8")\na.open("rb")\nopen(a, "wb")\nJournal.open(a, "x")\n'
    assert list(texts_without_encoding(good + 'a.read_text("utf-8", "replace")')) == []
    bad = 'a.read_text()\na.write_text("x")\na.open("w")\nopen(a)\nopen(a, mode="r")'
    assert list(texts_without_encoding(bad)) == [1, 2, 3, 4, 5]


def test_no_text_is_read_or_written_in_the_locales_encoding():
    found = [
        f"{relative(path)}:{line}"
        for path in [path for path in SOURCES if path.suffix == ".py"]
        for line in texts_without_encoding(path.read_text(encoding="utf-8"))
    ]
    assert not found, found


def test_no_debt_marker_is_left_in_the_source():
    found = [
        f"{relative(path)}:{number}"
        for path in SOURCES
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if DEBT.search(line)
    ]
    assert not found, found
