"""The mutants of a source file: every small fault that a hand could have made in it.

A file is parsed (tree-sitter, C and Python alike), and each mutant is one replacement of text
inside a function: a comparison or a sum the other way, a number one off, a condition negated, a
statement or an early return left out.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import tree_sitter_c
import tree_sitter_python
from tree_sitter import Language, Node, Parser

PARSERS = {
    ".c": Parser(Language(tree_sitter_c.language())),
    ".h": Parser(Language(tree_sitter_c.language())),
    ".py": Parser(Language(tree_sitter_python.language())),
}
FLIPS = {
    "<": "<=",
    "<=": "<",
    ">": ">=",
    ">=": ">",
    "==": "!=",
    "!=": "==",
    "+": "-",
    "-": "+",
    "+=": "-=",
    "-=": "+=",
    "&&": "||",
    "||": "&&",
    "and": "or",
    "or": "and",
    "in": "not in",
    "not in": "in",
    "is": "is not",
    "is not": "is",
}
OPERATIONS = {"binary_expression", "comparison_operator", "binary_operator", "boolean_operator"}
OPERATIONS |= {"assignment_expression", "augmented_assignment"}
STATEMENTS = {"expression_statement", "return_statement", "break_statement", "continue_statement"}
CONDITIONAL = {"if_statement", "while_statement", "elif_clause", "conditional_expression"}
# What is said to people decides nothing, and a type hint is no expression.
SILENT = (
    "log",
    "say",
    "print",
    "self.log",
    "self._log",
    "assert",
    "PMM_ASSERT",
    "PMM_ASSERT_HOT",
    "raise",
)


@dataclass(frozen=True)
class Mutant:
    """One replacement, known by its file, function, lines before and after, and which of them."""

    file: str
    function: str
    line: int
    before: str
    after: str
    occurrence: int
    begin: int
    end: int
    text: str

    @property
    def key(self) -> tuple[str, str, str, str, int]:
        return self.file, self.function, self.before, self.after, self.occurrence

    def apply(self, source: bytes) -> bytes:
        return source[: self.begin] + self.text.encode() + source[self.end :]

    def __str__(self) -> str:
        again = f" ({self.occurrence})" if self.occurrence > 1 else ""
        where = f"{self.file}:{self.line} {self.function}{again}"
        return f"{where}\n    - {self.before}\n    + {self.after}"


def mutants_of(root: Path, file: str) -> list[Mutant]:
    """In the order of the file."""
    source = (root / file).read_bytes()
    suffix = Path(file).suffix
    found, alike = [], Counter[tuple[str, str, str]]()
    for function in _functions(PARSERS[suffix].parse(source).root_node):
        name = _name(function)
        if "warm" in name.split("_"):
            continue  # brings lines near: nothing that is decided, or seen, depends on it
        for begin, end, text in sorted(set(_replacements(function, suffix))):
            before, after = _lines(source, begin, end, text)
            alike[name, before, after] += 1
            line = source[:begin].count(b"\n") + 1
            occurrence = alike[name, before, after]
            found.append(Mutant(file, name, line, before, after, occurrence, begin, end, text))
    return found


def _functions(node: Node) -> Iterator[Node]:
    """Every outermost function."""
    for child in node.children:
        if child.type == "function_definition":
            yield child
        else:
            yield from _functions(child)


def _name(function: Node) -> str:
    node: Node | None = function
    while node is not None and node.type not in {"identifier", "field_identifier"}:
        node = node.child_by_field_name("declarator") or node.child_by_field_name("name")
    return node.text.decode() if node is not None and node.text else "?"


def _replacements(function: Node, suffix: str) -> Iterator[tuple[int, int, str]]:
    body = function.child_by_field_name("body")
    if body is not None:
        yield from _within(body, suffix)


def _within(node: Node, suffix: str) -> Iterator[tuple[int, int, str]]:
    if node.type in {"type", "comment", "string", "raise_statement", "assert_statement"}:
        return
    if node.type in STATEMENTS:
        if _says(node):
            return
        if _may_go(node, suffix):
            yield node.start_byte, node.end_byte, "pass" if suffix == ".py" else ";"
    if node.type in OPERATIONS:
        for child in node.children:
            if not child.is_named and child.type in FLIPS:
                yield child.start_byte, child.end_byte, FLIPS[child.type]
    if node.type in {"number_literal", "integer"}:
        yield from _one_off(node)
    if node.type in CONDITIONAL:
        yield from _negated(node, suffix)
    for child in node.children:
        yield from _within(child, suffix)


def _text(node: Node) -> str:
    return (node.text or b"").decode()


def _says(statement: Node) -> bool:
    words = _text(statement)
    return any(words.startswith((f"{word}(", f"{word}.")) for word in SILENT)


def _may_go(statement: Node, suffix: str) -> bool:
    """Whether a program without it compiles and is another one."""
    if statement.type == "expression_statement":
        inner = statement.children[0].type if statement.children else ""
        return inner != "string"
    # The last return of a C function is what the compiler asks for; that of None is Python's own.
    parent = statement.parent
    last = parent is not None and parent.named_children[-1] == statement
    whole = (
        parent is not None
        and parent.parent is not None
        and parent.parent.type == "function_definition"
    )
    needless = suffix != ".py" or _text(statement) in {"return", "return None"}
    return not (statement.type == "return_statement" and last and whole and needless)


def _one_off(node: Node) -> Iterator[tuple[int, int, str]]:
    text = _text(node)
    digits = text.rstrip("uUlL")
    returned = node.parent is not None and node.parent.type == "return_statement"
    if digits == "1" and returned:  # mostly a yes, which 2 is too
        yield node.start_byte, node.end_byte, f"0{text[len(digits) :]}"
    elif digits == "0" or (digits.isdigit() and digits[0] != "0"):
        value, end = int(digits), text[len(digits) :]
        yield node.start_byte, node.end_byte, f"{value + 1}{end}"
        if 0 < value <= 8:
            yield node.start_byte, node.end_byte, f"{value - 1}{end}"


def _negated(node: Node, suffix: str) -> Iterator[tuple[int, int, str]]:
    """A condition that is no comparison; those are flipped."""
    condition = node.child_by_field_name("condition")
    if condition is None and node.type == "conditional_expression":
        condition = node.children[2]  # Python's: x if condition else y
    if condition is None:
        return
    inner = condition
    while inner.type in {"parenthesized_expression"} and inner.named_child_count:
        inner = inner.named_children[0]
    if inner.type in {"binary_expression", "comparison_operator", "boolean_operator"}:
        return
    negated = f"(not ({_text(inner)}))" if suffix == ".py" else f"!({_text(inner)})"
    yield inner.start_byte, inner.end_byte, negated


def _lines(source: bytes, begin: int, end: int, text: str) -> tuple[str, str]:
    """The lines that the replacement touches, before and after, in single spaces."""
    first = source.rfind(b"\n", 0, begin) + 1
    last = source.find(b"\n", end)
    last = len(source) if last < 0 else last
    before = source[first:last].decode()
    after = source[first:begin].decode() + text + source[end:last].decode()
    return " ".join(before.split()), " ".join(after.split())
