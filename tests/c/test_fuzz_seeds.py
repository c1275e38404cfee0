"""Every fuzz target over its kept seeds and some thousand mutations of them, under ASan and UBSan.

The same targets run for as long as one likes under libFuzzer: `make fuzz`.
"""

import os
import subprocess
from pathlib import Path

import pytest

from tests.c.built import FUZZ, built
from tests.c.sources import CSRC, sources

pytestmark = pytest.mark.long

ROOT = Path(__file__).resolve().parents[2]
PLANE = ["segment", "clock", "crc32c", "locks", "pages"]
JOURNAL = [f"journal{part}" for part in ("", "_file", "_scan", "_recover", "_keep")]
BOOK = ["book", "book_read", "ladder", "ladder_far", "snapshot"]
WIRE = [
    path.stem for path in (CSRC / "wire").glob("*.c") if path.stem not in ("kraken_book", "steps")
]
SOURCES = {
    "journal": [*JOURNAL, "crc32c", "clock", "locks", "pages"],
    "l3book": ["l3book", "l3book_read", "l3levels", "order_pool", "ladder", "ladder_far", "error"],
    "match": ["match", "match_take", "match_orders", "match_view", "order_pool", *BOOK],
    "parsers": ["decimal", *WIRE],
    "shared": [*PLANE, *BOOK, "event", "book_segment", "ring", "bell", "counters", "notices"],
}
MUTATIONS = {"journal": 200, "l3book": 500, "match": 300, "parsers": 3000, "shared": 300}


def test_every_target_is_run_and_has_seeds_of_a_few_kilobytes():
    targets = {path.stem for path in FUZZ.glob("*.c")} - {"standalone"}
    assert targets == set(SOURCES)
    for target in targets:
        sizes = [path.stat().st_size for path in (FUZZ / "seeds" / target).iterdir()]
        assert sizes
        assert max(sizes) <= 4096


@pytest.mark.timeout(400)
@pytest.mark.parametrize("target", SOURCES)
def test_kept_seeds_and_their_mutations_break_no_promise(tmp_path, target):
    folder = tmp_path / "files"
    folder.mkdir()
    files = [FUZZ / f"{target}.c", FUZZ / "standalone.c", *sources(*SOURCES[target])]
    program = built(tmp_path / target, files)
    seeds = sorted((FUZZ / "seeds" / target).iterdir())
    done = subprocess.run(
        [program, str(MUTATIONS[target]), *seeds],
        capture_output=True,
        text=True,
        env=os.environ | {"FUZZ_FOLDER": str(folder)},
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout == f"{len(seeds)} files\n"
