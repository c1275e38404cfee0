"""The C sources by name, whatever folder of csrc/ they stand in."""

from pathlib import Path

CSRC = Path(__file__).resolve().parents[2] / "csrc"


def sources(*names: str, tree: Path = CSRC) -> list[Path]:
    """`ring` is ring.c, `journal*` every one of that pattern; LookupError where there is none."""
    found: list[Path] = []
    for name in names:
        matching = sorted(tree.glob(f"*/{name}.c"))
        if not matching:
            raise LookupError(f"{tree} has no {name}.c")
        found += matching
    return found
