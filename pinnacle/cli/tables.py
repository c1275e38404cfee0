"""Rows as a table on standard output: as wide as a terminal is, or as it takes where none is."""

from collections.abc import Mapping, Sequence

#: Nobody folds lines in a file.
_UNBOUNDED = 400


def print_table(columns: Mapping[str, bool], rows: Sequence[Sequence[str]]) -> None:
    """`columns` by name: whether its cells are numbers."""
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for name, is_number in columns.items():
        table.add_column(name, justify="right" if is_number else "left", overflow="fold")
    for row in rows:
        table.add_row(*(Text(cell) for cell in row))
    console = Console()
    if not console.is_terminal:
        console = Console(width=_UNBOUNDED)
    console.print(table)
